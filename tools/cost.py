"""What a request and a month cost: API tokens with tiers, cache, batch, reasoning, peak hours and mixes; own cards."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from ..knowledge.prices import Rate

HOURS_PER_MONTH = 730
MILLION = Decimal(1_000_000)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Volume:
    """Requests a month and tokens a request; `reasoning` are thinking tokens, billed as output."""

    requests: int
    input: int
    output: int
    reasoning: int = 0
    cached_share: Decimal = Decimal(0)
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One term of a bill, in USD a month, with the formula that gives it."""

    name: str
    usd: Decimal
    formula: str


@dataclass(frozen=True, slots=True)
class Bill:
    """USD a request and a month, exact, with its parts; parts sum to the month."""

    per_request: Decimal
    monthly: Decimal
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class DatedBill:
    """What a month costs from a day on."""

    since: dt.date
    bill: Bill


@dataclass(frozen=True, slots=True)
class Hosting:
    """Cards of one's own: those that carry the load, spare ones, USD an hour for each, people in USD a month.

    One spare card (or set) is N+1: production without it has no failover.
    """

    cards: int
    usd_per_hour: Decimal
    spare: int = 0
    engineering: Decimal = Decimal(0)

    @property
    def card_monthly(self) -> Decimal:
        """USD a month for one card, round the clock."""
        return self.usd_per_hour * HOURS_PER_MONTH


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Requests a month from which hosting costs no more: at the best and at the worst prices; None is never."""

    low: int | None
    high: int | None


def api_bill(rate: Rate, volume: Volume) -> Bill:
    """Price one request in the tier that its input falls into, times the month's requests.

    A month's tokens are never priced as one call: that would fall into the long-context tier.
    """
    tier = rate.tier(volume.input, batch=volume.batch)
    cached = Decimal(volume.input) * volume.cached_share
    terms = [
        ("input", Decimal(volume.input) - cached, tier.input),
        ("cached_input", cached, tier.cached),
        ("output", Decimal(volume.output), tier.output),
        ("reasoning", Decimal(volume.reasoning), tier.output),
    ]
    parts = tuple(
        Part(name, tokens * price / MILLION * volume.requests, _formula(volume.requests, tokens, price))
        for name, tokens, price in terms
        if tokens
    )
    per_request = sum((tokens * price for _, tokens, price in terms), Decimal(0)) / MILLION
    return Bill(per_request, sum((part.usd for part in parts), Decimal(0)), parts)


def mixed_bill(orders: Iterable[tuple[Rate, Volume]]) -> Bill:
    """Sum requests of several shapes, each priced in its own tier; `per_request` is their mean."""
    known = list(orders)
    requests = sum(volume.requests for _, volume in known)
    parts = tuple(part for rate, volume in known for part in api_bill(rate, volume).parts)
    monthly = sum((part.usd for part in parts), Decimal(0))
    return Bill(monthly / requests if requests else Decimal(0), monthly, parts)


def peak_bill(peak: Rate, off_peak: Rate, volume: Volume, peak_share: Decimal) -> Bill:
    """Price a share (0 to 1) of the requests at the peak's rate, rounded up to whole requests, the rest off-peak."""
    if not 0 <= peak_share <= 1:
        raise ValueError(f"peak_share={peak_share!r} is not accepted: a share from 0 to 1")
    at_peak = int((volume.requests * peak_share).to_integral_value(ROUND_CEILING))
    shares = ((peak, at_peak), (off_peak, volume.requests - at_peak))
    return mixed_bill((rate, replace(volume, requests=requests)) for rate, requests in shares)


def announced_bills(
    today: dt.date, rate: Rate, changes: Iterable[tuple[dt.date, Rate]], volume: Volume
) -> tuple[DatedBill, ...]:
    """Return the bill today and from each day of an announced change, in the order of days."""
    dated = sorted((day, changed) for day, changed in changes if day > today)
    return tuple(DatedBill(day, api_bill(valid, volume)) for day, valid in [(today, rate), *dated])


def rented_bill(usd_per_hour: Decimal, cards: int, requests: int) -> Bill:
    """Cards rented round the clock: 730 hours a month, whatever the load."""
    monthly = usd_per_hour * HOURS_PER_MONTH * cards
    part = Part("rent", monthly, f"{cards} x {HOURS_PER_MONTH} h x ${usd_per_hour}/h")
    return Bill(monthly / requests if requests else Decimal(0), monthly, (part,))


def hosting_bill(hosting: Hosting, requests: int) -> Bill:
    """Add up the cards that work, the spare ones and the people; the load does not change it."""
    hours = f"{HOURS_PER_MONTH} h x ${hosting.usd_per_hour}/h"
    parts = (
        Part("rent", hosting.card_monthly * hosting.cards, f"{hosting.cards} x {hours}"),
        Part("spare", hosting.card_monthly * hosting.spare, f"{hosting.spare} x {hours}"),
        Part("engineering", hosting.engineering, f"${hosting.engineering} a month"),
    )
    monthly = sum((part.usd for part in parts), Decimal(0))
    per_request = monthly / requests if requests else Decimal(0)
    return Bill(per_request, monthly, tuple(part for part in parts if part.usd))


def break_even_requests(api_per_request: Decimal, rent_monthly: Decimal) -> int | None:
    """Return requests a month from which a card that can serve them costs no more than the API; None if never."""
    if api_per_request <= 0:
        return None
    whole, rest = divmod(rent_monthly, api_per_request)  # Decimal's // cuts towards zero: -(-a // b) is no ceiling
    return int(whole) + (rest > 0)


def break_even_by_sets(api_per_request: Decimal, hosting: Hosting, capacity: int) -> int | None:
    """Return the break-even where a set of cards serves `capacity` requests a month and one more is bought whole.

    None where even a full set costs more than the API.
    """
    saved_by_set = api_per_request * capacity - hosting.card_monthly * hosting.cards
    if saved_by_set <= 0:
        return None
    fixed = hosting.card_monthly * hosting.spare + hosting.engineering
    sets = max(1, int((fixed / saved_by_set).to_integral_value(ROUND_CEILING)))
    paid_back = break_even_requests(api_per_request, fixed + hosting.card_monthly * hosting.cards * sets)
    return None if paid_back is None else max(capacity * (sets - 1) + 1, paid_back)


def break_even_range(api_per_request: Sequence[Decimal], hosting: Sequence[Hosting]) -> BreakEven:
    """Return the break-even of the cheapest hosting against the dearest API, and the other way round."""
    months = [hosting_bill(one, 0).monthly for one in hosting]
    return BreakEven(
        break_even_requests(max(api_per_request), min(months)), break_even_requests(min(api_per_request), max(months))
    )


def affordable_requests(per_request: Decimal, budget_usd: Decimal) -> int:
    """How many requests a monthly budget pays for."""
    return int(budget_usd // per_request) if per_request > 0 else 0


def scaled(bills: Sequence[Bill], factors: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return the monthly cost of the first bill at multiples of its volume."""
    return tuple(bills[0].monthly * factor for factor in factors)


def _formula(requests: int, tokens: Decimal, price: Decimal) -> str:
    return f"{requests:,} x {tokens.normalize():f} x ${price.normalize():f}/M"
