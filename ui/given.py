"""What a person gives on the command line: a need in words or as JSON, a question, the name of a model."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..knowledge.facts import Facts
    from ..knowledge.schema import Family, Model

MAX_STDIN = 2_000_000


class BadInput(ValueError):
    """Input that no command can work with; the message names it and what is accepted."""


def read_need(words: list[str], file: Path | None) -> str | Mapping[str, Any]:
    """Read the need as text, or as a mapping where it is a JSON object."""
    if file:
        if words:
            raise BadInput("both TEXT and --need were given; accepted: one of them")
        return _mapping(_read(file), str(file))
    text = said(words)
    return _mapping(text, "TEXT") if text.lstrip().startswith("{") else text


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"--need {file} cannot be read ({type(error).__name__}); accepted: JSON in UTF-8") from None


def _mapping(text: str, where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_no_repeats)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadInput(f"{where} is no JSON ({error}); accepted: a JSON object of fields, or words") from None
    if not isinstance(value, dict):
        raise BadInput(f"{where} holds {type(value).__name__}, not an object; accepted: a JSON object of fields")
    return value


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise BadInput(f"the field {repeated!r} stands twice; accepted: each field once")
    return dict(pairs)


def said(words: list[str]) -> str:
    """Join the words of the command line, or read standard input where they are a dash."""
    if words == ["-"]:
        return sys.stdin.buffer.read(MAX_STDIN).decode("utf-8", "replace")
    return " ".join(words)


def subject_ids(name: str, facts: "Facts") -> set[str]:
    """Find models and families by an id, name or alias, or by a part of a name.

    Raises:
        BadInput: nothing is called that; the message names the nearest.

    """
    import difflib

    ids: dict[str, set[str]] = {}
    named: list[Model | Family] = [*facts.models.values(), *(f for v in facts.snapshot.vendors for f in v.families)]
    for item in named:
        for word in (item.id, item.name, *item.aliases):
            ids.setdefault(word.lower(), set()).add(item.id)
    wanted = name.strip().lower()
    if found := ids.get(wanted) or {i for word, of in ids.items() if wanted and wanted in word for i in of}:
        return found
    near = difflib.get_close_matches(wanted, ids, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "`modelwise models --all` lists them"
    raise BadInput(f"MODEL {name!r} is not known; {hint}")
