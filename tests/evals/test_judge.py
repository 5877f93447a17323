"""The judge itself, on tiny examples: what counts as a hit, what violates a `must`, what must be named."""

from decimal import Decimal
from typing import Any

import pytest

from modelwise.agent.advice import (
    Advice,
    Cost,
    Elimination,
    Evidence,
    Fit,
    GiveUp,
    LicenseCheck,
    Lifecycle,
    ModelRef,
    NearMiss,
    Option,
    Pick,
    Score,
    Statement,
)
from modelwise.agent.requirements import FIELDS, InvalidRequirements, Requirements
from modelwise.evals import judge
from modelwise.evals.judge import Chosen, agrees, broken, expand, judge_scenario, judge_utterance, matches, scores
from modelwise.evals.report import read_yaml
from modelwise.knowledge.facts import Facts, load_facts

GROUPS = {"small": ["gemma-4-*"], "all": ["@small", "qwen*"]}


@pytest.fixture(scope="module")
def facts() -> Facts:
    return load_facts()


def verdicts(expect: dict[str, Any], heard: dict[str, Any], **more: Any) -> dict[str, str]:
    item = {"id": "x", "script": "en", "text": "", "expect": expect, **more}
    return {s.field: s.verdict for s in judge_utterance(item, Requirements.from_mapping(heard))}


def pick(model: str, facts: Facts, usd: str | None = None, **option: Any) -> Pick:
    record, vendor = facts.models[model], facts.vendors[model]
    return Pick(
        option=Option(model_id=model, **option),
        model=ModelRef(id=model, name=record.name, vendor=vendor.id, family=record.family),
        role="first_choice",
        reasons=(),
        against=Statement(text_id="x"),
        license=LicenseCheck(verdict="allowed", name="x"),
        context=Fit(status="met"),
        cost=Cost(
            monthly_usd=Decimal(usd) if usd else None, per_request_usd=None, basis="api", as_of=judge.TODAY
        ),
        hardware=None,
        lifecycle=Lifecycle(status="on_sale"),
        evidence=Evidence(kind="none", models=(), items=(), strength=0),
        risks=(),
        score=Score(total=0, profile="balanced", parts={}),
    )  # fmt: skip


def api(model: str, facts: Facts, seller: str, usd: str | None = None) -> Pick:
    offer = next(o for o in facts.models[model].offers if o.seller == seller)
    return pick(model, facts, usd, kind="api", seller=seller, price_id=offer.price_id)


def weights(model: str, facts: Facts, precision: str = "int4") -> Pick:
    return pick(model, facts, kind="weights", precision=precision)


def advice(*picks: Pick, **fields: Any) -> Advice:
    given = {"status": "recommended", "requirements": Requirements(), "as_of": judge.TODAY, **fields}
    return Advice(picks=picks, **given)


# --- values


@pytest.mark.parametrize(
    ("field", "expected", "heard", "same"),
    [
        ("monthly_requests", 1000, 1005, True),
        ("monthly_requests", 1000, 30000, False),
        ("context_tokens", {"between": [90, 120]}, 100, True),
        ("context_tokens", {"between": [90, 120]}, 130, False),
        ("context_tokens", {"between": [90, 120]}, None, False),
        ("on_prem", True, 1, True),
        ("on_prem", False, True, False),
        ("task", {"any": ["chat", "rag"]}, "rag", True),
        ("gpu", "4090", "rtx 4090", True),
        ("gpu", "a100", "h100", False),
        ("current_model", "gpt-4o mini", "GPT-4o-mini", True),
        ("languages", ["zh", "en"], frozenset({"en", "zh"}), True),
        ("languages", ["zh"], frozenset({"zh", "en"}), False),
        ("languages", {"any": [["zh"], ["zh-Hant"]]}, frozenset({"zh-Hant"}), True),
        ("data_sensitivity", [], frozenset(), True),
        ("models_only", ["gpt-5", "gemini"], frozenset({"gemini", "gpt 5"}), True),
        ("models_only", ["gpt-5"], frozenset({"gemini", "gpt-5"}), False),
    ],
)
def test_values_are_compared_as_annotated(field: str, expected: Any, heard: Any, same: bool) -> None:
    assert agrees(field, expected, heard) is same


# --- utterances


def test_each_slot_gets_its_verdict() -> None:
    got = verdicts({"task": "chat", "mau": 10, "on_prem": True}, {"task": "rag", "mau": 10, "realtime": True})
    assert got == {"task": "wrong", "mau": "hit", "on_prem": "missing", "realtime": "extra"}


