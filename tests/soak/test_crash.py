"""Whatever kills a process, no acknowledged message is lost, none is taken twice, and the advice is right."""

import datetime as dt
import random
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from modelwise import advise
from modelwise.agent.advice import Advice
from modelwise.agent.turns import Turn

BATCHES = 5
POINTS = (
    "message taken",
    "in a node",
    "between nodes",
    "before the write",
    "in the middle of the write",
    "after the write",
)
MESSAGES = 11
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def undisturbed(nursery: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Turn], float]:
    """The turns of an interview that nothing disturbs, and the seconds that it takes at the least."""
    nursery.run()
    seconds = []
    for _ in range(3):
        begun = time.monotonic()
        (done,) = nursery.run({"work": "interview", "data": str(tmp_path_factory.mktemp("undisturbed"))})
        seconds.append(time.monotonic() - begun)
    return _turns(done["lines"]), min(seconds)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_killed_at_a_random_time(batch: int, nursery: Any, undisturbed: Any, counts: Any, tmp_path: Path) -> None:
    turns, seconds = undisturbed
    dice, killed, tries = random.Random(batch), 0, 0
    wanted = counts.random_kills // BATCHES
    while killed < wanted and tries < 20 * wanted:
        tries += 1
        data = _folder(tmp_path, tries)
        killed += _survives(nursery, data, turns, {"kill_after": dice.uniform(0, seconds)})
    assert killed == wanted


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(point: str, nursery: Any, undisturbed: Any, counts: Any, tmp_path: Path) -> None:
    turns, _ = undisturbed
    dice = random.Random(point)
    for number in range(counts.kills_at_a_point):
        stopped = {"point": point, "message": dice.randrange(MESSAGES)}
        assert _survives(nursery, _folder(tmp_path, number), turns, stopped)


def test_killed_again_and_again(nursery: Any, undisturbed: Any, tmp_path: Path) -> None:
    turns, _ = undisturbed
    dice = random.Random(0)
    data, acknowledged = _folder(tmp_path, 0), list[Turn]()
    for message in range(MESSAGES):
        for point in dice.sample(POINTS, 2):
            stopped = {"point": point, "message": message}
            acknowledged += _turns(_interview(nursery, data, acknowledged, stopped)["lines"])
            assert len(acknowledged) == message
            if point in ("in the middle of the write", "after the write"):
                break  # it is kept: sent again, it is answered without passing there
    last = _interview(nursery, data, acknowledged, {})
    acknowledged += _turns(last["lines"])
    assert _history(last["lines"]) == acknowledged
    _check(data, acknowledged, turns)


def test_the_advice_is_that_of_the_embedded_call(undisturbed: Any, today: dt.date) -> None:
    turns, _ = undisturbed
    last = turns[-1]
    assert last.advice
    assert last.requirements.monthly_budget == 4_000
    ours, theirs = last.advice, advise(last.requirements, today=today)
    assert _decided(ours) == _decided(theirs)
    assert ours.citations.items() <= theirs.citations.items()


def _survives(nursery: Any, data: Path, turns: list[Turn], kill: Mapping[str, Any]) -> bool:
    """Kill an interview, go on in a new process, and hold what came of it against the undisturbed one."""
    first = _interview(nursery, data, [], kill)
    acknowledged = _turns(first["lines"])
    second = _interview(nursery, data, acknowledged, {}) if len(acknowledged) < MESSAGES else first
    if second is not first:
        acknowledged += _turns(second["lines"])
        assert _history(second["lines"]) == acknowledged
    _check(data, acknowledged, turns)
    return bool(first["killed"]) and second is not first


def _interview(nursery: Any, data: Path, acknowledged: list[Turn], kill: Mapping[str, Any]) -> dict[str, Any]:
    """Say what has not been acknowledged; the first of it may have been taken and is sent again under its id."""
    asked = acknowledged[-1].question_id if acknowledged else None
    job = {"work": "interview", "data": str(data), "first": len(acknowledged), "question_id": asked, **kill}
    (done,) = nursery.run(job)
    return dict(done)


def _check(data: Path, acknowledged: list[Turn], turns: list[Turn]) -> None:
    assert [_named(turn) for turn in acknowledged] == [_named(turn) for turn in turns]
    with closing(sqlite3.connect(data / "threads.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        thumbs = database.execute("SELECT event_id FROM modelwise_feedback").fetchall()
        (threads,) = database.execute("SELECT count(*) FROM modelwise_threads").fetchone()
    assert sorted(thumbs) == sorted((f"e{number}",) for number in range(MESSAGES))
    assert threads == 1


def _turns(lines: Lines) -> list[Turn]:
    return [Turn.model_validate(line["turn"]) for line in lines if "turn" in line]


def _history(lines: Lines) -> list[Turn]:
    return [Turn.model_validate(turn) for turn in lines[-1]["history"]]


def _named(turn: Turn) -> Turn:
    """A turn without the id of its question, which is another in each thread."""
    return turn.model_copy(update={"question_id": None})


def _decided(advice: Advice) -> dict[str, Any]:
    """An advice without what is still open, which depends on what was asked."""
    return advice.model_dump(mode="json", exclude={"questions", "citations"})


def _folder(path: Path, number: int) -> Path:
    made = path / str(number)
    made.mkdir()
    return made
