"""The value of information: how much worse today's three best would be than those of the answer, over all answers.

An answer is put over what was said, all else stays as said or by default; so what is computed here is the regret of
giving the advice now (docs/design/005-interview.md). It orders the questions and decides nothing.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ..knowledge.facts import Facts
from .advice import OpenQuestion, Question
from .economics import price_options
from .interview import ENOUGH, LAW_FIRST, Choice, Slot, next_slot, open_slots, question_of, slots
from .need import THINKING_TASKS, profile_conditions, resolve
from .options import Bools, Floats, Ints, Options, build_options
from .requirements import Requirements
from .rules import FAILED, Case, hardware_holds
from .score import OWNED_COST, Scored, cost_value, operations_value, profile_weights, score, wants_openness
from .shortlist import Shortlist, offered_efforts, reachable_sellers, shortlist

MANY = 2_000  # options of a kind that are looked at: more than today's catalog has
PLACES = np.array([0.5, 0.3, 0.2])  # what the first, second and third pick count
# The criteria that an answer alone decides, whatever else was said.
DECIDES: Mapping[str, tuple[str, ...]] = {
    "task": ("task", "latency"),
    "language": ("language",),
    "latency": ("latency",),
    "hardware": ("operations",),
}


@dataclass(frozen=True, eq=False)
class Effect:
    """What one answer alone does: the options that its rules and efforts leave, and the criteria that it decides."""

    said: Requirements
    passes: Bools
    columns: Mapping[str, Floats]


class Asking:
    """A need as it stands, and the options that what was said leaves, in the order of their models."""

    def __init__(self, found: Shortlist, scored: Scored, still: Sequence[Slot]) -> None:
        """Take in what the rules leave; where the task is open, its default eliminates nothing."""
        self.found, self.scored, self.options = found, scored, found.options
        task = next(number for number, rule in enumerate(found.rules) if rule.name == "task")
        ruled_out = found.failed.copy()
        ruled_out[task] &= all(slot.id != "task" for slot in still)
        self.rows = _foremost(scored, self.options, np.flatnonzero(~ruled_out.any(axis=0)))
        self.for_task = ~found.failed[task][self.rows]
        self.reached = reachable_sellers(self.options, found.need)[self.rows]
        self.values = scored.values[self.rows]
        self.starts = np.flatnonzero(np.diff(self.options.model[self.rows], prepend=-1))
        self.efforts = {thinks: mask[self.rows] for thinks, mask in _efforts(self.options).items()}
        self.passing, self.today = self.for_task & self.reached, self.judged_by(found.need.said)
        self._plain: dict[int, Floats] = {}

    @cached_property
    def priced(self) -> Options:
        """The columns of the options that are left, to price them anew."""
        return self.options.take(self.rows)

    def total(self, answer: "Answered") -> Floats:
        """Return the score of each option under an answer, 0 where it fails."""
        weights, thinks = self.judged_by(answer.said)
        total = self.plain(weights)
        for name, column in answer.columns.items():
            place = self.scored.criteria.index(name)
            total = total + (np.clip(column, 0.0, 1.0) - self.values[:, place]) * weights[place]
        return np.asarray(total * (answer.passes & self.efforts[thinks]))

    def judged_by(self, said: Requirements) -> tuple[Floats, bool]:
        """Return the weights that requirements are scored with, and whether efforts that think are in question."""
        task = said.task or self.found.need.task
        profile = next(name for name, holds in profile_conditions(said, task) if holds)
        weights = profile_weights(profile, said.quality_priority, wants_openness(said))
        return weights, task in THINKING_TASKS or said.quality_priority == "quality"

    def plain(self, weights: Floats) -> Floats:
        """Return the score of each option by some weights; those of a profile are the same object each time."""
        if id(weights) not in self._plain:
            self._plain[id(weights)] = np.asarray(self.values @ weights)
        return self._plain[id(weights)]

    def unmoved(self, answer: "Answered") -> bool:
        """Whether an answer leaves every option that passes today where it is."""
        if answer.columns or (self.passing & ~answer.passes).any():
            return False
        (weights, thinks), (before, thought) = self.judged_by(answer.said), self.today
        return weights is before and thinks == thought

    def models(self, total: Floats) -> Floats:
        """Return each model's total, by its best option."""
        return np.asarray(np.maximum.reduceat(total, self.starts))


def _foremost(scored: Scored, options: Options, rows: Ints) -> Ints:
    """Return the options that can matter: of a very large catalog the best of each kind as things stand."""
    if len(rows) <= 2 * MANY:
        return rows
    kinds = (rows[options.is_api[rows]], rows[~options.is_api[rows]])
    best = (kind[np.argsort(-scored.total[kind], kind="stable")[:MANY]] for kind in kinds)
    return np.sort(np.concatenate(list(best)))


@dataclass(frozen=True, eq=False)
class Answered:
    """A need with one answer put over it: what is said, which options pass, and the criteria that change."""

    said: Requirements
    passes: Bools
    columns: Mapping[str, Floats]


def open_questions(found: Shortlist, scored: Scored, settled: Iterable[str] = ()) -> tuple[OpenQuestion, ...]:
    """Return the questions whose answer could still change the picks, law first, then by value."""
    still = open_slots(found.need.said, settled)
    values = values_of(found, scored, still)
    worth = [slot for slot in still if values[slot.id] >= ENOUGH]
    worth.sort(key=lambda slot: (slot.topic not in LAW_FIRST, -values[slot.id]))
    asked = ((question_of(slot, {}), round(values[slot.id], 4)) for slot in worth)
    return tuple(
        OpenQuestion(topic=question.topic, value=value, text=question.text, could_change=question.why)
        for question, value in asked
    )


