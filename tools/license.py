"""Licence verdicts, clause by clause, for a stated use; a text not read in full yields at best `conditional`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..knowledge.facts import Facts, load_facts
from ..knowledge.regions import REGIONS, touches
from ..knowledge.schema import Clause, Licence, Model

Verdict = Literal["allowed", "conditional", "forbidden", "unknown"]
Outcome = Literal["permits", "requires", "forbids", "silent"]
_WORST: tuple[Verdict, ...] = ("allowed", "conditional", "unknown", "forbidden")
# What a licence asks of everybody who passes copies on; it does not make a verdict conditional.
_ROUTINE = frozenset({"notice", "indemnity", "termination"})


def _known_region(code: str) -> str:
    if code not in REGIONS:
        raise ValueError("an ISO 3166 country code such as CN, TW, US, or EU")
    return code


class Use(BaseModel):
    """What a licensee wants to do; None means not said."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    commercial: bool | None = None
    production: bool | None = None
    mau: int | None = Field(default=None, ge=0)
    annual_revenue_usd: float | None = Field(default=None, ge=0)
    region: Annotated[str, AfterValidator(_known_region)] | None = None
    field: str | None = None
    fine_tune: bool | None = None
    modified: bool | None = None
    derivative_name: str | None = None
    redistribute: bool | None = None
    license_to: str | None = None
    hosting: bool | None = None
    train_competitor: bool | None = None
    train_on_outputs: bool | None = None
    internal_research: bool | None = None
    api: bool | None = None


class InvalidUse(ValueError):
    """A use that cannot be judged: names the field, the value, and what is accepted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One clause held against the use."""

    licence: str
    clause: Clause
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LicenseVerdict:
    """The verdict with what it obliges to, every clause that spoke, and where it was read."""

    verdict: Verdict
    licences: tuple[Licence, ...]
    obligations: tuple[Finding, ...]
    clauses: tuple[Finding, ...]
    cites: tuple[str, ...]


def check_license(subject: str, use: Use | Mapping[str, Any], *, facts: Facts | None = None) -> LicenseVerdict:
    """Return the verdict for a model id or name, a licence id or name, or an SPDX id.

    Raises:
        InvalidUse: an unknown field or a value of the wrong kind in `use`.

    """
    known = facts or load_facts()
    asked = use if isinstance(use, Use) else parse_use(use)
    return combine([judge(licence, asked, read) for licence, read in _licences_of(subject, asked, known)])


def parse_use(fields: Mapping[str, Any]) -> Use:
    """Return a use from a mapping of its fields."""
    try:
        return Use.model_validate(dict(fields))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidUse(f"{first['loc'][0]}={first['input']!r} is not accepted: {first['msg']}") from None


def weights_verdict(model: Model, use: Use, facts: Facts) -> LicenseVerdict:
    """Return the verdict for a model's weights: its own licence, and that of every base model under it."""
    return combine([judge(licence, use, read) for licence, read in licence_chain(model, facts)])


def combine(verdicts: list[LicenseVerdict]) -> LicenseVerdict:
    """All licences of a chain hold at once: the worst verdict decides, duties add up."""
    if not verdicts:
        return LicenseVerdict("unknown", (), (), (), ())
    return LicenseVerdict(
        max((v.verdict for v in verdicts), key=_WORST.index),
        tuple(licence for v in verdicts for licence in v.licences),
        tuple(o for v in verdicts for o in v.obligations),
        tuple(c for v in verdicts for c in v.clauses),
        tuple(dict.fromkeys(cite for v in verdicts for cite in v.cites)),
    )


def judge(licence: Licence, use: Use, text_read: str | None = None) -> LicenseVerdict:
    """One licence text against one use; `text_read` says how the copy beside the weights was read."""
    findings = tuple(Finding(licence.id, clause, _RULES[clause.kind](clause, use)) for clause in licence.clauses)
    obligations = tuple(f for f in findings if f.outcome == "requires")
    bound = any(f.clause.kind not in _ROUTINE for f in obligations)
    unread = licence.text_read != "full" or text_read not in (None, "full")
    verdict: Verdict = "conditional" if bound or unread else "allowed"
    if not licence.clauses:
        verdict = "unknown"
    if any(f.outcome == "forbids" for f in findings):
        verdict = "forbidden"
    spoke = tuple(f for f in findings if f.outcome != "silent")
    cites = tuple(f"licence/{f.clause.id}" for f in spoke) or (f"licence/{licence.id}",)
    return LicenseVerdict(verdict, (licence,), obligations, spoke, cites)


def _over(value: float | None) -> Callable[[Clause, Use], Outcome]:
    """Compare with the limit, which is still allowed; a limit on commercial use does not bind any other."""

    def outcome(clause: Clause, use: Use) -> Outcome:
        if use.commercial is False and (clause.kind == "revenue" or "commercial" in clause.fields):
            return "permits"
        if value is None:
            return "requires"
        if value <= (clause.threshold or 0):
            return "permits"
        return "forbids" if clause.effect == "forbids" else "requires"

    return outcome


def _when(said: bool | None) -> Callable[[Clause], Outcome]:
    def outcome(clause: Clause) -> Outcome:
        if not said:
            return "silent"
        return {"allows": "permits", "forbids": "forbids", "requires": "requires"}[clause.effect]  # type: ignore[return-value]

    return outcome


