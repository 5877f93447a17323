"""What a reply changes in what was said before: "no, a day", "sorry, I meant 8k", "twice the budget"."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from .hear_numbers import chinese_value, find_numbers
from .hear_periods import PER_MONTH, Period, find_periods
from .hear_text import read_text
from .hear_words import either
from .interview import slots
from .reply_parts import Part, part_of, pattern, table
from .reply_slots import BESIDE, Answer, read_figure
from .requirements import InvalidRequirements, Requirements

PERIODIC = ("monthly_requests", "monthly_budget")
_PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,2})?) ?(?:%|percent)")
_TIMES = re.compile(r"(\d{1,4}(?:\.\d{1,2})?|[两二三四五六七八九十百]{1,3}) ?(?:倍|x(?![a-z])|times|fold)")
_DIGIT = re.compile(r"\d")
_NEAR = 10


def corrected(sentence: Part, known: Requirements, *, asked: bool) -> Answer | None:
    """Read a sentence that puts right a figure said before, where it does not name which: the last one it can be.

    Where a figure is asked for, "actually" alone does not make its answer a correction.
    """
    rest = part_of(_marker().sub("", sentence.folded, count=1))
    head = sentence.folded.removesuffix(rest.folded)
    marked = bool(pattern("corrections").search(head)) if asked else head != ""
    said = [field for field in reversed(known.words) if field in known.said]
    if marked and find_numbers(rest.folded):
        figures = (field for field in said if field in table()["figures"])
        answers = (read_figure(field, _with(field), rest, known.language) for field in figures)
        found = next((answer for answer in answers if answer and answer.patch), None)
        return Answer(found.patch, sentence.shown) if found else None
    period = _period(sentence)
    return _in_period(period, (field for field in said if field in PERIODIC), known) if period else None


def _with(field: str) -> tuple[str, ...]:
    return (field, *BESIDE.get(field, ()), *(("peak_rps",) if field == "monthly_requests" else ()))


@lru_cache(maxsize=1)
def _marker() -> re.Pattern[str]:
    words = f"{either(table()['corrections'])}|{either(table()['corrections_beside'])}"
    return re.compile(rf"^(?:(?:{words})[ ,:.。]*)+")


def _period(sentence: Part) -> Period | None:
    """Return the one period that a sentence of nothing else names, apart from those that it denies."""
    text = read_text(sentence.folded)
    periods = find_periods(text)
    left = [p for p in periods if not _denied(text.folded, p)]
    rest = text.folded
    for period in reversed(periods):
        rest = rest[: period.start] + rest[period.end :]
    for cell in ("not_it", "corrections", "corrections_beside"):
        rest = pattern(cell).sub("", rest)
    bare = not re.search(r"[a-z\u3400-\u9fff]", re.sub(r"\b(?:per|a|an|each|every|is|the)\b|[的是]", "", rest))
    return left[-1] if bare and left and not find_numbers(rest) else None


def _denied(folded: str, period: Period) -> bool:
    before = folded[max(0, period.start - _NEAR) : period.start]
    return any(not before[found.end() :].strip() for found in pattern("not_it").finditer(before))


def _in_period(period: Period, fields: Iterable[str], known: Requirements) -> Answer | None:
    """Count the figure that was said last in another period."""
    for field in fields:
        numbers = find_numbers(read_text(known.words[field]).folded)
        if numbers:
            value = numbers[0].value * PER_MONTH[period.name]
            patch = {field: round(value) if field == "monthly_requests" else round(value, 6)}
            return Answer(patch, known.words[field]) if _possible(patch) else None
    return None


def changed(sentence: Part, known: Requirements) -> Answer | None:
    """Read a sentence that multiplies a figure said before: "预算翻倍呢？", "what if traffic grows by 50%?"."""
    factor = _factor(sentence.folded)
    if factor is None or _DIGIT.search(_TIMES.sub("", _PERCENT.sub("", sentence.folded))):
        return None
    for slot in _named(sentence.folded):
        figure = next((field for field in slots("en")[slot].fields if field in known.said), None)
        value = getattr(known, figure) if figure else None
        if figure and isinstance(value, int | float) and not isinstance(value, bool):
            patch = {figure: round(value * factor) if isinstance(value, int) else round(value * factor, 6)}
            return Answer(patch, sentence.shown) if _possible(patch) else None
    return None


def _named(folded: str) -> Iterator[str]:
    return (slot for slot in table()["names"] if pattern("names", slot).search(folded))


def _factor(folded: str) -> float | None:
    if found := _PERCENT.search(folded):
        share = float(found[1]) / 100
        if pattern("less").search(folded):
            return 1 - share if share < 1 else None
        return 1 + share if pattern("more").search(folded) else None
    if found := _TIMES.search(folded):
        return float(found[1]) if found[1][0].isdigit() else chinese_value(found[1])
    return next((float(by) for by in table()["factors"] if pattern("factors", by).search(folded)), None)


def _possible(patch: dict[str, float]) -> bool:
    try:
        Requirements.from_mapping(patch)
    except InvalidRequirements:
        return False
    return True
