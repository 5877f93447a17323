"""Records refuse what they do not know, stay as they are, and read back equal."""

import datetime as dt
from types import ModuleType
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge import schema
from modelwise.knowledge.build import find_problems, written
from modelwise.knowledge.facts import Facts, read_facts
from modelwise.knowledge.schema import Claim, Model, Record, Score, Snapshot, Sourced, Window

RECORDS = sorted(
    (
        c
        for c in vars(schema).values()
        if isinstance(c, type) and issubclass(c, Record) and c.__module__ == schema.__name__
    ),
    key=lambda c: c.__name__,
)
CLAIM = {
    "id": "000/x",
    "lines": [[1, 2]],
    "section": "s",
    "kind": "fact",
    "attribute": "general",
    "zh": "一段文字",
    "en": "some text",
}


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_refuses_unknown_keys_and_cannot_be_changed(record: type[Record]) -> None:
    assert record.__struct_config__.frozen
    assert record.__struct_config__.forbid_unknown_fields


def test_a_frozen_record_refuses_assignment(tiny: ModuleType) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        tiny.model().name = "other"


@pytest.mark.parametrize("value", [[1], [1, "s", "t"], ["many", "s"], [1, "Not A Source"], {"value": 1}, 1, None])
def test_a_value_without_a_source_is_refused(value: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, Sourced[int])


@pytest.mark.parametrize("lines", [[], [[0, 1]], [[1]], [[1, 2, 3]], [[-1, -1]]])
def test_a_claim_s_lines_count_from_one(lines: list[list[int]]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**CLAIM, "lines": lines}, Claim)


@pytest.mark.parametrize("lines", [[[1, 1]], [[1, 2], [7, 7]]])
def test_a_claim_may_stand_on_several_ranges(lines: list[list[int]]) -> None:
    assert msgspec.convert({**CLAIM, "lines": lines}, Claim).lines == tuple(map(tuple, lines))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "0/x"),
        ("id", "000/"),
        ("id", "000/Upper"),
        ("id", "000"),
        ("kind", "rumour"),
        ("stance", "maybe"),
        ("zh", "短"),
        ("en", "no"),
    ],
)
def test_a_claim_of_the_wrong_kind_is_refused(field: str, value: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**CLAIM, field: value}, Claim)


@pytest.mark.parametrize("name", ["gpt-4o", "qwen2.5-72b", "o1", "0"])
def test_an_id_is_lower_case_with_dots_and_dashes(tiny: ModuleType, name: str) -> None:
    assert tiny.model(name).id == name


@pytest.mark.parametrize("name", ["", "GPT", "-x", ".x", "a b", "a/b", "a_b", "通义", "a\n"])
def test_another_id_is_refused(tiny: ModuleType, name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        tiny.model(name)


def test_an_undisclosed_size_is_a_word_and_no_other(tiny: ModuleType) -> None:
    sizes: tuple[Any, ...] = (8, 0.5, "undisclosed")
    assert [tiny.model(params_total_b=[size, "s"]).params_total_b.value for size in sizes] == [8, 0.5, "undisclosed"]
    with pytest.raises(msgspec.ValidationError):
        tiny.model(params_total_b=["huge", "s"])


def test_a_score_keeps_its_figure_and_its_place() -> None:
    row = msgspec.convert({"model": "m", "effort": "none", "printed": "M", "scores": {"b": [74.8, 3]}}, Score)
    assert row.scores == {"b": (74.8, 3)}


LIMITS = st.integers(0, 10**9)


@given(
    st.builds(Window, total=st.builds(Sourced[int], value=LIMITS, source=st.just("s"), as_of=st.none() | st.dates()))
)
def test_a_record_reads_back_equal(window: Window) -> None:
    assert msgspec.json.decode(msgspec.json.encode(window), type=Window) == window


def whole(tiny: ModuleType, **parts: Any) -> Facts:
    """Facts whose every reference is good."""
    model = tiny.model(weights=tiny.weights(), offers=[tiny.offer("p/m")], window=tiny.window(1000))
    source = {"id": "a-source", "title": "t", "date": dt.date(2026, 1, 1), "kind": "catalog", "read": "full"}
    known = {
        "sources": [source],
        "licences": [tiny.licence()],
        "sellers": [tiny.seller()],
        "claims": [{**CLAIM, "about": {"m": "M", "f": "F"}}],
        "attributes": [{"id": "general", "kind": "aspect", "zh": "综合", "en": "general"}],
    }
    facts: Facts = tiny.facts(*parts.pop("models", [model]), **{**known, **parts})
    return facts


def test_a_snapshot_reads_back_equal(tiny: ModuleType, tmp_path: Any) -> None:
    facts = whole(tiny)
    path = tmp_path / "snapshot.json"
    path.write_text(written(facts.snapshot), encoding="utf-8")
    assert read_facts(path).snapshot == facts.snapshot


def test_a_snapshot_of_another_shape_is_refused(tiny: ModuleType) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.to_builtins(tiny.snapshot()), "news": []}, Snapshot)


def test_facts_are_found_by_their_ids(tiny: ModuleType) -> None:
    facts = whole(tiny)
    assert facts.models["m"].offers[0].seller in facts.sellers
    assert facts.vendors["m"].id == "v"
    assert facts.licences.keys() == {"free"}
    assert [facts.name(i) for i in ("m", "f", "other")] == ["M", "F", "other"]
    assert facts.fx("EUR") is None


def test_good_knowledge_has_no_problems(tiny: ModuleType) -> None:
    assert list(find_problems(whole(tiny).snapshot)) == []


def test_each_reference_that_points_nowhere_is_named(tiny: ModuleType) -> None:
    lost = tiny.model(
        weights=tiny.weights("gone", base_model="gone"),
        offers=[{**tiny.offer("p/m", "gone"), "successor": "gone"}],
        predecessor={"model": "gone", "source": "nowhere"},
    )
    claims = [{**CLAIM, "about": {"gone": "Gone"}, "attribute": "gone"}]
    problems = " ".join(find_problems(whole(tiny, models=[lost], claims=claims).snapshot))
    for word in (
        "licence",
        "base model",
        "seller",
        "successor",
        "predecessor",
        "attribute",
        "no model or family",
        "source 'nowhere'",
    ):
        assert word in problems


@pytest.mark.parametrize("what", ["model", "claim", "source"])
def test_what_stands_twice_is_named(tiny: ModuleType, what: str) -> None:
    facts = whole(tiny)
    parts: dict[str, tuple[str, Any]] = {
        "model": ("models", [tiny.model(), tiny.model()]),
        "claim": ("claims", facts.snapshot.claims * 2),
        "source": ("sources", facts.snapshot.sources * 2),
    }
    name, twice = parts[what]
    problems = find_problems(whole(tiny, **{name: twice}).snapshot)
    assert any(problem.startswith(f"{what} ") and "stands twice" in problem for problem in problems)


def test_every_precision_of_the_weights_has_a_size() -> None:
    from modelwise.tools.hardware import BYTES

    assert BYTES.keys() == set(get_args(schema.Precision))
    assert set(Model.__struct_fields__) >= {"params_total_b", "params_active_b"}
