"""Refresh against packages made here; nothing is fetched."""

import datetime as dt
import json
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from modelwise.knowledge.build import write_snapshot
from modelwise.knowledge.facts import Facts, read_facts
from modelwise.knowledge.packages import RefreshFailed, download, read_packages
from modelwise.knowledge.refresh import Difference, apply, compare

PRICE = "dashscope/qwen-test"
EMPTY = ("articles", "attributes", "licences", "devices", "fx", "conflicts", "claims/skipped")
YAML = {
    "sources": """\
# Every source once.
- {id: litellm-1.0.0, title: litellm 1.0.0, date: 2026-11-04, kind: catalog, read: copy}
- {id: bydtech-retire-0.1.0, title: bydtech 0.1.0, date: 2026-10-16, kind: catalog, read: copy}
- {id: a-page, title: A page, date: 2026-10-01, kind: catalog, read: excerpt}
""",
    "sellers": """\
- {id: alibaba, name: Alibaba, country: CN}
- {id: openai, name: OpenAI, country: US}
""",
    "list_prices": """\
# List prices that the package lacks.
- {id: dashscope/qwen-test, input_usd_per_m: 1.0, output_usd_per_m: 4.0, source: litellm-1.0.0, as_of: 2026-11-04,
   note: lowest tier}
- {id: dashscope/qwen-page, input_usd_per_m: 1.0, output_usd_per_m: 4.0, source: a-page, as_of: 2026-10-01}
""",
    "catalog/vendor": """\
# 注释：一家厂商，注释要留着。
id: vendor
name: Vendor
country: CN
families: [{id: f, name: F}]
models:
  - id: qwen-test  # a comment with 中文
    name: Qwen Test
    family: f
    kind: llm
    tier: large
    window:
      total: [100000, litellm-1.0.0]
      max_output: {value: 8000, source: litellm-1.0.0, note: as printed, also: [{value: 4000, source: a-page}]}
    offers:
      - {seller: alibaba, price_id: dashscope/qwen-test, listed: [2026-11-04, litellm-1.0.0]}
      - {seller: alibaba, price_id: dashscope/qwen-page, listed: [2026-11-04, litellm-1.0.0],
         window: {total: [9, a-page]}}
  - id: gpt-test
    name: GPT Test
    family: f
    kind: llm
    tier: large
    offers:
      - {seller: openai, price_id: openai/gpt-4o, listed: [2026-11-04, litellm-1.0.0],
         retires: [2027-01-14, bydtech-retire-0.1.0]}
      - {seller: openai, price_id: openai/gpt-4.1, listed: [2026-11-04, litellm-1.0.0], retires: [2027-05-01, a-page]}
""",
}
SAME = {
    "max_input_tokens": 100000,
    "max_output_tokens": 8000,
    "input_cost_per_token": 1e-6,
    "output_cost_per_token": 4e-6,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small knowledge folder with its snapshot."""
    place = tmp_path / "knowledge"
    for name in ("catalog", "claims", "benchmarks"):
        (place / name).mkdir(parents=True)
    for name in EMPTY:
        (place / f"{name}.yaml").write_text("[]\n", encoding="utf-8")
    for name, text in YAML.items():
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    write_snapshot(place / "snapshot.json", place)
    return place


@pytest.fixture
def wheels(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder that holds a release of litellm and, where rows are given, one of the retirement tables."""

    def make(rows: Mapping[str, Any], retired: list[dict[str, str]] | None = None, version: str = "2.0.0") -> Path:
        place = tmp_path / "wheels"
        place.mkdir(exist_ok=True)
        _wheel(
            place / f"litellm-{version}-py3-none-any.whl", "litellm/model_prices_and_context_window_backup.json", rows
        )
        if retired is not None:
            data = {"updated": "2026-11-15", "models": retired}
            _wheel(place / "bydtech_model_retire-0.2.0-py3-none-any.whl", "model_retire/models.json", data)
        return place

    return make


def _wheel(path: Path, member: str, data: object) -> None:
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(member, json.dumps(data))


def _compared(folder: Path, packages: Path, today: dt.date) -> tuple[Facts, tuple[Any, ...], tuple[Difference, ...]]:
    facts = read_facts(folder / "snapshot.json")
    readings = read_packages(packages, facts, today)
    return facts, readings, compare(facts, readings, today)


def _row(**changed: Any) -> dict[str, Any]:
    return {PRICE: {**SAME, **changed}}


def test_nothing_differs_where_the_packages_say_the_same(folder: Path, wheels: Any, today: dt.date) -> None:
    _, readings, differences = _compared(folder, wheels(_row()), today)
    assert differences == ()
    before = (folder / "snapshot.json").read_bytes()
    assert apply(differences, readings, folder) == 0
    assert (folder / "snapshot.json").read_bytes() == before


def test_a_changed_price_is_shown_and_flagged(folder: Path, wheels: Any, today: dt.date) -> None:
    _, _, (one,) = _compared(folder, wheels(_row(input_cost_per_token=1.5e-6)), today)
    assert (one.kind, one.old, one.new, one.written, one.conflict) == ("list price", 1.0, 1.5, True, True)
    assert (one.old_source, one.old_as_of) == ("litellm-1.0.0", dt.date(2026, 11, 4))


@pytest.mark.parametrize(
    ("price", "conflict"), [(1.01e-6, False), (1.0101e-6, True), (0.99e-6, False), (0.989e-6, True)]
)
def test_a_conflict_begins_above_one_per_cent(
    folder: Path, wheels: Any, today: dt.date, price: float, conflict: bool
) -> None:
    _, _, (one,) = _compared(folder, wheels(_row(input_cost_per_token=price)), today)
    assert one.conflict is conflict


def test_a_written_price_keeps_the_old_one_with_its_date(folder: Path, wheels: Any, today: dt.date) -> None:
    _, readings, differences = _compared(folder, wheels(_row(input_cost_per_token=1.5e-6)), today)
    assert apply(differences, readings, folder) == 1
    facts = read_facts(folder / "snapshot.json")
    price = next(row for row in facts.snapshot.list_prices if row.id == PRICE)
    assert (price.input_usd_per_m, price.output_usd_per_m, price.source, price.as_of) == (
        1.5,
        4.0,
        "litellm-2.0.0",
        today,
    )
    assert price.note == "lowest tier; until 2026-11-04: 1 in, 4 out (litellm-1.0.0)"
    assert facts.sources["litellm-2.0.0"].date == today


def test_a_second_run_changes_nothing(folder: Path, wheels: Any, today: dt.date) -> None:
    packages = wheels(_row(input_cost_per_token=1.5e-6, output_cost_per_token=5e-6, max_output_tokens=16000))
    _, readings, differences = _compared(folder, packages, today)
    apply(differences, readings, folder)
    once = {path: path.read_bytes() for path in folder.rglob("*.*")}
    _, readings, again = _compared(folder, packages, today)
    assert again == ()
    assert apply(again, readings, folder) == 0
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == once


def test_a_changed_window_keeps_history_and_comments(folder: Path, wheels: Any, today: dt.date) -> None:
    _, readings, differences = _compared(folder, wheels(_row(max_output_tokens=16000)), today)
    assert [(d.kind, d.old, d.new) for d in differences] == [("window", 8000, 16000)]
    apply(differences, readings, folder)
    facts = read_facts(folder / "snapshot.json")
    window = facts.models["qwen-test"].window
    assert window is not None
    assert window.max_output is not None
    assert (window.total.value, window.max_output.value, window.max_output.source) == (100000, 16000, "litellm-2.0.0")
    assert [(o.value, o.source, o.note) for o in window.max_output.also] == [
        (8000, "litellm-1.0.0", "as printed"),
        (4000, "a-page", None),
    ]
    assert str(facts.sources["litellm-1.0.0"].date) == "2026-11-04"
    text = (folder / "catalog" / "vendor.yaml").read_text(encoding="utf-8")
    assert "# 注释：一家厂商，注释要留着。" in text
    assert "- id: qwen-test  # a comment with 中文" in text


def test_a_moved_retirement_is_written_a_foreign_or_new_one_only_shown(
    folder: Path, wheels: Any, today: dt.date
) -> None:
    retired = [
        {"provider": "openai", "id": "gpt-4o-2024-11-20", "retires_on": "2027-03-01"},
        {"provider": "openai", "id": "gpt-4o-2024-05-13", "retires_on": "2026-06-01"},
        {"provider": "openai", "id": "gpt-4.1", "retires_on": "2027-06-01"},
    ]
    packages = wheels({PRICE: {**SAME, "deprecation_date": "2027-09-09"}}, retired)
    _, readings, differences = _compared(folder, packages, today)
    assert [(d.about, str(d.new), d.written, d.conflict) for d in differences] == [
        ("qwen-test at alibaba: retires", "2027-09-09", False, True),
        ("gpt-test at openai: retires", "2027-03-01", True, True),
        ("gpt-test at openai: retires", "2027-06-01", False, True),
    ]
    apply(differences, readings, folder)
    offers = read_facts(folder / "snapshot.json").models["gpt-test"].offers
    ends = [offer.retires for offer in offers]
    assert [end and (str(end.value), end.source) for end in ends] == [
        ("2027-03-01", "bydtech-retire-0.2.0"),
        ("2027-05-01", "a-page"),
    ]
    assert ends[0] is not None
    assert [str(other.value) for other in ends[0].also] == ["2027-01-14"]


def test_a_value_read_elsewhere_is_compared_and_left(folder: Path, wheels: Any, today: dt.date) -> None:
    _, readings, differences = _compared(
        folder, wheels({"dashscope/qwen-page": {**SAME, "input_cost_per_token": 2e-6}}), today
    )
    assert [(d.written, d.conflict, d.edit) for d in differences if d.kind == "list price"] == [(False, True, None)]
    assert apply(differences, readings, folder) == 0


def test_the_same_release_is_only_compared(folder: Path, wheels: Any, today: dt.date) -> None:
    _, readings, differences = _compared(folder, wheels(_row(input_cost_per_token=3e-6), version="1.0.0"), today)
    assert [d.written for d in differences] == [False]
    assert apply(differences, readings, folder) == 0


def test_a_price_of_the_price_package_is_only_compared(folder: Path, wheels: Any, today: dt.date) -> None:
    _, _, differences = _compared(
        folder, wheels({"gpt-4o": {"input_cost_per_token": 9e-6, "output_cost_per_token": 1e-5}}), today
    )
    assert [(d.kind, d.new, d.written, d.conflict) for d in differences] == [("price", 9.0, False, True)]


def test_the_lowest_tier_counts(folder: Path, wheels: Any, today: dt.date) -> None:
    tiers = [
        {"input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6},
        {"input_cost_per_token": 9e-6, "output_cost_per_token": 9e-6},
    ]
    row = {"max_input_tokens": 100000, "max_output_tokens": 8000, "tiered_pricing": tiers}
    assert _compared(folder, wheels({PRICE: row}), today)[2] == ()


def test_the_newest_wheel_is_read(folder: Path, wheels: Any, today: dt.date) -> None:
    wheels(_row(input_cost_per_token=7e-6), version="1.9.0")
    packages = wheels(_row(), version="1.10.0")
    _, (reading,), differences = _compared(folder, packages, today)
    assert (reading.source.id, differences) == ("litellm-1.10.0", ())


def test_an_older_release_is_refused(folder: Path, wheels: Any, today: dt.date) -> None:
    with pytest.raises(RefreshFailed, match=r"litellm-0\.9\.0.* older"):
        _compared(folder, wheels(_row(), version="0.9.0"), today)


def test_a_folder_without_our_wheels_is_named(folder: Path, tmp_path: Path, today: dt.date) -> None:
    with pytest.raises(RefreshFailed, match="holds no wheel of litellm or bydtech-model-retire"):
        _compared(folder, tmp_path, today)


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_a_broken_wheel_is_named(folder: Path, tmp_path: Path, today: dt.date, content: bytes) -> None:
    (tmp_path / "litellm-2.0.0-py3-none-any.whl").write_bytes(content)
    with pytest.raises(RefreshFailed, match=r"litellm-2\.0\.0.* cannot be read"):
        _compared(folder, tmp_path, today)


def test_a_wheel_of_another_shape_is_named(folder: Path, tmp_path: Path, today: dt.date) -> None:
    _wheel(tmp_path / "bydtech_model_retire-0.2.0-py3-none-any.whl", "model_retire/models.json", {"rows": []})
    with pytest.raises(RefreshFailed, match="cannot be read"):
        _compared(folder, tmp_path, today)


def test_pip_fetches_the_wheels_alone(tmp_path: Path) -> None:
    ran: list[list[str]] = []
    assert download(tmp_path / "cache", run=lambda command, **_: ran.append(command)) == tmp_path / "cache"
    assert ran[0][1:7] == ["-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    assert ran[0][-2:] == ["litellm", "bydtech-model-retire"]


def test_a_failed_download_says_what_pip_said_and_the_way_out(tmp_path: Path) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="WARNING: x\nERROR: no network\n")

    with pytest.raises(RefreshFailed, match=r"ERROR: no network; .*--from FOLDER"):
        download(tmp_path, run=fail)


def test_a_slow_download_is_given_up(tmp_path: Path) -> None:
    def hang(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    with pytest.raises(RefreshFailed, match="--from FOLDER"):
        download(tmp_path, run=hang)
