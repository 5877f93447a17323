"""From a person's words to requirements, and what in them cannot be taken as said."""

from dataclasses import dataclass

from .advice import Question, Statement
from .hear_text import read_text
from .hear_words import regex
from .requirements import FIELDS, MAX_TEXT, Requirements
from .understand import SETS, Problem
from .understand import hear as read


@dataclass(frozen=True, slots=True)
class Heard:
    """Requirements as read, and a question for each word that could not be taken."""

    requirements: Requirements
    problems: tuple[Question, ...]


def hear_text(text: str, known: Requirements | None = None, *, alone: bool = True) -> Heard:
    """Read a text; what it says replaces what was known, the rest stays.

    A budget without a currency is in that of the text's language where the text stands `alone`.
    """
    hearing = read(text, alone=alone and (known is None or known.budget_currency is None))
    merged = merge(known, hearing.requirements, add=says_more(text)) if known else hearing.requirements
    return Heard(merged, tuple(_question(problem, text) for problem in hearing.problems))


def says_more(text: str) -> bool:
    """Whether a text adds to what was said before: "zero retention too"."""
    return regex("adds").search(read_text(text).folded) is not None


def merge(known: Requirements, newly: Requirements, *, add: bool = False) -> Requirements:
    """Return known requirements with the newly said fields put over them, or their sets added to."""
    said = {field: getattr(newly, field) for field in FIELDS if field in newly.said}
    if add:
        said |= {field: said[field] | (getattr(known, field) or frozenset()) for field in SETS & said.keys()}
    both = known.with_fields(said)
    return both.model_copy(update={"words": {**known.words, **newly.words}, "language": newly.language})


def _question(problem: Problem, text: str) -> Question:
    params = {"field": problem.field, "words": problem.words, "accepted": problem.accepted}
    cites = (f"user/{problem.field}",)
    said = Statement(text_id=f"problem.{_kind(problem, text)}", params=params, cites=cites)
    return Question(topic="task", text=said, why=Statement(text_id="problem.why", params={}, cites=cites))


def _kind(problem: Problem, text: str) -> str:
    if problem.field != "text":
        return "value"
    if len(text) > MAX_TEXT:
        return "too_long"
    return "off_topic" if problem.words else "empty"
