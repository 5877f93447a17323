"""Bills: tiers at their edge, parts that add up, a month that is never one call, figures known from price lists."""

import datetime as dt
from decimal import Decimal
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge.prices import Rate, Tier, rate_card
from modelwise.tools.cost import (
    Bill,
    BreakEven,
    Hosting,
    Volume,
    affordable_requests,
    announced_bills,
    api_bill,
    break_even_by_sets,
    break_even_range,
    break_even_requests,
    hosting_bill,
    mixed_bill,
    peak_bill,
    rented_bill,
    scaled,
)

DAY = dt.date(2026, 11, 21)
LUNA = "openai/gpt-6-luna"
HAIKU = "anthropic/claude-haiku-5-5"
FLASH = "deepseek/deepseek-flash"


def rate(*tiers: Tier, batch: tuple[Tier, ...] = ()) -> Rate:
    return Rate("p/m", tiers, batch, False, "a-source", DAY)


def tier(over: int, given: str, cached: str, output: str) -> Tier:
    return Tier(over, Decimal(given), Decimal(cached), Decimal(output))


PRICES = st.decimals(min_value=0, max_value=500, places=4)
VOLUMES = st.builds(
    Volume,
    requests=st.integers(0, 10**9),
    input=st.integers(0, 10**7),
    output=st.integers(0, 10**6),
    reasoning=st.integers(0, 10**6),
    cached_share=st.floats(0, 1).map(lambda share: Decimal(str(share))),
    batch=st.booleans(),
)


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    """A list that gets dearer with size, its cached price at most its input price, as every real list."""
    given, cached, output = draw(PRICES), draw(PRICES), draw(PRICES)
    base = Tier(0, max(given, cached), min(given, cached), output)
    factor = draw(st.sampled_from([Decimal(1), Decimal("1.5"), Decimal(5)]))
    over = draw(st.integers(1, 10**6))
    rows = (base, Tier(over, base.input * factor, base.cached * factor, base.output * factor))
    half = tuple(Tier(row.over, row.input / 2, row.cached / 2, row.output / 2) for row in rows)
    return rate(*rows, batch=half if draw(st.booleans()) else ())


def larger(volume: Volume, field: str, more: int) -> Volume:
    values = {
        name: getattr(volume, name) for name in ("requests", "input", "output", "reasoning", "cached_share", "batch")
    }
    return Volume(**{**values, field: values[field] + more})


@given(rates(), VOLUMES)
def test_parts_sum_to_the_month_exactly(price: Rate, volume: Volume) -> None:
    bill = api_bill(price, volume)
    assert sum((part.usd for part in bill.parts), Decimal(0)) == bill.monthly


@given(rates(), VOLUMES)
def test_a_month_is_its_requests_to_a_billionth(price: Rate, volume: Volume) -> None:
    bill = api_bill(price, volume)
    assert abs(bill.per_request * volume.requests - bill.monthly) <= bill.monthly * Decimal("1e-9")


@given(rates(), VOLUMES, st.sampled_from(["requests", "input", "output", "reasoning"]), st.integers(0, 10**6))
def test_no_volume_costs_less_when_it_grows(price: Rate, volume: Volume, field: str, more: int) -> None:
    before, after = api_bill(price, volume).monthly, api_bill(price, larger(volume, field, more)).monthly
    assert after - before >= -before * Decimal("1e-20")


@given(rates(), VOLUMES, st.sampled_from(["requests", "output", "reasoning"]), st.integers(0, 10**6))
def test_cost_is_additive_in_each_volume(price: Rate, volume: Volume, field: str, more: int) -> None:
    rest = larger(volume, field, -getattr(volume, field))
    whole = api_bill(price, larger(volume, field, more)).monthly + api_bill(price, rest).monthly
    split = api_bill(price, volume).monthly + api_bill(price, larger(rest, field, more)).monthly
    assert abs(whole - split) <= whole * Decimal("1e-20")


@given(PRICES, PRICES, st.integers(0, 10**6), st.integers(0, 10**6))
def test_cost_is_additive_in_the_input_of_one_tier(price: Decimal, cached: Decimal, one: int, other: int) -> None:
    flat = rate(Tier(0, price, cached, Decimal(0)))
    monthly = [
        api_bill(flat, Volume(7, tokens, 0, cached_share=Decimal("0.25"))).monthly
        for tokens in (one, other, one + other)
    ]
    assert monthly[0] + monthly[1] == monthly[2]


