"""What the language priors of agent/score.py rest on: places in the Chinese tables, by vendor and listed language."""

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..agent import score
from .report import say, table, write_result

if TYPE_CHECKING:
    from ..knowledge.facts import Facts
    from ..knowledge.schema import Model

LANGUAGES = ("zh", "zh-Hant")


class Group(NamedTuple):
    """Models of one benchmark that share the maker's country and whether they list the language."""

    table: str
    benchmark: str
    language: str
    chinese_maker: bool
    listed: bool


def grouped_places(facts: "Facts") -> Iterator[tuple[Group, float]]:
    """Every place in a benchmark of a Chinese language."""
    from ..agent.evidence import percentile

    for found in facts.tables.values():
        columns = {
            name: (language, bench.of)
            for name, bench in found.benchmarks.items()
            for language in LANGUAGES
            if language in bench.languages or f"lang:{language}" in bench.aspects
        }
        for row in found.rows:
            for name in row.scores.keys() & columns.keys():
                language, of = columns[name]
                maker, listed = facts.vendors[row.model].country == "CN", _lists(facts.models[row.model], language)
                yield Group(found.id, name, language, maker, listed), percentile(row.scores[name][1], of)


def _lists(model: "Model", language: str) -> bool:
    return model.languages is not None and language in model.languages.supported


def summary(facts: "Facts") -> dict[str, Any]:
    """Return mean places by group, and the priors in use."""
    groups: dict[Group, list[float]] = defaultdict(list)
    for group, place in grouped_places(facts):
        groups[group].append(place)
    rows = [
        {**group._asdict(), "models": len(found), "mean_place": round(statistics.mean(found), 3)}
        for group, found in sorted(groups.items())
    ]
    used = {"home": score.HOME, "listed": score.LISTED, "unlisted": score.UNLISTED, "english": score.ENGLISH}
    pooled = _pooled({group: found for group, found in groups.items() if facts.tables[group.table].by != "vendor"})
    return {"command": "python -m modelwise.evals languages", "constants": used, "pooled": pooled, "groups": rows}


def _pooled(groups: Mapping[Group, list[float]]) -> list[dict[str, Any]]:
    """Return the mean place over the tables that no vendor made of its own models."""
    kinds: dict[tuple[str, bool, bool], list[float]] = defaultdict(list)
    for group, found in groups.items():
        kinds[group.language, group.chinese_maker, group.listed] += found
    names = ("language", "chinese_maker", "listed")
    return [
        dict(zip(names, key, strict=True)) | {"models": len(found), "mean_place": round(statistics.mean(found), 3)}
        for key, found in sorted(kinds.items())
    ]


def page(result: dict[str, Any]) -> str:
    """Return the summary as plain text."""
    parts = (_rows(result["groups"]), "Over all tables but the vendors' own:", _rows(result["pooled"]))
    return "\n\n".join((f"In use: {result['constants']}", *parts))


def _rows(groups: list[dict[str, Any]]) -> str:
    """Return groups as a table; yes and no read better than True and False."""
    words: Mapping[object, str] = {True: "yes", False: "no"}
    cells = ([words[v] if isinstance(v, bool) else v for v in group.values()] for group in groups)
    return table(tuple(groups[0]), cells)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`languages` accepts nothing."""


def run(_: argparse.Namespace) -> int:
    """Print and write the summary."""
    from ..knowledge.facts import load_facts

    result = summary(load_facts())
    say(page(result))
    write_result("languages", result)
    return 0
