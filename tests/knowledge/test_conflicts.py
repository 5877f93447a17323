import datetime as dt
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
import yaml

from modelwise.knowledge.build import InvalidKnowledge, compile_snapshot, find_problems
from modelwise.knowledge.conflicts import Disagreement, claims_of, find_conflicts, recorded_conflicts
from modelwise.knowledge.facts import Facts, load_facts
from modelwise.knowledge.schema import Claim, Family, Snapshot, Vendor

ABOUT = {"m": "M"}
TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "contradictions.yaml").read_text(encoding="utf-8"))


def claim(id_: str, attribute: str, value: Any = None, **fields: Any) -> Claim:
    known = {
        "lines": [[1, 1]],
        "section": "s",
        "kind": "fact",
        "about": ABOUT,
        "zh": "一句中文话。",
        "en": "A sentence.",
    }
    return msgspec.convert({**known, "id": id_, "attribute": attribute, "value": value, **fields}, Claim)


def facts_of(tiny: ModuleType, *claims: Claim, record: Any = None, **model: Any) -> Facts:
    vendor = Vendor(
        id="v", name="V", country="US", families=(Family(id="f", name="F"),), models=(tiny.model("m", **model),)
    )
    empty: dict[str, Any] = {name: () for name in Snapshot.__struct_fields__ if name not in ("version", "missing")}
    records = () if record is None else (record,)
    return Facts(
        msgspec.convert({**empty, "version": 1, "claims": claims, "vendors": (vendor,), "conflicts": records}, Snapshot)
    )


def conflicts(tiny: ModuleType, *claims: Claim, **model: Any) -> tuple[Disagreement, ...]:
    return find_conflicts(facts_of(tiny, *claims, **model))


@pytest.mark.parametrize(
    ("attribute", "one", "other", "differ"),
    [
        ("params_total_b", 685, 671, True),
        ("params_total_b", 100, 102, False),
        ("params_total_b", 100, 102.1, True),
        ("params_total_b", [3, 14], 7, False),
        ("context_tokens", 128_000, 131_072, False),
        ("quality_ratio", 85, [-5, -3], True),
        ("quality_ratio", 96, [-5, -3], False),
        ("openness", "osi", "closed", True),
        ("architecture", "dense", "decoder", False),
        ("license", "mit", "Vendor licence", True),
        ("license", "clear", "mit", False),
        ("released", "2024", "2024-05", False),
        ("released", "2024", "2025-01", True),
        ("task:code", "strong", "weak", True),
        ("task:code", {"stars": 4.5, "of": 5}, {"stars": 3, "of": 5}, False),
    ],
)
def test_two_claims(tiny: ModuleType, attribute: str, one: Any, other: Any, *, differ: bool) -> None:
    found = conflicts(tiny, claim("000/a", attribute, one), claim("001/b", attribute, other))
    assert bool(found) == differ
    if differ:
        assert [side.claims for side in found[0].sides] == [("000/a",), ("001/b",)]


def test_opposite_advice_conflicts_unless_under_other_conditions(tiny: ModuleType) -> None:
    good = claim("000/a", "task:rag", kind="recommendation", stance="for", when={"on_prem": True})
    bad = claim("001/b", "task:rag", kind="warning", stance="against")
    elsewhere = claim("001/b", "task:rag", kind="warning", stance="against", when={"commercial": True})
    assert conflicts(tiny, good, bad)[0].severity == "low"
    assert conflicts(tiny, good, elsewhere) == ()


def test_the_catalog_decides(tiny: ModuleType) -> None:
    found = conflicts(tiny, claim("000/a", "params_total_b", 685), params_total_b=[671, "s"])
    assert found[0].decision is not None
    assert found[0].decision.keys == ("catalog/m/params_total_b",)
    assert "671B" in found[0].decision.en
    assert "671B" in found[0].decision.zh


def test_a_rounded_figure_is_no_conflict_with_the_catalog(tiny: ModuleType) -> None:
    assert conflicts(tiny, claim("000/a", "params_total_b", 9), params_total_b=[9.4, "s"]) == ()


def test_the_undisclosed_contradicts_every_number(tiny: ModuleType) -> None:
    found = conflicts(tiny, claim("000/a", "params_total_b", 500), params_total_b=["undisclosed", "s"])
    assert found[0].decision is not None
    assert found[0].decision.value == "undisclosed"


def test_a_date_in_the_catalog_decides(tiny: ModuleType) -> None:
    day = [dt.date(2025, 4, 5), "s"]
    assert conflicts(tiny, claim("000/a", "released", "2025"), released=day) == ()
    assert conflicts(tiny, claim("000/a", "released", "2024"), released=day)[0].sides[0].value.startswith("2024-01-01")


def test_an_article_that_says_members_differ_is_no_conflict(tiny: ModuleType) -> None:
    both = [claim(f"000/{v[:3]}", "openness", v, about={"f": "F"}) for v in ("osi", "open_weights")]
    assert conflicts(tiny, *both) == ()


