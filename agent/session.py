"""Conversations: threads that last, one turn at a time, whatever happens in between; all that a face needs."""

import asyncio
import datetime as dt
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ..knowledge.facts import Facts, load_facts
from .advice import Language
from .requirements import InvalidRequirements, Requirements
from .settings import settings
from .store import Busy, CannotRestore, Store, ThreadRow, open_store, reading
from .turns import Event, Refused, Turn, check, events_of

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.types import StateSnapshot

    from .graph import Context

LOCK_SECONDS = 30.0
TITLE_LENGTH = 80
Given = str | int | Mapping[str, Any]


class Advisor:
    """An interview that lasts: it asks what could change the advice, and goes on after it."""

    def __init__(
        self,
        *,
        facts: Facts | None = None,
        today: dt.date | Callable[[], dt.date] | None = None,
        store: Store | None = None,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        """Use the facts that are shipped, the day's date and the store of the settings unless others are given."""
        self._facts, self._today, self._store, self._lock_seconds = facts, today, store, lock_seconds
        self._built: Any = None
        self._opening = threading.RLock()

    def start(
        self,
        text: str | None = None,
        *,
        thread_id: str | None = None,
        owner: str = "local",
        message_id: str | None = None,
        language: Language | None = None,
    ) -> Turn | Refused:
        """Begin a thread, with a first message or without one; one that is there goes on, or shows its last turn."""
        name = thread_id or uuid.uuid4().hex
        begun = self.stream_start(text, thread_id=name, owner=owner, message_id=message_id, language=language)
        return self._last(begun)

    def reply(
        self,
        thread_id: str,
        given: Given,
        *,
        question_id: str | None = None,
        message_id: str | None = None,
        owner: str = "local",
    ) -> Turn | Refused:
        """Take words, the number of a choice (from 0) or a mapping of fields; the same message id is answered once.

        Raises:
            InvalidRequirements: a mapping with an unknown field or a wrong value, or a choice that is not offered.

        """
        return self._last(self.stream(thread_id, given, question_id=question_id, message_id=message_id, owner=owner))

    def stream_start(
        self,
        text: str | None = None,
        *,
        thread_id: str,
        owner: str = "local",
        message_id: str | None = None,
        language: Language | None = None,
    ) -> Iterator[Event]:
        """Begin a thread as `start` does, event by event."""
        known = self.store.owner_of(thread_id)
        if known is not None and known != owner:
            yield Event(kind="done", turn=Refused(reason="not_yours"))
            return
        if known is None:
            self.store.remember(thread_id, owner, (text or "")[:TITLE_LENGTH])
        yield from self._turns(thread_id, owner, text, None, message_id, language)

    def stream(
        self,
        thread_id: str,
        given: Given,
        *,
        question_id: str | None = None,
        message_id: str | None = None,
        owner: str = "local",
    ) -> Iterator[Event]:
        """Reply as `reply` does, event by event, the turn last; closing it stops the work and keeps the last state."""
        refused = self._refuse(thread_id, owner)
        if refused:
            yield Event(kind="done", turn=refused)
            return
        yield from self._turns(thread_id, owner, given, question_id, message_id, None)

    def history(self, thread_id: str, *, owner: str = "local") -> tuple[Turn, ...]:
        """Return a thread's turns in order; none for a thread that is unknown, another's, or cannot be restored."""
        if self._refuse(thread_id, owner):
            return ()
        try:
            with reading(self.store):
                return tuple(self._turn(thread_id, one) for one in reversed(list(self._snapshots(thread_id))))
        except CannotRestore:
            return ()

    def threads(self, *, owner: str = "local") -> tuple[ThreadRow, ...]:
        """Return an owner's threads, the newest first."""
        return self.store.threads(owner)

    def delete(self, thread_id: str, *, owner: str = "local") -> bool:
        """Delete all of a thread; says whether there was one of this owner.

        Raises:
            Busy: a turn was under way for too long.

        """
        if self._refuse(thread_id, owner):
            return False
        with self.store.lock(thread_id, self._lock_seconds):
            self.store.forget(thread_id)
        return True

    def feedback(self, thread_id: str, up: bool, *, event_id: str, owner: str = "local") -> bool:
        """Keep a thumb for a thread, once for each event id; says whether it was taken."""
        return not self._refuse(thread_id, owner) and self.store.feedback(thread_id, event_id, up)

    async def astart(self, text: str | None = None, **options: Any) -> Turn | Refused:
        """Start without blocking the loop."""
        return await asyncio.to_thread(self.start, text, **options)

    async def areply(self, thread_id: str, given: Given, **options: Any) -> Turn | Refused:
        """Reply without blocking the loop."""
        return await asyncio.to_thread(self.reply, thread_id, given, **options)

    async def ahistory(self, thread_id: str, *, owner: str = "local") -> tuple[Turn, ...]:
        """Read a thread without blocking the loop."""
        return await asyncio.to_thread(self.history, thread_id, owner=owner)

    async def athreads(self, *, owner: str = "local") -> tuple[ThreadRow, ...]:
        """List threads without blocking the loop."""
        return await asyncio.to_thread(self.threads, owner=owner)

    async def adelete(self, thread_id: str, *, owner: str = "local") -> bool:
        """Delete a thread without blocking the loop."""
        return await asyncio.to_thread(self.delete, thread_id, owner=owner)

    async def afeedback(self, thread_id: str, up: bool, *, event_id: str, owner: str = "local") -> bool:
        """Keep a thumb without blocking the loop."""
        return await asyncio.to_thread(self.feedback, thread_id, up, event_id=event_id, owner=owner)

    async def astream(self, thread_id: str, given: Given, **options: Any) -> AsyncIterator[Event]:
        """Stream without blocking the loop; leaving the loop closes the stream."""
        events = self.stream(thread_id, given, **options)
        try:
            while True:
                step = asyncio.ensure_future(asyncio.to_thread(next, events, None))
                event = await asyncio.shield(step)
                if event is None:
                    return
                yield event
        finally:
            await asyncio.wait([step])  # a generator at work cannot be closed
            await asyncio.to_thread(events.close)  # type: ignore[attr-defined]

    def close(self) -> None:
        """Close the store; nothing is lost."""
        if self._store:
            self._store.close()

    @property
    def facts(self) -> Facts:
        """The facts that this advisor decides on."""
        return self._facts or load_facts()

    @property
    def store(self) -> Store:
        """Where threads are kept, opened at the first use."""
        with self._opening:
            if self._store is None:
                self._store = open_store(settings())
            return self._store

    @property
    def _graph(self) -> Any:
        from .graph import build_graph
        from .store_whole import WholeTurns

        with self._opening:
            if self._built is None:
                self._built = build_graph(WholeTurns(self.store.saver))
            return self._built

    def _day(self) -> dt.date:
        if self._today is None:
            return dt.datetime.now(dt.UTC).date()
        return self._today if isinstance(self._today, dt.date) else self._today()

    def _refuse(self, thread_id: str, owner: str) -> Refused | None:
        known = self.store.owner_of(thread_id)
        if known is None:
            return Refused(reason="unknown_thread")
        return None if known == owner else Refused(reason="not_yours")

    def _turns(
        self,
        thread_id: str,
        owner: str,
        given: Given | None,
        question_id: str | None,
        message_id: str | None,
        language: Language | None,
    ) -> Iterator[Event]:
        """Run one turn under the thread's lock; whoever waited for it may find the thread deleted."""
        try:
            with self.store.lock(thread_id, self._lock_seconds):
                if refused := self._refuse(thread_id, owner):
                    yield Event(kind="done", turn=refused)
                else:
                    yield from self._run(thread_id, given, question_id, message_id, language)
        except Busy:
            yield Event(kind="done", turn=Refused(reason="busy"))
        except CannotRestore:
            yield Event(kind="done", turn=Refused(reason="cannot_restore"))

    def _run(
        self,
        thread_id: str,
        given: Given | None,
        question_id: str | None,
        message_id: str | None,
        language: Language | None,
    ) -> Iterator[Event]:
        from langgraph.types import Command

        with reading(self.store):
            before = self._finished(thread_id)
            check(before.values)
            last = self._turn(thread_id, before)
            stored = self._answered(thread_id, message_id) if message_id else None
        if stored or (given is None and before.values):
            yield Event(kind="done", turn=stored or last)
            return
        waiting = last.question_id
        if question_id is not None and question_id != waiting:
            yield Event(kind="done", turn=Refused(reason="stale_question", pending=last))
            return
        reply = _reply(given, before.values.get("question") if waiting else None)
        work: Any = Command(resume={waiting: reply}) if waiting else _input(reply, given, before.values, language)
        yield from self._work(thread_id, work, message_id)
        self.store.remember(thread_id, "", "")
        yield Event(kind="done", turn=self._turn(thread_id, self._state(thread_id)))

    def _work(self, thread_id: str, work: Any, message_id: str | None) -> Iterator[Event]:
        updates = self._graph.stream(
            work, self._config(thread_id, message_id), context=self._context(), stream_mode="updates", durability="exit"
        )
        with self._graph.checkpointer.turn(thread_id), closing(updates):
            for update in updates:
                for step, changed in update.items():
                    if isinstance(changed, dict):
                        yield from events_of(step, changed)

    def _finished(self, thread_id: str) -> "StateSnapshot":
        """Return a thread's state; a turn that was cut off in the middle is finished first."""
        state = self._state(thread_id)
        if state.tasks and not state.interrupts:
            with self._graph.checkpointer.turn(thread_id):
                self._graph.invoke(None, self._config(thread_id), context=self._context(), durability="exit")
            state = self._state(thread_id)
        return state

    def _answered(self, thread_id: str, message_id: str) -> Turn | None:
        """Return the turn that a message id came to, if it was taken before."""
        return next((self._turn(thread_id, s) for s in self._snapshots(thread_id, message_id=message_id)), None)

    def _state(self, thread_id: str) -> "StateSnapshot":
        state: StateSnapshot = self._graph.get_state(self._config(thread_id))
        return state

    def _snapshots(self, thread_id: str, **wanted: str) -> "Iterator[StateSnapshot]":
        """Return the states at the ends of turns, the newest first."""
        states = self._graph.get_state_history(self._config(thread_id), filter=wanted or None)
        return (state for state in states if state.interrupts or not state.next)

    def _turn(self, thread_id: str, state: "StateSnapshot") -> Turn:
        values = state.values
        asked, answered = values.get("question") if state.interrupts else None, values.get("answer")
        return Turn.model_validate({
            "thread_id": thread_id,
            "question_id": state.interrupts[0].id if state.interrupts else None,
            "message_id": (state.metadata or {}).get("message_id"),
            "requirements": values.get("requirements") or {},
            "changed": values.get("changed") or (),
            "question": None if answered else asked,
            "advice": None if answered or asked else values.get("advice"),
            "answer": answered,
            "pending": asked if answered else None,
        })  # fmt: skip

    def _config(self, thread_id: str, message_id: str | None = None) -> "RunnableConfig":
        return {"configurable": {"thread_id": thread_id}, "metadata": {"message_id": message_id} if message_id else {}}

    def _context(self) -> "Context":
        from .graph import Context

        return Context(self.facts, self._day(), interview=True)

    @staticmethod
    def _last(events: Iterator[Event]) -> Turn | Refused:
        return [event.turn for event in events if event.turn][-1]


def _reply(given: Given | None, question: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a reply as the graph takes it; what cannot be one is refused before anything is touched."""
    if isinstance(given, Mapping):
        Requirements.from_mapping({name: value for name, value in given.items() if value is not None})
        return {"fields": dict(given)}
    if isinstance(given, int):
        choices = question["choices"] if question else ()
        if not 0 <= given < len(choices):
            accepted = f"accepted: 0 to {len(choices) - 1}" if choices else "no question with choices is open"
            raise InvalidRequirements("choice", given, accepted)
        return {"choice": given}
    return {"text": (given or "").encode(errors="replace").decode()}  # no half of a surrogate pair can be kept


def _input(
    reply: Mapping[str, Any], given: Given | None, values: Mapping[str, Any], language: Language | None
) -> dict[str, Any]:
    from langchain_core.messages import HumanMessage

    begun: dict[str, Any] = {}
    if not values.get("requirements"):
        begun["requirements"] = Requirements(language=language or "en").model_dump(mode="json")
    if given is None:
        return begun
    shown = reply.get("text") or ", ".join(f"{name}={value}" for name, value in (reply.get("fields") or {}).items())
    return {**begun, "messages": [HumanMessage(shown)], "reply": dict(reply)}
