"""From a need to an advice: options, rules, score, picks, and what to say of each; nothing here speaks prose."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from ..knowledge.facts import Facts
from ..tools.evaluation import detectable_gap
from .advice import Advice, ModelRef, Param, Params, Pick, Question, Statement, TestPlan
from .citations import cite_all
from .confidence import confidence_of
from .conflicts import conflicts_of
from .current import about_current
from .defaults import load_defaults
from .findings import context_fit, cost_of, evidence_of, hardware_of, license_check, lifecycle_of, row_of, score_of
from .floor import floor_assumptions, unknown_floor, with_floor
from .loads import precision_risk, with_loads, with_standby
from .misses import eliminations, near_misses, short_lived
from .need import LONG, Need, resolve
from .options import build_options
from .picks import Chosen, choose
from .reasons import Bench, against, reasons, risks
from .requirements import Requirements
from .sanity import questions_for
from .score import Scored, score
from .shortlist import Shortlist, funnel, shortlist
from .strategy import plan_split, routing_of, with_strong
from .voi import open_questions


def recommend(
    requirements: Requirements,
    facts: Facts,
    day: dt.date,
    *,
    weights: Mapping[str, float] | None = None,
    problems: tuple[Question, ...] = (),
    settled: Iterable[str] = (),
) -> Advice:
    """Return the advice for requirements on a day; the same requirements and facts always give the same advice.

    `problems` are questions that reading the words left open: while there are any, the advice asks them. `settled`
    names the questions that were asked and left open, which the advice does not list again.
    """
    if questions := doubts(requirements, facts, problems):
        return unclear(requirements, questions, facts, day)
    need = resolve(requirements, facts)
    found = shortlist(build_options(facts, day), need)
    scored = score(found, weights)
    found = with_floor(found, scored)
    chosen = choose(found, scored)
    plan = plan_split(found, scored, chosen)
    chosen = with_strong(chosen, found, plan)
    picks = tuple(_pick(found, scored, one, chosen) for one in chosen)
    advice = Advice(
        requirements=requirements,
        status="recommended" if picks else "nothing_fits",
        picks=picks,
        near_misses=short_lived(found, scored) if found.open.any() and not picks else near_misses(found, scored),
        eliminated=eliminations(found, scored),
        funnel=funnel(found),
        questions=open_questions(found, scored, settled),
        assumptions=(*_assumptions(need, facts, picks), *floor_assumptions(need, facts)),
        strategy=routing_of(found, scored, plan),
        conflicts=conflicts_of(found, scored, chosen),
        advice_notes=(*_notes(need, found, picks), *about_current(found, scored, picks)),
        evaluation=_test_plan(need) if picks else None,
        as_of=day,
        data_dates=data_dates(facts),
    )
    return advice.model_copy(update={"citations": cite_all(cited_keys(advice), facts, requirements, day)})


def doubts(requirements: Requirements, facts: Facts, problems: tuple[Question, ...] = ()) -> tuple[Question, ...]:
    """Return the questions without whose answer no advice is honest: unread words, clashes, an unknown floor."""
    return problems or questions_for(requirements, facts) or unknown_floor(requirements, facts)


def unclear(requirements: Requirements, questions: tuple[Question, ...], facts: Facts, day: dt.date) -> Advice:
    """Return an advice that asks instead of guessing."""
    advice = Advice(
        requirements=requirements, status="unclear", questions=questions, as_of=day, data_dates=data_dates(facts)
    )
    return advice.model_copy(update={"citations": cite_all(cited_keys(advice), facts, requirements, day)})


def _pick(found: Shortlist, scored: Scored, chosen: Chosen, picks: tuple[Chosen, ...]) -> Pick:
    option = chosen.option
    row, facts = row_of(found, option), found.options.facts
    hardware = hardware_of(found, option)
    bench = Bench(
        found,
        scored,
        chosen,
        picks,
        with_loads(found, scored, option, cost_of(found, option)),
        license_check(found, option),
        with_standby(found, option, hardware) if hardware else None,
        lifecycle_of(found, option),
        evidence_of(found, scored, option),
    )
    return Pick(
        option=row.option,
        model=ModelRef(
            id=row.model.id, name=row.model.name, vendor=facts.vendors[row.model.id].name, family=row.model.family
        ),
        role=chosen.role,
        reasons=reasons(bench),
        against=against(bench),
        license=bench.license,
        context=context_fit(found, option),
        cost=bench.cost,
        hardware=bench.hardware,
        lifecycle=bench.lifecycle,
        evidence=bench.evidence,
        risks=(*risks(bench), *precision_risk(found, option, bench.hardware)),
        score=score_of(found, scored, option),
        confidence=confidence_of(found, scored, option),
    )


def _assumptions(need: Need, facts: Facts, picks: tuple[Pick, ...]) -> Iterator[Statement]:
    values: dict[str, Param] = {
        "task": need.task,
        "commercial": True,
        "monthly_requests": need.requests,
        "input_tokens": need.input,
        "output_tokens": need.output,
        "languages": ", ".join(need.languages),
        "latency_seconds": need.patience,
    }
    for field in need.assumed:
        yield Statement(text_id=f"assume.{field}", params={"value": values[field]}, cites=(f"default/{field}",))
    r = need.said
    if r.monthly_budget is not None and need.budget_usd is None:
        yield Statement(
            text_id="assume.no_rate",
            params={"currency": r.budget_currency, "budget": r.monthly_budget},
            cites=("user/monthly_budget",),
        )
    elif r.monthly_budget is not None and need.budget_usd != r.monthly_budget and r.budget_currency:
        params: Params = {
            "budget": r.monthly_budget,
            "currency": r.budget_currency,
            "usd": round(need.budget_usd or 0, 2),
        }
        yield Statement(text_id="assume.rate", params=params, cites=(f"fx/{r.budget_currency}",))
    if r.binding("monthly_budget") and not r.binding("monthly_requests"):
        yield Statement(
            text_id="assume.budget_without_volume", params={"budget": r.monthly_budget}, cites=("user/monthly_budget",)
        )
    if r.device in load_defaults().device_ram_gb and not r.binding("ram_gb"):
        params = {"value": load_defaults().device_ram_gb[r.device], "device": r.device}
        yield Statement(text_id="assume.ram_gb", params=params, cites=("default/device_ram_gb",))
    if not r.binding("monthly_requests", "peak_rps") and any(pick.hardware for pick in picks):
        yield Statement(text_id="assume.one_at_a_time", params={}, cites=("default/concurrency",))
    for field in sorted(r.unknown - r.said - set(need.assumed)):
        yield Statement(text_id="assume.unknown", params={"field": field}, cites=(f"default/{field}",))
    for part in facts.snapshot.missing:
        yield Statement(text_id="assume.missing_data", params={"part": part}, cites=("default/missing",))


def _notes(need: Need, found: Shortlist, picks: tuple[Pick, ...]) -> Iterator[Statement]:
    r = need.said
    if r.binding("mau"):
        yield Statement(text_id="note.mau_is_not_load", params={"mau": r.mau}, cites=("user/mau",))
    if need.input > LONG:
        yield Statement(text_id="note.chunking", params={"tokens": need.input}, cites=("source/domain-2026-11-21",))
    if r.decides_about_people or need.field == "medicine":
        yield Statement(text_id="note.people", params={}, cites=("source/domain-2026-11-21",))
    if r.on_prem:
        yield Statement(text_id="note.on_prem_checks", params={}, cites=("source/domain-2026-11-21",))
    if not picks:
        yield Statement(
            text_id="note.nothing_fits",
            params={"models": found.options.model_ids and len(found.options.model_ids)},
            cites=("default/hard_constraints",),
        )


def _test_plan(need: Need) -> TestPlan:
    prompts = 300 if need.field else 100
    gap = round(detectable_gap(prompts) or 1.0, 2)  # unpaired: on the same prompts the picks differ visibly sooner
    method = Statement(text_id="test.method", params={"prompts": prompts, "gap": gap}, cites=("default/test_plan",))
    names = ("accuracy", "format", "latency", "cost")
    rubric = tuple(Statement(text_id=f"test.{name}", params={}, cites=("default/test_plan",)) for name in names)
    return TestPlan(prompts=prompts, detectable_difference=gap, method=method, rubric=rubric)


def data_dates(facts: Facts) -> dict[str, dt.date]:
    """Return the newest day of each kind of source."""
    out: dict[str, dt.date] = {}
    for source in facts.sources.values():
        out[source.kind] = max(source.date, out.get(source.kind, source.date))
    return out


def cited_keys(value: Any) -> Iterator[str]:
    """Every citation key that stands anywhere in a value."""
    if isinstance(value, BaseModel):
        own, nested = _citing(type(value))
        if own:
            yield from value.cites  # type: ignore[attr-defined]
        for name in nested:
            yield from cited_keys(getattr(value, name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from cited_keys(item)
    elif isinstance(value, dict):
        yield from cited_keys(tuple(value.values()))


@lru_cache(maxsize=64)
def _citing(kind: type[BaseModel]) -> tuple[bool, tuple[str, ...]]:
    """Whether a type has cites, and which of its fields can hold values that do."""
    fields = {name: str(field.annotation) for name, field in kind.model_fields.items()}
    nested = tuple(
        n for n, t in fields.items() if "modelwise" in t and n not in ("requirements", "citations", "option")
    )
    return "cites" in fields, nested


__all__ = ["cited_keys", "data_dates", "recommend", "unclear"]
