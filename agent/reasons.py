"""Why a pick, the strongest argument against it, and what to mind: statements, each with its source."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..knowledge.schema import Seller
from .advice import Cost, Evidence, EvidenceItem, Hardware, LicenseCheck, Lifecycle, Params, Statement
from .citations import catalog_key
from .findings import context_fit, row_of
from .need import SENSITIVE
from .options import Row
from .picks import Chosen
from .rules import seller_of, signs
from .score import Scored
from .shortlist import Shortlist, unknown_passed

LONG = 64_000
SHORT_LIFE_MONTHS = 6
CLEARLY_DEARER = 1.3
LOW_PLACE, TELLING_TABLE = 0.4, 20
MOST_TIED = 3


@dataclass(frozen=True, eq=False)
class Bench:
    """The findings of one pick, handed to the functions that turn them into statements."""

    found: Shortlist
    scored: Scored
    chosen: Chosen
    picks: tuple[Chosen, ...]
    cost: Cost
    license: LicenseCheck
    hardware: Hardware | None
    lifecycle: Lifecycle
    evidence: Evidence

    @property
    def option(self) -> int:
        """The option's number."""
        return self.chosen.option

    @property
    def row(self) -> Row:
        """The records behind the option."""
        return row_of(self.found, self.option)

    @property
    def name(self) -> str:
        """The model's printed name."""
        return self.row.model.name

    @property
    def seller(self) -> Seller | None:
        """Who sells the option; None for weights."""
        return seller_of(self.found.case, self.row)


def reasons(b: Bench) -> tuple[Statement, ...]:
    """Return what speaks for the pick: evidence first, then the constraints that it meets and the money."""
    return tuple(statement for make in _REASONS for statement in make(b))


def _by_evidence(b: Bench) -> Iterator[Statement]:
    favourable = [i for i in sorted(b.evidence.items, key=lambda i: -i.weight) if i.signal >= 0.5]
    kind = b.evidence.kind
    if kind == "inherited":
        yield Statement(
            text_id="reason.inherited", params={"model": b.name, "from": b.evidence.models}, cites=_lineage_cites(b)
        )
    yield from (item.statement for item in favourable[:2])
    if kind == "none":
        yield Statement(text_id="reason.no_figures", params={"model": b.name}, cites=_identity_cites(b))


def _lineage_cites(b: Bench) -> tuple[str, ...]:
    if b.row.model.predecessor:
        return (catalog_key(b.row.model, "predecessor"),)
    return b.evidence.items[0].cites if b.evidence.items else _identity_cites(b)


def _identity_cites(b: Bench) -> tuple[str, ...]:
    model = b.row.model
    return (catalog_key(model, "released"),) if model.released else b.license.cites or b.cost.cites


def _by_license(b: Bench) -> Iterator[Statement]:
    if b.row.offer is None or b.found.need.asked("commercial", "mau", "osi_license", "fine_tune"):
        params: Params = {"model": b.name, "license": b.license.name, "verdict": b.license.verdict}
        yield Statement(text_id="reason.license", params=params, cites=b.license.cites)


def _by_privacy(b: Bench) -> Iterator[Statement]:
    if b.row.offer is None and b.found.need.asked("on_prem", "data_sensitivity"):
        yield Statement(
            text_id="reason.stays_inside",
            params={"model": b.name},
            cites=(catalog_key(b.row.model, "weights.downloadable"),),
        )


def _by_hardware(b: Bench) -> Iterator[Statement]:
    h = b.hardware
    if h and b.cost.basis == "owned_hardware":
        params: Params = {
            "total_gb": h.total_gb,
            "weights_gb": h.weights_gb,
            "kv_gb": h.kv_gb,
            "overhead_gb": h.overhead_gb,
            "capacity_gb": h.capacity_gb,
            "gpu": h.gpu,
            "gpus": h.gpus,
            "precision": b.row.option.precision,
            "concurrency": h.concurrency,
        }
        yield Statement(text_id="reason.fits_hardware", params=params, cites=h.cites)


