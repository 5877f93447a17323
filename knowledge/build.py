"""Reads the YAML that people write, validates it as a whole, and compiles the snapshot."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import yaml

from .schema import Record, Snapshot

VERSION = 1
HERE = Path(__file__).parent
_ID = re.compile(r"[a-z0-9][a-z0-9.\-]*")
SNAPSHOT = HERE / "snapshot.json"
# Each part of the snapshot and the files it is written in: one record a file, or a list of them.
PARTS: Mapping[str, str] = {
    "articles": "articles.yaml",
    "attributes": "attributes.yaml",
    "sources": "sources.yaml",
    "claims": "claims/[0-9]*.yaml",
    "skipped": "claims/skipped.yaml",
    "vendors": "catalog/*.yaml",
    "licences": "licences.yaml",
    "sellers": "sellers.yaml",
    "tables": "benchmarks/*.yaml",
    "devices": "devices.yaml",
    "fx": "fx.yaml",
    "list_prices": "list_prices.yaml",
    "conflicts": "conflicts.yaml",
}
# A value with its source as a row, with what stands where nothing is written.
_ROW: Mapping[str, Any] = {"value": None, "source": None, "as_of": None, "note": None, "also": ()}


class InvalidKnowledge(ValueError):
    """The YAML contradicts itself; the message lists every problem."""


def compile_snapshot(folder: Path = HERE, *, without: frozenset[str] = frozenset()) -> Snapshot:
    """Return the whole of the knowledge as one validated record.

    `without` leaves out parts by name (a part of PARTS, "claims", "claims/000", "tables", "prices"), to show
    what the advice says when a source is gone; the snapshot lists them in `missing`.

    Raises:
        InvalidKnowledge: a reference that points nowhere, a repeated id, an unknown attribute.

    """
    hints = get_type_hints(Snapshot, include_extras=True)
    parts = {
        name: tuple(record for path in paths for record in _records(path, get_args(hints[name])[0]))
        for name, paths in _files(folder, without)
    }
    snapshot = Snapshot(version=VERSION, missing=tuple(sorted(without)), **parts)
    if problems := sorted(set(find_problems(snapshot))):
        raise InvalidKnowledge("\n".join(problems))
    return snapshot


def write_snapshot(path: Path = SNAPSHOT, folder: Path = HERE) -> bool:
    """Compile and write the snapshot; says whether it changed."""
    text = written(compile_snapshot(folder))
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    path.write_text(text, encoding="utf-8")
    return changed


def written(snapshot: Snapshot) -> str:
    """Return the snapshot as its file has it."""
    return msgspec.json.encode(snapshot).decode() + "\n"


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
    for record in _within(snapshot):
        for name in ("source", "capabilities_source"):
            if isinstance(source := getattr(record, name, None), str):
                yield source


def _within(value: Any) -> Iterator[Record]:
    """Return every record at any depth; claims hold none."""
    if isinstance(value, Record):
        yield value
        value = [getattr(value, name) for name in value.__struct_fields__ if name != "claims"]
    elif isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, tuple):
        return
    for item in value:
        yield from _within(item)


def _repeats(what: str, ids: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for i in ids:
        if i in seen:
            yield f"{what} {i!r} stands twice"
        seen.add(i)


def _files(folder: Path, without: Set[str]) -> Iterator[tuple[str, list[Path]]]:
    for name, pattern in PARTS.items():
        files = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
        yield name, [path for path in files if not {name, f"{name}/{path.stem}"} & without]


def _records(path: Path, kind: type[Any]) -> list[Any]:
    with path.open(encoding="utf-8") as file:
        tree = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or []
    return [_record(row, kind, path) for row in as_records(tree if isinstance(tree, list) else [tree])]


def _record(row: Any, kind: type[Any], path: Path) -> Any:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        name = row.get("id", row) if isinstance(row, dict) else row
        raise InvalidKnowledge(f"{path.name}: {name}: {error}") from None


def as_records(tree: Any) -> Any:
    """Return the same tree with every mapping that holds a value and its source as the row that a record of it is."""
    if isinstance(tree, list):
        return [as_records(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    tree = {key: as_records(item) for key, item in tree.items()}
    if not {"value", "source"} <= tree.keys() <= set(_ROW):
        return tree
    return [tree.get(name, empty) for name, empty in _ROW.items()]


def main() -> None:
    """Compile the snapshot and say whether it changed."""
    print("changed" if write_snapshot() else "current", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
