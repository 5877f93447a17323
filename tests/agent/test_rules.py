"""Each hard rule on small facts: what meets it, what fails, what unknown means, and when it is asked at all."""

import datetime as dt
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelwise.agent.economics import price_options
from modelwise.agent.need import resolve
from modelwise.agent.options import build_options
from modelwise.agent.requirements import Requirements
from modelwise.agent.rules import FAILED, MET, RULES, UNKNOWN, Case, active, window_fit
from modelwise.knowledge.facts import Facts

DAY = dt.date(2026, 11, 21)
CODES = {"met": MET, "failed": FAILED, "unknown": UNKNOWN}
CHECKS = {rule.name: rule for rule in RULES}


def case_for(known: Facts, fields: dict[str, Any]) -> Case:
    options = build_options(known, DAY)
    need = resolve(Requirements.from_mapping(fields), known)
    return Case(options, need, price_options(options, need), {})


def verdict(known: Facts, fields: dict[str, Any], rule: str, option: str) -> str:
    """One rule's answer for the first option whose name begins so."""
    case = case_for(known, fields)
    number = next(n for n, name in enumerate(case.options.names) if name.startswith(option))
    code = CHECKS[rule].check(case)[number]
    return next(word for word, known_code in CODES.items() if known_code == code)


@pytest.mark.parametrize(
    ("fields", "rule", "option", "expected"),
    [
        ({"open_weights": True}, "kind", "closed/", "failed"),
        ({"open_weights": True}, "kind", "opened/", "met"),
        ({"open_weights": False}, "kind", "closed/", "met"),
        ({"osi_license": True}, "kind", "opened/", "met"),
        ({"api_only": True}, "kind", "opened/", "failed"),
        ({"fine_tune": True}, "kind", "closed/", "failed"),
        ({"fine_tune": True}, "kind", "opened/", "met"),
        ({"users_region": "CN"}, "seller", "closed/api/s/", "failed"),
        ({"users_region": "CN"}, "seller", "closed/api/home/", "met"),
        ({"users_region": "US"}, "seller", "closed/api/home/", "failed"),
        ({"users_region": "US", "company_region": "CN"}, "seller", "closed/api/s/", "failed"),
        ({"users_region": "CN"}, "seller", "opened/", "met"),
        ({"on_prem": True}, "privacy", "closed/", "failed"),
        ({"on_prem": True}, "privacy", "opened/", "met"),
        ({"on_prem": False}, "privacy", "closed/", "met"),
        ({"data_sensitivity": ["classified"]}, "privacy", "closed/", "failed"),
        ({"data_sensitivity": ["phi"]}, "privacy", "closed/", "unknown"),
        ({"data_sensitivity": ["phi"], "users_region": "CN"}, "privacy", "closed/api/s/", "failed"),
        ({"data_sensitivity": ["pii"], "on_prem": False}, "privacy", "closed/", "met"),
        ({"data_sensitivity": ["internal", "trade_secret"]}, "privacy", "closed/", "met"),
        ({"data_sensitivity": []}, "privacy", "closed/", "met"),
        ({"agreements": ["dpa"]}, "privacy", "closed/", "unknown"),
        ({"data_region": "DE"}, "privacy", "closed/", "failed"),
        ({"data_region": "US"}, "privacy", "closed/api/s/", "failed"),
        ({"vendors_excluded": ["s"]}, "vendor", "closed/api/s/", "failed"),
        ({"vendors_excluded": ["v"]}, "vendor", "opened/", "failed"),
        ({"vendor_countries_excluded": ["CN"]}, "vendor", "closed/api/home/", "failed"),
        ({"vendor_countries_excluded": ["CN"]}, "vendor", "opened/", "met"),
        ({"models_excluded": ["Closed"]}, "vendor", "closed/", "failed"),
        ({"models_only": ["opened"]}, "vendor", "closed/", "failed"),
        ({"models_only": ["opened"]}, "vendor", "opened/", "met"),
        ({"task": "embedding"}, "task", "closed/", "failed"),
        ({"task": "chat", "secondary_tasks": ["vision"]}, "task", "closed/", "failed"),
        ({"modalities": ["image"]}, "modality", "closed/", "failed"),
        ({"modalities": []}, "modality", "closed/", "met"),
        ({"capabilities": ["tools"]}, "capability", "closed/", "failed"),
        ({"capabilities": ["tools"]}, "capability", "opened/", "unknown"),
        ({"capabilities": ["streaming"]}, "capability", "opened/", "met"),
        ({"capabilities": ["web_search"]}, "capability", "opened/", "failed"),
        ({"languages": ["zh"]}, "language", "closed/", "unknown"),
        ({"gpu_mem_gb": 80}, "hardware", "opened/weights/bf16", "met"),
        ({"gpu_mem_gb": 16}, "hardware", "opened/weights/bf16", "failed"),
        ({"gpu_mem_gb": 16}, "hardware", "opened/weights/int4", "met"),
        ({"gpu_mem_gb": 16}, "hardware", "closed/", "met"),
        ({"gpu": "Card"}, "hardware", "opened/weights/bf16", "met"),
        ({"gpu": "no such"}, "hardware", "opened/", "unknown"),
        ({"gpu": "no such"}, "hardware", "closed/", "met"),
        ({"gpu_count": 2}, "hardware", "opened/", "unknown"),
        ({"device": "phone", "ram_gb": 8}, "hardware", "opened/", "failed"),
        ({"device": "phone", "ram_gb": 8}, "hardware", "closed/", "failed"),
        ({"device": "phone", "ram_gb": 8, "on_prem": False}, "hardware", "closed/", "met"),
        ({"device": "phone"}, "hardware", "closed/", "met"),
        ({"max_params_b": 8}, "hardware", "opened/", "met"),
        ({"max_params_b": 7}, "hardware", "opened/", "failed"),
        ({"max_params_b": 7}, "hardware", "closed/", "unknown"),
        ({"context_tokens": 190_000}, "context", "closed/", "met"),
        ({"context_tokens": 190_001}, "context", "closed/", "failed"),
        ({"input_tokens": 99_700}, "context", "opened/", "met"),
        ({"input_tokens": 99_701}, "context", "opened/", "failed"),
        ({"output_tokens": 8_001}, "context", "closed/", "failed"),
        ({"latency_seconds": 0.1}, "latency", "closed/", "failed"),
        ({"latency_seconds": 60}, "latency", "closed/", "met"),
        ({"realtime": False, "output_tokens": 100_000}, "latency", "closed/", "met"),
        ({"realtime": True, "output_tokens": 100_000}, "latency", "closed/", "failed"),
        ({"monthly_budget": 66, "monthly_requests": 30_000}, "budget", "closed/api/s/", "met"),
        ({"monthly_budget": 65.9, "monthly_requests": 30_000}, "budget", "closed/api/s/", "failed"),
        ({"monthly_budget": 1}, "budget", "closed/", "met"),
        ({"monthly_budget": 1, "monthly_requests": 9}, "budget", "opened/", "failed"),
        ({"monthly_budget": 1, "monthly_requests": 9, "gpu_mem_gb": 80}, "budget", "opened/", "met"),
        ({"monthly_budget": 9e9, "monthly_requests": 9, "budget_currency": "TWD"}, "budget", "closed/", "met"),
    ],
)  # fmt: skip
def test_verdicts(world: Facts, fields: dict[str, Any], rule: str, option: str, expected: str) -> None:
    assert verdict(world, fields, rule, option) == expected