@pytest.mark.parametrize(("tokens", "price"), [(0, 1), (1, 1), (272_000, 1), (272_001, 2), (10**6, 2)])
def test_the_tier_is_the_whole_request_s(tokens: int, price: int) -> None:
    tiered = rate(tier(0, "1", "0.1", "4"), tier(272_000, "2", "0.2", "8"))
    assert api_bill(tiered, Volume(1, tokens, 1000)).per_request == Decimal(price * (tokens + 4 * 1000)) / 10**6


@given(st.integers(1, 272_000), st.integers(1, 10**9))
def test_a_month_is_never_priced_as_one_call(tokens: int, requests: int) -> None:
    tiered = rate(tier(0, "1", "0.1", "4"), tier(272_000, "2", "0.2", "8"))
    assert api_bill(tiered, Volume(requests, tokens, 0)).monthly == Decimal(tokens) * requests / 10**6


def test_reasoning_is_billed_as_output() -> None:
    flat = rate(tier(0, "1", "0.1", "4"))
    assert api_bill(flat, Volume(10, 100, 0, reasoning=50)).monthly == api_bill(flat, Volume(10, 100, 50)).monthly


@pytest.mark.parametrize(("share", "usd"), [("0", "1"), ("0.5", "0.55"), ("1", "0.1")])
def test_the_cached_share_pays_the_cached_price(share: str, usd: str) -> None:
    flat = rate(tier(0, "1", "0.1", "4"))
    assert api_bill(flat, Volume(1, 10**6, 0, cached_share=Decimal(share))).monthly == Decimal(usd)


def test_batch_pays_the_batch_row_and_the_list_where_there_is_none() -> None:
    listed = tier(0, "1", "0.1", "4")
    volume = Volume(1, 10**6, 0, batch=True)
    assert api_bill(rate(listed, batch=(tier(0, "0.5", "0.05", "2"),)), volume).monthly == Decimal("0.5")
    assert api_bill(rate(listed), volume).monthly == 1


def test_parts_name_their_formula_and_leave_out_what_is_not_used() -> None:
    bill = api_bill(rate(tier(0, "0.10", "0.01", "0.50")), Volume(2_000_000, 800, 200))
    assert [(p.name, p.usd, p.formula) for p in bill.parts] == [
        ("input", Decimal(160), "2,000,000 x 800 x $0.1/M"),
        ("output", Decimal(200), "2,000,000 x 200 x $0.5/M"),
    ]


def listed(tiny: ModuleType, price_id: str) -> Rate:
    found: Rate = rate_card(tiny.priced([price_id]), DAY).rates[price_id]
    return found


def test_gpt_6_luna_answers_two_million_requests_for_360_dollars(tiny: ModuleType) -> None:
    assert api_bill(listed(tiny, LUNA), Volume(2_000_000, 800, 200)).monthly == 360


def test_deepseek_flash_costs_960_dollars_at_its_peak_hours(tiny: ModuleType) -> None:
    assert api_bill(listed(tiny, FLASH), Volume(2_000_000, 800, 200)).monthly == 960


@pytest.mark.parametrize(("tokens", "usd"), [(100_000, "0.0105"), (100_001, "0.0525005")])
def test_haiku_5_5_is_five_times_dearer_from_100_001_tokens(tiny: ModuleType, tokens: int, usd: str) -> None:
    assert api_bill(listed(tiny, HAIKU), Volume(1, tokens, 1000)).per_request == Decimal(usd)


@pytest.mark.parametrize(("tokens", "usd"), [(272_000, "0.0272"), (272_001, "0.0544002")])
def test_gpt_6_luna_doubles_from_272_001_tokens(tiny: ModuleType, tokens: int, usd: str) -> None:
    assert api_bill(listed(tiny, LUNA), Volume(1, tokens, 0)).per_request == Decimal(usd)


def test_two_rented_cards_run_730_hours_a_month() -> None:
    bill = rented_bill(Decimal("2.5"), 2, 1000)
    assert (bill.monthly, bill.per_request) == (Decimal(3650), Decimal("3.65"))
    assert bill.parts[0].formula == "2 x 730 h x $2.5/h"
    assert rented_bill(Decimal("2.5"), 2, 0).per_request == 0


@given(st.decimals("0.00000001", 10, places=8), st.decimals(0, 10**6, places=2))
def test_break_even_is_the_first_volume_at_which_rent_is_no_dearer(api: Decimal, rent: Decimal) -> None:
    requests = break_even_requests(api, rent)
    assert requests is not None
    assert requests * api >= rent
    assert requests == 0 or (requests - 1) * api < rent


def test_rent_never_pays_against_what_is_free() -> None:
    assert break_even_requests(Decimal(0), Decimal(100)) is None


