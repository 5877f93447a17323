"""The store in Postgres, for several machines at once."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

from .store import Busy, Rows, StoreFailed
from .store_saver import ClosedSerializer, GuardedSaver

POLL = 0.02  # seconds between two tries for a lock; waiting inside the server would hold up CREATE INDEX CONCURRENTLY
_READERS = 4
_HOLDERS = 32  # turns at once in this process; one more waits
_CONNECTING = 1.0  # seconds that a try for a lock waits for a connection at least
_SCHEMA = "CREATE TABLE IF NOT EXISTS modelwise_schema (v INTEGER PRIMARY KEY)"
_MIGRATIONS = (
    """
    CREATE TABLE modelwise_threads (
        thread_id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, created TEXT NOT NULL,
        updated TEXT NOT NULL
    );
    CREATE INDEX modelwise_threads_of ON modelwise_threads (owner, updated);
    CREATE TABLE modelwise_feedback (
        event_id TEXT PRIMARY KEY, thread_id TEXT NOT NULL REFERENCES modelwise_threads, up BOOLEAN NOT NULL,
        given TEXT NOT NULL
    );
    CREATE INDEX modelwise_feedback_on ON modelwise_feedback (thread_id);
    """,
)

_Pool = ConnectionPool[psycopg.Connection[DictRow]]


def open_postgres(url: str, *, now: Callable[[], dt.datetime], wait: float) -> "PostgresStore":
    """Connect, and bring the tables up to date. Raises StoreFailed within about `wait` seconds."""
    place = _place(url)
    try:
        psycopg.connect(url, connect_timeout=max(int(wait), 2)).close()
        store = PostgresStore(_pool(url, _READERS, wait), _pool(url, _HOLDERS, wait), place, now)
    except psycopg.Error as error:
        raise _failed(place, error) from None
    try:
        _prepare(store, wait)
    except BaseException as error:
        store.close()
        if isinstance(error, psycopg.Error):
            raise _failed(place, error) from None
        raise
    return store


class PostgresStore(Rows):
    """A store on two pools of connections: one for rows and checkpoints, one whose connections hold the locks."""

    def __init__(self, rows: _Pool, locks: _Pool, place: str, now: Callable[[], dt.datetime]) -> None:
        """Take pools that are not open yet; `place` names the database in messages."""
        super().__init__(now)
        self._rows, self._locks, self.place = rows, locks, place
        self._saver = _Saver(rows, place)

    @property
    def saver(self) -> "_Saver":
        """The checkpoints of the same database."""
        return self._saver

    @contextmanager
    def lock(self, thread_id: str, seconds: float) -> Iterator[None]:
        """Hold a thread against every other thread, process and machine; not reentrant. Raises Busy."""
        deadline = time.monotonic() + seconds
        while True:
            with self._try(thread_id, max(deadline - time.monotonic(), _CONNECTING)) as is_held:
                if is_held:
                    yield
                    return
            if (left := deadline - time.monotonic()) <= 0:
                raise Busy(f"the thread was not free within {seconds:g} s")
            time.sleep(min(POLL, left))

    @contextmanager
    def _try(self, thread_id: str, seconds: float) -> Iterator[bool]:
        """Take an advisory lock if it is free; a connection that is lost lets go of it."""
        key = int.from_bytes(sha256(f"modelwise {thread_id}".encode(errors="surrogatepass")).digest()[:8], signed=True)
        conn = self._connection(seconds)
        try:
            is_held = self._ask(conn, "SELECT pg_try_advisory_lock(%s)", key)
            try:
                yield is_held
            finally:
                if is_held:
                    with suppress(psycopg.Error):
                        conn.execute("SELECT pg_advisory_unlock(%s)", (key,))
        finally:
            self._locks.putconn(conn)

    def _connection(self, seconds: float) -> psycopg.Connection[DictRow]:
        try:
            return self._locks.getconn(timeout=seconds)
        except PoolTimeout:
            raise Busy(f"no connection was free within {seconds:g} s") from None
        except psycopg.Error as error:
            raise _failed(self.place, error) from None

    def _ask(self, conn: psycopg.Connection[DictRow], sql: str, key: int) -> bool:
        try:
            row = conn.cursor(row_factory=tuple_row).execute(sql.encode(), (key,)).fetchone()
        except psycopg.Error as error:
            raise _failed(self.place, error) from None
        return bool(row and row[0])

    def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement with `?` for its values, commit it, and return its rows."""
        try:
            with self._rows.connection() as conn, conn.cursor(row_factory=tuple_row) as cursor:
                cursor.execute(sql.replace("?", "%s").encode(), values)
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise _failed(self.place, error) from None

    def open(self, wait: float) -> None:
        """Connect both pools."""
        for pool in (self._rows, self._locks):
            pool.open(wait=True, timeout=wait)

    def migrate(self, version: int) -> None:
        """Bring our tables up to date, each step whole or not at all."""
        self.run(_SCHEMA)
        for number, script in enumerate(_MIGRATIONS[version:], version + 1):
            with self._rows.connection() as conn, conn.transaction():
                conn.execute(script.encode(), prepare=False)
                conn.execute("INSERT INTO modelwise_schema VALUES (%s)", (number,))

    def close(self) -> None:
        """Close the connections."""
        self._rows.close()
        self._locks.close()


