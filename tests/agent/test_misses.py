"""Why a model is out, which option stands for it, and what to give up for the nearest."""

import datetime as dt
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from modelwise.agent.advice import Elimination, NearMiss
from modelwise.agent.misses import eliminations, gap, near_misses
from modelwise.agent.need import resolve
from modelwise.agent.options import build_options
from modelwise.agent.recommend import recommend
from modelwise.agent.requirements import Requirements
from modelwise.agent.score import score
from modelwise.agent.shortlist import Shortlist, shortlist

if TYPE_CHECKING:
    from modelwise.knowledge.facts import Facts


def out(found: Shortlist) -> dict[str, Elimination]:
    return {row.option.model_id: row for row in eliminations(found, score(found))}


def near(found: Shortlist) -> list[NearMiss]:
    return list(near_misses(found, score(found)))


def change(found: Shortlist, rule: str) -> tuple[str, Any, Any]:
    """What to give up for the near miss of a rule: field, required, has."""
    miss = next(m for m in near(found) if m.rules == (rule,))
    assert miss.cites
    return miss.give_up[0].field, miss.give_up[0].required, miss.give_up[0].has


def test_a_model_with_an_open_option_is_not_out(small: Any) -> None:
    assert out(small.found({"gpu_mem_gb": 12})).keys() == set()
    assert out(small.found({"on_prem": True})).keys() == {"closed"}


def test_the_first_failure_is_named_and_all_are_listed(small: Any) -> None:
    row = out(
        small.found({"on_prem": True, "models_excluded": ["closed"], "monthly_budget": 1, "monthly_requests": 10**6})
    )["closed"]
    assert row.rule == "privacy"
    assert row.all_failed == ("privacy", "vendor", "budget")
    assert row.required is True
    assert row.cites


def test_weights_stand_for_a_model_where_weights_are_asked_for(tiny: ModuleType, today: Any) -> None:
    """Its API fails one rule, its weights two: what is wrong with the weights is what one must know."""
    both = tiny.model(
        "both", offers=[tiny.offer("s/closed")], weights=tiny.weights("llama", kv=1), window=tiny.window(9_999),
        params_total_b=[1, "s"],
    )  # fmt: skip
    clause = tiny.clause("mau", "forbids", threshold=700e6, section="2", id="llama/2")
    terms = tiny.licence(tiny.clause("commercial", "allows", id="terms"), name="closed-api")
    known: Facts = tiny.world(both, licences=(tiny.licence(clause, name="llama"), tiny.world().licences["free"], terms))
    need = resolve(Requirements.from_mapping({"mau": 800_000_000, "osi_license": True}), known)
    row = out(shortlist(build_options(known, today), need))["both"]
    assert (row.option.kind, row.rule, row.required, row.has) == ("weights", "license", 800_000_000, "Llama")
    assert "licence/llama/2" in row.cites


@pytest.mark.parametrize(
    ("fields", "rule", "expected"),
    [
        ({"on_prem": True, "models_only": ["closed"], "open_weights": False}, None, None),
        ({"on_prem": True}, "privacy", ("on_prem", True, "s")),
        ({"on_prem": False, "data_region": "EU", "api_only": True}, "privacy", ("data_region", "EU", "s")),
        ({"users_region": "US", "company_region": "CN", "models_only": ["closed"], "vendors_excluded": ["home"]},
         "seller", ("company_region", "CN", "S")),
        ({"open_weights": False, "api_only": True}, "kind", ("api_only", True, "free")),
        ({"open_weights": True}, "kind", ("open_weights", True, "api")),
        ({"models_excluded": ["closed"]}, "vendor", ("models_excluded", "closed", "V (US)")),
        ({"models_only": ["closed"]}, "vendor", ("models_only", "closed", "V (US)")),
        ({"gpu_mem_gb": 2}, "hardware", ("gpu_mem_gb", "1.9 GB", "5.9 GB")),
        ({"gpu_mem_gb": 80, "max_params_b": 7}, "hardware", ("max_params_b", 7.0, 8.0)),
        ({"context_tokens": 150_000}, "context", ("context_tokens", 150_000, 99_700)),
        ({"latency_seconds": 0.1, "output_tokens": 300}, "latency", ("latency_seconds", 0.1, 4.5)),
        ({"monthly_budget": 60, "monthly_requests": 30_000}, "budget", ("monthly_budget", 60.0, 66.0)),
    ],
)  # fmt: skip
def test_what_to_give_up(small: Any, fields: dict[str, Any], rule: str | None, expected: Any) -> None:
    if rule is None:
        with pytest.raises(StopIteration):
            change(small.found(fields), "lifecycle")
    else:
        assert change(small.found(fields), rule) == expected


def test_what_is_retired_or_of_unknown_licence_is_no_near_miss(core: Any) -> None:
    """No change of a need brings either back."""
    for fields in ({"task": "chat"}, {"on_prem": True}, {"mau": 10**9}, {"sector": "other"}):
        found = core.found(fields)
        for miss in near(found):
            assert "lifecycle" not in miss.rules
            assert fields.keys() & {"task"} or "task" not in miss.rules


def test_near_misses_come_by_their_gap(core: Any) -> None:
    found = core.found(
        {"monthly_budget": 500, "monthly_requests": 2_000_000, "input_tokens": 800, "latency_seconds": 3}
    )
    gaps = []
    for miss in near(found):
        how = miss.option.seller or miss.option.precision
        name = f"{miss.option.model_id}/{miss.option.kind}/{how}/{miss.option.effort}"
        gaps.append(float(gap(found, miss.rules[0])[found.options.names.index(name)]))
    assert gaps == sorted(gaps)
    assert len(gaps) <= 5


def test_a_pair_is_named_where_nothing_fails_alone(small: Any) -> None:
    found = small.found({"models_only": ["closed"], "on_prem": False, "users_region": "BR", "monthly_budget": 1,
                         "monthly_requests": 30_000, "vendors_excluded": ["home"], "data_region": "BR"})  # fmt: skip
    assert all(len(miss.rules) == len(miss.give_up) == 2 for miss in near(found))
    assert near(found)


def test_every_elimination_of_a_hard_need_is_explained(core: Any) -> None:
    found = core.found({
        "on_prem": True, "languages": ["zh"], "gpu_mem_gb": 24, "latency_seconds": 5, "context_tokens": 200_000,
        "modalities": ["image"], "capabilities": ["tools"], "vendor_countries_excluded": ["US"],
        "monthly_requests": 10**6, "monthly_budget": 100, "osi_license": True, "company_region": "CN",
    })  # fmt: skip
    rows = eliminations(found, score(found))
    assert {row.rule for row in rows} >= {"license", "kind", "vendor", "task"}
    assert all(row.cites and row.rule == row.all_failed[0] for row in rows)
    assert len({row.option.model_id for row in rows}) == len(rows)


def test_a_model_that_is_withdrawn_too_soon_to_be_chosen_is_named_with_its_date(facts: "Facts") -> None:
    advice = recommend(
        Requirements.from_mapping({"task": "chat", "models_only": ["gpt-5.1"]}), facts, dt.date(2026, 11, 21)
    )
    assert (advice.status, advice.picks) == ("nothing_fits", ())
    assert [(miss.name, miss.rules) for miss in advice.near_misses] == [("GPT-5.1", ("lifecycle",))]
    assert advice.near_misses[0].give_up[0].has == "2027-04-01"
    assert advice.near_misses[0].cites
