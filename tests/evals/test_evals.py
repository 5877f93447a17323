"""The measures of the whole: they run, they hide nothing, and what the READMEs print is what was measured."""

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from modelwise.agent import score
from modelwise.agent.requirements import Requirements
from modelwise.evals import bench, figures, languages, measures, priors, tokens
from modelwise.evals.__main__ import COMMANDS, main
from modelwise.evals.report import RESULTS, read_result, read_yaml, table
from modelwise.knowledge.facts import load_facts

RESULT_NAMES = ("bench", "languages", "priors", "tokens")


def figure(**changed: Any) -> dict[str, Any]:
    row = {"id": "help", "group": "help", "unit": "s", "target": 2}
    return bench._figure({**row, **changed}, measures.Spread(1.0, 2.5, 4.0, 3))


def result(*figures_of_it: dict[str, Any]) -> dict[str, Any]:
    machine = {"cores": 2, "python": "3.11.7", "platform": "Linux x86_64", "load_before": 0.1}
    return {"date": "2026-11-22", "machine": machine, "versions": {"modelwise": "0"}, "figures": list(figures_of_it)}


# --- the command line


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS)


def test_an_unknown_group_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "sped"]) == 2
    assert "'sped'" in (printed := capsys.readouterr().err)
    assert all(group in printed for group in bench.GROUPS)


# --- bench


def test_the_needs_are_six_in_three_scripts() -> None:
    assert len(bench.fields()) == 6
    assert all(Requirements.from_mapping(fields).said for fields in bench.fields())
    assert len(set(bench.texts())) == 18


@pytest.mark.slow
def test_bench_prints_and_writes_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "import", "advise_mapping", "snapshot", "--quick", "--out", str(tmp_path)]) == 0
    written = read_result("bench", tmp_path)
    assert [f["id"] for f in written["figures"]] == ["advise_mapping", "snapshot", "import"]
    assert all(f["min"] <= f["median"] <= f["max"] for f in written["figures"])
    assert bench.page(written) in capsys.readouterr().out


@pytest.mark.slow
def test_a_cold_advice_imports_neither_chromadb_nor_torch() -> None:
    seen = measures.cold(bench._ADVISE, bench.texts()[0])
    assert seen.heavy == ()
    assert seen.seconds > 0
    assert seen.peak_mb > 10


def test_a_probe_sees_what_was_imported() -> None:
    fake = "import sys\nsys.modules['torch'] = sys\n"
    assert measures.cold(fake, "").heavy == ("torch",)


@pytest.mark.parametrize(("target", "words"), [(2, "MISSED"), (2.5, "met"), (None, "no target")])
def test_a_missed_target_is_printed_as_missed(target: float | None, words: str) -> None:
    assert bench.page(result(figure(target=target))).endswith(words)


def test_calls_are_timed_in_turn_after_one_call_each() -> None:
    made: list[str] = []
    seen = measures.warm([lambda: made.append("a"), lambda: made.append("b")], 3)
    assert (made, seen.repeats) == (["a", "b", "a", "b", "a"], 3)


def test_a_larger_catalog_has_copies_that_are_nobodys_predecessors() -> None:
    small = load_facts()
    large = bench.enlarged(small, 3)
    assert len(large.models) == 3 * len(small.models)
    assert {m.predecessor for m in large.models.values() if m.id not in small.models} == {None}
    assert all(large.models[model_id] == model for model_id, model in small.models.items())


def test_the_committed_figures_are_all_there_with_their_targets() -> None:
    committed = {f["id"]: f for f in read_result("bench")["figures"]}
    listed = read_yaml("figures.yaml")
    assert list(committed) == [row["id"] for row in listed]
    assert {row["group"] for row in listed} == set(bench.GROUPS)
    for row in listed:
        seen = committed[row["id"]]
        assert seen["target"] == row["target"]
        assert seen["met"] == (None if row["target"] is None else seen["median"] <= row["target"])


@pytest.mark.parametrize("name", RESULT_NAMES)
def test_no_result_names_a_host_or_a_folder(name: str) -> None:
    text = (RESULTS / f"{name}.json").read_text("utf-8")
    assert json.loads(text)
    assert '"/' not in text
    assert f'"{platform.node()}"' not in text


# --- the READMEs


def test_the_readmes_print_what_was_measured() -> None:
    assert figures.stale(figures.ROOT) == {}


MARKED = "<!-- figures -->{}<!-- /figures -->"
BOTH = MARKED.format("") + "<!-- interview --><!-- /interview -->"


