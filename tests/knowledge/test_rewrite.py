import datetime as dt
from pathlib import Path

import pytest

from modelwise.knowledge.rewrite import Edit, NoSuchPlace, add_source, flow, rewrite
from modelwise.knowledge.schema import Source

CATALOG = "# 头\nid: v\nmodels:\n  - {id: a, window: {total: [1, s]}}  # 尾\n  - id: b\n    window: {total: [2, s]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "v.yaml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "list_prices.yaml").write_text("- {id: p/a, x: 1}\n- {id: p/b, x: 2}\n", encoding="utf-8")
    return tmp_path


def test_only_the_value_changes(folder: Path) -> None:
    edits = [
        Edit("catalog", ("b", "window", "total"), {"value": 3, "source": "t"}),
        Edit("catalog", ("a", "window", "total"), {"value": 4, "source": "t"}),
        Edit("list_prices", ("p/b",), {"id": "p/b", "x": 5}),
    ]
    rewrite(folder, edits)
    expected = CATALOG.replace("[1, s]", "{value: 4, source: t}").replace("[2, s]", "{value: 3, source: t}")
    assert (folder / "catalog" / "v.yaml").read_text(encoding="utf-8") == expected
    assert (folder / "list_prices.yaml").read_text(encoding="utf-8") == "- {id: p/a, x: 1}\n- {id: p/b, x: 5}\n"


@pytest.mark.parametrize("at", [("z",), ("a", "offers"), ("a", "window", "total", 7), ("a", "window", "total", 0, "x")])
def test_a_path_that_leads_nowhere_changes_no_file(folder: Path, at: tuple[str | int, ...]) -> None:
    good = Edit("catalog", ("a", "window", "total"), {"value": 4})
    with pytest.raises(NoSuchPlace):
        rewrite(folder, [good, Edit("catalog", at, {"value": 1})])
    assert (folder / "catalog" / "v.yaml").read_text(encoding="utf-8") == CATALOG


def test_the_same_edit_twice_is_one(folder: Path) -> None:
    edit = Edit("list_prices", ("p/a",), {"id": "p/a", "x": 9})
    rewrite(folder, [edit, edit])
    assert (folder / "list_prices.yaml").read_text(encoding="utf-8").startswith("- {id: p/a, x: 9}\n")


def test_a_source_is_added_once(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("# head\n- {id: a}\n", encoding="utf-8")
    source = Source(id="b", title="乙: b", date=dt.date(2026, 11, 21), kind="catalog", read="copy")
    for _ in range(2):
        add_source(path, source)
    assert path.read_text(encoding="utf-8") == (
        "# head\n- {id: a}\n- {id: b, title: '乙: b', date: 2026-11-21, kind: catalog, read: copy}\n"
    )


def test_a_value_stays_on_one_line() -> None:
    assert "\n" not in flow({"note": "word " * 500, "also": [{"value": 1}] * 50})
