"""The table of hard rules: each says 1 met, 0 failed or -1 unknown for every option, and what unknown means."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..knowledge.facts import Facts
from ..knowledge.regions import touches, within
from ..knowledge.schema import Model, Seller
from ..tools.context import WindowFit, check_window, estimate_tokens
from ..tools.license import LicenseVerdict, Use, combine, judge
from .economics import Economics
from .need import SENSITIVE, Need
from .options import Options, Row, capabilities

Status = npt.NDArray[np.int8]
MET, FAILED, UNKNOWN = 1, 0, -1
ENGINE_FEATURES = frozenset({"batch", "prompt_cache", "streaming", "structured_output"})
SELLER_FEATURES = frozenset({"web_search", "vendor_fine_tune"})
PAPERS_FOR = {
    "phi": ("baa", "zero_retention"),
    "financial": ("dpa", "zero_retention"),
    "pii": ("dpa",),
    "minors": ("dpa",),
}


@dataclass(frozen=True, eq=False)
class Case:
    """All that a rule may look at."""

    options: Options
    need: Need
    economics: Economics
    licenses: dict[tuple[str, tuple[tuple[str, str | None], ...]], LicenseVerdict]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table; `always` rules hold whether or not a field was said."""

    name: str
    fields: tuple[str, ...]
    check: Callable[[Case], Status]
    unknown_fails: bool
    always: bool = False


def active(rule: Rule, need: Need) -> bool:
    """Say whether one of the rule's fields was said, or the rule always holds."""
    return rule.always or need.asked(*rule.fields)


def _by(group: str, test: Callable[[Case, Row], bool | None]) -> Callable[[Case], Status]:
    """Return a rule that asks one row of each group: efforts and precisions of an offer share the answer."""

    def check(case: Case) -> Status:
        options, rows = case.options, case.options.groups[group]
        answers = [test(case, options.rows[first]) for first in rows.firsts]
        codes = np.array([UNKNOWN if a is None else MET if a else FAILED for a in answers], dtype=np.int8)
        return np.asarray(codes[rows.of])

    return check


def license_use(need: Need, *, api: bool) -> Use:
    """Return the use that a need stands for; commercial unless the person said otherwise."""
    r = need.said
    commercial = r.commercial is not False
    return Use(
        commercial=commercial, production=commercial, mau=r.mau, annual_revenue_usd=r.annual_revenue_usd,
        region=r.company_region, fine_tune=r.fine_tune, modified=r.fine_tune, redistribute=bool(r.redistribute),
        api=api,
    )  # fmt: skip


def license_of(case: Case, row: Row) -> LicenseVerdict:
    """Return the verdict for an option, once for each chain of licences: the weights' own, or the seller's terms."""
    key = (row.option.kind, row.licences)
    if key not in case.licenses:
        use = license_use(case.need, api=row.offer is not None)
        case.licenses[key] = _judged(row.licences, use, case.options.facts)
    return case.licenses[key]


@lru_cache(maxsize=4_096)
def _judged(licences: tuple[tuple[str, str | None], ...], use: Use, facts: Facts) -> LicenseVerdict:
    known = facts.licences
    return combine([judge(known[i], use, read) for i, read in licences if i in known])


def _license(case: Case, row: Row) -> bool | None:
    verdict = license_of(case, row).verdict
    return None if verdict == "unknown" else verdict != "forbidden"


def _kind(case: Case, row: Row) -> bool | None:
    r, api = case.need.said, row.option.kind == "api"
    if r.api_only and not api:
        return False
    if (r.open_weights or r.osi_license) and api:
        return False
    if r.osi_license:
        licences = license_of(case, row).licences
        return None if not licences else all(licence.osi for licence in licences)
    if r.fine_tune and api:
        return "vendor_fine_tune" in capabilities(row)
    return True


def seller_of(case: Case, row: Row) -> Seller | None:
    """Who sells the option; None for weights."""
    return case.options.facts.sellers.get(row.offer.seller) if row.offer else None


def _seller(case: Case, row: Row) -> bool | None:
    if row.offer is None:
        return True
    seller, r = seller_of(case, row), case.need.said
    if seller is None:
        return None
    served = [serves(seller, region) for region in (r.users_region, r.company_region) if region]
    if r.ownership_region and seller.ownership_refused:
        served.append(not touches(r.ownership_region, frozenset(seller.ownership_refused.value)))
    return False if False in served else None if None in served else True


def serves(seller: Seller, region: str) -> bool | None:
    """Whether a seller serves a region; None where it does not say."""
    if seller.not_served and touches(region, frozenset(seller.not_served.value)):
        return False
    return within(region, frozenset(seller.served.value)) if seller.served else None


