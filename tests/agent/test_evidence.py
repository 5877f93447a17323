"""Signals: what a figure or a sentence is worth, for whom, and how it passes to heirs."""

import datetime as dt
from types import ModuleType
from typing import Any

import msgspec
import pytest

from modelwise.agent.evidence import (
    ADVICE,
    OTHER_COMPATIBILITY,
    THINKING_COMPATIBILITY,
    aged,
    claim_signal,
    claim_weight,
    collect,
    compatibility,
    figure_of,
    percentile,
    relevant,
    same_tier_predecessor,
    size_share,
    weigh,
)
from modelwise.agent.need import resolve
from modelwise.agent.options import EFFORT_INDEX
from modelwise.agent.requirements import Requirements
from modelwise.knowledge.facts import Facts
from modelwise.knowledge.schema import Claim

DAY = dt.date(2026, 11, 21)
NONE, HIGH, MAX, UNSTATED = (EFFORT_INDEX[name] for name in ("none", "high", "max", "unstated"))
ARTICLE = {
    "id": "000", "file": "f", "sha256": "0", "title": "T", "date": None, "dated_by": DAY, "language": "zh-Hans",
}  # fmt: skip
ASPECTS = [
    {"id": "task:chat", "kind": "aspect", "zh": "对话", "en": "chat"},
    {"id": "lang:zh", "kind": "aspect", "zh": "中文", "en": "Chinese"},
    {"id": "context_tokens", "kind": "fact", "zh": "窗口", "en": "window"},
]


def claim(name: str, about: str, **fields: Any) -> dict[str, Any]:
    known = {
        "lines": [[1, 1]],
        "section": "s",
        "kind": "rating",
        "attribute": "task:chat",
        "zh": "说得很好",
        "en": "good",
    }
    return {"id": f"000/{name}", "about": {about: about}, **known, **fields}


def table(*rows: tuple[str, str, int], of: int = 10, by: str = "independent", **bench: Any) -> dict[str, Any]:
    known = {"name": "B", "aspects": ["task:chat"], "unit": "%", "better": "higher", "of": of, **bench}
    scores = [
        {"model": model, "effort": effort, "printed": model, "scores": {"b": [50, rank]}}
        for model, effort, rank in rows
    ]
    return {
        "id": "t", "title": "T", "source": "s", "date": DAY, "by": by, "harness": "h", "benchmarks": {"b": known},
        "rows": scores,
    }  # fmt: skip


def world(tiny: ModuleType, *, claims: Any = (), tables: Any = ()) -> Facts:
    heir = tiny.model("heir", predecessor={"model": "closed", "source": "s"})
    small_heir = tiny.model("other", tier="small", predecessor={"model": "closed", "source": "s"})
    known: Facts = tiny.world(
        heir, small_heir, articles=(ARTICLE,), attributes=tuple(ASPECTS), claims=tuple(claims), tables=tuple(tables)
    )
    return known


def sums(known: Facts, model: str, effort: int, aspect: str = "task:chat", **fields: Any) -> tuple[float, float]:
    """Mean signal and weight for a model at an effort."""
    signals = collect(known, DAY)
    need = resolve(Requirements.from_mapping(fields or {"task": "chat"}), known)
    seen = weigh(signals, {aspect: 1.0}, relevant(signals, need))
    number = list(known.models).index(model)
    weight = float(seen.weight[number, effort])
    return (float(seen.numerator[number, effort]) / weight if weight else 0.0), weight


@pytest.mark.parametrize(("rank", "of", "share"), [(1, 10, 0.95), (10, 10, 0.05), (1, 1, 0.5), (12, 10, 1 / 24)])
def test_a_place_in_the_whole_table(rank: int, of: int, share: float) -> None:
    assert percentile(rank, of) == pytest.approx(share)


def test_ability_ages_and_language_does_not() -> None:
    year_ago = DAY - dt.timedelta(365)
    assert aged(0.9, "task:chat", year_ago, DAY) == pytest.approx(0.78, abs=1e-3)
    assert aged(0.9, "lang:zh", year_ago, DAY) == 0.9
    assert aged(0.05, "general", dt.date(2020, 1, 1), DAY) == 0.0
    assert aged(0.9, "task:chat", DAY + dt.timedelta(9), DAY) == 0.9


def test_a_small_table_counts_less() -> None:
    assert size_share(10) == 0.5
    assert size_share(90) == 0.9


@pytest.mark.parametrize(
    ("fields", "value", "weight"),
    [
        ({"value": {"stars": 4.5, "of": 5}}, 0.9, 1),
        ({"value": {"ticks": 1, "of": 4}}, 0.25, 1),
        ({"value": "strong"}, 0.75, 1),
        ({"value": "weak"}, 0.25, 1),
        ({"stance": "for"}, 0.85, 1),
        ({"stance": "against", "kind": "warning"}, 0.15, 1),
        ({"stance": "for", "kind": "opinion"}, 0.85, 0.5),
        ({"stance": "for", "reading": "we take it so"}, 0.85, 0.5),
        ({"stance": "for", "kind": "fact"}, None, 1),
        ({}, None, 1),
    ],
)
def test_what_a_sentence_says_as_a_number(fields: dict[str, Any], value: float | None, weight: float) -> None:
    made = msgspec.convert(claim("a", "closed", **fields), Claim)
    assert claim_signal(made) == value
    assert claim_weight(made) == weight


