"""Rates by exact price id, a day at a time, from the dearest hour of that day."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from .facts import Facts

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

PACKAGE = "genai-prices-0.2.3"
_HOURS = tuple(range(24))


@dataclass(frozen=True, slots=True)
class Tier:
    """USD per million tokens for every token of a request whose input is over `over` tokens."""

    over: int
    input: Decimal
    cached: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """A price list's row on one day: tiers by input size, the batch row if there is one, who states it."""

    price_id: str
    tiers: tuple[Tier, ...]
    batch: tuple[Tier, ...]
    peak_differs: bool
    source: str
    as_of: dt.date

    def tier(self, input_tokens: int, *, batch: bool = False) -> Tier:
        """Return the tier that a request of this size falls into (a cliff: it prices the whole request)."""
        rows = self.batch if batch and self.batch else self.tiers
        return next(row for row in reversed(rows) if input_tokens > row.over or row.over == 0)


@dataclass(frozen=True, slots=True)
class RateCard:
    """Rates by price id on a day, and the changes already announced within the horizon."""

    day: dt.date
    rates: Mapping[str, Rate]
    changes: Mapping[str, tuple[tuple[dt.date, Rate], ...]]


@lru_cache(maxsize=8)
def _card(facts: Facts, day: dt.date, horizon_months: int) -> RateCard:
    wanted = {offer.price_id for model in facts.models.values() for offer in model.offers}
    rates: dict[str, Rate] = {}
    changes: dict[str, tuple[tuple[dt.date, Rate], ...]] = {}
    if "prices" in facts.snapshot.missing:
        return RateCard(day, rates, changes)
    until = day + dt.timedelta(days=round(30.44 * horizon_months))
    package = facts.sources.get(PACKAGE)
    as_of = min(day, package.date) if package else day  # what the package said then, not what was seen on the day
    for price_id, info in _listed(wanted):
        if rate := _rate(price_id, info, day, as_of):
            rates[price_id] = rate
            later = (
                (start, _rate(price_id, info, start, as_of)) for start in _start_dates(info) if day < start <= until
            )
            changes[price_id] = tuple((start, found) for start, found in later if found)
    rates |= {r.price_id: r for r in _list_rates(facts) if r.price_id in wanted}
    return RateCard(day, rates, changes)


def rate_card(facts: Facts, day: dt.date, *, horizon_months: int = 12) -> RateCard:
    """Return the rates of every price id that the catalog names, at the dearest of the day's 24 hours (UTC)."""
    return _card(facts, day, horizon_months)


def _listed(wanted: set[str]) -> Iterator[tuple[str, "ModelInfo"]]:
    from genai_prices.data import providers

    for provider in providers:
        for info in provider.models:
            price_id = f"{provider.id}/{info.id}"
            if price_id in wanted:
                yield price_id, info


def _rate(price_id: str, info: "ModelInfo", day: dt.date, as_of: dt.date) -> Rate | None:
    hours = [dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC) for hour in _HOURS]
    prices = [info.get_prices(hour) for hour in hours] if isinstance(info.prices, list) else [info.get_prices(hours[0])]
    peak = max(prices, key=_weight)
    if not (tiers := _tiers(peak)):
        return None
    batch = info.get_prices(hours[12], {"processing": "batch"}) if info.price_variants else peak
    batch_tiers = _tiers(batch) if batch != info.get_prices(hours[12]) else ()
    differs = any(_weight(price) != _weight(peak) for price in prices)
    return Rate(price_id, tiers, batch_tiers, differs, PACKAGE, as_of)


def _tiers(price: "ModelPrice") -> tuple[Tier, ...]:
    """Return the rows of a price; empty where it names no token price."""
    starts = {0}
    keys = ("input_mtok", "cache_read_mtok", "output_mtok")
    parts = [getattr(price, key, None) for key in keys]
    for part in parts:
        starts |= {tier.start for tier in getattr(part, "tiers", ())}
    if parts[0] is None and parts[2] is None:
        return ()
    rows = []
    for start in sorted(starts):
        given, cached, output = (_at(part, start) for part in parts)
        rows.append(
            Tier(
                start, given or Decimal(0), cached if cached is not None else given or Decimal(0), output or Decimal(0)
            )
        )
    return tuple(rows)


def _at(part: object, start: int) -> Decimal | None:
    if part is None or isinstance(part, Decimal):
        return part
    found: Decimal = part.base  # type: ignore[attr-defined]
    for tier in part.tiers:  # type: ignore[attr-defined]
        if tier.start <= start and start > 0:
            found = tier.price
    return found


def _weight(price: "ModelPrice") -> Decimal:
    rows = _tiers(price)
    return rows[0].input + rows[0].output if rows else Decimal(0)


def _start_dates(info: "ModelInfo") -> list[dt.date]:
    prices = info.prices if isinstance(info.prices, list) else []
    return sorted({start for p in prices if (start := getattr(p.constraint, "start_date", None))})


def _list_rates(facts: Facts) -> Iterator[Rate]:
    for row in facts.snapshot.list_prices:
        given, output = Decimal(str(row.input_usd_per_m)), Decimal(str(row.output_usd_per_m))
        cached = Decimal(str(row.cached_usd_per_m)) if row.cached_usd_per_m is not None else given
        batch = (
            (Tier(0, *(p * Decimal(str(row.batch_share)) for p in (given, cached, output))),) if row.batch_share else ()
        )
        yield Rate(row.id, (Tier(0, given, cached, output),), batch, False, row.source, row.as_of)
