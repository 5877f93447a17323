import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from modelwise.agent.compare import Comparison
from modelwise.agent.recheck import Recheck
from modelwise.agent.why_not import WhyNot
from modelwise.knowledge.facts import load_facts
from modelwise.ui.cli import app
from modelwise.ui.cli_tools import COMMANDS
from modelwise.ui.edge import EXIT_CODES

DAY = ["--today", "2026-11-21"]
CHAT = '{"task": "chat", "monthly_requests": 1000, "on_prem": false}'
VOLUME = ("--requests", "1000", "--input", "1000", "--output", "300")
ASKED: dict[str, tuple[str, ...]] = {
    "license": ("license", "llama-3.1-8b", "--mau", "1000"),
    "cost": ("cost", "gpt-5", *VOLUME),
    "context": ("context", "qwen3-32b", "4000", "--unit", "characters", "--text", "zh"),
    "hardware": ("hardware", "qwen3-32b"),
    "compare": ("compare", "qwen3-32b", "deepseek-v3"),
    "why-not": ("why-not", "gpt-5", "chat bot, cloud is fine"),
}
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Calls the command line in this process."""

    def call(*words: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app, [*words], input=given)  # type: ignore[return-value]

    return call


@pytest.fixture
def found(run: Run) -> Callable[..., Any]:
    """Gives what a command prints as JSON."""
    return lambda *words: json.loads(run(*words, *DAY, "--json").stdout)


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize(("language", "heading"), [("en", "Sources"), ("zh-Hans", "出处"), ("zh-Hant", "出處")])
def test_every_answer_is_cited_in_three_scripts(run: Run, name: str, language: str, heading: str) -> None:
    done = run(*ASKED[name], *DAY, "--lang", language)
    text, _, sources = done.stdout.partition(f"\n{heading} ─")
    assert (done.exit_code, done.stderr) == (0, "")
    marks = {int(n) for n in re.findall(r"\[(\d+)\]", text)}
    assert marks == {int(n) for n in re.findall(r"^(\d+)\.", sources, re.MULTILINE)}
    assert marks == set(range(1, len(marks) + 1)) != set()
    assert not re.search(r"[{}]|\[\[|\bNone\b", text)


@pytest.mark.parametrize("name", ASKED)
def test_every_answer_fits_eighty_columns_and_is_json(run: Run, found: Callable[..., Any], name: str) -> None:
    from rich.cells import cell_len

    assert max(map(cell_len, run(*ASKED[name], *DAY, "--lang", "zh-Hans").stdout.splitlines())) <= 80
    value = found(*ASKED[name])
    assert value["citations"]
    assert value["as_of"] == "2026-11-21"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_states_the_exit_codes(run: Run, name: str) -> None:
    done = run(name, "--help")
    assert done.exit_code == 0
    assert " ".join(EXIT_CODES.split()) in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "verdict", "code"),
    [
        (("MIT",), "allowed", 0),
        (("Apache-2.0", "--commercial"), "allowed", 0),
        (("meta-llama/Llama-3.1-8B", "--mau", "700000000"), "conditional", 0),
        (("Llama 3.1 8B", "--mau", "700000001"), "forbidden", 1),
        (("Llama 3.1 8B", "--mau", "700000001", "--no-commercial"), "forbidden", 1),
    ],
)
def test_a_licence_is_judged_for_a_use(run: Run, words: tuple[str, ...], verdict: str, code: int) -> None:
    done = run("license", *words, *DAY, "--json")
    assert (json.loads(done.stdout)["license"]["verdict"], done.exit_code) == (verdict, code)


def test_a_licence_names_the_use_and_says_it_is_no_legal_advice(run: Run) -> None:
    text = run("license", "gpt-5", "--no-commercial", "--region", "TW", *DAY).stdout
    assert "commercial=false, region=TW" in text
    assert "not legal advice" in text


def test_a_month_is_priced_by_hand(found: Callable[..., Any]) -> None:
    made = found("cost", "gpt-5", *VOLUME, "--effort", "low", "--cached", "0.5")
    openai = next(one for one in made["sellers"] if one["seller"] == "openai")
    each = (500 * Decimal("1.25") + 500 * Decimal("0.125") + (300 + 600) * 10) / 1_000_000
    assert Decimal(openai["per_request_usd"]) == each
    assert Decimal(openai["monthly_usd"]) == round(1000 * each, 2)
    assert [p["name"] for p in openai["parts"]] == ["input", "cached_input", "output", "reasoning"]


def test_a_batch_costs_half_where_there_is_a_batch_price(found: Callable[..., Any]) -> None:
    whole, batch = (found("cost", "gpt-5", *VOLUME, *more)["sellers"][0] for more in ((), ("--batch",)))
    assert batch["batch_price"]
    assert Decimal(batch["per_request_usd"]) * 2 == Decimal(whole["per_request_usd"])


def test_sellers_are_ordered_by_cost(found: Callable[..., Any]) -> None:
    monthly = [Decimal(one["monthly_usd"]) for one in found("cost", "qwen3.6-27b", *VOLUME)["sellers"]]
    assert len(monthly) > 1
    assert monthly == sorted(monthly)


@pytest.mark.parametrize("model", sorted(load_facts().models))
def test_every_model_can_be_asked_about(model: str) -> None:
    from modelwise.tools.cost import Volume
    from modelwise.ui.calculate import costs, fits, licensed, sizes
    from modelwise.ui.edge import day_of
    from modelwise.ui.sheets import report_view
    from modelwise.ui.terminal import plain

    facts, day = load_facts(), day_of(None)
    for made in (
        licensed(model, {}, facts, day),
        costs(model, Volume(10, 10, 10), None, facts, day),
        fits(model, 10, "pages", facts, day, script=None, output=None, effort=None),
        sizes(model, facts, day, precision=None, gpu=None, tokens=None, concurrency=1),
    ):
        assert plain(report_view(made, "en"))


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [(("1000",), "met", 0), (("9,999,999",), "failed", 1), (("500000", "--unit", "characters"), "unknown", 1)],
)
def test_a_text_fits_or_not(run: Run, words: tuple[str, ...], status: str, code: int) -> None:
    done = run("context", "gpt-5", *words, *DAY, "--json", "--output", "0")
    assert (json.loads(done.stdout)["status"], done.exit_code) == (status, code)


def test_a_script_narrows_the_band(found: Callable[..., Any]) -> None:
    words = ("context", "gpt-5", "1000", "--unit", "characters")
    either, chinese, english = (found(*words, *more) for more in ((), ("--text", "zh"), ("--text", "en")))
    assert either["high"] == chinese["high"] > chinese["low"] > english["low"] == either["low"]


def test_memory_adds_up_and_cards_hold_it(found: Callable[..., Any]) -> None:
    made = found("hardware", "qwen3-32b", "--gpu", "H100", "--precision", "fp8", "--concurrency", "8")
    (size,) = made["precisions"]
    assert size["total_gb"] == pytest.approx(size["weights_gb"] + size["kv_gb"] + size["overhead_gb"], abs=0.02)
    (card,) = size["cards"]
    assert card["capacity_gb"] >= size["total_gb"] > card["capacity_gb"] * (card["cards"] - 1) / card["cards"]


def test_what_nobody_sells_and_what_has_no_weights_exit_1(run: Run) -> None:
    assert run("hardware", "gpt-5").exit_code == 1
    facts = load_facts()
    unsold = next(m.id for m in facts.models.values() if not m.offers and m.weights and m.weights.downloadable.value)
    done = run("cost", unsold, *VOLUME)
    assert done.exit_code == 1
    assert "modelwise hardware" in " ".join(done.stdout.split())


def test_models_stand_side_by_side_for_a_need_by_text_and_by_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "need.json"
    file.write_text(CHAT, encoding="utf-8")
    by_text, by_file = (
        run("compare", "gpt-5", "qwen3-32b", "--need", need, *DAY, "--json").stdout for need in (CHAT, str(file))
    )
    assert by_text == by_file
    assert [row.model.id for row in Comparison.model_validate_json(by_text).rows] == ["gpt-5", "qwen3-32b"]


def test_why_not_speaks_the_language_of_the_need(run: Run) -> None:
    assert "为什么不是" in run("why-not", "gpt-5", "客服机器人，不能出内网", *DAY).stdout
    made = run("why-not", "gpt-5", "-", *DAY, "--json", given='{"task": "chat", "on_prem": true}').stdout
    assert WhyNot.model_validate_json(made).status == "eliminated"


def test_why_not_without_a_need_asks_back_with_2(run: Run) -> None:
    done = run("why-not", "gpt-5", "the weather", *DAY)
    assert done.exit_code == 2
    assert done.stdout


def test_an_advice_is_rechecked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "advice.json"
    file.write_text(run("advise", CHAT, "--today", "2026-08-01", "--json").stdout, encoding="utf-8")
    same = run("recheck", str(file), "--today", "2026-08-01", "--lang", "en")
    assert (same.exit_code, "Nothing changed." in same.stdout) == (0, True)
    made = Recheck.model_validate_json(run("recheck", str(file), *DAY, "--json").stdout)
    assert (str(made.since), str(made.advice.as_of)) == ("2026-08-01", "2026-11-21")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_advice_is_named(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "advice.json"
    file.write_bytes(content)
    done = run("recheck", str(file))
    assert done.exit_code == 2
    assert "advice.json holds no advice" in done.stderr
    assert run("recheck", str(tmp_path)).exit_code == 2


@pytest.mark.parametrize(
    ("words", "named", "way_out"),
    [
        (("license", "lama-3.1-8b"), "lama-3.1-8b", "Llama 3.1 8B"),
        (("license", "Apachee-2.0"), "Apachee-2.0", "Apache"),
        (("license", "MIT", "--region", "XX"), "region='XX'", "ISO 3166"),
        (("license", "MIT", "--mau", "-1"), "'-1'", "from 0 to"),
        (("cost", "gpt-55x", *VOLUME), "gpt-55x", "GPT-5"),
        (("cost", "gpt-5", *VOLUME, "--effort", "max"), "max", "low, medium, high"),
        (("cost", "gpt-5", *VOLUME, "--cached", "nan"), "nan", "accepted"),
        (("cost", "gpt-5", "--requests", "abc", "--input", "1", "--output", "1"), "'abc'", "whole number"),
        (("cost", "gpt-5", "--requests", "0", "--input", "1", "--output", "1"), "'0'", "from 1 to"),
        (("cost", "gpt-5", *VOLUME, "--cached", "2"), "'2'", "from 0 to 1"),
        (("context", "gpt-55x", "10"), "gpt-55x", "GPT-5"),
        (("context", "gpt-5", "nan"), "nan", "accepted"),
        (("context", "gpt-5", "10", "--unit", "lines"), "lines", "characters"),
        (("hardware", "gpt-55x"), "gpt-55x", "GPT-5"),
        (("hardware", "qwen3-32b", "--tokens", "-5"), "'-5'", "from 1 to"),
        (("hardware", "qwen3-32b", "--gpu", "H10O"), "H10O", "H100"),
        (("hardware", "qwen3-32b", "--precision", "mxfp4"), "mxfp4", "int4"),
        (("compare", "gpt-5"), "gpt-5", "2 to 4"),
        (("compare", "gpt-5", "gpt-55x"), "gpt-55x", "GPT-5"),
        (("compare", "gpt-5", "qwen3-32b", "--need", '{"mau": -3}'), "mau=-3", "greater"),
        (("why-not", "gpt-55x", "chat"), "gpt-55x", "GPT-5"),
        (("why-not", "gpt-5", '{"on_prem": true, "api_only": true}'), "on_prem=True", "api_only"),
        (("recheck", "none.json"), "none.json", "accepted"),
    ],
)
def test_bad_input_is_named_with_the_way_out(run: Run, words: tuple[str, ...], named: str, way_out: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert named in done.stderr
    assert way_out in done.stderr
    assert "Traceback" not in done.output


def test_the_shell_completes_commands() -> None:
    env = {"_MODELWISE_COMPLETE": "complete_bash", "COMP_WORDS": "modelwise li", "COMP_CWORD": "1"}
    assert "license" in CliRunner().invoke(app, [], prog_name="modelwise", env=env).stdout
