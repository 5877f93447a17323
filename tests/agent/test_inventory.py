import datetime as dt
from types import ModuleType

import pytest

from modelwise.agent.inventory import Entry, held_back_options, inventory, take_stock
from modelwise.knowledge.facts import load_facts


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    return {entry.id: entry for entry in inventory(load_facts(), dt.date(2026, 11, 21))}


def test_every_model_of_the_catalog_is_listed(entries: dict[str, Entry]) -> None:
    assert entries.keys() == load_facts().models.keys()


def test_a_model_that_cannot_be_had_says_what_it_lacks(entries: dict[str, Entry]) -> None:
    assert [entry.id for entry in entries.values() if not entry.on_offer and not entry.lacks] == []


def test_an_end_is_announced_only_where_every_seller_has_announced_one(
    entries: dict[str, Entry], today: dt.date
) -> None:
    assert all(entry.ends >= today for entry in entries.values() if entry.ends)


def test_a_retired_api_is_not_on_sale(today: dt.date) -> None:
    facts = load_facts()
    retired = {
        model.id
        for model in facts.models.values()
        if model.offers and all(offer.retires and offer.retires.value < today for offer in model.offers)
    }
    found = [entry for entry in inventory(facts, today) if entry.id in retired]
    assert found
    assert not any(entry.api or entry.sellers or entry.input_usd for entry in found)


def test_the_day_decides(today: dt.date) -> None:
    facts = load_facts()
    now, later = (take_stock(facts, day) for day in (today, dt.date(2031, 1, 1)))
    assert later.on_sale < now.on_sale
    assert later.downloadable == now.downloadable


def test_the_cheapest_seller_names_the_price(entries: dict[str, Entry]) -> None:
    priced = [entry for entry in entries.values() if entry.api and entry.input_usd is not None]
    assert len(priced) >= 40
    assert all(entry.sellers for entry in priced)


@pytest.mark.parametrize(
    ("wanted", "api", "weights", "matches"),
    [
        ("QWEN", False, False, True),
        ("acme", False, False, True),
        ("通义", False, False, True),
        ("gpt", False, False, False),
        ("", True, False, True),
        ("", False, True, False),
        (" qwen ", True, True, False),
    ],
)
def test_a_filter_looks_at_names_and_ways(wanted: str, api: bool, weights: bool, matches: bool) -> None:
    entry = Entry("qwen-x", "Qwen X", "Acme", ("通义千问 X",), True, False, ("s",), None, None, None, None, None, ())
    assert entry.matches(wanted, api=api, weights=weights) is matches


def test_stock_agrees_with_the_inventory(entries: dict[str, Entry], today: dt.date) -> None:
    stock = take_stock(load_facts(), today)
    assert stock.models == len(entries)
    assert stock.on_offer == sum(entry.api or entry.weights for entry in entries.values()) >= 100
    assert stock.on_sale >= 40
    assert len(stock.held_back) == len(set(stock.held_back)) <= stock.options_held_back
    assert all(lack for _, _, lack in stock.held_back)


def test_what_is_held_back_names_model_place_and_lack(tiny: ModuleType, today: dt.date) -> None:
    facts = tiny.facts(tiny.model("m", offers=[tiny.offer("p/none")], weights=tiny.weights("unknown")))
    assert held_back_options(facts, today) == (("m", "s", "price"), ("m", "weights", "licence"))
