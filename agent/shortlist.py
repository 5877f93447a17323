"""Which options are left: every rule against every option, and why each model that is out is out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .economics import Economics, price_options
from .need import THINKING_TASKS, Need
from .options import EFFORT_INDEX, Bools, Ints, Options
from .rules import FAILED, MET, RULES, UNKNOWN, Case, Rule, Status, active


@dataclass(frozen=True, eq=False)
class Shortlist:
    """Statuses by rule and option; `open` marks the options that pass, `offered` those at an effort in question."""

    case: Case
    rules: tuple[Rule, ...]
    status: Status
    offered: Bools
    open: Bools

    @property
    def need(self) -> Need:
        """The need that the options were held against."""
        return self.case.need

    @property
    def options(self) -> Options:
        """All options of the day."""
        return self.case.options

    @property
    def economics(self) -> Economics:
        """Costs, cards and seconds of the options."""
        return self.case.economics

    @cached_property
    def failed(self) -> Bools:
        """Rule by option: does it fail (unknown counted where unknown fails)."""
        strict = np.array([rule.unknown_fails for rule in self.rules])[:, None]
        return np.asarray((self.status == FAILED) | ((self.status == UNKNOWN) & strict))

    def failed_rules(self, option: int) -> tuple[str, ...]:
        """Names of the rules that one option fails, in the order of report."""
        return tuple(rule.name for rule, bad in zip(self.rules, self.failed[:, option], strict=True) if bad)


def shortlist(options: Options, need: Need) -> Shortlist:
    """Hold every option against every active rule."""
    case = Case(options, need, price_options(options, need), {})
    rules = tuple(rule for rule in RULES if active(rule, need))
    status = np.array([rule.check(case) for rule in rules], dtype=np.int8).reshape(len(rules), len(options))
    offered = offered_efforts(options, need) & reachable_sellers(options, need)
    found = Shortlist(case, rules, status, offered, offered)
    return Shortlist(case, rules, status, offered, offered & ~found.failed.any(axis=0))


def reachable_sellers(options: Options, need: Need) -> Bools:
    """Sellers of one country only are offered to those who said they are there, or who write its language."""
    home = need.said.users_region or need.said.company_region or ("CN" if need.said.language == "zh-Hans" else None)
    codes = []
    sellers = options.groups["seller"]
    for first in sellers.firsts:
        offer = options.rows[first].offer
        seller = options.facts.sellers.get(offer.seller) if offer else None
        local = (
            seller is not None
            and seller.served is not None
            and len(seller.served.value) == 1
            and "*" not in seller.served.value
        )
        codes.append(not local or (seller is not None and seller.served is not None and home in seller.served.value))
    return np.array(codes, dtype=np.bool_)[sellers.of]


def offered_efforts(options: Options, need: Need) -> Bools:
    """Efforts in question: the lowest a model has, or for thinking tasks and quality every effort from low up."""
    efforts = options.effort
    thinking = need.task in THINKING_TASKS or need.said.quality_priority == "quality"
    unstated = efforts == EFFORT_INDEX["unstated"]
    if thinking:
        from_low = efforts >= EFFORT_INDEX["low"]
        never_thinks = ~_has_any(options, from_low & ~unstated)
        return np.asarray(from_low | never_thinks | unstated)
    return np.asarray(unstated | (efforts == _lowest(options)))


def _has_any(options: Options, mask: Bools) -> Bools:
    counts = np.zeros(len(options.model_ids), dtype=np.int64)
    np.add.at(counts, options.model, mask)
    return np.asarray(counts[options.model] > 0)


def _lowest(options: Options) -> Ints:
    lowest = np.full(len(options.model_ids), len(EFFORT_INDEX), dtype=np.int64)
    np.minimum.at(lowest, options.model, options.effort)
    return np.asarray(lowest[options.model])


def funnel(found: Shortlist) -> tuple[tuple[str, int], ...]:
    """How many models are left after each rule, in the order of report; the first row is the whole catalog."""
    left = found.offered.copy()
    rows = [("catalog", _models(found, left))]
    for rule, bad in zip(found.rules, found.failed, strict=True):
        left &= ~bad
        rows.append((rule.name, _models(found, left)))
    return tuple(rows)


def _models(found: Shortlist, mask: Bools) -> int:
    seen = np.zeros(len(found.options.model_ids), dtype=np.bool_)
    seen[found.options.model[mask]] = True
    return int(seen.sum())


def unknown_passed(found: Shortlist, option: int) -> tuple[str, ...]:
    """Rules that an option passes although the fact is unknown: each becomes a risk line."""
    return tuple(
        r.name
        for r, s in zip(found.rules, found.status[:, option], strict=True)
        if s == UNKNOWN and not r.unknown_fails
    )


__all__ = ["MET", "Shortlist", "funnel", "offered_efforts", "shortlist", "unknown_passed"]
