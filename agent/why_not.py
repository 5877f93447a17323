"""Why not this model: the rule that it fails, its rank and what cost it points, or the facts that are missing."""

import datetime as dt
from typing import Literal

from pydantic import Field

from ..knowledge.facts import Facts
from ..knowledge.schema import Model
from .advice import Citation, CiteKey, Elimination, ModelRef, Option, Param, Params, Question, Statement, Value
from .citations import cite_all
from .findings import evidence_of, row_of
from .floor import unknown_floor, with_floor
from .lookup import best_option, find_model, lacks, missing_facts
from .misses import describe, elimination
from .need import resolve
from .options import Options, build_options
from .picks import choose, ranked
from .recommend import cited_keys
from .requirements import Requirements
from .sanity import questions_for
from .score import Scored, score
from .shortlist import Shortlist, shortlist

Status = Literal["picked", "ranked", "eliminated", "held_back", "unknown_model", "unclear"]
WORTH_NAMING = 0.005


class Failure(Value):
    """One requirement that the model's best option fails."""

    rule: str
    field: str
    required: Param
    has: Param
    cites: tuple[CiteKey, ...]


class WhyNot(Value):
    """Where a model stands for a need, as values; `statements` say the same in words.

    `difference` is the first choice's total less this model's, and `parts` how it comes about by criterion.
    """

    asked: str
    status: Status
    model: ModelRef | None = None
    option: Option | None = None
    elimination: Elimination | None = None
    failures: tuple[Failure, ...] = ()
    role: str | None = None
    rank: int | None = None
    of: int | None = None
    first: ModelRef | None = None
    difference: float | None = None
    parts: dict[str, float] = Field(default_factory=dict)
    missing: tuple[tuple[str, str], ...] = ()
    near: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    statements: tuple[Statement, ...] = ()
    citations: dict[CiteKey, Citation] = Field(default_factory=dict)
    as_of: dt.date


def why_not(model: str, requirements: Requirements, facts: Facts, day: dt.date) -> WhyNot:
    """Say why a model is not the first choice for a need, or that it is."""
    answer = _answer(model, requirements, facts, day)
    return answer.model_copy(update={"citations": cite_all(cited_keys(answer), facts, requirements, day)})


def _answer(words: str, requirements: Requirements, facts: Facts, day: dt.date) -> WhyNot:
    meant = find_model(words, facts)
    if meant.model is None:
        params: Params = {"model": words, "near": meant.near}
        said = (Statement(text_id="why_not.unknown", params=params, cites=("default/catalog",)),)
        return WhyNot(asked=words, status="unknown_model", near=meant.near, statements=said, as_of=day)
    ref = model_ref(meant.model, facts)
    if questions := (*questions_for(requirements, facts), *unknown_floor(requirements, facts)):
        asked = tuple(q.text for q in questions)
        return WhyNot(asked=words, status="unclear", model=ref, questions=questions, statements=asked, as_of=day)
    options = build_options(facts, day)
    found, scored = weighed(requirements, options)
    option = best_option(found, scored, ref.id)
    if option is None:
        return _held_back(words, ref, options)
    known = WhyNot(asked=words, status="ranked", model=ref, option=row_of(found, option).option, as_of=day)
    return _ranked(known, found, scored, option) if found.open[option] else _out(known, found, option)


def weighed(requirements: Requirements, options: Options) -> tuple[Shortlist, Scored]:
    """Hold all options of a day against a need and score them, the quality floor included."""
    found = shortlist(options, resolve(requirements, options.facts))
    scored = score(found)
    return with_floor(found, scored), scored


def model_ref(model: Model, facts: Facts) -> ModelRef:
    """Return a model as an advice names it."""
    return ModelRef(id=model.id, name=model.name, vendor=facts.vendors[model.id].name, family=model.family)


def _held_back(words: str, ref: ModelRef, options: Options) -> WhyNot:
    missing = missing_facts(ref.id, options.facts, options.day)
    params: Params = {"model": ref.name, "missing": lacks(missing)}
    said = (Statement(text_id="why_not.held_back", params=params, cites=("default/catalog",)),)
    return WhyNot(asked=words, status="held_back", model=ref, missing=missing, statements=said, as_of=options.day)


def _out(known: WhyNot, found: Shortlist, option: int) -> WhyNot:
    rules = found.failed_rules(option)
    if not rules:  # an effort or a seller that is not in question for this need
        params: Params = {"model": _name(known)}
        said = (Statement(text_id="why_not.not_offered", params=params, cites=("default/effort",)),)
        return known.model_copy(update={"status": "eliminated", "statements": said})
    failures = []
    for rule in rules:
        field, required, has, cites = describe(found, option, rule)
        failures.append(Failure(rule=rule, field=field, required=required, has=has, cites=cites))
    cites = tuple(c for failure in failures for c in failure.cites)
    said = (Statement(text_id="why_not.fails", params={"model": _name(known), "rules": rules}, cites=cites),)
    first = elimination(found, option)
    return known.model_copy(
        update={"status": "eliminated", "elimination": first, "failures": tuple(failures), "statements": said}
    )


def _ranked(known: WhyNot, found: Shortlist, scored: Scored, option: int) -> WhyNot:
    order, chosen = _one_a_model(found, scored), choose(found, scored)
    rank = next(n for n, o in enumerate(order, 1) if found.options.model[o] == found.options.model[option])
    role = next((c.role for c in chosen if found.options.model[c.option] == found.options.model[option]), None)
    first = chosen[0].option if chosen else order[0]
    gap = scored.weights * (scored.values[first] - scored.values[option])
    parts = {name: round(float(x), 6) for name, x in zip(scored.criteria, gap, strict=True)}
    placed = known.model_copy(
        update={
            "status": "picked" if role else "ranked", "role": role, "rank": rank, "of": len(order),
            "first": model_ref(row_of(found, first).model, found.options.facts),
            "difference": round(float(scored.total[first] - scored.total[option]), 6), "parts": parts,
        }
    )  # fmt: skip
    return placed.model_copy(update={"statements": _placed_words(placed, found, scored, option)})


def _one_a_model(found: Shortlist, scored: Scored) -> list[int]:
    """Return the open options in their order, each model's best alone."""
    best: dict[int, int] = {}
    for option in ranked(found, scored):
        best.setdefault(int(found.options.model[option]), int(option))
    return list(best.values())


def _placed_words(known: WhyNot, found: Shortlist, scored: Scored, option: int) -> tuple[Statement, ...]:
    items = evidence_of(found, scored, option).items
    cites = items[0].cites if items else ("default/task_value",)
    placed: Params = {"model": _name(known), "role": known.role, "rank": known.rank, "of": known.of}
    said = [Statement(text_id="why_not.placed", params=placed, cites=cites)]
    if known.first and known.first.name != _name(known):
        behind: Params = {
            "other": known.first.name, "gap": round(known.difference or 0.0, 3),
            "lost": tuple(_parts(known, lost=True)), "won": tuple(_parts(known, lost=False)),
        }  # fmt: skip
        said.append(Statement(text_id="why_not.behind", params=behind, cites=cites))
    return tuple(said)


def _parts(known: WhyNot, *, lost: bool) -> list[str]:
    """Return the criteria that cost or gave points, the heaviest first."""
    parts = {n: x if lost else -x for n, x in known.parts.items()}
    return [n for n, x in sorted(parts.items(), key=lambda p: -p[1]) if x >= WORTH_NAMING]


def _name(known: WhyNot) -> str:
    return known.model.name if known.model else known.asked
