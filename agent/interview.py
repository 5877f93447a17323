"""The next question: the one whose answer could change the picks most, and none where no answer could.

How the value of an answer is computed stands in docs/design/005-interview.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .advice import Question, Statement
from .defaults import read_yaml
from .requirements import Requirements, Topic

ENOUGH = 0.0005  # points of the score, as the mean of three models
MOST_QUESTIONS = 8
LAW_FIRST = ("privacy", "license")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: what choosing it says, and how often it is given."""

    id: str
    patch: Mapping[str, Any]
    share: float
    yes: bool = False
    no: bool = False


@dataclass(frozen=True, eq=False)
class Slot:
    """One question: its topic, the fields it settles, what makes it pointless, what goes with it, and its answers."""

    id: str
    topic: Topic
    fields: tuple[str, ...]
    unless: tuple[str, ...]
    beside: tuple[str, ...]
    choices: tuple[Choice, ...]


@lru_cache(maxsize=3)
def slots(language: str) -> Mapping[str, Slot]:
    """Return every question by id; the language one writes in shifts what is likely."""
    own = {"zh-Hans": "p_zh", "zh-Hant": "p_hant"}.get(language, "p")
    return {name: _slot(name, row, own) for name, row in read_yaml("interview.yaml").items()}


def _slot(name: str, row: Mapping[str, Any], own: str) -> Slot:
    shares = {answer: given.get(own, given["p"]) for answer, given in row["answers"].items()}
    whole = sum(shares.values())
    choices = tuple(
        Choice(answer, given["patch"], shares[answer] / whole, given.get("yes", False), given.get("no", False))
        for answer, given in row["answers"].items()
    )
    return Slot(
        name, row["topic"], tuple(row["fields"]), tuple(row.get("unless", ())), tuple(row.get("beside", ())), choices
    )


def open_slots(r: Requirements, settled: Iterable[str] = ()) -> tuple[Slot, ...]:
    """Return the questions that are open: nothing was said nor asked before, and an answer would mean something."""
    done = frozenset(settled)
    return tuple(
        slot
        for slot in slots(r.language).values()
        if slot.id not in done
        and not r.said.intersection(slot.fields)
        and not r.unknown.intersection(slot.fields)
        and not any(getattr(r, field) for field in slot.unless)
    )


def next_slot(values: Mapping[str, float], known: Mapping[str, Slot], asked: int) -> Slot | None:
    """Return what to ask: law first where it matters, else what matters most; None where nothing does."""
    worth = {name: value for name, value in values.items() if value >= ENOUGH}
    if not worth or asked >= MOST_QUESTIONS:
        return None
    law = {name: value for name, value in worth.items() if known[name].topic in LAW_FIRST}
    chosen = law or worth
    return known[max(chosen, key=chosen.__getitem__)]


def question_of(slot: Slot, still: Mapping[str, Slot]) -> Question:
    """Return the question in words with its choices, and what else is open and is asked in the same breath."""
    beside = tuple(name for name in slot.beside if name in still)
    cites = (f"default/{slot.fields[0]}",)
    return Question(
        topic=slot.topic,
        slot=slot.id,
        beside=beside,
        text=Statement(text_id=f"ask.{slot.id}", cites=cites),
        why=Statement(text_id=f"ask.{slot.id}_why", cites=cites),
        also=tuple(Statement(text_id=f"ask.{name}", cites=cites) for name in beside),
        choices=tuple(Statement(text_id=f"choice.{slot.id}.{one.id}", cites=cites) for one in slot.choices),
    )
