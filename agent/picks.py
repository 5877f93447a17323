"""Which of the options that are left are recommended: the best, another family's best, a cheaper one."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..knowledge.facts import Facts
from .options import Ints
from .rules import MET
from .score import Scored
from .shortlist import Shortlist

Role = Literal["first_choice", "alternative", "budget", "hard_questions"]
TIE_TOTAL, TIE_TASK = 0.02, 0.05
NEAR = 0.05
WORTH_A_SWAP = 0.9
TWICE = 2.0
CHEAPER, WITHIN = 0.7, 0.10
FIRST_LIFE_MONTHS, OTHER_LIFE_MONTHS = 6.0, 3.0
SOMETHING = 0.1  # strength of evidence below which an order rests on size and age alone
HARDWARE_FIELDS = ("gpu", "gpu_count", "gpu_mem_gb", "ram_gb", "device")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One pick: the option's number, its role, and the options as good as tied with it, the best first."""

    option: int
    role: Role
    tied: tuple[int, ...] = ()


def ranked(found: Shortlist, scored: Scored) -> Ints:
    """Return open options by total to four places, cost, strength, age, the maker before other sellers, id."""
    numbers = np.flatnonzero(found.open)
    options = found.options
    cost = np.round(np.nan_to_num(found.economics.expected[numbers], nan=np.inf), 2)
    keys = (
        options.name_order[numbers],
        options.listing[numbers],
        options.age_years[numbers],
        -scored.strength[numbers],
        cost,
        -np.round(scored.total[numbers], 4),
    )
    ordered = numbers[np.lexsort(keys)]
    return _break_ties(found, scored, ordered)


def _known(cost: float) -> float:
    return float("inf") if np.isnan(cost) else round(float(cost), 2)


def tied_with_leader(scored: Scored, ordered: Ints) -> tuple[int, ...]:
    """Return those of the ordered options that are as good as the leader, itself left out."""
    if len(ordered) == 0:
        return ()
    return tuple(int(number) for number in ordered[_ties(scored, ordered, scored.part("task"))][1:])


def _ties(scored: Scored, ordered: Ints, task: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.bool_]":
    total = scored.total[ordered]
    return np.asarray((total[0] - total <= TIE_TOTAL) & (task[ordered[0]] - task[ordered] <= TIE_TASK))


def _break_ties(found: Shortlist, scored: Scored, ordered: Ints) -> Ints:
    """Put first, of those as good as tied, what meets most wishes, then the cheapest where it is cheaper by a tenth.

    Whoever asks for quality first is not offered the cheaper one. The rest stays in order.
    """
    if len(ordered) == 0:
        return ordered
    cost = found.economics.expected
    tied = ordered[_ties(scored, ordered, scored.part("task"))]
    met = _wishes_met(found, tied)
    wished = tied[met == met.max()]
    best = wished[np.argmin(np.round(np.nan_to_num(cost[wished], nan=np.inf), 2))]
    frugal = found.need.said.quality_priority != "quality"
    if not frugal or _known(cost[best]) > WORTH_A_SWAP * _known(cost[wished[0]]):
        best = wished[0]
    return np.concatenate((np.array([best], dtype=np.int64), ordered[ordered != best]))


def _wishes_met(found: Shortlist, numbers: Ints) -> Ints:
    """Count the soft wishes that each option meets: how it is had, and a seller on a platform in use already."""
    r, options = found.need.said, found.options
    stacks = set(r.existing_stack or ())
    sellers = options.groups["seller"]
    on_stack = np.array([bool(stacks & _stacks(options.facts, options.rows[n].option.seller)) for n in sellers.firsts])
    as_wished = {"api": options.is_api[numbers], "self_host": ~options.is_api[numbers]}
    return np.asarray(on_stack[sellers.of[numbers]].astype(np.int64) + (as_wished[r.prefer] if r.prefer else 0))


def _stacks(facts: Facts, seller: str | None) -> frozenset[str]:
    known = facts.sellers.get(seller or "")
    return frozenset(known.stacks) if known else frozenset()


