"""Which efforts and sellers are in question, what is left after each rule, and what passes unknown."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from modelwise.agent.shortlist import Shortlist, funnel, shortlist, unknown_passed

LEVELS = {"levels": ["none", "low", "high"], "default": "none", "source": "s"}
ALWAYS = {"levels": ["medium", "max"], "default": "medium", "source": "s"}


def offered(found: Shortlist) -> list[str]:
    return [found.options.names[n] for n in np.flatnonzero(found.offered)]


@pytest.fixture
def thinkers(tiny: ModuleType, today: Any) -> Any:
    def make(name: str, **fields: Any) -> Any:
        return tiny.model(name, family="g", offers=[tiny.offer("s/closed")], window=tiny.window(90_000), **fields)

    known = tiny.facts(
        make("plain"), make("may", efforts=LEVELS), make("must", efforts=ALWAYS),
        licences=tiny.world().snapshot.licences, sellers=tiny.world().snapshot.sellers,
        list_prices=tiny.world().snapshot.list_prices,
    )  # fmt: skip
    from modelwise.agent.need import resolve
    from modelwise.agent.options import build_options
    from modelwise.agent.requirements import Requirements

    def found(**fields: Any) -> Shortlist:
        need = resolve(Requirements.from_mapping(fields), known)
        return shortlist(build_options(known, today), need)

    return found


def test_ordinary_tasks_take_the_lowest_effort(thinkers: Any) -> None:
    assert offered(thinkers(task="chat")) == ["plain/api/s/unstated", "may/api/s/none", "must/api/s/medium"]


@pytest.mark.parametrize("fields", [{"task": "reasoning"}, {"task": "code"}, {"quality_priority": "quality"}])
def test_hard_tasks_and_quality_take_every_effort_from_low_up(thinkers: Any, fields: dict[str, Any]) -> None:
    assert offered(thinkers(**fields)) == [
        "plain/api/s/unstated", "may/api/s/low", "may/api/s/high", "must/api/s/medium", "must/api/s/max",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "there"),
    [({"task": "chat"}, False), ({"users_region": "CN"}, True), ({"company_region": "CN"}, True)],
)
def test_a_seller_of_one_country_is_offered_there(small: Any, fields: dict[str, Any], there: bool) -> None:
    assert ("closed/api/home/unstated" in offered(small.found(fields))) is there


def test_the_funnel_counts_models_and_ends_at_what_is_open(small: Any) -> None:
    found = small.found({"on_prem": True, "gpu_mem_gb": 12})
    assert funnel(found) == (
        ("catalog", 2), ("license", 2), ("privacy", 1), ("lifecycle", 1), ("task", 1), ("hardware", 1),
    )  # fmt: skip
    assert [found.options.names[n] for n in np.flatnonzero(found.open)] == [
        "opened/weights/fp8/unstated", "opened/weights/int4/unstated",
    ]  # fmt: skip


def test_what_passes_unknown_is_named(small: Any) -> None:
    found = small.found({"languages": ["zh"], "capabilities": ["tools"]})
    number = found.options.names.index("opened/weights/bf16/unstated")
    assert unknown_passed(found, number) == ("capability", "language")
    assert found.open[number]


def test_every_failure_of_an_option_is_listed_in_the_order_of_report(small: Any) -> None:
    found = small.found({"on_prem": True, "users_region": "CN", "monthly_budget": 1, "monthly_requests": 10**6})
    number = found.options.names.index("closed/api/s/unstated")
    assert found.failed_rules(number) == ("seller", "privacy", "budget")


def test_nothing_is_open_that_fails_a_rule(core: Any) -> None:
    found = core.found({"on_prem": True, "gpu_mem_gb": 80, "languages": ["zh"]})
    assert not (found.open & found.failed.any(axis=0)).any()
    assert not (found.open & ~found.offered).any()
