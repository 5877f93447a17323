"""The store in a SQLite file or in memory."""

import datetime as dt
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from langgraph.checkpoint.sqlite import SqliteSaver

from .store import Busy, Rows, StoreFailed, unwritable
from .store_saver import ClosedSerializer, GuardedSaver

POLL = 0.02  # seconds between two tries for a lock
_OPENING = 0.2  # seconds that one statement waits while the file is opened; the whole is tried again
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "trusted_schema = OFF",
)
_MIGRATIONS = (
    """
    CREATE TABLE IF NOT EXISTS modelwise_threads (
        thread_id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, created TEXT NOT NULL,
        updated TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS modelwise_threads_of ON modelwise_threads (owner, updated);
    CREATE TABLE IF NOT EXISTS modelwise_feedback (
        event_id TEXT PRIMARY KEY, thread_id TEXT NOT NULL REFERENCES modelwise_threads, up BOOLEAN NOT NULL,
        given TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS modelwise_feedback_on ON modelwise_feedback (thread_id);
    """,
)
_ERRORS = (sqlite3.Error, UnicodeDecodeError)  # the second where SQLite's message quotes a damaged schema
_WAITING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH})
_WRITABLE = "make it and its folder writable, or set MODELWISE_DATA to a folder that is"
_WAYS_OUT = {
    sqlite3.SQLITE_BUSY: "another program has locked it; end that program and try again",
    sqlite3.SQLITE_LOCKED: "another program has locked it; end that program and try again",
    sqlite3.SQLITE_CANTOPEN: f"it cannot be opened; {_WRITABLE}",
    sqlite3.SQLITE_PERM: f"it cannot be opened; {_WRITABLE}",
    sqlite3.SQLITE_READONLY: f"it is read-only; {_WRITABLE}",
    sqlite3.SQLITE_FULL: "the disk is full; free some space and try again",
    sqlite3.SQLITE_IOERR: "the disk does not read or write; check the disk and the space on it",
    sqlite3.SQLITE_CORRUPT: "it is damaged; put back a copy, or move it away and start anew",
    sqlite3.SQLITE_NOTADB: "it is no SQLite file or damaged; put back a copy, or move it away and start anew",
}


def open_sqlite(folder: Path, *, now: Callable[[], dt.datetime], wait: float) -> "SqliteStore":
    """Open or make `threads.sqlite` in a folder. Raises StoreFailed within about `wait` seconds."""
    path, locks = folder / "threads.sqlite", folder / "locks"
    try:
        locks.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreFailed(unwritable(path, error)) from error
    return SqliteStore(_connect(str(path), wait), FileLocks(locks), now)


def open_memory(*, now: Callable[[], dt.datetime]) -> "SqliteStore":
    """Open a database in memory."""
    return SqliteStore(_connect(":memory:", _OPENING), ThreadLocks(), now)


class Locks(Protocol):
    """One lock for each thread id."""

    def hold(self, thread_id: str, seconds: float) -> AbstractContextManager[None]:
        """Hold a thread's lock. Raises Busy."""

    def drop(self, thread_id: str) -> None:
        """Remove what a lock leaves behind; whoever waits for it makes it anew."""


class SqliteStore(Rows):
    """A store on one connection, which its saver's lock keeps to one thread at a time."""

    def __init__(self, saver: "_Saver", locks: Locks, now: Callable[[], dt.datetime]) -> None:
        """Take a saver over a prepared database, and the locks that go with it."""
        super().__init__(now)
        self._saver, self._locks = saver, locks

    @property
    def saver(self) -> "_Saver":
        """The checkpoints of the same database."""
        return self._saver

    def lock(self, thread_id: str, seconds: float) -> AbstractContextManager[None]:
        """Hold a thread against every other thread and process; not reentrant. Raises Busy after `seconds`."""
        return self._locks.hold(thread_id, seconds)

    def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement, commit it, and return its rows."""
        try:
            with self._saver.cursor() as cursor:
                return cursor.execute(sql, values).fetchall()
        except _ERRORS as error:
            raise self._saver.failed(error) from None

    def forget(self, thread_id: str) -> None:
        """Remove all of a thread, and its lock's file; the write-ahead log is emptied unless someone is reading it."""
        super().forget(thread_id)
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self._locks.drop(thread_id)

    def close(self) -> None:
        """Close the database; its last user folds the write-ahead log into it."""
        self._saver.conn.close()


