"""Monthly cost, cards and seconds of every option for a need, as arrays."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..knowledge.facts import Facts
from ..knowledge.schema import Device
from ..tools.cost import HOURS_PER_MONTH
from ..tools.hardware import (
    CARD_SHARE,
    DENSE_SATURATION,
    DEVICE_SHARE,
    MOE_SATURATION,
    OVERHEAD,
    cheapest_rent,
)
from .defaults import load_defaults
from .need import THINKING_TASKS, Need
from .options import NAN, Floats, Ints, Options

SIZING_TOKENS = 8_192
COUNTS = (1, 2, 4, 8)
MOST_CARDS = 1e6
MILLION = 1e6
GB = 1e9


@dataclass(frozen=True, slots=True)
class Owned:
    """The hardware a person has: GB a card or device, how many, its share that may be used."""

    gb_each: float
    count: int
    share: float
    device: Device | None
    kind: str

    @property
    def usable_gb(self) -> float:
        """GB over all cards that weights, cache and overhead may take."""
        return self.gb_each * self.count * self.share


@dataclass(frozen=True, eq=False)
class Economics:
    """Per option: USD a month today, at its dearest and on average, cards, GB, seconds; NaN is unknown."""

    monthly: Floats
    worst: Floats
    expected: Floats
    per_million: Floats
    needed_gb: Floats
    cards: Ints
    device: Ints
    devices: tuple[Device, ...]
    seconds: Floats
    seconds_measured: Floats
    saturated: Floats
    owned: Owned | None


def price_options(options: Options, need: Need) -> Economics:
    """Price every option for the need: APIs by the token, weights by the cards that serve them."""
    owned = owned_hardware(need, options.facts)
    on_offer = _rentable(options.facts, need.said.company_region)
    needed = _memory(options, need)
    cards, device, rent = _cheapest_cards(options, need, needed, on_offer)
    today = _api_cost(options, need, options.tiers, np.flatnonzero(options.is_api))
    worst, expected = today.copy(), today.copy()
    for later, tiers in ((worst, options.worst_tiers), (expected, options.mean_tiers)):
        later[options.changing] = _api_cost(options, need, tiers, options.changing)[options.changing]
    hosted = np.zeros(len(options)) if owned else rent
    monthly = np.where(options.is_api, today, hosted)
    in_mean = np.where(options.is_api, expected, hosted)
    tokens = need.requests * (need.input + need.output + options.reasoning) / MILLION
    seconds, measured = _seconds(options, need)
    return Economics(
        monthly,
        np.where(options.is_api, worst, hosted),
        in_mean,
        in_mean / np.maximum(tokens, 1e-9),
        needed,
        cards,
        device,
        tuple(device for device, _ in on_offer),
        seconds,
        measured,
        _saturated(options, owned),
        owned,
    )


def owned_hardware(need: Need, facts: Facts) -> Owned | None:
    """Return the hardware that was said, or None: cards by name or memory, or a device's RAM."""
    r = need.said
    if r.device in DEVICE_SHARE:
        ram = r.ram_gb or load_defaults().device_ram_gb[r.device]
        return Owned(ram, 1, DEVICE_SHARE[r.device], None, r.device)
    named = find_device(facts, r.gpu) if r.gpu else None
    count = r.gpu_count or 1
    if r.gpu_mem_gb:
        return Owned(r.gpu_mem_gb / count, count, CARD_SHARE, named, "gpu")
    if named:
        return Owned(min(named.memory_gb), count, CARD_SHARE, named, "gpu")
    return Owned(r.ram_gb, 1, DEVICE_SHARE["laptop"], None, "laptop") if r.ram_gb and not r.gpu else None


def find_device(facts: Facts, name: str) -> Device | None:
    """Return the device whose name or alias the words name; the longest match wins."""
    wanted = _squeezed(name)
    best: tuple[int, Device] | None = None
    for device in facts.devices.values():
        for alias in (device.id, device.name, *device.aliases):
            flat = _squeezed(alias)
            if (flat in wanted or wanted in flat) and (best is None or len(flat) > best[0]) and len(flat) >= 2:
                best = (len(flat) if flat in wanted else 1, device) if best is None or flat in wanted else best
    return best[1] if best else None


def _squeezed(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum()).removeprefix("nvidia").removeprefix("geforce")


@lru_cache(maxsize=32)
def _rentable(facts: Facts, region: str | None) -> tuple[tuple[Device, float], ...]:
    """Return the cards that a company can rent with USD an hour, without those that a cheaper one outdoes."""
    on_offer = [
        (device, rent.usd_per_hour)
        for device in facts.devices.values()
        if device.kind in ("datacentre", "workstation") and region not in device.not_sold_in
        if (rent := cheapest_rent(device))
    ]
    return tuple(
        (device, usd)
        for device, usd in on_offer
        if not any(less < usd and _outdoes(other, device) for other, less in on_offer)
    )


def _outdoes(one: Device, other: Device) -> bool:
    """Whether a card has no less memory and no less throughput; unknown throughput counts as enough."""
    throughput = [device.tflops_bf16 or np.inf for device in (one, other)]
    return max(one.memory_gb) >= max(other.memory_gb) and throughput[0] >= throughput[1]


