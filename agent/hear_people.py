"""Those who make the requests, where a rate is given for each of them, and the shifts of a day."""

import re
from dataclasses import dataclass
from functools import lru_cache

from .hear_numbers import Number, chinese_value, english_value
from .hear_text import Text, lexicon
from .hear_words import compiled, either

MAX_KINDS = 12
_EACH_KIND = re.compile(
    r"(?<![a-z])(?:per|each|every) (?!day|week|month|hour|minute|second|year|shift|quarter|one|of|call|request|token)"
    r"([a-z]{3,14}?)s?(?![a-z])|每[个家名位台间所](?!月|星期|小时|季|礼拜|工作日|人|请求|问题|文件)([一-鿿]{2})"
)
_SHIFTS = re.compile(r"([一二两三四1-4])班(?:倒|制|轮|次)|(one|two|three|four|[1-4]) shifts?")


@dataclass(frozen=True, slots=True)
class People:
    """How many there are, where that is said, and what they are called if a rate names them again."""

    start: int
    count: float
    kind: str = ""


def find_people(text: Text, numbers: list[Number]) -> list[People]:
    """Return the numbers that count those who make the requests."""
    kinds = list(dict.fromkeys(m[1] or m[2] for m in _EACH_KIND.finditer(text.folded)))[:MAX_KINDS]
    found = [People(n.start, n.value, kind) for n in numbers if (kind := _kind(text, n, kinds)) is not None]
    return [p for p in found if p.count > 0]


def _kind(text: Text, number: Number, kinds: list[str]) -> str | None:
    left, right = text.folded[max(0, number.start - 8) : number.start], text.folded[number.end : number.end + 24]
    named = next((k for k in kinds if _named(k).match(right)), None)
    return named or ("" if _before().search(left) or _behind().match(right) else None)


def _named(kind: str) -> re.Pattern[str]:
    english = rf" ?(?:(?!per |each |every )[a-z-]+ ){{0,2}}{kind}e?s?(?![a-z])"
    return compiled(english if kind.isascii() else rf"[个家名位台间所]?.{{0,4}}{kind}")


@lru_cache(maxsize=1)
def _before() -> re.Pattern[str]:
    return re.compile(rf"(?:{either(lexicon()['users_daily'])})(?:约|大概|大约|有|is|of|:)? ?$")


@lru_cache(maxsize=1)
def _behind() -> re.Pattern[str]:
    return re.compile(rf" ?[名个位家台间所]?(?:人|{either(lexicon()['users_daily'])})")


def each_of(text: Text, people: People | None, clause: tuple[int, int]) -> bool:
    """Whether a clause counts something for each of the people: "30 questions per analyst"."""
    if people is None or not people.kind:
        return False
    return any(people.kind in (m[1], m[2]) for m in _EACH_KIND.finditer(text.folded[slice(*clause)]))


def shifts_a_day(text: Text) -> float | None:
    """Return the number of shifts in a day, if it is said."""
    match = _SHIFTS.search(text.folded)
    if match is None:
        return None
    words = match[1] or match[2]
    if words.isdigit():
        return float(words)
    return english_value([words]) if words.isascii() else chinese_value(words)