def next_question(
    requirements: Requirements,
    facts: Facts,
    day: dt.date,
    *,
    settled: Sequence[str],
    asked: int,
    weights: Mapping[str, float] | None = None,
) -> Question | None:
    """Return what to ask next, or None where no answer could change the picks enough or enough was asked."""
    still = open_slots(requirements, settled)
    found = shortlist(build_options(facts, day), resolve(requirements, facts))
    known = {slot.id: slot for slot in still}
    slot = next_slot(values_of(found, score(found, weights), still), known, asked)
    return question_of(slot, known) if slot else None


def values_of(found: Shortlist, scored: Scored, still: Sequence[Slot]) -> dict[str, float]:
    """Return the value of each open question for a need, in points of the score."""
    asking = Asking(found, scored, still)
    if len(asking.rows) == 0:
        return dict.fromkeys((slot.id for slot in still), 0.0)
    today = asking.models(asking.total(Answered(found.need.said, asking.passing, {})))
    now = np.argsort(-today, kind="stable")[: len(PLACES)]
    assumed = {"monthly_requests": found.need.requests}

    def value(slot: Slot) -> float:
        telling = (choice for choice in slot.choices if choice.patch and choice.patch != assumed)
        answers = ((choice.share, _answer(asking, slot, choice)) for choice in telling)
        return sum(share * _regret(asking, now, answer) for share, answer in answers if not asking.unmoved(answer))

    return {slot.id: value(slot) for slot in still}


def _regret(asking: Asking, now: Ints, answer: Answered) -> float:
    """How much better the three best models are after an answer than today's three, in their order, under it."""
    models = asking.models(asking.total(answer))
    return float((np.sort(models)[::-1][: len(now)] - models[now]) @ PLACES[: len(now)])


def _answer(asking: Asking, slot: Slot, choice: Choice) -> Answered:
    effect, r = _effect(asking.options, slot.id, choice.id), asking.found.need.said
    fields = {field: getattr(effect.said, field) for field in choice.patch}
    said = r.model_copy(update={**fields, "said": r.said | choice.patch.keys()})
    passes = effect.passes[asking.rows]
    if slot.id != "task":
        passes = passes & asking.for_task
    if slot.id != "region":
        passes = passes & asking.reached
    columns = {name: column[asking.rows] for name, column in effect.columns.items()}
    if slot.id in _MONEY:
        bought, columns = _MONEY[slot.id](asking, said, columns)
        passes = passes & bought
    return Answered(said, passes, columns)


def _volume(asking: Asking, said: Requirements, columns: Mapping[str, Floats]) -> tuple[Bools, dict[str, Floats]]:
    """Price the options anew; where a budget was said it binds now."""
    need = resolve(said, asking.options.facts)
    money, api = price_options(asking.priced, need), asking.priced.is_api
    cost = cost_value(money.expected, money.per_million, need.budget_usd)
    passes = _affordable(money.worst, need.budget_usd)
    if money.owned:
        holds = hardware_holds(Case(asking.priced, need, money, {})) != FAILED
        return passes & holds, {"cost": np.where(api, cost, OWNED_COST)}
    return passes, {"cost": cost, "operations": np.where(api, 1.0, operations_value(money.cards))}


def _budget(asking: Asking, said: Requirements, columns: Mapping[str, Floats]) -> tuple[Bools, dict[str, Floats]]:
    """Hold the cost at the volume said or assumed against the budget."""
    money, rows = asking.found.economics, asking.rows
    cost = cost_value(money.expected[rows], money.per_million[rows], said.monthly_budget)
    owned = ~asking.options.is_api[rows] & (money.owned is not None)
    return _affordable(money.worst[rows], said.monthly_budget), {"cost": np.where(owned, OWNED_COST, cost)}


def _hardware(asking: Asking, said: Requirements, columns: Mapping[str, Floats]) -> tuple[Bools, dict[str, Floats]]:
    """Weights run on what one has: no rent, and as much work as that hardware is."""
    api = asking.options.is_api[asking.rows]
    own = {"cost": np.full(len(api), OWNED_COST), **columns}
    changed = {n: np.where(api, asking.values[:, asking.scored.criteria.index(n)], v) for n, v in own.items()}
    return np.ones(len(api), dtype=np.bool_), changed


def _affordable(monthly: Floats, budget: float | None) -> Bools:
    return np.asarray(monthly <= budget) if budget else np.ones(len(monthly), dtype=np.bool_)


# Questions of money rest on the need's own figures.
_MONEY = {"volume": _volume, "budget": _budget, "hardware": _hardware}


@lru_cache(maxsize=256)
def _effect(options: Options, slot_id: str, choice_id: str) -> Effect:
    choice = next(c for c in slots("en")[slot_id].choices if c.id == choice_id)
    need = resolve(Requirements.from_mapping(choice.patch), options.facts)
    found = shortlist(options, need)
    mine = [bool(choice.patch.keys() & set(rule.fields)) for rule in found.rules]
    passes = np.asarray(~found.failed[mine].any(axis=0))
    if slot_id == "region":
        passes &= reachable_sellers(options, need)
    decided = DECIDES.get(slot_id, ())
    scored = score(found) if decided else None
    return Effect(need.said, passes, {name: scored.part(name) for name in decided} if scored else {})


@lru_cache(maxsize=4)
def _efforts(options: Options) -> Mapping[bool, Bools]:
    """Return the efforts in question for tasks that think, and for others."""
    tasks = {True: "reasoning", False: "chat"}
    return {
        thinks: offered_efforts(options, resolve(Requirements.from_mapping({"task": task}), options.facts))
        for thinks, task in tasks.items()
    }