def sequence_tokens(need: Need, reasoning: float) -> float:
    """Tokens that one sequence holds in the cache: at least 8K, so that a sizing is not for a toy."""
    return max(SIZING_TOKENS, need.input + need.output + reasoning)


def _memory(options: Options, need: Need) -> Floats:
    device = need.said.device in DEVICE_SHARE
    tokens = np.maximum(0 if device else SIZING_TOKENS, need.input + need.output + options.reasoning)
    cache = (options.kv_token * tokens + options.kv_sequence) * need.concurrency / GB
    return options.weights_gb * (1 + OVERHEAD) + cache


def _cheapest_cards(
    options: Options, need: Need, needed: Floats, on_offer: tuple[tuple[Device, float], ...]
) -> tuple[Ints, Ints, Floats]:
    """Return the cheapest rented set of like cards that holds the need and serves its peak."""
    rows = np.flatnonzero(np.isfinite(needed))
    best_cost = np.full(len(rows), np.inf)
    best_cards, best_device = np.zeros(len(rows), dtype=np.int64), np.full(len(rows), -1, dtype=np.int64)
    busy = _peak_load(options, need)[rows]
    for number, (device, usd) in enumerate(on_offer):
        fits = needed[rows] / (max(device.memory_gb) * CARD_SHARE)
        wanted = np.maximum(fits, busy / device.tflops_bf16) if device.tflops_bf16 else fits
        cards = _next_count(wanted)
        cost = cards * usd * HOURS_PER_MONTH
        better = np.isfinite(cost) & (cost < best_cost)
        best_cost[better], best_device[better] = cost[better], number
        best_cards[better] = cards[better].astype(np.int64)
    rents = np.full(len(options), NAN)
    counts, numbers = np.zeros(len(options), dtype=np.int64), np.full(len(options), -1, dtype=np.int64)
    counts[rows], numbers[rows] = best_cards, best_device
    rents[rows] = np.where(np.isfinite(best_cost), best_cost, NAN)
    return counts, numbers, rents


def _peak_load(options: Options, need: Need) -> Floats:
    """Cards of one TFLOPS that serve the peak of tokens a second; none where no volume was said."""
    if not need.asked("monthly_requests", "peak_rps"):
        return np.zeros(len(options))
    return need.peak_rps * (need.output + options.reasoning) / _saturation(options, 1.0)


_SOLD = np.array([next(count for count in COUNTS if needed <= count) for needed in range(COUNTS[-1] + 1)], dtype=float)


def _next_count(wanted: Floats) -> Floats:
    """Cards rounded up to 1, 2, 4, 8, then to whole machines of eight; infinite above MOST_CARDS or where unknown."""
    wanted = np.where(wanted <= MOST_CARDS, wanted, np.inf)
    few = _SOLD[np.ceil(np.minimum(wanted, COUNTS[-1])).astype(np.int64)]
    return np.asarray(np.where(wanted <= COUNTS[-1], few, np.ceil(wanted / 8) * 8))


def _api_cost(options: Options, need: Need, tiers: Floats, rows: Ints) -> Floats:
    """USD a month for some rows: one request in the tier its input falls into, times the requests."""
    table = tiers[rows]
    if need.batch:
        batch = options.batch_tiers[rows]
        table = np.where(np.isnan(batch), table, batch)
    given, output = (np.round(tokens * options.factor[rows]) for tokens in (need.input, need.output))
    chosen = np.maximum(((given[:, None] > table[:, :, 0]) | (table[:, :, 0] == 0)).sum(axis=1) - 1, 0)
    row = table[np.arange(len(rows)), chosen]
    cached = need.cached_share
    each = given * ((1 - cached) * row[:, 1] + cached * row[:, 2]) + (output + options.reasoning[rows]) * row[:, 3]
    cost = np.full(len(options), NAN)
    cost[rows] = np.round(each / MILLION * need.requests, 6)
    return cost


def _seconds(options: Options, need: Need) -> tuple[Floats, Floats]:
    """Seconds an answer: estimated by tier and effort, and measured ones for tasks that think."""
    d = load_defaults()
    first = np.where(options.reasoning > 0, d.first_token_seconds["thinking"], d.first_token_seconds["none"])
    estimated = first + (need.output + options.reasoning) / options.speed
    thinking = need.task in THINKING_TASKS
    return estimated, options.measured_seconds if thinking else np.full(len(options), NAN)


def _saturation(options: Options, tflops: float) -> Floats:
    share = np.where(options.params_active < options.params_total, MOE_SATURATION, DENSE_SATURATION)
    return share * tflops * 1e12 / (2 * np.maximum(options.params_active, 1e-3) * 1e9)


def _saturated(options: Options, owned: Owned | None) -> Floats:
    """Return output tokens a second of the own cards under full load; NaN where their speed is not known."""
    tflops = owned.device.tflops_bf16 if owned and owned.device else None
    return _saturation(options, tflops) * owned.count if owned and tflops else np.full(len(options), NAN)
