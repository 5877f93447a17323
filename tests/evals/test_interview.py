"""Forty scripted people: what the interview owes them, and that the personas are what they say."""

from typing import Any

import pytest

from modelwise.agent.interview import slots
from modelwise.agent.requirements import Requirements
from modelwise.evals.interview import Outcome, judged, summary
from modelwise.evals.report import read_result, read_yaml

PEOPLE: list[dict[str, Any]] = read_yaml("personas.yaml")


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return judged(PEOPLE)


def test_forty_people_in_three_scripts() -> None:
    assert len({person["id"] for person in PEOPLE}) == len(PEOPLE) == 40
    assert {person["script"] for person in PEOPLE} == {"zh-Hans", "zh-Hant", "en"}
    for person in PEOPLE:
        assert Requirements.from_mapping(person["facts"]).said
        assert person["answers"].keys() <= {*slots("en"), "clash"}


def test_nobody_is_asked_what_they_said(outcomes: list[Outcome]) -> None:
    assert [outcome.id for outcome in outcomes if outcome.again] == []


def test_few_questions_settle_the_picks_of_all_facts(outcomes: list[Outcome]) -> None:
    figures = summary(outcomes)
    assert figures["questions_median"] <= 4
    assert figures["same_picks"] >= 0.95 * len(PEOPLE)
    assert max(outcome.questions for outcome in outcomes) <= 8


def test_the_order_of_topics_asks_a_third_more_at_least() -> None:
    found = read_result("interview")
    ours, theirs = found["by value"], found["by topic"]
    assert ours["questions_mean"] <= 0.7 * theirs["questions_mean"]
    assert ours["same_picks"] >= theirs["same_picks"]
