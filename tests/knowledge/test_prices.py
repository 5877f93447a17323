"""Rate cards: exact ids, tiers, peak hours, announced changes; equal to the price package for the whole catalog."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from genai_prices import Usage, calc_price
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwise.knowledge.facts import Facts, load_facts
from modelwise.knowledge.prices import PACKAGE, Rate, RateCard, Tier, rate_card

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
DAY = dt.date(2026, 11, 21)
NEW_YEAR = dt.date(2027, 1, 1)
BATCH = {"processing": "batch"}
LUNA, HAIKU = "openai/gpt-6-luna", "anthropic/claude-haiku-5-5"
FLASH, GEMINI = "deepseek/deepseek-flash", "google/gemini-3.8-flash"
OWN = "dashscope/some-model"
EDGES = [0, 1, 99_999, 100_000, 100_001, 128_001, 199_999, 200_000, 200_001, 272_000, 272_001, 10**6]


@cache
def listed() -> dict[str, tuple[Provider, ModelInfo]]:
    """What the price package lists, by provider and id."""
    return {f"{provider.id}/{info.id}": (provider, info) for provider in providers for info in provider.models}


def read(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def offered(path: Path) -> Iterator[str]:
    for model in read(path)["models"]:
        yield from (offer["price_id"] for offer in model.get("offers", ()))


@pytest.fixture(scope="module")
def whole(tiny: ModuleType) -> Facts:
    """Facts with every price id that the catalog names, and our own list prices."""
    ids = {price_id for path in (KNOWLEDGE / "catalog").glob("*.yaml") for price_id in offered(path)}
    rows = {row["id"]: row for path in KNOWLEDGE.glob("list*prices*.yaml") for row in read(path)}
    facts: Facts = tiny.priced(sorted(ids), list_prices=tuple(rows.values()))
    return facts


def price_ids(facts: Facts) -> list[str]:
    return [offer.price_id for model in facts.models.values() for offer in model.offers]


def distinct_prices(info: ModelInfo, day: dt.date, *, batch: bool) -> list[ModelPrice]:
    """The prices of the day's 24 hours, equal ones once."""
    prices: list[ModelPrice] = []
    for hour in range(24):
        at = dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC)
        if (price := info.get_prices(at, BATCH if batch else None)) not in prices:
            prices.append(price)
    return prices


def dearest(info: ModelInfo, day: dt.date, usage: Usage, *, batch: bool) -> Decimal:
    return max(price.calc_price(usage)["total_price"] for price in distinct_prices(info, day, batch=batch))


def by_card(rate: Rate, tokens: int, cached: int, output: int, *, batch: bool) -> Decimal:
    tier = rate.tier(tokens, batch=batch)
    return ((tokens - cached) * tier.input + cached * tier.cached + output * tier.output) / 10**6


@settings(max_examples=40, deadline=None)
@given(
    tokens=st.sampled_from(EDGES) | st.integers(0, 2 * 10**6),
    share=st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
    output=st.integers(0, 10**5),
    batch=st.booleans(),
    day=st.dates(DAY, dt.date(2027, 3, 1)),
)
def test_every_rate_is_what_the_package_asks_at_the_dearest_hour(  # the catalog's every price id, each time
    whole: Facts, tokens: int, share: float, output: int, batch: bool, day: dt.date
) -> None:
    cached = int(tokens * share)
    usage = Usage(input_tokens=tokens, cache_read_tokens=cached, output_tokens=output)
    card = rate_card(whole, day)
    for price_id in set(price_ids(whole)) & listed().keys():
        asked = dearest(listed()[price_id][1], day, usage, batch=batch)
        rate = card.rates.get(price_id)
        assert (by_card(rate, tokens, cached, output, batch=batch) if rate else 0) == asked, price_id


def test_an_aware_hour_asks_what_the_package_asks_then(whole: Facts) -> None:
    at = dt.datetime(DAY.year, DAY.month, DAY.day, 7, tzinfo=dt.UTC)
    usage = Usage(input_tokens=300_000, cache_read_tokens=1000, output_tokens=500)
    for price_id in (LUNA, HAIKU, FLASH, GEMINI):
        provider, info = listed()[price_id]
        asked = calc_price(usage, info.id, provider_id=provider.id, genai_request_timestamp=at)
        assert asked.model is info
        assert by_card(rate_card(whole, DAY).rates[price_id], 300_000, 1000, 500, batch=False) == asked.total_price


def test_every_price_id_of_the_catalog_is_known(whole: Facts) -> None:
    own = {row.id for row in whole.snapshot.list_prices}
    assert len(price_ids(whole)) > 200
    assert [i for i in price_ids(whole) if i not in listed() and i not in own] == []
    assert own & listed().keys() == set(), "a list price would hide the package's"


