"""Requirements from any mapping: refused with the field's name, or read and written back equal."""

import math
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelwise.agent.requirements import FIELDS, TASKS, TOPICS, InvalidRequirements, Requirements, Topic, language_tag
from modelwise.knowledge.regions import REGIONS

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = SCALARS | st.lists(SCALARS, max_size=4) | st.dictionaries(st.text(), SCALARS, max_size=2)
KEYS = st.sampled_from(FIELDS)
REGION_FIELDS = ("company_region", "users_region", "data_region", "ownership_region")
NUMBERS = (
    "mau",
    "annual_revenue_usd",
    "monthly_requests",
    "peak_rps",
    "input_tokens",
    "output_tokens",
    "cached_share",
    "context_tokens",
    "monthly_budget",
    "latency_seconds",
    "gpu_count",
    "gpu_mem_gb",
    "ram_gb",
    "max_params_b",
    "horizon_months",
)
FLAGS = (
    "on_prem",
    "commercial",
    "fine_tune",
    "redistribute",
    "open_weights",
    "osi_license",
    "api_only",
    "batch_ok",
    "realtime",
    "decides_about_people",
    "human_review",
)
SETS = (
    "secondary_tasks",
    "languages",
    "modalities",
    "capabilities",
    "data_sensitivity",
    "agreements",
    "vendors_excluded",
    "vendor_countries_excluded",
    "models_excluded",
    "models_only",
    "existing_stack",
)
FREE = {"vendors_excluded", "models_excluded", "models_only", "existing_stack"}


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=3)


GOOD: dict[str, st.SearchStrategy[Any]] = {
    "task": st.sampled_from(TASKS),
    "secondary_tasks": some(*TASKS),
    "languages": some("zh", "zh-Hant", "en", "pt-BR", "ja"),
    "modalities": some("image", "audio"),
    "data_sensitivity": some("phi", "pii", "financial"),
    "vendor_countries_excluded": some("CN", "US", "EU"),
    "models_only": some("gpt-5", "qwen3"),
    "budget_currency": st.sampled_from(["USD", "CNY", "TWD", "EUR"]),
    "cached_share": st.floats(0, 1),
    **{name: st.booleans() for name in FLAGS},
    **{name: st.sampled_from(sorted(REGIONS)) for name in REGION_FIELDS},
    **{
        name: st.integers(1, 10_000)
        for name in ("mau", "monthly_requests", "input_tokens", "output_tokens", "context_tokens", "gpu_count")
    },
    **{
        name: st.floats(0.01, 100)
        for name in ("annual_revenue_usd", "peak_rps", "monthly_budget", "latency_seconds", "horizon_months")
    },
}


def refusal(fields: dict[str, Any]) -> InvalidRequirements | None:
    try:
        Requirements.from_mapping(fields)
    except InvalidRequirements as error:
        return error
    return None


def refused(fields: dict[str, Any]) -> InvalidRequirements:
    with pytest.raises(InvalidRequirements) as caught:
        Requirements.from_mapping(fields)
    return caught.value


@given(st.dictionaries(KEYS | st.text(), VALUES, max_size=4))
@example({"vendors_excluded": [" "]})
@example({"vendors_excluded": ["İ" * 80]})
@example({"languages": ["en-ß"]})
@example({"company_region": "ß"})
@example({"monthly_budget": 10**400})
@example({"mau": 1e300})
@example({"languages": ["zh-CN", "zh-Hans"]})
def test_any_mapping_is_refused_or_reads_back_equal(fields: dict[str, Any]) -> None:
    try:
        requirements = Requirements.from_mapping(fields)
    except InvalidRequirements:
        return
    assert Requirements.from_mapping(requirements.stated()) == requirements


@given(st.fixed_dictionaries({}, optional=GOOD))
def test_good_fields_are_said_and_read_back_equal(fields: dict[str, Any]) -> None:
    requirements = Requirements.from_mapping(fields)
    assert requirements.said == fields.keys()
    assert requirements.stated().keys() == fields.keys()
    assert Requirements.from_mapping(requirements.stated()) == requirements
    assert Requirements.model_validate_json(requirements.model_dump_json()) == requirements


@given(KEYS, VALUES)
def test_one_field_at_a_time_is_refused_by_its_own_name(key: str, value: Any) -> None:
    error = refusal({key: value})
    if error:
        assert error.field == key
        assert error.accepted
        assert str(error).startswith(f"{key}=")


def test_every_field_is_of_a_kind_that_is_tested() -> None:
    others = {
        "task",
        "sector",
        "current_model",
        "quality_floor",
        "prefer",
        "budget_currency",
        "gpu",
        "device",
        "quality_priority",
    }
    assert {*NUMBERS, *FLAGS, *SETS, *REGION_FIELDS, *others} == set(FIELDS)


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, -1, -0.5, 1e18, 10**400, True, False, "3", "three", [3], {}]
)
def test_a_number_is_plain_finite_and_in_range(field: str, value: Any) -> None:
    assert refused({field: value}).field == field


@pytest.mark.parametrize("field", sorted(set(NUMBERS) - {"cached_share"}))
def test_zero_is_no_amount(field: str) -> None:
    assert refused({field: 0}).field == field


