"""What is said of one option: its bill, licence, window, memory, life and score, each with its source."""

import datetime as dt
from decimal import Decimal
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from modelwise.agent.citations import cite_all
from modelwise.agent.findings import (
    context_fit,
    cost_of,
    evidence_of,
    hardware_of,
    license_check,
    lifecycle_of,
    price_cites,
    score_of,
    window_key,
)
from modelwise.agent.need import resolve
from modelwise.agent.options import build_options
from modelwise.agent.requirements import Requirements
from modelwise.agent.score import score
from modelwise.agent.shortlist import Shortlist, shortlist
from modelwise.knowledge.facts import Facts

DAY = dt.date(2026, 11, 21)


def at(found: Shortlist, name: str) -> int:
    return next(n for n, known in enumerate(found.options.names) if known.startswith(name))


def found_for(known: Facts, **fields: Any) -> Shortlist:
    return shortlist(build_options(known, DAY), resolve(Requirements.from_mapping(fields), known))


def test_an_api_bill_names_seller_effort_and_terms(small: Any) -> None:
    found = small.found({"monthly_requests": 1000, "input_tokens": 1000, "output_tokens": 500, "cached_share": 0.5})
    cost = cost_of(found, at(found, "closed/api/s/"))
    assert (cost.basis, cost.seller, cost.effort) == ("api", "s", "unstated")
    assert cost.monthly_usd == Decimal("3.00")
    assert {part.name: part.usd for part in cost.parts} == {
        "input": Decimal("0.50"), "cached_input": Decimal("0.50"), "output": Decimal("2.00"),
    }  # fmt: skip
    assert cost.cites == ("price/s/closed",)
    assert sum(part.usd for part in cost.parts) == cost.monthly_usd


def test_thinking_is_billed_as_output(tiny: ModuleType) -> None:
    thinks = tiny.model(
        "thinks", efforts={"levels": ["high"], "default": "high", "source": "s"}, offers=[tiny.offer("s/closed")],
        window=tiny.window(90_000), reasoning_tokens={"high": [2000, "s"]},
    )  # fmt: skip
    found = found_for(tiny.world(thinks), monthly_requests=1000, input_tokens=1000, output_tokens=500)
    cost = cost_of(found, at(found, "thinks/"))
    assert cost.reasoning_tokens == 2000
    assert cost.monthly_usd == Decimal("11.00")


def test_cards_are_rented_by_the_hour_and_own_ones_are_not(small: Any) -> None:
    rented = small.found({"monthly_requests": 1000})
    cost = cost_of(rented, at(rented, "opened/weights/bf16"))
    assert cost.basis == "rented_gpu"
    assert (cost.monthly_usd, cost.low, cost.high) == (Decimal(1460), Decimal(1460), Decimal(2190))
    assert cost.cites == ("device/card-80/0",)
    owned = small.found({"gpu_mem_gb": 80})
    cost = cost_of(owned, at(owned, "opened/"))
    assert (cost.basis, cost.monthly_usd, cost.cites) == ("owned_hardware", Decimal(0), ("user/gpu_mem_gb",))
    api = cost_of(owned, at(owned, "closed/api/s/"))
    assert api.basis == "api"
    assert api.monthly_usd == 66


def test_a_price_has_a_source(small: Any) -> None:
    found = small.found({"task": "chat"})
    assert price_cites(found, at(found, "closed/api/home/")) == ("price/home/closed",)
    assert price_cites(found, at(found, "opened/")) == ("device/card-80/0",)


def test_without_a_card_to_rent_there_is_no_cost_and_no_hardware(tiny: ModuleType) -> None:
    found = found_for(tiny.world(devices=()), task="chat")
    assert cost_of(found, at(found, "opened/")).monthly_usd is None
    assert hardware_of(found, at(found, "opened/")) is None


def test_memory_adds_up_and_shows_its_parts(small: Any) -> None:
    found = small.found({"gpu_mem_gb": 80, "gpu_count": 2, "peak_rps": 1, "output_tokens": 250})
    hardware = hardware_of(found, at(found, "opened/weights/bf16"))
    assert hardware is not None
    assert (hardware.weights_gb, hardware.overhead_gb, hardware.concurrency, hardware.gpus) == (16, 1.92, 10, 2)
    assert hardware.kv_gb == pytest.approx(100_000 * 8192 * 10 / 1e9, abs=0.01)
    assert hardware.total_gb == pytest.approx(16 + 1.92 + 8.19, abs=0.02)
    assert hardware.capacity_gb == 76
    assert "user/gpu_mem_gb" in hardware.cites
    assert {"catalog/opened/params_total_b", "catalog/opened/weights.kv.bytes_per_token"} <= set(hardware.cites)
    assert hardware_of(found, at(found, "closed/")) is None


