"""The value of a question: nothing where nothing changes, more where the picks of today would fail, always the same."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.agent.interview import ENOUGH, open_slots, question_of, slots
from modelwise.agent.need import resolve
from modelwise.agent.options import build_options
from modelwise.agent.requirements import Requirements
from modelwise.agent.score import score
from modelwise.agent.shortlist import shortlist
from modelwise.agent.voi import next_question, open_questions, values_of
from modelwise.knowledge.facts import Facts, load_facts

DAY = dt.date(2026, 11, 21)
NEEDS: list[dict[str, Any]] = [
    {"task": "chat"},
    {"task": "rag", "on_prem": True, "gpu_mem_gb": 80, "gpu_count": 1},
    {"task": "code", "company_region": "DE", "api_only": True},
    {"device": "phone", "ram_gb": 8, "on_prem": True},
    {"task": "translation", "monthly_budget": 200, "budget_currency": "USD"},
]


def values(fields: dict[str, Any], facts: Facts, settled: tuple[str, ...] = ()) -> dict[str, float]:
    need = Requirements.from_mapping(fields)
    found = shortlist(build_options(facts, DAY), resolve(need, facts))
    return values_of(found, score(found), open_slots(need, settled))


@pytest.mark.parametrize("fields", NEEDS, ids=str)
def test_a_value_is_no_less_than_nothing_and_the_same_each_time(fields: dict[str, Any], facts: Facts) -> None:
    once = values(fields, facts)
    assert all(value >= 0 for value in once.values())
    assert values(fields, facts) == once


def test_a_question_whose_answer_changes_nothing_is_worth_nothing(facts: Facts) -> None:
    on_own_cards = values({"task": "rag", "on_prem": True, "gpu_mem_gb": 80, "gpu_count": 1}, facts)
    assert on_own_cards["region"] == 0  # no seller is in question
    assert "place" not in on_own_cards
    assert "data" not in on_own_cards


def test_what_would_make_today_s_picks_fail_is_worth_asking(facts: Facts) -> None:
    open_to_all = values({"task": "chat", "languages": ["en"]}, facts)
    assert open_to_all["place"] > 10 * ENOUGH  # three APIs are first, and none of them may be on premises
    assert open_to_all["license"] > 10 * ENOUGH


def test_law_comes_before_taste(facts: Facts) -> None:
    first = next_question(Requirements.from_mapping({"task": "chat"}), facts, DAY, settled=(), asked=0)
    assert first is not None
    assert first.topic in ("privacy", "license")
    assert next_question(Requirements.from_mapping({"task": "chat"}), facts, DAY, settled=(), asked=8) is None
    everything = tuple(slots("en"))
    assert next_question(Requirements.from_mapping({"task": "chat"}), facts, DAY, settled=everything, asked=0) is None


def test_what_was_said_or_asked_is_not_open(facts: Facts) -> None:
    need = Requirements.from_mapping({"task": "chat", "on_prem": False, "monthly_requests": 1000})
    still = {slot.id for slot in open_slots(need, ("budget",))}
    assert not still & {"task", "place", "volume", "budget"}
    unknown = need.model_copy(update={"unknown": frozenset({"languages"})})
    assert "language" not in {slot.id for slot in open_slots(unknown)}


def test_what_goes_with_a_question_is_asked_in_the_same_breath() -> None:
    known = {slot.id: slot for slot in open_slots(Requirements.from_mapping({"monthly_budget": 5, "task": "chat"}))}
    question = question_of(known["volume"], known)
    assert question.beside == ("context",)
    assert [said.text_id for said in question.also] == ["ask.context"]
    assert len(question.choices) == len(known["volume"].choices)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_choice_says_something_that_requirements_accept(language: str) -> None:
    for slot in slots(language).values():
        assert abs(sum(choice.share for choice in slot.choices) - 1) < 1e-9
        for choice in slot.choices:
            assert Requirements.from_mapping(choice.patch).said == choice.patch.keys()
        assert set(slot.beside) <= slots(language).keys()
        assert sum(choice.yes for choice in slot.choices) <= 1
        assert sum(choice.no for choice in slot.choices) <= 1


def test_the_advice_lists_what_is_still_open(facts: Facts) -> None:
    found = shortlist(build_options(facts, DAY), resolve(Requirements.from_mapping({"task": "chat"}), facts))
    listed = open_questions(found, score(found))
    assert len({question.text.text_id for question in listed}) == len(listed)
    law = [question.topic in ("privacy", "license") for question in listed]
    assert law == sorted(law, reverse=True)


TASKS = st.sampled_from(["chat", "rag", "code", "reasoning", "summarization", "asr", "embedding"])


@given(
    st.fixed_dictionaries(
        {"task": TASKS},
        optional={
            "on_prem": st.booleans(), "monthly_requests": st.integers(1, 10**9), "monthly_budget": st.floats(1, 10**6),
            "context_tokens": st.integers(1, 2 * 10**6), "gpu_mem_gb": st.floats(8, 640), "users_region": st.just("CN"),
        },
    )
)  # fmt: skip
def test_any_need_has_values(fields: dict[str, Any]) -> None:
    assert all(value >= 0 for value in values(fields, load_facts()).values())
