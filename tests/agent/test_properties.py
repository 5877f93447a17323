"""What must hold of the decision for any need: the PROPERTIES of the design, over needs drawn at random."""

import datetime as dt
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pydantic import BaseModel

from modelwise.agent.advice import Advice, Language, Option, Statement
from modelwise.agent.need import Need, resolve
from modelwise.agent.options import Options, build_options
from modelwise.agent.picks import choose
from modelwise.agent.recommend import cited_keys, recommend
from modelwise.agent.requirements import Requirements
from modelwise.agent.rules import RULES
from modelwise.agent.score import score
from modelwise.agent.shortlist import Shortlist, shortlist
from modelwise.knowledge.facts import Facts
from modelwise.knowledge.schema import Snapshot

DAY = dt.date(2026, 11, 21)
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
seldom = settings(often, max_examples=25)


def need_of(fields: dict[str, Any]) -> Requirements:
    return Requirements.from_mapping(fields)


def found_for(fields: dict[str, Any], facts: Facts, day: dt.date = DAY) -> Shortlist:
    return shortlist(build_options(facts, day), resolve(need_of(fields), facts))


def passing(fields: dict[str, Any], facts: Facts) -> set[str]:
    """Names of the options that fail no rule, at whatever effort."""
    found = found_for(fields, facts)
    return {found.options.names[n] for n in np.flatnonzero(~found.failed.any(axis=0))}


@often
@given(data=st.data())
def test_a_said_value_never_yields_a_pick_that_fails_it(
    data: st.DataObject, needs: ModuleType, recheck: ModuleType, facts: Facts
) -> None:
    fields = data.draw(needs.mappings(most=8))
    for pick in recommend(need_of(fields), facts, DAY).picks:
        assert recheck.violations(fields, pick, facts, DAY) == []


@often
@given(data=st.data(), day=st.dates(dt.date(2025, 1, 1), dt.date(2028, 12, 31)))
def test_retired_is_never_picked(data: st.DataObject, day: dt.date, needs: ModuleType, facts: Facts) -> None:
    for pick in recommend(need_of(data.draw(needs.mappings(most=3))), facts, day).picks:
        model = facts.models[pick.model.id]
        offers = [o for o in model.offers if (o.seller, o.price_id) == (pick.option.seller, pick.option.price_id)]
        assert bool(offers) == (pick.option.kind == "api")
        assert all(o.retires is None or o.retires.value >= day for o in offers)
        assert pick.lifecycle.status != "retired"


TIGHTER: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
    "monthly_budget": lambda old: st.floats(0.1, 1).map(lambda share: max(old * share, 1e-9)),
    "monthly_requests": lambda old: st.integers(old, min(10**13, old * 50)),
    "context_tokens": lambda old: st.integers(old, old * 3),
    "output_tokens": lambda old: st.integers(old, min(10**9, old * 3)),
    "latency_seconds": lambda old: st.floats(0.1, 1).map(lambda share: old * share),
    "gpu_mem_gb": lambda old: st.floats(0.1, 1).map(lambda share: old * share),
    "max_params_b": lambda old: st.floats(0.1, 1).map(lambda share: old * share),
    "mau": lambda old: st.integers(old, 10**9),
    "annual_revenue_usd": lambda old: st.integers(old, 10**10),
}
SWITCHED_ON = ("on_prem", "open_weights", "osi_license", "redistribute", "fine_tune", "commercial", "api_only")
WIDENED = {
    "vendors_excluded": ["openai", "google", "alibaba", "novita", "zai"],
    "vendor_countries_excluded": ["CN", "US", "EU", "FR"],
    "models_excluded": ["qwen3.7-flash", "gemma 4 31b", "llama"],
    "capabilities": ["tools", "structured_output", "web_search"],
    "modalities": ["image", "audio", "video"],
    "languages": ["zh", "en", "ja", "sw"],
    "data_sensitivity": ["pii", "minors", "classified"],  # phi and financial admit models made for their field
    "agreements": ["baa", "dpa", "zero_retention"],
}
PLACES = ("users_region", "company_region", "data_region", "ownership_region")


