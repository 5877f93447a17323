"""Figures with their units: requests, tokens, users, money, seconds, and the period they are counted in."""

import re
from collections.abc import Callable
from functools import lru_cache

from .hear_figures import Figure, Rate, after
from .hear_numbers import Number
from .hear_people import People, each_of, find_people, shifts_a_day
from .hear_periods import PER_MONTH, Period, find_periods
from .hear_text import Text, lexicon
from .hear_words import Finding, regex

_OTHER_UNITS = ("request", "token", "user", "page", "char", "letter", "word", "second", "minute")
SECONDS = {"second": 1, "minute": 60, "hour": 3600}
TOKENS = {"token": 1.0, "char": 1.0, "letter": 0.25, "word": 1.33, "page": 650.0}
_OUTCOME = re.compile(r"(?:分|整理|归|切|拆|合并|浓缩|划)(?:成|为|出|到)$")
_EVERY = re.compile(r"(?:每|(?:per|each|every|a) |daily|weekly|nightly|monthly)[^内]*$")
_MEASURE = re.compile(r" ?[个条句张份种段行篇项款组](?!字|汉字|英文|单词|token)")
_NO_MORE = re.compile(r" ?(?:左右|上下|个|or so)?。?")
_ABOUT = re.compile(
    r"大约|大概|约|左右|至少|最少|起码|about|around|roughly|approximately|at least|minimum|up to|is|are|of|长度"
    r"|[ :为是]"
)
_WINDOW = re.compile(r"context|window|上下文|窗|at once|in one")
_EACH_SECOND = re.compile(r"每秒|per second|a second")
WHOLE_DOCUMENT = 60_000
LEAST_CONTEXT = 1_000  # tokens: less, without a unit, counts something else
CALENDAR_YEARS = range(1900, 2100)
_COUNTED = re.compile(r" ?(?:[a-z-]{2,14} ?){0,3}")
_ONCE = re.compile(r"一(?:个人|次(?=[\d一二三四五六七八九十两百千读看放处输性分要])|[些般下样起定直])")


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
    if not (_in_short(figure, unit) or ((clue or alone) and not figure.says("not_latency", figure.whole))):
        return figure.rate("", 0)
    return figure.rate("latency_seconds", figure.number.value * SECONDS.get(unit, 0.001))


def _in_short(figure: Figure, unit: str) -> bool:
    """Whether a limit of seconds stands right beside the number, whatever else the clause speaks of."""
    behind = figure.text.folded[figure.reach : figure.high]
    beside = figure.says("limit_before", figure.left) or after("labels", "limit_after").match(behind) is not None
    return unit in ("second", "millisecond") and beside


def _horizon(figure: Figure) -> Rate | None:
    unit = figure.unit("month", "year")
    if unit is None:
        return None
    if unit == "year" and figure.number.value in CALENDAR_YEARS:
        return figure.rate("", 0)
    meant = figure.says("horizon", figure.left) or figure.says("horizon", figure.whole)
    return figure.rate("horizon_months" if meant else "", figure.number.value * (12 if unit == "year" else 1))


def _money(figure: Figure) -> Rate | None:
    currency = _currency(figure)
    budget = figure.says("budget", figure.whole)
    if currency is None and not (budget and figure.place("budget") >= 0 and not figure.unit(*_OTHER_UNITS)):
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
        return None if unit is None or (unit == "page" and side is None) else figure.rate("", 0)
    size = figure.number.value * TOKENS[unit or _side_unit(figure)]
    if side is None and _at_once(figure):
        side = "context_tokens"
    if side is None and regex("each_item").search(figure.whole):
        side = _item_side(figure, size)
    return figure.rate(side or "", size)