def _by_context(b: Bench) -> Iterator[Statement]:
    fit = context_fit(b.found, b.option)
    if fit.status == "met" and fit.has is not None:
        yield Statement(text_id="reason.context", params={"required": fit.required, "has": fit.has}, cites=fit.cites)


def _by_cost(b: Bench) -> Iterator[Statement]:
    if b.cost.monthly_usd is None or b.cost.basis == "owned_hardware":
        return
    params: Params = {
        "monthly": float(b.cost.monthly_usd),
        "requests": b.found.need.requests,
        "seller": b.cost.seller,
        "effort": b.cost.effort,
        "reasoning": b.cost.reasoning_tokens,
        "budget": b.found.need.budget_usd,
    }
    kind = "reason.cost_in_budget" if b.found.need.budget_usd else f"reason.cost_{b.cost.basis}"
    yield Statement(text_id=kind, params=params, cites=b.cost.cites)


def _by_latency(b: Bench) -> Iterator[Statement]:
    measured = float(b.found.economics.seconds_measured[b.option])
    if not b.found.need.asked("latency_seconds", "realtime"):
        return
    seconds = float(b.found.economics.seconds[b.option]) if np.isnan(measured) else measured
    kind = "estimated" if np.isnan(measured) else "measured"
    params: Params = {"seconds": round(seconds, 1), "limit": b.found.need.patience, "effort": b.cost.effort}
    cites = ("default/tokens_per_second",) if kind == "estimated" else (_seconds_key(b),)
    yield Statement(text_id=f"reason.latency_{kind}", params=params, cites=cites)


def _seconds_key(b: Bench) -> str:
    number = next(n for n, s in enumerate(b.row.model.seconds) if s.effort == b.row.option.effort)
    return catalog_key(b.row.model, f"seconds.{number}.seconds")


def _by_language(b: Bench) -> Iterator[Statement]:
    listed = b.row.model.languages
    if listed and b.found.need.asked("languages") and set(b.found.need.languages) <= set(listed.supported):
        params: Params = {"model": b.name, "languages": b.found.need.languages}
        yield Statement(text_id="reason.language", params=params, cites=(catalog_key(b.row.model, "languages"),))


def _by_tie(b: Bench) -> Iterator[Statement]:
    if b.chosen.tied:
        names = dict.fromkeys(row_of(b.found, option).model.name for option in b.chosen.tied)
        params = {"models": tuple(names)[:MOST_TIED], "more": max(len(names) - MOST_TIED, 0) or None}
        yield Statement(text_id="reason.tied", params=params, cites=("default/tie",))


_REASONS: tuple[Callable[[Bench], Iterator[Statement]], ...] = (
    _by_evidence,
    _by_privacy,
    _by_license,
    _by_hardware,
    _by_context,
    _by_cost,
    _by_latency,
    _by_language,
    _by_tie,
)


def against(b: Bench) -> Statement:
    """Return the strongest argument against the pick: the first that holds, gravest first."""
    return next(statement for make in _AGAINST for statement in make(b))


def _short_life(b: Bench) -> Iterator[Statement]:
    left = b.lifecycle.months_left
    if left is not None and left < SHORT_LIFE_MONTHS:
        params: Params = {"until": str(b.lifecycle.until), "months": left, "successor": b.lifecycle.successor}
        yield Statement(text_id="against.short_life", params=params, cites=b.lifecycle.cites)


def _preview(b: Bench) -> Iterator[Statement]:
    if b.lifecycle.status == "preview":
        yield Statement(text_id="against.preview", params={"model": b.name}, cites=b.lifecycle.cites)


def _unmeasured(b: Bench) -> Iterator[Statement]:
    if b.evidence.kind == "inherited":
        yield Statement(
            text_id="against.inherited", params={"model": b.name, "from": b.evidence.models}, cites=_lineage_cites(b)
        )
    if b.evidence.kind == "none":
        yield Statement(text_id="against.no_figures", params={"model": b.name}, cites=_identity_cites(b))


