"""What every store must do, and the attacks that every store must survive; each store's tests inherit these."""

import asyncio
import datetime as dt
import json
import operator
import os
import pickle
import random
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, TypedDict

import ormsgpack
import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt

from modelwise.agent.store import Busy, CannotRestore, Store, reading

FLIPS = 1_000 if os.environ.get("MODELWISE_SOAK") == "1" else 100
SAID = "每月 30 万次，🦙"


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    question: dict[str, Any]
    turns: Annotated[int, operator.add]


def _ask(state: State) -> State:
    said = interrupt({"text": "how many?", "choices": ["1", "2"]}, response_schema={"type": "string"})
    return {"messages": [HumanMessage(said)], "turns": 1}


def _answer(state: State) -> State:
    return {"messages": [AIMessage(f"{len(state['messages'])} messages")], "question": {"asked": [1, 2.5, None]}}


class Conversation:
    """An interview in little: a question, a reply, an answer, the next question."""

    def __init__(self, store: Store, thread_id: str = "t") -> None:
        graph = StateGraph(State).add_node("ask", _ask).add_node("answer", _answer)
        graph.add_edge(START, "ask").add_edge("ask", "answer").add_edge("answer", "ask")
        self.graph = graph.compile(checkpointer=store.saver)
        self.config: Any = {"configurable": {"thread_id": thread_id}}

    def start(self) -> None:
        self.graph.invoke({"messages": [HumanMessage(SAID)]}, self.config, durability="exit")

    def reply(self, text: str) -> None:
        (asked,) = self.graph.get_state(self.config).interrupts
        self.graph.invoke(Command(resume={asked.id: text}), self.config, durability="exit")

    def said(self) -> list[str]:
        return [str(message.content) for message in self.graph.get_state(self.config).values.get("messages", ())]


def ticking() -> Callable[[], dt.datetime]:
    """A clock that is a second later at each look, in Taipei's zone."""
    seconds = iter(range(1, 1_000_000))
    zone = dt.timezone(dt.timedelta(hours=8))
    return lambda: dt.datetime(2026, 11, 21, 8, tzinfo=zone) + dt.timedelta(seconds=next(seconds))


class Awaited(BaseCheckpointSaver[str]):
    """Gives the methods of a saver to a suite that awaits them."""

    def __init__(self, saver: BaseCheckpointSaver[str]) -> None:
        super().__init__(serde=saver.serde)
        self.saver = saver

    async def aput(self, *args: Any) -> Any:
        return self.saver.put(*args)

    async def aput_writes(self, *args: Any, **options: Any) -> None:
        self.saver.put_writes(*args, **options)

    async def aget_tuple(self, config: Any) -> Any:
        return self.saver.get_tuple(config)

    async def alist(self, config: Any, **options: Any) -> AsyncIterator[Any]:
        for found in self.saver.list(config, **options):
            yield found

    async def adelete_thread(self, thread_id: str) -> None:
        self.saver.delete_thread(thread_id)


def packed(code: int, *value: object) -> bytes:
    return ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(value)))


class _Reduced:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.command,)


