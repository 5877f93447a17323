"""What the sources say of an option's quality: weighted signals joined by model, aspect and effort."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..knowledge.facts import Facts
from ..knowledge.schema import Benchmark, Claim, Model, Table
from .gathered import gather, sums_of
from .need import THINKING_TASKS, Need, holds
from .options import EFFORT_INDEX, EFFORTS

Grid = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
FAMILY, INHERITED = 0.6, 0.3
GENERAL_SHARE = 0.5
OTHER_LANGUAGE = 0.3
AUTHOR = {"independent": 1.0, "single_author": 0.5, "vendor": 0.4, "excerpt": 0.3}
RATING_KINDS = frozenset({"rating", "recommendation", "warning", "rule"})
NOT_INHERITED = ("lang:", "grounding", "speed")
ADVICE = "advice"
YEARLY_LOSS = 0.12


@dataclass(frozen=True, slots=True)
class Signal:
    """One figure or statement as a signal in [0, 1] for a model's aspect, before the need is known."""

    aspect: str
    model: int
    effort: int
    value: float
    weight: float
    source: str
    key: str
    subject: str
    when: Mapping[str, Any] | None = None
    field: str | None = None
    languages: tuple[str, ...] = ()
    own: bool = True


@dataclass(frozen=True, eq=False)
class Columns:
    """The signals of one aspect as columns; condition and field are -1 where there is none."""

    signals: tuple[Signal, ...]
    model: Ints
    effort: Ints
    value: Grid
    weight: Grid
    source: Ints
    condition: Ints
    field: Ints
    language: Ints
    own: Grid

    @cached_property
    def rows(self) -> Mapping[int, Ints]:
        """The numbers of the signals about each model."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, signal in enumerate(self.signals):
            found[signal.model].append(number)
        return {model: np.array(numbers, dtype=np.int64) for model, numbers in found.items()}


@dataclass(frozen=True, eq=False)
class Signals:
    """All signals of a day by aspect, and who preceded whom (-1 for nobody), level by level from the oldest."""

    by_aspect: Mapping[str, Columns]
    conditions: tuple[Mapping[str, Any], ...]
    fields: tuple[str, ...]
    languages: tuple[tuple[str, ...], ...]
    predecessor: Ints
    levels: tuple[Ints, ...]
    models: int


@dataclass(frozen=True, eq=False)
class Relevance:
    """Which conditions, fields of use and test languages hold for a need; the last entry stands for none asked."""

    conditions: Bools
    fields: Bools
    languages: Bools

    def of(self, table: Columns, rows: Ints | slice = slice(None)) -> Grid:
        """Return 1, or 0 where a condition or a field does not hold, or .3 for a field test in another language."""
        foreign = ~self.languages[table.language[rows]] & (table.field[rows] >= 0)
        held = self.conditions[table.condition[rows]] & self.fields[table.field[rows]]
        return np.asarray(held * np.where(foreign, OTHER_LANGUAGE, 1.0))


@dataclass(frozen=True, eq=False)
class Weighed:
    """Sums of weights and of weight x signal by model and effort; `own` leaves out the family's and predecessors'."""

    numerator: Grid
    weight: Grid
    own_numerator: Grid
    own_weight: Grid
    shares: Mapping[str, float]
    compatibility: Grid
    relevance: Relevance


@lru_cache(maxsize=4)
def collect(facts: Facts, day: dt.date) -> Signals:
    """Every signal that the facts hold on a day."""
    index = {model_id: number for number, model_id in enumerate(facts.models)}
    grouped: dict[str, list[Signal]] = defaultdict(list)
    for signal in (*_from_tables(facts, day, index), *_from_claims(facts, day, index)):
        grouped[signal.aspect].append(signal)
    before = np.full(len(index), -1, dtype=np.int64)
    for model in facts.models.values():
        if older := same_tier_predecessor(model, facts):
            before[index[model.id]] = index[older.id]
    numbers = _Numbers()
    columns = {aspect: _columns(tuple(signals), numbers) for aspect, signals in grouped.items()}
    return Signals(
        columns,
        tuple(numbers.conditions),
        tuple(numbers.fields),
        tuple(numbers.languages),
        before,
        _levels(before),
        len(index),
    )


class _Numbers:
    """Numbers given to conditions, fields, language sets and sources in the order of their first use."""

    def __init__(self) -> None:
        self.conditions: list[Mapping[str, Any]] = []
        self.fields: list[str] = []
        self.languages: list[tuple[str, ...]] = []
        self.sources: list[str] = []

    @staticmethod
    def of(value: Any, known: list[Any]) -> int:
        """Return the number of a value in its list, -1 for nothing."""
        if not value:
            return -1
        if value not in known:
            known.append(value)
        return known.index(value)


def _columns(signals: tuple[Signal, ...], numbers: _Numbers) -> Columns:
    def ints(values: Iterable[int]) -> Ints:
        return np.array(list(values), dtype=np.int64)

    return Columns(
        signals,
        ints(s.model for s in signals),
        ints(s.effort for s in signals),
        np.array([s.value for s in signals]),
        np.array([s.weight for s in signals]),
        ints(numbers.of(s.source, numbers.sources) for s in signals),
        ints(numbers.of(s.when, numbers.conditions) for s in signals),
        ints(numbers.of(s.field, numbers.fields) for s in signals),
        ints(numbers.of(s.languages, numbers.languages) for s in signals),
        np.array([float(s.own) for s in signals]),
    )


def same_tier_predecessor(model: Model, facts: Facts) -> Model | None:
    """Return the model that this one replaces in its own tier; a jump between tiers or kinds passes nothing on."""
    older = facts.models.get(model.predecessor.model) if model.predecessor else None
    return older if older and (older.tier, older.kind) == (model.tier, model.kind) else None


def _levels(before: Ints) -> tuple[Ints, ...]:
    """Model numbers by their distance from a model without predecessor."""
    depth = np.zeros(len(before), dtype=np.int64)
    for start in range(len(before)):
        node, steps = start, 0
        while before[node] >= 0 and steps < len(before):
            node, steps = int(before[node]), steps + 1
        depth[start] = steps
    return tuple(np.flatnonzero(depth == level) for level in range(int(depth.max(initial=0)) + 1))


def _from_tables(facts: Facts, day: dt.date, index: Mapping[str, int]) -> Iterator[Signal]:
    for table in facts.tables.values():
        weight = AUTHOR[table.by] * 0.5 ** (_months(table.date, day) / 12)
        for row in table.rows:
            if row.model not in index:
                continue
            for name, (_, rank) in row.scores.items():
                bench = table.benchmarks[name]
                for aspect in bench.aspects:
                    place = aged(percentile(rank, bench.of), aspect, table.date, day)
                    yield Signal(
                        aspect,
                        index[row.model],
                        EFFORT_INDEX[row.effort],
                        place,
                        weight * size_share(bench.of),
                        table.id,
                        bench_key(table, name, row.model, row.effort),
                        row.model,
                        None,
                        bench.field,
                        bench.languages,
                    )


def bench_key(table: Table, benchmark: str, model: str, effort: str) -> str:
    """Return the citation key of one figure."""
    return f"bench/{table.id}/{benchmark}/{model}@{effort}"


def aged(value: float, aspect: str, then: dt.date, day: dt.date) -> float:
    """Return a place among a past day's models as one among today's: ability loses .12 a year, nothing else does."""
    ability = aspect in ("general", ADVICE) or aspect.startswith("task:")
    return max(0.0, value - YEARLY_LOSS * _months(then, day) / 12) if ability else value


def size_share(of: int) -> float:
    """How far a place in a table of n rows can be trusted: n / (n + 10)."""
    return of / (of + 10)


def percentile(rank: int, of: int) -> float:
    """Return a rank in the whole table as a share of it: the best of n gives 1 - 1/2n."""
    return 1 - (rank - 0.5) / max(of, rank)


def _from_claims(facts: Facts, day: dt.date, index: Mapping[str, int]) -> Iterator[Signal]:
    members: dict[str, list[Model]] = defaultdict(list)
    for model in facts.models.values():
        members[model.family].append(model)
    for claim in facts.claims.values():
        value = claim_signal(claim)
        if value is None or (aspect := _aspect(claim, facts)) is None:
            continue
        article = facts.articles[claim.id[:3]]
        weight = claim_weight(claim) * 0.5 ** (_months(article.dated_by, day) / 24)
        place = aged(value, aspect, article.dated_by, day)
        for subject in claim.about:
            direct = subject in index
            spoken_of = [subject] if direct else _meant(members.get(subject, []), aspect, article.dated_by)
            for model_id in spoken_of:
                share = weight if direct else weight * FAMILY
                yield Signal(
                    aspect,
                    index[model_id],
                    EFFORT_INDEX["unstated"],
                    place,
                    share,
                    claim.id[:3],
                    claim.id,
                    subject,
                    claim.when or None,
                    own=direct,
                )


def claim_weight(claim: Claim) -> float:
    """1 for ratings and recommendations, half for opinions, and half again where we inferred who is meant."""
    return (0.5 if claim.kind == "opinion" else 1.0) * (0.5 if claim.reading else 1.0)


def _meant(members: list[Model], aspect: str, then: dt.date) -> list[str]:
    """Return the members a statement on a brand can mean: for language all, for ability those out by then."""
    brand = aspect.startswith("lang:")
    return [m.id for m in members if brand or m.released is None or m.released.value <= then]


def claim_signal(claim: Claim) -> float | None:
    """Return what a claim says as a number: stars and ticks as printed, else by its stance or strength."""
    value = claim.value
    if isinstance(value, dict) and "stars" in value:
        return float(value["stars"]) / float(value["of"])
    if isinstance(value, dict) and "ticks" in value:
        return float(value["ticks"]) / float(value["of"])
    if value in ("strong", "weak"):
        return {"strong": 0.75, "weak": 0.25}[value]
    if claim.kind in RATING_KINDS | {"opinion"} and claim.stance in ("for", "against"):
        return {"for": 0.85, "against": 0.15}[claim.stance]
    return None


def _aspect(claim: Claim, facts: Facts) -> str | None:
    """Return the aspect a claim speaks of; advice under a condition speaks of fitness for that very need."""
    attribute = facts.attributes[claim.attribute]
    if attribute.kind == "aspect":
        return claim.attribute
    return ADVICE if claim.when and claim.kind in RATING_KINDS else None


def _months(then: dt.date, day: dt.date) -> float:
    return max(0.0, (day - then).days / 30.44)


def _compatibility(neighbouring: float, distant: float) -> Grid:
    """How far a row's effort (column) speaks for an option's (row): same 1, unstated .6, else as given."""
    size, unstated = len(EFFORTS), EFFORT_INDEX["unstated"]
    apart = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :])
    grid = np.where(apart == 0, 1.0, np.where(apart == 1, neighbouring, distant))
    grid[unstated, :unstated] = grid[:unstated, unstated] = 0.6
    return grid


# Where thinking decides, a row at another effort says little; elsewhere ability hardly depends on effort, so that
# a row at any effort speaks for the model (docs/design/002-evidence.md).
THINKING_COMPATIBILITY = _compatibility(0.3, 0.0)
OTHER_COMPATIBILITY = _compatibility(0.5, 0.5)


def compatibility(aspect: str) -> Grid:
    """Return the effort table that an aspect is read with."""
    return THINKING_COMPATIBILITY if aspect.removeprefix("task:") in THINKING_TASKS else OTHER_COMPATIBILITY


def weigh(signals: Signals, shares: Mapping[str, float], relevance: Relevance) -> Weighed:
    """Join the signals of some aspects for a need; one source counts once for a model.

    `shares` gives each aspect's share of weight. Conditions, fields of use and languages of a test are held
    against the need here.
    """
    grid = compatibility(next(iter(shares)))
    known = tuple(aspect for aspect in shares if aspect in signals.by_aspect)
    masses = [(t := signals.by_aspect[a]).weight * shares[a] * relevance.of(t) for a in known]
    own = sums_of(signals, gather(signals, known, own=True), masses, grid)
    numerator, total = sums_of(signals, gather(signals, known), masses, grid)
    if not all(aspect.startswith(NOT_INHERITED) for aspect in shares):
        numerator = numerator + _inherited(signals, own[0])
        total = total + _inherited(signals, own[1])
    return Weighed(numerator, total, *own, shares, grid, relevance)


def relevant(signals: Signals, need: Need) -> Relevance:
    """Hold every condition, field of use and test language against a need, once."""
    return Relevance(
        np.array([*(holds(dict(when), need.said) for when in signals.conditions), True]),
        np.array([*(field == need.field for field in signals.fields), True]),
        np.array([*(bool(set(tags) & set(need.languages)) for tags in signals.languages), True]),
    )


def signals_of(signals: Signals, weighed: Weighed, models: Mapping[int, float]) -> list[tuple[Signal, float]]:
    """Return the signals about some models with their weights for a need, each model's share applied."""
    out: list[tuple[Signal, float]] = []
    for aspect, share in weighed.shares.items():
        if (table := signals.by_aspect.get(aspect)) is None:
            continue
        inherits = not aspect.startswith(NOT_INHERITED)
        for model, passed in models.items():
            rows = table.rows.get(model)
            if rows is not None and (inherits or passed == 1.0):
                mass = table.weight[rows] * weighed.relevance.of(table, rows) * share * passed
                out += [(table.signals[n], float(m)) for n, m in zip(rows, mass, strict=True) if m > 0]
    return out


def _inherited(signals: Signals, own: Grid) -> Grid:
    """Return what each model has from its predecessors: 0.3 of theirs, hop by hop."""
    passed = np.zeros_like(own)
    for level in signals.levels[1:]:
        parents = signals.predecessor[level]
        passed[level] = INHERITED * (own[parents] + passed[parents])
    return passed


def figure_of(facts: Facts, key: str) -> tuple[Table, Benchmark, float, int] | None:
    """Return the table, benchmark, score and rank behind a bench key."""
    _, table_id, name, subject = key.split("/", 3)
    model, effort = subject.rsplit("@", 1)
    table = facts.tables[table_id]
    row = next((r for r in table.rows if r.model == model and r.effort == effort and name in r.scores), None)
    return (table, table.benchmarks[name], *row.scores[name]) if row else None
