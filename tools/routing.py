"""What a split of the requests between a cheap and a strong model costs, and what it risks."""

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from ..knowledge.prices import Rate
from .cost import Bill, Volume, api_bill


@dataclass(frozen=True, slots=True)
class Leg:
    """One model of the split: its rate, and the tokens that it takes and makes a request; `shape.requests` is ignored.

    Each leg has its own shape, since a strong model often thinks where the cheap one does not.
    """

    rate: Rate
    shape: Volume

    def bill(self, requests: int) -> Bill:
        """Return the month's bill for this many requests."""
        return api_bill(self.rate, replace(self.shape, requests=requests))


@dataclass(frozen=True, slots=True)
class Risk:
    """What quality the split gives up: hard requests a month that the cheap model answers, wrong answers they add.

    `added_errors` is None where the two models' accuracy on hard requests was not given: unknown is not zero.
    """

    misrouted: int
    added_errors: Decimal | None


@dataclass(frozen=True, slots=True)
class Split:
    """A month of routing in USD beside the same month with the strong model alone; `risk` is None until stated."""

    cheap_requests: int
    strong_requests: int
    cheap: Bill
    strong: Bill
    router: Decimal
    monthly: Decimal
    all_strong: Decimal
    risk: Risk | None = None

    @property
    def saves(self) -> Decimal:
        """USD a month against the strong model alone; negative where the split costs more."""
        return self.all_strong - self.monthly


def split(
    cheap: Leg,
    strong: Leg,
    *,
    requests: int,
    hard_share: Decimal,
    cascade: bool = False,
    router_usd: Decimal = Decimal(0),
) -> Split:
    """Price a split: `hard_share` (0 to 1) goes to the strong model, in whole requests rounded up.

    In a cascade the cheap model tries every request first, so the hard ones are paid twice; else a router decides
    beforehand, at `router_usd` a request.
    """
    hard = _share(requests, hard_share)
    tried = requests if cascade else requests - hard
    cheap_bill, strong_bill, router = cheap.bill(tried), strong.bill(hard), router_usd * requests
    return Split(
        tried,
        hard,
        cheap_bill,
        strong_bill,
        router,
        cheap_bill.monthly + strong_bill.monthly + router,
        strong.bill(requests).monthly,
    )


def with_risk(
    found: Split,
    *,
    missed_share: Decimal,
    cheap_accuracy: Decimal | None = None,
    strong_accuracy: Decimal | None = None,
) -> Split:
    """State the quality risk: `missed_share` (0 to 1) of the hard requests is taken for easy.

    The accuracies (0 to 1) are those on hard requests; the errors added are the missed times their difference.
    The cost stays that of the split as planned: a missed request would cost less, and answer worse.
    """
    missed = _share(found.strong_requests, missed_share)
    known = cheap_accuracy is not None and strong_accuracy is not None
    added = missed * (strong_accuracy - cheap_accuracy) if known else None  # type: ignore[operator]
    return replace(found, risk=Risk(missed, added))


def share_that_saves_nothing(
    cheap: Leg, strong: Leg, *, cascade: bool = False, router_usd: Decimal = Decimal(0)
) -> Decimal:
    """Return the share of hard requests (0 to 1) from which the split costs no less than the strong model alone."""
    easy, hard = cheap.bill(1).per_request, strong.bill(1).per_request
    gain = hard - easy - router_usd
    per_hard_request = hard if cascade else hard - easy
    if gain <= 0 or per_hard_request <= 0:
        return Decimal(0)
    return min(Decimal(1), gain / per_hard_request)


def _share(requests: int, share: Decimal) -> int:
    if not 0 <= share <= 1:
        raise ValueError(f"share={share!r} is not accepted: from 0 to 1")
    return int((requests * share).to_integral_value(ROUND_CEILING))
