"""What another load costs, where renting breaks even, a standby, and how sure a pick is."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from modelwise.agent.advice import Advice, Pick
from modelwise.agent.advisor import advise
from modelwise.agent.confidence import LEVELS, _level
from modelwise.agent.findings import row_of
from modelwise.agent.loads import load_of, monthly_at, rent_for, whole_machines
from modelwise.knowledge.facts import Facts
from modelwise.tools.cost import HOURS_PER_MONTH

BUSY = {"task": "chat", "monthly_requests": 2_000_000, "input_tokens": 800, "output_tokens": 200, "on_prem": False}
TUNED = {"open_weights": True, "monthly_requests": 3_000_000}
CARD = {"task": "rag", "on_prem": True, "gpu_mem_gb": 80, "gpu_count": 1, "languages": ["zh"]}


def scenarios(pick: Pick) -> dict[str, Decimal]:
    return dict(pick.cost.scenarios)


def test_an_api_costs_in_proportion_and_more_when_it_thinks(today: dt.date) -> None:
    for pick in advise(BUSY, today=today).picks:
        if pick.cost.basis != "api":
            continue
        usd, said = pick.cost.monthly_usd or Decimal(0), scenarios(pick)
        for name, factor in (("x0.5", "0.5"), ("x2", "2"), ("x10", "10")):
            assert abs(said[name] - usd * Decimal(factor)) <= Decimal("0.06")
        assert said["reasoning+1000"] > usd


def test_luna_at_a_thousand_thinking_tokens(today: dt.date) -> None:
    """domain.md: $360 without thinking, $1,360 with 1,000 tokens of it."""
    pick = advise({**BUSY, "models_only": ["gpt-6-luna"]}, today=today).picks[0]
    assert pick.cost.monthly_usd == Decimal("360.00")
    assert scenarios(pick)["reasoning+1000"] == Decimal("1360.00")


def test_cards_are_counted_anew_for_the_load(today: dt.date) -> None:
    for pick in advise(TUNED, today=today).picks:
        said = list(scenarios(pick).values())[:3]
        assert said == sorted(said)
        assert said[0] <= (pick.cost.monthly_usd or 0) <= said[1]


def test_owned_hardware_has_no_scenarios(today: dt.date) -> None:
    for pick in advise(CARD, today=today).picks:
        assert pick.cost.scenarios == ()
        assert pick.cost.break_even is None


@pytest.mark.parametrize("fields", [BUSY, TUNED, {"monthly_requests": 9_000_000, "company_region": "CN"}])
def test_the_rent_for_the_need_is_the_one_that_was_ranked(fields: dict[str, Any], core: Any) -> None:
    found = core.found(fields)
    weights = np.flatnonzero(found.open & ~found.options.is_api)
    assert len(weights)
    for option in weights[::7]:
        rental = rent_for(found, int(option), load_of(found, int(option), found.need.requests))
        assert rental is not None
        assert rental.cards == found.economics.cards[option]
        assert rental.low == pytest.approx(found.economics.monthly[option])
        assert rental.high >= rental.low


def test_no_known_throughput_counts_memory_alone() -> None:
    assert [whole_machines(x) for x in (0.2, 1, 1.1, 4.5, 8.5, float("nan"), 1e9)] == [1, 1, 2, 8, 16, 0, 0]


def test_break_even_is_where_the_bills_meet(today: dt.date, core: Any) -> None:
    seen = 0
    for fields in (BUSY, {**BUSY, "languages": ["zh"]}, {"task": "summarization", "monthly_requests": 50_000}):
        found = core.found(fields)
        names = {row.option: n for n, row in enumerate(found.options.rows)}
        for pick in advise(fields, today=today).picks:
            point = pick.cost.break_even
            if point is None or point.requests is None:
                continue
            api, weights = names[point.api_option], names[point.weights_option]
            assert row_of(found, api).offer is not None
            each = monthly_at(found, api, Decimal(1)) or Decimal(0)
            each /= found.need.requests
            at, before = (rent_for(found, weights, load_of(found, weights, n)) for n in (point.requests, 1))
            assert at is not None
            assert before is not None
            assert at.low <= float(each) * point.requests + 1e-6
            assert float(each) * (point.requests - 1) <= at.low + 1e-6 or before.low > 0
            assert point.high is None or point.high >= point.requests
            assert set(point.cites) <= advise(fields, today=today).citations.keys()
            seen += 1
    assert seen


def test_how_many_fit_and_what_a_standby_needs(today: dt.date) -> None:
    for pick in advise(CARD, today=today).picks:
        hardware = pick.hardware
        assert hardware is not None
        assert hardware.fits_concurrency is not None
        assert hardware.fits_concurrency >= hardware.concurrency
        assert (hardware.standby_gpus, hardware.standby_usd) == (1, None)


def test_two_cards_that_each_hold_the_model_are_a_standby(today: dt.date) -> None:
    picks = advise({**CARD, "gpu_mem_gb": 160, "gpu_count": 2, "max_params_b": 30}, today=today).picks
    assert [p.hardware.standby_gpus for p in picks if p.hardware and p.hardware.total_gb <= 76] == [0] * len(
        [p for p in picks if p.hardware and p.hardware.total_gb <= 76]
    )


def test_a_rented_standby_is_paid_like_the_rest(today: dt.date, facts: Facts) -> None:
    pick = advise(TUNED, today=today).picks[0]
    hardware = pick.hardware
    assert hardware is not None
    card = next(d for d in facts.devices.values() if d.name == hardware.gpu)
    rent = Decimal(str(min(r.usd_per_hour for r in card.rents)))
    cards = hardware.gpus + (hardware.standby_gpus or 0)
    assert hardware.standby_usd == (rent * HOURS_PER_MONTH * cards).quantize(Decimal("0.01"))


def test_less_precision_than_published_is_a_risk(today: dt.date, facts: Facts) -> None:
    for pick in advise(CARD, today=today).picks:
        weights = facts.models[pick.model.id].weights
        assert weights is not None
        said = [risk for risk in pick.risks if risk.text_id == "risk.precision"]
        lower = pick.option.precision != weights.precisions[0]
        assert len(said) == lower
        assert all(risk.params["native"] == weights.precisions[0] and risk.cites for risk in said)


def confident(today: dt.date) -> list[Advice]:
    return [advise(fields, today=today) for fields in (CARD, BUSY, {"task": "reasoning", "latency_seconds": 60})]


def test_confidence_counts_what_was_measured_of_the_model_itself(today: dt.date, facts: Facts) -> None:
    for advice in confident(today):
        for pick in advice.picks:
            sure = pick.confidence
            assert sure is not None
            named = {key.rsplit("/", 1)[1].split("@")[0] for key in sure.cites if key.startswith("bench/")}
            assert named <= {pick.model.id}
            assert set(sure.cites) <= advice.citations.keys()
            assert (sure.newest_months is None) == (sure.independent + sure.vendor + sure.other + sure.statements == 0)
            assert sure.level == "low" or sure.independent + sure.vendor + sure.other
            assert (sure.median_months or 0) >= (sure.newest_months or 0)


@pytest.mark.parametrize(
    ("independent", "figures", "newest", "level"),
    [(3, 3, 12.0, "high"), (3, 3, 12.1, "medium"), (2, 9, 1.0, "medium"), (1, 1, 18.0, "medium"), (1, 1, 18.1, "low"),
     (0, 2, 12.0, "medium"), (0, 1, 1.0, "low"), (0, 0, None, "low")],
)  # fmt: skip
def test_levels_follow_the_table(independent: int, figures: int, newest: float | None, level: str) -> None:
    assert _level(independent, figures, newest) == level
    assert [row[0] for row in LEVELS] == ["high", "medium", "medium"]


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_those_who_sign_can_read_it(language: Any, today: dt.date) -> None:
    budget = {**BUSY, "monthly_budget": 500, "budget_currency": "USD"}
    for fields, heading in ((CARD, 3), (budget, 3), (TUNED, 3)):
        advice = advise(fields, today=today)
        page = advice.to_markdown(language)
        words = {"zh-Hans": "签字之前", "zh-Hant": "簽字之前", "en": "Before you sign"}[language]
        assert page.count(words) == len(advice.picks) >= heading - 1
