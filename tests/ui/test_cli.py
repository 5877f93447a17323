import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from modelwise import Advice, advise
from modelwise.agent.answer import Answer
from modelwise.ui.cli import app
from modelwise.ui.edge import EXIT_CODES

DAY = ["--today", "2026-11-21"]
HOSPITAL = "医院问答系统，病历不能出院，一张 80GB 显卡，每月 30 万次"
CHAT = '{"task": "chat", "monthly_requests": 1000, "on_prem": false}'
ANSI = re.compile(r"\x1b\[")
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Calls the command line in this process."""

    def call(*words: str, given: bytes | str | None = None) -> Result:
        return CliRunner().invoke(app, [*words], input=given)  # type: ignore[return-value]

    return call


def _child(*words: str, env: Mapping[str, str] | None = None, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environ = {**os.environ, **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "modelwise", *words], input=given, capture_output=True, env=environ, check=False
    )


def _lines(text: str) -> str:
    return " ".join(text.split())


def test_a_need_in_words_is_recommended(run: Run) -> None:
    done = run("advise", HOSPITAL, *DAY)
    assert done.exit_code == 0
    assert "首选" in done.stdout
    assert "[1]" in done.stdout
    assert done.stderr == ""


def test_words_without_quotes_are_one_text(run: Run) -> None:
    joined = run("advise", "chat bot,", "cloud is fine", *DAY, "--json")
    assert json.loads(joined.stdout) == json.loads(run("advise", "chat bot, cloud is fine", *DAY, "--json").stdout)


def test_json_reads_back_as_the_advice(run: Run, today: Any) -> None:
    done = run("advise", CHAT, *DAY, "--json")
    assert done.exit_code == 0
    assert Advice.from_json(done.stdout) == advise(json.loads(CHAT), today=today)


def test_the_same_need_by_file_by_text_and_by_standard_input(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "need.json"
    file.write_text(CHAT, encoding="utf-8")
    by_text = run("advise", CHAT, *DAY, "--json").stdout
    assert run("advise", "--need", str(file), *DAY, "--json").stdout == by_text
    assert run("advise", "-", *DAY, "--json", given=CHAT).stdout == by_text


@pytest.mark.parametrize(("language", "word"), [("en", "First choice"), ("zh-Hans", "首选"), ("zh-Hant", "首選")])
def test_the_language_can_be_set(run: Run, language: str, word: str) -> None:
    assert word in run("advise", CHAT, *DAY, "--lang", language).stdout


@pytest.mark.parametrize(
    ("form", "begins"),
    [("markdown", "# Model recommendation"), ("html", "<!DOCTYPE html>"), ("terminal", "Model recommendation")],
)
def test_the_form_can_be_set(run: Run, form: str, begins: str) -> None:
    assert run("advise", CHAT, *DAY, "--lang", "en", "--format", form).stdout.startswith(begins)


@pytest.mark.parametrize(
    ("name", "begins"), [("a.md", "# "), ("a.html", "<!DOCTYPE"), ("a.json", "{"), ("a.txt", "Model recommendation")]
)
def test_a_file_is_written_by_its_ending(run: Run, tmp_path: Path, name: str, begins: str) -> None:
    done = run("advise", CHAT, *DAY, "-o", str(tmp_path / name))
    assert (done.exit_code, done.stdout) == (0, "")
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert not ANSI.search(text)


def test_nothing_fits_exits_1(run: Run) -> None:
    done = run(
        "advise", '{"task": "chat", "on_prem": true, "gpu_mem_gb": 1, "gpu_count": 1, "context_tokens": 1000000}', *DAY
    )
    assert done.exit_code == 1


@pytest.mark.parametrize("text", ["", " ", "x", "the weather", "\x00\x1b[31m", "医" * 20_001])
def test_what_says_no_need_is_asked_back_with_2(run: Run, text: str) -> None:
    done = run("advise", "-", *DAY, given=text)
    assert done.exit_code == 2
    assert not ANSI.search(done.stdout)
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("need", "named"),
    [
        ('{"mau": -3}', "mau=-3"),
        ('{"foo": 1}', "foo=1"),
        ('{"monthly_requests": NaN}', "monthly_requests=nan"),
        ('{"monthly_requests": 1e400}', "monthly_requests=inf"),
        ('{"task": "chat", "task": "code"}', "'task' stands twice"),
        ('{"task": "chat"', "TEXT is no JSON"),
        ('{"on_prem": true, "api_only": true}', "on_prem=True"),
        ("{" * 100_000, "TEXT is no JSON"),
    ],
)
def test_bad_fields_are_named_with_what_is_accepted(run: Run, need: str, named: str) -> None:
    done = run("advise", need)
    assert done.exit_code == 2
    assert done.stderr.startswith("modelwise: ")
    assert named in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[1]", b"3", b""])
def test_a_need_file_of_another_kind_is_named(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "need.json"
    file.write_bytes(content)
    done = run("advise", "--need", str(file))
    assert done.exit_code == 2
    assert "need.json" in done.stderr
    assert "accepted" in done.stderr


def test_a_need_file_that_is_missing_is_named(run: Run, tmp_path: Path) -> None:
    assert run("advise", "--need", str(tmp_path / "none.json")).exit_code == 2


def test_two_needs_are_one_too_many(run: Run, tmp_path: Path) -> None:
    done = run("advise", "chat", "--need", str(tmp_path))
    assert (done.exit_code, "accepted: one of them" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("advise", "x", "--today", "soon"),
        ("advise", "x", "--lang", "fr"),
        ("advise", "x", "--format", "pdf"),
        ("nope",),
        ("ask",),
    ],
)
def test_usage_errors_exit_2(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_a_file_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    done = run("advise", CHAT, *DAY, "-o", str(tmp_path / "no" / "a.md"))
    assert done.exit_code == 2
    assert "a.md" in done.stderr


def test_a_question_is_answered_with_sources(run: Run) -> None:
    done = run("ask", "Llama 4 的许可证对月活有什么限制？")
    assert done.exit_code == 0
    assert "7 亿" in done.stdout
    assert "[1]" in done.stdout
    assert "出处" in done.stdout


def test_an_answer_as_json_reads_back(run: Run) -> None:
    done = run("ask", "What is the context window of Gemini 2.5 Pro?", "--json")
    assert Answer.model_validate_json(done.stdout).answered


def test_a_question_beyond_the_sources_exits_1(run: Run) -> None:
    done = run("ask", "--lang", "en", "Wer hat 1954 die Weltmeisterschaft gewonnen?")
    assert (done.exit_code, _lines(done.stdout)) == (1, "The sources do not say.")


def test_an_empty_question_exits_2(run: Run) -> None:
    done = run("ask", " ")
    assert (done.exit_code, "accepted: a question" in done.stderr) == (2, True)


def test_models_are_listed_by_name_and_way(run: Run) -> None:
    done = run("models", "qwen", "--open", "--api", "--json", *DAY)
    rows = json.loads(done.stdout)
    assert rows
    assert all(row["api"] and row["weights"] and row["on_offer"] for row in rows)
    assert all("qwen" in json.dumps([row["id"], row["name"], row["vendor"], row["aliases"]]).lower() for row in rows)


def test_models_held_back_say_what_they_lack(run: Run) -> None:
    few, every = (json.loads(run("models", *DAY, "--json", *more).stdout) for more in ((), ("--all",)))
    hidden = [row for row in every if not row["on_offer"]]
    assert len(every) == len(few) + len(hidden)
    assert hidden
    assert all(row["lacks"] for row in hidden)
    assert "What it lacks" in run("models", *DAY, "--all").stdout


def test_models_fit_eighty_columns_and_an_unknown_name_exits_1(run: Run) -> None:
    done = run("models", *DAY)
    assert done.exit_code == 0
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    assert run("models", "no-such-model").exit_code == 1


def test_conflicts_show_both_sides(run: Run) -> None:
    done = run("conflicts", "deepseek-r1")
    assert done.exit_code == 0
    assert "→" in done.stdout
    assert (
        len(json.loads(run("conflicts", "--json").stdout))
        >= len(json.loads(run("conflicts", "deepseek-r1", "--json").stdout))
        > 0
    )


def test_conflicts_of_an_unknown_model_name_the_nearest(run: Run) -> None:
    done = run("conflicts", "deepsek-r1")
    assert done.exit_code == 2
    assert "'deepsek-r1'" in done.stderr
    assert "deepseek-r1" in done.stderr.replace("'deepsek-r1'", "")


def test_the_doctor_shows_settings_without_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELWISE_DATABASE_URL", "postgresql://me:hush1@db.local:5432/m?password=hush2")
    monkeypatch.setenv("MODELWISE_LLM", "sk-hush3")
    monkeypatch.setenv("MODELWISE_EMBEDER", "hush4")
    done = run("doctor", *DAY)
    assert done.exit_code == 0
    assert "postgresql://db.local:5432/m" in done.stdout
    assert "hush" not in done.output
    assert "MODELWISE_EMBEDER" in done.stdout


def test_the_doctor_says_what_is_missing_and_the_way_out(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODELWISE_EMBEDDER", "wrong")
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("MODELWISE_DATA", str(tmp_path / "file" / "data"))
    done = run("doctor", "--json", *DAY)
    missing = {row["name"]: row for row in json.loads(done.stdout) if row["status"] == "missing"}
    assert done.exit_code == 1
    assert missing.keys() == {"embedder", "data folder"}
    assert all(row["way_out"] for row in missing.values())


def test_the_doctor_leaves_nothing_behind(run: Run, data_dir: Path) -> None:
    run("doctor")
    assert not data_dir.exists()


def test_stats_count_what_is_there(run: Run) -> None:
    found = json.loads(run("knowledge", "stats", "--json", *DAY).stdout)
    assert found["models"] > found["on_offer"] > found["on_sale"] > 0
    assert sum(sum(kinds.values()) for kinds in found["claims"].values()) >= 600
    shown = run("knowledge", "stats", *DAY)
    assert shown.exit_code == 0
    assert "with evidence in Chinese" in shown.stdout


@pytest.fixture
def tiny_knowledge(tmp_path: Path) -> Path:
    """A folder of YAML with one list price, and its snapshot."""
    from modelwise.knowledge.build import write_snapshot

    place = tmp_path / "knowledge"
    for name in ("catalog", "claims", "benchmarks"):
        (place / name).mkdir(parents=True)
    for name in ("articles", "attributes", "licences", "devices", "fx", "conflicts", "claims/skipped"):
        (place / f"{name}.yaml").write_text("[]\n", encoding="utf-8")
    source = "{id: litellm-1.0.0, title: litellm, date: 2026-11-04, kind: catalog, read: copy}"
    price = "{id: dashscope/q, input_usd_per_m: 1.0, output_usd_per_m: 4.0, source: litellm-1.0.0, as_of: 2026-11-04}"
    offer = "{seller: alibaba, price_id: dashscope/q, listed: [2026-11-04, litellm-1.0.0]}"
    model = f"{{id: q, name: Q, family: f, kind: llm, tier: large, offers: [{offer}]}}"
    texts = {
        "sources": f"- {source}\n",
        "sellers": "- {id: alibaba, name: A, country: CN}\n",
        "list_prices": f"- {price}\n",
        "catalog/v": f"{{id: v, name: V, country: CN, families: [{{id: f, name: F}}], models: [{model}]}}\n",
    }
    for name, text in texts.items():
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    write_snapshot(place / "snapshot.json", place)
    return place


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with a newer release of litellm that has another price."""
    rows = {"dashscope/q": {"input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6}}
    place = tmp_path / "wheels"
    place.mkdir()
    with zipfile.ZipFile(place / "litellm-2.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("litellm/model_prices_and_context_window_backup.json", json.dumps(rows))
    return place


def test_a_check_that_fails_exits_3(run: Run, tiny_knowledge: Path) -> None:
    assert run("knowledge", "check", "--folder", str(tiny_knowledge)).exit_code == 0
    (tiny_knowledge / "fx.yaml").write_text("- {currency: XXX}\n", encoding="utf-8")
    done = run("knowledge", "check", "--folder", str(tiny_knowledge), "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["problems"]


def test_refresh_shows_first_and_writes_only_when_told(run: Run, tiny_knowledge: Path, wheels: Path) -> None:
    words = ("knowledge", "refresh", "--from", str(wheels), "--folder", str(tiny_knowledge), *DAY)
    before = (tiny_knowledge / "snapshot.json").read_bytes()
    shown = run(*words)
    assert shown.exit_code == 0
    assert "1.0 (litellm-1.0.0, 2026-11-04) → 2.0 (litellm-2.0.0)" in _lines(shown.stdout)
    assert "1 differences, 1 of them conflicts" in _lines(shown.stdout)
    assert (tiny_knowledge / "snapshot.json").read_bytes() == before
    assert "1 values written" in run(*words, "--write").stdout
    after = (tiny_knowledge / "snapshot.json").read_bytes()
    assert after != before
    again = run(*words, "--write", "--json")
    assert json.loads(again.stdout) == {"written": 0, "differences": []}
    assert (tiny_knowledge / "snapshot.json").read_bytes() == after


def test_refresh_names_a_folder_without_wheels_and_yaml_that_does_not_compile(
    run: Run, tiny_knowledge: Path, wheels: Path
) -> None:
    empty = run("knowledge", "refresh", "--from", str(tiny_knowledge))
    assert (empty.exit_code, "holds no wheel" in empty.stderr) == (2, True)
    (tiny_knowledge / "fx.yaml").write_text("- [\n", encoding="utf-8")
    broken = run("knowledge", "refresh", "--from", str(wheels), "--folder", str(tiny_knowledge))
    assert (broken.exit_code, "does not compile" in broken.stderr) == (2, True)


def test_a_folder_that_holds_no_knowledge_is_named(run: Run, wheels: Path) -> None:
    done = run("knowledge", "stats", "--folder", str(wheels))
    assert (done.exit_code, "no snapshot.json" in done.stderr) == (2, True)


def test_an_unforeseen_error_gives_an_id_and_no_word_of_itself(
    run: Run, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("hush")

    monkeypatch.setattr("modelwise.agent.advisor.advise", broken)
    done = run("advise", "chat", *DAY)
    assert done.exit_code == 4
    assert "hush" not in done.output
    found = re.search(r"error ([0-9a-f]{8})", done.stderr)
    assert found
    log = (data_dir / "errors.log").read_text(encoding="utf-8")
    assert found[1] in log
    assert "RuntimeError: hush" in log


@pytest.mark.parametrize(
    "words",
    [(), ("advise",), ("ask",), ("models",), ("conflicts",), ("doctor",), ("knowledge",), ("knowledge", "refresh")],
)
def test_help_states_the_exit_codes(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words, "--help")
    assert done.exit_code == 0
    assert _lines(EXIT_CODES) in _lines(done.stdout)


def test_the_version(run: Run) -> None:
    import modelwise

    assert run("--version").stdout == f"modelwise {modelwise.__version__}\n"


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, modelwise.ui.cli; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"chromadb", "langgraph", "numpy", "pydantic", "rich", "yaml"}


def test_a_pipe_gets_plain_lines_of_eighty_columns() -> None:
    done = _child("advise", HOSPITAL, *DAY, env={"COLUMNS": "20"})
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert not ANSI.search(text)
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "╭─ 首选" in text


@pytest.mark.parametrize(("words", "code"), [(("advise", '{"x": 1}'), 2), (("nope",), 2), (("--help",), 0)])
def test_a_process_exits_with_the_code(words: tuple[str, ...], code: int) -> None:
    assert _child(*words).returncode == code


def test_an_output_without_unicode_gets_question_marks() -> None:
    done = _child("advise", CHAT, *DAY, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_megabyte_on_standard_input_is_refused_by_a_question() -> None:
    done = _child("advise", "-", *DAY, given=b"\xe5\x8c\xbb" * 400_000)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
