"""Each data source taken away in turn: the advice says so, breaks no constraint, and moves nothing silently."""

import datetime as dt
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from modelwise.agent.advice import Advice
from modelwise.agent.advisor import advise
from modelwise.agent.recommend import cited_keys
from modelwise.knowledge.build import compile_snapshot
from modelwise.knowledge.facts import Facts

PARTS = (
    "prices", "list_prices", "licences", "sellers", "devices", "fx", "tables", "claims", "claims/000", "claims/001",
    "claims/002", "claims/003", "claims/004", "sources",
)  # fmt: skip
NEEDS: dict[str, dict[str, Any]] = {
    "hospital": {"task": "rag", "on_prem": True, "data_sensitivity": ["phi"], "gpu_mem_gb": 80, "languages": ["zh"]},
    "chat": {"monthly_requests": 2_000_000, "input_tokens": 800, "output_tokens": 200, "monthly_budget": 3500,
             "budget_currency": "CNY"},
    "maths": {"task": "reasoning", "latency_seconds": 60},
    "phone": {"device": "phone", "ram_gb": 8, "on_prem": True},
    "users": {"mau": 800_000_000, "osi_license": True, "fine_tune": True},
}  # fmt: skip


@cache
def facts_without(*parts: str) -> Facts:
    return Facts(compile_snapshot(without=frozenset(parts)))


@pytest.fixture(params=PARTS)
def part(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", NEEDS)
def test_the_advice_names_what_is_missing(name: str, part: str, today: dt.date, recheck: ModuleType) -> None:
    known = facts_without(part)
    advice = advise(NEEDS[name], facts=known, today=today)
    assert part in missing(advice)
    assert advice.status in ("recommended", "nothing_fits")
    assert set(cited_keys(advice)) == advice.citations.keys()
    assert all(language and advice.to_markdown(language) for language in ("zh-Hans", "en"))
    if part != "licences":  # without them no clause can be held against a pick, and none is made
        for pick in advice.picks:
            assert recheck.violations(NEEDS[name], pick, known, today) == []


def missing(advice: Advice) -> set[Any]:
    return {said.params["part"] for said in advice.assumptions if said.text_id == "assume.missing_data"}


def test_the_whole_misses_nothing(today: dt.date) -> None:
    whole = facts_without()
    assert whole.snapshot.missing == ()
    assert not missing(advise(NEEDS["chat"], facts=whole, today=today))


@pytest.mark.parametrize("name", NEEDS)
def test_without_licences_nothing_is_recommended(name: str, today: dt.date) -> None:
    advice = advise(NEEDS[name], facts=facts_without("licences"), today=today)
    assert advice.status == "nothing_fits"
    assert {row.rule for row in advice.eliminated} == {"license"}


def test_without_prices_no_api_is_priced_or_picked(today: dt.date) -> None:
    advice = advise(NEEDS["chat"], facts=facts_without("prices"), today=today)
    assert all(pick.option.kind == "weights" for pick in advice.picks)


def test_without_sellers_no_api_is_picked(today: dt.date) -> None:
    for need in NEEDS.values():
        advice = advise(need, facts=facts_without("sellers"), today=today)
        assert all(pick.option.kind == "weights" for pick in advice.picks)


def test_without_devices_no_rent_is_made_up(today: dt.date) -> None:
    known = facts_without("devices")
    free = advise({"open_weights": True}, facts=known, today=today)
    assert free.picks
    assert all(pick.cost.monthly_usd is None and pick.hardware is None for pick in free.picks)
    tight = advise({"open_weights": True, "monthly_budget": 1e6, "monthly_requests": 1000}, facts=known, today=today)
    assert tight.status == "nothing_fits"
    named = advise({"on_prem": True, "gpu": "A100"}, facts=known, today=today)
    assert named.status == "nothing_fits"
    assert {row.rule for row in named.eliminated} >= {"hardware"}


def test_without_rates_the_advice_says_that_the_budget_was_not_applied(today: dt.date) -> None:
    known = facts_without("fx")
    advice = advise(NEEDS["chat"], facts=known, today=today)
    assert "assume.no_rate" in {said.text_id for said in advice.assumptions}
    assert "assume.no_rate" not in {
        said.text_id for said in advise(NEEDS["chat"], facts=facts_without(), today=today).assumptions
    }
    dollars = {**NEEDS["chat"], "monthly_budget": 500, "budget_currency": "USD"}
    with_rates = advise(dollars, facts=facts_without(), today=today)
    assert picks(advise(dollars, facts=known, today=today)) == picks(with_rates)


def picks(advice: Advice) -> list[tuple[Any, ...]]:
    return [(pick.option, pick.role, round(pick.score.total, 9)) for pick in advice.picks]


@pytest.mark.parametrize("name", NEEDS)
def test_what_a_need_does_not_use_moves_nothing(name: str, today: dt.date) -> None:
    whole = picks(advise(NEEDS[name], facts=facts_without(), today=today))
    unused = ["sources"] + (["fx"] if name != "chat" else [])
    unused += ["prices", "list_prices", "sellers"] if name in ("hospital", "phone") else []
    unused += ["devices"] if name in ("hospital", "phone") else []
    for part in unused:
        assert picks(advise(NEEDS[name], facts=facts_without(part), today=today)) == whole, part


def test_without_tables_no_figure_is_cited(today: dt.date) -> None:
    advice = advise(NEEDS["maths"], facts=facts_without("tables"), today=today)
    assert advice.picks
    assert not [key for key in advice.citations if key.startswith("bench/")]


@pytest.mark.parametrize("article", ["000", "001", "002", "003", "004"])
def test_without_an_article_it_is_not_cited(article: str, today: dt.date) -> None:
    known = facts_without(f"claims/{article}")
    for need in NEEDS.values():
        assert not [key for key in advise(need, facts=known, today=today).citations if key.startswith(f"{article}/")]


def test_without_any_evidence_the_picks_say_that_there_is_none(today: dt.date) -> None:
    advice = advise(NEEDS["maths"], facts=facts_without("tables", "claims"), today=today)
    assert {pick.evidence.kind for pick in advice.picks} == {"none"}
    assert missing(advice) == {"tables", "claims"}
    said = {statement.text_id for pick in advice.picks for statement in pick.reasons}
    assert "reason.no_figures" in said
