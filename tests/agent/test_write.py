import ast
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from modelwise.agent import sanity
from modelwise.agent.advice import (
    Advice,
    Citation,
    Conflict,
    Cost,
    CostPart,
    Elimination,
    Evidence,
    EvidenceItem,
    Fit,
    GiveUp,
    Hardware,
    Language,
    LicenseCheck,
    Lifecycle,
    ModelRef,
    NearMiss,
    OpenQuestion,
    Option,
    Pick,
    Question,
    Routing,
    Score,
    ScorePart,
    Statement,
)
from modelwise.agent.advice import TestPlan as Plan
from modelwise.agent.defaults import read_yaml
from modelwise.agent.interview import slots
from modelwise.agent.page import sources
from modelwise.agent.requirements import FIELDS, TASKS, Capability, Requirements, Sensitivity
from modelwise.agent.rules import RULES
from modelwise.agent.understand import SAY_A_NEED
from modelwise.agent.write import Numbered, _wan, escape, markdown, pick_lines, sentence, usd, web_address
from modelwise.knowledge.schema import Author, Effort, Precision, TextRead

AGENT = Path(__file__).parents[2] / "agent"
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
TEXTS = read_yaml("texts.yaml")
SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}|\[\[!?(\w+)\|")
FIGURE = {"model", "effort", "benchmark", "score", "unit", "rank", "of", "date", "by"}

# What the f-strings of the source can become.
ENDINGS: dict[str, tuple[str, ...]] = {
    "assume.": (
        "task",
        "commercial",
        "monthly_requests",
        "input_tokens",
        "output_tokens",
        "languages",
        "latency_seconds",
    ),
    "ask.": tuple(f"{slot}{ending}" for slot in slots("en") for ending in ("", "_why")),
    "choice.": tuple(f"{slot.id}.{choice.id}" for slot in slots("en").values() for choice in slot.choices),
    "choice.task.": TASKS,
    "clash.": tuple(name for _, _, name, _ in sanity._CLASHES),
    "problem.": ("empty", "too_long", "off_topic", "value"),
    "reason.cost_": ("api", "rented_gpu"),
    "reason.latency_": ("estimated", "measured"),
    "risk.unknown_": tuple(rule.name for rule in RULES if not rule.unknown_fails),
    "test.": ("accuracy", "format", "latency", "cost"),
}


def _statements() -> Iterator[tuple[str, set[str], str]]:
    """Every text id that the agent can say, with the parameters given there and the place."""
    for path in sorted(AGENT.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        for function in functions:
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Statement":
                    given = {k.arg: k.value for k in call.keywords}
                    place = f"{path.name}:{call.lineno}"
                    params = _params(given.get("params"), function)
                    for text_id in _ids(given["text_id"], function):
                        yield text_id, params, place


def _ids(node: ast.expr, function: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        assert isinstance(node.values[0], ast.Constant)
        prefix = str(node.values[0].value)
        yield from (prefix + ending for ending in ENDINGS[prefix])
    elif isinstance(node, ast.IfExp):
        yield from _ids(node.body, function)
        yield from _ids(node.orelse, function)
    elif isinstance(node, ast.Name):
        yield from _ids(_assigned(node, function), function)
    else:
        raise AssertionError(ast.dump(node))


def _params(node: ast.expr | None, function: ast.AST) -> set[str]:
    if node is None:
        return set()
    if isinstance(node, ast.Name):
        return _params(_assigned(node, function), function)
    if isinstance(node, ast.Attribute):  # the parameters of an evidence: a figure's or a claim's
        return FIGURE | {"zh", "en"}
    assert isinstance(node, ast.Dict), ast.dump(node)
    return {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}


def _assigned(name: ast.Name, function: ast.AST) -> ast.expr:
    found = [
        n.value
        for n in ast.walk(function)
        if isinstance(n, ast.Assign | ast.AnnAssign)
        and any(
            isinstance(t, ast.Name) and t.id == name.id
            for t in (n.targets if isinstance(n, ast.Assign) else [n.target])
        )
        and n.lineno <= name.lineno
    ]
    assert found, f"{name.id} on line {name.lineno} is assigned nowhere"
    last = max((value for value in found if value is not None), key=lambda value: value.lineno)
    assert last is not None
    return last


def _used(template: str) -> set[str]:
    return {name or asked for name, _, asked in SLOT.findall(template)}


SAID = tuple(_statements())


def test_every_text_id_of_the_source_has_both_languages() -> None:
    missing = {f"{text_id} ({place})" for text_id, _, place in SAID if text_id not in TEXTS["statements"]}
    assert not missing
    assert len({text_id for text_id, _, _ in SAID}) > 80


def test_a_template_uses_only_the_parameters_that_the_code_gives() -> None:
    wrong = [
        (place, text_id, key, extra)
        for text_id, given, place in SAID
        for key, template in TEXTS["statements"].get(text_id, {}).items()
        if (extra := _used(template) - given)
    ]
    assert not wrong


def test_the_layout_gives_what_its_sentences_use() -> None:
    wrong = []
    for name in ("write.py", "page.py", "signing.py"):
        for call in ast.walk(ast.parse((AGENT / name).read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "line"):
                continue
            if not call.keywords or any(keyword.arg is None for keyword in call.keywords):
                continue
            given = {keyword.arg for keyword in call.keywords}
            said = [str(n.value) for n in ast.walk(call.args[0]) if isinstance(n, ast.Constant) and "." in str(n.value)]
            for text_id in (
                t for t in TEXTS["lines"] if any(t == s or (s.endswith(".") and t.startswith(s)) for s in said)
            ):
                wrong += [
                    (text_id, extra) for text in TEXTS["lines"][text_id].values() if (extra := _used(text) - given)
                ]
    assert not wrong
    assert _used(TEXTS["lines"]["strategy"]["en"]) == set(Routing.model_fields) - {"sides", "cites"}


def test_no_template_is_left_that_nobody_says() -> None:
    assert set(TEXTS["statements"]) <= {text_id for text_id, _, _ in SAID}


def test_both_languages_of_a_template_say_the_same_parameters() -> None:
    for group in ("statements", "lines", "give_up"):
        for text_id, texts in TEXTS[group].items():
            assert set(texts) == {"zh", "en"}, text_id
            zh, en = (_used(texts[key]) - {"zh", "en"} for key in ("zh", "en"))
            assert zh == en, text_id
    for table in TEXTS["tables"].values():
        assert all(set(names) == {"zh", "en"} and all(names.values()) for names in table.values())


def test_prose_is_sober() -> None:
    said = [
        text
        for group in ("statements", "lines", "give_up")
        for texts in TEXTS[group].values()
        for text in texts.values()
    ]
    assert not [text for text in said if "！" in text or re.search(r"!(?!\w+\|)", text)]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("role", get_args(Pick.model_fields["role"].annotation)),
        ("verdict", get_args(LicenseCheck.model_fields["verdict"].annotation)),
        ("rule", ("catalog", *(rule.name for rule in RULES))),
        ("effort", get_args(Effort)),
        ("precision", get_args(Precision)),
        ("basis", get_args(Cost.model_fields["basis"].annotation)),
        ("measured", get_args(Hardware.model_fields["basis"].annotation)),
        ("task", TASKS),
        ("capability", get_args(Capability)),
        ("sensitivity", get_args(Sensitivity)),
        ("paper", ("baa", "dpa", "zero_retention", "residency")),
        ("text_read", get_args(TextRead)),
        ("author", get_args(Author)),
        ("field", (*FIELDS, "text")),
        ("criterion", tuple(read_yaml("weights.yaml")["criteria"])),
        ("profile", tuple(read_yaml("weights.yaml")["profiles"])),
        ("source_kind", (*get_args(Citation.model_fields["kind"].annotation), "default")),
        ("accepted", (SAY_A_NEED,)),
        (
            "seller",
            tuple(s["id"] for s in yaml.safe_load((AGENT.parent / "knowledge/sellers.yaml").read_text("utf-8"))),
        ),
        (
            "attribute",
            tuple(a["id"] for a in yaml.safe_load((AGENT.parent / "knowledge/attributes.yaml").read_text("utf-8"))),
        ),
    ],
)
def test_closed_values_have_names(table: str, values: tuple[str, ...]) -> None:
    assert not set(values) - set(TEXTS["tables"][table])


def test_states_have_sentences() -> None:
    lines = TEXTS["lines"]
    for status in get_args(Lifecycle.model_fields["status"].annotation):
        assert f"check.life.{status}" in lines
    for status in get_args(Fit.model_fields["status"].annotation):
        assert f"check.context.{status}" in lines
    for role in get_args(Pick.model_fields["role"].annotation):
        assert f"why.{role}" in lines


def test_every_field_that_a_rule_rests_on_says_what_to_give_up() -> None:
    tree = ast.parse((AGENT / "misses.py").read_text(encoding="utf-8"))
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in FIELDS}
    assert named
    assert not named - set(TEXTS["give_up"])


# One value for each parameter name, to say every sentence once.
SAMPLE: dict[str, Any] = {
    "zh": "窗口只有 200 万以内。",
    "en": "The window is within 2,000,000.",
    "section": "5",
    "outcome": "requires",
    "model": "GPT-6 Luna",
    "other": "GLM-5.2",
    "from": ("Qwen3.6-Flash", "Qwen"),
    "license": "Apache License 2.0",
    "verdict": "allowed",
    "effort": "low",
    "benchmark": "LiveBench",
    "score": 63.25,
    "unit": "%",
    "rank": 7,
    "of": 122,
    "date": "2026-07-01",
    "by": "independent",
    "total_gb": 71.3,
    "weights_gb": 60.0,
    "kv_gb": 4.1,
    "overhead_gb": 7.2,
    "capacity_gb": 76.0,
    "gpu": "NVIDIA H100",
    "gpus": 2,
    "precision": "int4",
    "concurrency": 4,
    "required": 300_000,
    "has": 1_050_000,
    "monthly": 1234.5,
    "requests": 2_000_000,
    "seller": "openai",
    "reasoning": 600,
    "budget": 2000.0,
    "seconds": 2.8,
    "limit": 3,
    "languages": ("zh", "en"),
    "count": 3,
    "until": "2027-05-01",
    "months": 5.3,
    "successor": "gpt-7",
    "times": 3.8,
    "mine": 0.49,
    "theirs": 0.61,
    "figures": 4,
    "paper": "dpa",
    "retention": "kept 30 days",
    "read": "excerpt",
    "now": 80.25,
    "tokens": 12_500,
    "effective": 128_000,
    "value": 30_000,
    "currency": "CNY",
    "usd": 752.0,
    "part": "tables",
    "mau": 800_000_000,
    "models": 443,
    "prompts": 100,
    "gap": 0.2,
    "first": "8000",
    "second": "9000",
    "first_field": "context_tokens",
    "second_field": "input_tokens",
    "field": "monthly_budget",
    "words": "-5",
    "accepted": "Input should be greater than 0",
    "native": "bf16",
    "device": "phone",
    "missing": ("price", "KV cache shape"),
    "near": ("GPT-6 Sol", "GPT-6.1 Sol"),
    "rules": ("license", "budget"),
    "role": "alternative",
    "status": "on_sale",
    "other_license": "MIT License",
    "other_verdict": "conditional",
    "share": 0.8,
    "rest": 0.2,
    "least": 0.7,
    "most": 0.9,
    "low": 980.0,
    "high": 1_450.5,
    "strong": "GPT-6 Sol",
    "cheap": "GPT-6 Luna",
    "lost": ("task", "life"),
    "won": ("cost",),
    "before": "first_choice",
    "after": "budget",
    "more": 2,
}
SPECIAL: dict[str, dict[str, Any]] = {
    "assume.task": {"value": "rag"},
    "assume.languages": {"value": "zh, en"},
    "assume.commercial": {"value": True},
    "reason.tied": {"models": ("GPT-6 Sol", "Qwen3-32B")},
}


def _sample(text_id: str) -> Statement:
    given = next(params for said, params, _ in SAID if said == text_id)
    params = {**{name: SAMPLE[name] for name in given}, **SPECIAL.get(text_id, {})}
    if text_id == "against.said":
        params = {name: value for name, value in params.items() if name in FIGURE}
    return Statement(text_id=text_id, params=params)


NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)(?: ?([万亿萬億]))?")
UNITS = {"": 1, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}


def numbers_in(text: str) -> Counter[float]:
    return Counter(round(float(n.replace(",", "")) * UNITS[unit], 6) for n, unit in NUMBER.findall(text))


@pytest.mark.parametrize("text_id", sorted(TEXTS["statements"]))
def test_each_sentence_says_the_same_numbers_in_all_languages(text_id: str) -> None:
    said = [sentence(_sample(text_id), language) for language in LANGUAGES]
    for text in said:
        assert text
        assert not re.search(r"[{}\[\]]|None|True|False", text)
    assert numbers_in(said[0]) == numbers_in(said[1]) == numbers_in(said[2])
    assert not re.search(r"[\u3400-\u9fff]", said[2])


@pytest.mark.parametrize("field", sorted(TEXTS["give_up"]))
def test_what_to_give_up_reads_whole_with_and_without_a_figure(field: str) -> None:
    numeric = field in {"mau", "annual_revenue_usd"} or field.endswith(("_tokens", "_seconds", "realtime"))
    for has in (1_050_000 if numeric else "agent, code", None):
        miss = NearMiss(
            option=Option(model_id="m", kind="api", seller="openai"),
            name="M",
            rules=("context",),
            give_up=(
                GiveUp(
                    field=field,
                    required=3000 if numeric or field == "monthly_budget" else "chat, zh",
                    has=has if field != "monthly_budget" else 12.5,
                ),
            ),
            cites=(),
        )
        empty = Advice(requirements=Requirements(), status="nothing_fits", near_misses=(miss,), as_of=DAY)
        for language in LANGUAGES:
            assert not re.search(r"[{}]|\[\[|None", markdown(empty, language))


DAY = dt.date(2026, 11, 21)
CITATIONS = {
    c.key: c
    for c in (
        Citation(
            key="000/fast",
            kind="article",
            title="各家模型",
            date="2025-10-15",
            file="000.txt",
            lines=(61, 68),
            section="步骤2",
        ),
        Citation(
            key="000/one",
            kind="article",
            title="各家模型",
            date="undated",
            file="000.txt",
            lines=(134, 134),
            section="步骤3",
        ),
        Citation(
            key="licence/mit/notice",
            kind="licence",
            title="MIT License",
            date="2026-11-21",
            section="2",
            url="https://opensource.org/license/mit",
        ),
        Citation(
            key="price/openai/gpt-6",
            kind="price",
            title="genai-prices 0.2.3: openai/gpt-6",
            date="2026-11-21",
            section="openai/gpt-6",
        ),
        Citation(
            key="price/other",
            kind="price",
            title="genai-prices 0.2.3: openai/gpt-6",
            date="2026-11-21",
            section="openai/gpt-6",
        ),
        Citation(
            key="catalog/gpt-6/window.total",
            kind="catalog",
            title="litellm",
            date="2026-11-04",
            section="GPT-6: window.total",
            url="javascript:alert(1)",
        ),
        Citation(
            key="default/input_tokens",
            kind="catalog",
            title="modelwise defaults",
            date="2026-11-21",
            file="agent/defaults.yaml",
            section="input_tokens",
        ),
        Citation(
            key="default/tie",
            kind="catalog",
            title="modelwise defaults",
            date="2026-11-21",
            file="agent/defaults.yaml",
            section="tie",
        ),
        Citation(
            key="user/mau",
            kind="user",
            title="mau",
            date="2026-11-21",
            excerpt={"zh": "八百万月活", "en": "八百万月活"},
        ),
        Citation(key="bench/t", kind="benchmark", title="LiveBench", date="2026-07-01", section="LiveBench overall"),
    )
}


def _say(text_id: str, *cites: str, **params: Any) -> Statement:
    return Statement(text_id=text_id, params=params, cites=cites)


CLAIM = {"zh": "通义千问的软件生态完善。", "en": "Qwen has a mature software ecosystem."}
FIGURE_PARAMS = {
    "model": "GPT-6",
    "effort": "high",
    "benchmark": "LiveBench",
    "score": 74.8,
    "unit": "0-100",
    "rank": 3,
    "of": 122,
    "date": "2026-07-01",
    "by": "independent",
}


def _pick(role: str = "first_choice", **changes: Any) -> Pick:
    values: dict[str, Any] = {
        "option": Option(model_id="gpt-6", kind="api", seller="openai", price_id="openai/gpt-6", effort="low"),
        "model": ModelRef(id="gpt-6", name="GPT-6", vendor="OpenAI", family="gpt"),
        "role": role,
        "reasons": (
            _say("evidence.figure", "bench/t", **FIGURE_PARAMS),
            _say("claim", "000/fast", **CLAIM),
            _say(
                "reason.cost_api",
                "price/openai/gpt-6",
                monthly=1234.5,
                requests=2_000_000,
                seller="openai",
                effort="low",
                reasoning=600,
                budget=None,
            ),
            _say("reason.tied", "default/tie", models=("GPT-6.1 Sol", "Grok 4.7"), more=2),
        ),
        "against": _say("against.said", "000/one", **CLAIM),
        "license": LicenseCheck(
            verdict="conditional",
            name="MIT License",
            read_on=DAY,
            text_read="excerpt",
            cites=("licence/mit/notice",),
            obligations=(
                _say(
                    "license.clause",
                    "licence/mit/notice",
                    zh="副本须保留声明。",
                    en="Copies keep the notice.",
                    section="2",
                    outcome="requires",
                ),
            ),
        ),
        "context": Fit(status="met", required=300_000, has=1_050_000, cites=("catalog/gpt-6/window.total",)),
        "cost": Cost(
            monthly_usd=Decimal("1234.50"),
            per_request_usd=Decimal("0.00061725"),
            basis="api",
            low=Decimal("1234.50"),
            high=Decimal("1400.00"),
            parts=(
                CostPart(name="input", usd=Decimal("1000.00"), formula="2,000,000 x 1000 x $0.5/M"),
                CostPart(name="reasoning", usd=Decimal("234.50"), formula="2,000,000 x 600 x $0.195/M"),
            ),
            as_of=DAY,
            seller="openai",
            effort="low",
            reasoning_tokens=600,
            cites=("price/openai/gpt-6",),
        ),
        "hardware": None,
        "lifecycle": Lifecycle(
            status="ending", until=dt.date(2027, 8, 1), months_left=8.3, successor="gpt-7", cites=("price/other",)
        ),
        "evidence": Evidence(
            kind="direct",
            models=("GPT-6",),
            strength=1.24,
            items=(
                EvidenceItem(
                    aspect="task:chat",
                    signal=0.9,
                    weight=0.8,
                    statement=_say("claim", "000/fast", **CLAIM),
                    cites=("000/fast",),
                ),
            ),
        ),
        "risks": (_say("risk.price_change", "price/openai/gpt-6", date="2027-01-01", monthly=99.5, now=80.25),),
        "score": Score(
            total=0.71,
            profile="balanced",
            parts={
                "task": ScorePart(value=0.8, weight=0.8, product=0.64),
                "cost": ScorePart(value=0.35, weight=0.2, product=0.07),
                "openness": ScorePart(value=0, weight=0, product=0),
            },
        ),
    }
    return Pick(**{**values, **changes})


def _weights(**changes: Any) -> Pick:
    values: dict[str, Any] = {
        "option": Option(model_id="glm", kind="weights", precision="int4", effort="unstated"),
        "model": ModelRef(id="glm", name="GLM-5.2", vendor="Zhipu", family="glm"),
        "license": LicenseCheck(verdict="allowed", name="MIT License", text_read="full", read_on=dt.date(2026, 11, 1)),
        "context": Fit(status="not_asked", required=1000, has=None),
        "cost": Cost(
            monthly_usd=Decimal("321.20"),
            per_request_usd=None,
            basis="rented_gpu",
            low=Decimal("321.20"),
            high=Decimal("642.40"),
            as_of=DAY,
            seller="RunPod",
        ),
        "hardware": Hardware(
            weights_gb=17.56,
            kv_gb=20.4,
            overhead_gb=2.11,
            total_gb=40.07,
            gpus=1,
            gpu="NVIDIA A40 48GB",
            capacity_gb=45.6,
            concurrency=46,
            tokens_per_second=(61.9, 206.2),
        ),
        "lifecycle": Lifecycle(status="downloadable"),
        "evidence": Evidence(kind="none", models=(), items=(), strength=0.0),
        "reasons": (_say("reason.no_figures", "000/one", model="GLM-5.2"),),
        "against": _say("against.no_figures", "000/one", model="GLM-5.2"),
        "risks": (),
    }
    return _pick(changes.pop("role", "alternative"), **{**values, **changes})


def full_advice() -> Advice:
    """An advice with every section."""
    need = Requirements(
        monthly_budget=5000, budget_currency="CNY", said=frozenset({"monthly_budget"}), language="zh-Hans"
    )
    api = Option(model_id="x", kind="api", seller="alibaba-cn", effort="none")
    out = [
        Elimination(
            option=api,
            name=f"Model {n}",
            rule="budget",
            all_failed=("budget",),
            required=5000.0,
            has=7600.0 + n,
            cites=("price/other",),
        )
        for n in range(7)
    ]
    return Advice(
        requirements=need,
        status="recommended",
        picks=(
            _pick(),
            _weights(),
            _weights(role="budget", model=ModelRef(id="q", name="Qwen3", vendor="Alibaba", family="qwen")),
        ),
        near_misses=(
            NearMiss(
                option=api,
                name="Kimi K3",
                rules=("budget", "latency"),
                give_up=(
                    GiveUp(field="monthly_budget", required=5000.0, has=770.5),
                    GiveUp(field="latency_seconds", required=3.0, has=7.6),
                ),
                cites=("price/other",),
            ),
        ),
        eliminated=(
            *out,
            Elimination(
                option=api, name="Codestral", rule="task", all_failed=("task",), required="chat", has="code", cites=()
            ),
        ),
        funnel=(("catalog", 1348), ("task", 1347), ("budget", 1340)),
        questions=(
            OpenQuestion(
                topic="privacy",
                value=0.1,
                text=_say("ask.place", "default/tie"),
                could_change=_say("ask.place_why", "default/tie"),
            ),
        ),
        assumptions=(
            _say("assume.input_tokens", "default/input_tokens", value=1000),
            _say("assume.rate", "price/other", budget=5000.0, currency="CNY", usd=752.0),
        ),
        conflicts=(
            Conflict(
                about="Llama 4",
                attribute="mau_limit",
                sides=(_say("claim", "000/one", **CLAIM),),
                decision=_say("checked", "licence/mit/notice", **CLAIM),
            ),
        ),
        strategy=Routing(
            cheap="GLM-5.2", strong="GPT-6", share=0.8, monthly_usd=Decimal("412.75"), saves_usd=Decimal("821.75")
        ),
        advice_notes=(
            _say("note.mau_is_not_load", "user/mau", mau=8_000_000),
            _say("note.chunking", "000/one", tokens=300_000),
        ),
        evaluation=Plan(
            prompts=100,
            detectable_difference=0.2,
            method=_say("test.method", "default/tie", prompts=100, gap=0.2),
            rubric=(_say("test.cost", "default/tie"),),
        ),
        citations=CITATIONS,
        as_of=DAY,
        data_dates={"price": DAY, "licence": dt.date(2026, 11, 20)},
    )


def no_advice() -> Advice:
    """An advice in which nothing fits."""
    return full_advice().model_copy(
        update={"status": "nothing_fits", "picks": (), "strategy": None, "evaluation": None}
    )


def asking_advice() -> Advice:
    """An advice that asks."""
    params = {"first": "True", "second": "gpt-5", "first_field": "on_prem", "second_field": "models_only"}
    clash = Question(
        topic="privacy",
        text=_say("clash.on_prem_closed", "user/mau", **params),
        why=_say("clash.why", "user/mau", **params),
        choices=(_say("clash.keep", field="on_prem"), _say("clash.keep", field="models_only")),
    )
    return Advice(requirements=Requirements(), status="unclear", questions=(clash,), citations=CITATIONS, as_of=DAY)


MADE = {"full": full_advice, "nothing_fits": no_advice, "unclear": asking_advice}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", sorted(MADE))
def test_the_advice_in_full(made: str, language: Language, snapshot: SnapshotAssertion) -> None:
    assert markdown(MADE[made](), language) == snapshot


@pytest.mark.parametrize("made", sorted(MADE))
def test_languages_differ_in_words_only(made: str) -> None:
    simplified, traditional, english = (markdown(MADE[made](), language) for language in LANGUAGES)
    assert numbers_in(simplified) == numbers_in(traditional) == numbers_in(english)
    assert [h.count("#") for h in re.findall(r"^#+", simplified, re.M)] == [
        h.count("#") for h in re.findall(r"^#+", english, re.M)
    ]
    for text in (simplified, traditional, english):
        assert not re.search(r"[{}]|\[\[|\bNone\b|\b(reason|risk|against|assume|note|open|check|why)\.[a-z_]+", text)


def test_a_number_stands_for_one_place_in_the_order_of_first_use() -> None:
    numbers = Numbered(CITATIONS)
    assert numbers.marks(("000/one", "price/other")) == (1, 2)
    assert numbers.marks(("price/openai/gpt-6", "000/one", "unheard-of")) == (1, 2)
    advice = full_advice()
    text = markdown(advice, "en")
    body, listed = text.split("## Sources\n")
    last = len(re.findall(r"^\d+\. ", listed, re.M))
    assert {int(n) for n in re.findall(r"\[(\d+)\]", body)} == set(range(1, last + 1))


def test_sources_say_where_to_look() -> None:
    numbers = Numbered(CITATIONS)
    numbers.marks(CITATIONS)
    zh, en = ({line.text for line in sources(full_advice(), numbers, language)} for language in ("zh-Hans", "en"))
    assert "各家模型，2025-10-15，步骤2，行 61-68，000.txt" in zh
    assert "各家模型, undated, 步骤3, line 134, 000.txt" in en
    assert "月活用户，“八百万月活”，2026-11-21" in zh
    assert any("javascript:alert(1)" in text for text in en)
    assert {line.url for line in sources(full_advice(), numbers, "en")} == {None, "https://opensource.org/license/mit"}


def test_model_names_stay_in_traditional_chinese() -> None:
    assert sentence(_say("claim", **CLAIM), "zh-Hant") == "通义千问的軟體生態完善。"


def test_a_pick_can_be_drawn_alone() -> None:
    kinds = [block.kind for block in pick_lines(_pick(), Numbered(CITATIONS), "en")]
    assert kinds[:2] == ["paragraph", "table"]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "$0"),
        (0.000065, "$0.000065"),
        (0.004, "$0.004"),
        (0.0111, "$0.0111"),
        (0.5, "$0.50"),
        (99.99, "$99.99"),
        (99.999, "$100"),
        (Decimal("1234.56"), "$1,235"),
        (1_234_567.8, "$1,234,568"),
    ],
)
def test_dollars(amount: Any, shown: str) -> None:
    assert usd(amount) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (999, "999 "),
        (12_345, "12,345 "),
        (30_000, "3 万"),
        (2_000_000, "200 万"),
        (12_300, "1.23 万"),
        (150_000_000, "1.5 亿"),
        (123_456_700, "12,345.67 万"),
    ],
)
def test_large_counts_in_chinese_lose_nothing(count: int, shown: str) -> None:
    assert _wan(count) == shown
    assert numbers_in(shown) == Counter([float(count)])


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "http://evil.example",
    "https://evil.example/a?b=c",
    "www.evil.example",
    "a@evil.example",
    "# Heading",
    "1. item",
    "- item",
    "+ item",
    "> quote",
    "```\ncode\n```",
    "`code`",
    "**bold** _em_ __x__ ~~gone~~",
    "| a | b |",
    "a\n\n# new\n\nb",
    "[1]: http://evil.example",
    "&lt;script&gt;",
    "\\[x](y)",
    "<http://evil.example>",
    "---",
    "===",
    "\u202etxt.exe",
    "a\x00b\x1b[31m",
    "{model} [[x|y]]",
    "None",
)