def test_optional_and_idle_values_count_neither_way() -> None:
    assert verdicts({"mau": 10}, {"mau": 10, "prefer": "api", "sector": "other"}, optional=["prefer"]) == {"mau": "hit"}
    assert verdicts({"mau": 10}, {"mau": 10, "sector": "bank"})["sector"] == "extra"
    assert verdicts({"device": "server"}, {"task": "chat"}, optional=["task"]) == {"device": "missing"}


def test_several_tasks_are_one_set_unless_their_order_was_said() -> None:
    expect = {"task": "asr", "secondary_tasks": ["summarization"]}
    swapped = {"task": "summarization", "secondary_tasks": ["asr"]}
    assert set(verdicts(expect, swapped).values()) == {"hit"}
    assert set(verdicts(expect, swapped, order="said").values()) == {"wrong"}
    assert verdicts(expect, {"task": "asr"}) == {"task": "hit", "secondary_tasks": "missing"}


def test_a_wrong_value_costs_precision_and_recall() -> None:
    item = {"id": "x", "script": "en", "text": "", "expect": {"task": "chat", "mau": 10}}
    slots = judge_utterance(item, Requirements.from_mapping({"task": "rag", "mau": 10}))
    assert scores(slots) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert scores([]) == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_the_summary_counts_utterances_without_an_unsaid_field() -> None:
    items = [{"id": str(n), "script": "en", "text": t, "expect": {}} for n, t in enumerate(("said", "not said"))]
    heard = {"said": Requirements(), "not said": Requirements.from_mapping({"task": "chat"})}
    result = judge.measure_understanding(items, heard.__getitem__)
    assert result["by_script"]["en"]["no_unsaid"] == 0.5
    assert result["by_script"]["zh-Hans"]["utterances"] == 0
    assert [m["field"] for m in result["misses"]] == ["task"]


# --- what every pick must meet


def test_a_closed_listing_violates_what_only_weights_meet(facts: Facts) -> None:
    lines = broken(Chosen(api("gpt-6-luna", facts, "openai"), facts, 0), {"kind": "weights", "osi": True, "open": True})
    assert [line.split(": ")[1] for line in lines] == ["kind weights", "osi True", "open True"]


@pytest.mark.parametrize(
    ("must", "holds"),
    [
        ({"kind": "api", "served": "US", "context": 900_000, "residency": "EU"}, True),
        ({"served": "CN"}, False),
        ({"context": 1_000_000}, False),
        ({"residency": "CN"}, False),
        ({"papers": ["baa", "zero_retention"]}, True),
        ({"not_countries": ["US"]}, False),
        ({"not_makers": ["openai"]}, False),
        ({"only": ["gpt-*"], "not_models": ["gpt-5*"]}, True),
        ({"sees": ["audio"]}, False),
        ({"usd_max": 500, "requests": 2_000_000, "in": 800, "out": 200}, True),
        ({"usd_max": 300, "requests": 2_000_000, "in": 800, "out": 200}, False),
    ],
)
def test_a_listing_is_held_against_catalog_sellers_and_prices(must: dict[str, Any], holds: bool, facts: Facts) -> None:
    assert (broken(Chosen(api("gpt-6-luna", facts, "openai"), facts, 0), must) == []) is holds


def test_the_stated_cost_counts_where_it_is_dearer(facts: Facts) -> None:
    must = {"usd_max": 500, "requests": 2_000_000, "in": 800, "out": 200}
    assert broken(Chosen(api("gpt-6-luna", facts, "openai", "1360"), facts, 0), must)


def test_a_price_of_the_list_is_read_too(facts: Facts) -> None:
    must = {"usd_max": 100, "requests": 2_000_000, "in": 800, "out": 200, "served": "CN"}
    assert broken(Chosen(api("qwen3.7-flash", facts, "alibaba-cn"), facts, 0), must) == []
    assert broken(Chosen(api("qwen3.8-flash", facts, "alibaba-cn"), facts, 0), must)


def test_a_member_of_the_union_is_in_the_union(facts: Facts) -> None:
    inside = Chosen(api("qwen3.8-flash", facts, "alibaba"), facts, 0)  # the seller lists DE
    assert broken(inside, {"residency": "EU"}) == []
    assert broken(inside, {"residency": "FR"})


def test_weights_are_held_against_memory_and_licence(facts: Facts) -> None:
    assert broken(Chosen(weights("gemma-4-31b", facts), facts, 0), {"memory_gb": 24, "commercial": True}) == []
    assert broken(Chosen(weights("gemma-4-31b", facts, "bf16"), facts, 0), {"memory_gb": 24})
    assert broken(Chosen(weights("command-r-plus", facts), facts, 0), {"commercial": True})
    assert broken(Chosen(weights("llama-3.3-70b", facts), facts, 0), {"not_licences": ["llama-3.3"]})


