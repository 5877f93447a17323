from pathlib import Path
from types import ModuleType

import pytest

from modelwise.knowledge.audit import audit, texts_folder
from modelwise.knowledge.build import write_snapshot
from modelwise.knowledge.facts import Facts, read_facts

ARTICLE = "- {id: '000', file: a.txt, sha256: x, title: T, date: null, dated_by: 2025-10-15, language: zh-Hans}\n"
CLAIM = """\
- {id: 000/a, lines: [[1, 1]], section: s, kind: fact, about: {m: Emm}, attribute: general,
   zh: 窗口有一百二十八个, en: It has %s.}
"""
CATALOG = """\
id: v
name: V
country: US
families: [{id: f, name: F}]
models: [{id: m, name: M 7, family: f, kind: llm, tier: large}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "knowledge"
    for name in ("catalog", "claims", "benchmarks"):
        (place / name).mkdir(parents=True)
    for name in ("sources", "licences", "sellers", "devices", "fx", "list_prices", "conflicts", "claims/skipped"):
        (place / f"{name}.yaml").write_text("[]\n", encoding="utf-8")
    (place / "attributes.yaml").write_text("- {id: general, kind: aspect, zh: 总体, en: general}\n", encoding="utf-8")
    (place / "articles.yaml").write_text(ARTICLE, encoding="utf-8")
    (place / "catalog" / "v.yaml").write_text(CATALOG, encoding="utf-8")
    (place / "claims" / "000.yaml").write_text(CLAIM % "128", encoding="utf-8")
    (tmp_path / "a.txt").write_text("Emm 有 128 个\n", encoding="utf-8")
    write_snapshot(place / "snapshot.json", place)
    return place


def _problems(folder: Path, **changed: str) -> tuple[str, ...]:
    for name, text in changed.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return audit(_facts(folder), folder.parent, folder).problems


def _facts(folder: Path) -> Facts:
    return read_facts(folder / "snapshot.json")


def test_sound_knowledge_passes(folder: Path) -> None:
    report = audit(_facts(folder), folder.parent, folder)
    assert report.passed
    assert (report.problems, report.skipped, report.claims, report.articles) == ((), (), 1, 1)


def test_without_the_articles_it_says_what_it_skipped(folder: Path) -> None:
    report = audit(_facts(folder), None, folder)
    assert report.passed
    assert len(report.skipped) == 1
    assert "MODELWISE_SOURCES" in report.skipped[0]


def test_a_number_that_the_lines_do_not_state(folder: Path) -> None:
    (folder / "claims" / "000.yaml").write_text(CLAIM % "M 7 and 999", encoding="utf-8")
    assert "000/a: numbers that its lines do not state: 999" in _problems(folder)


def test_a_word_that_the_lines_do_not_print(folder: Path) -> None:
    (folder / "claims" / "000.yaml").write_text((CLAIM % "128").replace("Emm", "Enn"), encoding="utf-8")
    assert "000/a: words that its lines do not print: Enn" in _problems(folder)


def test_a_line_that_nothing_covers(folder: Path) -> None:
    (folder.parent / "a.txt").write_text("Emm 有 128 个\n\nmore\n", encoding="utf-8")
    assert _problems(folder) == ("000: lines that no claim cites and no skip lists: 3",)


def test_a_line_after_the_last(folder: Path) -> None:
    (folder / "claims" / "000.yaml").write_text((CLAIM % "128").replace("[[1, 1]]", "[[1, 9]]"), encoding="utf-8")
    assert any("cites a line after the last" in problem for problem in _problems(folder))


def test_an_article_that_is_not_there(folder: Path) -> None:
    (folder.parent / "a.txt").unlink()
    assert [p for p in _problems(folder) if "a.txt is not in" in p]


def test_a_stale_snapshot(folder: Path) -> None:
    assert _problems(folder, fx="- {currency: CNY, per_usd: 7, source: s, as_of: 2026-11-01}\n", sources=(
        "- {id: s, title: S, date: 2026-11-01, kind: price, read: full}\n"
    )) == ("snapshot.json is not what the YAML compiles to; run `make snapshot`",)  # fmt: skip


@pytest.mark.parametrize(
    ("part", "text"), [("fx", "- {currency: XXX}\n"), ("fx", "- [\n"), ("sellers", "- {id: A B}\n")]
)
def test_yaml_that_is_no_record(folder: Path, part: str, text: str) -> None:
    assert _problems(folder, **{part: text})


def test_a_reference_that_points_nowhere(folder: Path) -> None:
    text = CATALOG.replace("family: f,", "family: g,")
    (folder / "catalog" / "v.yaml").write_text(text, encoding="utf-8")
    assert "m: unknown family 'g'" in _problems(folder)


def test_without_yaml_the_snapshot_alone_is_read(tiny: ModuleType, tmp_path: Path) -> None:
    dates = {"date": None, "dated_by": "2025-10-15"}
    article = {"id": "000", "file": "a.txt", "sha256": "0", "title": "T", "language": "zh-Hans", **dates}
    report = audit(Facts(tiny.snapshot(articles=[article])), None, tmp_path)
    assert report.problems == ("000: no claim and no skipped line",)
    assert len(report.skipped) == 2


def test_the_folder_of_texts_is_the_one_set_or_none(tmp_path: Path) -> None:
    assert texts_folder(tmp_path) == tmp_path
    assert texts_folder(tmp_path / "absent") is None
