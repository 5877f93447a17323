"""Models, vendors and places: which one is named, and whether it is wanted, refused, in use, or where one is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .hear_text import Text, fold, lexicon
from .hear_words import Finding, Mood, Pattern, either, longest, patterns, regex, spans

_JOINER = re.compile(r" ?(?:、|,|和|与|或者?|及|跟|以及|and|or|/|&|nor|,? or|,? and) ?(?:the |any )?")
_STOP = re.compile(r"[,;。!?\n]|\.(?!\d)")
REACH = 10


@dataclass(frozen=True, slots=True)
class Role:
    """What a name may stand for, by the words just before and just after it."""

    field: str
    before: re.Pattern[str]
    after: re.Pattern[str]


@lru_cache(maxsize=2)
def _roles(table: str) -> tuple[Role, ...]:
    return tuple(
        Role(field, _compile(cell["before"]), _compile(cell["after"])) for field, cell in lexicon()[table].items()
    )


def _compile(cell: Mapping[str, Any]) -> re.Pattern[str]:
    return re.compile(either(cell))


@lru_cache(maxsize=1)
def _models() -> re.Pattern[str]:
    table = lexicon()["models"]
    suffix = "|".join(table["suffixes"])
    return re.compile(rf"(?<![a-z])(?:{'|'.join(table['families'])})(?:[ -]?(?:{suffix})(?![a-z0-9])){{0,5}}(?![a-z])")


@lru_cache(maxsize=1)
def _vendors() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(lexicon()['vendors'])})(?![a-z])")


def find_names(text: Text) -> list[Finding]:
    """Models and vendors in the role that the words around them give; a bare mention says nothing."""
    found = [Finding("model", None, *m.span()) for m in _models().finditer(text.folded)]
    models = {(f.start, f.end) for f in found}
    found += [Finding("vendor", None, *m.span()) for m in _vendors().finditer(text.folded)]
    heard: list[Finding] = []
    roles: tuple[str, ...] = ()
    last_end = -1
    for item in longest(found):
        chained = last_end >= 0 and _JOINER.fullmatch(text.folded, last_end, item.start) is not None
        roles = roles if chained else _name_roles(text, item)
        last_end = item.end
        heard += [h for role in roles if (h := _as_heard(text, item, role, (item.start, item.end) in models))]
    return heard


def _as_heard(text: Text, item: Finding, role: str, model: bool) -> Finding | None:
    name = text.words(item.start, item.end).lower()
    if model:
        return Finding(role, name, item.start, item.end)
    return Finding("vendors_excluded", name, item.start, item.end) if role == "models_excluded" else None


def _name_roles(text: Text, item: Finding) -> tuple[str, ...]:
    role = _role(text, item, _roles("names"), REACH)
    return (role,) if role else ()


def _role(text: Text, item: Finding, roles: tuple[Role, ...], reach: int) -> str | None:
    """Return the role whose words stand nearest: before the name at most `reach` away, else right after it."""
    left, right = _around(text, item)
    whole = left + text.folded[item.start : item.end] + right
    best: tuple[int, int, str] | None = None
    for role in roles:
        for match in role.before.finditer(whole):
            gap = len(left) - match.end()
            if 0 <= gap <= reach and (best is None or (gap, match.start()) < best[:2]):
                best = (gap, match.start(), role.field)
    follower = _follower(right, roles)
    if follower and (best is None or best[0] > 1 or len(follower) == 2):
        return follower[0]
    return best[2] if best else None


def _follower(right: str, roles: tuple[Role, ...]) -> tuple[str, ...] | None:
    for role in roles:
        if match := role.after.match(right.lstrip(" -")):
            strong = (
                role.field in ("quality_floor", "company_region", "users_region", "ownership_region")
                and len(match[0]) > 1
            )
            return (role.field, "strong") if strong else (role.field,)
    return None


def _around(text: Text, item: Finding) -> tuple[str, str]:
    left = text.folded[max(0, item.start - 40) : item.start]
    stops = [m.end() for m in _STOP.finditer(left)]
    right = text.folded[item.end : item.end + 24]
    stop = _STOP.search(right)
    return left[stops[-1] :] if stops else left, right[: stop.start()] if stop else right


@lru_cache(maxsize=1)
def _region_words() -> tuple[tuple[str, tuple[Pattern, ...], tuple[Pattern, ...]], ...]:
    table = lexicon()["regions"]
    return tuple((code, _named(cell["words"]), patterns({"en": cell["people"]})) for code, cell in table.items())


def _named(words: list[str]) -> tuple[Pattern, ...]:
    return patterns({"hans": [w for w in words if not w[0].isascii()], "en": [w for w in words if w[0].isascii()]})


def find_places(text: Text, mood: Mood) -> list[Finding]:
    """Where the company, the users, the data and the owners are."""
    found: list[Finding] = []
    for code, words, people in _region_words():
        found += [Finding("place", (code, False), *s) for s in spans(words, text.folded)]
        found += [Finding("place", (code, True), *s) for s in spans(people, text.folded)]
    heard = [f for item in longest(found) if (f := _placed(text, item)) and not mood.negated(item.start, item.end)]
    company = next((f.value for f in heard if f.field == "company_region"), None)
    users = next((f for f in heard if f.field == "users_region"), None)
    if users and company is None and regex("both_regions").search(text.folded):
        company = users.value
        heard.append(Finding("company_region", company, users.start, users.end))
    return heard + _implied(text, company, {f.field for f in heard})


def _placed(text: Text, item: Finding) -> Finding | None:
    code, people = item.value
    if people:
        follower = _follower(_around(text, item)[1], _roles("places"))
        return Finding(follower[0], code, item.start, item.end) if follower else None
    role = _role(text, item, _roles("places"), 3)
    return Finding(role, code, item.start, item.end) if role else None


def _implied(text: Text, company: str | None, heard: set[str]) -> list[Finding]:
    """Local users are where the company is; data that may not leave the country stays there."""
    found: list[Finding] = []
    if company and "users_region" not in heard and (local := regex("local_users").search(text.folded)):
        found.append(Finding("users_region", company, *local.span()))
    home = company or ("CN" if text.language == "zh-Hans" else None)
    if home and "data_region" not in heard and (stay := regex("stays_in_country").search(text.folded)):
        found.append(Finding("data_region", home, *stay.span()))
    return found


@lru_cache(maxsize=1)
def _refused_home() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """For each country: "no ... models", "no models from ..." in the scripts of the lexicon."""
    nouns = lexicon()["vendor_nouns"]
    chinese = "|".join([*nouns["hans"], *(source for source in _folded(nouns["hant"]))])
    english = "|".join(nouns["en"])
    return tuple(
        (code, re.compile(_refusal(code, cell, chinese, english))) for code, cell in lexicon()["regions"].items()
    )


def _folded(raws: list[str]) -> list[str]:
    return [fold(raw) for raw in raws]


def _refusal(code: str, cell: Mapping[str, list[str]], chinese: str, english: str) -> str:
    han = "|".join([*(w for w in cell["words"] if not w[0].isascii()), *lexicon()["home_vendors"].get(code, [])])
    people = "|".join([*cell["people"], *(w for w in cell["words"] if w[0].isascii())])
    no_han = (
        r"(?:不要(?!求)|不(?:想|能|可以?|得|许|准|接受|考虑|允许|再)?(?:使?用|采购|采用|选用)?|别用?"
        r"|禁用|禁止(?:使?用)?|排除|避免|除了?)(?:任何|来自)?"
    )
    no_en = (
        r"(?:no|not|non|exclud(?:e|es|ing)|without|avoid|except|never use|can'?t use|cannot use"
        r"|must not use|not allowed to use|do(?: not|n't) (?:want|use))(?: use)?(?: any)?"
    )
    return (
        rf"{no_han}(?:{han})(?:{chinese})|(?<![a-z]){no_en}[ -](?:{people})[ -](?:made |based "
        rf"|owned )?(?:{english})(?![a-z])"
        rf"|(?<![a-z]){no_en} (?:{english}) (?:from|made in|out of|based in) (?:the )?(?:{people})(?![a-z])"
    )


def find_refused_countries(text: Text) -> list[Finding]:
    """Countries whose vendors are refused."""
    named = {code for code, words, people in _region_words() if spans(words, text.folded) or spans(people, text.folded)}
    named |= {code for code, words in lexicon()["home_vendors"].items() if any(w in text.folded for w in words)}
    return [
        Finding("vendor_countries_excluded", code, *match.span())
        for code, pattern in _refused_home()
        if code in named
        for match in pattern.finditer(text.folded)
    ]
