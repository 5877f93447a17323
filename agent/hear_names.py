"""Models, vendors and places: which one is named, and whether it is wanted, refused, in use, or where one is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .hear_text import Text, lexicon
from .hear_words import Finding, Mood, Pattern, either, longest, patterns, regex, spans

JOINER = re.compile(r" ?(?:、|,|和|与|或者?|及|跟|以及|and|or|/|&|nor|,? or|,? and) ?(?:the |any )?")
_FAMILY = re.compile(r"^ ?(?:的)?(?:全?系列|家族|全家|模型|(?:series|family|models?)(?![a-z]))")
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
        chained = last_end >= 0 and JOINER.fullmatch(text.folded, last_end, item.start) is not None
        roles = roles if chained else _name_roles(text, item)
        last_end = item.end
        heard += [h for role in roles if (h := _as_heard(text, item, role, (item.start, item.end) in models))]
    return heard + _floor_of_current(text, heard)


def _floor_of_current(text: Text, heard: list[Finding]) -> list[Finding]:
    """Take the model in use as the floor where it is only meant: "不能比它差", "the same quality or better"."""
    current = next((f for f in heard if f.field == "current_model"), None)
    match = regex("floor_of_current").search(text.folded)
    if current is None or match is None or any(f.field == "quality_floor" for f in heard):
        return []
    return [Finding("quality_floor", current.value, *match.span())]


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
    name = text.folded[item.start : item.end]
    whole = left + name + right
    article = len("the ") if name.startswith("the ") else 0
    best: tuple[int, int, str] | None = None
    for role in roles:
        for match in role.before.finditer(whole):
            gap = max(len(left) - match.end(), 0) if match.end() <= len(left) + article else -1
            if 0 <= gap <= reach and (best is None or (gap, match.start()) < best[:2]):
                best = (gap, match.start(), role.field)
    follower = _follower(right, roles)
    if follower and (best is None or best[0] > 1 or len(follower) == 2):
        return follower[0]
    return best[2] if best else None


def _follower(right: str, roles: tuple[Role, ...]) -> tuple[str, ...] | None:
    return _said_after(right.lstrip(" -"), roles) or _said_after(_FAMILY.sub("", right, count=1).lstrip(" -"), roles)


def _said_after(right: str, roles: tuple[Role, ...]) -> tuple[str, ...] | None:
    for role in roles:
        if match := role.after.match(right):
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
    heard = [f for item in longest(found) if (f := _placed(text, item)) and not _denied(text, mood, f)]
    company = next((f.value for f in heard if f.field == "company_region"), None)
    users = next((f for f in heard if f.field == "users_region"), None)
    if users and company is None and regex("both_regions").search(text.folded):
        company = users.value
        heard.append(Finding("company_region", company, users.start, users.end))
    return heard + _implied(text, company, {f.field for f in heard})


def _denied(text: Text, mood: Mood, place: Finding) -> bool:
    """Whether a place is denied; data that may not leave it is none."""
    before = text.folded[max(0, place.start - 60) : place.start]
    if place.field == "data_region" and regex("may_not_go").search(before):
        return True
    kept = place.field == "data_region" and regex("may_not_leave").search(before)
    return not kept and mood.negated(place.start, place.end)


def _placed(text: Text, item: Finding) -> Finding | None:
    code, people = item.value
    if people:
        left, right = _around(text, item)
        if _owner_before().search(left):
            return Finding("ownership_region", code, item.start, item.end)
        follower = _follower(right, _roles("places"))
        return Finding(follower[0], code, item.start, item.end) if follower else None
    role = _role(text, item, _roles("places"), 3)
    if role == "company_region" and _vendor_noun().match(text.folded, item.end):
        return None
    return Finding(role, code, item.start, item.end) if role else None


@lru_cache(maxsize=1)
def _vendor_noun() -> re.Pattern[str]:
    return re.compile(r"(?:的|嘅)?(?:大?模型|大?语言模型|ai|厂商|品牌|产品|供应商|云)")


@lru_cache(maxsize=1)
def _owner_before() -> re.Pattern[str]:
    return re.compile(rf"(?:{either(lexicon()['places']['ownership_region']['before'])}) ?$")


def _implied(text: Text, company: str | None, heard: set[str]) -> list[Finding]:
    """Local users are where the company is; data that may not leave the country stays there."""
    found: list[Finding] = []
    if company and "users_region" not in heard and (local := regex("local_users").search(text.folded)):
        found.append(Finding("users_region", company, *local.span()))
    home = company or ("CN" if text.language == "zh-Hans" else None)
    if home and "data_region" not in heard and (stay := regex("stays_in_country").search(text.folded)):
        found.append(Finding("data_region", home, *stay.span()))
    return found