def _privacy(case: Case, row: Row) -> bool | None:
    if row.offer is None:
        return True
    r, seller = case.need.said, seller_of(case, row)
    kinds = r.data_sensitivity or frozenset()
    if r.on_prem or "classified" in kinds:
        return False
    if r.data_region and not resident(seller, r.data_region):
        return False
    gated = kinds & SENSITIVE or (kinds & {"pii", "minors"} and r.on_prem is not False)
    if (
        gated
        and "CN" in (r.company_region, r.users_region, r.data_region)
        and (seller is None or seller.country != "CN")
    ):
        return False
    papers = {p for kind in kinds if gated for p in PAPERS_FOR.get(kind, ())} | (r.agreements or frozenset())
    signed = [signs(seller, paper) for paper in papers]
    return False if False in signed else None if None in signed else True


def resident(seller: Seller | None, region: str) -> bool:
    """Whether a seller's papers say that data stays in a region; sitting there is no promise."""
    if seller is None or seller.papers.residency is None:
        return False
    return within(region, frozenset(seller.papers.residency.value))


def signs(seller: Seller | None, paper: str) -> bool | None:
    """Whether a seller signs a paper; None where nobody says."""
    value = getattr(seller.papers, paper, None) if seller else None
    if value is None:
        return None
    return bool(value.value)


def _vendor(case: Case, row: Row) -> bool | None:
    return refused_name(case, row) is None


def refused_name(case: Case, row: Row) -> str | None:
    """Return the field by which an option's model, vendor, seller or country is refused; None where none does."""
    r, model, facts = case.need.said, row.model, case.options.facts
    vendor = facts.vendors[model.id]
    if r.models_only and not any(names(model, facts.family_names, wanted) for wanted in r.models_only):
        return "models_only"
    if r.models_excluded and any(names(model, facts.family_names, wanted) for wanted in r.models_excluded):
        return "models_excluded"
    makers = {vendor.id, vendor.name.lower()} | ({row.offer.seller} if row.offer else set())
    if r.vendors_excluded and any(_named(wanted, makers) for wanted in r.vendors_excluded):
        return "vendors_excluded"
    seller = seller_of(case, row)
    countries = frozenset({vendor.country, *([seller.country] if seller else [])})
    refused = any(touches(country, countries) for country in r.vendor_countries_excluded or ())
    return "vendor_countries_excluded" if refused else None


def _named(wanted: str, makers: set[str]) -> bool:
    return any(wanted == maker or wanted in maker.split() or maker in wanted.split() for maker in makers)


def names(model: Model, families: "dict[str, str] | object", wanted: str) -> bool:
    """Whether the words name this model, one of its aliases, or its family."""
    flat = _flat(wanted)
    own = {_flat(n) for n in (model.id, model.name, *model.aliases)}
    family = (
        {_flat(model.family), _flat(str(families.get(model.family, "")))}
        if isinstance(families, dict)
        else {_flat(model.family)}
    )
    return flat in own or flat in family or any(name.startswith(flat) for name in own if len(flat) >= 4)


def _flat(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == ".")


def _lifecycle(case: Case) -> Status:
    return np.where(case.options.months_left >= 0, MET, FAILED).astype(np.int8)


def _task(case: Case, row: Row) -> bool | None:
    foreign = row.model.field is not None and row.model.field != case.need.field
    return row.tasks.issuperset(case.need.tasks) and not foreign


def _modality(case: Case, row: Row) -> bool | None:
    wanted = case.need.said.modalities or frozenset()
    given = {*row.model.modalities_in, *(f"{m}_output" for m in row.model.modalities_out)}
    return wanted <= given


def _capability(case: Case, row: Row) -> bool | None:
    wanted = case.need.said.capabilities or frozenset()
    has = capabilities(row)
    if row.offer is not None:
        return wanted <= has
    if wanted & SELLER_FEATURES:
        return False
    return True if wanted <= has | ENGINE_FEATURES else None


def _language(case: Case, row: Row) -> bool | None:
    listed = row.model.languages
    if listed is None:
        return None
    if set(case.need.languages) & set(listed.refused):
        return False
    return True if set(case.need.languages) <= set(listed.supported) else None


