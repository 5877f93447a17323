"""Splitting the traffic: easy requests to the cheap first choice, hard ones to a clearly stronger model."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from ..tools.routing import Leg, split
from .advice import Params, Routing, Statement
from .citations import claim_keys
from .findings import CENT, price_cites, row_of, volume_of
from .loads import monthly_at
from .need import HIGH_VOLUME
from .picks import FIRST_LIFE_MONTHS, TIE_TASK, Chosen
from .score import Scored
from .shortlist import Shortlist

CLEARLY_STRONGER = 0.10
SHARE_RULE, HARD_RULE, RANGE_RULE = "000/router-open-share", "000/router-closed-share", "000/hybrid-open-share"


@dataclass(frozen=True, slots=True)
class Plan:
    """Two options that share the traffic."""

    cheap: int
    strong: int
    share: float


def plan_split(found: Shortlist, scored: Scored, chosen: tuple[Chosen, ...]) -> Plan | None:
    """Return a split where the articles' rule fires: much traffic or cost first, and a clearly stronger model is open.

    The strong option meets every requirement for the whole volume, so that no constraint rests on the split.
    """
    need, claim = found.need, found.options.facts.claims.get(SHARE_RULE)
    large = need.asked("monthly_requests") and need.requests >= HIGH_VOLUME
    frugal = need.said.quality_priority == "cost"
    if not chosen or claim is None or not (large or frugal) or need.said.quality_priority == "quality":
        return None
    strong = _strongest(found, scored, chosen[0].option)
    if strong is None:
        return None
    plan = Plan(chosen[0].option, strong, float(claim.value))
    costs = _split_usd(found, plan, plan.share), monthly_at(found, strong, Decimal(1))
    return plan if None not in costs and costs[0] < costs[1] else None  # type: ignore[operator]


def _strongest(found: Shortlist, scored: Scored, first: int) -> int | None:
    """Return the cheapest of those as good as tied for the best task value, if that is clearly above the first's."""
    task, monthly = scored.part("task"), found.economics.monthly
    lasting = found.open & (found.options.months_left >= FIRST_LIFE_MONTHS) & (monthly > monthly[first])
    numbers = np.flatnonzero(lasting & (task >= task[first] + CLEARLY_STRONGER))
    if not len(numbers):
        return None
    best = numbers[task[numbers] >= task[numbers].max() - TIE_TASK]
    return int(min(best, key=lambda n: (float(monthly[n]), -float(task[n]), found.options.names[n])))


def _split_usd(found: Shortlist, plan: Plan, share: float) -> Decimal | None:
    """USD a month with a share of easy requests; rented cards are counted anew for what each model gets."""
    easy = Decimal(str(share))
    cheap, strong = row_of(found, plan.cheap).rate, row_of(found, plan.strong).rate
    if cheap and strong:
        legs = Leg(cheap, volume_of(found, plan.cheap)), Leg(strong, volume_of(found, plan.strong))
        return split(*legs, requests=found.need.requests, hard_share=1 - easy).monthly
    parts = monthly_at(found, plan.cheap, easy), monthly_at(found, plan.strong, 1 - easy)
    return None if parts[0] is None or parts[1] is None else parts[0] + parts[1]


def with_strong(chosen: tuple[Chosen, ...], found: Shortlist, plan: Plan | None) -> tuple[Chosen, ...]:
    """Add the strong model as a pick for hard questions, unless its model is a pick already."""
    if plan is None:
        return chosen
    picked = {int(found.options.model[c.option]) for c in chosen}
    known = int(found.options.model[plan.strong]) in picked
    return chosen if known else (*chosen, Chosen(plan.strong, "hard_questions"))


def routing_of(found: Shortlist, scored: Scored, plan: Plan | None) -> Routing | None:
    """Return what the split costs and saves, with the rule behind its share and what another rule would cost."""
    if plan is None:
        return None
    mixed, strong = _split_usd(found, plan, plan.share), monthly_at(found, plan.strong, Decimal(1))
    assert mixed is not None
    assert strong is not None
    return Routing(
        cheap=row_of(found, plan.cheap).model.name,
        strong=row_of(found, plan.strong).model.name,
        share=plan.share,
        monthly_usd=mixed.quantize(CENT),
        saves_usd=(strong - mixed).quantize(CENT),
        sides=_sides(found, scored, plan),
        cites=(*price_cites(found, plan.cheap), *price_cites(found, plan.strong)),
    )


def _sides(found: Shortlist, scored: Scored, plan: Plan) -> tuple[Statement, ...]:
    facts, task = found.options.facts, scored.part("task")
    rule = tuple(key for claim in (SHARE_RULE, HARD_RULE) if claim in facts.claims for key in claim_keys(claim, facts))
    params: Params = {
        "strong": row_of(found, plan.strong).model.name,
        "cheap": row_of(found, plan.cheap).model.name,
        "theirs": round(float(task[plan.strong]), 2),
        "mine": round(float(task[plan.cheap]), 2),
    }
    return (
        Statement(text_id="strategy.rule", params={"share": plan.share, "rest": round(1 - plan.share, 4)}, cites=rule),
        *_other_rule(found, plan),
        Statement(text_id="strategy.stronger", params=params, cites=("default/task_value",)),
        Statement(text_id="strategy.test", params={}, cites=("default/test_plan",)),
    )


def _other_rule(found: Shortlist, plan: Plan) -> tuple[Statement, ...]:
    claim = found.options.facts.claims.get(RANGE_RULE)
    if claim is None or not isinstance(claim.value, list | tuple):
        return ()
    low, high = (float(x) for x in claim.value)
    dear, cheap = _split_usd(found, plan, low), _split_usd(found, plan, high)
    params: Params = {"least": low, "most": high, "low": _usd(cheap), "high": _usd(dear)}
    return (Statement(text_id="strategy.range", params=params, cites=claim_keys(RANGE_RULE, found.options.facts)),)


def _usd(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount.quantize(CENT))