def payloads(canary: Path) -> dict[str, tuple[str, bytes]]:
    """Rows that try to touch a file when they are read, by every way that LangGraph's formats offer."""
    command, run = f"touch {canary}", {"args": ["touch", str(canary)]}
    system = ormsgpack.Ext(0, ormsgpack.packb(("os", "system", command)))
    message = ("langchain_core.messages.human", "HumanMessage", {"content": system, "type": "human"}, "")
    lc2 = {"lc": 2, "type": "constructor", "id": ["os", "system"], "args": [command]}
    lc1 = {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain_core", "prompts", "chat", "ChatPromptTemplate"],
        "kwargs": {},
    }
    return {
        "single argument": ("msgpack", packed(0, "os", "system", command)),
        "positional arguments": ("msgpack", packed(1, "os", "system", [command])),
        "keyword arguments": ("msgpack", packed(2, "subprocess", "run", run)),
        "method": ("msgpack", packed(3, "os", "system", command, "__call__")),
        "pydantic 1": ("msgpack", packed(4, "subprocess", "run", run)),
        "pydantic 2": ("msgpack", packed(5, "subprocess", "run", run, "model_validate_json")),
        "array of objects": ("msgpack", packed(6, "|O", [1], "C", b"\0" * 8)),
        "snapshot around a call": ("msgpack", ormsgpack.packb(ormsgpack.Ext(7, ormsgpack.packb(system)))),
        "message around a call": ("msgpack", packed(5, *message)),
        "eval": ("msgpack", packed(0, "builtins", "eval", f"__import__('os').system({command!r})")),
        "regular expression": ("msgpack", packed(1, "re", "compile", ["(a+)+$", 0])),
        "unknown extension": ("msgpack", packed(99, "os", "system", command)),
        "pickle": ("pickle", pickle.dumps(_Reduced(command))),
        "json constructor": ("json", json.dumps(lc2).encode()),
        "json of langchain": ("json", json.dumps(lc1).encode()),
        "json secret": ("json", b'{"lc": 1, "type": "secret", "id": ["MODELWISE_CANARY"]}'),
    }


LIVE = {
    "single argument", "positional arguments", "keyword arguments", "pydantic 1", "pydantic 2",
    "snapshot around a call", "message around a call", "eval",
}  # fmt: skip
NAMES = sorted(payloads(Path()))
_RUNNING = {"os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pickle.find_class"}
ran: list[str] = []
sys.addaudithook(lambda event, args: ran.append(event) if event in _RUNNING else None)


