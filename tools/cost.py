"""What a request and a month cost: API tokens with tiers, cache, batch and reasoning; rented and owned cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

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


def rented_bill(usd_per_hour: Decimal, cards: int, requests: int) -> Bill:
    """Cards rented round the clock: 730 hours a month, whatever the load."""
    monthly = usd_per_hour * HOURS_PER_MONTH * cards
    part = Part("rent", monthly, f"{cards} x {HOURS_PER_MONTH} h x ${usd_per_hour}/h")
    return Bill(monthly / requests if requests else Decimal(0), monthly, (part,))


def break_even_requests(api_per_request: Decimal, rent_monthly: Decimal) -> int | None:
    """Return requests a month from which a card that can serve them costs no more than the API; None if never."""
    if api_per_request <= 0:
        return None
    whole, rest = divmod(rent_monthly, api_per_request)  # Decimal's // cuts towards zero: -(-a // b) is no ceiling
    return int(whole) + (rest > 0)


def affordable_requests(per_request: Decimal, budget_usd: Decimal) -> int:
    """How many requests a monthly budget pays for."""
    return int(budget_usd // per_request) if per_request > 0 else 0


def scaled(bills: Sequence[Bill], factors: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Monthly cost of the first bill at multiples of its volume."""
    return tuple(bills[0].monthly * factor for factor in factors)


def _formula(requests: int, tokens: Decimal, price: Decimal) -> str:
    return f"{requests:,} x {tokens.normalize():f} x ${price.normalize():f}/M"