def test_only_what_is_not_sold_by_the_token_has_no_rate(whole: Facts) -> None:
    without = set(price_ids(whole)) - rate_card(whole, DAY).rates.keys()
    for price_id in without:
        price = listed()[price_id][1].get_prices(dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
        assert (price.input_mtok, price.output_mtok) == (None, None), price_id


def test_no_rate_of_the_catalog_gets_cheaper_with_size(whole: Facts) -> None:
    for rate in rate_card(whole, DAY).rates.values():
        for rows in (rate.tiers, rate.batch):
            assert all(a.over < b.over and a.input <= b.input and a.output <= b.output for a, b in pairwise(rows))


def card_of(tiny: ModuleType, *ids: str, day: dt.date = DAY, months: int = 12, **parts: Any) -> RateCard:
    card: RateCard = rate_card(tiny.priced(ids, **parts), day, horizon_months=months)
    return card


@pytest.mark.parametrize(
    ("price_id", "tokens", "over", "usd"),
    [
        (LUNA, 0, 0, "0.1"),
        (LUNA, 272_000, 0, "0.1"),
        (LUNA, 272_001, 272_000, "0.2"),
        (HAIKU, 100_000, 0, "0.1"),
        (HAIKU, 100_001, 100_000, "0.5"),
    ],
)
def test_a_tier_begins_one_token_above_its_edge(
    tiny: ModuleType, price_id: str, tokens: int, over: int, usd: str
) -> None:
    tier = card_of(tiny, price_id).rates[price_id].tier(tokens)
    assert (tier.over, tier.input) == (over, Decimal(usd))


def test_batch_has_its_own_tiers(tiny: ModuleType) -> None:
    rate = card_of(tiny, HAIKU).rates[HAIKU]
    assert [rate.tier(n, batch=True).output for n in (100_000, 100_001)] == [Decimal("0.25"), Decimal("1.25")]


def test_a_rate_takes_the_peak_hour_and_says_that_others_are_cheaper(tiny: ModuleType) -> None:
    rates = card_of(tiny, FLASH, LUNA).rates
    assert rates[FLASH].tiers == (Tier(0, Decimal("0.3"), Decimal("0.006"), Decimal("1.2")),)
    assert (rates[FLASH].peak_differs, rates[LUNA].peak_differs) == (True, False)


def test_a_rate_names_its_source_and_day(tiny: ModuleType) -> None:
    rate = card_of(tiny, LUNA).rates[LUNA]
    assert (rate.price_id, rate.source, rate.as_of) == (LUNA, PACKAGE, DAY)


def test_gemini_3_8_flash_doubles_at_new_year(tiny: ModuleType) -> None:
    card = card_of(tiny, GEMINI)
    [(start, later)] = card.changes[GEMINI]
    now, then = card.rates[GEMINI].tiers[0], later.tiers[0]
    assert start == NEW_YEAR
    assert (now.input, now.output) == (Decimal("0.75"), Decimal("3.75"))
    assert (then.input, then.cached, then.output) == (2 * now.input, 2 * now.cached, 2 * now.output)


@pytest.mark.parametrize(("days", "announced"), [(31, False), (30, True), (1, True), (0, False)])
def test_a_change_is_told_within_the_horizon_and_until_it_comes(tiny: ModuleType, days: int, announced: bool) -> None:
    card = card_of(tiny, GEMINI, day=NEW_YEAR - dt.timedelta(days=days), months=1)
    assert bool(card.changes[GEMINI]) is announced
    assert card.rates[GEMINI].tiers[0].input == Decimal("1.5" if days == 0 else "0.75")


@pytest.mark.parametrize(
    "near", ["mistral/mistral-medium-2505", "openai/gpt-6-luna-2026", "OpenAI/gpt-6-luna", "gpt-6-luna", "openai/"]
)
def test_an_id_is_resolved_exactly_or_not_at_all(tiny: ModuleType, near: str) -> None:
    assert near not in listed()
    assert card_of(tiny, near).rates == {}


def test_only_the_ids_asked_for_are_on_the_card(tiny: ModuleType) -> None:
    assert card_of(tiny, LUNA, HAIKU).rates.keys() == {LUNA, HAIKU}


def test_a_list_price_stands_for_what_the_package_does_not_carry(tiny: ModuleType) -> None:
    row = tiny.list_price(OWN, 2.0, 6.0, cached_usd_per_m=0.25, batch_share=0.5)
    rate = card_of(tiny, OWN, list_prices=(row,)).rates[OWN]
    assert rate.tiers == (Tier(0, Decimal(2), Decimal("0.25"), Decimal(6)),)
    assert rate.batch == (Tier(0, Decimal(1), Decimal("0.125"), Decimal(3)),)
    assert (rate.source, rate.as_of) == (row.source, row.as_of)


def test_without_a_cached_price_cached_input_costs_as_much_as_new(tiny: ModuleType) -> None:
    rate = card_of(tiny, OWN, list_prices=(tiny.list_price(OWN, 2.0, 6.0),)).rates[OWN]
    assert rate.tier(10).cached == 2
    assert rate.tier(10, batch=True) == rate.tier(10)


def test_a_list_price_that_nobody_offers_is_left_out(tiny: ModuleType) -> None:
    assert card_of(tiny, LUNA, list_prices=(tiny.list_price(OWN, 2.0, 6.0),)).rates.keys() == {LUNA}


def test_without_the_price_part_nothing_has_a_price(tiny: ModuleType) -> None:
    card = card_of(tiny, LUNA, OWN, missing=("prices",), list_prices=(tiny.list_price(OWN, 2.0, 6.0),))
    assert (card.rates, card.changes) == ({}, {})


def test_a_card_is_made_once_a_day(tiny: ModuleType) -> None:
    facts = tiny.priced([LUNA])
    assert rate_card(facts, DAY) is rate_card(facts, DAY)
    assert rate_card(facts, DAY) is not rate_card(facts, NEW_YEAR)


def test_a_price_of_the_package_is_of_the_day_of_the_package() -> None:
    known = load_facts()
    dates = {r.as_of for r in rate_card(known, dt.date(2026, 12, 31)).rates.values() if r.source == PACKAGE}
    assert dates == {known.sources[PACKAGE].date}
