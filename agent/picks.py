"""Which of the options that are left are recommended: the best, another family's best, a cheaper one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from .options import Ints
from .score import Scored
from .shortlist import Shortlist

if TYPE_CHECKING:
    from .need import Need

Role = Literal["first_choice", "alternative", "budget", "hard_questions"]
TIE_TOTAL, TIE_TASK = 0.02, 0.05
NEAR = 0.05
WORTH_A_SWAP = 0.9
TWICE = 2.0
CHEAPER, WITHIN = 0.7, 0.10
FIRST_LIFE_MONTHS = 6.0
HARDWARE_FIELDS = ("gpu", "gpu_count", "gpu_mem_gb", "ram_gb", "device")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One pick: the option's number, its role, and the number of options as good as tied with it."""

    option: int
    role: Role
    tied: int = 0


def ranked(found: Shortlist, scored: Scored) -> Ints:
    """Return open options by total to four places, cost, strength, age, the maker before other sellers, id."""
    numbers = np.flatnonzero(found.open)
    options = found.options
    cost = np.round(np.nan_to_num(found.economics.monthly[numbers], nan=np.inf), 2)
    keys = (
        options.name_order[numbers],
        options.listing[numbers],
        options.age_years[numbers],
        -scored.strength[numbers],
        cost,
        -np.round(scored.total[numbers], 4),
    )
    ordered = numbers[np.lexsort(keys)]
    return _break_ties(found, scored, ordered) if found.need.said.quality_priority != "quality" else ordered


def _known(cost: float) -> float:
    return float("inf") if np.isnan(cost) else round(float(cost), 2)


def tied_with_leader(scored: Scored, ordered: Ints) -> int:
    """How many of the ordered options are as good as the leader."""
    if len(ordered) == 0:
        return 0
    task = scored.part("task")
    return int(np.sum(_ties(scored, ordered, task)))


def _ties(scored: Scored, ordered: Ints, task: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.bool_]":
    total = scored.total[ordered]
    return np.asarray((total[0] - total <= TIE_TOTAL) & (task[ordered[0]] - task[ordered] <= TIE_TASK))


def _break_ties(found: Shortlist, scored: Scored, ordered: Ints) -> Ints:
    """Put the cheapest of those as good as tied first, where it is cheaper by a tenth; the rest stays in order."""
    if len(ordered) == 0:
        return ordered
    cost = found.economics.monthly
    tied = ordered[_ties(scored, ordered, scored.part("task"))]
    best = min(tied, key=lambda n: _known(float(cost[n])))
    if _known(cost[best]) > WORTH_A_SWAP * _known(cost[ordered[0]]):
        return ordered
    return np.array([best, *(n for n in ordered if n != best)], dtype=np.int64)


def choose(found: Shortlist, scored: Scored) -> tuple[Chosen, ...]:
    """Two or three picks, each of another model and at most one of a family unless nothing else is left."""
    ordered = _best_of_each_model(found, ranked(found, scored))
    first = next((n for n in ordered if _lives(found, n)), None)
    if first is None:
        return ()
    tied = tied_with_leader(scored, np.array([first, *[n for n in ordered if n != first]], dtype=np.int64)) - 1
    picks = [Chosen(first, "first_choice", tied)]
    rest = [n for n in ordered if n != first]
    second = _alternative(found, scored, first, rest)
    if second is not None:
        picks.append(Chosen(second, "alternative"))
    third = _third(found, scored, [p.option for p in picks], rest)
    return (*picks, third) if third else tuple(picks)


def _best_of_each_model(found: Shortlist, ordered: Ints) -> list[int]:
    _, first = np.unique(found.options.model[ordered], return_index=True)
    return [int(n) for n in ordered[np.sort(first)]]


def _lives(found: Shortlist, number: int) -> bool:
    need: Need = found.need
    floor = need.horizon_months if need.asked("horizon_months") else FIRST_LIFE_MONTHS
    return bool(found.options.months_left[number] >= floor)


def _family(found: Shortlist, number: int) -> str:
    return found.options.rows[number].model.family


def _alternative(found: Shortlist, scored: Scored, first: int, rest: list[int]) -> int | None:
    """Return the best of another family; the other kind first where it is near in score and at most twice the cost."""
    others = [n for n in rest if _family(found, n) != _family(found, first)]
    if not others:
        return None
    other_kind = next((n for n in others if found.options.is_api[n] != found.options.is_api[first]), None)
    if other_kind is not None and _worth_offering(found, scored, first, other_kind):
        return other_kind
    return others[0]


def _worth_offering(found: Shortlist, scored: Scored, first: int, other: int) -> bool:
    near = scored.total[first] - scored.total[other] <= NEAR
    cost = found.economics.monthly
    hardware = any(found.need.asked(field) for field in HARDWARE_FIELDS)
    return bool(near and (_known(cost[other]) <= TWICE * _known(cost[first]) or hardware))


def _third(found: Shortlist, scored: Scored, taken: list[int], rest: list[int]) -> Chosen | None:
    """Return the best of those much cheaper and nearly as good; else the best of a third family."""
    cost, task, first = found.economics.monthly, scored.part("task"), taken[0]
    left = [n for n in rest if n not in taken]
    cheap = [
        n
        for n in left
        if _known(cost[n]) <= CHEAPER * _known(cost[first])
        and _known(cost[first]) > 0
        and scored.total[first] - scored.total[n] <= WITHIN
        and task[first] - task[n] <= WITHIN
    ]
    if cheap:
        return Chosen(cheap[0], "budget")
    families = {_family(found, n) for n in taken}
    third = next((n for n in left if _family(found, n) not in families), None)
    return Chosen(third, "alternative") if third is not None and len(taken) == 2 else None
