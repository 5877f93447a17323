"""The score: a weighted sum of absolute values in [0, 1], printed with its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..knowledge.facts import Facts
from .defaults import read_yaml
from .evidence import ADVICE, GENERAL_SHARE, YEARLY_LOSS, Grid, Relevance, Signals, Weighed, collect, relevant, weigh
from .need import THINKING_TASKS, Need
from .options import EFFORTS, Floats, Ints, Options
from .requirements import InvalidRequirements, Requirements
from .shortlist import Shortlist

# Where measured models of a tier or size stand on the day they come out, so that an unmeasured one gains nothing by
# being unmeasured: `python -m modelwise.evals priors` prints the fit, docs/design/002-evidence.md says why.
CLOSED_PRIOR = {"frontier": 0.82, "large": 0.72, "small": 0.60, "tiny": 0.45}
OPEN_BASE, OPEN_SLOPE, OPEN_CAP = 0.01, 0.20, 0.75
THINKING_EFFORT_TERM = {"none": -0.22, "low": -0.12, "medium": -0.05}
OTHER_EFFORT_TERM = {"none": -0.04, "low": -0.02}
STEP = 0.02
# Mean place in the Chinese tables we hold (ReLE 2025-11): models of Chinese vendors .58, others that list Chinese
# near .5, others .27; `python -m modelwise.evals languages` prints it.
HOME, LISTED, UNLISTED, ENGLISH = 0.58, 0.50, 0.35, 0.75
GROUNDING_PRIOR = 0.5
ESTIMATE_CAP = 0.9
OWNED_COST = 0.9
OPENNESS_FIELDS = ("on_prem", "open_weights", "osi_license", "fine_tune")


@dataclass(frozen=True, eq=False)
class Scored:
    """Totals and criteria of every option, with the evidence behind task, language and grounding.

    `ability` is the task value by model of the catalog and effort, those without an option included.
    """

    profile: str
    criteria: tuple[str, ...]
    weights: Floats
    values: Floats
    total: Floats
    strength: Floats
    evidence: Mapping[str, Weighed]
    ability: Grid

    def part(self, criterion: str) -> Floats:
        """One criterion's value for every option."""
        return np.asarray(self.values[:, self.criteria.index(criterion)])


@lru_cache(maxsize=1)
def profiles() -> Mapping[str, Any]:
    """Return the table of weights."""
    return dict(read_yaml("weights.yaml"))


def weights_for(need: Need, overrides: Mapping[str, float] | None = None) -> Floats:
    """Return the weights of a need's profile, with what the caller sets put over them."""
    weights = profile_weights(need.profile, need.said.quality_priority, wants_openness(need.said)).copy()
    names: list[str] = profiles()["criteria"]
    for name, value in _checked(overrides or {}, names).items():
        weights[names.index(name)] = value
    total = weights.sum()
    if not 0 < total < np.inf:
        raise InvalidRequirements("weights", dict(overrides or {}), "accepted: weights whose sum is above 0")
    return np.asarray(weights / total)


def wants_openness(r: Requirements) -> bool:
    """Whether something was asked for that only open weights give."""
    return any(getattr(r, field) for field in OPENNESS_FIELDS if field in r.said)


@lru_cache(maxsize=128)
def profile_weights(profile: str, priority: str | None, openness: bool) -> Floats:
    """Return a profile's weights, shifted by the stated priority; openness counts only where it was asked for."""
    table = profiles()
    names: list[str] = table["criteria"]
    weights = np.array(table["profiles"][profile]["weights"], dtype=float)
    for name, extra in table["shifts"].get(priority or "", {}).items():
        weights *= 1 - extra
        weights[names.index(name)] += extra
    if not openness:
        weights[names.index("task")] += weights[names.index("openness")]
        weights[names.index("openness")] = 0.0
    return weights


def _checked(overrides: Mapping[str, float], names: list[str]) -> Mapping[str, float]:
    for name, value in overrides.items():
        if (
            name not in names
            or isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 <= value < np.inf
        ):
            raise InvalidRequirements(f"weights.{name}", value, f"accepted: 0 or more for {', '.join(names)}")
    return overrides