def _measured_low(b: Bench) -> Iterator[Statement]:
    poor = min((i for i in b.evidence.items if _tells_against(b, i)), key=lambda i: i.signal, default=None)
    if poor is not None:
        yield Statement(text_id="against.figure", params=poor.statement.params, cites=poor.cites)


def _tells_against(b: Bench, item: EvidenceItem) -> bool:
    """Whether an item is a low place in a table of some size, at the option's own effort."""
    said = item.statement.params
    if item.statement.text_id != "evidence.figure" or item.signal >= LOW_PLACE or said["model"] != b.name:
        return False
    own = said["effort"] in (b.row.option.effort, "unstated")
    return own and isinstance(said["of"], int) and said["of"] >= TELLING_TABLE


def _dearer(b: Bench) -> Iterator[Statement]:
    money, mine = b.found.economics.monthly, float(b.cost.monthly_usd or 0)
    for other in b.picks:
        cost = float(money[other.option])
        if other.option != b.option and cost > 0 and mine / cost >= CLEARLY_DEARER:
            params: Params = {
                "model": b.name,
                "other": row_of(b.found, other.option).model.name,
                "times": round(mine / cost, 1),
            }
            other_price = row_of(b.found, other.option).option.price_id
            yield Statement(
                text_id="against.dearer",
                params=params,
                cites=(*b.cost.cites, *([f"price/{other_price}"] if other_price else [])),
            )


def _critic(b: Bench) -> Iterator[Statement]:
    said = (i for i in b.evidence.items if i.signal < 0.5)
    poor = [i for i in said if i.statement.text_id == "claim" or _tells_against(b, i)]
    if poor:
        item = max(poor, key=lambda i: i.weight)
        yield Statement(text_id="against.said", params=item.statement.params, cites=item.cites)


def _single_card(b: Bench) -> Iterator[Statement]:
    if b.hardware and b.hardware.gpus == 1 and b.found.need.said.device not in ("phone", "laptop", "edge"):
        yield Statement(text_id="against.single_card", params={"gpu": b.hardware.gpu}, cites=b.hardware.cites)


def _weaker(b: Bench) -> Iterator[Statement]:
    task = b.scored.part("task")
    better = max(b.picks, key=lambda p: float(task[p.option]))
    if better.option != b.option:
        params: Params = {
            "model": b.name,
            "other": row_of(b.found, better.option).model.name,
            "mine": round(float(task[b.option]), 2),
            "theirs": round(float(task[better.option]), 2),
        }
        cites = tuple(c for item in b.evidence.items[:1] for c in item.cites) or _identity_cites(b)
        yield Statement(text_id="against.weaker", params=params, cites=cites)


def _thin(b: Bench) -> Iterator[Statement]:
    cites = tuple(c for item in b.evidence.items[:1] for c in item.cites) or _identity_cites(b)
    yield Statement(text_id="against.own_test", params={"model": b.name, "figures": len(b.evidence.items)}, cites=cites)


_AGAINST: tuple[Callable[[Bench], Iterator[Statement]], ...] = (
    _short_life,
    _preview,
    _measured_low,
    _unmeasured,
    _dearer,
    _critic,
    _single_card,
    _weaker,
    _thin,
)


def risks(b: Bench) -> tuple[Statement, ...]:
    """Return what is unknown or can change: one line each, with where it is stated."""
    return tuple(statement for make in _RISKS for statement in make(b))


def _unknowns(b: Bench) -> Iterator[Statement]:
    for rule in unknown_passed(b.found, b.option):
        cites = ("default/tokens_per_second",) if rule == "latency" else _identity_cites(b)
        yield Statement(
            text_id=f"risk.unknown_{rule}", params={"model": b.name, "seller": b.row.option.seller}, cites=cites
        )


