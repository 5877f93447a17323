"""What is assumed for what was not said, and when a claim's condition holds."""

import datetime as dt
from types import ModuleType
from typing import Any

import pytest

from modelwise.agent.need import holds, resolve
from modelwise.agent.requirements import Requirements
from modelwise.knowledge.facts import Facts


@pytest.fixture
def core(small: Any) -> Any:
    return small


def test_defaults_are_named_as_assumed(core: Any) -> None:
    need = core.need({"sector": "other"})
    assert (need.task, need.requests, need.input, need.output) == ("chat", 30_000, 1000, 300)
    assert need.languages == ("en",)
    assert need.assumed == (
        "task", "commercial", "monthly_requests", "input_tokens", "output_tokens", "languages", "latency_seconds",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({"task": "code"}, "task"),
        ({"context_tokens": 5}, "input_tokens"),
        ({"realtime": True}, "latency_seconds"),
        ({"languages": ["zh"]}, "languages"),
        ({"commercial": False}, "commercial"),
    ],
)
def test_what_was_said_is_not_assumed(core: Any, fields: dict[str, Any], gone: str) -> None:
    assert gone not in core.need(fields).assumed


def test_long_documents_come_seldom(core: Any) -> None:
    assert core.need({"context_tokens": 64_001}).requests == 300
    assert core.need({"context_tokens": 64_000}).requests == 30_000
    assert core.need({"context_tokens": 700_000, "monthly_requests": 5}).requests == 5


def test_one_at_a_time_until_a_volume_is_said(core: Any) -> None:
    assert core.need({"mau": 800_000_000}).concurrency == 1
    assert core.need({"monthly_requests": 2_592_000, "output_tokens": 250}).concurrency == 50
    assert core.need({"peak_rps": 2, "output_tokens": 250}).concurrency == 20


def test_a_budget_is_converted_by_the_dated_table(tiny: ModuleType) -> None:
    rate = {"currency": "CNY", "per_usd": 7.0, "source": "a-source", "as_of": dt.date(2026, 11, 1)}
    known = tiny.world(fx=(rate,))

    def budget(**fields: Any) -> float | None:
        return resolve(Requirements.from_mapping(fields), known).budget_usd

    assert budget(monthly_budget=700, budget_currency="CNY") == 100
    assert budget(monthly_budget=700, budget_currency="EUR") is None
    assert budget(monthly_budget=700) == 700
    assert budget(budget_currency="CNY") is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sector": "hospital"}, "medicine"), ({"data_sensitivity": ["phi"]}, "medicine"),
        ({"sector": "bank"}, "finance"), ({"data_sensitivity": ["financial"]}, "finance"), ({"sector": "school"}, None),
    ],
)  # fmt: skip
def test_field_of_use(core: Any, fields: dict[str, Any], field: str | None) -> None:
    assert core.need(fields).field == field


@pytest.mark.parametrize(
    ("fields", "profile"),
    [
        ({"device": "phone", "on_prem": True}, "device"),
        ({"device": "server", "on_prem": True}, "regulated"),
        ({"data_sensitivity": ["financial"], "task": "code"}, "regulated"),
        ({"data_sensitivity": ["internal"], "task": "code"}, "coding_agent"),
        ({"task": "agent", "context_tokens": 900_000}, "coding_agent"),
        ({"task": "reasoning"}, "hard_reasoning"),
        ({"task": "rag", "context_tokens": 64_001}, "long_documents"),
        ({"task": "rag", "context_tokens": 64_000}, "rag"),
        ({"fine_tune": True, "monthly_requests": 5_000_000}, "tuned_product"),
        ({"monthly_requests": 1_000_000}, "high_volume"),
        ({"monthly_requests": 999_999}, "balanced"),
        ({"on_prem": False}, "balanced"),
    ],
)
def test_the_first_profile_that_applies(core: Any, fields: dict[str, Any], profile: str) -> None:
    assert core.need(fields).profile == profile


@pytest.mark.parametrize(
    ("when", "fields", "expected"),
    [
        ({}, {"task": "chat"}, True),
        ({"task": "chat"}, {"task": "chat"}, True),
        ({"task": "chat"}, {"task": "code"}, False),
        ({"task": "chat"}, {"mau": 5}, False),
        ({"task": {"any": ["chat", "rag"]}}, {"task": "rag"}, True),
        ({"context_tokens": {"over": 10, "upto": 20}}, {"context_tokens": 20}, True),
        ({"context_tokens": {"over": 10, "upto": 20}}, {"context_tokens": 10}, False),
        ({"context_tokens": {"from": 10, "under": 20}}, {"context_tokens": 10}, True),
        ({"context_tokens": {"from": 10, "under": 20}}, {"context_tokens": 20}, False),
        ({"languages": "zh"}, {"languages": ["zh", "en"]}, True),
        ({"languages": ["zh", "ja"]}, {"languages": ["zh", "en"]}, False),
        ({"on_prem": True}, {"on_prem": False}, False),
    ],
)
def test_a_condition_holds_only_of_what_was_said(when: dict[str, Any], fields: dict[str, Any], expected: bool) -> None:
    assert holds(when, Requirements.from_mapping(fields)) is expected


def test_every_shipped_condition_speaks_of_fields(facts: Facts) -> None:
    asked = {field for claim in facts.claims.values() for field in claim.when}
    assert asked <= set(Requirements.model_fields)