@often
@given(data=st.data())
def test_a_tighter_figure_shrinks_what_is_open(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    fields = {**data.draw(needs.mappings(most=4)), "monthly_requests": data.draw(st.integers(1, 10**6))}
    field = data.draw(st.sampled_from(sorted(TIGHTER)))
    old = fields.setdefault(field, data.draw(needs.FIELDS[field]))
    assume(field != "gpu_mem_gb" or "gpu" not in fields)
    tighter = {**fields, field: data.draw(TIGHTER[field](old))}
    assert passing(tighter, facts) <= passing(fields, facts)


@often
@given(data=st.data())
def test_one_more_demand_shrinks_what_is_open(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    fields = data.draw(needs.mappings(most=4))
    field = data.draw(st.sampled_from(sorted({*SWITCHED_ON, *WIDENED, *PLACES})))
    if field in WIDENED:
        more: Any = sorted({*fields.get(field, []), *data.draw(st.lists(st.sampled_from(WIDENED[field]), min_size=1))})
    else:
        assume(field not in fields or fields[field] is False)
        more = data.draw(needs.REGIONS) if field in PLACES else True
    assert passing({**fields, field: more}, facts) <= passing(fields, facts)


@often
@given(data=st.data())
def test_parts_sum_to_the_total(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    for pick in recommend(need_of(data.draw(needs.mappings())), facts, DAY).picks:
        parts = pick.score.parts.values()
        assert abs(sum(part.product for part in parts) - pick.score.total) < 1e-9
        assert all(abs(part.value * part.weight - part.product) < 1e-12 for part in parts)
        assert all(0 <= part.value <= 1 for part in parts)
        assert sum(part.weight for part in parts) == pytest.approx(1)


@often
@given(data=st.data())
def test_an_advice_is_the_same_twice_and_through_json(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    need = need_of(data.draw(needs.mappings()))
    advice = recommend(need, facts, DAY)
    assert recommend(need, facts, DAY).to_json() == advice.to_json()
    again = Advice.from_json(advice.to_json())
    assert again == advice
    assert again.to_json() == advice.to_json()


@often
@given(data=st.data())
def test_every_statement_is_cited_and_every_cite_resolves(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    check_citations(recommend(need_of(data.draw(needs.mappings())), facts, DAY), facts)


def check_citations(advice: Advice, facts: Facts) -> None:
    said = [s for s in models_in(advice) if isinstance(s, Statement)]
    assert all(statement.cites for statement in said), [s for s in said if not s.cites]
    assert all(row.cites for row in advice.eliminated)
    assert all(miss.cites for miss in advice.near_misses)
    used = set(cited_keys(advice))
    assert used == advice.citations.keys()
    for key, citation in advice.citations.items():
        assert citation.key == key
        assert citation.title
        assert citation.kind != "article" or (citation.file and citation.lines and citation.excerpt)
        assert citation.kind in ("price", "user", "article") or citation.title not in facts.sources


def models_in(value: Any) -> Iterator[BaseModel]:
    """Every record inside an advice, the advice included."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from models_in(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from models_in(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from models_in(item)


@often
@given(data=st.data())
def test_picks_are_of_different_models_and_families(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    advice = recommend(need_of(data.draw(needs.mappings(most=3))), facts, DAY)
    assert len([p for p in advice.picks if p.role != "hard_questions"]) <= 3
    assert [p.role for p in advice.picks[:1]] in ([], ["first_choice"])
    assert len({p.model.id for p in advice.picks}) == len(advice.picks)
    others = [p.model.family for p in advice.picks if p.role in ("first_choice", "alternative")]
    assert len(set(others)) == len(others)
    out = {row.option.model_id for row in advice.eliminated}
    assert not out & {p.model.id for p in advice.picks}
    assert len(out) == len(advice.eliminated)


@often
@given(data=st.data())
def test_the_funnel_narrows_to_what_is_open(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    need = need_of(data.draw(needs.mappings()))
    advice = recommend(need, facts, DAY)
    assume(advice.status != "unclear")
    counts = [count for _, count in advice.funnel]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == counts[-1] + len(advice.eliminated)
    assert [name for name, _ in advice.funnel[1:]] == [r.name for r in RULES if r.name in dict(advice.funnel)]
    assert (advice.status == "recommended") == bool(advice.picks)


@seldom
@given(data=st.data())
def test_any_advice_can_be_read_in_any_script(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    advice = recommend(need_of(data.draw(needs.mappings())), facts, DAY)
    assert advice.to_markdown(data.draw(st.sampled_from(LANGUAGES)))


@seldom
@given(data=st.data())
def test_giving_up_what_is_named_lifts_the_rule(data: st.DataObject, needs: ModuleType, facts: Facts) -> None:
    """Not so for hardware, where a card and a count are two fields of one rule, and for a task, which is replaced."""
    fields = data.draw(needs.mappings(most=4))
    for miss in recommend(need_of(fields), facts, DAY).near_misses:
        for rule, change in zip(miss.rules, miss.give_up, strict=True):
            if rule not in ("hardware", "task"):
                kept = {name: value for name, value in fields.items() if name != change.field}
                lifted = {**kept, "commercial": False} if change.field == "commercial" else {"task": "chat", **kept}
                assert rule not in failures(miss.option, lifted, facts)


def failures(option: Option, fields: dict[str, Any], facts: Facts) -> tuple[str, ...]:
    found = found_for(fields, facts)
    how = option.seller or option.precision
    return found.failed_rules(found.options.names.index(f"{option.model_id}/{option.kind}/{how}/{option.effort}"))


@pytest.fixture(scope="module")
def shuffled(facts: Facts) -> Facts:
    """The same facts, each list the other way round, vendors rotated; a model's own offers keep their order."""
    known = facts.snapshot
    vendors = [replace(v, models=v.models[::-1], families=v.families[::-1]) for v in known.vendors]
    tables = [replace(t, rows=t.rows[::-1]) for t in known.tables]
    turned = {
        "vendors": (*vendors[7:], *vendors[:7]),
        "tables": tuple(tables[::-1]),
        **{name: getattr(known, name)[::-1] for name in ("claims", "licences", "sellers", "sources", "fx")},
    }
    return Facts(replace(known, **turned))


@often
@given(data=st.data())
def test_the_order_of_the_catalog_changes_nothing(
    data: st.DataObject, needs: ModuleType, facts: Facts, shuffled: Facts
) -> None:
    need = need_of(data.draw(needs.mappings()))
    one, other = recommend(need, facts, DAY), recommend(need, shuffled, DAY)
    assert [(p.option, p.role, p.cost) for p in one.picks] == [(p.option, p.role, p.cost) for p in other.picks]
    for mine, theirs in zip(one.picks, other.picks, strict=True):
        assert mine.score.total == pytest.approx(theirs.score.total, abs=1e-9)
        assert {i.cites for i in mine.evidence.items} == {i.cites for i in theirs.evidence.items}
    assert one.funnel == other.funnel
    assert [(e.option, e.rule) for e in one.eliminated] == [(e.option, e.rule) for e in other.eliminated]
    assert [m.option for m in one.near_misses] == [m.option for m in other.near_misses]


def with_a_newcomer(snapshot: Snapshot) -> Snapshot:
    """One more model: a twin of a strong one under its own family and name, with no predecessor."""
    first = snapshot.vendors[0]
    likeness = next(m for v in snapshot.vendors for m in v.models if m.id == "gemma-4-31b")
    twin = replace(likeness, id="newcomer", name="Newcomer", aliases=(), family=first.families[0].id, predecessor=None)
    vendor = replace(first, models=(*first.models, twin))
    return replace(snapshot, vendors=(vendor, *snapshot.vendors[1:]))


@pytest.fixture(scope="module")
def larger(facts: Facts) -> Facts:
    return Facts(with_a_newcomer(facts.snapshot))


@seldom
@given(data=st.data())
def test_one_more_model_moves_no_other(data: st.DataObject, needs: ModuleType, facts: Facts, larger: Facts) -> None:
    fields = data.draw(needs.mappings())
    before, after = outcome(fields, facts), outcome(fields, larger)
    assert before.keys() < after.keys()
    assert all("newcomer" in name for name in after.keys() - before.keys())
    for name, (status, total) in before.items():
        assert after[name][0] == status
        assert after[name][1] == pytest.approx(total, abs=1e-12)


def outcome(fields: dict[str, Any], facts: Facts) -> dict[str, tuple[tuple[int, ...], float]]:
    """Every option's statuses by rule, and its total."""
    found = found_for(fields, facts)
    totals = score(found).total
    return {name: (tuple(found.status[:, n]), float(totals[n])) for n, name in enumerate(found.options.names)}


@seldom
@given(data=st.data())
def test_unsaid_fields_eliminate_nothing_but_commercial_task_and_lifecycle(
    data: st.DataObject, needs: ModuleType, facts: Facts
) -> None:
    fields = data.draw(needs.mappings(most=4))
    found = found_for(fields, facts)
    always = {"license", "lifecycle", "task"}
    for rule in found.rules:
        assert rule.name in always or set(rule.fields) & fields.keys()


def test_picks_need_no_padding(world: Facts) -> None:
    """A catalog with one fitting model gives one pick."""
    options: Options = build_options(world, DAY)
    need: Need = resolve(need_of({"on_prem": True}), world)
    found = shortlist(options, need)
    assert [p.role for p in choose(found, score(found))] == ["first_choice"]
