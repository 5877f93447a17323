"""Text as it is matched: normalised, folded to simplified lower case, with a way back to the words as said."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from .defaults import read_yaml
from .requirements import MAX_TEXT

Language = Literal["zh-Hans", "zh-Hant", "en"]

REACH = 200
_DASHES = str.maketrans({**dict.fromkeys("‐‑‒–—―−", "-"), **dict.fromkeys("‘’´`", "'"), "〜": "~", "×": "x"})
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_PLAIN_WORD = re.compile(r"\b[a-z]{2,}\b")
_SPACES = re.compile(r"\s+")
_ENGLISH = re.compile(r"[a-z]{6,16}")
_BREAKS = re.compile(
    r"[;!?。\n]|,(?!\d)|(?<!\d),|(?<!\b[a-z])(?<!\bpp)(?<!\bapprox)(?<!\bincl)\.(?:(?!\d)|(?<!\d\.))|\bbut\b|\bhowever\b|但|不过(?!滤)|而是|然而|可是|所以|因此|因为"
    r"|(?<=[a-z]) because |(?<=[a-z]) so (?!that|far|much|many)"
)


@dataclass(frozen=True, slots=True)
class Text:
    """`shown` is the normalised text, `folded` what is matched, `origin[i]` the place in `shown` of `folded[i]`."""

    shown: str
    folded: str
    origin: tuple[int, ...]
    breaks: tuple[int, ...]
    language: Language

    def words(self, start: int, end: int) -> str:
        """Return the words as said for a span of the folded text."""
        return self.shown[self.origin[start] : self.origin[end - 1] + 1] if end > start else ""

    def clause(self, place: int) -> tuple[int, int]:
        """Return the bounds of the clause around a place in the folded text, REACH characters either way at most."""
        index = bisect_right(self.breaks, place)
        start = self.breaks[index - 1] + 1 if index else 0
        end = self.breaks[index] if index < len(self.breaks) else len(self.folded)
        return min(max(start, place - REACH), place), min(end, place + REACH)


def normalise(text: str) -> str:
    """NFKC without control characters, runs of space made one, at most MAX_TEXT characters."""
    wide = unicodedata.normalize("NFKC", text[:MAX_TEXT])[:MAX_TEXT].translate(_DASHES)
    kept = "".join(c for c in wide if c in "\n\t\r" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return _SPACES.sub(lambda m: "\n" if "\n" in m[0] else " ", kept).strip()


def read_text(text: str) -> Text:
    """Return the text with its folded form."""
    shown = normalise(text)
    folded, origin = _without_spaces(fold(shown))
    folded, origin = _spelled(folded, origin)
    breaks = tuple(m.start() for m in _BREAKS.finditer(folded))
    return Text(shown, folded, tuple(origin), breaks, detect_language(shown))


def fold(text: str) -> str:
    """Lower case and simplified characters, one for one, common slips put right."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    simple = lower.translate(_simplified(frozenset(_HAN.findall(lower))))
    for wrong, right in lexicon()["slips"].items():
        simple = simple.replace(wrong, right)
    return simple


def detect_language(shown: str) -> Language:
    """Return the language the text is written in: by Han characters, then by traditional-only ones."""
    han = frozenset(_HAN.findall(shown))
    if 2 * len(han) < len(_PLAIN_WORD.findall(shown)) or not han:
        return "en"
    traditional = len(_simplified(han))
    return "zh-Hant" if traditional > len(_converted(han, "s2t")) else "zh-Hans"


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Any]:
    """Return the word table of lexicon.yaml.

    Raises:
        TypeError: a pattern that YAML reads as something else than text, such as an unquoted no.

    """
    table: dict[str, Any] = read_yaml("lexicon.yaml")
    only_text(table, "lexicon.yaml")
    return table


def only_text(table: Any, place: str) -> None:
    """Refuse a table whose leaves are not all text; the place names the leaf."""
    if isinstance(table, dict):
        for key, value in table.items():
            only_text(value, f"{place}: {key}")
    elif isinstance(table, list):
        for value in table:
            only_text(value, place)
    elif not isinstance(table, str):
        raise TypeError(f"{place}: {table!r} is not text; quote it")


@lru_cache(maxsize=2)
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


@lru_cache(maxsize=128)
def _converted(han: frozenset[str], name: str) -> dict[int, str]:
    if not han:
        return {}
    ordered = sorted(han)
    changed = _converter(name).convert("\n".join(ordered)).split("\n")
    return {ord(a): b for a, b in zip(ordered, changed, strict=True) if a != b and len(b) == 1}


def _simplified(han: frozenset[str]) -> dict[int, str]:
    return _converted(han, "t2s")


def _without_spaces(text: str) -> tuple[str, list[int]]:
    """Drop spaces beside a Chinese character, but not between a numeral and a figure."""
    kept = [i for i, c in enumerate(text) if c != " " or not _beside_han(text, i)]
    return "".join(text[i] for i in kept), kept


def _beside_han(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if before in "万亿千百十" and after.isdigit():
        return False
    return bool(_HAN.match(before) or _HAN.match(after))


def _spelled(text: str, origin: list[int]) -> tuple[str, list[int]]:
    """Put right the English words of the `spelling` list that miss, double or swap one letter."""
    pieces: list[str] = []
    places: list[int] = []
    done = 0
    for match in _ENGLISH.finditer(text):
        right = _right_word(match[0])
        if right != match[0]:
            start, end = match.span()
            pieces += [text[done:start], right]
            places += origin[done:start]
            places += [origin[min(start + k, end - 1)] for k in range(len(right) - 1)] + [origin[end - 1]]
            done = end
    return "".join(pieces) + text[done:], places + origin[done:]


@lru_cache(maxsize=4096)
def _right_word(word: str) -> str:
    known = _known_words()
    if word in known.words or word + "s" in known.words or (word.endswith("s") and word[:-1] in known.words):
        return word
    shorter = set(_shortened(word))
    candidates = known.shortened.get(word, set()) | (shorter & known.words)
    swapped = {w for s in shorter for w in known.shortened.get(s, ()) if sorted(w) == sorted(word)}
    return min(candidates | swapped, default=word)


@dataclass(frozen=True, slots=True)
class _Known:
    words: frozenset[str]
    shortened: dict[str, set[str]]


@lru_cache(maxsize=1)
def _known_words() -> _Known:
    words = frozenset(lexicon()["spelling"])
    shortened: dict[str, set[str]] = {}
    for word in words:
        for short in _shortened(word):
            shortened.setdefault(short, set()).add(word)
    return _Known(words, shortened)


def _shortened(word: str) -> Iterable[str]:
    return (word[:i] + word[i + 1 :] for i in range(1, len(word)))