def licensed(tiny: ModuleType, *clauses: Any, **fields: Any) -> Facts:
    terms = tiny.licence(tiny.clause("commercial", "allows", id="terms"), name="closed-api")
    known: Facts = tiny.world(licences=(tiny.licence(*clauses, **fields), terms))
    return known


@pytest.mark.parametrize(
    ("clause", "fields", "expected"),
    [
        (("commercial", "allows"), {"task": "chat"}, "met"),
        (("commercial", "forbids"), {"task": "chat"}, "failed"),
        (("commercial", "forbids"), {"commercial": False}, "met"),
        (("mau", "forbids", 100), {"mau": 100}, "met"),
        (("mau", "forbids", 100), {"mau": 101}, "failed"),
        (("mau", "forbids", 100), {"task": "chat"}, "met"),
        (("revenue", "forbids", 100), {"annual_revenue_usd": 101}, "failed"),
        (("redistribution", "forbids"), {"redistribute": True}, "failed"),
        (("redistribution", "forbids"), {"redistribute": False}, "met"),
        (None, {"task": "chat"}, "unknown"),
    ],
)
def test_licences(tiny: ModuleType, clause: Any, fields: dict[str, Any], expected: str) -> None:
    clauses = [tiny.clause(*clause[:2], **({"threshold": clause[2]} if len(clause) > 2 else {}))] if clause else []
    assert verdict(licensed(tiny, *clauses), fields, "license", "opened/") == expected


