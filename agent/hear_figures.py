"""A number with the words around it: its unit, its labels, its period, and the value of a field that comes of them."""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter

from .hear_numbers import Number
from .hear_people import People
from .hear_periods import Period
from .hear_text import Text, lexicon
from .hear_words import either

NEAR = 24


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure heard for a field, kept so that a correction can change its number or its period."""

    field: str
    value: float
    start: int
    end: int
    period: str = "month"
    currency: str | None = None


@dataclass(slots=True)
class Figure:
    """A number with its surroundings: the text up to the figures beside it, inside the clause."""

    text: Text
    number: Number
    low: int
    high: int
    clause: tuple[int, int]
    periods: list[Period]
    used: int
    last: Rate | None = None
    corrects: bool = False
    people: People | None = None
    low_figure: int = 0
    reach: int = field(default=0)

    def __post_init__(self) -> None:
        """Reach to the end of the number at first."""
        self.reach = self.number.end

    @property
    def left(self) -> str:
        """The words before the number, not used by another figure."""
        return self.text.folded[max(self.low, self.used, self.number.start - NEAR) : self.number.start]

    @property
    def right(self) -> str:
        """The words after the number."""
        return self.text.folded[self.number.end : min(self.high, self.number.end + NEAR)]

    @property
    def whole(self) -> str:
        """The clause."""
        return self.text.folded[slice(*self.clause)]

    def unit(self, *names: str) -> str | None:
        """Return the unit that follows the number; `reach` moves past it."""
        for name in names:
            if match := after("units", name).match(self.text.folded, self.number.end, self.high):
                self.reach = max(self.reach, match.end())
                return name
        return None

    def says(self, label: str, where: str) -> bool:
        """Whether a label stands in a part of the text."""
        return bool(anywhere("labels", label).search(where))

    def place(self, label: str) -> int:
        """Where a label last stands before the number, or -1."""
        return max((m.end() for m in anywhere("labels", label).finditer(self.left)), default=-1)

    def period(self) -> str | None:
        """Return the period beside the number, in the clause before it or just after it."""
        start = self.number.start
        left = [p for p in self.periods_from(max(self.low, self.used, start - NEAR), start) if p.end <= start]
        limit = self._next()
        right = [p for p in self.periods_from(self.reach, self.reach + NEAR + 1) if p.end <= limit]
        chosen = left[-1] if left else right[0] if right else None
        if chosen is None:
            return None
        self.reach = max(self.reach, chosen.end)
        return chosen.name

    def periods_from(self, low: int, high: int) -> list[Period]:
        """Return the periods that begin between two places."""
        first, last = (bisect_left(self.periods, place, key=attrgetter("start")) for place in (low, high))
        return self.periods[first:last]

    def _next(self) -> int:
        """Return the end of what may follow the number: over one comma, if the period stands right behind it."""
        folded = self.text.folded
        if folded[self.high : self.high + 1] != ",":
            return self.high
        follower = [p for p in self.periods_from(self.high + 1, self.high + 9) if _alone(folded, self.high, p)]
        return follower[0].end if follower else self.high

    def rate(self, name: str, value: float, period: str | None = None, currency: str | None = None) -> Rate:
        """Return the figure as a value of a field."""
        return Rate(name, value, self.number.start, self.reach, period or "month", currency)


def _alone(folded: str, comma: int, period: Period) -> bool:
    """Whether a period fills the words after a comma: ", once a month." or ",一个月内跑完"."""
    beside = re.fullmatch(r", ?(?:once |about |in |within |over |大概|大约)?", folded[comma : period.start])
    return bool(beside and re.match(r"$|[,.;。\n]|之?内|跑完|处理完|做完", folded[period.end : period.end + 3]))


@lru_cache(maxsize=256)
def after(table: str, name: str) -> re.Pattern[str]:
    """Return a cell of the lexicon as it may follow a number at once."""
    cell = lexicon()[table][name]
    bare = {script: [raw.removeprefix(" ?") for raw in raws] for script, raws in cell.items()}
    return re.compile(rf"[ -]?(?:{either(bare).replace('(?<![a-z0-9])', '')})")


@lru_cache(maxsize=256)
def anywhere(table: str, name: str) -> re.Pattern[str]:
    """Return a cell of the lexicon as it may stand anywhere."""
    return re.compile(either(lexicon()[table][name]))
