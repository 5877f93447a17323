"""The table of options: what may enter it, what each row rests on, and that columns say what the records say."""

import datetime as dt
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from modelwise.agent.economics import owned_hardware
from modelwise.agent.need import resolve
from modelwise.agent.options import Options, all_rows, build_options, held_back, tasks_of
from modelwise.agent.requirements import Requirements
from modelwise.knowledge.facts import Facts

DAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="module")
def shipped(facts: Facts) -> Options:
    return build_options(facts, DAY)


def names(known: Facts) -> list[str]:
    return list(build_options(known, DAY).names)


def test_one_row_for_each_seller_precision_and_effort(tiny: ModuleType) -> None:
    thinks = tiny.model(
        "thinks", efforts={"levels": ["none", "high"], "default": "none", "source": "s"}, window=tiny.window(10_000),
        weights=tiny.weights(kv=10, precisions=["bf16", "int4"]), params_total_b=[1, "s"],
    )  # fmt: skip
    assert names(tiny.world(thinks)) == [
        "closed/api/s/unstated", "closed/api/home/unstated",
        "opened/weights/bf16/unstated", "opened/weights/fp8/unstated", "opened/weights/int4/unstated",
        "thinks/weights/bf16/none", "thinks/weights/bf16/high", "thinks/weights/int4/none", "thinks/weights/int4/high",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "lack"),
    [
        ({"status": "announced"}, "product"),
        ({"kind": "encoder"}, "product"),
        ({"downloadable": [False, "s"]}, "downloadable weights"),
        ({"licence": "unknown"}, "licence"),
        ({"params_total_b": None}, "parameters"),
        ({"params_total_b": ["undisclosed", "s"]}, "parameters"),
        ({"kv": None}, "KV cache shape"),
        ({"window": None}, "window"),
        ({}, None),
    ],
)
def test_weights_without_a_decision_fact_are_held_back(
    tiny: ModuleType, fields: dict[str, Any], lack: str | None
) -> None:
    of_weights = {k: v for k, v in fields.items() if k in ("downloadable", "licence")}
    cache = fields.get("kv", 10)
    rest = {k: v for k, v in fields.items() if k not in ("downloadable", "licence", "kv")}
    known = {"window": tiny.window(9), "params_total_b": [1, "s"], **rest}
    made = tiny.world(tiny.model("x", weights=tiny.weights(kv=cache, **of_weights), **known))
    rows = [row for row in all_rows(made, DAY) if row.model.id == "x"]
    assert {held_back(row) for row in rows} == {lack}
    assert any(name.startswith("x/") for name in names(made)) == (lack is None)


@pytest.mark.parametrize(
    ("price_id", "window", "lack"), [("s/closed", 9, None), ("s/none", 9, "price"), ("s/closed", None, "window")]
)
def test_an_api_needs_a_price_and_a_window(
    tiny: ModuleType, price_id: str, window: int | None, lack: str | None
) -> None:
    limits = tiny.window(window) if window else None
    made = tiny.world(tiny.model("x", offers=[tiny.offer(price_id)], window=limits))
    assert {held_back(row) for row in all_rows(made, DAY) if row.model.id == "x"} == {lack}


@pytest.mark.parametrize(
    ("fields", "tasks"),
    [
        ({"kind": "asr"}, {"asr"}),
        ({"kind": "embedding"}, {"embedding"}),
        ({"kind": "image", "modalities_out": ["image"]}, {"image_generation"}),
        ({"kind": "code"}, {"code", "agent"}),
        ({"kind": "code", "modalities_in": ["text", "image"]}, {"code", "agent", "vision"}),
    ],
)
def test_tasks_follow_kind_and_modalities(tiny: ModuleType, fields: dict[str, Any], tasks: set[str]) -> None:
    assert tasks_of(tiny.model(**fields)) == tasks


def test_a_language_model_writes_but_does_not_draw(tiny: ModuleType) -> None:
    assert {"chat", "rag", "code"} < tasks_of(tiny.model())
    assert not {"vision", "image_generation", "asr"} & tasks_of(tiny.model())
    assert "image_generation" in tasks_of(tiny.model(modalities_out=["text", "image"]))


def test_shipped_names_are_unique_and_rows_complete(shipped: Options) -> None:
    assert len(set(shipped.names)) == len(shipped)
    assert all(held_back(row) is None for row in shipped.rows)
    assert all((row.rate is not None) == (row.option.kind == "api") for row in shipped.rows)


def test_shipped_columns_say_what_the_records_say(shipped: Options) -> None:
    for number, row in enumerate(shipped.rows):
        assert shipped.model_ids[shipped.model[number]] == row.model.id
        window = row.offer.window if row.offer and row.offer.window else row.model.window
        assert np.isnan(shipped.total[number]) == (window is None)
        assert window is None or shipped.total[number] == window.total.value
        assert shipped.is_api[number] == (row.offer is not None)
        ends = row.offer.retires if row.offer else None
        assert np.isinf(shipped.months_left[number]) == (ends is None)
        assert ends is None or (shipped.months_left[number] >= 0) == (ends.value >= DAY)


def test_the_dearest_announced_price_is_no_less_than_todays(shipped: Options) -> None:
    api = shipped.is_api
    assert bool(np.all(np.nan_to_num(shipped.worst_tiers[api]) >= np.nan_to_num(shipped.tiers[api]) - 1e-9))
    assert bool(np.any(np.nan_to_num(shipped.worst_tiers[api])[:, 0, 1:] > np.nan_to_num(shipped.tiers[api])[:, 0, 1:]))


def test_the_table_is_built_once_a_day(facts: Facts, shipped: Options) -> None:
    assert build_options(facts, DAY) is shipped
    assert build_options(facts, DAY + dt.timedelta(1)) is not shipped


def test_a_model_whose_thinking_nobody_described_is_billed_for_some(shipped: Options) -> None:
    numbers = [n for n, name in enumerate(shipped.names) if name.startswith("gpt-5.2-pro/api/")]
    assert numbers
    assert {float(shipped.reasoning[n]) for n in numbers} == {1000.0}


@pytest.mark.parametrize(("gpu", "gb"), [("A100", 40), ("A100 80GB", 80), ("NVIDIA H100", 80), ("M4 Max", 36)])
def test_a_card_named_without_its_memory_has_the_least_it_is_sold_with(facts: Facts, gpu: str, gb: float) -> None:
    owned = owned_hardware(resolve(Requirements.from_mapping({"gpu": gpu}), facts), facts)
    assert owned is not None
    assert owned.gb_each == gb
