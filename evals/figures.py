"""The READMEs' table of figures, made from the committed bench.json."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .bench import COMMAND, shown
from .report import HERE, progress, read_result, read_yaml

ROOT = HERE.parent
OPEN, CLOSE = "<!-- figures -->", "<!-- /figures -->"
_BETWEEN = re.compile(f"{OPEN}.*?{CLOSE}", re.DOTALL)
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


def with_figures(page: str, result: Mapping[str, Any], language: str) -> str:
    """Return a README with the table between its markers.

    Raises:
        ValueError: the page does not have the markers exactly once.

    """
    block = f"{OPEN}\n{figures_table(result, language)}\n{CLOSE}"
    done, found = _BETWEEN.subn(lambda _: block, page)
    if found != 1:
        raise ValueError(f"expected {OPEN} … {CLOSE} once, found it {found} times")
    return done


def stale(root: Path) -> dict[Path, str]:
    """Return the READMEs whose table is not that of bench.json, with what they should be."""
    result = read_result("bench")
    wanted = {}
    for name, language in READMES.items():
        page = (root / name).read_text("utf-8")
        if (fresh := with_figures(page, result, language)) != page:
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
