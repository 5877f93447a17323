"""Checks of claims against the articles they cite: coverage of lines, numbers, printed words."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from .schema import Article, Claim, Skip

_SCALES = {
    "万": 10**4,
    "萬": 10**4,
    "亿": 10**8,
    "億": 10**8,
    "千": 10**3,
    "百": 10**2,
    "k": 10**3,
    "m": 10**6,
    "b": 10**9,
    "t": 10**12,
}
_WORDS = {"million": 10**6, "billion": 10**9, "trillion": 10**12, "thousand": 10**3}
_NUMBER = re.compile(
    r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(million|billion|trillion|thousand|[万萬亿億千百]+|[kmbt](?![a-z]))?",
    re.IGNORECASE,
)
_HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2, "〇": 0}
_HAN_NUMBER = re.compile(r"[零〇一二两兩三四五六七八九十百千万萬亿億]+")
_STARS = re.compile(r"⭐[⭐☆\ufe0f]*")
_STARS_OF = 5


def read_lines(article: Article, folder: Path) -> list[str]:
    """Return the article's lines, split on newline alone, so that line n is item n-1."""
    return (folder / article.file).read_bytes().decode("utf-8").split("\n")


def uncovered(lines: Sequence[str], claims: Iterable[Claim], skips: Iterable[Skip]) -> list[int]:
    """Numbers of non-blank lines that no claim cites and no skip lists."""
    listed: list[Claim | Skip] = [*claims, *skips]
    covered = {n for item in listed for first, last in item.lines for n in range(first, last + 1)}
    return [n for n, line in enumerate(lines, 1) if line.strip() and n not in covered]


def unfounded_numbers(claim: Claim, lines: Sequence[str], names: Sequence[str]) -> list[str]:
    """Numbers that the claim states and its lines do not, model names apart."""
    cited = "\n".join(cited_lines(claim, lines))
    known = {
        *_numbers(cited),
        *_han_numbers(cited),
        *_stars(cited),
        *_glued_numbers([*names, *claim.about.values()], cited),
    }
    stated = " ".join([_without(names, claim.zh), _without(names, claim.en), *_scalars(claim.value)])
    numbers = _numbers(_without(claim.about.values(), stated))
    return sorted({f"{n:f}" for n in numbers if n not in known and not _scaled(n, known)})


def unprinted_words(claim: Claim, lines: Sequence[str]) -> list[str]:
    """Return the words of `about` that do not stand in the cited lines; an inferred reading is exempt."""
    if claim.reading:
        return []
    cited = _flat("\n".join(cited_lines(claim, lines)))
    return [word for word in claim.about.values() if _flat(word) not in cited]


def cited_lines(claim: Claim, lines: Sequence[str]) -> list[str]:
    """Return the text of every line that the claim cites."""
    return [lines[n - 1] for first, last in claim.lines for n in range(first, last + 1) if n <= len(lines)]


def out_of_range(claim: Claim, lines: Sequence[str]) -> bool:
    """Whether the claim cites a line that the article does not have."""
    return any(last > len(lines) for _, last in claim.lines)


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def _without(names: Iterable[str], text: str) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(re.escape(name), " ", text, flags=re.IGNORECASE)
    return text


def _numbers(text: str) -> Iterator[Decimal]:
    """Every number, plain and multiplied by the unit that follows it."""
    for digits, unit in _NUMBER.findall(unicodedata.normalize("NFKC", text)):
        plain = Decimal(digits.replace(",", ""))
        yield plain.normalize()
        if unit:
            yield (plain * _scale(unit.lower())).normalize()


def _stars(text: str) -> Iterator[Decimal]:
    """Each run of stars, an empty one for a half, and the number that they are counted of."""
    for run in _STARS.findall(text):
        yield run.count("⭐") + (Decimal("0.5") if "☆" in run else Decimal(0))
        yield Decimal(_STARS_OF)


def _glued_numbers(names: Iterable[str], text: str) -> Iterator[Decimal]:
    """Numbers that a lost table column pushed against a name: "Llama 28B" says 8B where Llama 2 is a name."""
    flat = unicodedata.normalize("NFKC", text)
    for name in {n for n in names if n[-1:].isdigit() and n.lower() in flat.lower()}:
        yield from _numbers(re.sub(rf"(?<![a-z0-9])({re.escape(name)})(?=\d)", r"\1 ", flat, flags=re.IGNORECASE))


def _scale(unit: str) -> int:
    if unit in _WORDS:
        return _WORDS[unit]
    product = 1
    for char in unit:
        product *= _SCALES[char]
    return product


def _scaled(number: Decimal, known: set[Decimal]) -> bool:
    """Whether the number is a known one in another unit: thousands, 万, millions, 亿, 1e9, 1e12 or per cent."""
    factors = map(Decimal, (100, 10**3, 10**4, 10**6, 10**8, 10**9, 10**12))
    return any(number * factor in known or number / factor in known for factor in factors)


def _han_numbers(text: str) -> Iterator[Decimal]:
    for word in _HAN_NUMBER.findall(text):
        yield Decimal(han_number(word)).normalize()


def han_number(word: str) -> int:
    """Return the value of a Chinese numeral such as 两千三百 or 十二万, or of a row of digits such as 二〇二五."""
    total, section, digit = 0, 0, 0
    for char in word:
        if char in _HAN_DIGITS:
            digit = digit * 10 + _HAN_DIGITS[char]
        elif char in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
        else:
            below = total % _SCALES[char] ** 2  # 万亿 multiplies, but 一亿两千万 adds
            total += (below + section + digit or 1) * _SCALES[char] - below
            section = digit = 0
    return total + section + digit


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{Decimal(str(value)):f}"