def _at_once(figure: Figure) -> bool:
    """Whether the sentence says that a text is read whole: ",一次整本丢进去"."""
    before = re.split(r"[。;!?\n]", figure.text.folded[max(0, figure.number.start - 40) : figure.number.start])[-1]
    behind = re.split(r"[。;!?\n]", figure.text.folded[figure.reach : figure.reach + 40])[0]
    return bool(regex("at_once").search(f"{before}\0{behind}"))


def _item_side(figure: Figure, size: float) -> str:
    """Return what the size of one item is: of what is written, of a whole document, or of what is read."""
    if regex("made_up").search(figure.text.folded):
        return "output_tokens"
    return "context_tokens" if size >= WHOLE_DOCUMENT else "input_tokens"


def _side_unit(figure: Figure) -> str:
    """Return the unit of a figure without one: that of the next figure in the sentence, else tokens."""
    match = re.compile(r"[^。.;\n]{0,24}?\d+ ?(?:个)?(字|words)").match(figure.text.folded, figure.number.end)
    return {"字": "char", "words": "word"}[match[1]] if match else "token"


_SIDES = {"input": "input_tokens", "output": "output_tokens", "context": "context_tokens"}


def _counts_things(figure: Figure, label: str) -> bool:
    """Whether a number without a unit of size counts something else: "一次三个", "同时十几个人"."""
    if _MEASURE.match(figure.text.folded, figure.number.end):
        return True
    few = figure.number.value < LEAST_CONTEXT
    return label == "context" and (few or figure.unit("request", "user", "second", "minute") is not None)


def _side(figure: Figure, unit: str | None) -> str | None:
    """Which size it is: by the label nearest before the number, else by one right after it."""
    places = {label: figure.place(label) for label in _SIDES}
    nearest = max(places, key=lambda label: places[label])
    gap = len(_ABOUT.sub("", figure.left[max(places[nearest], 0) :]))
    if places[nearest] >= 0 and gap <= (14 if unit else 6) and (unit or not _counts_things(figure, nearest)):
        return _SIDES[nearest]
    for label in _SIDES:
        match = after("labels", f"{label}_after").match(figure.text.folded, figure.reach)
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
    carried = unit is None and _same_rate(figure)
    if unit is None and not (
        carried
        or figure.place("request_volume") >= 0
        or re.search(r"(?:日|月|年|周)均[^,]{0,4}$", figure.left)
        or (peak and per_second)
        or _bare_rate(figure)
    ):
        return None
    period = figure.period()
    if _OUTCOME.search(figure.left):
        return figure.rate("", 0)
    if figure.says("per_user", figure.whole) or each_of(figure.text, figure.people, figure.clause):
        return _times_people(figure, period)
    if period == "shift":
        return _times_shifts(figure)
    at_peak = period == "second" and figure.says("peak", figure.text.folded[figure.reach : figure.high])
    if (unit == "qps" or per_second or carried or period == "second") and _on_average(figure):
        return figure.rate("monthly_requests", figure.number.value, "second")
    if unit == "qps" or per_second or at_peak or carried or (peak and period in SECONDS):
        return figure.rate("peak_rps", figure.number.value / SECONDS.get(period or "second", 1), "second")
    if period is None and figure.corrects and figure.last and figure.last.field == "monthly_requests":
        period = figure.last.period
    period = period or (_period_of_sentence(figure) if unit == "request" else None)
    return figure.rate("monthly_requests", figure.number.value, period) if period else figure.rate("", 0)


def _period_of_sentence(figure: Figure) -> str | None:
    """Return the period that the clauses before name, where no figure stands between: "每天凌晨跑，大概四万笔"."""
    sentence = max(figure.text.folded.rfind(end, 0, figure.number.start) for end in "。;!?\n") + 1
    periods = figure.periods_from(max(sentence, figure.low_figure), figure.number.start)
    if len(periods) != 1 or figure.says("stock", figure.whole):
        return None
    named = periods[0]
    said = figure.text.folded[named.start : named.end + 1]
    return named.name if _EVERY.match(said) else None


