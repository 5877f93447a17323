"""Where any model stands for a need."""

import datetime as dt
from typing import Any

import pytest

from modelwise.agent.advisor import advise
from modelwise.agent.lookup import find_model
from modelwise.agent.reports import report_markdown, why_not_sections
from modelwise.agent.requirements import Requirements
from modelwise.agent.why_not import WhyNot, why_not
from modelwise.knowledge.facts import Facts

HOSPITAL = {"task": "rag", "on_prem": True, "gpu_mem_gb": 80, "gpu_count": 1, "languages": ["zh"], "commercial": True}


def ask(model: str, facts: Facts, day: dt.date, **fields: Any) -> WhyNot:
    answer = why_not(model, Requirements.from_mapping(fields or HOSPITAL), facts, day)
    assert all(s.cites and set(s.cites) <= answer.citations.keys() for s in answer.statements)
    assert WhyNot.model_validate_json(answer.model_dump_json()) == answer
    for language in ("zh-Hans", "zh-Hant", "en"):
        assert report_markdown(why_not_sections(answer, language))
    return answer


def test_an_api_is_out_where_data_stay_inside(today: dt.date, facts: Facts) -> None:
    answer = ask("GPT-6 Sol", facts, today)
    assert answer.status == "eliminated"
    assert answer.elimination is not None
    assert answer.elimination.rule == "privacy"
    assert [failure.field for failure in answer.failures] == ["on_prem"]


def test_the_points_lost_are_the_difference(today: dt.date, facts: Facts) -> None:
    answer = ask("Qwen3-32B", facts, today)
    assert answer.status == "ranked"
    assert answer.rank is not None
    assert answer.of is not None
    assert 3 < answer.rank <= answer.of
    assert sum(answer.parts.values()) == pytest.approx(answer.difference, abs=1e-5)


def test_it_agrees_with_the_advice(today: dt.date, facts: Facts) -> None:
    advice = advise(HOSPITAL, today=today)
    for pick in advice.picks:
        answer = ask(pick.model.name, facts, today)
        assert (answer.status, answer.role, answer.option) == ("picked", pick.role, pick.option)
    for out in advice.eliminated[::40]:
        answer = ask(out.option.model_id, facts, today)
        assert answer.status == "eliminated"
        assert answer.elimination is not None
        assert answer.elimination.rule in out.all_failed


def test_an_unknown_model_has_near_names(today: dt.date, facts: Facts) -> None:
    answer = ask("Kimi K9", facts, today)
    assert answer.status == "unknown_model"
    assert all("Kimi" in name for name in answer.near)
    assert answer.near


def test_a_model_without_facts_says_what_is_missing(today: dt.date, facts: Facts) -> None:
    known = {row.option.model_id for row in _rows(facts, today)}
    held = [m.name for m in facts.models.values() if m.id not in known]
    if not held:
        pytest.skip("every model has its facts")
    answer = ask(held[0], facts, today)
    assert answer.status == "held_back"
    assert answer.missing


def _rows(facts: Facts, day: dt.date) -> Any:
    from modelwise.agent.options import build_options

    return build_options(facts, day).rows


def test_an_unclear_need_asks_first(today: dt.date, facts: Facts) -> None:
    answer = ask("GPT-4o", facts, today, on_prem=True, api_only=True)
    assert answer.status == "unclear"
    assert answer.questions


def test_every_model_can_be_asked_about(today: dt.date, facts: Facts) -> None:
    need = Requirements.from_mapping({"task": "chat"})
    for model_id in list(facts.models)[::25]:
        assert why_not(model_id, need, facts, today).model is not None


@pytest.mark.parametrize(
    ("words", "name"), [("gpt4o", "GPT-4o"), ("GPT-4O", "GPT-4o"), ("qwen3-32b", "Qwen3-32B"), ("Zebra 9000", None)]
)
def test_names_are_found_however_they_are_written(words: str, name: str | None, facts: Facts) -> None:
    model = find_model(words, facts).model
    assert (model.name if model else None) == name
