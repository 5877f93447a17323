"""Find the words of the lexicon in folded text, and say whether they are meant, denied or left open."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .hear_text import REACH, Text, fold, lexicon

_GROUP = re.compile(r"\\?\((?:\?[:!=]|\?<[!=])?[^()]*\)(?:[?*+]|\{\d*,?\d*\})?")
_CLASS = re.compile(r"\[[^\]]*\](?:[?*+]|\{\d*,?\d*\})?")
_OPTIONAL = re.compile(r"\\?.(?:[?*+]|\{\d*,?\d*\})")
_LOOKED_BACK_OR_SPACE = re.compile(r"\(\?<[!=][^)]*\)|\[[^\]]*\]| \??")
_SENTENCE_END = re.compile(r"[.!?。\n](?!\d)")
WINDOW = 30
WINDOW_HAN = 9


@dataclass(frozen=True, slots=True)
class Finding:
    """A value heard for a field, with its span in the folded text."""

    field: str
    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern, compiled when a text first holds its literal part."""

    literal: str
    source: str

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the pattern stands in a text that holds its literal."""
        for match in compiled(self.source).finditer(text):
            yield match.span()


@lru_cache(maxsize=8192)
def compiled(source: str) -> re.Pattern[str]:
    """Return a pattern, compiled once."""
    return re.compile(source)


def patterns(cell: Mapping[str, Iterable[str]]) -> tuple[Pattern, ...]:
    """Return the patterns of one cell of the lexicon, English ones between word boundaries."""
    return tuple(
        Pattern(_literal(fold(raw) if script == "hant" else raw), source(script, raw))
        for script, raws in cell.items()
        for raw in raws
    )


def source(script: str, raw: str) -> str:
    """Return the regular expression of one written pattern."""
    if script == "en":
        bound = "" if raw.startswith((" ?/", " ?%", "%")) else "(?<![a-z0-9])"
        return rf"{bound}(?:{_LOOKED_BACK_OR_SPACE.sub(_loose, raw)})(?![a-z0-9])"
    return fold(raw) if script == "hant" else raw


def _loose(match: re.Match[str]) -> str:
    """Let a space be a hyphen or nothing; a look-behind stays as it is, since it needs a fixed width."""
    return "[ -]?" if match[0] in (" ", " ?") else match[0]


def either(cell: Mapping[str, Iterable[str]]) -> str:
    """One regular expression for a cell: any of its patterns."""
    return "|".join(f"(?:{source(script, raw)})" for script, raws in cell.items() for raw in raws)


def _literal(raw: str) -> str:
    """Return the longest run of plain characters that every match holds, or nothing."""
    bare = raw.replace("\\(", "").replace("\\)", "")
    while (shorter := _GROUP.sub("\0", bare)) != bare:
        bare = shorter
    bare = _OPTIONAL.sub("\0", _CLASS.sub("\0", bare))
    if "|" in bare:
        return ""
    runs = re.split(r"\\.|[\0 ^$.{}]", bare)
    return max(runs, key=len)


@lru_cache(maxsize=64)
def group(name: str) -> tuple[Pattern, ...]:
    """Return the patterns of a top-level cell such as `documents`."""
    return patterns(lexicon()[name])


def spans(cells: Iterable[Pattern], text: str) -> list[tuple[int, int]]:
    """Spans of any of the patterns, the longest at each place, in order."""
    held = [pattern for pattern in cells if pattern.literal in text]
    if not held:
        return []
    found = sorted({span for pattern in held for span in pattern.spans(text)}, key=lambda s: (s[0], -s[1]))
    return [s for s in found if s[1] > s[0]]


def longest(found: Iterable[Finding]) -> list[Finding]:
    """Drop the findings that a longer one of the same field covers or cuts; equal spans all stay."""
    kept: list[Finding] = []
    for cluster in _clusters(found):
        alone: list[Finding] = []
        for item in sorted(cluster, key=lambda f: (f.start - f.end, f.start)):
            clash = [k for k in alone if k.start < item.end and item.start < k.end]
            if all((k.start, k.end) == (item.start, item.end) for k in clash):
                alone.append(item)
        kept += sorted(alone, key=lambda f: (f.start, f.end))
    return kept


def _clusters(found: Iterable[Finding]) -> Iterator[list[Finding]]:
    """Split the findings where none reaches over, so that few are compared with each other."""
    cluster: list[Finding] = []
    reach = -1
    for item in sorted(found, key=lambda f: (f.start, f.end)):
        if cluster and item.start >= reach:
            yield cluster
            cluster = []
        cluster.append(item)
        reach = max(reach, item.end)
    if cluster:
        yield cluster


@lru_cache(maxsize=1)
def _fields() -> tuple[tuple[str, Any, tuple[Pattern, ...]], ...]:
    table = lexicon()["fields"]
    return tuple((field, value, patterns(cell)) for field, values in table.items() for value, cell in values.items())


def find_words(text: Text) -> list[Finding]:
    """Every lexicon word of a field, whether meant or denied."""
    by_field: dict[str, list[Finding]] = {}
    for field, value, cells in _fields():
        by_field.setdefault(field, []).extend(Finding(field, value, *span) for span in spans(cells, text.folded))
    return [finding for found in by_field.values() for finding in longest(found)]


@lru_cache(maxsize=32)
def regex(name: str) -> re.Pattern[str]:
    """One compiled expression for a top-level cell."""
    return re.compile(either(lexicon()[name]))


@lru_cache(maxsize=4)
def _tail_regex(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{fold(raw)})" for raws in lexicon()[name].values() for raw in raws))


@lru_cache(maxsize=1)
def _negator() -> re.Pattern[str]:
    cell = lexicon()["negators"]
    english = "|".join(raw for raw in cell["en"] if raw != "n't")
    return re.compile(rf"{'|'.join(cell['hans'])}|n't|(?<![a-z])(?:{english})(?![a-z])")


@dataclass(frozen=True)
class Mood:
    """How the words around a finding turn it; spans of other findings do not count as negators."""

    text: Text
    masked: str

    @classmethod
    def of(cls, text: Text, taken: Iterable[tuple[int, int]]) -> "Mood":
        """Return a mood reader for a text whose findings are taken."""
        chars = list(text.folded)
        for start, end in taken:
            chars[start:end] = "\0" * (end - start)
        return cls(text, "".join(chars))

    def before(self, start: int) -> str:
        """Return the part of the clause that can turn what follows."""
        low, _ = self.text.clause(start)
        part = self.masked[max(low, start - WINDOW) : start]
        cut = max((m.end() for m in re.finditer(r"(?<!\0) and (?!\0)|: ", part)), default=0)
        part = part[cut:] if not re.search(r"\0 and (?:\w+ )?$", part) else part
        han = [m.end() for m in re.finditer(r"[一-鿿]", part)]
        return part if len(han) <= WINDOW_HAN else part[han[-WINDOW_HAN] - 1 :]

    def after(self, end: int) -> str:
        """Return the rest of the clause."""
        _, high = self.text.clause(max(end - 1, 0))
        return self.text.folded[end : min(high + 1, end + WINDOW)]

    def negated(self, start: int, end: int) -> bool:
        """Whether an odd number of negators turns the span."""
        count = sum(1 for _ in _negator().finditer(self.before(start)))
        return (count + bool(_tail_regex("negated_after").search(self.after(end)))) % 2 == 1

    def strongly(self, start: int, end: int) -> bool:
        """Whether the negation forbids, rather than says that there is no need."""
        near = self.before(start) + "\0" + self.after(end)
        return bool(regex("strong_negators").search(near)) or bool(
            re.search(r"^(?:就|都|也)?不(?:行|可以|允许|接受)", self.after(end))
        )

    def open(self, start: int, end: int) -> bool:
        """Whether it is left open: maybe, whether, does not matter, a question."""
        after = self.after(end)
        return bool(
            regex("hedges").search(self.before(start))
            or _tail_regex("indifferent").search(after)
            or (_tail_regex("question_end").search(after) and not self._wishes(start))
        )

    def forbidden(self, start: int) -> bool:
        """Whether a use is forbidden before it: "customer data must never be uploaded" speaks of customer data."""
        return bool(regex("forbids").search(self.before(start)))

    def on_condition(self, start: int) -> bool:
        """Whether an "if" stands before it, which for what a vendor signs is a demand: "fine if they sign a DPA"."""
        return bool(regex("conditions").search(self.before(start)))

    def _wishes(self, start: int) -> bool:
        """Whether a question asks for a model rather than leaves the span open: "which is best at ...?"."""
        sentence = _SENTENCE_END.split(self.text.folded[max(0, start - REACH) : start])[-1]
        return bool(regex("asks_which").search(sentence))
