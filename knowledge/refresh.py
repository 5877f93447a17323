"""Reads the dated part of the knowledge anew from data packages: list prices, windows and retirement dates.

Two packages are read, litellm's table and bydtech-model-retire. A value that came from an older release of one of them
is written anew, the old one kept beside it with its date; a value that was read elsewhere is only compared. Prices that
genai-prices carries are compared too, but move with that package's pin. Everything else of the catalog (models,
parameters, licences, languages, sellers) is for people to read and write.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from .build import HERE, write_snapshot
from .facts import Facts
from .packages import Reading
from .prices import rate_card
from .rewrite import Edit, add_source, as_written, rewrite
from .schema import ListPrice, Model, Offer, Source, Sourced, Window

CONFLICT = Decimal("0.01")
PER_MILLION = 1_000_000
Kind = Literal["list price", "window", "retirement", "price"]
Value = float | int | dt.date
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that a package states otherwise; `written` where it came from an older release of that package."""

    kind: Kind
    about: str
    old: Value | None
    old_source: str
    old_as_of: dt.date | None
    new: Value
    new_source: str
    written: bool
    edit: Edit | None = None

    @property
    def conflict(self) -> bool:
        """Whether the two lie more than 1 % apart; a day apart is a conflict for a date."""
        if not isinstance(self.old, int | float) or not isinstance(self.new, int | float):
            return self.old != self.new
        old, new = Decimal(str(self.old)), Decimal(str(self.new))
        return abs(new - old) > CONFLICT * abs(old)

    def as_mapping(self) -> dict[str, Any]:
        """Give the difference for JSON."""
        shown = ("kind", "about", "old", "old_source", "old_as_of", "new", "new_source", "written", "conflict")
        return {name: getattr(self, name) for name in shown}


# Where a seller's ids stand in litellm's table; the first prefix that finds a row counts.
_LITELLM: Mapping[str, tuple[str, ...]] = {
    "openai": ("",),
    "anthropic": ("",),
    "google": ("gemini/",),
    "google-vertex": ("", "vertex_ai/"),
    "aws": ("",),
    "azure": ("azure/", "azure_ai/"),
    "alibaba": ("dashscope/",),
    "mistral": ("mistral/",),
    "together": ("together_ai/",),
    "fireworks": ("fireworks_ai/accounts/fireworks/models/", "fireworks_ai/"),
    "groq": ("groq/",),
    "cohere": ("", "cohere/"),
    "deepseek": ("deepseek/",),
    "moonshotai": ("moonshot/",),
    "zai": ("zai/",),
    "novita": ("novita/",),
    "xai": ("xai/",),
    "minimax": ("minimax/",),
    "meta": ("meta_llama/",),
    "cerebras": ("cerebras/",),
}
_RETIRE = {
    "openai": "openai", "anthropic": "anthropic", "google": "google-gemini-api", "google-vertex": "google-vertex-ai",
    "aws": "aws-bedrock", "mistral": "mistral", "cohere": "cohere",
}  # fmt: skip
_SNAPSHOT_OF = re.compile(r"-(\d{4}-\d\d-\d\d|\d{8}|\d{4})$")


def compare(facts: Facts, readings: Iterable[Reading], day: dt.date) -> tuple[Difference, ...]:
    """Find every value that a package states otherwise than the catalog, in the catalog's order."""
    return tuple(
        d for reading in readings for look in _LOOKS[reading.package.series] for d in look(facts, reading, day)
    )


def apply(differences: Iterable[Difference], readings: Iterable[Reading], folder: Path = HERE) -> int:
    """Write what came from older releases into the YAML and compile; returns the number of values written."""
    edits = [d.edit for d in differences if d.written and d.edit]
    if edits:
        for reading in readings:
            if any(reading.source.id in edit.text for edit in edits):
                add_source(folder / "sources.yaml", reading.source)
        rewrite(folder, edits)
        write_snapshot(folder / "snapshot.json", folder)
    return len(edits)