def _hostile(text: str) -> Advice:
    name = ModelRef(id="x", name=text, vendor=text, family="x")
    cited = {
        "k": Citation(
            key="k",
            kind="user",
            title=text,
            date=text,
            section=text,
            file=text,
            url=text,
            excerpt={"zh": text, "en": text},
        )
    }
    return Advice(
        requirements=Requirements(),
        status="recommended",
        as_of=DAY,
        citations=cited,
        picks=(
            _pick(
                model=name,
                against=_say("claim", "k", zh=text, en=text),
                risks=(_say("risk.retention", "k", seller=text, retention=text),),
            ),
        ),
        advice_notes=(_say("note.current_model", "k", model=text),),
        near_misses=(
            NearMiss(
                option=Option(model_id="x", kind="api", seller=text),
                name=text,
                rules=("vendor",),
                give_up=(GiveUp(field="models_only", required=text, has=text),),
                cites=("k",),
            ),
        ),
    )


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_hostile_strings_are_inert(text: str, language: Language) -> None:
    shown = markdown(_hostile(text), language)
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(shown)
    flat = [t for token in tokens for t in (token, *(token.children or []))]
    plain = markdown(_hostile("plain"), language)
    expected = Counter(t.type for t in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(plain))
    assert {t.type for t in flat}.isdisjoint(
        {"html_block", "html_inline", "image", "code_inline", "fence", "em_open", "s_open", "blockquote_open"}
    )
    assert Counter(t.type for t in tokens) == expected
    links = {str(t.attrs["href"]) for t in flat if t.type == "link_open"}
    assert links <= {text} & {"https://evil.example/a?b=c", "http://evil.example"}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", shown)