def test_an_api_is_judged_by_its_sellers_terms_not_by_the_weights_licence(tiny: ModuleType) -> None:
    both = tiny.model(
        "both", offers=[tiny.offer("s/closed")], weights=tiny.weights("free", kv=1), window=tiny.window(9_999),
        params_total_b=[1, "s"],
    )  # fmt: skip
    terms = tiny.licence(tiny.clause("commercial", "allows", id="terms"), name="closed-api")
    barred = tiny.licence(tiny.clause("commercial", "forbids"))
    known = tiny.world(both, licences=(barred, terms))
    assert verdict(known, {"task": "chat"}, "license", "both/api") == "met"
    assert verdict(known, {"task": "chat"}, "license", "both/weights") == "failed"


def test_a_retired_api_leaves_its_weights(tiny: ModuleType) -> None:
    yesterday, offer = DAY - dt.timedelta(1), tiny.offer("s/closed")
    gone = tiny.model(
        "gone",
        offers=[{**offer, "retires": [yesterday, "s"]}, {**tiny.offer("home/closed", "home"), "retires": [DAY, "s"]}],
        weights=tiny.weights(kv=1), window=tiny.window(9_999), params_total_b=[1, "s"],
    )  # fmt: skip
    known = tiny.world(gone)
    assert verdict(known, {"task": "chat"}, "lifecycle", "gone/api/s/") == "failed"
    assert verdict(known, {"task": "chat"}, "lifecycle", "gone/api/home/") == "met"
    assert verdict(known, {"task": "chat"}, "lifecycle", "gone/weights") == "met"


def test_a_model_made_for_medicine_is_for_medicine(tiny: ModuleType) -> None:
    doctor = tiny.model(
        "doctor", field="medicine", weights=tiny.weights(kv=1), window=tiny.window(9_999), params_total_b=[1, "s"]
    )
    assert verdict(tiny.world(doctor), {"task": "chat"}, "task", "doctor/") == "failed"
    assert verdict(tiny.world(doctor), {"task": "chat", "sector": "hospital"}, "task", "doctor/") == "met"


def test_a_language_is_refused_only_where_a_source_says_no(tiny: ModuleType) -> None:
    listed = {"supported": ["en", "de"], "refused": ["zh"], "source": "s"}
    known = tiny.world(tiny.model("l", languages=listed, offers=[tiny.offer("s/closed")], window=tiny.window(9_999)))
    answers = {tag: verdict(known, {"languages": [tag]}, "language", "l/") for tag in ("en", "ja", "zh")}
    assert answers == {"en": "met", "ja": "unknown", "zh": "failed"}


def test_a_window_that_the_tokenizer_band_crosses_is_uncertain(tiny: ModuleType) -> None:
    wordy = tiny.model(
        "wordy", tokenizer_factor=[1.3, "s"], offers=[tiny.offer("s/closed")], window=tiny.window(100_300)
    )
    known = tiny.world(wordy)
    sizes = {76_923: "met", 90_000: "unknown", 100_001: "failed"}
    assert {size: verdict(known, {"input_tokens": size}, "context", "wordy/") for size in sizes} == sizes
    assert CHECKS["context"].unknown_fails


def test_a_rule_is_asked_only_when_a_field_of_it_was_said(small: Any) -> None:
    asked = {rule.name for rule in RULES if active(rule, small.need({"sector": "other"}))}
    assert asked == {"license", "lifecycle", "task"}
    more = {rule.name for rule in RULES if active(rule, small.need({"languages": ["en"], "mau": 3}))}
    assert more == asked | {"language"}


def test_unknown_passes_only_for_the_four_kinds_that_become_risks() -> None:
    assert {rule.name for rule in RULES if not rule.unknown_fails} == {"privacy", "capability", "language", "latency"}


def test_rules_report_in_the_designs_order() -> None:
    assert [rule.name for rule in RULES] == [
        "license", "kind", "seller", "privacy", "vendor", "lifecycle", "task", "modality", "capability", "language",
        "context", "hardware", "latency", "budget",
    ]  # fmt: skip


def test_every_field_of_a_rule_is_a_requirement() -> None:
    assert {field for rule in RULES for field in rule.fields} <= set(Requirements.model_fields)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_tokens=st.integers(1, 3_000_000), output=st.integers(1, 200_000))
def test_the_context_column_is_check_window_for_every_option(facts: Facts, given_tokens: int, output: int) -> None:
    case = case_for(facts, {"input_tokens": given_tokens, "output_tokens": output})
    codes = CHECKS["context"].check(case)
    for first in np.unique(case.options.model, return_index=True)[1]:
        assert codes[first] == CODES[window_fit(case, int(first)).status], case.options.names[first]
