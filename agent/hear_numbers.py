"""Numbers as people say them: 200 万, 10w, 1.5k, 3e6, 两千, half a million; with their place in the folded text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

MAX_NUMBERS = 500
_DIGITS = re.compile(
    r"(?:\d{1,3}(?:,\d{3}){1,6}(?!\d|,\d)|\d{1,3}(?: 000){1,4}(?!\d)|\d+)(?:\.\d+)?(?:e\+?\d{1,3}(?![\da-z]))?"
)
_HAN_SCALES = {
    "万亿": 1e12,
    "十亿": 1e9,
    "亿": 1e8,
    "千万": 1e7,
    "百万": 1e6,
    "十万": 1e5,
    "万": 1e4,
    "千": 1e3,
    "百": 1e2,
}
_HAN_SCALE = re.compile(rf" ?[多余来几]?({'|'.join(_HAN_SCALES)})")
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "grand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "lakh": 1e5, "crore": 1e7, "mil": 1e6, "mn": 1e6, "mm": 1e6, "bn": 1e9, "k": 1e3, "m": 1e6, "b": 1e9, "w": 1e4,
}  # fmt: skip
_VAGUE_SCALES = _SCALES | {"dozen": 12}
_SCALE = re.compile(rf" ?({'|'.join(_SCALES)})(?![a-z0-9])")
_HAN_DIGITS = (
    {c: i for i, c in enumerate("零一二三四五六七八九")}
    | {"〇": 0, "两": 2}
    | dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
)
_HAN_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_HAN_BIG = {"万": 10**4, "亿": 10**8}
_HAN_NUMBER = re.compile(
    r"(?:[一二三四五六七八](?=、[二三四五六七八九][十百千万])、)?"
    r"[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]{1,24}|半"
)
_TEENS = "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ONES = f"zero one two three four five six seven eight nine ten {_TEENS}".split(" ")
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS: dict[str, float] = (
    {w: i for i, w in enumerate(_ONES)}
    | {w: 20 + 10 * i for i, w in enumerate(_TENS)}
    | {"half": 0.5, "couple": 2, "pair": 2}
)
_SCALED_WORDS = "|".join([*_WORDS, *_SCALES, "dozen", "an", "a"])
_ENGLISH = re.compile(rf"(?<![a-z0-9])(?:{_SCALED_WORDS})(?:[ -](?:and |of )?(?:{_SCALED_WORDS})){{0,8}}(?![a-z0-9])")
_ARTICLE = re.compile(r"(?<=[a-z])(?: an?)+$")
_JOINER = re.compile(
    r" ?(?:秒钟?|分钟?|万|元|个|s|secs?|seconds?|minutes?|%|k|m|tokens?|-tokens?)?"
    r" ?(?:-|~|到|至|to|或者?|or|and) ?(?:us)?[$¥€]?"
)
_NOT_WHOLE = re.compile(r"[几半]")
_FRACTION = re.compile(r"[一大对过]半(?![年天个小分])")
_VAGUE_BEFORE = re.compile(r"(?:[几数好第]|(?<!用)上|(?<![每一])星期|(?<![每一])周|百分之|\b(?:few|several|many) )$")
_VAGUE_HAN = re.compile(
    r"([一二三四五六七八九]?十[几来多](?=[万千百亿])|[几数](?=[十百千万])|[上近](?=[百千万][次条个件份张篇封通笔页则人]))([十百千万亿]{1,3})"
)
_VAGUE_ENGLISH = re.compile(r"(?<![a-z])(few|several) (dozen|hundred|thousand|million|k)( thousand)?(?![a-z])")
_VAGUE = {
    "几": 5.0,
    "数": 5.0,
    "十几": 15.0,
    "十来": 10.0,
    "十多": 12.0,
    "上": 1.0,
    "近": 1.0,
    "few": 3.0,
    "several": 5.0,
}
_NAME_BEFORE = re.compile(r"(?:[a-z_]|\d\.|(?<![a-z0-9.])[a-z][a-z0-9.]{0,12}-)$")
_CURRENCY_LETTERS = re.compile(r"(?:usd|rmb|cny|twd|ntd|eur|nt|us|x)$")
_MINUS = re.compile(r"(?:(?:^|[^a-z0-9 ])-|(?:^| )-|负|minus |negative |-[$¥€])[$¥€]?$")


@dataclass(frozen=True, slots=True)
class Number:
    """A number at a place; `billions` marks a bare b (which may mean parameters), `vague` a mere size such as 几千."""

    start: int
    end: int
    value: float
    billions: bool = False
    vague: bool = False


def find_numbers(text: str) -> list[Number]:
    """All numbers in order, ranges as their upper end; vague ones (几十万, several hundred) are left out."""
    found = sorted([*_figures(text), *_chinese(text), *_english(text)], key=lambda n: (n.start, -n.end))
    kept: list[Number] = []
    for number in found[:MAX_NUMBERS]:
        if not kept or number.start >= kept[-1].end:
            kept.append(number)
    return _join_ranges(text, kept)


def find_vague(text: str) -> list[Number]:
    """Numbers of which only the size is said, as a figure in the middle: 几千, a few hundred."""
    han = [(m, prod(_HAN_TENS.get(c) or _HAN_BIG[c] for c in m[2])) for m in _VAGUE_HAN.finditer(text)]
    english = [(m, _VAGUE_SCALES[m[2]] * (1e3 if m[3] else 1)) for m in _VAGUE_ENGLISH.finditer(text)]
    return [
        Number(m.start(), m.end(), (_VAGUE.get(m[1]) or chinese_value(m[1][:-1]) or 1) * scale, vague=True)
        for m, scale in [*han, *english][:MAX_NUMBERS]
    ]


def _figures(text: str) -> Iterator[Number]:
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        before = text[max(0, start - 16) : start]
        if _NAME_BEFORE.search(before) and not _CURRENCY_LETTERS.search(before):
            continue
        value = float(match[0].replace(",", "").replace(" ", ""))
        value, end, billions = _scaled(text, value, end)
        if not re.match(r"[几]", text[end : end + 1]):
            yield Number(start, end, -value if _MINUS.search(before) else value, billions)


def _scaled(text: str, value: float, end: int) -> tuple[float, int, bool]:
    billions = False
    if match := _HAN_SCALE.match(text, end):
        scale = _HAN_SCALES[match[1]]
        value, end = value * scale, match.end()
        rest = re.compile(r"(\d{1,4})(千万|百万|万|千|百)").match(text, end)
        if rest and _HAN_SCALES[rest[2]] < scale:
            value, end = value + float(rest[1]) * _HAN_SCALES[rest[2]], rest.end()
    else:
        for _ in range(2):
            if not (match := _SCALE.match(text, end)):
                break
            value, end, billions = value * _SCALES[match[1]], match.end(), match[1] == "b"
    if text[end : end + 1] in ("多", "余", "+"):
        end += 1
    return value, end, billions


def _chinese(text: str) -> Iterator[Number]:
    for match in _HAN_NUMBER.finditer(text):
        start, end = match.span()
        value = 0.5 if match[0] == "半" else chinese_value(match[0].replace("、", ""))
        if value is None or _VAGUE_BEFORE.search(text[max(0, start - 3) : start]) or _NOT_WHOLE.match(text, end):
            continue
        if match[0] == "半" and _FRACTION.search(text, max(0, start - 1), end + 1):
            continue
        sign = -1 if text[max(0, start - 1) : start] == "负" else 1
        yield Number(start, end + (text[end : end + 1] in ("多", "余", "来")), sign * value)


def chinese_value(numeral: str) -> float | None:
    """Return the value of a Chinese numeral such as 两千, 三万五 or 一百二十; None if it is not a definite number."""
    if all(c in _HAN_DIGITS for c in numeral):
        low, high = _HAN_DIGITS[numeral[0]], _HAN_DIGITS[numeral[-1]]
        if len(numeral) == 2 and 0 < low == high - 1:
            return float(high)
        return float("".join(str(_HAN_DIGITS[c]) for c in numeral)) if len(numeral) == 1 or "〇" in numeral else None
    if numeral[0] in "百千万亿佰仟零":
        return None
    return _unit_value(numeral)


def _unit_value(numeral: str) -> float | None:
    total = section = digit = 0
    last = 1
    for place, char in enumerate(numeral):
        if char in _HAN_DIGITS:
            if digit and not _rising(numeral, place):
                return None
            digit = _HAN_DIGITS[char]
            last = 1 if char in "零〇" else last
        elif char in _HAN_TENS:
            last = _HAN_TENS[char]
            section, digit = section + (digit or (1 if place == 0 or last == 10 else 0)) * last, 0
        else:
            last = _HAN_BIG[char]
            total, section, digit = _times(total, section + digit, last), 0, 0
    return float(total + section + digit * (last // 10 if last > 10 else 1))


def _rising(numeral: str, place: int) -> bool:
    """Whether two digits side by side name a range, of which the upper end counts: 两三千, 三五百."""
    low, high = _HAN_DIGITS.get(numeral[place - 1], 0), _HAN_DIGITS[numeral[place]]
    alone = place < 2 or numeral[place - 2] not in _HAN_DIGITS
    return alone and 0 < low < high and numeral[place + 1 : place + 2] in (_HAN_TENS | _HAN_BIG)


def _times(total: int, section: int, scale: int) -> int:
    return (total + section) * scale if total and total < scale else total + section * scale


def _english(text: str) -> Iterator[Number]:
    for match in _ENGLISH.finditer(text):
        start, end = match.start(), match.start() + len(_ARTICLE.sub("", match[0]))
        value = english_value(re.findall(r"[a-z]+", text[start:end]))
        if value is None and text[start:end] in ("a", "an") and re.compile(r" (?:minute|second)").match(text, end):
            value = 1.0
        if value is not None and not _VAGUE_BEFORE.search(text[max(0, start - 8) : start]):
            yield Number(start, end, -value if _MINUS.search(text[max(0, start - 9) : start]) else value)


def english_value(words: list[str]) -> float | None:
    """Return the value of number words such as "half a million"; None where no definite number is named."""
    total = current = 0.0
    seen = False
    for index, word in enumerate(words):
        if word in _WORDS:
            current, seen = current + _WORDS[word], True
        elif word in ("a", "an"):
            following = words[index + 1] if index + 1 < len(words) else ""
            if not current and (following in _SCALES or following == "dozen"):
                current, seen = 1.0, True
        elif not seen:
            return None
        elif word == "dozen":
            current = (current or 1) * 12
        elif word == "hundred":
            current *= 100
        elif word in _SCALES:
            total, current = total + current * _SCALES[word], 0.0
    return total + current if seen else None


def _join_ranges(text: str, numbers: list[Number]) -> list[Number]:
    joined: list[Number] = []
    for number in numbers:
        lower = joined[-1] if joined else None
        if lower and 0 < number.start - lower.end < 16 and _JOINER.fullmatch(text, lower.end, number.start):
            if (
                text[lower.end : number.start].strip() == "and"
                and "between" not in text[max(0, lower.start - 9) : lower.start]
            ):
                joined.append(number)
                continue
            value = abs(number.value)
            if value >= lower.value or value * 60 >= lower.value:
                joined[-1] = replace(number, start=lower.start, value=value)
                continue
        joined.append(number)
    return joined
