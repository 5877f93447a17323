"""What speaks for a pick, the one argument against it, and the risks: said when they hold, each with its source."""

from typing import Any

import pytest

from modelwise.agent.advice import Advice, Pick, Statement
from modelwise.agent.advisor import advise
from modelwise.knowledge.facts import Facts


def said(statements: tuple[Statement, ...]) -> dict[str, Statement]:
    return {statement.text_id: statement for statement in statements}


def asked(today: Any, known: Facts | None = None, **fields: Any) -> Advice:
    return advise(fields, today=today, facts=known)


def first(today: Any, known: Facts | None = None, **fields: Any) -> Pick:
    return asked(today, known, **fields).picks[0]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"on_prem": True}, "reason.stays_inside"),
        ({"on_prem": True}, "reason.license"),
        ({"gpu_mem_gb": 80, "on_prem": True}, "reason.fits_hardware"),
        ({"context_tokens": 5000}, "reason.context"),
        ({"monthly_requests": 1000, "monthly_budget": 5000}, "reason.cost_in_budget"),
        ({"api_only": True}, "reason.cost_api"),
        ({"open_weights": True}, "reason.cost_rented_gpu"),
        ({"latency_seconds": 30}, "reason.latency_estimated"),
        ({"latency_seconds": 60, "task": "reasoning", "models_only": ["gpt-6-sol"]}, "reason.latency_measured"),
    ],
)
def test_a_met_need_is_a_reason(today: Any, fields: dict[str, Any], reason: str) -> None:
    found = said(first(today, **fields).reasons)
    assert reason in found
    assert found[reason].cites


def test_the_figures_in_a_reason_are_the_picks(today: Any) -> None:
    pick = first(today, on_prem=True, gpu_mem_gb=80)
    params = said(pick.reasons)["reason.fits_hardware"].params
    assert pick.hardware is not None
    assert params["total_gb"] == pick.hardware.total_gb
    assert params["kv_gb"] == pick.hardware.kv_gb
    paid = first(today, monthly_requests=1000, monthly_budget=5000)
    params = said(paid.reasons)["reason.cost_in_budget"].params
    assert params["monthly"] == float(paid.cost.monthly_usd or 0)
    assert (params["effort"], params["seller"]) == (paid.cost.effort, paid.cost.seller)


def test_a_rule_that_only_lifts_a_constraint_is_no_reason(today: Any) -> None:
    assert not [s for s in first(today, on_prem=False).reasons if s.text_id == "reason.stays_inside"]


def test_there_is_always_an_argument_against(today: Any) -> None:
    for fields in ({"task": "chat"}, {"on_prem": True}, {"device": "phone", "ram_gb": 8}, {"task": "asr"}):
        for pick in asked(today, **fields).picks:
            assert pick.against.text_id.startswith("against.")
            assert pick.against.cites


def test_a_model_nobody_measured_says_so(small: Any) -> None:
    pick = first(small.day, small.facts, on_prem=True)
    assert "reason.no_figures" in said(pick.reasons)
    assert pick.against.text_id == "against.no_figures"
    assert pick.against.params["model"] == "Opened"


@pytest.mark.parametrize(
    ("fields", "risk"),
    [
        ({"gpu_mem_gb": 80, "on_prem": True}, "risk.no_failover"),
        ({"task": "summarization", "context_tokens": 200_000}, "risk.claimed_window"),
        ({"data_sensitivity": ["internal"], "api_only": True, "models_only": ["gpt-6-sol"]}, "risk.retention"),
        ({"data_sensitivity": ["phi"], "api_only": True, "models_only": ["gpt-6-sol"]}, "risk.sign_first"),
        ({"fine_tune": True, "open_weights": True, "users_region": "CN"}, "risk.china_filing"),
        (
            {"models_only": ["deepseek-v4.1-flash"], "vendors_excluded": ["fireworks"], "api_only": True},
            "risk.peak_price",
        ),
        ({"models_only": ["gemini-3.8-flash"]}, "risk.price_change"),
    ],
)
def test_a_risk_is_told(today: Any, fields: dict[str, Any], risk: str) -> None:
    advice = asked(today, **fields)
    told = {name for pick in advice.picks for name in said(pick.risks)}
    assert risk in told


def test_what_passes_unknown_is_a_risk(small: Any) -> None:
    pick = first(small.day, small.facts, languages=["sw"], capabilities=["tools"], on_prem=True)
    assert {"risk.unknown_language", "risk.unknown_capability"} <= said(pick.risks).keys()


def test_a_short_life_is_the_argument_against(today: Any) -> None:
    advice = asked(today, models_only=["llama-3.3-70b"], api_only=True, users_region="US")
    short = [p for p in advice.picks if p.lifecycle.months_left is not None and p.lifecycle.months_left < 6]
    assert all(pick.against.text_id == "against.short_life" for pick in short)


def test_a_measured_window_is_told_with_its_source(core: Any) -> None:
    advice = asked(core.day, task="summarization", context_tokens=80_000, models_only=["llama-4-scout"])
    told = [said(pick.risks).get("risk.effective_window") for pick in advice.picks]
    window = core.facts.models["llama-4-scout"].window
    measured = window.effective if window else None
    assert measured is None or [s.params["effective"] for s in told if s] == [measured.value] * len(advice.picks)


def test_a_health_agreement_is_asked_for_health_data_alone(core: Any) -> None:
    def papers(kind: str) -> set[Any]:
        fields = {"task": "chat", "data_sensitivity": [kind], "on_prem": False}
        made = advise(fields, facts=core.facts, today=core.day)
        return {s.params["paper"] for pick in made.picks for s in pick.risks if s.text_id == "risk.sign_first"}

    assert papers("pii") == {"dpa", "zero_retention"}
    assert papers("phi") >= {"baa", "zero_retention"}
