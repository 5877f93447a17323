"""Reads the YAML that people write, validates it as a whole, and compiles the snapshot."""

import re
import sys
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any

import yaml

from .schema import Snapshot, Sourced

VERSION = 1
HERE = Path(__file__).parent
_ID = re.compile(r"[a-z0-9][a-z0-9.\-]*")
SNAPSHOT = HERE / "snapshot.json"
PARTS = ("articles", "attributes", "sources", "licences", "sellers", "devices", "fx", "list_prices")


class InvalidKnowledge(ValueError):
    """The YAML contradicts itself; the message lists every problem."""


def compile_snapshot(folder: Path = HERE, *, without: frozenset[str] = frozenset()) -> Snapshot:
    """Return the whole of the knowledge as one validated record.

    `without` leaves out parts by name (a part of PARTS, "claims", "claims/000", "tables", "prices"), to show
    what the advice says when a source is gone; the snapshot lists them in `missing`.

    Raises:
        InvalidKnowledge: a reference that points nowhere, a repeated id, an unknown attribute.

    """
    parts: dict[str, Any] = {name: [] if name in without else _read(folder / f"{name}.yaml") for name in PARTS}
    parts["claims"] = [
        claim
        for path in sorted((folder / "claims").glob("[0-9]*.yaml"))
        if not {"claims", f"claims/{path.stem}"} & without
        for claim in _read(path)
    ]
    parts["skipped"] = _read(folder / "claims" / "skipped.yaml")
    parts["vendors"] = [_read(path) for path in sorted((folder / "catalog").glob("*.yaml"))]
    parts["tables"] = [] if "tables" in without else [_read(p) for p in sorted((folder / "benchmarks").glob("*.yaml"))]
    dates = {source["id"]: source["date"] for source in _read(folder / "sources.yaml")}
    # Not dated: a pair of ids in `about` would be taken for a value with its source.
    disputes = folder / "conflicts.yaml"
    recorded = _read(disputes) if "conflicts" not in without and disputes.exists() else []
    whole = {"version": VERSION, "missing": sorted(without), **_dated(parts, dates), "conflicts": recorded}
    snapshot = Snapshot.model_validate(whole)
    if problems := sorted(set(find_problems(snapshot))):
        raise InvalidKnowledge("\n".join(problems))
    return snapshot


def write_snapshot(path: Path = SNAPSHOT, folder: Path = HERE) -> bool:
    """Compile and write the snapshot; says whether it changed."""
    text = compile_snapshot(folder).model_dump_json(exclude_defaults=True) + "\n"
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    path.write_text(text, encoding="utf-8")
    return changed


def find_problems(snapshot: Snapshot) -> Iterator[str]:
    """Return what refers to nothing, or stands twice."""
    models = {m.id: m for vendor in snapshot.vendors for m in vendor.models}
    families = {f.id for vendor in snapshot.vendors for f in vendor.families}
    sources = {s.id for s in snapshot.sources}
    yield from _repeats("model", (m.id for vendor in snapshot.vendors for m in vendor.models))
    yield from _repeats("claim", (c.id for c in snapshot.claims))
    yield from _repeats("source", (s.id for s in snapshot.sources))
    attributes = {a.id for a in snapshot.attributes}
    for claim in snapshot.claims:
        yield from (
            f"{claim.id}: about {i!r}, which is no model or family"
            for i in claim.about
            if i not in models.keys() | families
        )
        if any(last < first for first, last in claim.lines):
            yield f"{claim.id}: lines {claim.lines!r} must run forward"
        if claim.attribute not in attributes:
            yield f"{claim.id}: unknown attribute {claim.attribute!r}"
    if "sources" not in snapshot.missing:
        yield from (f"source {s!r} is not in sources.yaml" for s in _used_sources(snapshot) if s not in sources)
    yield from _dangling(snapshot, set(models), families)
    if not snapshot.missing:
        yield from _recorded(snapshot, models.keys() | families)


def _dangling(snapshot: Snapshot, models: set[str], families: set[str]) -> Iterator[str]:
    licences = {licence.id for licence in snapshot.licences}
    sellers = {seller.id for seller in snapshot.sellers}
    for model in (m for vendor in snapshot.vendors for m in vendor.models):
        if model.family not in families:
            yield f"{model.id}: unknown family {model.family!r}"
        if model.predecessor and model.predecessor.model not in models:
            yield f"{model.id}: unknown predecessor {model.predecessor.model!r}"
        if model.weights and licences and model.weights.licence.value not in licences:
            yield f"{model.id}: unknown licence {model.weights.licence.value!r}"
        if model.weights and model.weights.base_model and model.weights.base_model not in models:
            yield f"{model.id}: unknown base model {model.weights.base_model!r}"
        yield from (
            f"{model.id}: unknown seller {o.seller!r}" for o in model.offers if sellers and o.seller not in sellers
        )
        yield from (
            f"{model.id}: unknown successor {o.successor!r}"
            for o in model.offers
            if o.successor and o.successor not in models
        )
    for table in snapshot.tables:
        yield from (f"{table.id}: unknown model {row.model!r}" for row in table.rows if row.model not in models)
        yield from (
            f"{table.id}: {row.printed}: unknown benchmark {b!r}"
            for row in table.rows
            for b in row.scores
            if b not in table.benchmarks
        )


def _recorded(snapshot: Snapshot, subjects: Set[str]) -> Iterator[str]:
    """Return what a recorded conflict names that is not there; a word that no id looks like is a topic."""
    yield from _repeats("conflict", (c.id for c in snapshot.conflicts))
    claims, attributes = {c.id for c in snapshot.claims}, {a.id for a in snapshot.attributes}
    sources = {s.id for s in snapshot.sources}
    for one in snapshot.conflicts:
        said = {claim for side in one.sides for claim in side.claims}
        keys = one.decision.keys if one.decision else ()
        cited = {key.removeprefix("source/") for key in keys if key.startswith("source/")}
        named = {subject for subject in one.about if _ID.fullmatch(subject)}
        unknown = [*(said - claims), *(cited - sources), *(named - subjects), *({one.attribute} - attributes)]
        yield from (f"conflict {one.id}: unknown {name!r}" for name in unknown)
        if len(one.sides) == 1 and not keys:
            yield f"conflict {one.id}: one side and no decision"


def _used_sources(snapshot: Snapshot) -> Iterator[str]:
    yield from _sources_in(snapshot.model_dump(exclude={"claims", "skipped", "articles", "attributes", "sources"}))


def _sources_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("source", "capabilities_source") and isinstance(item, str):
                yield item
            else:
                yield from _sources_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _sources_in(item)


def _repeats(what: str, ids: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for i in ids:
        if i in seen:
            yield f"{what} {i!r} stands twice"
        seen.add(i)


def _read(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or []


_SHORT = frozenset(Sourced.model_fields)


def _dated(value: Any, dates: dict[str, Any]) -> Any:
    """Return the same tree with `[value, source]` written out and every `as_of` filled from its source's date."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) and value[1] in dates:
        value = {"value": value[0], "source": value[1]}
    if isinstance(value, dict):
        if "value" in value and "source" in value and value.keys() <= _SHORT:
            return {"as_of": dates.get(value["source"]), **value}
        return {key: _dated(item, dates) for key, item in value.items()}
    return [_dated(item, dates) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Compile the snapshot and say whether it changed."""
    print("changed" if write_snapshot() else "current", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
