import datetime as dt
from pathlib import Path
from types import ModuleType
from typing import Any

from modelwise.knowledge.facts import Facts, load_facts
from modelwise.knowledge.stats import Coverage, ages, claims_by_kind, coverage, measured_models


def _source(name: str, kind: str, date: str) -> dict[str, str]:
    return {"id": name, "title": name, "date": date, "kind": kind, "read": "full"}


def _article(number: str) -> dict[str, Any]:
    return {
        "id": number,
        "file": f"{number}.txt",
        "sha256": "0",
        "title": number,
        "date": None,
        "dated_by": "2026-11-11",
        "language": "zh-Hans",
    }


def _claim(name: str, lines: list[list[int]], kind: str = "fact") -> dict[str, Any]:
    return {
        "id": name,
        "lines": lines,
        "section": "s",
        "kind": kind,
        "attribute": "general",
        "zh": "一句话在此",
        "en": "A sentence.",
    }


def _table(name: str, models: list[str], **tests: dict[str, Any]) -> dict[str, Any]:
    known = {"name": "t", "aspects": ["general"], "unit": "%", "better": "higher", "of": 9}
    rows = [{"model": m, "effort": "none", "printed": m, "scores": {test: [1.0, 1] for test in tests}} for m in models]
    benchmarks = {test: {**known, **fields} for test, fields in tests.items()}
    return {
        "id": name,
        "title": name,
        "source": "s",
        "date": "2026-01-01",
        "by": "vendor",
        "harness": "h",
        "benchmarks": benchmarks,
        "rows": rows,
    }


def _facts(tiny: ModuleType, **parts: Any) -> Facts:
    return Facts(tiny.snapshot(**parts))


def test_age_has_its_median_and_its_oldest_by_kind(tiny: ModuleType, today: dt.date) -> None:
    sources = [
        _source("a", "price", "2026-11-20"),
        _source("b", "price", "2026-11-01"),
        _source("c", "price", "2026-11-18"),
    ]
    facts = _facts(tiny, sources=[*sources, _source("d", "licence", "2025-11-21")], articles=[_article("000")])
    found = {age.kind: age for age in ages(facts, today)}
    assert (found["price"].sources, found["price"].median_days, found["price"].oldest_days, found["price"].oldest) == (
        3,
        3,
        20,
        "b",
    )
    assert (found["licence"].oldest_days, found["article"].oldest_days) == (365, 10)


def test_age_of_nothing_is_nothing(tiny: ModuleType, today: dt.date) -> None:
    assert ages(_facts(tiny), today) == ()


def test_claims_are_counted_by_article_and_kind(tiny: ModuleType) -> None:
    claims = [
        _claim("000/a", [[1, 1]]),
        _claim("000/b", [[1, 1]], "rule"),
        _claim("000/c", [[1, 1]]),
        _claim("001/a", [[1, 1]]),
    ]
    facts = _facts(tiny, claims=claims, articles=[_article("000"), _article("001"), _article("002")])
    assert claims_by_kind(facts) == {"000": {"fact": 2, "rule": 1}, "001": {"fact": 1}, "002": {}}


def test_a_line_counts_once_and_a_cited_one_is_not_skipped(tiny: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "000.txt").write_text("one\ntwo\n\nfour\nfive", encoding="utf-8")
    facts = _facts(
        tiny, articles=[_article("000")], claims=[_claim("000/a", [[1, 2]]), _claim("000/b", [[2, 2]])],
        skipped=[{"article": "000", "lines": [[2, 2], [4, 4]], "reason": "heading"}],
    )  # fmt: skip
    assert coverage(facts) == (Coverage("000", 2, 1, None),)
    assert coverage(facts, tmp_path) == (Coverage("000", 2, 1, (5,)),)


def test_a_model_is_measured_by_a_row_of_its_own(tiny: ModuleType) -> None:
    tables = [
        _table("en", ["a", "b"], x={}),
        _table("spoken", ["b"], x={"languages": ["zh"]}),
        _table("hant", ["c"], x={"languages": ["zh-Hant"]}),
        _table("aspect", ["d"], x={"aspects": ["lang:zh"]}),
        _table("zulu", ["e"], x={"languages": ["zu"]}),
    ]
    facts = _facts(tiny, tables=tables)
    assert measured_models(facts) == {"a", "b", "c", "d", "e"}
    assert measured_models(facts, chinese=True) == {"b", "c", "d"}


def test_only_the_scored_tests_of_a_row_count(tiny: ModuleType) -> None:
    table = _table("mixed", ["a"], x={}, y={"languages": ["zh"]})
    table["rows"][0]["scores"].pop("y")
    assert measured_models(_facts(tiny, tables=[table]), chinese=True) == frozenset()


def test_the_shipped_knowledge_covers_what_it_promises(today: dt.date) -> None:
    facts = load_facts()
    assert len(measured_models(facts)) >= 50
    assert len(measured_models(facts, chinese=True)) >= 25
    assert {age.kind for age in ages(facts, today)} == {"article", "benchmark", "catalog", "licence", "price"}
