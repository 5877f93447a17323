"""The platforms that a company already has: "we're on Alibaba Cloud and Huawei Cloud"."""

import re
from functools import lru_cache

from .hear_names import JOINER
from .hear_text import Text, lexicon
from .hear_words import Finding, Mood, Pattern, either, longest, patterns, regex, spans

BEFORE = 24


def find_stacks(text: Text, mood: Mood) -> list[Finding]:
    """Return the platforms in use; those joined to one in use are in use too."""
    named = longest(Finding("existing_stack", name, *s) for name, cells in _names() for s in spans(cells, text.folded))
    heard: list[Finding] = []
    last: Finding | None = None
    in_use = False
    for item in named:
        chained = last is not None and JOINER.fullmatch(text.folded, last.end, item.start) is not None
        in_use = in_use if chained else _in_use(text, mood, item)
        last = item
        heard += [item] if in_use else []
    return heard


def _in_use(text: Text, mood: Mood, item: Finding) -> bool:
    low, high = text.clause(item.start)
    left, right = (
        text.folded[max(low, item.start - BEFORE) : item.start],
        text.folded[item.end : min(high, item.end + BEFORE)],
    )
    if regex("once_used").search(left):
        return False
    said = _context("before").search(left) or _context("after").match(right) or _alone(left, right)
    return bool(said) and not mood.negated(item.start, item.end) and not mood.open(item.start, item.end)


def _alone(left: str, right: str) -> bool:
    """Whether the name fills its clause, as a note does: "客服，繁中，阿里云"."""
    return not left.strip() and not right.strip()


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
    return tuple((name, patterns(cell)) for name, cell in lexicon()["stacks"].items())


@lru_cache(maxsize=2)
def _context(side: str) -> re.Pattern[str]:
    source = either(lexicon()["stack_context"][side])
    return re.compile(rf"(?:{source}) ?$" if side == "before" else rf" ?(?:{source})")
