"""Figures with their units: requests, tokens, users, money, seconds, and the period they are counted in."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from .hear_numbers import Number
from .hear_periods import PER_MONTH, Period, find_periods
from .hear_text import Text, lexicon
from .hear_words import Finding, compiled, either, regex

SECONDS = {"second": 1, "minute": 60, "hour": 3600}
TOKENS = {"token": 1.0, "char": 1.0, "letter": 0.25, "word": 1.33, "page": 650.0}
NEAR = 24
_ABOUT = re.compile(r"大约|大概|约|左右|about|around|roughly|approximately|is|are|of|长度|[ :为是]")
_WINDOW = re.compile(r"context|window|上下文|窗|at once|in one")
_EACH_SECOND = re.compile(r"每秒|per second|a second")
_ONCE = re.compile(r"一(?:次(?=[\d一二三四五六七八九十两百千读看放处输性分要])|[些般下样起定直])")


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
    people: float | None = None
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
            if match := _after("units", name).match(self.text.folded, self.number.end, self.high):
                self.reach = max(self.reach, match.end())
                return name
        return None

    def says(self, label: str, where: str) -> bool:
        """Whether a label stands in a part of the text."""
        return bool(_anywhere("labels", label).search(where))

    def place(self, label: str) -> int:
        """Where a label last stands before the number, or -1."""
        return max((m.end() for m in _anywhere("labels", label).finditer(self.left)), default=-1)

    def period(self) -> str | None:
        """Return the period beside the number, in the clause before it or just after it."""
        left = [
            p
            for p in self.periods
            if max(self.clause[0], self.used, self.number.start - NEAR) <= p.start
            and p.end <= self.number.start
            and p.start >= self.low
        ]
        right = [
            p for p in self.periods if p.start >= self.reach and p.end <= self._next() and p.start - self.reach <= NEAR
        ]
        chosen = left[-1] if left else right[0] if right else None
        if chosen is None:
            return None
        self.reach = max(self.reach, chosen.end)
        return chosen.name

    def _next(self) -> int:
        """Return the end of what may follow the number: over one comma, if the period stands right behind it."""
        folded = self.text.folded
        if folded[self.high : self.high + 1] == ",":
            follower = [
                p
                for p in self.periods
                if 0 < p.start - self.high <= 2 and folded[p.end : p.end + 1] in ("", *",.;。\n")
            ]
            return follower[0].end if follower else self.high
        return self.high

    def rate(self, name: str, value: float, period: str | None = None, currency: str | None = None) -> Rate:
        """Return the figure as a value of a field."""
        return Rate(name, value, self.number.start, self.reach, period or "month", currency)


@lru_cache(maxsize=256)
def _after(table: str, name: str) -> re.Pattern[str]:
    cell = lexicon()[table][name]
    bare = {script: [raw.removeprefix(" ?") for raw in raws] for script, raws in cell.items()}
    return re.compile(rf"[ -]?(?:{either(bare).replace('(?<![a-z0-9])', '')})")


@lru_cache(maxsize=256)
def _anywhere(table: str, name: str) -> re.Pattern[str]:
    return re.compile(either(lexicon()[table][name]))


def _share(figure: Figure) -> Rate | None:
    unit = figure.unit("percent", "tenths")
    if unit is None:
        return None
    if not figure.says("cache", figure.whole):
        return figure.rate("", 0)
    return figure.rate("cached_share", figure.number.value / (10 if unit == "tenths" else 100))


def _seconds(figure: Figure) -> Rate | None:
    unit = figure.unit("millisecond", "second", "minute", "hour")
    if unit is None:
        return None
    rest = figure.whole.replace(" ", "")
    clue = figure.says("latency", figure.left + " \0 " + figure.text.folded[figure.reach : figure.high])
    alone = len(rest) <= figure.reach - figure.number.start + 2
    if figure.says("not_latency", figure.whole) or not (clue or alone):
        return figure.rate("", 0)
    return figure.rate("latency_seconds", figure.number.value * SECONDS.get(unit, 0.001))


def _horizon(figure: Figure) -> Rate | None:
    unit = figure.unit("month", "year")
    if unit is None:
        return None
    meant = figure.says("horizon", figure.left) or figure.says("horizon", figure.whole)
    return figure.rate("horizon_months" if meant else "", figure.number.value * (12 if unit == "year" else 1))


def _money(figure: Figure) -> Rate | None:
    currency = _currency(figure)
    budget = figure.says("budget", figure.whole)
    if currency is None and not (
        budget and figure.place("budget") >= 0 and not figure.unit("request", "token", "user", "page")
    ):
        return None
    period = figure.period()
    if figure.says("revenue", figure.whole):
        share = PER_MONTH[period or "year"]
        return figure.rate("annual_revenue_usd" if currency == "USD" else "", figure.number.value * share * 12)
    after = figure.text.folded[figure.number.start : figure.clause[1]]
    if figure.says("not_budget", figure.whole) and not (
        period and not figure.says("not_budget", figure.left + " \0" + after)
    ):
        return figure.rate("", 0)
    if period is None and not budget and not (figure.corrects and figure.last):
        return figure.rate("", 0)
    if period is None and figure.last and figure.corrects:
        period = figure.last.period
    return figure.rate("monthly_budget", figure.number.value, period, currency)


def _currency(figure: Figure) -> str | None:
    """Return the currency beside the number: yuan by where the text is from, `none` if only a slang word is said."""
    folded = figure.text.folded
    for code, cell in lexicon()["currencies"].items():
        if match := _money_after(code, tuple(cell.get("after", ()))).match(folded, figure.number.end, figure.high):
            figure.reach = match.end()
            return _yuan(figure) if code == "yuan" else code
    low = max(figure.low, figure.number.start - 8)
    for code in ("other", "TWD", "CNY", "EUR", "USD"):
        if match := _money_before(code).search(folded, low, figure.number.start):
            return _yuan(figure) if code == "yuan" else code
    return "none" if folded[max(0, figure.number.end - 5) : figure.number.end] == "grand" else None


def _yuan(figure: Figure) -> str:
    if _money_before("CNY").search(figure.text.folded, max(figure.low, figure.number.start - 8), figure.number.start):
        return "CNY"
    return "TWD" if figure.text.language == "zh-Hant" else "CNY"


@lru_cache(maxsize=16)
def _money_after(code: str, cells: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{c}(?![a-z]))" for c in cells) or r"(?!)")


@lru_cache(maxsize=16)
def _money_before(code: str) -> re.Pattern[str]:
    cells = lexicon()["currencies"][code]["before"]
    return re.compile(rf"(?:{'|'.join(cells)})-?(?:约|大约)?$".replace("-?(?:", "-? ?(?:"))


def _size(figure: Figure) -> Rate | None:
    unit = figure.unit("token", "char", "letter", "word", "page")
    side = _side(figure, unit)
    if unit is None and side is None:
        return None
    if figure.period() or (side is None and unit is None):
        return None if unit == "page" and side is None else figure.rate("", 0)
    if side is None and regex("each_item").search(figure.whole):
        side = "output_tokens" if regex("made_up").search(figure.text.folded) else "input_tokens"
    factor = TOKENS[unit or _side_unit(figure)]
    return figure.rate(side or "", figure.number.value * factor)


def _side_unit(figure: Figure) -> str:
    """Return the unit of a figure without one: that of the next figure in the sentence, else tokens."""
    match = re.compile(r"[^。.;\n]{0,24}?\d+ ?(?:个)?(字|words)").match(figure.text.folded, figure.number.end)
    return {"字": "char", "words": "word"}[match[1]] if match else "token"


_SIDES = {"input": "input_tokens", "output": "output_tokens", "context": "context_tokens"}


def _side(figure: Figure, unit: str | None) -> str | None:
    """Which size it is: by the label nearest before the number, else by one right after it."""
    places = {label: figure.place(label) for label in _SIDES}
    nearest = max(places, key=lambda label: places[label])
    gap = len(_ABOUT.sub("", figure.left[max(places[nearest], 0) :]))
    other = nearest == "context" and unit is None and figure.unit("request", "user", "second", "minute")
    if places[nearest] >= 0 and gap <= (14 if unit else 6) and not other:
        return _SIDES[nearest]
    for label in _SIDES:
        match = _after("labels", f"{label}_after").match(figure.text.folded, figure.reach)
        if match and (unit or label != "context" or _WINDOW.search(match[0])):
            figure.reach = max(figure.reach, match.end())
            return _SIDES[label]
    return None


def _users(figure: Figure) -> Rate | None:
    if figure.unit("mau") or (figure.place("mau_before") > -1 and len(figure.left) - figure.place("mau_before") <= 8):
        return figure.rate("mau", figure.number.value)
    if figure.unit("user") is None:
        return None
    return figure.rate("mau" if figure.period() == "month" else "", figure.number.value)


def _requests(figure: Figure) -> Rate | None:
    unit = figure.unit("qps", "request", "page")
    peak = figure.says("peak", figure.left)
    per_second = re.search(r"qps|rps", figure.left) or (peak and _EACH_SECOND.search(figure.left))
    if unit is None and not (
        figure.place("request_volume") >= 0
        or re.search(r"(?:日|月|年|周)均[^,]{0,4}$", figure.left)
        or (peak and per_second)
        or _bare_rate(figure)
    ):
        return None
    period = figure.period()
    if figure.says("per_user", figure.whole):
        return _times_people(figure, period)
    at_peak = period == "second" and figure.says("peak", figure.text.folded[figure.reach : figure.high])
    if unit == "qps" or per_second or at_peak or (peak and period in SECONDS):
        return figure.rate("peak_rps", figure.number.value / SECONDS.get(period or "second", 1))
    if period is None and figure.corrects and figure.last and figure.last.field == "monthly_requests":
        period = figure.last.period
    return figure.rate("monthly_requests", figure.number.value, period) if period else figure.rate("", 0)


def _bare_rate(figure: Figure) -> bool:
    """Whether a period follows the number at once, and nothing says that it counts something else."""
    beside = any(
        not figure.text.folded[figure.number.end : p.start].strip()
        for p in figure.periods
        if figure.number.end <= p.start
    )
    return beside and not any(figure.says(label, figure.whole) for label in ("budget", "revenue", "not_budget"))


def _times_people(figure: Figure, period: str | None) -> Rate:
    """Return a rate per person times the people named before it."""
    if period is None or figure.people is None:
        return figure.rate("", 0)
    return figure.rate("monthly_requests", figure.number.value * figure.people, period)


def _people(text: Text, number: Number) -> bool:
    """Whether a number counts those who make the requests."""
    left, right = text.folded[max(0, number.start - 8) : number.start], text.folded[number.end : number.end + 24]
    who = either(lexicon()["users_daily"])
    return bool(
        compiled(rf"(?:{who})(?:约|大概|大约|有)?$").search(left) or compiled(rf" ?[名个位]?(?:人|{who})").match(right)
    )


def _parameters(figure: Figure) -> Rate | None:
    unit = figure.unit("parameters")
    if not (figure.number.billions or unit) or not figure.says("at_most", figure.whole):
        return None
    return figure.rate("max_params_b", figure.number.value / 1e9)


def _again(figure: Figure) -> Rate | None:
    """Return a bare number that corrects the figure before it."""
    if not (figure.corrects and figure.last):
        return None
    period = figure.period() or figure.last.period
    return Rate(figure.last.field, figure.number.value, figure.number.start, figure.reach, period, figure.last.currency)


READERS: tuple[Callable[[Figure], Rate | None], ...] = (
    _share, _seconds, _users, _parameters, _money, _size, _requests, _horizon, _again,
)  # fmt: skip


def find_amounts(text: Text, numbers: list[Number], corrected: list[tuple[int, int]]) -> list[Finding]:
    """Read the figures of a text, each in the unit of its field; `corrected` spans put right what was said before."""
    periods = find_periods(text)
    free = [
        n
        for n in numbers
        if not any(p.start <= n.start and n.end <= p.end for p in periods) and not _ONCE.match(text.folded, n.start)
    ]
    rates: list[Rate] = []
    used = 0
    people: float | None = None
    denied: Rate | None = None
    for index, number in enumerate(free):
        figure = _figure(text, free, index, periods, used)
        figure.last = denied or (rates[-1] if rates else None)
        figure.corrects = denied is not None or any(low <= number.start < high for low, high in corrected)
        figure.people = people
        people = number.value if _people(text, number) else people
        rate = next((r for read in READERS if (r := read(_fresh(figure))) is not None), None)
        if rate is not None:
            used = max(used, rate.end)
            denied = (
                rate if rate.field and regex("denied_figure").search(text.folded[rate.end : rate.end + 24]) else None
            )
            rates += [rate] if rate.field and not denied else []
    return [f for rate in [*rates, *_new_periods(text, rates, periods, free, corrected)] for f in _findings(text, rate)]


def _fresh(figure: Figure) -> Figure:
    figure.reach = figure.number.end
    return figure


def _figure(text: Text, free: list[Number], index: int, periods: list[Period], used: int) -> Figure:
    number = free[index]
    low, high = text.clause(number.start)
    high = text.clause(max(number.end - 1, number.start))[1]
    before = free[index - 1].end if index else 0
    after = free[index + 1].start if index + 1 < len(free) else len(text.folded)
    return Figure(text, number, max(low, before), min(high, after), (low, high), periods, used)


def _new_periods(
    text: Text, rates: list[Rate], periods: list[Period], free: list[Number], corrected: list[tuple[int, int]]
) -> list[Rate]:
    """Return the last figure again where a correction names only a period: "a day, no, a month"."""
    changed: list[Rate] = []
    for low, high in corrected:
        named = [p for p in periods if low <= p.start < high]
        earlier = [r for r in rates if r.end <= low]
        if named and earlier and not any(low <= n.start < high for n in free):
            last = earlier[-1]
            changed.append(Rate(last.field, last.value, last.start, named[0].end, named[0].name, last.currency))
    return changed


def _findings(text: Text, rate: Rate) -> list[Finding]:
    value = rate.value * PER_MONTH[rate.period] if rate.field in ("monthly_requests", "monthly_budget") else rate.value
    start = _start_of_words(text, rate)
    found = [Finding(rate.field, value, start, rate.end)]
    if rate.currency and rate.currency != "none":
        found.append(Finding("budget_currency", rate.currency, start, rate.end))
    return found


def _start_of_words(text: Text, rate: Rate) -> int:
    """Begin the words with a sign or a currency mark just before the number."""
    match = re.compile(r"(?:nt|us|cn|hk)? ?[$¥€£]? ?-?[$¥€]?$").search(text.folded, max(0, rate.start - 5), rate.start)
    return match.start() + len(match[0]) - len(match[0].lstrip()) if match else rate.start
