"""What there is to choose from on a day: each model with its options on offer, and what those held back lack."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..knowledge.facts import Facts
from ..knowledge.stats import Age, Coverage, ages, claims_by_kind, coverage, measured_models
from .options import Row, all_rows, held_back


@dataclass(frozen=True, slots=True)
class Entry:
    """One model; prices are USD per million tokens at its cheapest seller, `ends` is the day its last API closes."""

    id: str
    name: str
    vendor: str
    aliases: tuple[str, ...]
    api: bool
    weights: bool
    sellers: tuple[str, ...]
    licence: str | None
    context: int | None
    input_usd: Decimal | None
    output_usd: Decimal | None
    ends: dt.date | None
    lacks: tuple[str, ...]

    @property
    def on_offer(self) -> bool:
        """Whether any of its options can enter the shortlist today."""
        return self.api or self.weights

    def matches(self, wanted: str, *, api: bool = False, weights: bool = False) -> bool:
        """Whether a part of its id, name, alias or vendor is wanted, and it is to be had in the ways asked."""
        words = (self.id, self.name, self.vendor, *self.aliases)
        named = any(wanted.strip().lower() in word.lower() for word in words)
        return named and (self.api or not api) and (self.weights or not weights)

    def as_mapping(self) -> dict[str, Any]:
        """Give the entry for JSON."""
        return {**asdict(self), "on_offer": self.on_offer}


@dataclass(frozen=True, slots=True)
class Stock:
    """The knowledge in figures: what can be had, what is measured, what is claimed, how old it is."""

    models: int
    on_offer: int
    on_sale: int
    downloadable: int
    options: int
    options_held_back: int
    measured: int
    measured_in_chinese: int
    held_back: tuple[tuple[str, str, str], ...]
    ages: tuple[Age, ...]
    claims: Mapping[str, Mapping[str, int]]
    coverage: tuple[Coverage, ...]

    def as_mapping(self) -> dict[str, Any]:
        """Give the figures for JSON."""
        return asdict(self)


def inventory(facts: Facts, day: dt.date) -> tuple[Entry, ...]:
    """Every model of the catalog, in its order."""
    rows: dict[str, list[Row]] = {model_id: [] for model_id in facts.models}
    for row in all_rows(facts, day):
        rows[row.model.id].append(row)
    return tuple(_entry(facts, model_id, found, day) for model_id, found in rows.items())


def take_stock(facts: Facts, day: dt.date, texts: Path | None = None) -> Stock:
    """Count what there is on a day; `texts` is the folder of the articles, where it is at hand."""
    entries = inventory(facts, day)
    held = [held_back(row) is not None for row in all_rows(facts, day)]
    return Stock(
        models=len(entries),
        on_offer=sum(e.on_offer for e in entries),
        on_sale=sum(e.api for e in entries),
        downloadable=sum(e.weights for e in entries),
        options=len(held),
        options_held_back=sum(held),
        measured=len(measured_models(facts)),
        measured_in_chinese=len(measured_models(facts, chinese=True)),
        held_back=held_back_options(facts, day),
        ages=ages(facts, day),
        claims={article: dict(kinds) for article, kinds in claims_by_kind(facts).items()},
        coverage=coverage(facts, texts),
    )


def held_back_options(facts: Facts, day: dt.date) -> tuple[tuple[str, str, str], ...]:
    """Model, kind or seller, and the fact that is missing, once for each option whatever its efforts and precisions."""
    found = ((row.model.id, row.option.seller or "weights", held_back(row)) for row in all_rows(facts, day))
    return tuple(dict.fromkeys((model, where, lack) for model, where, lack in found if lack))


def _entry(facts: Facts, model_id: str, rows: list[Row], day: dt.date) -> Entry:
    model = facts.models[model_id]
    ready = [row for row in rows if held_back(row) is None]
    sold = [row for row in ready if row.offer and not _over(row, day)]
    cheapest = min((r.rate.tiers[0] for r in sold if r.rate), key=lambda tier: tier.input + tier.output, default=None)
    licence = facts.licences.get(model.weights.licence.value) if model.weights else None
    return Entry(
        id=model.id, name=model.name, vendor=facts.vendors[model_id].name, aliases=model.aliases,
        api=bool(sold), weights=any(row.offer is None for row in ready),
        sellers=tuple(dict.fromkeys(str(row.option.seller) for row in sold)),
        licence=licence.name if licence else None, context=_context(rows),
        input_usd=cheapest.input if cheapest else None, output_usd=cheapest.output if cheapest else None,
        ends=_last_day(sold), lacks=tuple(dict.fromkeys(_lacks(rows, day))),
    )  # fmt: skip


def _over(row: Row, day: dt.date) -> bool:
    return bool(row.offer and row.offer.retires and row.offer.retires.value < day)


def _context(rows: Iterable[Row]) -> int | None:
    return max((row.window.total.value for row in rows if row.window), default=None)


def _last_day(sold: Iterable[Row]) -> dt.date | None:
    """Find the last announced end; None where a seller has announced none."""
    ends = [row.offer.retires.value if row.offer and row.offer.retires else None for row in sold]
    return max((end for end in ends if end), default=None) if all(ends) else None


def _lacks(rows: list[Row], day: dt.date) -> Iterator[str]:
    if not rows:
        yield "no offer and no weights"
    for row in rows:
        where = row.option.seller or "weights"
        if lack := held_back(row):
            yield f"{where}: no {lack}"
        elif row.offer and row.offer.retires and _over(row, day):
            yield f"{where}: retired {row.offer.retires.value}"
