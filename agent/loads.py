"""What another load would cost: half, double and ten times the volume, more thinking, and where renting breaks even."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from math import ceil

import numpy as np

from ..knowledge.facts import Facts
from ..tools.cost import HOURS_PER_MONTH, api_bill
from ..tools.hardware import (
    BYTES,
    CARD_SHARE,
    OVERHEAD,
    cards_needed,
    cheapest_rent,
    saturated_tokens_per_second,
    weights_gb,
)
from .advice import BreakEven, Cost, Hardware, Params, Statement
from .economics import COUNTS, GB, MOST_CARDS, SIZING_TOKENS
from .findings import CENT, price_cites, row_of, volume_of
from .need import seconds_a_request
from .options import TEXT_KINDS
from .score import Scored
from .shortlist import Shortlist

VOLUMES = (("x0.5", Decimal("0.5")), ("x2", Decimal(2)), ("x10", Decimal(10)))
MORE_THINKING = 1_000
AS_GOOD = 0.10
MOST_REQUESTS = 1e9
STEPS = 40


@dataclass(frozen=True, slots=True)
class Load:
    """What cards must carry: sequences at once, tokens that each holds, tokens a second at the peak."""

    concurrency: int
    tokens: float
    peak: float


@dataclass(frozen=True, slots=True)
class Card:
    """A card for rent: GB, bf16 TFLOPS, and its lowest and highest hourly price in USD."""

    gb: float
    tflops: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rental:
    """The cheapest like cards for a load: how many, and a month's rent in USD from the lowest and highest seller."""

    cards: int
    low: float
    high: float


def with_loads(found: Shortlist, scored: Scored, option: int, cost: Cost) -> Cost:
    """Return the cost with its scenarios and its break-even; owned hardware has neither."""
    if cost.basis == "owned_hardware" or cost.monthly_usd is None:
        return cost
    scenarios = tuple((name, usd.quantize(CENT)) for name, usd in _scenarios(found, option))
    return cost.model_copy(update={"scenarios": scenarios, "break_even": break_even(found, scored, option)})


def monthly_at(found: Shortlist, option: int, factor: Decimal, *, thinking: int = 0) -> Decimal | None:
    """USD a month at a multiple of the need's volume; rented cards are counted anew for the load."""
    row = row_of(found, option)
    if row.rate is not None:
        volume = volume_of(found, option)
        return api_bill(row.rate, replace(volume, reasoning=volume.reasoning + thinking)).monthly * factor
    if found.economics.owned is not None:
        return Decimal(0)
    rental = rent_for(found, option, load_of(found, option, float(factor) * found.need.requests, thinking=thinking))
    return Decimal(str(round(rental.low, 6))) if rental else None


def _scenarios(found: Shortlist, option: int) -> Iterator[tuple[str, Decimal]]:
    """Volumes, then 1,000 thinking tokens more a request where the model writes text at all."""
    asked = [(name, factor, 0) for name, factor in VOLUMES]
    if row_of(found, option).model.kind in TEXT_KINDS:
        asked.append((f"reasoning+{MORE_THINKING}", Decimal(1), MORE_THINKING))
    for name, factor, thinking in asked:
        usd = monthly_at(found, option, factor, thinking=thinking)
        if usd is not None:
            yield name, usd


def load_of(found: Shortlist, option: int, requests: float, *, thinking: int = 0) -> Load:
    """Return what so many requests a month ask of the cards, at the need's ratio of peak to mean."""
    need = found.need
    spoken = need.output + float(found.options.reasoning[option]) + thinking
    peak = need.peak_rps * requests / need.requests
    at_once = max(1, round(peak * seconds_a_request(need.output)))
    return Load(at_once, max(SIZING_TOKENS, need.input + spoken), peak * spoken)


def rent_for(found: Shortlist, option: int, load: Load) -> Rental | None:
    """Return the cheapest set of like cards that holds a load and serves its peak, as `economics` does for the need."""
    options, model = found.options, row_of(found, option).model
    cache = float(options.kv_token[option]) * load.tokens + float(options.kv_sequence[option])
    needed = float(options.weights_gb[option]) * (1 + OVERHEAD) + cache * load.concurrency / GB
    a_teraflop = saturated_tokens_per_second(model, 1.0)
    busy = load.peak / a_teraflop if a_teraflop else 0.0
    best: Rental | None = None
    for card in _fleet(options.facts, found.need.said.company_region):
        cards = whole_machines(max(needed / (card.gb * CARD_SHARE), busy / card.tflops if card.tflops else 0.0))
        hours = cards * HOURS_PER_MONTH if cards else 0
        if hours and (best is None or hours * card.low < best.low):
            best = Rental(cards, hours * card.low, hours * card.high)
    return best


