"""A message to the wrong question, thread or person gets a typed reply; nothing is changed and nothing is told."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelwise.agent.session import Advisor
from modelwise.agent.turns import Reason, Refused, Turn

SECRET = "给肿瘤医院的内部问答系统"
Send = Callable[..., Turn | Refused]


class Attempt(NamedTuple):
    """A message that must be refused: where it goes, by whom, and whether the last turn may be shown."""

    thread_id: str
    question_id: str | None
    owner: str
    reason: Reason
    shown: Turn | None


def _started(advisor: Advisor, **options: Any) -> Turn:
    return _taken(advisor.start(SECRET, owner="ana", **options))


def _said(advisor: Advisor, turn: Turn, given: Any, **options: Any) -> Turn:
    return _taken(advisor.reply(turn.thread_id, given, owner="ana", **options))


def _taken(turn: Turn | Refused) -> Turn:
    assert isinstance(turn, Turn)
    return turn


def _stale(advisor: Advisor) -> Attempt:
    """The answer to a question of two turns ago."""
    first = _started(advisor)
    last = _said(advisor, _said(advisor, first, "可以上云"), "每月 30 万次")
    return Attempt(last.thread_id, first.question_id, "ana", "stale_question", last)


def _double(advisor: Advisor) -> Attempt:
    """A second answer to a question that was answered."""
    first = _started(advisor)
    last = _said(advisor, first, 1, question_id=first.question_id, message_id="m1")
    return Attempt(last.thread_id, first.question_id, "ana", "stale_question", last)


def _foreign(advisor: Advisor) -> Attempt:
    """An answer to the question of another thread."""
    first, other = _started(advisor), _started(advisor)
    assert first.question_id != other.question_id
    return Attempt(first.thread_id, other.question_id, "ana", "stale_question", first)


def _over(advisor: Advisor) -> Attempt:
    """An answer where none is waited for."""
    first = _started(advisor)
    last = _said(advisor, first, "够了，直接推荐吧")
    assert last.advice
    return Attempt(last.thread_id, first.question_id, "ana", "stale_question", last)


def _unknown(advisor: Advisor) -> Attempt:
    """A thread that is not there."""
    return Attempt("nowhere", _started(advisor).question_id, "ana", "unknown_thread", None)


def _of_another(advisor: Advisor) -> Attempt:
    """A thread of another owner, even with the right question."""
    first = _started(advisor)
    return Attempt(first.thread_id, first.question_id, "bo", "not_yours", None)


def _streamed(advisor: Advisor) -> Send:
    def send(thread_id: str, given: Any, **options: Any) -> Turn | Refused:
        *before, last = advisor.stream(thread_id, given, **options)
        assert before == []
        assert last.kind == "done"
        assert last.turn
        return last.turn

    return send


CASES = (_stale, _double, _foreign, _over, _unknown, _of_another)
GIVEN: dict[str, Any] = {"words": "不对，是每天", "choice": 0, "fields": {"mau": 7}, "stream": "够了"}


@pytest.mark.parametrize("how", GIVEN)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.strip("_"))
def test_is_refused_and_changes_nothing(
    case: Callable[[Advisor], Attempt], how: str, advisor: Advisor, data_dir: Path
) -> None:
    attempt = case(advisor)
    before = _stored(data_dir)
    send = _streamed(advisor) if how == "stream" else advisor.reply
    got = send(attempt.thread_id, GIVEN[how], question_id=attempt.question_id, message_id="late", owner=attempt.owner)
    assert got == Refused(reason=attempt.reason, pending=attempt.shown)
    assert _stored(data_dir) == before


def test_another_owner_sees_and_does_nothing(advisor: Advisor, data_dir: Path) -> None:
    thread_id = _started(advisor, thread_id="t", message_id="m0").thread_id
    before = _stored(data_dir)
    assert advisor.start(SECRET, thread_id=thread_id, owner="bo", message_id="m0") == Refused(reason="not_yours")
    assert advisor.start(thread_id=thread_id, owner="bo") == Refused(reason="not_yours")
    assert advisor.reply(thread_id, "x", owner="bo", message_id="m0") == Refused(reason="not_yours")
    assert advisor.history(thread_id, owner="bo") == ()
    assert advisor.threads(owner="bo") == ()
    assert not advisor.delete(thread_id, owner="bo")
    assert not advisor.feedback(thread_id, up=False, event_id="e", owner="bo")
    assert _stored(data_dir) == before


def test_an_unknown_thread_leaves_no_trace(advisor: Advisor, data_dir: Path) -> None:
    _started(advisor)
    before = _stored(data_dir)
    assert advisor.history("nowhere", owner="ana") == ()
    assert not advisor.delete("nowhere", owner="ana")
    assert not advisor.feedback("nowhere", up=True, event_id="e", owner="ana")
    assert isinstance(advisor.reply("nowhere", "x", owner="ana"), Refused)
    assert _stored(data_dir) == before


def test_the_right_answer_still_counts(advisor: Advisor) -> None:
    attempt = _stale(advisor)
    assert attempt.shown
    advisor.reply(attempt.thread_id, 0, question_id="stale", owner="ana")
    turn = _said(advisor, attempt.shown, 0, question_id=attempt.shown.question_id)
    assert turn.question_id != attempt.shown.question_id
    assert len(advisor.history(attempt.thread_id, owner="ana")) == 4


def _stored(folder: Path) -> dict[str, Any]:
    """All rows of the database, and the files of locks."""
    tables = ("checkpoints", "writes", "modelwise_threads", "modelwise_feedback")
    with closing(sqlite3.connect(folder / "threads.sqlite")) as database:
        rows = {table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables}
    return {**rows, "locks": sorted(path.name for path in (folder / "locks").iterdir())}
