"""The quality floor and the model in use."""

import datetime as dt
from typing import Any

import pytest

from modelwise.agent.advisor import advise
from modelwise.agent.floor import floor_of
from modelwise.agent.score import score
from modelwise.knowledge.facts import Facts

NEED = {"task": "chat", "languages": ["en"]}


@pytest.mark.parametrize("floor", ["GPT-4o", "gpt-oss-120b", "Qwen3.7-Max"])
def test_nothing_below_the_floor_is_picked(floor: str, today: dt.date, core: Any) -> None:
    found = core.found({**NEED, "quality_floor": floor})
    level = floor_of(found, score(found))
    assert level is not None
    advice = advise({**NEED, "quality_floor": floor}, today=today)
    assert advice.status == "recommended"
    assert all(pick.score.parts["task"].value >= level.value - 1e-9 for pick in advice.picks)
    out = [e for e in advice.eliminated if e.rule == "quality"]
    assert out
    assert all(e.required == floor.lower() or e.required == floor for e in out)
    assert all(e.cites for e in out)
    assert "quality" in dict(advice.funnel)


def test_the_named_model_itself_is_not_below_it(today: dt.date) -> None:
    advice = advise({**NEED, "quality_floor": "GPT-6 Luna", "models_only": ["gpt-6-luna"]}, today=today)
    assert [pick.model.id for pick in advice.picks] == ["gpt-6-luna"]


def test_a_higher_floor_leaves_less(today: dt.date) -> None:
    left = [dict(advise({**NEED, "quality_floor": f}, today=today).funnel)["quality"] for f in ("gpt-4o", "gpt-6-sol")]
    assert left[0] > left[1] > 0


def test_the_floor_stands_between_latency_and_budget(today: dt.date) -> None:
    fields = {**NEED, "quality_floor": "gpt-4o", "latency_seconds": 9, "monthly_budget": 900, "monthly_requests": 1000}
    rules = [rule for rule, _ in advise(fields, today=today).funnel]
    assert rules[-3:] == ["latency", "quality", "budget"]


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_a_floor_that_nobody_knows_is_asked_about(language: Any, today: dt.date) -> None:
    advice = advise({**NEED, "quality_floor": "Zebra 9000"}, today=today)
    assert advice.status == "unclear"
    assert "zebra 9000" in advice.to_markdown(language).lower()


def test_a_floor_can_be_given_up(today: dt.date) -> None:
    fields = {**NEED, "quality_floor": "gpt-6-sol", "max_params_b": 30, "on_prem": True}
    advice = advise(fields, today=today)
    assert advice.status == "nothing_fits"
    assert any("quality_floor" in [change.field for change in miss.give_up] for miss in advice.near_misses)
    assert "gpt-6-sol" in advice.to_markdown("en").lower()


def notes(today: dt.date, **fields: Any) -> dict[str, dict[str, Any]]:
    advice = advise({**NEED, **fields}, today=today)
    found = [n for n in advice.advice_notes if n.text_id.startswith(("current.", "note.current"))]
    assert all(n.cites and set(n.cites) <= advice.citations.keys() for n in found)
    for language in ("zh-Hans", "zh-Hant", "en"):
        assert advice.to_markdown(language)
    return {n.text_id: dict(n.params) for n in found}


def test_the_model_in_use_is_compared_with_the_first_choice(today: dt.date) -> None:
    said = notes(today, current_model="GPT-4o", monthly_requests=100_000)
    assert {"current.cost", "current.task", "current.life", "current.license", "note.current_model"} <= said.keys()
    assert said["current.cost"]["now"] > said["current.cost"]["usd"] > 0
    assert said["current.task"]["mine"] < said["current.task"]["theirs"]
    assert said["current.life"]["until"]


def test_a_model_in_use_that_is_retired_says_so(today: dt.date) -> None:
    said = notes(today, current_model="o1")
    assert "lifecycle" in said["current.fails"]["rules"]
    assert said["current.life"]["status"] == "retired"


def test_a_model_in_use_that_nobody_knows(today: dt.date) -> None:
    assert notes(today, current_model="Zebra 9000").keys() == {"current.unknown", "note.current_model"}


def test_a_model_in_use_that_is_the_first_choice(today: dt.date) -> None:
    first = advise(NEED, today=today).picks[0].model.id
    assert notes(today, current_model=first).keys() == {"current.same", "note.current_model"}


def test_a_model_in_use_without_facts(today: dt.date, facts: Facts) -> None:
    from modelwise.agent.inventory import inventory

    held = next(e.id for e in inventory(facts, today) if e.lacks and not e.sellers and not e.weights and not e.ends)
    said = notes(today, current_model=held)
    assert said.keys() <= {"current.held_back", "current.fails", "current.cost", "current.task", "current.life",
                           "current.license", "note.current_model"}  # fmt: skip