@lru_cache(maxsize=16)
def _fleet(facts: Facts, region: str | None) -> tuple[Card, ...]:
    """Cards for rent that are sold where the company is."""
    return tuple(
        Card(max(d.memory_gb), d.tflops_bf16, rent.usd_per_hour, max(r.usd_per_hour for r in d.rents))
        for d in facts.devices.values()
        if d.kind in ("datacentre", "workstation") and (rent := cheapest_rent(d)) and region not in d.not_sold_in
    )


def whole_machines(wanted: float) -> int:
    """Cards rounded up to 1, 2, 4, 8, then to whole machines of eight; 0 where no number of cards is known to do."""
    if not wanted <= MOST_CARDS:
        return 0
    return next((count for count in COUNTS if wanted <= count), ceil(wanted / 8) * 8)


def break_even(found: Shortlist, scored: Scored, option: int) -> BreakEven | None:
    """Compare a pick with the cheapest open option of the other kind whose task value is at most .10 below its own."""
    if found.economics.owned is not None:
        return None
    other = _cheapest_other_kind(found, scored, option)
    if other is None:
        return None
    api, weights = (option, other) if found.options.is_api[option] else (other, option)
    rate = row_of(found, api).rate
    each = float(api_bill(rate, volume_of(found, api)).per_request) if rate else 0.0
    low, high = (_least_requests(found, weights, each, dear=dear) for dear in (False, True))
    return BreakEven(
        api=row_of(found, api).model.name, api_option=row_of(found, api).option,
        weights=row_of(found, weights).model.name, weights_option=row_of(found, weights).option,
        requests=low, low=low, high=high, cites=(*price_cites(found, api), *price_cites(found, weights)),
    )  # fmt: skip


def _cheapest_other_kind(found: Shortlist, scored: Scored, option: int) -> int | None:
    task, monthly, is_api = scored.part("task"), found.economics.monthly, found.options.is_api
    good = found.open & (is_api != is_api[option]) & (task >= task[option] - AS_GOOD) & (monthly > 0)
    cheapest = np.flatnonzero(good & (monthly == np.min(monthly[good], initial=np.inf)))
    return min((int(n) for n in cheapest), key=lambda n: found.options.names[n], default=None)


def _least_requests(found: Shortlist, weights: int, api_each: float, *, dear: bool) -> int | None:
    """Find the least load whose rent the API's bill reaches, climbing from the rent of a single request at a time.

    A request's share of the rent falls with the load: where it is too dear at the most, it is at every load.
    """
    at_most = rent_for(found, weights, load_of(found, weights, MOST_REQUESTS))
    if at_most is None or (at_most.high if dear else at_most.low) > api_each * MOST_REQUESTS:
        return None
    requests, rent = 0.0, -1.0
    for _ in range(STEPS):
        rental = rent_for(found, weights, load_of(found, weights, requests))
        if rental is None:
            return None
        now = rental.high if dear else rental.low
        if now <= rent:
            return ceil(round(requests, 6))
        rent, requests = now, now / api_each
        if requests > MOST_REQUESTS:
            return None
    return None


def with_standby(found: Shortlist, option: int, hardware: Hardware) -> Hardware:
    """Return the hardware with what a second copy of the model needs, so that one card's failure stops nothing."""
    owned, money = found.economics.owned, found.economics
    if owned is not None:
        if owned.kind != "gpu" or not hardware.gpus:
            return hardware
        copies = 2 * cards_needed(hardware.total_gb, owned.gb_each)
        return hardware.model_copy(update={"standby_gpus": max(0, copies - owned.count)})
    device = money.devices[int(money.device[option])]
    rent = cheapest_rent(device)
    copy = whole_machines(hardware.total_gb / (max(device.memory_gb) * CARD_SHARE))
    if rent is None or not copy:
        return hardware
    usd = Decimal(str(rent.usd_per_hour)) * HOURS_PER_MONTH * (hardware.gpus + copy)
    return hardware.model_copy(update={"standby_gpus": copy, "standby_usd": usd.quantize(CENT)})


def precision_risk(found: Shortlist, option: int, hardware: Hardware | None) -> Iterator[Statement]:
    """Warn of weights below the precision they are published in: the figures were measured at that one."""
    row = row_of(found, option)
    weights, precision = row.model.weights, row.option.precision
    if hardware is None or weights is None or BYTES[str(precision)] >= BYTES[weights.precisions[0]]:
        return
    size = weights_gb(row.model, weights.precisions[0])
    needed = 0.0 if size is None else round(size * (1 + OVERHEAD) + hardware.kv_gb, 1)
    params: Params = {
        "model": row.model.name,
        "precision": precision,
        "native": weights.precisions[0],
        "total_gb": needed if needed > hardware.capacity_gb else None,
        "capacity_gb": hardware.capacity_gb,
    }
    yield Statement(text_id="risk.precision", params=params, cites=hardware.cites)
