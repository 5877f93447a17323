"""The READMEs' tables of figures, made from the committed bench.json and interview.json."""

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .bench import COMMAND, shown
from .report import HERE, progress, read_result, read_yaml

ROOT = HERE.parent
READMES: Mapping[str, str] = {"README.md": "en", "README.zh-CN.md": "zh"}
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "head": ("What", "Target", "Median", "Range", ""),
        "met": {True: "met", False: "**missed**", None: ""},
        "foot": "Measured on {date} with {cores} cores, Python {python}, {platform}, by `{command}`.",
    },
    "zh": {
        "head": ("项目", "目标", "中位数", "范围", ""),
        "met": {True: "达标", False: "**未达标**", None: ""},
        "foot": "{date} 在 {cores} 核、Python {python}、{platform} 上由 `{command}` 测得。",
    },
}


def figures_table(result: Mapping[str, Any], language: str) -> str:
    """Return the table of a bench result in Markdown, `language` being en or zh."""
    words = _WORDS[language]
    names = {row["id"]: row[language] for row in read_yaml("figures.yaml")}
    rows = [words["head"], ("---", "--:", "--:", "--:", "---")]
    rows += [_cells(figure, names[figure["id"]], words) for figure in result["figures"]]
    foot = words["foot"].format(date=result["date"], command=COMMAND, **result["machine"])
    return "\n".join([*(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows), "", foot])


def _cells(figure: Mapping[str, Any], name: str, words: Mapping[str, Any]) -> tuple[str, ...]:
    unit = f" {figure['unit']}".rstrip()
    target = "" if figure["target"] is None else f"{figure['target']}{unit}"
    low, high = shown(figure["min"]), shown(figure["max"])
    ends = low if low == high else f"{low} – {high}"
    return name, target, f"{shown(figure['median'])}{unit}", f"{ends}{unit}", words["met"][figure["met"]]


def interview_table(result: Mapping[str, Any], language: str) -> str:
    """Return the table of the interviews in Markdown: our order of questions beside that of the topics."""
    words = _INTERVIEW[language]
    both = [result[order] for order in ("by value", "by topic")]
    rows = [words["head"], ("---", "--:", "--:")]
    rows += [(words[name], *(form.format(**figures) for figures in both)) for name, form in _ASKED.items()]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", words["foot"]])


_ASKED = {
    "median": "{questions_median:g}",
    "mean": "{questions_mean:g}",
    "same": "{same_picks} / {people}",
    "again": "{asked_again}",
    "later": "{later_same} / {later_changes}",
}
_INTERVIEW: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "head": ("40 scripted people", "by value", "topic by topic"),
        "median": "questions, median",
        "mean": "questions, mean",
        "same": "picks as with all facts at once",
        "again": "questions about what was said",
        "later": "later changes: picks as with all facts",
        "foot": "By `python -m modelwise.evals interview`.",
    },
    "zh": {
        "head": ("40 位脚本人物", "按价值提问", "按主题顺序"),
        "median": "问题数，中位",
        "mean": "问题数，平均",
        "same": "推荐与一次给出全部事实时相同",
        "again": "问到已说过的内容",
        "later": "事后改口：推荐与全部事实时相同",
        "foot": "由 `python -m modelwise.evals interview` 测得。",
    },
}
# The blocks of a README by the name of their markers, the result they show and what makes the table.
BLOCKS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], str], str]]] = {
    "figures": ("bench", figures_table),
    "interview": ("interview", interview_table),
}


def with_block(page: str, name: str, table: str) -> str:
    """Return a README with a table between its markers.

    Raises:
        ValueError: the page does not have the markers exactly once.

    """
    opens, closes = f"<!-- {name} -->", f"<!-- /{name} -->"
    done, found = re.compile(f"{opens}.*?{closes}", re.DOTALL).subn(lambda _: f"{opens}\n{table}\n{closes}", page)
    if found != 1:
        raise ValueError(f"expected {opens} … {closes} once, found it {found} times")
    return done


def stale(root: Path) -> dict[Path, str]:
    """Return the READMEs whose tables are not those of the results, with what they should be."""
    wanted = {}
    for name, language in READMES.items():
        page = fresh = (root / name).read_text("utf-8")
        for block, (result, make) in BLOCKS.items():
            fresh = with_block(fresh, block, make(read_result(result), language))
        if fresh != page:
            wanted[root / name] = fresh
    return wanted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what `figures` accepts."""
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a README is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the READMEs")


def run(args: argparse.Namespace) -> int:
    """Write the tables, or only say which are out of date."""
    found = stale(args.root)
    for path, page in found.items():
        progress(f"{'out of date' if args.check else 'written'}: {path}")
        if not args.check:
            path.write_text(page, encoding="utf-8")
    return 1 if args.check and found else 0
