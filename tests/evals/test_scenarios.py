"""How advice is judged, on tiny examples: what violates a `must`, what is unknown and said, what must be named."""

from decimal import Decimal
from pathlib import Path
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
from modelwise.agent.requirements import InvalidRequirements, Requirements
from modelwise.evals import must as musts
from modelwise.evals.__main__ import main
from modelwise.evals.must import Chosen, broken, matches
from modelwise.evals.report import DAY, read_result, read_yaml
from modelwise.evals.scenarios import expand, judge_scenario, measure_scenarios
from modelwise.knowledge.facts import Facts, load_facts

GROUPS = {"small": ["gemma-4-*"], "all": ["@small", "qwen*"]}


@pytest.fixture(scope="module")
def facts() -> Facts:
    return load_facts()


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
            monthly_usd=Decimal(usd) if usd else None, per_request_usd=None, basis="api", as_of=DAY
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
    given = {"status": "recommended", "requirements": Requirements(), "as_of": DAY, **fields}
    return Advice(picks=picks, **given)


# --- what every pick must meet


def test_a_closed_listing_violates_what_only_weights_meet(facts: Facts) -> None:
    failed = broken(
        Chosen(api("gpt-6-luna", facts, "openai"), facts, 0), {"kind": "weights", "osi": True, "open": True}
    )
    assert failed == ["kind", "osi", "open"]


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
    result = measure_scenarios({"scenarios": [item], "groups": {}}, refuse, facts, said.append)
    assert result["status"]["unclear"] == [1, 1]
    assert result["misses"] == []
    assert "refused" in said[0]


# --- unknown, said as a risk


def with_risk(pick: Pick, *text_ids: str) -> Pick:
    return pick.model_copy(update={"risks": tuple(Statement(text_id=text_id) for text_id in text_ids)})


def test_a_paper_nobody_knows_of_is_no_violation_where_the_advice_says_so(facts: Facts) -> None:
    item = {"id": "x", "text": "", "must": {"papers": ["baa"]}}
    silent = api("qwen3.7-max", facts, "novita")
    assert judge_scenario(item, advice(silent), {}, facts).violations == ("qwen3.7-max (api): papers ['baa']",)
    said = judge_scenario(item, advice(with_risk(silent, "risk.unknown_privacy")), {}, facts)
    assert (said.violations, said.unknown) == ((), ("qwen3.7-max (api): papers ['baa']",))


def test_a_paper_known_to_be_refused_stays_a_violation(facts: Facts) -> None:
    refused = next(s for s in facts.sellers.values() if s.papers.zero_retention and not s.papers.zero_retention.value)
    model = next(m for m in facts.models.values() if any(o.seller == refused.id for o in m.offers))
    chosen = with_risk(api(model.id, facts, refused.id), "risk.unknown_privacy")
    item = {"id": "x", "text": "", "must": {"papers": ["zero_retention"]}}
    assert any("papers" in line for line in judge_scenario(item, advice(chosen), {}, facts).violations)


def test_a_data_region_that_nobody_promises_stays_a_violation(facts: Facts) -> None:
    item = {"id": "x", "text": "", "must": {"residency": "EU"}}
    chosen = with_risk(api("qwen3.7-max", facts, "novita"), "risk.unknown_privacy")
    assert judge_scenario(item, advice(chosen), {}, facts).violations


@pytest.mark.parametrize(("currency", "violations", "unknown"), [("TWD", 0, 1), ("CNY", 1, 0), ("USD", 1, 0)])
def test_a_budget_without_a_rate_is_unknown_and_any_other_binds(
    currency: str, violations: int, unknown: int, facts: Facts
) -> None:
    item = {"id": "x", "text": "", "must": {"usd_max": 300, "requests": 2_000_000, "in": 800, "out": 200}}
    need = Requirements.from_mapping({"monthly_budget": 9000, "budget_currency": currency})
    said = (Statement(text_id="assume.no_rate"),)
    given = advice(api("gpt-6-luna", facts, "openai"), requirements=need, assumptions=said)
    outcome = judge_scenario(item, given, {}, facts)
    assert (len(outcome.violations), len(outcome.unknown)) == (violations, unknown)
    assert not judge_scenario(item, given.model_copy(update={"assumptions": ()}), {}, facts).unknown


# --- the command and the file


def test_the_command_counts_what_is_unknown_in_a_row_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scenarios", "--results", str(tmp_path)]) == 0
    written = read_result("scenarios", tmp_path)
    rows = dict(line.rsplit("  ", 1) for line in capsys.readouterr().out.splitlines() if "  " in line.strip())
    assert int(rows[next(name for name in rows if name.startswith("unknown, said"))]) == written["unknown_and_said"]
    assert written["unknown_and_said"] == sum(map(len, written["unknown"].values()))


def test_every_scenario_can_be_judged(facts: Facts) -> None:
    document = read_yaml("scenarios.yaml")
    for item in document["scenarios"]:
        assert set(item.get("must", {})) <= set(musts.MUST) | musts.TERMS, item["id"]
        for pattern in expand((*item.get("acceptable", ()), *item.get("never", ())), document["groups"]):
            assert any(matches(model, [pattern]) for model in facts.models), f"{item['id']}: no model is {pattern!r}"
        assert ("need" in item) != ("text" in item)
        assert item["why"]
    assert len(document["scenarios"]) == 120