def test_efforts_far_apart_say_nothing_where_thinking_decides() -> None:
    assert compatibility("task:code") is THINKING_COMPATIBILITY
    assert compatibility("task:chat") is OTHER_COMPATIBILITY
    grid = THINKING_COMPATIBILITY
    assert [grid[HIGH, HIGH], grid[HIGH, EFFORT_INDEX["medium"]], grid[HIGH, NONE], grid[HIGH, UNSTATED]] == [
        1,
        0.3,
        0,
        0.6,
    ]
    assert OTHER_COMPATIBILITY[HIGH, NONE] == 0.5


def test_a_figure_weighs_by_its_table_and_effort(tiny: ModuleType) -> None:
    known = world(tiny, tables=[table(("closed", "none", 1))])
    assert sums(known, "closed", NONE) == pytest.approx((0.95, 0.5))
    assert sums(known, "closed", MAX) == pytest.approx((0.95, 0.25))
    assert sums(known, "opened", NONE)[1] == 0


@pytest.mark.parametrize(
    ("by", "weight"), [("independent", 0.5), ("single_author", 0.25), ("vendor", 0.2), ("excerpt", 0.15)]
)
def test_who_measured_counts(tiny: ModuleType, by: str, weight: float) -> None:
    assert sums(world(tiny, tables=[table(("closed", "none", 1), by=by)]), "closed", NONE)[1] == pytest.approx(weight)


def test_one_source_counts_once(tiny: ModuleType) -> None:
    one = world(tiny, claims=[claim("a", "closed", stance="for")])
    two = world(tiny, claims=[claim("a", "closed", stance="for"), claim("b", "closed", stance="against")])
    assert sums(one, "closed", UNSTATED) == pytest.approx((0.85, 1.0))
    assert sums(two, "closed", UNSTATED) == pytest.approx((0.5, 1.0))


def test_a_brand_speaks_for_its_members_by_half_and_an_heir_has_a_third(tiny: ModuleType) -> None:
    brand = world(tiny, claims=[claim("a", "g", stance="for")])
    assert sums(brand, "opened", UNSTATED) == pytest.approx((0.85, 0.6))
    direct = world(tiny, claims=[claim("a", "closed", stance="for")])
    assert sums(direct, "heir", UNSTATED) == pytest.approx((0.85, 0.3))
    assert sums(direct, "other", UNSTATED)[1] == 0, "another tier inherits nothing"
    language = world(tiny, claims=[claim("a", "closed", stance="for", attribute="lang:zh")])
    assert sums(language, "heir", UNSTATED, "lang:zh")[1] == 0, "language is not inherited"


def test_a_brand_said_before_a_model_came_out_means_others(tiny: ModuleType) -> None:
    early = {**ARTICLE, "dated_by": dt.date(2026, 1, 1)}
    known = tiny.world(articles=(early,), attributes=tuple(ASPECTS), claims=(claim("a", "g", stance="for"),))
    assert sums(known, "opened", UNSTATED)[1] == 0


def test_advice_under_a_condition_counts_only_where_it_holds(tiny: ModuleType) -> None:
    said = claim("a", "closed", kind="recommendation", attribute="context_tokens", stance="for",
                 when={"context_tokens": {"over": 1000}})  # fmt: skip
    known = world(tiny, claims=[said])
    assert sums(known, "closed", UNSTATED, ADVICE, context_tokens=2000)[1] == pytest.approx(1)
    assert sums(known, "closed", UNSTATED, ADVICE, context_tokens=900)[1] == 0


def test_a_test_in_the_needs_language_is_preferred(tiny: ModuleType) -> None:
    """Chinese medicine counts whole for a Chinese hospital, English medicine by .3, and neither for a shop."""
    chinese = world(tiny, tables=[table(("closed", "none", 1), field="medicine", languages=["zh"])])
    english = world(tiny, tables=[table(("closed", "none", 1), field="medicine", languages=["en"])])
    need: dict[str, Any] = {"sector": "hospital", "languages": ["zh"]}
    assert sums(chinese, "closed", NONE, **need)[1] == pytest.approx(0.5)
    assert sums(english, "closed", NONE, **need)[1] == pytest.approx(0.15)
    assert sums(chinese, "closed", NONE, sector="other", languages=["zh"])[1] == 0


def test_a_figures_key_leads_back_to_it(facts: Facts) -> None:
    keys = {s.key for t in collect(facts, DAY).by_aspect.values() for s in t.signals if s.key.startswith("bench/")}
    for key in sorted(keys)[::37]:
        found = figure_of(facts, key)
        assert found is not None
        assert found[3] <= found[1].of or found[3] >= 1
    assert len(keys) > 500


def test_a_line_of_models_never_runs_in_a_circle(facts: Facts) -> None:
    for model in facts.models.values():
        seen, older = {model.id}, same_tier_predecessor(model, facts)
        while older:
            assert older.id not in seen
            seen.add(older.id)
            older = same_tier_predecessor(older, facts)
