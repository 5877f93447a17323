"""What interviews leave behind: checkpoints, a row for each thread, feedback, and a lock for each thread."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .settings import Settings, data_folder

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

WAIT = 4.0  # seconds until a database that is locked or does not answer is given up

UNREADABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,  # of msgpack, JSON, UTF-8 and pydantic
)

_OWNER = "SELECT owner FROM modelwise_threads WHERE thread_id = ?"
_REMEMBER = """
    INSERT INTO modelwise_threads (thread_id, owner, title, created, updated) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (thread_id) DO UPDATE SET title = excluded.title, updated = excluded.updated
    WHERE modelwise_threads.owner = excluded.owner
"""
_RENEW = "UPDATE modelwise_threads SET updated = ? WHERE thread_id = ?"
_THREADS = """
    SELECT thread_id, owner, title, created, updated FROM modelwise_threads
    WHERE owner = ? ORDER BY updated DESC, thread_id
"""
_FEEDBACK = """
    INSERT INTO modelwise_feedback (event_id, thread_id, up, given)
    SELECT ?, thread_id, ?, ? FROM modelwise_threads WHERE thread_id = ?
    ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""
_FORGET = (
    "DELETE FROM modelwise_feedback WHERE thread_id = ?",
    "DELETE FROM modelwise_threads WHERE thread_id = ?",
)


class Busy(Exception):
    """A thread's lock was not free in time."""


class CannotRestore(Exception):
    """What is stored does not read back; the message names no content."""


class StoreFailed(Exception):
    """The store cannot be used; the message names its place and the way out."""


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """One thread; `created` and `updated` are ISO 8601 in UTC."""

    thread_id: str
    owner: str
    title: str
    created: str
    updated: str


class Store(Protocol):
    """Keeps threads; every method may raise StoreFailed."""

    @property
    def saver(self) -> "BaseCheckpointSaver[str]":
        """What the graph is compiled with; a checkpoint that does not read back raises CannotRestore."""

    def lock(self, thread_id: str, seconds: float) -> AbstractContextManager[None]:
        """Hold a thread against every other thread and process; not reentrant. Raises Busy after `seconds`."""

    def owner_of(self, thread_id: str) -> str | None:
        """Return who owns a thread, None if there is none; ask before locking, since a lock may leave a file."""

    def remember(self, thread_id: str, owner: str, title: str) -> None:
        """Keep a thread's row, or renew its title and time; another owner's stays. Without an owner, renew the time."""

    def threads(self, owner: str) -> tuple[ThreadRow, ...]:
        """Return an owner's threads, the one renewed last first."""

    def forget(self, thread_id: str) -> None:
        """Remove all of a thread; call it while holding the thread's lock."""

    def feedback(self, thread_id: str, event_id: str, up: bool) -> bool:
        """Keep a thumb up or down once; False if the event is known or the thread is not."""

    def close(self) -> None:
        """Let go of files and connections."""


def open_store(settings: Settings, *, wait: float = WAIT) -> Store:
    """Open the Postgres that the settings name, else `threads.sqlite` in the data folder.

    Raises:
        StoreFailed: within about `wait` seconds.

    """
    if settings.database_url:
        return _open_postgres(settings.database_url, wait)
    try:
        folder = data_folder(settings)
    except OSError as error:
        raise StoreFailed(unwritable(settings.data, error)) from error
    from .store_sqlite import open_sqlite

    return open_sqlite(folder, now=_now, wait=wait)


def memory_store() -> Store:
    """Return a store that writes nothing to disk and ends with the process."""
    from .store_sqlite import open_memory

    return open_memory(now=_now)


def _open_postgres(url: str, wait: float) -> Store:
    try:
        from .store_postgres import open_postgres
    except ImportError as error:
        raise StoreFailed(f"MODELWISE_DATABASE_URL needs {error.name}: pip install 'modelwise[postgres]'") from error
    return open_postgres(url, now=_now, wait=wait)


@contextmanager
def reading(_store: Store) -> Iterator[None]:
    """Turn whatever a damaged value of a store does to its reader into CannotRestore; wrap nothing but the reading."""
    try:
        yield
    except UNREADABLE:
        raise unreadable() from None


def unreadable() -> CannotRestore:
    """Return the one thing to say of what does not read back."""
    return CannotRestore("what is stored of this thread does not read back; delete the thread and start anew")


def unwritable(path: Path | None, error: OSError) -> str:
    """Say that a folder or file cannot be written, and what to do."""
    return (
        f"{path or error.filename}: cannot be written ({error.strerror}); "
        "make it writable, or set MODELWISE_DATA to a folder that is"
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Rows(ABC):
    """The rows of threads and feedback, in SQL that SQLite and Postgres both speak."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        """Take the clock, which tells the time with its zone."""
        self._now = now

    @property
    @abstractmethod
    def saver(self) -> "BaseCheckpointSaver[str]":
        """The checkpoints of the same database."""

    @abstractmethod
    def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement with `?` for its values, commit it, and return its rows."""

    def owner_of(self, thread_id: str) -> str | None:
        """Return who owns a thread, None if there is none."""
        rows = self.run(_OWNER, thread_id) if _is_storable(thread_id) else []
        return str(rows[0][0]) if rows else None

    def remember(self, thread_id: str, owner: str, title: str) -> None:
        """Keep a thread's row, or renew its title and time; another owner's stays. Without an owner, renew the time."""
        if not (thread_id and _is_storable(thread_id) and _is_storable(owner)):
            raise ValueError(f"thread {thread_id!r} of {owner!r}: accepted is text without NUL and lone surrogates")
        now = self._stamp()
        if owner:
            self.run(_REMEMBER, thread_id, owner, _clean(title), now, now)
        else:
            self.run(_RENEW, now, thread_id)

    def threads(self, owner: str) -> tuple[ThreadRow, ...]:
        """Return an owner's threads, the one renewed last first."""
        rows = self.run(_THREADS, owner) if _is_storable(owner) else []
        return tuple(ThreadRow(*map(str, row)) for row in rows)

    def forget(self, thread_id: str) -> None:
        """Remove all of a thread. Its row goes last: whatever stops this halfway, it can be done again."""
        if not _is_storable(thread_id):
            return
        self.saver.delete_thread(thread_id)
        for statement in _FORGET:
            self.run(statement, thread_id)

    def feedback(self, thread_id: str, event_id: str, up: bool) -> bool:
        """Keep a thumb up or down once; False if the event is known or the thread is not."""
        if not (_is_storable(thread_id) and _is_storable(event_id)):
            return False
        return bool(self.run(_FEEDBACK, event_id, up, self._stamp(), thread_id))

    def _stamp(self) -> str:
        return self._now().astimezone(dt.UTC).isoformat(timespec="microseconds")


def _is_storable(text: str) -> bool:
    """Say whether a database can hold a text exactly as it is."""
    return _clean(text) == text


def _clean(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()
