"""What goes wrong in the middle of a turn leaves the thread as it was, and the thread goes on."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from modelwise.agent import graph
from modelwise.agent.requirements import InvalidRequirements
from modelwise.agent.session import Advisor
from modelwise.agent.store import StoreFailed
from modelwise.agent.turns import Refused, Turn

SAID = "每月 30 万次"


class Boom(Exception):
    """What a broken node raises."""


def _raise(*args: Any, **options: Any) -> Any:
    raise Boom


def _asking(advisor: Advisor) -> Turn:
    """A thread where a question is open."""
    return _taken(advisor.start("客服机器人", thread_id="t", message_id="m0"))


def _advised(advisor: Advisor) -> Turn:
    """A thread after its advice."""
    _asking(advisor)
    turn = _taken(advisor.reply("t", "够了，直接推荐吧", message_id="m1"))
    assert turn.advice
    return turn


def _taken(turn: Turn | Refused) -> Turn:
    assert isinstance(turn, Turn)
    return turn


STATES = pytest.mark.parametrize("begin", [_asking, _advised], ids=["asking", "advised"])
Begin = Callable[[Advisor], Turn]


@STATES
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"no_such_field": 1}, "no_such_field"),
        ({"no_such_field": None}, "no_such_field"),
        ({"mau": -1}, "mau"),
        ({"mau": 5, "task": "cooking"}, "task"),
        ({"languages": ["zh", "zh"]}, "languages"),
        (99, "choice"),
        (-1, "choice"),
    ],
    ids=str,
)
def test_what_cannot_be_requirements_is_refused(
    begin: Begin, given: Mapping[str, Any] | int, field: str, advisor: Advisor, data_dir: Path
) -> None:
    last = begin(advisor)
    before = _stored(data_dir)
    with pytest.raises(InvalidRequirements) as caught:
        advisor.reply("t", given, message_id="bad")
    assert caught.value.field == field
    assert _stored(data_dir) == before
    _goes_on(advisor, last, "bad")


@STATES
@pytest.mark.parametrize("step", ["take", "settle"])
def test_a_node_that_raises(
    begin: Begin, step: str, advisor: Advisor, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = begin(advisor)
    before = _stored(data_dir)
    with monkeypatch.context() as broken:
        broken.setattr(graph, step, _raise)
        for _ in range(2):
            with pytest.raises(Boom):
                advisor.reply("t", SAID, message_id="m9", question_id=last.question_id)
        assert _stored(data_dir) == before
        assert advisor.history("t")[-1] == last
    _goes_on(advisor, last, "m9")


def test_a_first_node_that_raises(advisor: Advisor, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(graph, "settle", _raise)
        with pytest.raises(Boom):
            advisor.start("客服机器人", thread_id="t", message_id="m0")
    assert advisor.history("t") == ()
    turn = _taken(advisor.start("客服机器人", thread_id="t", message_id="m0"))
    assert turn.requirements.stated() == {"task": "chat"}
    assert advisor.history("t") == (turn,)


@STATES
@pytest.mark.parametrize("events", range(6))
def test_a_stream_closed_early(begin: Begin, events: int, advisor: Advisor, data_dir: Path) -> None:
    last = begin(advisor)
    before = _stored(data_dir)
    stream = advisor.stream("t", SAID, message_id="m9", question_id=last.question_id)
    seen = [event.kind for _, event in zip(range(events), stream, strict=False)]
    if "done" in seen:
        assert advisor.history("t")[-1].message_id == "m9"
        return
    stream.close()  # type: ignore[attr-defined]
    assert _stored(data_dir) == before
    _goes_on(advisor, last, "m9")


@STATES
def test_a_write_that_fails(begin: Begin, advisor: Advisor, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = begin(advisor)
    before = _stored(data_dir)

    def full(*args: Any) -> Any:
        raise StoreFailed("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(advisor.store.saver, "put", full)
        with pytest.raises(StoreFailed):
            advisor.reply("t", SAID, message_id="m9", question_id=last.question_id)
    assert _stored(data_dir) == before
    _goes_on(advisor, last, "m9")


@STATES
def test_a_write_that_fails_halfway(begin: Begin, advisor: Advisor, monkeypatch: pytest.MonkeyPatch) -> None:
    last = begin(advisor)

    def full(*args: Any) -> Any:
        raise StoreFailed("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(advisor.store.saver, "put_writes", full)
        broken.setattr(advisor.store, "remember", full)
        with pytest.raises(StoreFailed):
            advisor.reply("t", SAID, message_id="m9", question_id=last.question_id)
    _goes_on(advisor, last, "m9")


@pytest.mark.parametrize(
    "wrong",
    [
        {"asked": 3},
        {"asked": [[1]]},
        {"past": [7]},
        {"past": [{"requirements": 1}]},
        {"notes": [{}]},
        {"count": "x"},
        {"aside": []},
        {"requirements": {"mau": "many"}},
        {"question": {"text": 1}},
        {"advice": {"status": "fine"}},
        {"changed": [0]},
    ],
    ids=str,
)
def test_a_state_that_does_not_read_back(wrong: dict[str, Any], advisor: Advisor, data_dir: Path) -> None:
    _advised(advisor)
    other = _taken(advisor.start("翻译", thread_id="other"))
    _plant(advisor, wrong)
    before = _stored(data_dir)
    assert advisor.reply("t", SAID) == Refused(reason="cannot_restore")
    assert _stored(data_dir) == before
    assert advisor.history("other") == (other,)
    assert advisor.delete("t")
    assert isinstance(advisor.start("客服机器人", thread_id="t"), Turn)


@pytest.mark.parametrize(
    "text", ["\ud800", "\0", "a" * 30_000, "", " \n", "🦙" * 500], ids=lambda text: ascii(text[:6])
)
def test_odd_words_are_a_message_like_any_other(text: str, advisor: Advisor) -> None:
    _asking(advisor)
    turn = _taken(advisor.reply("t", text, message_id="odd"))
    assert advisor.history("t")[-1] == turn
    _goes_on(advisor, turn, "next")


def _goes_on(advisor: Advisor, last: Turn, message_id: str) -> None:
    """Say something under an id that was used for what failed, twice: it is taken once."""
    turns = advisor.history("t")
    turn = _taken(advisor.reply("t", SAID, message_id=message_id, question_id=last.question_id))
    assert turn.requirements.stated() == {**last.requirements.stated(), "monthly_requests": 300_000}
    assert advisor.reply("t", SAID, message_id=message_id) == turn
    after = advisor.history("t")
    assert after == ((*turns, turn) if turns[-1].message_id != message_id else turns)
    assert [one.message_id for one in after].count(message_id) == 1


def _plant(advisor: Advisor, wrong: Mapping[str, Any]) -> None:
    """Put values into the last checkpoint of the thread `t`."""
    saver = advisor.store.saver
    found = saver.get_tuple({"configurable": {"thread_id": "t"}})
    assert found
    assert found.parent_config
    checkpoint = {**found.checkpoint, "channel_values": {**found.checkpoint["channel_values"], **wrong}}
    saver.put(found.parent_config, checkpoint, found.metadata, {})  # type: ignore[arg-type]


def _stored(folder: Path) -> list[list[Any]]:
    """All that is kept of turns."""
    tables = ("checkpoints", "writes")
    with closing(sqlite3.connect(folder / "threads.sqlite")) as database:
        return [database.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables]