@dataclass(frozen=True, eq=False)
class Quality:
    """What signals say of every option: ability by model and effort, and the columns task, language and grounding."""

    ability: Grid
    columns: Mapping[str, Floats]
    strength: Floats
    evidence: Mapping[str, Weighed]


def quality(found: Shortlist, signals: Signals, relevance: Relevance) -> Quality:
    """Weigh signals for a need; those of some models alone give the same values for these as all signals do."""
    options, need = found.options, found.need
    evidence = {
        "task": weigh(signals, {f"task:{need.task}": 1.0, ADVICE: 1.0, "general": GENERAL_SHARE}, relevance),
        "language": weigh(signals, {f"lang:{language}": 1.0 for language in need.languages}, relevance),
        "grounding": weigh(signals, {"grounding": 1.0}, relevance),
    }
    ability = _ability(options, signals, evidence["task"], need.task)
    for other in need.tasks[1:]:
        second = weigh(signals, {f"task:{other}": 1.0, "general": GENERAL_SHARE}, relevance)
        ability = 0.7 * ability + 0.3 * _ability(options, signals, second, other)
    columns = {
        "task": _at(options, ability),
        "language": _at(options, _posterior(_language_prior(options, need.languages), evidence["language"])),
        "grounding": _at(
            options, _posterior(np.full_like(evidence["grounding"].weight, GROUNDING_PRIOR), evidence["grounding"])
        ),
    }
    strength = sum((_at(options, e.weight) for e in evidence.values()), np.zeros(len(options)))
    return Quality(ability, columns, strength, evidence)


def score(found: Shortlist, overrides: Mapping[str, float] | None = None) -> Scored:
    """Score every option; an option's total depends on no other option but its model's predecessors."""
    options, need = found.options, found.need
    signals = collect(options.facts, options.day)
    seen = quality(found, signals, relevant(signals, need))
    columns = {
        **seen.columns,
        "cost": _cost(found),
        "latency": _latency(found),
        "operations": _operations(found),
        "openness": _openness(options),
        "life": _life(options),
    }
    criteria = tuple(profiles()["criteria"])
    values = np.clip(np.column_stack([columns[name] for name in criteria]), 0.0, 1.0)
    weights = weights_for(need, overrides)
    total = values @ weights
    return Scored(need.profile, criteria, weights, values, total, seen.strength, seen.evidence, seen.ability)


def _at(options: Options, grid: Grid) -> Floats:
    return np.asarray(grid.ravel()[options.cell])


def _posterior(prior: Grid, seen: Weighed) -> Grid:
    return np.asarray((prior + seen.numerator) / (1.0 + seen.weight))


def _ability(options: Options, signals: Signals, seen: Weighed, task: str) -> Grid:
    """Return ability by model and effort; the prior is size, tier and age, drawn to a measured predecessor's value."""
    term = THINKING_EFFORT_TERM if task in THINKING_TASKS else OTHER_EFFORT_TERM
    effort = np.array([term.get(name, 0.0) for name in EFFORTS])
    prior = np.clip(_base_priors(options.facts, options)[:, None] + effort[None, :], 0.02, 0.98)
    own = (prior + seen.own_numerator) / (1.0 + seen.own_weight)
    known = seen.own_weight.copy()
    for level in signals.levels[1:]:
        older = signals.predecessor[level]
        prior[level] = (prior[level] + known[older] * np.clip(own[older] + STEP, 0.0, 0.98)) / (1.0 + known[older])
        own[level] = (prior[level] + seen.own_numerator[level]) / (1.0 + seen.own_weight[level])
        known[level] += known[older]
    return _posterior(prior, seen)


@lru_cache(maxsize=4)
def _base_priors(facts: Facts, options: Options) -> Floats:
    """Ability of a model nobody measured: weights by size, closed models by the vendor's tier, less age."""
    out = np.empty(len(facts.models))
    for number, model in enumerate(facts.models.values()):
        total = model.params_total_b.value if model.params_total_b else "undisclosed"
        active = model.params_active_b.value if model.params_active_b else total
        if isinstance(total, str) or isinstance(active, str) or model.weights is None:
            base = CLOSED_PRIOR[model.tier]
        else:
            base = min(OPEN_CAP, OPEN_BASE + OPEN_SLOPE * float(np.log10(np.sqrt(total * active) / 0.1)))
        years = (options.day - model.released.value).days / 365.25 if model.released else 2.0
        out[number] = max(0.02, base - YEARLY_LOSS * max(0.0, years))
    return out


