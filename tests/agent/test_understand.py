"""What people say, in three scripts, and what is heard."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwise.agent.hear import hear_text
from modelwise.agent.hear_text import normalise, only_text
from modelwise.agent.requirements import FIELDS, MAX_TEXT, Requirements
from modelwise.agent.understand import hear, problems, understand

TABLE = yaml.safe_load((Path(__file__).parent / "utterances.yaml").read_text(encoding="utf-8"))
ROWS = [(group, text, want) for group, rows in TABLE.items() for text, want in rows]
SCRAPS = [text for _, text, _ in ROWS] + [
    "不",
    "no ",
    "不对，",
    "/",
    "-5",
    "1e999",
    "万",
    "\u0000",
    "\u200b",
    "９",
    "$",
    "½",
    "ﷺ",
    "İ",
]


def stated(want: dict[str, Any]) -> dict[str, Any]:
    """The wanted fields, sets in the order in which they are shown."""
    return {f: sorted(v) if isinstance(v, list) else v for f, v in want.items()}


@pytest.mark.parametrize(("group", "text", "want"), ROWS, ids=[text[:40] for _, text, _ in ROWS])
def test_only_what_was_said_is_heard(group: str, text: str, want: dict[str, Any]) -> None:
    heard = understand(text)
    assert heard.stated() == Requirements.from_mapping(stated(want)).stated()
    assert heard.assumed == heard.unknown == frozenset()
    assert set(heard.words) == heard.said
    assert all(words and words in normalise(text) for words in heard.words.values())


@pytest.mark.parametrize("script", ["hans", "hant", "en"])
def test_the_script_is_the_language_unless_nothing_tells(script: str) -> None:
    expected = {"hans": "zh-Hans", "hant": "zh-Hant", "en": "en"}[script]
    assert sum(understand(text).language == expected for text, _ in TABLE[script]) >= 0.9 * len(TABLE[script])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("醫院問答", "zh-Hant"),
        ("医院问答", "zh-Hans"),
        ("客服", "zh-Hans"),
        ("hospital", "en"),
        ("", "en"),
        ("台灣用戶", "zh-Hant"),
        ("a chatbot for people who speak 中文 at home", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert understand(text).language == language


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("每月 -5 万次请求", "monthly_requests"),
        ("-200 requests a day", "monthly_requests"),
        ("每月负两百万次请求", "monthly_requests"),
        ("0 requests per month", "monthly_requests"),
        ("1e30 requests a month", "monthly_requests"),
        ("1e999 requests a month", "monthly_requests"),
        ("budget $-500 a month", "monthly_budget"),
        ("within 0 seconds", "latency_seconds"),
        ("每月预算 500 英镑", "budget_currency"),
        ("£500 a month", "budget_currency"),
        ("一百万张 A100", "gpu_count"),
        ("缓存命中率 150%", "cached_share"),
        ("上下文 9 万亿 token", "context_tokens"),
        ("必须本地部署，可以上云", "on_prem"),
        ("项目要用 50 年", "horizon_months"),
    ],
)
def test_absurd_values_are_not_set_and_are_named(text: str, field: str) -> None:
    found = problems(text)
    assert [p.field for p in found] == [field]
    assert found[0].words
    assert found[0].accepted
    assert field == "on_prem" or field not in understand(text).said


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", "hello", "\u200b\u0000", "帮我选个模型", "1", "?" * 100, "a" * (MAX_TEXT + 1)]
)
def test_texts_that_say_nothing_are_named(text: str) -> None:
    assert [p.field for p in problems(text)] == ["text"]


def test_a_word_that_yaml_reads_as_a_truth_value_is_refused() -> None:
    with pytest.raises(TypeError, match="negators: en"):
        only_text(yaml.safe_load("negators: {en: [never, no]}"), "table")


@pytest.mark.parametrize(
    ("text", "agreements"),
    [("zero retention too", {"dpa", "zero_retention"}), ("zero retention instead", {"zero_retention"})],
)
def test_a_set_grows_only_where_a_text_adds_to_it(text: str, agreements: set[str]) -> None:
    known = understand("we need a DPA")
    assert set(hear_text(text, known).requirements.agreements or ()) == agreements


def test_a_long_text_is_read_to_the_limit() -> None:
    text = "cloud is fine. " + "x" * MAX_TEXT + " self-hosted"
    assert understand(text).stated() == {"on_prem": False}
    assert problems(text)[0].field == "text"


@pytest.mark.parametrize(
    "text",
    [
        "1," * 10_000,
        "9" * 20_000,
        "不" * 20_000,
        "no " * 6_000,
        "一" * 20_000,
        "a " * 10_000,
        "4x" * 10_000,
        "gpt-" * 5_000,
        "$" * 20_000,
        "每月" * 10_000,
        "half " * 4_000,
        "1 2 " * 5_000,
        "llama-4 " * 2_500,
        "(" * 20_000,
        "in " * 6_000,
        "不对，" * 6_000,
        "0,000" * 4_000,
        "A100 " * 4_000,
        "整本" * 8_000,
        "现在八卡两台" * 3_000,
        "boil it " * 2_500,
        "not to the " * 1_800,
        "每天凌晨，四万条，" * 2_000,
        "en/de/" * 3_000,
    ],
    ids=lambda text: text[:5],
)
@pytest.mark.timeout(60)  # for what never ends, not for speed
def test_hostile_repeats_end_in_time(text: str) -> None:
    hear(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_documented_fields(text: str) -> None:
    holds(text)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(SCRAPS) | st.text(max_size=6), max_size=8), st.sampled_from(["", " ", "，", ", ", "\n"])
)
def test_any_mixture_of_phrases_gives_documented_fields(parts: list[str], joint: str) -> None:
    holds(joint.join(parts))


def holds(text: str) -> None:
    """What must be so for every text."""
    heard = hear(text)
    again = hear(text)
    assert heard == again
    need = heard.requirements
    assert need.said <= set(FIELDS)
    assert set(need.words) == need.said
    shown = normalise(text)
    assert all(words in shown for words in need.words.values())
    assert Requirements.from_mapping(need.stated()).stated() == need.stated()
    assert all(p.words in shown or " / " in p.words for p in heard.problems)
