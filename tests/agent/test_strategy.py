"""A split of the traffic fires where the articles' rule does, and costs what its parts cost."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from modelwise.agent.advice import Advice, Pick
from modelwise.agent.advisor import advise
from modelwise.agent.options import build_options
from modelwise.agent.strategy import CLEARLY_STRONGER
from modelwise.knowledge.facts import Facts

BUSY = {"task": "chat", "monthly_requests": 2_000_000, "input_tokens": 800, "output_tokens": 200, "on_prem": False}
FRUGAL = {"task": "chat", "quality_priority": "cost", "languages": ["en"]}


def split(today: dt.date, **fields: Any) -> Advice:
    return advise(fields, today=today)


def strong(advice: Advice) -> Pick:
    assert advice.strategy is not None
    return next(pick for pick in advice.picks if pick.model.name == advice.strategy.strong)


@pytest.mark.parametrize("fields", [BUSY, FRUGAL])
def test_much_traffic_or_cost_first_splits_it(fields: dict[str, Any], today: dt.date) -> None:
    advice = split(today, **fields)
    assert advice.strategy is not None
    assert advice.strategy.cheap == advice.picks[0].model.name
    assert advice.strategy.share == 0.8
    assert strong(advice).score.parts["task"].value >= advice.picks[0].score.parts["task"].value + CLEARLY_STRONGER
    assert {s.text_id for s in advice.strategy.sides} == {
        "strategy.rule", "strategy.range", "strategy.stronger", "strategy.test",
    }  # fmt: skip
    keys = [key for side in advice.strategy.sides for key in side.cites]
    assert {"000/router-open-share", "000/router-closed-share", "000/hybrid-open-share"} <= set(keys)
    assert set(keys) <= advice.citations.keys()


def test_the_split_costs_its_two_parts(today: dt.date) -> None:
    advice = split(today, **BUSY)
    assert advice.strategy is not None
    cheap, dear = advice.picks[0].cost, strong(advice).cost
    assert {cheap.basis, dear.basis} == {"api"}
    assert cheap.monthly_usd is not None
    assert dear.monthly_usd is not None
    mixed = cheap.monthly_usd * Decimal("0.8") + dear.monthly_usd * Decimal("0.2")
    assert abs(advice.strategy.monthly_usd - mixed) <= Decimal("0.02")
    assert abs(advice.strategy.saves_usd - (dear.monthly_usd - mixed)) <= Decimal("0.02")


@pytest.mark.parametrize(
    "fields",
    [
        {**BUSY, "monthly_requests": 100_000},
        {**BUSY, "quality_priority": "quality"},
        {**BUSY, "on_prem": True, "gpu_mem_gb": 640, "gpu_count": 8},
        {"task": "chat"},
    ],
)
def test_elsewhere_nothing_is_split(fields: dict[str, Any], today: dt.date) -> None:
    advice = split(today, **fields)
    assert advice.strategy is None
    assert all(pick.role != "hard_questions" for pick in advice.picks)


def test_the_other_picks_are_those_without_a_split(today: dt.date) -> None:
    """One request below the threshold, the same profile forced by weights: the strong model is only added."""
    advice = split(today, **BUSY)
    roles = [pick.role for pick in advice.picks]
    assert roles[-1] == "hard_questions"
    assert roles[:-1] == ["first_choice", "alternative", *roles[2:-1]]
    assert len({pick.model.id for pick in advice.picks}) == len(advice.picks)


def test_the_strong_model_meets_every_requirement_alone(today: dt.date, recheck: Any, facts: Facts) -> None:
    fields = {**BUSY, "monthly_budget": 8000, "budget_currency": "USD"}
    advice = split(today, **fields)
    assert advice.strategy is not None
    assert recheck.violations(fields, strong(advice), facts, today) == []
    options = build_options(facts, today)
    number = options.rows.index(next(r for r in options.rows if r.option == strong(advice).option))
    assert options.months_left[number] >= 6


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_the_split_is_put_in_words(language: Any, today: dt.date) -> None:
    advice = split(today, **BUSY)
    page = advice.to_markdown(language)
    assert strong(advice).model.name in page
    assert all(word in page for word in ("80%", "20%", "70%", "90%"))