@lru_cache(maxsize=32)
def _language_prior(options: Options, languages: tuple[str, ...]) -> Grid:
    facts = options.facts
    values = [
        _listed(model.languages.supported if model.languages else (), facts.vendors[model.id].country, languages)
        for model in facts.models.values()
    ]
    return np.repeat(np.array(values)[:, None], len(EFFORTS), axis=1)


def _listed(supported: tuple[str, ...], country: str, languages: tuple[str, ...]) -> float:
    def one(language: str) -> float:
        if language == "zh" and country == "CN":
            return HOME
        return ENGLISH if language == "en" else LISTED if language in supported else UNLISTED

    return sum(map(one, languages)) / len(languages)


def _cost(found: Shortlist) -> Floats:
    money = found.economics
    value = cost_value(money.expected, money.per_million, found.need.budget_usd)
    return np.asarray(np.where(~found.options.is_api & (money.owned is not None), OWNED_COST, value))


def cost_value(monthly: Floats, per_million: Floats, budget: float | None) -> Floats:
    """Return how cheap options are: against the budget where there is one, else by USD per million tokens."""
    if budget:
        return np.asarray(1 - 0.6 * np.nan_to_num(monthly, nan=budget * 2) / budget)
    return np.asarray(1 - np.log10(np.maximum(np.nan_to_num(per_million, nan=50.0), 1e-6) / 0.05) / 3)


def _latency(found: Shortlist) -> Floats:
    need, money = found.need, found.economics
    if need.said.device in ("phone", "laptop", "edge"):
        speed = np.clip(
            np.nan_to_num(found.options.on_device) / 10, 0.0, np.where(found.options.device_measured, 1.0, ESTIMATE_CAP)
        )
        return np.asarray(np.where(found.options.is_api, 0.8, speed))
    limit = 3600.0 if need.batch else need.patience
    seconds = np.where(np.isnan(money.seconds_measured), money.seconds, money.seconds_measured)
    over = np.log10(np.maximum(seconds / limit, 1.0))
    return np.asarray(1 - over / 1.5)


def _operations(found: Shortlist) -> Floats:
    owned = found.economics.owned
    cards = np.full(len(found.options), owned.count) if owned else found.economics.cards
    value = operations_value(cards)
    if found.need.said.device in ("phone", "laptop", "edge"):
        value = np.full(len(cards), 0.8)
    return np.asarray(np.where(found.options.is_api, 1.0, value))


def operations_value(cards: Ints) -> Floats:
    """Return how little work some cards are to run: one .7 down to .1 above eight."""
    value = np.full(len(cards), 0.1)
    for count, worth in ((8, 0.35), (4, 0.5), (2, 0.6), (1, 0.7)):
        value = np.where(cards <= count, worth, value)
    return value


@lru_cache(maxsize=4)
def _openness(options: Options) -> Floats:
    """1 for OSI-approved weights, .6 for other weights, .2 for an API over weights, 0 for a closed one."""
    facts = options.facts
    out = np.zeros(len(options))
    for number, row in enumerate(options.rows):
        weights = row.model.weights
        licence = facts.licences.get(weights.licence.value) if weights else None
        if row.option.kind == "weights":
            out[number] = 1.0 if licence and licence.osi else 0.6
        else:
            out[number] = 0.2 if weights else 0.0
    return out


def _life(options: Options) -> Floats:
    """Months left over 24; weights 1, previews .2, no announced end .8 falling with age."""
    age = options.age_years * 12
    unannounced = np.where(age > 15, 0.4, np.where(age > 9, 0.6, 0.8))
    value = np.where(np.isinf(options.months_left), unannounced, options.months_left / 24)
    value = np.where(options.preview, 0.2, value)
    return np.asarray(np.where(options.is_api, value, 1.0))
