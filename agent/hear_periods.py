"""Periods that a figure is counted in: where they are named, and what share of a month each is."""

from dataclasses import dataclass
from functools import lru_cache

from .hear_text import Text, lexicon
from .hear_words import Pattern, patterns, spans

PER_MONTH = {
    "second": 86400 * 30,
    "minute": 1440 * 30,
    "hour": 24 * 30,
    "day": 30,
    "week": 30 / 7,
    "month": 1,
    "quarter": 1 / 3,
    "year": 1 / 12,
    "shift": 30,
}


@dataclass(frozen=True, slots=True)
class Period:
    """A period named at a span."""

    name: str
    start: int
    end: int


def find_periods(text: Text) -> list[Period]:
    """Every period named in the text, in order."""
    found = [Period(name, *span) for name, cells in _period_cells() for span in spans(cells, text.folded)]
    found.sort(key=lambda p: (p.start, p.start - p.end))
    return [p for i, p in enumerate(found) if i == 0 or p.start >= found[i - 1].end]


@lru_cache(maxsize=1)
def _period_cells() -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
    return tuple((name, patterns(cell)) for name, cell in lexicon()["periods"].items())