class _Saver(GuardedSaver, SqliteSaver):
    database_errors = _ERRORS

    def __init__(self, conn: sqlite3.Connection, place: str) -> None:
        super().__init__(conn, serde=ClosedSerializer())
        self.place = place

    def failed(self, error: Exception) -> StoreFailed:
        """Say what an error of SQLite means and what to do."""
        return _failed(self.place, error)

    def is_damage(self, error: Exception) -> bool:
        """Say whether what is stored is damaged, and not the way to it."""
        return _code(error) in _DAMAGE or "malformed" in str(error)  # JSON, for which SQLite has no code

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """Give a cursor to one thread at a time; unlike the original, take back what an error leaves half done."""
        with self.lock, closing(self.conn.cursor()) as cursor:
            try:
                yield cursor
                if transaction:
                    self.conn.commit()
            except BaseException:
                self.conn.rollback()
                raise


def _failed(place: str, error: Exception) -> StoreFailed:
    return StoreFailed(f"{place}: {_WAYS_OUT.get(_code(error), error)}")


def _code(error: Exception) -> int:
    """Return SQLite's primary error code, 0 where Python raised without one."""
    without = sqlite3.SQLITE_CORRUPT if isinstance(error, UnicodeDecodeError) else 0
    code: int = getattr(error, "sqlite_errorcode", without)
    return code & 0xFF


def _connect(place: str, wait: float) -> _Saver:
    """Open a database, bring its tables up to date, and make sure that it can be written."""
    deadline = time.monotonic() + wait
    try:
        conn = sqlite3.connect(place, timeout=_OPENING, check_same_thread=False)
    except sqlite3.Error as error:
        raise _failed(place, error) from None
    conn.text_factory = _decode
    saver = _Saver(conn, place)
    try:
        while not _is_prepared(saver, time.monotonic() >= deadline):
            time.sleep(POLL)
        conn.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
    except _ERRORS as error:
        conn.close()
        raise _failed(place, error) from None
    except BaseException:
        conn.close()
        raise
    return saver


def _decode(text: bytes) -> str:
    return text.decode(errors="replace")


def _is_prepared(saver: _Saver, is_last: bool) -> bool:
    """Prepare a database; False if another program is in the way and this is not the last try."""
    try:
        _prepare(saver)
    except sqlite3.OperationalError as error:
        saver.conn.rollback()
        if is_last or _code(error) not in _WAITING:
            raise
        return False
    return True


def _prepare(saver: _Saver) -> None:
    conn = saver.conn
    (version,) = conn.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise StoreFailed(
            f"{saver.place}: written by a newer modelwise (schema {version}, known is {len(_MIGRATIONS)}); "
            "upgrade modelwise, or set MODELWISE_DATA to another folder"
        )
    for pragma in _PRAGMAS:
        conn.execute(f"PRAGMA {pragma}")
    saver.setup()
    for number, script in enumerate(_MIGRATIONS[version:], version + 1):
        conn.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
    conn.execute("BEGIN")
    conn.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
    conn.rollback()


class FileLocks:
    """A lock file for each thread id, named by its hash: of use within a process and across processes."""

    def __init__(self, folder: Path) -> None:
        """Put the files into a folder that is there."""
        self._folder = folder

    @contextmanager
    def hold(self, thread_id: str, seconds: float) -> Iterator[None]:
        """Hold a thread's file. Each call opens it anew, so threads of one process exclude each other as well."""
        path = self._path(thread_id)
        lock = FileLock(path, timeout=max(seconds, 0), mode=0o600, thread_local=False, poll_interval=POLL)
        try:
            lock.acquire()
        except Timeout:
            raise Busy(f"the thread was not free within {seconds:g} s") from None
        except OSError as error:
            raise StoreFailed(unwritable(path, error)) from error
        try:
            yield
        finally:
            lock.release()

    def drop(self, thread_id: str) -> None:
        """Remove a thread's file; Windows keeps one that is held, which is empty and named by a hash."""
        with suppress(PermissionError):
            self._path(thread_id).unlink(missing_ok=True)

    def _path(self, thread_id: str) -> Path:
        return self._folder / f"{sha256(thread_id.encode(errors='surrogatepass')).hexdigest()}.lock"


class ThreadLocks:
    """A lock for each thread id, of use within one process."""

    def __init__(self) -> None:
        """Begin with no lock held."""
        self._held: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, thread_id: str, seconds: float) -> Iterator[None]:
        """Hold a thread's id."""
        with self._changed:
            if not self._changed.wait_for(lambda: thread_id not in self._held, max(seconds, 0)):
                raise Busy(f"the thread was not free within {seconds:g} s")
            self._held.add(thread_id)
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(thread_id)
                self._changed.notify_all()

    def drop(self, thread_id: str) -> None:
        """Do nothing: a lock that is not held leaves nothing behind."""