def test_what_cannot_be_had_is_always_a_violation(facts: Facts) -> None:
    assert broken(Chosen(api("o1", facts, "openai"), facts, 0), {})
    assert broken(Chosen(weights("gpt-6-luna", facts), facts, 0), {})


def test_months_of_life_bind_the_first_pick_only(facts: Facts) -> None:
    ending = api("claude-sonnet-4.5", facts, "anthropic")
    assert broken(Chosen(ending, facts, 0), {"first_months": 6})
    assert broken(Chosen(ending, facts, 1), {"first_months": 6}) == []


# --- scenarios


def test_groups_hold_groups() -> None:
    assert list(expand(["@all", "phi-4"], GROUPS)) == ["gemma-4-*", "qwen*", "phi-4"]
    assert matches("gemma-4-31b", expand(["@all"], GROUPS))


def test_never_overrides_acceptable(facts: Facts) -> None:
    item = {"id": "x", "text": "", "acceptable": ["@all"], "never": ["qwen2*"], "must": {"kind": "weights"}}
    outcome = judge_scenario(item, advice(weights("qwen2.5-7b", facts)), GROUPS, facts)
    assert (outcome.acceptable, outcome.scandals, outcome.violations) == (False, ("qwen2.5-7b",), ())
    assert judge_scenario(item, advice(weights("gemma-4-31b", facts)), GROUPS, facts).acceptable


def test_a_status_is_right_only_with_its_rules_named(facts: Facts) -> None:
    item = {"id": "x", "text": "", "status": "nothing_fits", "rules": [["context", "hardware"]]}
    option = Option(model_id="x", kind="api")
    miss = NearMiss(
        option=option,
        name="x",
        rules=("context",),
        give_up=(GiveUp(field="context_tokens", required=1, has=2),),
        cites=(),
    )
    out = Elimination(option=option, name="x", rule="budget", all_failed=("budget",), required=1, has=2, cites=())
    named = advice(status="nothing_fits", near_misses=(miss,), eliminated=(out,))
    assert judge_scenario(item, named, {}, facts).status_right
    insisted = Requirements.from_mapping({"models_only": ["x"]})
    item_budget = {**item, "rules": ["budget"]}
    assert not judge_scenario(item_budget, named, {}, facts).status_right
    wanted = advice(status="nothing_fits", near_misses=(miss,), eliminated=(out,), requirements=insisted)
    assert judge_scenario(item_budget, wanted, {}, facts).status_right
    other = judge_scenario(item, advice(status="nothing_fits", eliminated=(out,)), {}, facts)
    assert (other.status_right, other.unnamed) == (False, ("context or hardware",))


def test_a_refused_mapping_counts_as_unclear(facts: Facts) -> None:
    def refuse(_: object) -> Advice:
        raise InvalidRequirements("task", "x", "accepted: nothing")

    item = {"id": "x", "status": ["unclear", "nothing_fits"], "need": {}}
    said: list[str] = []
    result = judge.measure_scenarios({"scenarios": [item], "groups": {}}, refuse, facts, said.append)
    assert result["status"]["unclear"] == [1, 1]
    assert result["misses"] == []
    assert "refused" in said[0]


# --- the files


def test_every_expectation_names_fields_that_there_are() -> None:
    items = read_yaml("understanding.yaml")
    for item in items:
        parts = [set(item["expect"]), set(item.get("optional", ())), set(item.get("unset", ()))]
        assert set().union(*parts) <= set(FIELDS), item["id"]
        assert sum(map(len, parts)) == len(set().union(*parts)), f"{item['id']}: a field stands twice"
    assert len({item["id"] for item in items}) == len(items) == 300
    assert {s: sum(i["script"] == s for i in items) for s in judge.SCRIPTS} == dict.fromkeys(judge.SCRIPTS, 100)


def test_every_scenario_can_be_judged(facts: Facts) -> None:
    document = read_yaml("scenarios.yaml")
    for item in document["scenarios"]:
        assert set(item.get("must", {})) <= set(judge.MUST) | judge._TERMS, item["id"]
        for pattern in expand((*item.get("acceptable", ()), *item.get("never", ())), document["groups"]):
            assert any(matches(model, [pattern]) for model in facts.models), f"{item['id']}: no model is {pattern!r}"
        assert ("need" in item) != ("text" in item)
        assert item["why"]
    assert len(document["scenarios"]) == 120