def _on_average(figure: Figure) -> bool:
    """Whether a rate a second is the mean: by the word right after it, else by the nearest word before it."""
    behind = figure.text.folded[figure.reach : min(figure.high, figure.reach + 12)]
    if figure.says("mean", behind) or figure.says("top", behind):
        return figure.says("mean", behind)
    return figure.place("mean") > figure.place("top")


def _same_rate(figure: Figure) -> bool:
    """Whether a bare number at a peak continues a rate a second: "QPS 均值 0.5，高峰也就 5"."""
    rest = figure.text.folded[figure.number.end : figure.clause[1]]
    named = figure.says("top", figure.left) or figure.says("mean", figure.left)
    return bool(figure.last and figure.last.period == "second" and named and _NO_MORE.fullmatch(rest))


def _bare_rate(figure: Figure) -> bool:
    """Whether a period follows the number at once, and nothing says that it counts something else."""
    behind = next((p for p in figure.periods if figure.number.end <= p.start < figure.number.end + 48), None)
    between = figure.text.folded[figure.number.end : behind.start] if behind else ","
    beside = _COUNTED.fullmatch(between) is not None and not regex("not_requests").search(between)
    return beside and not any(figure.says(label, figure.whole) for label in ("budget", "revenue", "not_budget"))


def _times_people(figure: Figure, period: str | None) -> Rate:
    """Return a rate per person times the people named before it."""
    if period is None or figure.people is None:
        return figure.rate("", 0)
    return figure.rate("monthly_requests", figure.number.value * figure.people.count, period)


def _times_shifts(figure: Figure) -> Rate:
    """Return a rate per shift as one per day, where the number of shifts is said."""
    shifts = shifts_a_day(figure.text)
    return figure.rate("monthly_requests", figure.number.value * shifts, "day") if shifts else figure.rate("", 0)


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
VAGUE_READERS: tuple[Callable[[Figure], Rate | None], ...] = (_money, _size, _requests)


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
    people = find_people(text, free)
    denied: Rate | None = None
    for index, number in enumerate(free):
        figure = _figure(text, free, index, periods, used)
        figure.last = denied or (rates[-1] if rates else None)
        figure.corrects = denied is not None or any(low <= number.start < high for low, high in corrected)
        figure.people = _who(people, number)
        readers = VAGUE_READERS if number.vague else READERS
        rate = next((r for read in readers if (r := read(_fresh(figure))) is not None), None)
        if rate and rate.field == "mau":
            people.append(People(number.start, rate.value))
        if rate is not None:
            used = max(used, rate.end)
            denied = rate if rate.field and _taken_back(text, rate) else None
            rates += [rate] if rate.field and not denied else []
    return [f for rate in [*rates, *_new_periods(text, rates, periods, free, corrected)] for f in _findings(text, rate)]


def _taken_back(text: Text, rate: Rate) -> bool:
    """Whether a figure is denied: "2 million is impossible", "不是每月 30 万"."""
    before = text.folded[max(0, rate.start - 16) : rate.start]
    return bool(
        regex("denied_before").search(before) or regex("denied_figure").search(text.folded[rate.end : rate.end + 24])
    )


def _who(people: list[People], number: Number) -> People | None:
    """Return those named last before a figure, else first after it."""
    before = [p for p in people if p.start < number.start]
    after = [p for p in people if p.start > number.start]
    return before[-1] if before else after[0] if after else None


def _fresh(figure: Figure) -> Figure:
    figure.reach = figure.number.end
    return figure


def _figure(text: Text, free: list[Number], index: int, periods: list[Period], used: int) -> Figure:
    number = free[index]
    low, high = text.clause(number.start)
    high = text.clause(max(number.end - 1, number.start))[1]
    before = free[index - 1].end if index else 0
    after = free[index + 1].start if index + 1 < len(free) else len(text.folded)
    return Figure(text, number, max(low, before), min(high, after), (low, high), periods, used, low_figure=before)


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
