"""What the knowledge consists of: how old its sources are, what its claims cover, which models have evidence."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .check import read_lines, uncovered
from .facts import Facts
from .schema import Article, Claim, LineRange, Skip, Table


@dataclass(frozen=True, slots=True)
class Age:
    """The age in days of one kind of source on a day."""

    kind: str
    sources: int
    median_days: float
    oldest_days: int
    oldest: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Lines of one article; `open` lists non-blank lines that nothing covers, None where the text is not at hand."""

    article: str
    cited: int
    skipped: int
    open: tuple[int, ...] | None


def ages(facts: Facts, day: dt.date) -> tuple[Age, ...]:
    """Age by kind of source; the articles are one kind, dated by what they say of themselves or name."""
    dated: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for kind, date, name in _dates(facts):
        dated[kind].append(((day - date).days, name))
    return tuple(
        Age(kind, len(rows), median(days for days, _ in rows), *max(rows)) for kind, rows in sorted(dated.items())
    )


def _dates(facts: Facts) -> Iterator[tuple[str, dt.date, str]]:
    yield from ((source.kind, source.date, source.id) for source in facts.sources.values())
    yield from (("article", article.dated_by, article.id) for article in facts.articles.values())


def claims_by_kind(facts: Facts) -> Mapping[str, Mapping[str, int]]:
    """Numbers of claims by article and kind."""
    counts: dict[str, Counter[str]] = {article: Counter() for article in facts.articles}
    for claim in facts.claims.values():
        counts.setdefault(article_of(claim), Counter())[claim.kind] += 1
    return counts


def article_of(claim: Claim) -> str:
    """Name the article that a claim was read in."""
    return claim.id.split("/", 1)[0]


def coverage(facts: Facts, texts: Path | None = None) -> tuple[Coverage, ...]:
    """Lines cited and skipped by article; with the folder of texts also the lines that are neither."""
    return tuple(_coverage(facts, article, texts) for article in facts.articles.values())


def _coverage(facts: Facts, article: Article, texts: Path | None) -> Coverage:
    claims = [claim for claim in facts.claims.values() if article_of(claim) == article.id]
    skips = [skip for skip in facts.snapshot.skipped if skip.article == article.id]
    cited = _numbers(claims)
    left = tuple(uncovered(read_lines(article, texts), claims, skips)) if texts else None
    return Coverage(article.id, len(cited), len(_numbers(skips) - cited), left)


def _numbers(items: list[Claim] | list[Skip]) -> set[int]:
    ranges: Iterator[LineRange] = (lines for item in items for lines in item.lines)
    return {number for first, last in ranges for number in range(first, last + 1)}


def measured_models(facts: Facts, *, chinese: bool = False) -> frozenset[str]:
    """Models with a row of their own in a benchmark table, or in a table that tests Chinese."""
    return frozenset(
        row.model
        for table in facts.tables.values()
        for row in table.rows
        if not chinese or _chinese(table) & row.scores.keys()
    )


def _chinese(table: Table) -> frozenset[str]:
    tests = table.benchmarks.items()
    return frozenset(
        name
        for name, test in tests
        if "lang:zh" in test.aspects or any(t.split("-")[0] == "zh" for t in test.languages)
    )
