"""Splits: what they cost at both ends, where they stop paying, and that the risk is never silently none."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge.prices import Rate, Tier
from modelwise.tools.cost import Volume
from modelwise.tools.routing import Leg, Risk, share_that_saves_nothing, split, with_risk

SHARES = st.integers(0, 1000).map(lambda n: Decimal(n) / 1000)
USD = st.decimals("0.01", 100, places=2)


def leg(given: str | Decimal, output: str | Decimal, shape: Volume) -> Leg:
    tier = Tier(0, Decimal(given), Decimal(given), Decimal(output))
    return Leg(Rate("p/m", (tier,), (), False, "a-source", dt.date(2026, 11, 21)), shape)


CHEAP = leg("0.1", "0.5", Volume(0, 800, 200))
STRONG = leg("2", "10", Volume(0, 800, 200, reasoning=1000))


def test_each_leg_takes_its_own_tokens() -> None:
    found = split(CHEAP, STRONG, requests=1000, hard_share=Decimal("0.1"))
    assert (found.cheap_requests, found.strong_requests) == (900, 100)
    assert found.cheap.monthly == 900 * Decimal("0.00018")
    assert found.strong.monthly == 100 * Decimal("0.0136")
    assert found.all_strong == 1000 * Decimal("0.0136")
    assert found.saves == found.all_strong - found.monthly


@given(st.integers(0, 10**7), SHARES, st.booleans(), st.decimals(0, "0.01", places=6))
def test_the_parts_make_the_month(requests: int, share: Decimal, cascade: bool, router: Decimal) -> None:
    found = split(CHEAP, STRONG, requests=requests, hard_share=share, cascade=cascade, router_usd=router)
    assert found.monthly == found.cheap.monthly + found.strong.monthly + router * requests
    assert found.cheap_requests == requests - (0 if cascade else found.strong_requests)


@given(st.integers(0, 10**7))
def test_at_the_ends_one_model_answers_everything(requests: int) -> None:
    none, every = (split(CHEAP, STRONG, requests=requests, hard_share=Decimal(share)) for share in (0, 1))
    assert (none.strong_requests, none.strong.monthly) == (0, Decimal(0))
    assert (every.cheap_requests, every.monthly, every.saves) == (0, every.all_strong, Decimal(0))


@given(st.integers(1, 10**6), SHARES, SHARES)
def test_more_hard_requests_never_cost_less_where_the_strong_is_dearer(n: int, one: Decimal, other: Decimal) -> None:
    fewer, more = sorted((one, other))
    cheap, dear = (split(CHEAP, STRONG, requests=n, hard_share=share).monthly for share in (fewer, more))
    assert cheap <= dear


@given(USD, USD, st.booleans())
def test_at_the_share_that_saves_nothing_the_split_costs_what_the_strong_costs(
    one: Decimal, other: Decimal, cascade: bool
) -> None:
    low, high = sorted((one, other))
    cheap, strong = leg(low, low, Volume(0, 1000, 0)), leg(high, high, Volume(0, 1000, 0))
    share = share_that_saves_nothing(cheap, strong, cascade=cascade)
    assert 0 <= share <= 1
    at = split(cheap, strong, requests=10**9, hard_share=share, cascade=cascade)
    if low < high:
        assert abs(at.saves) <= at.all_strong * Decimal("1e-6")
    else:
        assert share == 0


def test_a_router_dearer_than_the_gain_never_pays() -> None:
    assert share_that_saves_nothing(CHEAP, STRONG, router_usd=Decimal(1)) == 0


def test_a_tenth_of_fifteen_requests_is_two() -> None:
    assert split(CHEAP, STRONG, requests=15, hard_share=Decimal("0.1")).strong_requests == 2


def test_the_risk_is_unstated_until_stated_and_unknown_until_measured() -> None:
    plain = split(CHEAP, STRONG, requests=1000, hard_share=Decimal("0.2"))
    assert plain.risk is None
    assert with_risk(plain, missed_share=Decimal("0.1")).risk == Risk(20, None)
    measured = with_risk(
        plain, missed_share=Decimal("0.1"), cheap_accuracy=Decimal("0.4"), strong_accuracy=Decimal("0.9")
    )
    assert measured.risk == Risk(20, Decimal(10))
    assert measured.monthly == plain.monthly


@pytest.mark.parametrize("share", ["-0.1", "1.01"])
def test_a_share_that_is_none_is_refused(share: str) -> None:
    with pytest.raises(ValueError, match="share"):
        split(CHEAP, STRONG, requests=1, hard_share=Decimal(share))
