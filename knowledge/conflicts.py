"""Where the sources disagree: claims among themselves or with the checked catalog, and what the catalog decides."""

import calendar
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from .checked import OF_A_FAMILY, VARIES, Checked, checked
from .facts import Facts
from .schema import Claim

Severity = Literal["high", "medium", "low"]
Subject = tuple[str, ...]
Interval = tuple[float, float]

# How far two figures may lie apart: 128K is printed for 128 000 and for 131 072; a date is exact.
TOLERANCE = 0.02
_TOLERANCES = {"context_tokens": 0.05, "max_output_tokens": 0.05, "released": 0.0}
# What a licence or a window forbids is decided by these, so a wrong value costs most.
_HIGH = frozenset({"license", "openness", "mau_limit", "context_tokens", "max_output_tokens"})
_NUMBERS = frozenset({
    "params_total_b", "params_active_b", "params_ratio", "context_tokens", "max_output_tokens", "price_per_1k",
    "price_ratio", "quality_ratio", "mau_limit", "memory_gb", "tokens_per_second", "sample_size", "released",
})  # fmt: skip
# A figure that compares two models is about the pair.
_OF_A_PAIR = frozenset({"quality_ratio", "params_ratio", "price_ratio"})
_ARCHITECTURES = frozenset({"dense", "moe", "hybrid", "diffusion", "router"})
_NOT_STATED = frozenset({"unreadable", "definition", "forecast"})
_STANDARD_LICENCE = re.compile(r"^(apache-2\.0|mit|cc-by[a-z0-9.\-]*|bsd[a-z0-9.\-]*)$")
_OWN_LICENCE = re.compile(r"(licen[cs]e|terms|tii)$")
OWN = "the vendor's own licence"
# The part of the snapshot in which a citation key's fact stands.
_PARTS = {"device": "devices", "seller": "sellers", "licence": "licences", "fx": "fx", "bench": "tables"}
# The value of a decision that people wrote as a sentence.
AS_RECORDED = "as recorded"