def _context(case: Case) -> Status:
    """`check_window` for all options at once; a property test holds the two equal."""
    options, need = case.options, case.need
    spoken = need.output + options.reasoning
    room = np.fmin(options.max_input, options.total - spoken)
    low, high = need.input * np.minimum(1.0, options.factor), need.input * np.maximum(1.0, options.factor)
    out = np.where(np.round(high) <= room, MET, np.where(np.round(low) <= room, UNKNOWN, FAILED))
    out = np.where(spoken > np.nan_to_num(options.max_output, nan=np.inf), FAILED, out)
    return np.where(np.isnan(options.total), UNKNOWN, out).astype(np.int8)


def window_fit(case: Case, number: int) -> WindowFit:
    """Return the window of an option held against the need's tokens."""
    need, options = case.need, case.options
    given = estimate_tokens(
        need.input, "tokens", chinese="en" not in need.languages, factor=float(options.factor[number])
    )
    return check_window(
        options.rows[number].window, given, output=need.output, reasoning=int(options.reasoning[number])
    )


def hardware_holds(case: Case) -> Status:
    """Say which options the hardware that was named holds and serves at peak."""
    need, options, money = case.need, case.options, case.economics
    out = np.full(len(options), MET, dtype=np.int8)
    owned = money.owned
    if owned is not None:
        gb = money.needed_gb
        out = np.where(np.isnan(gb), UNKNOWN, np.where(gb <= owned.usable_gb, MET, FAILED)).astype(np.int8)
        if need.asked("monthly_requests", "peak_rps"):
            peak = need.peak_rps * (need.output + options.reasoning)
            out[(out == MET) & (money.saturated < peak)] = FAILED
    elif need.asked("gpu", "gpu_count"):
        out[:] = UNKNOWN
    on_device = owned is not None and owned.kind != "gpu" and need.asked("ram_gb") and need.said.on_prem is not False
    out[options.is_api] = FAILED if on_device else MET
    limit = need.said.max_params_b
    if limit is not None:
        size = options.params_total
        out[np.isnan(size)] = UNKNOWN
        out[size > limit] = FAILED
    return out


def _latency(case: Case) -> Status:
    limit, money = case.need.patience, case.economics
    if case.need.said.latency_seconds is None and not case.need.said.realtime:
        return np.full(len(case.options), MET, dtype=np.int8)
    # An answer's length that nobody said does not eliminate an option that starts to speak at once.
    counted = case.need.asked("output_tokens") | (case.options.reasoning > 0)
    least = np.where(counted, money.seconds, money.seconds - case.need.output / case.options.speed)
    estimate = np.where(least > limit, FAILED, np.where(money.seconds * 2 <= limit, MET, UNKNOWN))
    known = np.where(money.seconds_measured <= limit, MET, FAILED)
    return np.where(np.isnan(money.seconds_measured), estimate, known).astype(np.int8)


def _budget(case: Case) -> Status:
    need, worst = case.need, case.economics.worst
    if need.budget_usd is None or not need.asked("monthly_requests"):
        # A currency without a dated rate is not checked, and the advice says so (assume.no_rate).
        return np.full(len(case.options), MET, dtype=np.int8)
    return np.where(np.isnan(worst), UNKNOWN, np.where(worst <= need.budget_usd + 1e-6, MET, FAILED)).astype(np.int8)


RULES: tuple[Rule, ...] = (
    Rule(
        "license",
        ("commercial", "mau", "annual_revenue_usd", "redistribute", "fine_tune"),
        _by("licences", _license),
        True,
        True,
    ),
    Rule("kind", ("open_weights", "osi_license", "api_only", "fine_tune"), _by("kind", _kind), True),
    Rule("seller", ("users_region", "company_region", "ownership_region"), _by("seller", _seller), True),
    Rule("privacy", ("on_prem", "data_sensitivity", "agreements", "data_region"), _by("seller", _privacy), False),
    Rule(
        "vendor",
        ("vendors_excluded", "vendor_countries_excluded", "models_excluded", "models_only"),
        _by("offer", _vendor),
        True,
    ),
    Rule("lifecycle", (), _lifecycle, True, True),
    Rule("task", ("task", "secondary_tasks"), _by("tasks", _task), True, True),
    Rule("modality", ("modalities",), _by("modalities", _modality), True),
    Rule("capability", ("capabilities",), _by("capabilities", _capability), False),
    Rule("language", ("languages",), _by("languages", _language), False),
    Rule("context", ("context_tokens", "input_tokens", "output_tokens"), _context, True),
    Rule("hardware", ("gpu", "gpu_count", "gpu_mem_gb", "ram_gb", "device", "max_params_b"), hardware_holds, True),
    Rule("latency", ("latency_seconds", "realtime"), _latency, False),
    Rule("budget", ("monthly_budget",), _budget, True),
)
