"""The rule `quality`: nothing below the model that was named as the least that will do.

It compares task values, and those exist only once the options are scored; a score depends on no rule, so the rule is
added to the shortlist afterwards, in its place of the order, and is then reported like every other.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..knowledge.facts import Facts
from ..knowledge.schema import Model
from .advice import Question, Statement
from .lookup import find_model
from .need import Need
from .options import EFFORT_INDEX
from .requirements import Requirements
from .rules import FAILED, MET, Rule, Status
from .score import Scored
from .shortlist import Shortlist, offered_efforts

ALMOST = 1e-9


@dataclass(frozen=True, slots=True)
class Floor:
    """The model named as the least that will do, and its task value for the need."""

    model: Model
    value: float


def with_floor(found: Shortlist, scored: Scored) -> Shortlist:
    """Return the shortlist with the rule `quality` between latency and budget, where a known floor was said."""
    floor = floor_of(found, scored)
    if floor is None:
        return found
    status = np.where(scored.part("task") >= floor.value - ALMOST, MET, FAILED).astype(np.int8)
    rule = Rule("quality", ("quality_floor",), lambda case: status, True)
    at = next((n for n, known in enumerate(found.rules) if known.name == "budget"), len(found.rules))
    rules = (*found.rules[:at], rule, *found.rules[at:])
    rows: Status = np.insert(found.status, at, status, axis=0)
    return replace(found, rules=rules, status=rows, open=found.open & (status == MET))


def floor_of(found: Shortlist, scored: Scored) -> Floor | None:
    """Return the floor that was said; None where none was, or where no model is called so."""
    need = found.need
    words = need.said.quality_floor
    model = find_model(words, found.options.facts).model if words and need.asked("quality_floor") else None
    if model is None:
        return None
    number = found.options.model_ids.index(model.id)
    effort = EFFORT_INDEX[usual_effort(found, number, model)]
    return Floor(model, float(np.clip(scored.ability[number, effort], 0.0, 1.0)))


def usual_effort(found: Shortlist, number: int, model: Model) -> str:
    """Return the effort at which a model is compared: its default if that is in question, else the lowest that is."""
    if model.efforts is None:
        return "unstated"
    offered = found.options.effort[(found.options.model == number) & offered_efforts(found.options, found.need)]
    names = [name for name in model.efforts.levels if EFFORT_INDEX[name] in set(offered.tolist())]
    if model.efforts.default in names or not names:
        return model.efforts.default
    return min(names, key=EFFORT_INDEX.__getitem__)


def unknown_floor(requirements: Requirements, facts: Facts) -> tuple[Question, ...]:
    """Ask which model was meant where the floor names none that is known: no option can be held against it."""
    words = requirements.quality_floor
    if not words or not requirements.binding("quality_floor"):
        return ()
    meant = find_model(words, facts)
    if meant.model:
        return ()
    cites = ("user/quality_floor",)
    near = tuple(Statement(text_id="choice.model", params={"model": name}, cites=cites) for name in meant.near)
    return (
        Question(
            topic="task",
            text=Statement(text_id="ask.floor", params={"model": words}, cites=cites),
            why=Statement(text_id="ask.floor_why", params={}, cites=cites),
            choices=near,
        ),
    )


def floor_assumptions(need: Need, facts: Facts) -> tuple[Statement, ...]:
    """Say which model a floor was read as, where it was called otherwise."""
    words = need.said.quality_floor
    model = find_model(words, facts).model if words and need.asked("quality_floor") else None
    if model is None or words in (model.id, model.name, model.name.lower()):
        return ()
    params = {"words": words, "model": model.name}
    return (Statement(text_id="assume.quality_floor", params=params, cites=("user/quality_floor",)),)