def test_words_with_signs_are_not_mangled() -> None:
    assert escape("GPT-6.1 Sol (v2.5), 3.8x, a_b, 100%, C++, #1") == "GPT-6.1 Sol (v2.5), 3.8x, a_b, 100%, C++, #1"
    assert escape("2027-01-01 3) 1.5") == "2027-01-01 3) 1.5"
    assert escape("12. a") == r"12\. a"
    assert escape("0.71 = task") == "0.71 = task"
    assert escape("_x_ http://a www.b") == r"\_x\_ http\://a www\.b"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil",
        "https://a b",
        'https://a"b',
        "https://",
        None,
        "ftp://a",
        "https://a/<b>",
    ],
)
def test_only_plain_web_addresses_become_links(url: str | None) -> None:
    assert web_address(url) is None


def test_the_same_advice_read_back_says_the_same() -> None:
    advice = full_advice()
    assert markdown(Advice.from_json(advice.to_json()), "en") == markdown(advice, "en")


NEEDS = (
    "客服机器人，可以上云，每月 200 万次，预算每月 5000 元，3 秒内回答",
    "医院问答系统，病历不能出院，一张 80GB 显卡，每月 30 万次",
    "Coding agent, self-hosted on 4x H100, Apache license, replace GPT-4o, Chinese company",
    "合同审阅，每份 30 万 token，月活 8 亿，要开放权重，预算每月 100 元，每月 100 万次",
    "手机端离线翻译",
    "你好",
    "只用 API，但是数据不能出公司",
)


@pytest.mark.parametrize("need", NEEDS)
def test_real_advice_reads_whole(need: str, today: dt.date) -> None:
    from modelwise.agent.advisor import advise

    advice = advise(need, today=today)
    for language in LANGUAGES:
        text = markdown(advice, language)
        assert not re.search(
            r"\{\w|\[\[|\bNone\b|\b(reason|risk|against|assume|note|open|check|why|clash)\.[a-z_]+\b", text
        )
    assert numbers_in(markdown(advice, "zh-Hans")) == numbers_in(markdown(advice, "zh-Hant"))
