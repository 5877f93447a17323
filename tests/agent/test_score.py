"""The score: weights that sum to one, values in [0, 1], and what moves each of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.agent.need import resolve
from modelwise.agent.requirements import InvalidRequirements, Requirements
from modelwise.agent.score import profiles, score, weights_for
from modelwise.knowledge.facts import Facts

CRITERIA = ("task", "language", "grounding", "cost", "latency", "operations", "openness", "life")


def weights(known: Facts, overrides: dict[str, float] | None = None, **fields: Any) -> dict[str, float]:
    need = resolve(Requirements.from_mapping(fields), known)
    return dict(zip(CRITERIA, weights_for(need, overrides).tolist(), strict=True))


def value(core: Any, criterion: str, option: str, **fields: Any) -> float:
    found = core.found(fields)
    number = next(n for n, name in enumerate(found.options.names) if name.startswith(option))
    return float(score(found).part(criterion)[number])


def test_the_table_of_weights_is_the_designs() -> None:
    table = profiles()
    assert tuple(table["criteria"]) == CRITERIA
    assert all(sum(row["weights"]) == pytest.approx(1) for row in table["profiles"].values())
    assert table["profiles"]["balanced"]["weights"] == [0.38, 0.10, 0.08, 0.15, 0.10, 0.07, 0.05, 0.07]
    assert all(row["why_zh"] and row["why_en"] for row in table["profiles"].values())


def test_openness_counts_only_where_it_was_asked_for(world: Facts) -> None:
    closed = weights(world, task="chat")
    assert closed["openness"] == 0
    assert closed["task"] == pytest.approx(0.43)
    assert weights(world, open_weights=True)["openness"] == pytest.approx(0.05)
    assert weights(world, open_weights=False)["openness"] == 0


@pytest.mark.parametrize(("priority", "criterion"), [("quality", "task"), ("cost", "cost"), ("speed", "latency")])
def test_a_priority_shifts_weight(world: Facts, priority: str, criterion: str) -> None:
    plain, shifted = weights(world, task="chat"), weights(world, task="chat", quality_priority=priority)
    assert shifted[criterion] > plain[criterion] + 0.05
    assert all(shifted[name] <= plain[name] for name in CRITERIA if name != criterion)
    assert weights(world, task="chat", quality_priority="balanced") == plain


@given(st.dictionaries(st.sampled_from(CRITERIA), st.floats(0, 1e6), max_size=5))
def test_weights_sum_to_one_under_any_override(world: Facts, overrides: dict[str, float]) -> None:
    assert sum(weights(world, overrides, task="chat").values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "overrides",
    [{"taste": 1.0}, {"cost": -1.0}, {"cost": float("nan")}, {"cost": float("inf")}, {"cost": True}, {"cost": "much"},
     dict.fromkeys(CRITERIA, 0.0), {"cost": 1e308, "task": 1e308}],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:overflow")
def test_absurd_overrides_are_refused_by_name(world: Facts, overrides: Any) -> None:
    with pytest.raises(InvalidRequirements, match="weights"):
        weights(world, overrides, task="chat")


def test_values_stay_between_nothing_and_all(core: Any) -> None:
    for fields in ({"task": "chat"}, {"task": "code", "languages": ["zh"]}, {"device": "phone", "ram_gb": 8}):
        scored = score(core.found(fields))
        assert bool(np.all((scored.values >= 0) & (scored.values <= 1)))
        assert scored.total == pytest.approx(scored.values @ scored.weights)


def test_cost_is_absolute_or_a_share_of_the_budget(small: Any) -> None:
    assert value(small, "cost", "closed/api/s/", task="chat") == pytest.approx(1 - np.log10(66 / 39 / 0.05) / 3)
    half = {"monthly_requests": 30_000, "monthly_budget": 132}
    assert value(small, "cost", "closed/api/s/", **half) == pytest.approx(1 - 0.6 * 66 / 132)
    assert value(small, "cost", "opened/", gpu_mem_gb=80) == 0.9


def test_latency_is_full_up_to_what_was_said(small: Any) -> None:
    assert value(small, "latency", "closed/", latency_seconds=60) == 1
    slow = value(small, "latency", "closed/", latency_seconds=1)
    assert slow == pytest.approx(1 - np.log10(4.45) / 1.5)
    assert value(small, "latency", "closed/", latency_seconds=1, batch_ok=True) == 1


def test_running_it_yourself_costs_effort(small: Any) -> None:
    assert value(small, "operations", "closed/", task="chat") == 1
    assert value(small, "operations", "opened/", task="chat") == 0.7
    assert value(small, "operations", "opened/", gpu_mem_gb=640, gpu_count=8) == 0.35
    assert value(small, "operations", "opened/", device="laptop", ram_gb=32) == 0.8


def test_openness_and_life(small: Any) -> None:
    assert value(small, "openness", "opened/", task="chat") == 1
    assert value(small, "openness", "closed/", task="chat") == 0
    assert value(small, "life", "opened/", task="chat") == 1
    assert value(small, "life", "closed/", task="chat") == 0.8


def test_a_models_total_is_the_same_whatever_else_was_said_of_others(core: Any) -> None:
    plain = score(core.found({"task": "chat"}))
    filtered = score(core.found({"task": "chat", "vendors_excluded": ["openai"]}))
    assert plain.total.tolist() == filtered.total.tolist()