def _litellm_row(reading: Reading, offer: Offer) -> Mapping[str, Any] | None:
    price_id = offer.price_id.partition("/")[2]
    keys = (prefix + name for prefix in _LITELLM.get(offer.seller, ()) for name in (price_id, price_id.lower()))
    return next((row for key in keys if (row := reading.rows.get(key))), None)


def _list_prices(facts: Facts, reading: Reading, day: dt.date) -> Iterator[Difference]:
    """List prices that the price package lacks, in USD per million tokens, lowest tier."""
    offers = {offer.price_id: offer for model in facts.models.values() for offer in model.offers}
    for held in facts.snapshot.list_prices:
        row = _litellm_row(reading, offers[held.id]) if held.id in offers else None
        stated = _usd_per_million(row) if row else None
        if stated is None:
            continue
        edit = _new_list_price(held, stated, reading.source)
        written = _superseded(held.source, reading)
        for part, old in (("input", held.input_usd_per_m), ("output", held.output_usd_per_m)):
            if old != stated[part]:
                yield Difference(
                    "list price", _priced(held.id, part), old, held.source, held.as_of, stated[part], reading.source.id,
                    written, edit if written else None,
                )  # fmt: skip


def _priced(price_id: str, part: str) -> str:
    return f"{price_id}: {part}, USD per million tokens"


def _usd_per_million(row: Mapping[str, Any]) -> dict[str, float] | None:
    lowest = (row.get("tiered_pricing") or [row])[0]
    parts = {
        "input": "input_cost_per_token",
        "output": "output_cost_per_token",
        "cached": "cache_read_input_token_cost",
    }
    found = {
        part: round(float(lowest[key]) * PER_MILLION, 6) for part, key in parts.items() if lowest.get(key) is not None
    }
    return found if {"input", "output"} <= found.keys() else None


def _new_list_price(held: ListPrice, stated: Mapping[str, float], source: Source) -> Edit:
    """Put the new price into the row; the old one stays in its note, with its day and source."""
    was = f"until {held.as_of}: {held.input_usd_per_m:g} in, {held.output_usd_per_m:g} out ({held.source})"
    fields = {
        "input_usd_per_m": stated["input"], "output_usd_per_m": stated["output"],
        "cached_usd_per_m": stated.get("cached", held.cached_usd_per_m), "source": source.id, "as_of": source.date,
        "note": "; ".join(filter(None, [held.note, was])),
    }  # fmt: skip
    return Edit("list_prices", (held.id,), {**as_written(held), **fields})


def _prices(facts: Facts, reading: Reading, day: dt.date) -> Iterator[Difference]:
    """Prices of the pinned price package against litellm's; only conflicts, since the pin moves them."""
    rates = rate_card(facts, day).rates
    listed = {row.id for row in facts.snapshot.list_prices}
    offers = {offer.price_id: offer for model in facts.models.values() for offer in model.offers}
    for price_id, offer in offers.items():
        row, rate = _litellm_row(reading, offer), rates.get(price_id)
        stated = _usd_per_million(row) if row else None
        if stated is None or rate is None or price_id in listed:
            continue
        for part, old in (("input", rate.tiers[0].input), ("output", rate.tiers[0].output)):
            found = Difference(
                "price", _priced(price_id, part), float(old), rate.source, day, stated[part], reading.source.id, False
            )
            if found.conflict:
                yield found


def _windows(facts: Facts, reading: Reading, day: dt.date) -> Iterator[Difference]:
    """Token limits: a seller's own against its row, a model's own against the rows of all its sellers."""
    for model in facts.models.values():
        rows = [row for offer in model.offers if offer.window is None and (row := _litellm_row(reading, offer))]
        yield from _limits(facts, model.id, (model.id, "window"), model.window, rows, reading)
        for number, offer in enumerate(model.offers):
            row = _litellm_row(reading, offer)
            at = (model.id, "offers", number, "window")
            yield from _limits(facts, f"{model.id} at {offer.seller}", at, offer.window, [row] if row else [], reading)


