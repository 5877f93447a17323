"""Interviews forty scripted people: `python -m modelwise.evals interview` prints a table and writes the result.

The personas were written without sight of the interview. The rival asks the same questions with the same stop rule, in
the order in which the requirements' topics are listed.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple
from unittest.mock import patch

from ..agent import interview, voi
from ..agent.advice import Advice
from ..agent.recommend import recommend
from ..agent.requirements import FIELDS, TOPICS, Requirements
from ..agent.session import Advisor
from ..agent.store import memory_store
from ..agent.turns import Refused, Turn
from ..knowledge.facts import Facts, load_facts
from .report import DAY, RESULTS, Item, progress, read_yaml, say, table, write_result

SHRUG = {"zh-Hans": "不知道", "zh-Hant": "不知道", "en": "I don't know"}
MOST_TURNS = 24


class Outcome(NamedTuple):
    """What became of one interview: what was asked, what went wrong, and whether the picks are those of all facts."""

    id: str
    questions: int
    same: bool
    again: tuple[str, ...]
    lost: tuple[str, ...]
    later: tuple[bool, ...]
    picks: tuple[str, ...]
    wanted: tuple[str, ...]


class Person:
    """A persona that answers: each question by its slot, what stands beside it too, corrections and all."""

    def __init__(self, item: Item) -> None:
        """Take the answers as they are written; lists are used up in turn."""
        self.item = item
        said = item["answers"].items()
        self.answers = {slot: list(words) if isinstance(words, list) else [words] for slot, words in said}

    def reply(self, turn: Turn, number: int) -> str:
        """Return what the person says to a turn."""
        question = turn.question or turn.pending
        if number >= self.item.get("enough", MOST_TURNS):
            return str(self.item["enough_say"])
        if question is None or question.slot is None:
            return self._said("clash")
        said = [self._said(slot) for slot in (question.slot, *question.beside)]
        return ("; " if self.item["script"] == "en" else "；").join(dict.fromkeys(said))

    def _said(self, slot: str) -> str:
        answers = self.answers.get(slot, [SHRUG[self.item["script"]]])
        return str(answers.pop(0) if len(answers) > 1 else answers[0])


def interviewed(item: Item, advisor: Advisor, facts: Facts) -> Outcome:
    """Interview one person to the advice, then say what comes later."""
    person = Person(item)
    turn = _taken(advisor.start(item["open"]))
    questions = 0
    again: list[str] = []
    for number in range(1, MOST_TURNS):
        if turn.advice:
            break
        if turn.question:
            questions += 1
            again += _asked_again(turn)
        turn = _taken(advisor.reply(turn.thread_id, person.reply(turn, number)))
    wanted = _advised(item["facts"], item["script"], facts)
    told = dict(item["facts"])
    later = []
    for change in item.get("after", ()):
        told |= change["facts"]
        turn = _taken(advisor.reply(turn.thread_id, change["say"]))
        later.append(_models(turn.advice) == _models(_advised(told, item["script"], facts)))
    first = next((t for t in advisor.history(turn.thread_id) if t.advice), turn)
    return Outcome(
        item["id"],
        questions,
        _models(first.advice) == _models(wanted),
        tuple(again),
        tuple(_lost(item, first)),
        tuple(later),
        _models(first.advice),
        _models(wanted),
    )


def _taken(turn: Turn | Refused) -> Turn:
    if isinstance(turn, Refused):
        raise RuntimeError(f"refused: {turn.reason}")
    return turn


def _asked_again(turn: Turn) -> Iterator[str]:
    """Return the slots asked about although something of them was said."""
    question = turn.question
    if question and question.slot:
        known = interview.slots(turn.requirements.language)
        told = turn.requirements.said
        yield from (slot for slot in (question.slot, *question.beside) if told.intersection(known[slot].fields))


def _lost(item: Item, turn: Turn) -> Iterator[str]:
    """Return the fields that are known otherwise than the person said, of those that were asked about or said."""
    wanted = Requirements.from_mapping(item["facts"])
    for field in FIELDS:
        told = field in turn.requirements.said and field in wanted.said
        if told and getattr(turn.requirements, field) != getattr(wanted, field):
            yield field


def _advised(fields: Mapping[str, Any], language: Any, facts: Facts) -> Advice:
    need = Requirements.from_mapping(fields).model_copy(update={"language": language})
    return recommend(need, facts, DAY)


def _models(advice: Advice | None) -> tuple[str, ...]:
    return tuple(pick.model.id for pick in advice.picks) if advice else ()


def in_order(values: Mapping[str, float], known: Mapping[str, interview.Slot], asked: int) -> interview.Slot | None:
    """Return all that is open of the first open topic in the order of the list, by the same stop rule."""
    if interview.next_slot(values, known, asked) is None:
        return None
    topics = list(TOPICS)
    first = min(known.values(), key=lambda slot: topics.index(slot.topic))
    return replace(first, beside=tuple(s.id for s in known.values() if s.topic == first.topic and s is not first))


def judged(people: Sequence[Item], choose: Callable[..., Any] | None = None) -> list[Outcome]:
    """Interview everyone, in the order of the rival where one is given."""
    facts = load_facts()
    advisor = Advisor(facts=facts, today=DAY, store=memory_store())
    with patch.object(voi, "next_slot", choose or interview.next_slot):
        return [interviewed(item, advisor, facts) for item in people]


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the figures of a run."""
    later = [same for outcome in outcomes for same in outcome.later]
    return {
        "people": len(outcomes),
        "questions_median": median(o.questions for o in outcomes),
        "questions_mean": round(mean(o.questions for o in outcomes), 2),
        "same_picks": sum(o.same for o in outcomes),
        "asked_again": sum(len(o.again) for o in outcomes),
        "fields_lost": sum(len(o.lost) for o in outcomes),
        "later_changes": len(later),
        "later_same": sum(later),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Accept the folder of the result."""
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for interview.json")


def run(args: argparse.Namespace) -> int:
    """Interview everyone by value and in the order of the topics; print and write both."""
    people = read_yaml("personas.yaml")
    ours = judged(people)
    progress("now in the order of the topics")
    theirs = judged(people, in_order)
    both = {"by value": summary(ours), "by topic": summary(theirs)}
    say(table(("", *both), ((name, *(figures[name] for figures in both.values())) for name in both["by value"])))
    for o in ours:
        if not o.same or o.again or o.lost:
            say(f"{o.id}: {o.questions} questions; {o.picks} for {o.wanted}; again {o.again}; lost {o.lost}")
    write_result("interview", {"day": DAY.isoformat(), **both, "people": [o._asdict() for o in ours]}, args.results)
    return 0
