"""Every independent case holds, the sets are as large as they claim, and their arithmetic is what stands beside it."""

import ast
import json
import operator
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from modelwise.evals import cases
from modelwise.evals.__main__ import main
from modelwise.evals.report import read_result, read_yaml
from modelwise.knowledge.facts import load_facts

SIZES = {"licenses": 100, "costs": 60, "contexts": 40, "memory": 40}
_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_yaml(f"cases/{name}.yaml")
    return found


@pytest.mark.parametrize("name", SIZES)
def test_every_case_holds(name: str) -> None:
    assert [outcome for outcome in cases.judge_set(name) if not outcome.holds] == []


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_there_are_as_many_cases_as_claimed_each_with_an_id(name: str, size: int) -> None:
    ids = [case["id"] for case in read(name)]
    assert len(ids) == len(set(ids)) == size


def test_four_in_five_published_speeds_lie_inside_their_band() -> None:
    judged = cases.judge_set("decode")
    assert cases.count("decode", judged).enough
    assert all(case["source"] and case["date"] for case in read("decode"))


def test_memory_is_held_against_twenty_models_with_a_source_each() -> None:
    published = [case for case in read("memory") if case["do"] == "published"]
    assert len({case["model"] for case in published}) >= 20
    assert all(case["source"] for case in published)


def worked_out(text: str) -> Fraction:
    """The value of a sum of numbers, products and brackets, without rounding."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        assert isinstance(node, ast.Constant)
        return Fraction(str(node.value))

    return value(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize("case", [c for c in read("costs") if "usd" in c], ids=lambda case: case["id"])
def test_the_arithmetic_beside_a_cost_gives_its_figure(case: dict[str, Any]) -> None:
    month, _, saved = case["sum"].partition("; saves ")
    assert worked_out(month) == Fraction(case["usd"])
    assert not saved or worked_out(saved) == Fraction(case["saves"])


def test_licence_cases_name_clauses_that_exist() -> None:
    known = {clause.id for licence in load_facts().licences.values() for clause in licence.clauses}
    named = {case["clause"] for case in read("licenses") if "clause" in case}
    assert {clause for clause in named if not clause.startswith("*")} <= known


def test_the_committed_result_is_of_these_cases() -> None:
    sets = read_result("cases")["sets"]
    assert {name: sets[name]["cases"] for name in SIZES} == SIZES
    assert all(found["hold"] >= found["asked"] * found["cases"] for found in sets.values())
    assert sets[cases.ALL_SPEEDS]["cases"] == 111


def test_the_command_prints_a_table_and_keeps_the_count_of_all_speeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    speed = {"model": "m", "precision": "Q4", "hardware": "card", "bandwidth_gb_s": 100, "tokens_per_s": 5.0}
    rows = [speed | {"metric": "decode", "weights_read_per_token_gb": 10}, speed | {"metric": "saturated"}]
    listed = tmp_path / "speeds.json"
    listed.write_text(json.dumps(rows), encoding="utf-8")
    assert main(["cases", "--results", str(tmp_path), "--throughput", str(listed)]) == 0
    assert main(["cases", "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["licenses", "100", "100", "100%"]
    assert read_result("cases", tmp_path)["sets"][cases.ALL_SPEEDS]["cases"] == 1


def test_a_case_that_does_not_hold_says_what_was_expected() -> None:
    wrong = {"id": "x", "subject": "MIT", "use": {"commercial": True}, "expect": "forbidden"}
    outcome = cases.judge_licence(wrong)
    assert (outcome.holds, outcome.expected, outcome.got) == (False, "forbidden", "allowed")
    assert not cases.count("licenses", [outcome]).enough
