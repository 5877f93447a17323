"""The answer to a question that names a contradiction: which side is kept, and which is un-said."""

from collections.abc import Iterable, Mapping
from typing import Any

from .advice import Question
from .reply_parts import Part, pattern, table
from .reply_slots import Answer, by_label, by_number, read_figure
from .requirements import Requirements

NAMED = frozenset({"current_model", "models_excluded", "models_only", "quality_floor"})


def sides_of(question: Question | None) -> tuple[str, ...]:
    """Return the fields that a question about a contradiction lets choose between; empty for any other question."""
    if question is None or not question.text.text_id.startswith("clash."):
        return ()
    return tuple(str(choice.params["field"]) for choice in question.choices)


def kept_side(parts: Iterable[Part], question: Question, known: Requirements) -> str | None:
    """Return the side that is kept, by choice or in words."""
    sides = sides_of(question)
    for part in parts:
        numbers = by_number(part, question)
        chosen = numbers[0] if numbers else by_label(part, question)
        if chosen is not None:
            return sides[chosen]
        named = [side for side in sides if _mentions(part.folded, side, known)]
        if len(named) == 1 and len(sides) > 1:
            given_up = pattern("give_up").search(part.folded)
            return next(side for side in sides if side != named[0]) if given_up else named[0]
    return None


def kept_by_saying(said: Mapping[str, Any], sides: tuple[str, ...], known: Requirements) -> str | None:
    """Return the one side that was said again as it was."""
    again = [side for side in sides if side in said]
    return again[0] if len(again) == 1 and said[again[0]] == getattr(known, again[0]) else None


def new_figure(parts: Iterable[Part], sides: tuple[str, ...], known: Requirements) -> Answer | None:
    """Read a bare figure as the value of a side that is a figure."""
    figures = [side for side in sides if side in table()["figures"]]
    answers = (read_figure(side, (side,), part, known.language) for part in parts for side in figures)
    return next((answer for answer in answers if answer and answer.patch), None)


def _mentions(folded: str, side: str, known: Requirements) -> bool:
    if side in table()["sides"] and pattern("sides", side).search(folded):
        return True
    value = getattr(known, side)
    words = value if isinstance(value, frozenset) else {value} if isinstance(value, str) else ()
    return any(str(word).lower() in folded for word in words)


def unsay(known: Requirements, fields: Iterable[str]) -> Requirements:
    """Return requirements in which the fields were never said."""
    gone = frozenset(fields)
    return known.model_copy(
        update={
            **dict.fromkeys(gone),
            "said": known.said - gone,
            "assumed": known.assumed - gone,
            "unknown": known.unknown - gone,
            "words": {field: words for field, words in known.words.items() if field not in gone},
        }
    )