def test_a_table_between_the_markers_is_replaced_and_nothing_else() -> None:
    page = f"above\n{MARKED.format('old')}\nbelow \\1\n"
    table = figures.figures_table(result(figure()), "en")
    fresh = figures.with_block(page, "figures", table)
    assert fresh.startswith("above\n<!-- figures -->\n| What | Target |")
    assert fresh.endswith("<!-- /figures -->\nbelow \\1\n")
    assert "| `modelwise --help` | 2 s | 2.50 s | 1 – 4 s | **missed** |" in fresh
    assert figures.with_block(fresh, "figures", table) == fresh


def test_both_languages_print_the_same_numbers() -> None:
    english, chinese = (figures.figures_table(read_result("bench"), language) for language in ("en", "zh"))
    assert [row.split("|")[2:5] for row in english.splitlines()[2:-2]] == [
        row.split("|")[2:5] for row in chinese.splitlines()[2:-2]
    ]


@pytest.mark.parametrize("page", ["", "<!-- figures -->", MARKED * 2])
def test_a_page_without_the_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="once"):
        figures.with_block(page, "figures", "")


def test_check_writes_nothing_and_says_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in figures.READMES:
        (tmp_path / name).write_text(BOTH, encoding="utf-8")
    there = ["figures", "--root", str(tmp_path)]
    assert main([*there, "--check"]) == 1
    assert capsys.readouterr().err.count("out of date") == len(figures.READMES)
    assert (tmp_path / "README.md").read_text("utf-8") == BOTH
    assert main(there) == 0
    assert main([*there, "--check"]) == 0


def test_the_interview_s_figures_are_those_of_its_result() -> None:
    found = read_result("interview")
    english, chinese = (figures.interview_table(found, language) for language in ("en", "zh"))
    assert f"| {found['by value']['questions_median']:g} |" in english
    assert english.count("|") == chinese.count("|")


# --- tokens


def test_every_measured_ratio_lies_in_its_band(capsys: pytest.CaptureFixture[str]) -> None:
    assert tokens.outside() == []
    assert main(["tokens"]) == 0
    assert capsys.readouterr().out.count("inside") == 4


@pytest.mark.parametrize("unit", tokens.UNITS)
@pytest.mark.parametrize("chinese", [True, False])
def test_a_bands_middle_is_the_reference_tokenizers_mean(unit: Any, chinese: bool) -> None:
    middle = tokens.assumed(unit, chinese=chinese).middle
    assert middle == pytest.approx(tokens.reference_mean(unit, chinese=chinese), rel=0.05)


def test_the_counts_are_of_the_samples_as_they_stand() -> None:
    measured = {s["id"]: s for s in read_result("tokens")["samples"]}
    samples = {s["id"]: s for s in read_yaml("samples.yaml")}
    assert measured.keys() == samples.keys()
    for name, sample in samples.items():
        text = sample["text"].rstrip("\n")
        assert (measured[name]["script"], measured[name]["characters"]) == (sample["script"], len(text))
        assert sample["script"] != "en" or measured[name]["words"] == len(text.split())


# --- priors and languages


def test_the_committed_calibration_is_of_the_priors_in_use() -> None:
    stored = read_result("priors")
    assert stored["constants"] == priors.constants()
    assert stored["open_fit"]["slope"] == pytest.approx(score.OPEN_SLOPE, abs=0.05)
    assert priors.page(stored)


def test_a_calibration_can_be_made_of_todays_facts() -> None:
    made = priors.calibrate(load_facts())
    assert {group["kind"] for group in made["groups"]} == {"open", "closed"}
    assert all(0 <= group["measured"] <= 1 and group["models"] >= priors.FEWEST for group in made["groups"])
    assert sum(row["points"] for row in made["open_fit"]["bins"]) <= made["open_fit"]["points"]


def test_language_places_are_grouped_by_maker_and_list() -> None:
    made = languages.summary(load_facts())
    assert made["constants"] == read_result("languages")["constants"]
    assert {row["language"] for row in made["pooled"]} == set(languages.LANGUAGES)
    assert sum(row["models"] for row in made["pooled"]) <= sum(row["models"] for row in made["groups"])
    assert languages.page(made)


def test_a_table_is_as_wide_as_its_cells() -> None:
    assert table(("a", "b"), [("long", 1), ("x", 22)]) == "a      b\nlong   1\nx     22"
