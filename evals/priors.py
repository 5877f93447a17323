"""What the priors of agent/score.py rest on: measured places by kind, tier and effort, and their fit over size."""

import argparse
import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..agent import score
from .report import say, table, write_result

if TYPE_CHECKING:
    from ..agent.evidence import Weighed
    from ..knowledge.facts import Facts
    from ..knowledge.schema import Model

TASKS = ("chat", "rag", "summarization", "reasoning", "code", "agent")
FITTED = ("chat", "reasoning", "code", "agent")
# Own evidence below this weight is one small or old table; older weights came before today's training and bend the fit.
ENOUGH, OLDEST_YEARS = 0.4, 2.2
FEWEST = 4
BINS = (1.0, 1.5, 2.0, 2.3, 2.6, 2.9, 3.3, 3.8)


@dataclass(frozen=True, slots=True)
class Place:
    """A model's measured place for a task at an effort, and the prior it would have had unmeasured."""

    task: str
    kind: str
    tier: str
    effort: str
    effort_term: float
    measured: float
    prior: float
    years: float
    size: float | None


def places(facts: "Facts", day: dt.date, tasks: Iterable[str] = TASKS) -> Iterator[Place]:
    """Every place that enough evidence of its own gives, for each of its model's efforts."""
    from ..agent.evidence import collect
    from ..agent.options import build_options

    base = score._base_priors(facts, build_options(facts, day))  # the very numbers that are scored with
    signals = collect(facts, day)
    for task in tasks:
        seen = _weighed(facts, signals, task)
        for number, model in enumerate(facts.models.values()):
            yield from _places_of(model, task, seen, number, float(base[number]), day)


def _weighed(facts: "Facts", signals: Any, task: str) -> "Weighed":
    from ..agent.evidence import GENERAL_SHARE, relevant, weigh
    from ..agent.need import resolve
    from ..agent.requirements import Requirements

    need = resolve(Requirements.from_mapping({"task": task}), facts)
    return weigh(signals, {f"task:{task}": 1.0, "general": GENERAL_SHARE}, relevant(signals, need))


def _places_of(model: "Model", task: str, seen: "Weighed", number: int, base: float, day: dt.date) -> Iterator[Place]:
    from ..agent.need import THINKING_TASKS
    from ..agent.options import EFFORTS

    terms = score.THINKING_EFFORT_TERM if task in THINKING_TASKS else score.OTHER_EFFORT_TERM
    years = (day - model.released.value).days / 365.25 if model.released else 2.0
    kind = "open" if model.weights else "closed"
    for index, effort in enumerate(EFFORTS):
        weight = float(seen.own_weight[number, index])
        if weight > ENOUGH and (model.efforts is None or effort in model.efforts.levels):
            term, place = terms.get(effort, 0.0), float(seen.own_numerator[number, index]) / weight
            yield Place(task, kind, model.tier, effort, term, place, base + term, years, _size(model))


def _size(model: "Model") -> float | None:
    """Return log10 of the geometric mean of total and active parameters over 100 million; None for closed models."""
    from math import log10, sqrt

    total = model.params_total_b.value if model.params_total_b else None
    active = model.params_active_b.value if model.params_active_b else total
    if model.weights is None or not isinstance(total, int | float) or not isinstance(active, int | float):
        return None
    return log10(sqrt(total * active) / 0.1)


def by_group(found: Iterable[Place]) -> list[dict[str, Any]]:
    """Mean place against mean prior by task, kind, tier and effort, where there are enough models."""
    groups: dict[tuple[str, str, str, str], list[Place]] = defaultdict(list)
    for place in found:
        groups[place.task, place.kind, place.tier, place.effort].append(place)
    return [
        dict(zip(("task", "kind", "tier", "effort"), key, strict=True))
        | {"models": len(group)}
        | {name: _mean(getattr(p, name) for p in group) for name in ("measured", "prior", "years")}
        for key, group in sorted(groups.items(), key=lambda item: (TASKS.index(item[0][0]), item[0]))
        if len(group) >= FEWEST
    ]


def open_fit(found: Iterable[Place]) -> dict[str, Any]:
    """Fit of release-day places over size for open weights, and means by size against the formula in use.

    A place is brought back to its model's first day and to full effort, as OPEN_BASE and OPEN_SLOPE mean it.
    """
    import numpy as np

    from ..agent.evidence import YEARLY_LOSS

    points = [
        (p.size, p.measured + YEARLY_LOSS * p.years - p.effort_term)
        for p in found
        if p.size is not None and p.task in FITTED and p.years <= OLDEST_YEARS
    ]
    size, place = (np.array(column) for column in zip(*points, strict=True))
    slope, intercept = np.polyfit(size, place, 1)
    return {
        "points": len(points),
        "slope": round(float(slope), 3),
        "intercept": round(float(intercept), 3),
        "correlation": round(float(np.corrcoef(size, place)[0, 1]), 3),
        "bins": _bins(points),
    }


def _bins(points: list[tuple[float, float]]) -> list[dict[str, Any]]:
    out = []
    for low, high in pairwise(BINS):
        inside = [(size, place) for size, place in points if low <= size < high]
        if inside:
            formula = (min(score.OPEN_CAP, score.OPEN_BASE + score.OPEN_SLOPE * size) for size, _ in inside)
            row = {"size": [low, high], "points": len(inside), "measured": _mean(place for _, place in inside)}
            out.append({**row, "formula": _mean(formula)})
    return out


def _mean(values: Iterable[float]) -> float:
    return round(statistics.mean(values), 3)


def constants() -> dict[str, Any]:
    """Return the priors in use."""
    return {
        "closed_prior": dict(score.CLOSED_PRIOR),
        "open": {"base": score.OPEN_BASE, "slope": score.OPEN_SLOPE, "cap": score.OPEN_CAP},
        "effort_term": {"thinking": dict(score.THINKING_EFFORT_TERM), "other": dict(score.OTHER_EFFORT_TERM)},
    }


def calibrate(facts: "Facts") -> dict[str, Any]:
    """Return the calibration on the day of the newest source, so that the same facts give the same result."""
    day = max(source.date for source in facts.sources.values())
    found = list(places(facts, day))
    return {
        "command": "python -m modelwise.evals priors",
        "as_of": f"{day}",
        "constants": constants(),
        "groups": by_group(found),
        "open_fit": open_fit(found),
    }


def page(result: dict[str, Any]) -> str:
    """Return a calibration as plain text."""
    names = ("task", "kind", "tier", "effort", "models", "measured", "prior", "years")
    fit = result["open_fit"]
    bins = table(
        ("size", "points", "measured", "formula"),
        ((f"{b['size'][0]} to {b['size'][1]}", b["points"], b["measured"], b["formula"]) for b in fit["bins"]),
    )
    return (
        f"As of {result['as_of']}; in use: {result['constants']}\n\n"
        f"{table(names, ([group[name] for name in names] for group in result['groups']))}\n\n"
        f"Open weights, {fit['points']} points: place on the first day = {fit['intercept']} + {fit['slope']} x size, "
        f"r = {fit['correlation']}; size = log10(sqrt(total x active) / 100 million)\n\n{bins}"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`priors` accepts nothing."""


def run(_: argparse.Namespace) -> int:
    """Print and write the calibration."""
    from ..knowledge.facts import load_facts

    result = calibrate(load_facts())
    say(page(result))
    write_result("priors", result)
    return 0