@given(st.decimals("0.00000001", 10, places=8), st.decimals(0, 10**9, places=2))
def test_a_budget_pays_for_what_it_affords_and_not_for_one_more(per_request: Decimal, budget: Decimal) -> None:
    requests = affordable_requests(per_request, budget)
    assert requests * per_request <= budget < (requests + 1) * per_request


def test_a_free_request_has_no_count() -> None:
    assert affordable_requests(Decimal(0), Decimal(100)) == 0


def test_scaled_multiplies_the_month() -> None:
    bill = Bill(Decimal(1), Decimal(100), ())
    assert scaled([bill], [Decimal("0.5"), Decimal(10)]) == (Decimal(50), Decimal(1000))


@given(st.lists(st.tuples(rates(), VOLUMES), max_size=4))
def test_a_mix_is_the_sum_of_its_shapes(orders: list[tuple[Rate, Volume]]) -> None:
    bill = mixed_bill(orders)
    whole = sum((api_bill(price, volume).monthly for price, volume in orders), Decimal(0))
    assert abs(bill.monthly - whole) <= whole * Decimal("1e-20")
    assert sum((part.usd for part in bill.parts), Decimal(0)) == bill.monthly


@given(PRICES, st.integers(0, 10**6), st.integers(0, 1000))
def test_the_share_at_peak_lies_between_all_quiet_and_all_busy(price: Decimal, requests: int, share: int) -> None:
    quiet, busy = (rate(Tier(0, usd, usd, usd)) for usd in (price, price * 2))
    volume = Volume(requests, 800, 200)
    low, mixed, high = (peak_bill(busy, quiet, volume, Decimal(s) / 1000).monthly for s in (0, share, 1000))
    assert low <= mixed <= high == low * 2


@pytest.mark.parametrize("share", ["-0.1", "1.1"])
def test_a_share_at_peak_is_from_nothing_to_all(share: str) -> None:
    flat = rate(tier(0, "1", "1", "1"))
    with pytest.raises(ValueError, match="peak_share"):
        peak_bill(flat, flat, Volume(1, 1, 1), Decimal(share))


def test_announced_changes_come_in_the_order_of_their_days_and_past_ones_not_at_all() -> None:
    now, later, last = (rate(tier(0, usd, usd, usd)) for usd in ("1", "2", "3"))
    days = [DAY + dt.timedelta(days=n) for n in (40, -1, 0, 10)]
    changes = zip(days, (last, last, last, later), strict=True)
    bills = announced_bills(DAY, now, changes, Volume(1, 10**6, 0))
    assert [(b.since, b.bill.monthly) for b in bills] == [
        (day, Decimal(usd)) for day, usd in ((DAY, 1), (days[3], 2), (days[0], 3))
    ]


def test_a_spare_card_and_people_are_parts_of_hosting() -> None:
    bill = hosting_bill(Hosting(1, Decimal("1.39"), spare=1, engineering=Decimal(1500)), 1000)
    assert [(p.name, p.usd) for p in bill.parts] == [
        ("rent", Decimal("1014.70")),
        ("spare", Decimal("1014.70")),
        ("engineering", 1500),
    ]
    assert (bill.monthly, bill.per_request) == (Decimal("3529.40"), Decimal("3.5294"))
    assert hosting_bill(Hosting(2, Decimal("2.5")), 0) == rented_bill(Decimal("2.5"), 2, 0)


SETS = st.builds(
    Hosting, st.integers(1, 8), st.decimals("0.1", 20, places=2), st.integers(0, 8), st.decimals(0, 20_000, places=0)
)


@given(st.decimals("0.00001", "0.1", places=5), SETS, st.integers(1, 10**7))
def test_from_the_break_even_on_hosting_pays_and_just_before_it_does_not(
    api: Decimal, hosting: Hosting, capacity: int
) -> None:
    def dearer(requests: int) -> bool:
        sets = -(-requests // capacity)
        rent = hosting.card_monthly * (hosting.cards * sets + hosting.spare) + hosting.engineering
        return rent > api * requests

    found = break_even_by_sets(api, hosting, capacity)
    if found is None:
        assert api * capacity <= hosting.card_monthly * hosting.cards
    else:
        assert not dearer(found)
        assert dearer(found - 1) or found == 1


def test_the_range_meets_the_best_prices_with_the_worst() -> None:
    cards = [Hosting(1, Decimal(usd)) for usd in (2, 1)]
    assert break_even_range([Decimal("0.00018"), Decimal("0.00036")], cards) == BreakEven(2_027_778, 8_111_112)
    assert break_even_range([Decimal(0), Decimal(1)], cards) == BreakEven(730, None)