def test_a_family_s_claim_meets_its_member_s(tiny: ModuleType) -> None:
    found = conflicts(tiny, claim("000/a", "openness", "closed", about={"f": "F"}), claim("001/b", "openness", "osi"))
    assert found[0].about == ("m",)


@pytest.mark.parametrize(
    ("about", "attribute"),
    [
        (("deepseek-v3",), "params_total_b"),
        (("deepseek-v3", "gpt-4o"), "quality_ratio"),
        (("llama-3.1-405b",), "openness"),
        (("chatglm3-6b",), "license"),
        (("grok-4",), "params_total_b"),
    ],
)
def test_known_contradictions_of_the_articles_are_found(about: tuple[str, ...], attribute: str) -> None:
    assert any(set(about) <= set(d.about) and attribute == d.attribute for d in find_conflicts(load_facts()))


def test_every_side_cites_claims_and_every_decision_a_source() -> None:
    facts = load_facts()
    for found in find_conflicts(facts):
        assert all(side.claims and set(side.claims) <= facts.claims.keys() for side in found.sides)
        assert len(found.sides) > 1 or found.decision is not None
        assert found.decision is None or found.decision.keys


def test_the_gravest_come_first() -> None:
    order = [("high", "medium", "low").index(found.severity) for found in find_conflicts(load_facts())]
    assert order == sorted(order)


def record(**fields: Any) -> dict[str, Any]:
    known = {"id": "r", "about": ["m"], "attribute": "license", "severity": "medium"}
    decision = {"zh": "核对过的话。", "en": "Checked words.", "keys": ["source/s"]}
    return {**known, "sides": [{"value": "mit", "claims": ["000/a"]}], "decision": decision, **fields}


TWO = (claim("000/a", "license", "mit"), claim("001/b", "license", "apache-2.0"))


def test_a_record_stands_in_for_what_a_rule_finds_within_it(tiny: ModuleType) -> None:
    sides = [{"value": "mit", "claims": ["000/a"]}, {"value": "apache-2.0", "claims": ["001/b"]}]
    found = find_conflicts(facts_of(tiny, *TWO, record=record(sides=sides)))
    assert [(d.severity, d.decision_keys) for d in found] == [("medium", ("source/s",))]


def test_a_record_that_says_less_stands_beside_it(tiny: ModuleType) -> None:
    assert [d.severity for d in find_conflicts(facts_of(tiny, *TWO, record=record()))] == ["high", "medium"]


def test_a_record_whose_claims_are_not_loaded_falls_away(tiny: ModuleType) -> None:
    assert recorded_conflicts(facts_of(tiny, record=record())) == {}
    sides = [{"value": "mit", "claims": ["000/gone"]}, {"value": "apache-2.0", "claims": ["001/b"]}]
    left = recorded_conflicts(facts_of(tiny, *TWO, record=record(sides=sides)))["r"]
    assert claims_of(left) == {"001/b"}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"sides": [{"value": "v", "claims": ["000/gone"]}]}, "000/gone"),
        ({"about": ["nobody"]}, "nobody"),
        ({"attribute": "colour"}, "colour"),
        ({"decision": None}, "one side"),
        ({}, "source 's'|unknown 's'"),
    ],
)
def test_a_record_that_names_nothing_is_refused(tiny: ModuleType, fields: dict[str, Any], problem: str) -> None:
    facts = facts_of(tiny, *TWO, record=record(**fields))
    assert any(any(part in found for part in problem.split("|")) for found in find_problems(facts.snapshot))


def test_a_word_that_is_no_id_names_a_rule(tiny: ModuleType) -> None:
    facts = facts_of(tiny, *TWO, record=record(about=["MoE"]))
    assert not any("MoE" in found for found in find_problems(facts.snapshot))


def test_a_part_left_out_leaves_the_records_readable() -> None:
    try:
        facts = Facts(compile_snapshot(without=frozenset({"claims/002"})))
    except InvalidKnowledge as error:
        pytest.fail(str(error))
    assert all(not claim.startswith("002/") for d in find_conflicts(facts) for claim in claims_of(d))


def covers(dispute: Disagreement, sides: list[list[str]]) -> bool:
    """Whether each known side stands in a side of its own, with all its claims, and something checked decides alone."""
    places = [next((n for n, s in enumerate(dispute.sides) if set(side) <= set(s.claims)), None) for side in sides]
    apart = None not in places and len(set(places)) == len(places)
    return apart and (len(sides) > 1 or dispute.decision is not None)


def test_the_table_holds_the_eighty_known_contradictions() -> None:
    assert list(TABLE) == [f"C{n:02}" for n in range(1, 81)]
    assert sum(entry["severity"] == "high" for entry in TABLE.values()) == 25
    assert {claim for e in TABLE.values() for side in e["sides"] for claim in side} <= load_facts().claims.keys()


@pytest.mark.parametrize("known", list(TABLE))
def test_a_known_contradiction_is_found_with_both_sides_cited(known: str) -> None:
    entry = TABLE[known]
    found = [d for d in find_conflicts(load_facts()) if covers(d, entry["sides"])]
    assert found
    if entry["severity"] == "high":
        assert any(d.decision_keys and d.severity == "high" for d in found)
