"""Shares said in words: "the same style guide makes up half of every prompt", "三分之二的输入是重复的"."""

import re
from collections.abc import Iterator
from dataclasses import replace

from .hear_numbers import chinese_value
from .hear_text import Text, lexicon
from .hear_words import Finding, compiled, either, regex


def find_shares(text: Text) -> list[Finding]:
    """Return the share of the input that repeats, where it is said as a fraction."""
    for value, cell in lexicon()["fractions"].items():
        for match in compiled(either(cell)).finditer(text.folded):
            low, high = text.clause(match.start())
            clause = text.folded[low:high]
            if compiled(either(lexicon()["labels"]["cache"])).search(clause) and regex("of_input").search(clause):
                return [Finding("cached_share", float(value), *match.span())]
    return []


_PERCENT = re.compile(r"(\d{1,2}) ?(?:%|percent)|([一二三四五六七八九1-9])成")


def cut_budget(text: Text, amounts: list[Finding]) -> list[Finding]:
    """Take as the budget the share of it that is to be left: "we pay $430 a month, want to cut it in half"."""
    if sum(a.field == "monthly_budget" for a in amounts) != 1 or not regex("spent_now").search(text.folded):
        return amounts
    left = next(_left_over(text), None)
    if left is None:
        return amounts
    return [replace(a, value=a.value * left) if a.field == "monthly_budget" else a for a in amounts]


def _left_over(text: Text) -> Iterator[float]:
    if regex("halved").search(text.folded):
        yield 0.5
    for start, share in _said_shares(text):
        before = text.folded[max(0, start - 40) : start]
        if regex("cut_to").search(before):
            yield share
        elif regex("cut_by").search(before):
            yield 1 - share


def _said_shares(text: Text) -> Iterator[tuple[int, float]]:
    for value, cell in lexicon()["fractions"].items():
        yield from ((match.start(), float(value)) for match in compiled(either(cell)).finditer(text.folded))
    for match in _PERCENT.finditer(text.folded):
        yield match.start(), int(match[1]) / 100 if match[1] else (chinese_value(match[2]) or float(match[2])) / 10
