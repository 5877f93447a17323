"""Puts new values into the YAML that people write, and leaves every other character, comments too, as it stands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from .schema import Record, Source

Step = str | int
Pending = dict[tuple[str, tuple[Step, ...], str], None]


@dataclass(frozen=True)
class Edit:
    """A new value for one place: a catalog value by model id and path, or a whole list price by its id."""

    part: Literal["catalog", "list_prices"]
    at: tuple[Step, ...]
    value: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The value as YAML on one line."""
        return flow(self.value)


class NoSuchPlace(KeyError):
    """The YAML has no value at a path: the snapshot is older than the YAML; compile it first."""


def flow(value: Mapping[str, Any]) -> str:
    """Write a mapping as YAML on one line."""
    text = yaml.safe_dump(dict(value), default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6)
    return str(text).strip()


def as_written(record: Record) -> dict[str, Any]:
    """Return a record as people write it: without what it does not state, days as days."""
    return {name: value for name, value in msgspec.structs.asdict(record).items() if value not in (None, ())}


def rewrite(folder: Path, edits: Iterable[Edit]) -> None:
    """Apply every edit, one file at a time, from the end of the file to its beginning.

    Raises:
        NoSuchPlace: an edit's path leads nowhere; no file is changed then.

    """
    left: Pending = dict.fromkeys((edit.part, edit.at, edit.text) for edit in edits)
    texts: dict[Path, str] = {}
    for path in (*sorted((folder / "catalog").glob("*.yaml")), folder / "list_prices.yaml"):
        text = path.read_text(encoding="utf-8")
        spans = list(_spans(text, path.parent.name == "catalog", left))
        if spans:
            texts[path] = _replaced(text, spans)
    if left:
        raise NoSuchPlace(f"no value in {folder} at {next(iter(left))[1]}")
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")


def add_source(path: Path, source: Source) -> None:
    """Append a source on a line of its own, unless its id is known."""
    text = path.read_text(encoding="utf-8")
    known = {entry["id"] for entry in yaml.load(text, Loader=_loader())}
    if source.id not in known:
        path.write_text(f"{text.rstrip()}\n- {flow(as_written(source))}\n", encoding="utf-8")


def _replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _spans(text: str, catalog: bool, left: Pending) -> Iterator[tuple[int, int, str]]:
    """Where in a file the edits that it holds belong; each that is found leaves `left`."""
    root = yaml.compose(text, Loader=_loader())
    entries = _child(root, "models") if catalog else root
    by_id = {node.value: entry for entry in entries.value if (node := _child(entry, "id"))} if entries else {}
    for part, at, new in list(left):
        place = by_id.get(at[0]) if (part == "catalog") == catalog else None
        for step in at[1:]:
            place = _child(place, step)
        if place is not None:
            del left[part, at, new]
            yield place.start_mark.index, place.end_mark.index, new


def _child(node: yaml.Node | None, step: Step) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