def test_a_window_is_cited_where_it_stands(tiny: ModuleType) -> None:
    own = {**tiny.offer("s/closed"), "window": {"total": [50_000, "s"], "max_input": [40_000, "s"]}}
    resold = tiny.model("resold", offers=[own, tiny.offer("home/closed", "home")], window=tiny.window(200_000))
    found = found_for(tiny.world(resold), input_tokens=1000)
    here, there = at(found, "resold/api/s/"), at(found, "resold/api/home/")
    assert context_fit(found, here).has == 40_000
    assert context_fit(found, here).cites == ("catalog/resold/offers.0.window.max_input",)
    assert context_fit(found, there).has == 200_000 - 300
    assert context_fit(found, there).cites == ("catalog/resold/window.total",)
    assert window_key(found.options.rows[here], "total") == "catalog/resold/offers.0.window.total"


def test_a_window_is_shown_and_not_asked_where_no_size_was_said(small: Any) -> None:
    found = small.found({"task": "chat"})
    assert context_fit(found, at(found, "closed/")).status == "not_asked"
    asked = small.found({"output_tokens": 10**8})
    assert context_fit(asked, at(asked, "opened/")).has == 0


def test_shipped_windows_are_what_their_citation_says(core: Any) -> None:
    """The figure in the advice stands at the place it cites: the limit, or the total less what is spoken."""
    found = core.found({"input_tokens": 5000, "output_tokens": 700})
    for number in np.flatnonzero(found.open)[::11]:
        fit = context_fit(found, int(number))
        cite_all(fit.cites, core.facts, found.need.said, core.day)
        _, _, path = fit.cites[0].split("/", 2)
        record: Any = found.options.rows[number].model
        for part in path.split("."):
            record = record[int(part)] if part.isdigit() else getattr(record, part)
        spoken = 700 + int(found.options.reasoning[number]) if path.endswith("total") else 0
        assert record.value - spoken == fit.has


@pytest.mark.parametrize(
    ("ends", "preview", "status"),
    [(None, False, "on_sale"), (DAY, False, "ending"), (dt.date(2027, 11, 21), False, "ending"),
     (DAY - dt.timedelta(1), False, "retired"), (None, True, "preview")],
)  # fmt: skip
def test_life(tiny: ModuleType, ends: dt.date | None, preview: bool, status: str) -> None:
    retires = {"retires": [ends, "s"]} if ends else {}
    offer = {**tiny.offer("s/closed"), **retires, "preview": preview}
    found = found_for(tiny.world(tiny.model("x", offers=[offer], window=tiny.window(9_999))), task="chat")
    life = lifecycle_of(found, at(found, "x/"))
    assert life.status == status
    assert life.until == ends
    assert life.cites == (f"catalog/x/offers.0.{'retires' if ends else 'listed'}",)


def test_weights_live_on(small: Any) -> None:
    found = small.found({"task": "chat"})
    life = lifecycle_of(found, at(found, "opened/"))
    assert (life.status, life.until, life.cites) == ("downloadable", None, ("catalog/opened/weights.downloadable",))


def test_a_licence_quotes_its_clauses_and_how_it_was_read(tiny: ModuleType) -> None:
    clause = tiny.clause("mau", "requires", threshold=100, section="2", id="free/2")
    terms = tiny.licence(tiny.clause("commercial", "allows", id="terms"), name="closed-api")
    known = tiny.world(licences=(tiny.licence(clause, text_read="excerpt"), terms))
    found = found_for(known, mau=500)
    check = license_check(found, at(found, "opened/"))
    assert (check.verdict, check.name, check.text_read, check.read_on) == ("conditional", "Free", "excerpt", DAY)
    assert check.obligations[0].params["section"] == "2"
    assert check.obligations[0].cites == ("licence/free/2",)
    assert "licence/free/2" in check.cites


def test_the_score_of_an_option_is_its_row(core: Any) -> None:
    found = core.found({"task": "code"})
    scored = score(found)
    for number in (0, 100, 500):
        shown = score_of(found, scored, number)
        assert shown.profile == "coding_agent"
        assert shown.total == pytest.approx(float(scored.total[number]), abs=1e-12)
        assert tuple(shown.parts) == scored.criteria


def test_evidence_says_of_whom_it_speaks(core: Any) -> None:
    found = core.found({"task": "chat", "languages": ["zh"]})
    scored = score(found)
    kinds = set()
    for number in np.flatnonzero(found.open)[::7]:
        seen = evidence_of(found, scored, int(number))
        kinds.add(seen.kind)
        assert bool(seen.items) == (seen.kind != "none") == bool(seen.models)
        assert all(item.weight > 0 and 0 <= item.signal <= 1 and item.cites for item in seen.items)
        name = found.options.rows[number].model.name
        assert seen.kind != "direct" or name in seen.models
    assert kinds == {"direct", "inherited", "none"}