@pytest.mark.parametrize(
    ("field", "most", "above"),
    [
        ("cached_share", 1, 1.0001),
        ("mau", 10**13, 10**13 + 1),
        ("input_tokens", 10**9, 10**9 + 1),
        ("gpu_count", 10_000, 10_001),
        ("monthly_budget", 1e15, 1.1e15),
        ("latency_seconds", 10**7, 10**7 + 1),
        ("horizon_months", 120, 120.5),
        ("max_params_b", 1e5, 1e5 + 1),
    ],
)
def test_a_number_s_upper_end(field: str, most: float, above: float) -> None:
    assert getattr(Requirements.from_mapping({field: most}), field) == most
    assert refused({field: above}).value == above


@pytest.mark.parametrize("field", ["mau", "monthly_requests", "input_tokens", "gpu_count"])
def test_a_count_is_whole(field: str) -> None:
    assert getattr(Requirements.from_mapping({field: 2.0}), field) == 2
    assert refused({field: 1.5}).field == field


@pytest.mark.parametrize("field", FLAGS)
@pytest.mark.parametrize("value", [1, 0, "yes", "true", 1.0, []])
def test_a_flag_is_true_or_false(field: str, value: Any) -> None:
    assert refused({field: value}).field == field


@pytest.mark.parametrize("field", SETS)
@pytest.mark.parametrize("value", ["chat", [""], ["x" * 81], [None], [1], 3, True, [["chat"]]])
def test_a_set_is_a_list_of_texts(field: str, value: Any) -> None:
    assert refused({field: value}).field == field


@pytest.mark.parametrize("field", sorted(set(SETS) - FREE))
def test_a_set_of_a_closed_list_knows_its_values(field: str) -> None:
    assert refused({field: ["no such thing!"]}).field == field


@pytest.mark.parametrize("field", SETS)
def test_a_value_stands_once(field: str) -> None:
    value = {"languages": "en", "vendor_countries_excluded": "CN"}.get(field) or {
        "secondary_tasks": "chat",
        "modalities": "image",
        "capabilities": "tools",
        "data_sensitivity": "phi",
        "agreements": "baa",
    }.get(field, "x")
    assert getattr(Requirements.from_mapping({field: [value]}), field) == {value}
    assert refused({field: [value, value]}).field == field


def test_an_empty_set_is_said() -> None:
    requirements = Requirements.from_mapping({"data_sensitivity": []})
    assert requirements.data_sensitivity == frozenset()
    assert requirements.said == {"data_sensitivity"}


def test_none_is_not_said() -> None:
    requirements = Requirements.from_mapping({"task": None, "mau": None})
    assert requirements.said == frozenset()
    assert requirements.stated() == {}


@pytest.mark.parametrize(
    ("key", "near"),
    [("monthly_request", "monthly_requests"), ("langauges", "languages"), ("gpu_memory_gb", "gpu_mem_gb")],
)
def test_an_unknown_key_is_refused_with_what_was_meant(key: str, near: str) -> None:
    error = refused({key: 1})
    assert error.field == key
    assert near in error.accepted


@pytest.mark.parametrize("key", ["said", "assumed", "unknown", "words", "language", "", "TASK"])
def test_marks_and_foreign_keys_are_no_fields(key: str) -> None:
    assert refused({key: ["task"]}).field == key


@pytest.mark.parametrize(
    ("field", "value"), [("task", "Chat"), ("task", 3), ("sector", "space"), ("budget_currency", "usd"), ("device", "")]
)
def test_a_closed_list_is_closed(field: str, value: Any) -> None:
    assert refused({field: value}).field == field


@pytest.mark.parametrize("field", REGION_FIELDS)
def test_a_region_is_a_country_or_the_union(field: str) -> None:
    assert getattr(Requirements.from_mapping({field: "de"}), field) == "DE"
    assert getattr(Requirements.from_mapping({field: "eu"}), field) == "EU"
    for value in ("UK", "Germany", "", "XX", 3):
        assert refused({field: value}).field == field


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        ("zh", "zh"),
        ("zh-Hans", "zh"),
        ("zh-CN", "zh"),
        ("zh_SG", "zh"),
        ("zh-Hant", "zh-Hant"),
        ("zh-tw", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("EN", "en"),
        ("pt-br", "pt-BR"),
        ("yue", "yue"),
        ("sr-latn", "sr-Latn"),
    ],
)
def test_a_language_is_compared_by_its_tag(tag: str, known: str) -> None:
    assert language_tag(tag) == known
    assert language_tag(known) == known


@pytest.mark.parametrize("tag", ["", "e", "english", "中文", "1", "-", "e1"])
def test_another_tag_is_refused(tag: str) -> None:
    assert refused({"languages": [tag]}).field == "languages"


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(str(refused({"task": "x" * 10_000}))) < 600


def test_with_fields_moves_the_marks() -> None:
    said = Requirements.from_mapping({"task": "chat", "mau": 10})
    guessed = said.with_fields({"mau": 20, "on_prem": True}, assumed=True)
    assert (guessed.said, guessed.assumed) == (frozenset({"task"}), frozenset({"mau", "on_prem"}))
    assert guessed.with_fields({"mau": 30}).said == {"task", "mau"}
    assert said.binding("mau")
    assert not guessed.binding("mau", "on_prem")


def test_every_topic_asks_for_fields_that_exist() -> None:
    assert set(TOPICS) == set(get_args(Topic))
    asked = [field for fields in TOPICS.values() for field in fields]
    assert len(asked) == len(set(asked))
    assert set(asked) <= set(FIELDS)


def test_an_integer_that_python_refuses_to_print_is_refused_by_name() -> None:
    with pytest.raises(InvalidRequirements, match=r"^monthly_requests=an integer of 16610 bits is not accepted"):
        Requirements.from_mapping({"monthly_requests": 10**5000})