def _limits(
    facts: Facts, about: str, at: Place, window: Window | None, rows: Sequence[Mapping[str, Any]], reading: Reading
) -> Iterator[Difference]:
    for part in ("total", "max_input", "max_output") if window and rows else ():
        held: Sourced[int] | None = getattr(window, part)
        if held is None or not held.source.startswith(f"{reading.package.series}-"):
            continue
        stated = [limit for row in rows for limit in _stated_limits(row, part, split=bool(window and window.max_input))]
        if stated and held.value not in stated:
            yield _difference(facts, "window", f"{about}: {part}, tokens", (*at, part), held, stated[0], reading)


def _stated_limits(row: Mapping[str, Any], part: str, *, split: bool) -> list[int]:
    """List what a row can mean by a limit: litellm's input limit is the whole window unless the vendor splits it."""
    given, output = row.get("max_input_tokens"), row.get("max_output_tokens")
    if part == "max_output":
        return [int(output)] if output else []
    whole = [int(given) + int(output)] if part == "total" and given and output else []
    alone = [int(given)] if given else []
    return [*whole, *alone] if split else [*alone, *whole]


def _retirement(facts: Facts, reading: Reading, day: dt.date) -> Iterator[Difference]:
    """Announced ends; a date that the catalog lacks is shown, for people to judge: some say only "not before"."""
    stated_by = _litellm_end if reading.package.series == "litellm" else _table_end
    for model, number, offer in _offers(facts):
        stated = stated_by(reading, offer)
        about = f"{model.id} at {offer.seller}: retires"
        if stated is None or (offer.retires and offer.retires.value == stated):
            continue
        if offer.retires is None:
            yield Difference("retirement", about, None, "not held", None, stated, reading.source.id, False)
        else:
            at = (model.id, "offers", number, "retires")
            yield _difference(facts, "retirement", about, at, offer.retires, stated, reading)


def _offers(facts: Facts) -> Iterator[tuple[Model, int, Offer]]:
    return ((model, number, offer) for model in facts.models.values() for number, offer in enumerate(model.offers))


def _litellm_end(reading: Reading, offer: Offer) -> dt.date | None:
    row = _litellm_row(reading, offer)
    date = row.get("deprecation_date") if row else None
    return dt.date.fromisoformat(date) if date else None


def _table_end(reading: Reading, offer: Offer) -> dt.date | None:
    """Find the last end of an id, or of its dated snapshots where the vendor lists only those."""
    wanted = f"{_RETIRE.get(offer.seller)}/{offer.price_id.partition('/')[2]}"
    if wanted in reading.rows:
        return dt.date.fromisoformat(reading.rows[wanted]["retires_on"])
    ends = [row["retires_on"] for key, row in reading.rows.items() if _SNAPSHOT_OF.sub("", key) == wanted]
    return dt.date.fromisoformat(max(ends)) if ends else None


def _superseded(source: str, reading: Reading) -> bool:
    """Whether a value was read in an older release of the same package."""
    return source.startswith(f"{reading.package.series}-") and source != reading.source.id


def _difference(
    facts: Facts, kind: Kind, about: str, at: Place, held: Sourced[Any], stated: Value, reading: Reading
) -> Difference:
    written = _superseded(held.source, reading)
    edit = Edit("catalog", at, _new_value(held, stated, reading.source)) if written else None
    seen = held.as_of or facts.sources[held.source].date
    return Difference(kind, about, held.value, held.source, seen, stated, reading.source.id, written, edit)


def _new_value(held: Sourced[Any], stated: Value, source: Source) -> dict[str, Any]:
    """Make the new value, the old one first among `also`, with its day."""
    before = [as_written(other) for other in (msgspec.structs.replace(held, also=()), *held.also)]
    return {"value": stated, "source": source.id, "also": before}


_LOOKS: Mapping[str, tuple[Callable[[Facts, Reading, dt.date], Iterator[Difference]], ...]] = {
    "litellm": (_list_prices, _prices, _windows, _retirement),
    "bydtech-retire": (_retirement,),
}
