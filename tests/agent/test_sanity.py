"""Needs that say nothing or contradict themselves: one question each, or a refusal that names both fields."""

from typing import Any

import pytest

from modelwise.agent.advisor import advise
from modelwise.agent.requirements import InvalidRequirements, Requirements
from modelwise.agent.sanity import clashes, questions_for, refuse_clashes
from modelwise.knowledge.facts import Facts

CLASHES: list[tuple[dict[str, Any], str, str]] = [
    ({"on_prem": True, "api_only": True}, "on_prem", "api_only"),
    ({"open_weights": True, "api_only": True}, "open_weights", "api_only"),
    ({"osi_license": True, "api_only": True}, "osi_license", "api_only"),
    ({"on_prem": True, "models_only": ["gpt-6-sol"]}, "on_prem", "models_only"),
    ({"open_weights": True, "models_only": ["gpt-6-sol", "gpt-6-luna"]}, "open_weights", "models_only"),
    ({"models_only": ["qwen3.8-27b"], "models_excluded": ["qwen3.8-27b", "x"]}, "models_only", "models_excluded"),
    ({"context_tokens": 1000, "input_tokens": 1001}, "context_tokens", "input_tokens"),
    ({"device": "phone", "max_params_b": 70}, "device", "max_params_b"),
    ({"gpu_mem_gb": 4, "gpu_count": 8}, "gpu_mem_gb", "gpu_count"),
]
HARMONY: list[dict[str, Any]] = [
    {"on_prem": False, "api_only": True},
    {"open_weights": False, "api_only": True},
    {"on_prem": True, "models_only": ["gpt-6-sol", "qwen3.8-27b"]},
    {"on_prem": True, "models_only": ["no such model"]},
    {"models_only": ["qwen3.8-27b"], "models_excluded": ["x"]},
    {"context_tokens": 1000, "input_tokens": 1000},
    {"device": "phone", "max_params_b": 4},
    {"device": "server", "max_params_b": 70},
]


@pytest.mark.parametrize(("fields", "first", "second"), CLASHES)
def test_a_clash_becomes_a_question_that_names_both_sides(
    facts: Facts, fields: dict[str, Any], first: str, second: str
) -> None:
    questions = questions_for(Requirements.from_mapping(fields), facts)
    named = {(q.text.params["first_field"], q.text.params["second_field"]) for q in questions}
    assert (first, second) in named
    for question in questions:
        assert [choice.params["field"] for choice in question.choices]
        assert all(s.cites for s in (question.text, question.why, *question.choices))


@pytest.mark.parametrize(("fields", "first", "second"), CLASHES)
def test_a_mapping_with_a_clash_is_refused(
    facts: Facts, today: Any, fields: dict[str, Any], first: str, second: str
) -> None:
    with pytest.raises(InvalidRequirements, match=f"contradicts {second}=") as refused:
        advise(fields, today=today)
    assert refused.value.field == first
    assert refused.value.value == getattr(Requirements.from_mapping(fields), first)
    with pytest.raises(InvalidRequirements):
        refuse_clashes(Requirements.from_mapping(fields), facts)


@pytest.mark.parametrize("fields", HARMONY)
def test_what_can_hold_together_is_no_clash(facts: Facts, fields: dict[str, Any]) -> None:
    assert list(clashes(Requirements.from_mapping(fields), facts)) == []
    assert questions_for(Requirements.from_mapping(fields), facts) == ()


def test_assumed_values_do_not_clash(facts: Facts) -> None:
    need = Requirements.from_mapping({"on_prem": True}).with_fields({"api_only": True}, assumed=True)
    assert list(clashes(need, facts)) == []


def test_nothing_said_is_asked_for_a_task(facts: Facts) -> None:
    (question,) = questions_for(Requirements(), facts)
    assert question.topic == "task"
    assert len(question.choices) >= 4
    assert question.text.cites