def _sign_first(b: Bench) -> Iterator[Statement]:
    kinds = b.found.need.said.data_sensitivity or frozenset()
    if b.seller and kinds & (SENSITIVE | {"pii", "minors"}):
        health = "phi" in kinds or "baa" in (b.found.need.said.agreements or ())
        for paper in ("baa", "dpa", "zero_retention"):
            if signs(b.seller, paper) and (health or paper != "baa"):
                params: Params = {"seller": b.seller.name, "paper": paper}
                yield Statement(
                    text_id="risk.sign_first", params=params, cites=(f"seller/{b.seller.id}/papers.{paper}",)
                )


def _retention(b: Bench) -> Iterator[Statement]:
    if b.seller and b.seller.retention and b.found.need.asked("data_sensitivity"):
        params: Params = {"seller": b.seller.name, "retention": b.seller.retention.value}
        yield Statement(text_id="risk.retention", params=params, cites=(f"seller/{b.seller.id}/retention",))


def _unread(b: Bench) -> Iterator[Statement]:
    if b.license.text_read != "full":
        params: Params = {"license": b.license.name, "read": b.license.text_read}
        yield Statement(text_id="risk.license_unread", params=params, cites=b.license.cites)


def _price_moves(b: Bench) -> Iterator[Statement]:
    for start, usd in b.cost.changes:
        params: Params = {"date": start.isoformat(), "monthly": float(usd), "now": float(b.cost.monthly_usd or 0)}
        yield Statement(text_id="risk.price_change", params=params, cites=b.cost.cites)
    if b.row.rate and b.row.rate.peak_differs:
        yield Statement(text_id="risk.peak_price", params={"seller": b.cost.seller}, cites=b.cost.cites)


def _thinking(b: Bench) -> Iterator[Statement]:
    model, effort = b.row.model, b.row.option.effort
    if b.cost.reasoning_tokens and effort not in model.reasoning_tokens:
        params: Params = {"tokens": b.cost.reasoning_tokens, "effort": effort}
        yield Statement(text_id="risk.reasoning_assumed", params=params, cites=("default/reasoning_tokens",))


def _ends(b: Bench) -> Iterator[Statement]:
    left = b.lifecycle.months_left
    if left is not None and left >= SHORT_LIFE_MONTHS:
        yield Statement(
            text_id="risk.ends", params={"until": str(b.lifecycle.until), "months": left}, cites=b.lifecycle.cites
        )


def _claimed_window(b: Bench) -> Iterator[Statement]:
    if b.row.window and b.found.need.input > LONG:
        if measured := b.row.model.window and b.row.model.window.effective:
            params: Params = {"effective": measured.value}
            yield Statement(
                text_id="risk.effective_window", params=params, cites=(catalog_key(b.row.model, "window.effective"),)
            )
        else:
            yield Statement(
                text_id="risk.claimed_window", params={"model": b.name}, cites=context_fit(b.found, b.option).cites
            )


def _uncertain_fit(b: Bench) -> Iterator[Statement]:
    fit = context_fit(b.found, b.option)
    if fit.status == "unknown":
        yield Statement(
            text_id="risk.uncertain_window", params={"required": fit.required, "has": fit.has}, cites=fit.cites
        )


def _no_failover(b: Bench) -> Iterator[Statement]:
    if (
        b.hardware
        and b.hardware.gpus == 1
        and b.cost.basis == "owned_hardware"
        and b.found.need.said.device not in ("phone", "laptop", "edge")
    ):
        yield Statement(text_id="risk.no_failover", params={"gpu": b.hardware.gpu}, cites=b.hardware.cites)


def _china_filing(b: Bench) -> Iterator[Statement]:
    r = b.found.need.said
    if r.fine_tune and "CN" in (r.users_region, r.company_region):
        yield Statement(text_id="risk.china_filing", params={}, cites=("source/domain-2026-11-21",))


_RISKS: tuple[Callable[[Bench], Iterator[Statement]], ...] = (
    _unknowns,
    _sign_first,
    _retention,
    _unread,
    _price_moves,
    _thinking,
    _ends,
    _claimed_window,
    _uncertain_fit,
    _no_failover,
    _china_filing,
)

__all__ = ["Bench", "against", "reasons", "risks"]
