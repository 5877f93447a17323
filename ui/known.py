"""What is known of a need, field by field in words: said, assumed for want of a word, and not known."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from ..agent.advice import Language
from ..agent.defaults import load_defaults
from ..agent.need import Need, resolve
from ..agent.requirements import FIELDS, Requirements
from ..knowledge.facts import Facts
from .strings import Strings, strings

Standing = Literal["said", "assumed", "unknown"]
# How a field's value is named, beyond yes and no: a format or table of agent/texts.yaml.
_KINDS: Mapping[str, str] = {
    "task": "task", "secondary_tasks": "tasks", "languages": "languages", "modalities": "modalities",
    "capabilities": "capabilities", "data_sensitivity": "sensitivities", "agreements": "papers",
    "mau": "count", "monthly_requests": "count", "annual_revenue_usd": "usd", "input_tokens": "tokens",
    "output_tokens": "tokens", "context_tokens": "tokens", "cached_share": "percent", "latency_seconds": "seconds",
    "device": "device", "budget_currency": "currency",
}  # fmt: skip


class Known(NamedTuple):
    """One field: how it stands, its name, its value and the person's own words."""

    standing: Standing
    field: str
    value: str
    words: str


def known_of(requirements: Requirements, facts: Facts, language: Language) -> tuple[Known, ...]:
    """List what was said, what is assumed as long as it is not said, and what was answered with "don't know"."""
    say = strings("chat.yaml", language)
    return tuple(
        Known(standing, say.words.name("field", field), in_words(field, value, say), requirements.words.get(field, ""))
        for standing, field, value in _rows(requirements, facts)
    )


def _rows(r: Requirements, facts: Facts) -> Iterator[tuple[Standing, str, Any]]:
    yield from (("said", field, getattr(r, field)) for field in FIELDS if field in r.said)
    assumed = _assumed(resolve(r, facts))
    yield from (("assumed", field, value) for field, value in assumed.items())
    yield from (("unknown", field, None) for field in FIELDS if field in r.unknown - r.said - assumed.keys())


def _assumed(need: Need) -> dict[str, Any]:
    values = {
        "task": need.task, "commercial": load_defaults().commercial, "monthly_requests": need.requests,
        "input_tokens": need.input, "output_tokens": need.output, "languages": need.languages,
        "latency_seconds": need.patience,
    }  # fmt: skip
    return {field: values[field] for field in need.assumed}


def in_words(field: str, value: Any, say: Strings) -> str:
    """Say a field's value."""
    if isinstance(value, bool):
        return say.words.line("yes" if value else "no")
    if isinstance(value, frozenset | tuple):
        return say.words.show(sorted(value), _KINDS.get(field, "names"))
    if isinstance(value, int | float):
        return say.words.show(value, _KINDS.get(field, "number"))
    if value is None:
        return ""
    return say.texts.get(f"{field}.{value}") or say.words.show(value, _KINDS.get(field, ""))


__all__ = ["Known", "in_words", "known_of"]