class _Saver(GuardedSaver, PostgresSaver):
    database_errors = (psycopg.Error,)

    def __init__(self, pool: _Pool, place: str) -> None:
        super().__init__(pool, serde=ClosedSerializer())
        self.place = place

    def failed(self, error: Exception) -> StoreFailed:
        """Say what an error of Postgres means and what to do."""
        return _failed(self.place, error)

    def is_damage(self, error: Exception) -> bool:
        """Say whether what is stored is damaged, and not the way to it."""
        return isinstance(error, psycopg.DataError)


def _pool(url: str, size: int, wait: float) -> _Pool:
    def configure(conn: psycopg.Connection[DictRow]) -> None:
        conn.execute(f"SET lock_timeout = {int(wait * 1000)}".encode())

    pool: _Pool = ConnectionPool(
        url,
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        connection_class=psycopg.Connection[DictRow],
        min_size=1,
        max_size=size,
        timeout=wait,
        open=False,
        configure=configure,
        check=ConnectionPool.check_connection,
    )
    return pool


def _prepare(store: PostgresStore, wait: float) -> None:
    """Make or upgrade the tables, one process at a time."""
    store.open(wait)
    with store.lock("setup", wait):
        _refuse_newer(store, "checkpoint_migrations", len(PostgresSaver.MIGRATIONS) - 1)
        version = _refuse_newer(store, "modelwise_schema", len(_MIGRATIONS))
        store.saver.setup()
        store.migrate(version)


def _refuse_newer(store: PostgresStore, table: str, known: int) -> int:
    """Return the version that a table of migrations states, 0 where there is none."""
    if not store.run("SELECT to_regclass(?)", table)[0][0]:
        return 0
    version = int(store.run(f"SELECT max(v) FROM {table}")[0][0] or 0)
    if version > known:
        raise StoreFailed(
            f"{store.place}: written by a newer version ({table} {version}, known is {known}); "
            "upgrade modelwise, or name another database in MODELWISE_DATABASE_URL"
        )
    return version


def _place(url: str) -> str:
    """Name a database without its user and password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        raise StoreFailed(
            "MODELWISE_DATABASE_URL: not an address of Postgres; accepted is postgresql://user:password@host:5432/name"
        ) from None
    return f"Postgres {parts.get('dbname', '')!r} on {parts.get('host', 'this machine')}:{parts.get('port', 5432)}"


def _failed(place: str, error: Exception) -> StoreFailed:
    """Say what went wrong by the first line of the server's answer; the further ones may quote what is stored."""
    reason = str(error).partition("\n")[0] or type(error).__name__
    return StoreFailed(f"{place}: {reason}; check the server, the disk it writes to, and MODELWISE_DATABASE_URL")
