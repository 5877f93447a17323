"""Draws claims and catalog values to be read by hand against their sources: `python -m modelwise.evals.draw facts`.

A lot hangs on an item's name and the seed alone, so that mending one fact leaves the others where they were drawn.
"""

import argparse
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import to_builtins

from ..knowledge.facts import Facts, load_facts
from ..knowledge.schema import Record, Sourced
from ..knowledge.stats import article_of

SEED = 0
CLAIMS_PER_ARTICLE = 20
VALUES_PER_KIND = 5

# The last names on a value's path, and the kind that they make it; the longest that fits counts.
KINDS: Mapping[tuple[str, ...], str] = {
    ("window", "total"): "window",
    ("window", "max_input"): "window",
    ("window", "max_output"): "window",
    ("window", "effective"): "window",
    ("params_total_b",): "params",
    ("params_active_b",): "params",
    ("released",): "released",
    ("languages",): "languages",
    ("efforts",): "efforts",
    ("weights", "licence"): "licence",
    ("bytes_per_token",): "kv",
    ("seconds", "seconds"): "seconds",
    ("listed",): "listed",
    ("retires",): "retires",
    ("list_prices",): "list price",
    ("served",): "region",
    ("not_served",): "region",
    ("ownership_refused",): "region",
    ("residency",): "region",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A sourced value: where it stands, which kind it is of, what it says and where that was read."""

    id: str
    kind: str
    value: str
    source: str
    note: str


def draw_claims(facts: Facts, seed: int = SEED, count: int = CLAIMS_PER_ARTICLE) -> tuple[str, ...]:
    """Return the ids of `count` claims of each article, in the order of the article's lines."""
    by_article: dict[str, list[str]] = defaultdict(list)
    for claim in facts.claims.values():
        by_article[article_of(claim)].append(claim.id)
    drawn = {name for names in by_article.values() for name in sorted(names, key=lambda n: _lot(n, seed))[:count]}
    return tuple(sorted(drawn, key=lambda n: (article_of(facts.claims[n]), facts.claims[n].lines)))


def draw_values(facts: Facts, seed: int = SEED, count: int = VALUES_PER_KIND) -> tuple[Value, ...]:
    """Return `count` values of each kind, so that the rare ones are looked at too."""
    by_kind: dict[str, list[Value]] = defaultdict(list)
    for value in sourced_values(facts):
        by_kind[value.kind].append(value)
    return tuple(v for kind in sorted(by_kind) for v in sorted(by_kind[kind], key=lambda v: _lot(v.id, seed))[:count])


def sourced_values(facts: Facts) -> Iterator[Value]:
    """Find every value of a drawn kind, at any depth of the catalog, the sellers and the list prices."""
    for part in ("vendors", "sellers", "list_prices"):
        yield from _values(getattr(facts.snapshot, part), part, (part,))


def _values(node: Any, name: str, path: tuple[str, ...]) -> Iterator[Value]:
    if isinstance(node, Record) and getattr(node, "source", None) and (kind := _kind(path)):
        yield _value(node, name, kind)
    for key, item in _items(node):
        yield from _values(item, f"{name}/{key}", path if isinstance(node, tuple) else (*path, key))


def _items(node: Any) -> Iterator[tuple[str, Any]]:
    """Return what a node holds under the names that the drawn list has for it."""
    if isinstance(node, tuple):
        named = ((getattr(item, "id", None) or getattr(item, "price_id", None), item) for item in node)
        yield from ((str(label or place), item) for place, (label, item) in enumerate(named))
    elif isinstance(node, Record):
        yield from ((key, getattr(node, key)) for key in node.__struct_fields__ if key != "also")
    elif isinstance(node, dict):
        yield from node.items()


def _value(node: Any, name: str, kind: str) -> Value:
    fields = to_builtins(node.value if isinstance(node, Sourced) else node)
    if isinstance(fields, dict):
        fields = {key: item for key, item in fields.items() if key not in ("id", "source", "note")}
    return Value(name.split("/models/")[-1], kind, str(fields), node.source, getattr(node, "note", None) or "")


def _kind(path: tuple[str, ...]) -> str | None:
    return KINDS.get(path[-2:]) or KINDS.get(path[-1:])


def _lot(name: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def claim_lines(facts: Facts, names: Iterable[str]) -> Iterator[str]:
    """Print one line a claim: id, cited lines, what it says in Chinese."""
    for name in names:
        claim = facts.claims[name]
        cited = ", ".join(f"{first}-{last}" for first, last in claim.lines)
        yield f"{claim.id}  [{cited}]  {claim.kind} {claim.attribute} {claim.stance}  {claim.zh}"


def value_lines(values: Iterable[Value]) -> Iterator[str]:
    """Print one line a value: kind, place, what it says, source, note."""
    return (f"{v.kind}  {v.id}  {v.value}  <{v.source}>  {v.note}".rstrip() for v in values)


def main() -> None:
    """Print what is drawn."""
    parser = argparse.ArgumentParser(prog="modelwise.evals.draw", description=main.__doc__)
    parser.add_argument("what", choices=("facts", "values"))
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    facts = load_facts()
    if asked.what == "facts":
        lines = claim_lines(facts, draw_claims(facts, asked.seed))
    else:
        lines = value_lines(draw_values(facts, asked.seed))
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main()
