"""Countries whose vendors are refused: "no Chinese models", "不接受中國及俄羅斯廠商", "nothing from China"."""

import re
from functools import lru_cache

from .hear_text import Text, fold, lexicon
from .hear_words import Finding, either

MAX_SPAN = 120
_JOIN_HAN = r"(?:、|,|和|及|与|或者?|跟|以及|还有|或是)"
_JOIN_EN = r"(?:, ?(?:and |or |nor )?| and | or | nor |/)(?:from )?(?:the )?"


def find_refused_countries(text: Text) -> list[Finding]:
    """Return the countries whose vendors are refused, each with the words that refuse it."""
    return [
        Finding("vendor_countries_excluded", code, *match.span())
        for pattern in _refusals()
        for match in pattern.finditer(text.folded)
        if not _turned(text, match.start())
        for code, name in _countries()
        if name.search(match[0])
    ]


def _turned(text: Text, start: int) -> bool:
    """Whether the refusal itself is refused: "不排除中国模型", "don't want to avoid Chinese models"."""
    low, _ = text.clause(start)
    return _not_refused().search(text.folded[max(low, start - 24) : start]) is not None


@lru_cache(maxsize=1)
def _not_refused() -> re.Pattern[str]:
    return re.compile(rf"(?:{either(lexicon()['not_refused'])})$")


@lru_cache(maxsize=1)
def _countries() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((code, re.compile(f"{_han(code)}|(?<![a-z])(?:{_english(code)})(?![a-z])")) for code in _codes())


def _codes() -> tuple[str, ...]:
    return tuple(lexicon()["regions"])


def _han(code: str) -> str:
    cell = lexicon()["regions"][code]
    words = [fold(w) for w in cell["words"] if not w[0].isascii()]
    return "|".join([*words, *lexicon()["home_vendors"].get(code, [])]) or r"(?!)"


def _english(code: str) -> str:
    cell = lexicon()["regions"][code]
    return "|".join([*cell["people"], *(w for w in cell["words"] if w[0].isascii())]) or r"(?!)"


@lru_cache(maxsize=1)
def _refusals() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a refusal before and after the countries, in Chinese and in English."""
    cell = lexicon()["refused_countries"]
    nouns = lexicon()["vendor_nouns"]
    han_noun = "|".join([*nouns["hans"], *map(fold, nouns["hant"])])
    noun = "|".join(nouns["en"])
    han = "|".join(_han(code) for code in _codes())
    some_han = rf"(?:{han})(?:{_JOIN_HAN}(?:{han})){{0,4}}"
    english = "|".join(_english(code) for code in _codes())
    some = rf"(?:{english})(?:{_JOIN_EN}(?:{english})){{0,4}}"
    no_han, no = "|".join(cell["before_han"]), "|".join(cell["before"])
    return tuple(
        re.compile(source)
        for source in (
            rf"(?:{no_han})(?:任何|来自)?{some_han}(?:{han_noun})",
            rf"{some_han}(?:{han_noun})(?:{'|'.join(cell['after_han'])})",
            rf"(?:{'|'.join(cell['from_han'])}){some_han}",
            rf"(?<![a-z])(?:{no})(?: use)?(?: any)?[ -]{some}[ -](?:made |based |owned )?(?:{noun})(?![a-z])",
            rf"(?<![a-z])(?:{no})(?: use)?(?: any)? (?:{noun}) (?:from|made in|out of|based in) (?:the )?{some}"
            r"(?![a-z])",
            rf"(?<![a-z])(?:{'|'.join(cell['from'])}) (?:the )?{some}(?![a-z])",
            rf"(?<![a-z]){some}[ -](?:made |based |owned )?(?:{noun}) (?:{'|'.join(cell['after'])})(?![a-z])",
        )
    )