@pytest.mark.parametrize("name", sorted(LIVE))
def test_the_payload_runs_code_in_an_open_serializer(name: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(payloads(canary)[name])
    assert canary.exists()


class StoreContract:
    """Subclasses give `opened`, which opens the same store anew at each call, and reach into its rows."""

    TABLES: tuple[str, str]

    def plant(self, store: Any, table: str, kind: str, value: bytes) -> None:
        """Put a value in the place of all that a table holds of the thread t as bytes."""
        raise NotImplementedError

    def cells(self, store: Any) -> list[tuple[str, str, Any, bytes]]:
        """Return what is stored as (table, column, row, value)."""
        raise NotImplementedError

    def put_cell(self, store: Any, table: str, column: str, row: Any, value: bytes) -> None:
        """Put a value into one place."""
        raise NotImplementedError

    def test_an_unknown_thread_has_no_owner(self, store: Store) -> None:
        assert (store.owner_of("t"), store.threads("ana")) == (None, ())

    def test_a_thread_keeps_its_owner_and_its_beginning(self, store: Store) -> None:
        store.remember("t", "ana", "a chat bot")
        store.remember("t", "ana", "a chat bot for a bank")
        (row,) = store.threads("ana")
        assert (row.thread_id, row.owner, row.title) == ("t", "ana", "a chat bot for a bank")
        assert (row.created, row.updated) == ("2026-11-21T00:00:01.000000+00:00", "2026-11-21T00:00:02.000000+00:00")

    def test_another_owner_changes_nothing(self, store: Store) -> None:
        store.remember("t", "ana", "a chat bot")
        before = store.threads("ana")
        store.remember("t", "bo", "mine")
        assert store.threads("ana") == before
        assert (store.owner_of("t"), store.threads("bo")) == ("ana", ())

    def test_without_an_owner_the_time_is_renewed_and_nothing_is_made(self, store: Store) -> None:
        store.remember("t", "ana", "a chat bot")
        store.remember("t", "", "")
        store.remember("gone", "", "")
        (row,) = store.threads("ana")
        assert (row.title, row.updated > row.created) == ("a chat bot", True)
        assert store.owner_of("gone") is None

    def test_the_thread_renewed_last_comes_first(self, store: Store) -> None:
        for thread_id in ("a", "b", "c", "a"):
            store.remember(thread_id, "ana", thread_id)
        store.remember("d", "bo", "d")
        assert [row.thread_id for row in store.threads("ana")] == ["a", "c", "b"]

    @pytest.mark.parametrize(
        "text", ["\0", "a\0b", "\ud800", "'; DROP TABLE modelwise_threads; --", "?%s", "的" * 10_000]
    )
    def test_hostile_names_find_nothing_and_break_nothing(self, store: Store, text: str) -> None:
        store.remember("t", "ana", f"title {text}")
        assert (store.owner_of(text), store.threads(text)) == (None, ())
        assert not store.feedback(text, "e", True)
        store.forget(text)
        with store.lock(text, 1):
            assert store.owner_of("t") == "ana"
        assert store.threads("ana")[0].title.startswith("title ")

    @pytest.mark.parametrize(("thread_id", "owner"), [("", "ana"), ("a\0b", "ana"), ("t", "\ud800")])
    def test_a_name_that_cannot_be_kept_is_refused(self, store: Store, thread_id: str, owner: str) -> None:
        with pytest.raises(ValueError, match="accepted is text"):
            store.remember(thread_id, owner, "")

    def test_feedback_is_taken_once(self, store: Store) -> None:
        store.remember("t", "ana", "")
        taken = [store.feedback("t", event, up) for event, up in (("1", True), ("1", False), ("2", False))]
        assert taken == [True, False, True]
        assert not store.feedback("gone", "3", True)

    def test_a_conversation_goes_on_in_a_store_opened_anew(self, opened: Callable[[], Store]) -> None:
        first = opened()
        Conversation(first).start()
        Conversation(first).reply("一")
        first.remember("t", "ana", "")
        second = opened()
        Conversation(second).reply("二")
        assert Conversation(second).said() == [SAID, "一", "2 messages", "二", "4 messages"]
        assert second.owner_of("t") == "ana"
        (asked,) = Conversation(second).graph.get_state(Conversation(second).config).interrupts
        assert asked.value["choices"] == ["1", "2"]

    def test_forgetting_takes_one_thread_and_leaves_the_others(self, store: Store) -> None:
        for thread_id in ("t", "kept"):
            Conversation(store, thread_id).start()
            store.remember(thread_id, "ana", thread_id)
            store.feedback(thread_id, f"event of {thread_id}", True)
        with store.lock("t", 1):
            store.forget("t")
            store.forget("t")
        assert Conversation(store, "t").said() == []
        assert store.owner_of("t") is None
        assert list(store.saver.list({"configurable": {"thread_id": "t"}})) == []
        assert Conversation(store, "kept").said() == [SAID]
        assert store.threads("ana")[0].thread_id == "kept"
        assert not store.feedback("kept", "event of kept", True)
        store.remember("t", "bo", "")
        assert store.feedback("t", "event of t", True)

    def test_a_held_lock_makes_busy_and_its_release_frees(self, store: Store) -> None:
        with store.lock("t", 1):
            with pytest.raises(Busy, match="not free within"), store.lock("t", 0):
                pass
            with store.lock("another", 0):
                pass
        with pytest.raises(KeyError), store.lock("t", 0):
            raise KeyError
        with store.lock("t", 0):
            pass

    def test_a_lock_is_waited_for(self, store: Store) -> None:
        held, order = threading.Event(), []

        def holder() -> None:
            with store.lock("t", 1):
                held.set()
                time.sleep(0.2)
                order.append("holder")

        thread = threading.Thread(target=holder)
        thread.start()
        held.wait()
        with store.lock("t", 60):
            order.append("waiter")
        thread.join()
        assert order == ["holder", "waiter"]

    def test_threads_of_one_process_take_turns(self, store: Store) -> None:
        Conversation(store).start()

        def reply(number: int) -> None:
            with store.lock("t", 60):
                Conversation(store).reply(str(number))

        with ThreadPoolExecutor(10) as pool:
            list(pool.map(reply, range(20)))
        assert sorted(Conversation(store).said()[1::2], key=int) == [str(number) for number in range(20)]

    def test_whoever_waits_while_a_thread_is_forgotten_finds_it_gone(self, store: Store) -> None:
        store.remember("t", "ana", "")
        inside, most, found = [0], [0], []

        def turn(number: int) -> None:
            with store.lock("t", 60):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                found.append(store.owner_of("t"))
                time.sleep(0.005)
                inside[0] -= 1
                if number == 0:
                    store.forget("t")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(turn, range(16)))
        assert most == [1]
        assert found == sorted(found, key=lambda owner: owner is None)
        assert store.owner_of("t") is None

    def test_threads_write_at_once_without_loss(self, store: Store) -> None:
        def converse(number: int) -> list[str]:
            own = Conversation(store, f"t{number}")
            own.start()
            for text in "abc":
                own.reply(f"{number}{text}")
            return own.said()[1::2]

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(converse, range(16))) == [[f"{n}a", f"{n}b", f"{n}c"] for n in range(16)]

    def test_a_value_that_does_not_validate_is_one_that_cannot_be_restored(self, store: Store) -> None:
        with pytest.raises(CannotRestore) as caught, reading(store):
            HumanMessage.model_validate({"content": object()})
        assert "object" not in str(caught.value)
        with pytest.raises(Busy), reading(store):
            raise Busy

    def test_conformance(self, opened: Callable[[], Store]) -> None:
        @checkpointer_test(name=type(self).__name__)
        async def saver() -> AsyncIterator[BaseCheckpointSaver[str]]:
            store = opened()
            for config in {t.config["configurable"]["thread_id"] for t in store.saver.list(None)}:
                store.saver.delete_thread(config)
            yield Awaited(store.saver)

        report = asyncio.run(validate(saver))
        assert not [failure for result in report.results.values() for failure in result.failures]
        assert report.passed_all_base()

    @pytest.mark.parametrize("place", [0, 1])
    @pytest.mark.parametrize("payload", NAMES)
    def test_a_tampered_row_runs_nothing(
        self, store: Store, payload: str, place: int, tmp_path: Path, monkeypatch: Any
    ) -> None:
        canary = tmp_path / "canary"
        monkeypatch.setenv("MODELWISE_CANARY", "a key")
        for thread_id in ("t", "kept"):
            Conversation(store, thread_id).start()
        self.plant(store, self.TABLES[place], *payloads(canary)[payload])
        ran.clear()
        for read in (Conversation(store).said, Conversation(store).start, lambda: Conversation(store).reply("x")):
            with pytest.raises(CannotRestore, match="does not read back") as caught:
                read()
            assert "touch" not in str(caught.value)
        with pytest.raises(CannotRestore):
            list(store.saver.list({"configurable": {"thread_id": "t"}}))
        assert (ran, canary.exists()) == ([], False)
        assert Conversation(store, "kept").said() == [SAID]
        store.forget("t")
        assert Conversation(store).said() == []

    def test_a_flipped_bit_reads_or_cannot_be_restored(self, store: Store) -> None:
        for thread_id in ("t", "kept"):
            Conversation(store, thread_id).start()
            Conversation(store, thread_id).reply("一")
        dice = random.Random(20261121)
        ends = {"read": 0, "refused": 0}
        ran.clear()
        for _ in range(FLIPS):
            for end in self._flip(store, dice):
                ends[end] += 1
        assert (ran, sum(ends.values())) == ([], FLIPS)
        assert min(ends.values()) > 0
        assert Conversation(store, "kept").said() == [SAID, "一", "2 messages"]

    def _flip(self, store: Store, dice: random.Random) -> Iterator[str]:
        """Flip a bit, read and go on, and put the bit back; say whether the thread was read or refused."""
        table, column, row, value = dice.choice([cell for cell in self.cells(store) if cell[3]])
        place = dice.randrange(len(value))
        flipped = bytearray(value)
        flipped[place] ^= 1 << dice.randrange(8)
        self.put_cell(store, table, column, row, bytes(flipped))
        try:
            Conversation(store).said()
            list(store.saver.list({"configurable": {"thread_id": "t"}}))
            yield "read"
        except CannotRestore:
            yield "refused"
        finally:
            self.put_cell(store, table, column, row, value)
