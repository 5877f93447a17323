"""How hearing is judged, on tiny examples: what counts as a hit, and what stays unseen."""

from pathlib import Path
from typing import Any

import pytest

from modelwise.agent.requirements import FIELDS, Requirements
from modelwise.evals import understanding
from modelwise.evals.__main__ import main
from modelwise.evals.report import read_result, read_yaml
from modelwise.evals.understanding import agrees, judge_utterance, measure_fresh, measure_understanding, scores


def verdicts(expect: dict[str, Any], heard: dict[str, Any], **more: Any) -> dict[str, str]:
    item = {"id": "x", "script": "en", "text": "", "expect": expect, **more}
    return {s.field: s.verdict for s in judge_utterance(item, Requirements.from_mapping(heard))}


# --- values


@pytest.mark.parametrize(
    ("field", "expected", "heard", "same"),
    [
        ("monthly_requests", 1000, 1005, True),
        ("monthly_requests", 1000, 30000, False),
        ("context_tokens", {"between": [90, 120]}, 100, True),
        ("context_tokens", {"between": [90, 120]}, 130, False),
        ("context_tokens", {"between": [90, 120]}, None, False),
        ("on_prem", True, 1, True),
        ("on_prem", False, True, False),
        ("task", {"any": ["chat", "rag"]}, "rag", True),
        ("gpu", "4090", "rtx 4090", True),
        ("gpu", "a100", "h100", False),
        ("current_model", "gpt-4o mini", "GPT-4o-mini", True),
        ("languages", ["zh", "en"], frozenset({"en", "zh"}), True),
        ("languages", ["zh"], frozenset({"zh", "en"}), False),
        ("languages", {"any": [["zh"], ["zh-Hant"]]}, frozenset({"zh-Hant"}), True),
        ("data_sensitivity", [], frozenset(), True),
        ("models_only", ["gpt-5", "gemini"], frozenset({"gemini", "gpt 5"}), True),
        ("models_only", ["gpt-5"], frozenset({"gemini", "gpt-5"}), False),
    ],
)
def test_values_are_compared_as_annotated(field: str, expected: Any, heard: Any, same: bool) -> None:
    assert agrees(field, expected, heard) is same


# --- utterances


def test_each_slot_gets_its_verdict() -> None:
    got = verdicts({"task": "chat", "mau": 10, "on_prem": True}, {"task": "rag", "mau": 10, "realtime": True})
    assert got == {"task": "wrong", "mau": "hit", "on_prem": "missing", "realtime": "extra"}


def test_optional_and_idle_values_count_neither_way() -> None:
    assert verdicts({"mau": 10}, {"mau": 10, "prefer": "api", "sector": "other"}, optional=["prefer"]) == {"mau": "hit"}
    assert verdicts({"mau": 10}, {"mau": 10, "sector": "bank"})["sector"] == "extra"
    assert verdicts({"device": "server"}, {"task": "chat"}, optional=["task"]) == {"device": "missing"}


def test_several_tasks_are_one_set_unless_their_order_was_said() -> None:
    expect = {"task": "asr", "secondary_tasks": ["summarization"]}
    swapped = {"task": "summarization", "secondary_tasks": ["asr"]}
    assert set(verdicts(expect, swapped).values()) == {"hit"}
    assert set(verdicts(expect, swapped, order="said").values()) == {"wrong"}
    assert verdicts(expect, {"task": "asr"}) == {"task": "hit", "secondary_tasks": "missing"}


def test_a_wrong_value_costs_precision_and_recall() -> None:
    item = {"id": "x", "script": "en", "text": "", "expect": {"task": "chat", "mau": 10}}
    slots = judge_utterance(item, Requirements.from_mapping({"task": "rag", "mau": 10}))
    assert scores(slots) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert scores([]) == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_the_summary_counts_utterances_without_an_unsaid_field() -> None:
    items = [{"id": str(n), "script": "en", "text": t, "expect": {}} for n, t in enumerate(("said", "not said"))]
    heard = {"said": Requirements(), "not said": Requirements.from_mapping({"task": "chat"})}
    result = measure_understanding(items, heard.__getitem__)
    assert result["by_script"]["en"]["no_unsaid"] == 0.5
    assert result["by_script"]["zh-Hans"]["utterances"] == 0
    assert [m["field"] for m in result["misses"]] == ["task"]


# --- utterances that nobody has seen


FRESH_ITEM = "- {id: fe02, script: en, text: hello, expect: {task: rag}}\n"


def test_fresh_utterances_are_counted_and_their_misses_kept_back(tmp_path: Path) -> None:
    path = tmp_path / understanding.FRESH
    assert measure_fresh(path, lambda _: Requirements()) == {}
    path.write_text(FRESH_ITEM, encoding="utf-8")
    result = measure_fresh(path, lambda _: Requirements())["fresh"]
    assert list(result) == ["by_script"]
    assert result["by_script"]["en"] == {
        "utterances": 1, "slots": 1, "precision": 1.0, "recall": 0.0, "f1": 0.0, "no_unsaid": 1.0
    }  # fmt: skip


def test_fresh_utterances_have_a_table_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    figures = understanding.measure_understanding([], lambda _: Requirements())
    understanding._print({**figures, "fresh": {"by_script": figures["by_script"]}}, shown=True)
    heads = [line for line in capsys.readouterr().out.splitlines() if "utterances" in line]
    assert [head.split()[0] for head in heads] == ["script", "fresh"]


# --- the command and the file


def test_the_command_writes_a_run_over_all_and_hides_what_is_held_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["understanding", "--half", "held-out", "--results", str(tmp_path)]) == 0
    assert "expected" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert main(["understanding", "--results", str(tmp_path)]) == 0
    assert read_result("understanding", tmp_path)["by_script"]["all"]["utterances"] == 300


def test_every_expectation_names_fields_that_there_are() -> None:
    items = read_yaml("understanding.yaml")
    for item in items:
        parts = [set(item["expect"]), set(item.get("optional", ())), set(item.get("unset", ()))]
        assert set().union(*parts) <= set(FIELDS), item["id"]
        assert sum(map(len, parts)) == len(set().union(*parts)), f"{item['id']}: a field stands twice"
    assert len({item["id"] for item in items}) == len(items) == 300
    assert {s: sum(i["script"] == s for i in items) for s in understanding.SCRIPTS} == dict.fromkeys(
        understanding.SCRIPTS, 100
    )