@dataclass(frozen=True, slots=True)
class Side:
    """One value and the claims that state it."""

    value: str
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Claims that cannot all hold; a side alone contradicts `decision`, which is None where nothing checked decides.

    `about` names models and families, or a word that is neither where a rule is about none.
    """

    about: Subject
    attribute: str
    sides: tuple[Side, ...]
    decision: Checked | None
    severity: Severity

    @property
    def decision_keys(self) -> tuple[str, ...]:
        """Where the decision stands; nothing where none was made."""
        return self.decision.keys if self.decision else ()


@lru_cache(maxsize=4)
def find_conflicts(facts: Facts) -> tuple[Disagreement, ...]:
    """Every disagreement about one model, family, pair or rule and one attribute, the gravest first.

    Those that people recorded come with those that a rule finds; where both see the same one, the record stands.
    """
    recorded = tuple(recorded_conflicts(facts).values())
    by_rule = (_weigh(facts, about, attribute, claims) for (about, attribute), claims in _grouped(facts).items())
    found = [*recorded, *(d for d in by_rule if d and not any(_holds(record, d) for record in recorded))]
    rank = {"high": 0, "medium": 1, "low": 2}
    return tuple(sorted(found, key=lambda d: (rank[d.severity], d.attribute, d.about)))


@lru_cache(maxsize=4)
def recorded_conflicts(facts: Facts) -> Mapping[str, Disagreement]:
    """Read the recorded disagreements by id; what cites claims that are not loaded (an article left out) falls away."""
    out: dict[str, Disagreement] = {}
    for one in facts.snapshot.conflicts:
        known = ((side, tuple(claim for claim in side.claims if claim in facts.claims)) for side in one.sides)
        sides = tuple(Side(side.value, claims) for side, claims in known if claims)
        made = one.decision if one.decision and not _cites_what_is_missing(one.decision.keys, facts) else None
        decision = Checked(AS_RECORDED, made.zh, made.en, made.keys) if made else None
        if len(sides) > 1 or (sides and decision):
            out[one.id] = Disagreement(one.about, one.attribute, sides, decision, one.severity)
    return out


def _cites_what_is_missing(keys: Sequence[str], facts: Facts) -> bool:
    """Whether a decision rests on a part that the snapshot was compiled without."""
    return any(_PARTS.get(key.split("/", 1)[0]) in facts.snapshot.missing for key in keys)


def _holds(record: Disagreement, found: Disagreement) -> bool:
    """Whether a recorded disagreement says all that a found one does."""
    alike = record.attribute == found.attribute and set(found.about) <= set(record.about)
    return alike and claims_of(found) <= claims_of(record)


def claims_of(dispute: Disagreement) -> frozenset[str]:
    """Return the ids of the claims of all its sides."""
    return frozenset(claim for side in dispute.sides for claim in side.claims)


def _grouped(facts: Facts) -> Mapping[tuple[Subject, str], list[Claim]]:
    """Group claims by subject and attribute; one on a family joins those of each member that has claims of its own."""
    groups: dict[tuple[Subject, str], list[Claim]] = defaultdict(list)
    for claim in facts.claims.values():
        if claim.about and claim.kind not in _NOT_STATED and _said(claim) is not None:
            for subject in _subjects(claim):
                groups[subject, claim.attribute].append(claim)
    for (subject, attribute), claims in list(groups.items()):
        model = facts.models.get(subject[0])
        if model and attribute in OF_A_FAMILY and len(subject) == 1:
            claims += _settled(groups.get(((model.family,), attribute), []))
    return {key: _settled(claims) if key[0][0] in facts.family_names else claims for key, claims in groups.items()}


def _subjects(claim: Claim) -> Iterator[Subject]:
    if claim.attribute in _OF_A_PAIR:
        yield tuple(sorted(claim.about))
    else:
        yield from ((subject,) for subject in claim.about)


def _settled(claims: Sequence[Claim]) -> list[Claim]:
    """Drop articles that give a family several values: there the members differ, which is no conflict."""
    values: dict[str, set[object]] = defaultdict(set)
    for claim in claims:
        values[claim.id[:3]].add(_said(claim))
    return [claim for claim in claims if len(values[claim.id[:3]]) == 1]


def _weigh(facts: Facts, about: Subject, attribute: str, claims: Sequence[Claim]) -> Disagreement | None:
    sides = _sides(claims)
    decision = checked(facts, about[0], attribute) if len(about) == 1 else None
    differing = any(
        _differ(attribute, a, b, decision) for a in sides for b in sides if a is not b and _at_once(sides[a], sides[b])
    )
    if not differing and not (decision and any(_wrong(attribute, said, decision.value) for said in sides)):
        return None
    return Disagreement(
        about,
        attribute,
        tuple(Side(_printed(attribute, said), tuple(c.id for c in group)) for said, group in sides.items()),
        decision,
        _severity(attribute),
    )


def _sides(claims: Sequence[Claim]) -> dict[Any, list[Claim]]:
    sides: dict[Any, list[Claim]] = {}
    for claim in claims:
        said = _said(claim)
        same = next((other for other in sides if not _differ(claim.attribute, other, said, None)), said)
        sides.setdefault(same, []).append(claim)
    return sides


def _at_once(one: Sequence[Claim], other: Sequence[Claim]) -> bool:
    """Whether the two sides can meet: advice under two different conditions does not contradict itself."""
    return any(a.when == b.when or not a.when or not b.when for a in one for b in other)


def _differ(attribute: str, one: Any, other: Any, decision: Checked | None) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return _apart(attribute, one, other)
    loose = attribute == "openness" and decision is not None and decision.value == "osi"
    return bool(one != other) and not (loose and {one, other} == {"osi", "open_weights"})


def _wrong(attribute: str, said: Any, value: str | float) -> bool:
    """Whether a claim contradicts the checked value: the undisclosed contradicts every number, rounding none."""
    if value == VARIES:
        return False
    if attribute == "license":
        return bool(_STANDARD_LICENCE.match(str(value))) if said == OWN else bool(said != value)
    if attribute == "openness" and value == "osi":
        return bool(said == "closed")
    if isinstance(said, tuple):
        return isinstance(value, str) or (_apart(attribute, said, (value, value)) and round(value) not in said)
    return bool(said != value) and value != "undisclosed"


def _apart(attribute: str, one: Interval, other: Interval) -> bool:
    """Whether two ranges lie further apart than the tolerance."""
    stretch = 1 + _TOLERANCES.get(attribute, TOLERANCE)
    return one[0] > other[1] * stretch or other[0] > one[1] * stretch


def _said(claim: Claim) -> Any:
    """Bring a claim's value into comparable form: a range, a word of a closed list, a polarity; None if neither."""
    if claim.attribute in _NUMBERS:
        return _range(claim)
    if claim.attribute == "architecture":
        return claim.value if claim.value in _ARCHITECTURES else None
    if claim.attribute == "openness":
        return claim.value if claim.value in ("closed", "open_weights", "osi") else None
    if claim.attribute == "license":
        return _licence(claim.value)
    return (
        _polarity(claim)
        if claim.attribute.startswith(("task:", "lang:")) or claim.attribute in ("general", "grounding", "speed")
        else None
    )


def _range(claim: Claim) -> Interval | None:
    value = claim.value
    if claim.attribute == "released":
        return _days(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value), float(value))
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        low, high = sorted(map(float, value))
        # "5 to 10 % lower" and "90 to 95 % of it" say the same.
        return (100 + low, 100 + high) if claim.attribute == "quality_ratio" and high < 0 else (low, high)
    return None


def _days(value: object) -> Interval | None:
    """Read the first and the last day that a printed date may mean, as ordinals."""
    match = re.fullmatch(r"(20\d\d)(?:-(\d\d))?(?:-(\d\d))?", str(value))
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    last_month = month or 12
    last_day = day or calendar.monthrange(year or 0, last_month)[1]
    return (dt.date(year or 0, month or 1, day or 1).toordinal(), dt.date(year or 0, last_month, last_day).toordinal())


def _licence(value: object) -> str | None:
    name = str(value).lower()
    if _STANDARD_LICENCE.match(name):
        return name
    return OWN if _OWN_LICENCE.search(name) else None


def _polarity(claim: Claim) -> str | None:
    """Whether the claim speaks for or against the model; average marks are neither."""
    value = claim.value
    if isinstance(value, dict) and "stars" in value:
        share = float(value["stars"]) / float(value["of"])
        return "for" if share >= 0.7 else "against" if share <= 0.4 else None
    if value in ("strong", "weak"):
        return "for" if value == "strong" else "against"
    return claim.stance if claim.stance != "none" else None


def _printed(attribute: str, said: Any) -> str:
    if not isinstance(said, tuple):
        return str(said)
    low, high = (str(dt.date.fromordinal(int(b))) if attribute == "released" else f"{b:,.10g}" for b in said)
    return low if low == high else f"{low} to {high}"


def _severity(attribute: str) -> Severity:
    if attribute in _HIGH:
        return "high"
    return "medium" if attribute in _NUMBERS or attribute in OF_A_FAMILY else "low"