def _territory(clause: Clause, use: Use) -> Outcome:
    """Return `requires` too where a clause leaves it to the model: Llama 3.2 bars its multimodal models alone."""
    if use.region is None:
        return "requires"
    if not touches(use.region, frozenset(clause.regions)):
        return "permits"
    return "forbids" if clause.effect == "forbids" else "requires"


def _field(clause: Clause, use: Use) -> Outcome:
    if use.field is None:
        return "requires" if clause.effect == "forbids" else "silent"
    if clause.effect == "forbids":
        return "forbids" if use.field in clause.fields else "permits"
    return "permits" if use.field in clause.fields else "forbids"


def _naming(clause: Clause, use: Use) -> Outcome:
    derived = use.modified or use.fine_tune or use.train_on_outputs
    if not (derived and use.redistribute is not False):
        return "silent"
    prefix = clause.fields[0] if clause.fields else ""
    if use.derivative_name and prefix and _spaced(use.derivative_name).startswith(_spaced(prefix)):
        return "permits"
    return "requires"


def _spaced(name: str) -> str:
    """Return a name in lower case with one blank for each joint: "Llama-3-Doctor" begins with "Llama 3"."""
    return " ".join(name.lower().replace("-", " ").replace("_", " ").split())


def _commercial(clause: Clause, use: Use) -> Outcome:
    if use.internal_research and clause.effect == "forbids":
        return "permits"
    return _when(use.commercial is not False)(clause)


def _production(clause: Clause, use: Use) -> Outcome:
    """Treat production as meant unless denied; of what is not commercial it is a condition, not a verdict."""
    if use.internal_research or (use.production is False and use.commercial is not True):
        return "silent"
    if use.production is None and use.commercial is False and clause.effect == "forbids":
        return "requires"
    return _when(True)(clause)


_RULES: dict[str, Callable[[Clause, Use], Outcome]] = {
    "commercial": _commercial,
    "production": _production,
    "mau": lambda c, u: _over(u.mau)(c, u),
    "revenue": lambda c, u: _over(u.annual_revenue_usd)(c, u),
    "field": _field,
    "territory": _territory,
    "naming": _naming,
    "attribution": lambda c, u: _when(u.commercial is not False or u.redistribute)(c),
    "notice": lambda c, u: _when(u.redistribute is not False)(c),
    "train_competitor": lambda c, u: _when(u.train_competitor)(c),
    "train_on_outputs": lambda c, u: _when(u.train_on_outputs)(c),
    "application": lambda c, u: _when(u.commercial is not False)(c),
    "acceptable_use": lambda c, u: _when(True)(c),
    "hosting": lambda c, u: _when(u.hosting)(c),
    "redistribution": lambda c, u: _when(u.redistribute or u.license_to is not None)(c),
    "base_model": lambda c, u: _when(True)(c),
    "termination": lambda c, u: _when(True)(c),
    "indemnity": lambda c, u: _when(True)(c),
}


def _licences_of(subject: str, use: Use, facts: Facts) -> list[tuple[Licence, str | None]]:
    model = _models_by_name(facts).get(_squeezed(subject))
    if model is None:
        licence = _licences_by_name(facts).get(_squeezed(subject))
        return [(licence, None)] if licence else []
    if use.api or (model.weights is None and use.api is None):
        return _api_terms(model, facts)
    return licence_chain(model, facts)


@lru_cache(maxsize=4)
def _models_by_name(facts: Facts) -> dict[str, Model]:
    """Return models by id, name, alias and repository; the first in the catalog wins."""
    found: dict[str, Model] = {}
    for model in facts.models.values():
        repo = (model.weights.repo,) if model.weights else ()
        for name in (model.id, model.name, *model.aliases, *repo):
            found.setdefault(_squeezed(name), model)
    return found


@lru_cache(maxsize=4)
def _licences_by_name(facts: Facts) -> dict[str, Licence]:
    """Return licences by id, name and SPDX id."""
    found: dict[str, Licence] = {}
    for licence in facts.licences.values():
        for name in filter(None, (licence.id, licence.name, licence.spdx)):
            found.setdefault(_squeezed(name), licence)
    return found


def _squeezed(name: str) -> str:
    """Return a name without case, blanks and joints: "DeepSeek V3" is "DeepSeek-V3"."""
    return "".join(c for c in name.lower() if c not in " -_\t\n")


def _api_terms(model: Model, facts: Facts) -> list[tuple[Licence, str | None]]:
    """Return the terms of the first seller; of what nobody sells no terms are known."""
    if not model.offers:
        return []
    seller = next((facts.sellers[o.seller] for o in model.offers if o.seller in facts.sellers), None)
    terms = facts.licences.get(seller.terms if seller else "closed-api")
    return [(terms, None)] if terms else []


def licence_chain(model: Model, facts: Facts) -> list[tuple[Licence, str | None]]:
    """Return the licence of a model's weights and of every base model under them, with how each copy was read."""
    found: list[tuple[Licence, str | None]] = []
    seen: set[str] = set()
    current: Model | None = model
    while current and current.weights and current.id not in seen:
        seen.add(current.id)
        licence = facts.licences.get(current.weights.licence.value)
        if licence is None:
            return []
        found.append((licence, current.weights.licence_text_read))
        current = facts.models.get(current.weights.base_model or "")
    return found
