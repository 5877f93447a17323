"""The advice as a whole: status, assumptions, notes, questions, and what a day and a need change."""

import datetime as dt
from types import ModuleType
from typing import Any

import pytest

from modelwise.agent.advice import OpenQuestion
from modelwise.agent.advisor import advise
from modelwise.agent.interview import ENOUGH
from modelwise.agent.recommend import cited_keys, data_dates, recommend
from modelwise.agent.requirements import Requirements
from modelwise.knowledge.facts import Facts


def texts(statements: Any) -> set[str]:
    return {statement.text_id for statement in statements}


def test_a_small_world_gives_its_two_models(small: Any) -> None:
    advice = recommend(Requirements.from_mapping({"task": "chat"}), small.facts, small.day)
    assert advice.status == "recommended"
    assert {pick.model.name for pick in advice.picks} == {"Closed", "Opened"}
    assert advice.as_of == small.day
    assert advice.eliminated == ()
    assert advice.evaluation is not None


def test_nothing_fits_says_what_to_give_up(small: Any) -> None:
    need = Requirements.from_mapping({"on_prem": True, "gpu_mem_gb": 4})
    advice = recommend(need, small.facts, small.day)
    assert advice.status == "nothing_fits"
    assert advice.picks == ()
    assert advice.evaluation is None
    assert {row.option.model_id: row.rule for row in advice.eliminated} == {"closed": "privacy", "opened": "hardware"}
    assert {miss.rules for miss in advice.near_misses} >= {("hardware",), ("privacy",)}
    assert "note.nothing_fits" in texts(advice.advice_notes)


def test_an_unclear_need_gets_a_question_and_no_pick(small: Any) -> None:
    advice = recommend(Requirements(), small.facts, small.day)
    assert advice.status == "unclear"
    assert advice.questions
    assert not advice.picks
    assert advice.citations.keys() == set(cited_keys(advice))


def test_every_default_is_an_assumption_and_nothing_said_is(small: Any) -> None:
    bare = texts(recommend(Requirements.from_mapping({"sector": "other"}), small.facts, small.day).assumptions)
    assert bare >= {
        "assume.task",
        "assume.commercial",
        "assume.monthly_requests",
        "assume.languages",
        "assume.one_at_a_time",
    }
    full = {
        "task": "chat", "commercial": True, "monthly_requests": 9, "input_tokens": 9, "output_tokens": 9,
        "languages": ["en"], "latency_seconds": 30,
    }  # fmt: skip
    assert texts(recommend(Requirements.from_mapping(full), small.facts, small.day).assumptions) == set()


def test_a_budget_without_a_volume_eliminates_nothing_and_says_so(small: Any) -> None:
    advice = recommend(Requirements.from_mapping({"monthly_budget": 1.0}), small.facts, small.day)
    assert advice.status == "recommended"
    assert "assume.budget_without_volume" in texts(advice.assumptions)


def test_a_foreign_budget_shows_its_rate(today: dt.date, facts: Facts) -> None:
    advice = advise({"monthly_budget": 3500, "budget_currency": "CNY", "monthly_requests": 1000}, today=today)
    said = next(s for s in advice.assumptions if s.text_id == "assume.rate")
    rate = facts.fx("CNY")
    assert rate is not None
    assert said.params["usd"] == round(3500 / rate[0], 2)
    assert said.cites == ("fx/CNY",)
    assert "fx/CNY" in advice.citations


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"mau": 10}, "note.mau_is_not_load"),
        ({"context_tokens": 64_001}, "note.chunking"),
        ({"sector": "hospital"}, "note.people"),
        ({"decides_about_people": True}, "note.people"),
        ({"on_prem": True}, "note.on_prem_checks"),
    ],
)
def test_notes(small: Any, fields: dict[str, Any], note: str) -> None:
    assert note in texts(recommend(Requirements.from_mapping(fields), small.facts, small.day).advice_notes)


def test_no_note_without_its_reason(small: Any) -> None:
    quiet = {"task": "chat", "on_prem": False, "context_tokens": 64_000, "decides_about_people": False}
    assert texts(recommend(Requirements.from_mapping(quiet), small.facts, small.day).advice_notes) == set()


def test_open_questions_are_those_that_could_change_the_picks_law_first(facts: Facts, today: dt.date) -> None:
    advice = recommend(Requirements.from_mapping({"task": "chat"}), facts, today)
    asked = [question for question in advice.questions if isinstance(question, OpenQuestion)]
    assert {question.topic for question in asked[:2]} <= {"privacy", "license"}
    assert all(question.value >= ENOUGH for question in asked)
    more = recommend(Requirements.from_mapping({"on_prem": True, "languages": ["zh"]}), facts, today)
    assert "ask.place" not in {question.text.text_id for question in more.questions}


def test_an_expert_field_is_tested_on_more_cases(small: Any) -> None:
    plain = recommend(Requirements.from_mapping({"task": "chat"}), small.facts, small.day).evaluation
    hospital = recommend(Requirements.from_mapping({"sector": "hospital"}), small.facts, small.day).evaluation
    assert plain is not None
    assert hospital is not None
    assert hospital.prompts > plain.prompts
    assert hospital.detectable_difference < plain.detectable_difference


def test_the_newest_day_of_each_kind_of_source_is_told(facts: Facts) -> None:
    dates = data_dates(facts)
    assert {"price", "benchmark", "catalog", "licence"} <= dates.keys()
    assert dates["price"] == max(s.date for s in facts.sources.values() if s.kind == "price")


def test_the_day_of_asking_decides_what_is_retired(tiny: ModuleType) -> None:
    ends = dt.date(2027, 9, 1)
    offer = {**tiny.offer("s/closed"), "retires": [ends, "s"]}
    known = tiny.world(tiny.model("ending", family="h", offers=[offer], window=tiny.window(90_000)))
    need = Requirements.from_mapping({"models_only": ["ending"]})
    assert recommend(need, known, dt.date(2026, 11, 21)).status == "recommended"
    late = recommend(need, known, ends + dt.timedelta(1))
    assert late.status == "nothing_fits"
    assert {row.option.model_id: row.rule for row in late.eliminated}["ending"] == "lifecycle"


def test_weights_of_the_score_can_be_overridden(core: Any) -> None:
    need = Requirements.from_mapping({"task": "chat"})
    cheapest = recommend(need, core.facts, core.day, weights={"cost": 100.0})
    plain = recommend(need, core.facts, core.day)
    assert float(cheapest.picks[0].cost.monthly_usd or 0) < float(plain.picks[0].cost.monthly_usd or 0)
    assert cheapest.picks[0].score.parts["cost"].weight > 0.9