def choose(found: Shortlist, scored: Scored) -> tuple[Chosen, ...]:
    """Two or three picks, each of another model and at most one of a family unless nothing else is left."""
    ordered = _best_of_each_model(found, ranked(found, scored))
    living = ordered[found.options.months_left[ordered] >= life_floor(found)]
    if len(living) == 0:
        return ()
    first = int(_on_evidence(found, scored, _with_papers(found, scored, living))[0])
    rest = ordered[(ordered != first) & (found.options.months_left[ordered] >= OTHER_LIFE_MONTHS)]
    tied = tied_with_leader(scored, np.array([first, *rest], dtype=np.int64))
    picks = [Chosen(first, "first_choice", tied)]
    second = _alternative(found, scored, first, rest)
    if second is not None:
        picks.append(Chosen(second, "alternative"))
    third = _third(found, scored, [p.option for p in picks], rest)
    return (*picks, third) if third else tuple(picks)


def _with_papers(found: Shortlist, scored: Scored, living: Ints) -> Ints:
    """Put sellers known to sign what the data needs before those of whom it is not known, where they are near."""
    rule = next((number for number, rule in enumerate(found.rules) if rule.name == "privacy"), None)
    if rule is None:
        return living
    near = scored.total[living[0]] - scored.total[living] <= WITHIN
    signed = (found.status[rule][living] == MET) & near
    return living[signed] if signed.any() else living


def _on_evidence(found: Shortlist, scored: Scored, living: Ints) -> Ints:
    """Put what was measured, and is no year old, before a leader of which nothing is known, where they are tied."""
    known = scored.strength[living] >= SOMETHING
    tied = scored.total[living[0]] - scored.total[living] <= TIE_TOTAL
    better = known & tied & (found.options.age_years[living] <= 1)
    return living[better] if not known[0] and better.any() else living


def _best_of_each_model(found: Shortlist, ordered: Ints) -> Ints:
    _, first = np.unique(found.options.model[ordered], return_index=True)
    return np.asarray(ordered[np.sort(first)])


def life_floor(found: Shortlist) -> float:
    """Months of life that a first choice needs."""
    return found.need.horizon_months if found.need.asked("horizon_months") else FIRST_LIFE_MONTHS


def _alternative(found: Shortlist, scored: Scored, first: int, rest: Ints) -> int | None:
    """Return the best of another family; the other kind first where it is near in score and at most twice the cost."""
    family, is_api = found.options.groups["family"].of, found.options.is_api
    others = rest[family[rest] != family[first]]
    if len(others) == 0:
        return None
    other_kind = others[is_api[others] != is_api[first]]
    if len(other_kind) and _worth_offering(found, scored, first, int(other_kind[0])):
        return int(other_kind[0])
    return int(others[0])


def _worth_offering(found: Shortlist, scored: Scored, first: int, other: int) -> bool:
    near = scored.total[first] - scored.total[other] <= NEAR
    cost = found.economics.expected
    hardware = any(found.need.asked(field) for field in HARDWARE_FIELDS)
    return bool(near and (_known(cost[other]) <= TWICE * _known(cost[first]) or hardware))


def _third(found: Shortlist, scored: Scored, taken: list[int], rest: Ints) -> Chosen | None:
    """Return the best much cheaper one, the cheapest so far, and nearly as good; else the best of a third family."""
    task, family, first = scored.part("task"), found.options.groups["family"].of, taken[0]
    cost = np.round(np.nan_to_num(found.economics.expected, nan=np.inf), 2)
    left = rest[~np.isin(rest, taken)]
    near = (scored.total[first] - scored.total[left] <= WITHIN) & (task[first] - task[left] <= WITHIN)
    limit = min(CHEAPER * cost[first], *(cost[other] for other in taken))
    cheap = left[near & (cost[left] <= limit) & (cost[first] > 0)]
    if len(cheap):
        return Chosen(int(cheap[0]), "budget")
    third = left[~np.isin(family[left], family[taken])]
    return Chosen(int(third[0]), "alternative") if len(third) and len(taken) == 2 else None
