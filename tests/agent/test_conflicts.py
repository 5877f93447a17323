import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from modelwise.agent.advice import Conflict, Language
from modelwise.agent.citations import cite_all
from modelwise.agent.conflicts import _claims_used, conflicts_of, first_without, overridden
from modelwise.agent.defaults import read_yaml
from modelwise.agent.evidence import Signals, collect
from modelwise.agent.need import resolve
from modelwise.agent.options import build_options
from modelwise.agent.picks import Chosen, choose
from modelwise.agent.recommend import recommend
from modelwise.agent.requirements import FIELDS, Requirements
from modelwise.agent.score import Scored, quality, score
from modelwise.agent.shortlist import Shortlist, shortlist
from modelwise.agent.write import sentence
from modelwise.knowledge.conflicts import find_conflicts, recorded_conflicts
from modelwise.knowledge.facts import Facts, load_facts
from modelwise.knowledge.schema import Claim

OVERRIDES = read_yaml("overrides.yaml")
# For each rule a need in which it matters, and one in which it does not (None: it always does).
NEEDS: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "moe-memory": ({"gpu_mem_gb": 80, "gpu_count": 1}, {"task": "chat"}),
    "local-is-free": ({"on_prem": True}, {"on_prem": False}),
    "local-70b-milliseconds": ({"realtime": True}, {"latency_seconds": 30}),
    "any-model-below-128k": ({"context_tokens": 32_000}, {"context_tokens": 1000}),
    "up-to-1m": ({"context_tokens": 500_000}, {"context_tokens": 32_000}),
    "over-1m": ({"context_tokens": 1_500_000}, {"context_tokens": 500_000}),
    "regulated-self-host-only": ({"sector": "hospital"}, {"sector": "school"}),
    "o1-for-critical": ({"sector": "bank"}, {"sector": "public"}),
    "r1-for-internal": ({"data_sensitivity": {"internal"}}, {"data_sensitivity": {"phi"}}),
    "closed-cannot-be-tuned": ({"fine_tune": True}, {"fine_tune": False}),
    "chat-models-for-code": ({"task": "code"}, {"task": "chat"}),
    "v3-times-cheaper": ({"quality_priority": "cost"}, {"quality_priority": "quality"}),
    "v3-on-every-branch": ({"monthly_budget": 500}, {"task": "chat"}),
    "evaluation-set-size": ({"task": "chat"}, None),
}
SEVERAL: tuple[dict[str, Any], ...] = (
    {"task": "chat", "languages": {"zh"}},
    {"task": "creative_writing", "languages": {"zh"}},
    {"task": "code", "secondary_tasks": {"agent"}, "languages": {"en"}},
    {"task": "rag", "on_prem": True, "gpu_mem_gb": 320, "gpu_count": 4},
    {"task": "chat", "device": "phone", "ram_gb": 8},
)
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)(?: ?([万亿]))?")
UNITS = {"": 1, "万": 10**4, "亿": 10**8}


@pytest.fixture(scope="module")
def facts() -> Facts:
    return load_facts()


def need_of(mapping: Mapping[str, Any]) -> Requirements:
    return Requirements(**mapping, said=frozenset(mapping), language="zh-Hans")


def decided(mapping: Mapping[str, Any], facts: Facts, today: dt.date) -> tuple[Shortlist, Scored, tuple[Chosen, ...]]:
    found = shortlist(build_options(facts, today), resolve(need_of(mapping), facts))
    scored = score(found)
    return found, scored, choose(found, scored)


def numbers_in(text: str) -> Counter[float]:
    return Counter(round(float(n.replace(",", "")) * UNITS[unit], 6) for n, unit in NUMBER.findall(text))


def test_every_override_is_recorded_and_asks_for_fields_that_exist(facts: Facts) -> None:
    assert {rule["conflict"] for rule in OVERRIDES} == set(NEEDS)
    assert set(NEEDS) <= recorded_conflicts(facts).keys()
    assert {field for rule in OVERRIDES for when in rule["when"] for field in when} <= set(FIELDS)


@pytest.mark.parametrize("rule", sorted(NEEDS))
def test_a_wrong_rule_is_shown_where_it_matters_with_both_sides_cited(rule: str, facts: Facts, today: dt.date) -> None:
    matters, elsewhere = NEEDS[rule]
    dispute = recorded_conflicts(facts)[rule]
    advice = recommend(need_of(matters), facts, today)
    shown = [c for c in advice.conflicts if c.decision and c.decision.cites == dispute.decision_keys]
    assert len(shown) == 1
    cited = {key.split("#")[0] for side in shown[0].sides for key in side.cites}
    assert cited == {claim for side in dispute.sides for claim in side.claims}
    assert {key for side in shown[0].sides for key in side.cites} <= advice.citations.keys()
    assert set(dispute.decision_keys) <= advice.citations.keys()
    if elsewhere is not None:
        assert dispute not in overridden(resolve(need_of(elsewhere), facts), facts)


def test_an_advice_that_asks_disputes_nothing(facts: Facts, today: dt.date) -> None:
    advice = recommend(Requirements(), facts, today)
    assert advice.status == "unclear"
    assert advice.conflicts == ()


def test_nothing_that_fits_still_shows_the_wrong_rules(facts: Facts, today: dt.date) -> None:
    need = {"task": "chat", "on_prem": True, "gpu_mem_gb": 8, "gpu_count": 1, "context_tokens": 9_000_000}
    advice = recommend(need_of(need), facts, today)
    assert advice.status == "nothing_fits"
    assert "MoE" in {c.about for c in advice.conflicts}


@pytest.mark.parametrize("need", SEVERAL, ids=str)
def test_what_is_disputed_concerns_the_picks(need: dict[str, Any], facts: Facts, today: dt.date) -> None:
    found, scored, chosen = decided(need, facts, today)
    wrong = overridden(found.need, facts)
    used = _claims_used(found, scored, chosen)
    models = [found.options.rows[one.option].model for one in chosen]
    names = {facts.name(name) for model in models for name in (model.id, model.family)}
    rest = conflicts_of(found, scored, chosen)[len(wrong) :]
    assert len(rest) <= 5
    for conflict in rest:
        cited = {key.split("#")[0] for side in conflict.sides for key in side.cites}
        assert set(conflict.about.split(" / ")) & names or cited & used


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_advice_says_both_sides_and_what_decides(language: Language, facts: Facts, today: dt.date) -> None:
    advice = recommend(need_of({"task": "rag", "gpu_mem_gb": 80, "gpu_count": 1, "on_prem": True}), facts, today)
    text = advice.to_markdown(language)
    assert "MoE" in text
    assert "1000B" in text
    assert not re.search(r"[{}]|\[\[[a-z]", text)


@pytest.mark.parametrize("need", SEVERAL, ids=str)
def test_weighing_only_what_is_touched_finds_the_same_first_choice(
    need: dict[str, Any], facts: Facts, today: dt.date
) -> None:
    found, scored, chosen = decided(need, facts, today)
    used = _claims_used(found, scored, chosen)
    for claims in (*(frozenset({claim}) for claim in used), used):
        assert first_without(claims, found, scored, chosen[0].option) == _afresh(claims, found, scored)


def _afresh(claims: frozenset[str], found: Shortlist, scored: Scored) -> int:
    """Return the first choice when every option is weighed anew without the claims."""
    signals = collect(found.options.facts, found.options.day)
    seen = quality(found, _without(claims, signals), scored.evidence["task"].relevance)
    values = scored.values.copy()
    for name, column in seen.columns.items():
        values[:, scored.criteria.index(name)] = np.clip(column, 0.0, 1.0)
    anew = replace(scored, values=values, total=values @ scored.weights, strength=seen.strength)
    return choose(found, anew)[0].option


def _without(claims: frozenset[str], signals: Signals) -> Signals:
    tables = {}
    for name, table in signals.by_aspect.items():
        silent = np.array([signal.key in claims for signal in table.signals])
        tables[name] = replace(table, weight=np.where(silent, 0.0, table.weight))
    return replace(signals, by_aspect=tables)


def _rating(article: str, model: str, task: str, stars: int) -> Claim:
    return msgspec.convert(
        {
            "id": f"{article}/made-up",
            "lines": [[1, 1]],
            "section": "s",
            "kind": "rating",
            "about": {model: model},
            "attribute": f"task:{task}",
            "value": {"stars": stars, "of": 5},
            "zh": f"一句评价，{stars} 星。",
            "en": f"A rating of {stars} stars.",
        },
        Claim,
    )


def _turning(facts: Facts, today: dt.date) -> Iterator[Conflict]:
    """Let one article praise a pick and another run it down, and keep what the first choice then turns on."""
    for task in ("translation", "extraction", "summarization", "creative_writing", "chat"):
        need = {"task": task, "quality_priority": "cost"}
        found, _, chosen = decided(need, facts, today)
        for one in chosen:
            model = found.options.rows[one.option].model.id
            made_up = (_rating("000", model, task, 5), _rating("004", model, task, 1))
            claims = (*facts.snapshot.claims, *made_up)
            shown = conflicts_of(*decided(need, Facts(msgspec.structs.replace(facts.snapshot, claims=claims)), today))
            yield from (c for c in shown if any(side.text_id == "claim.decides" for side in c.sides))


def test_a_side_on_which_the_first_choice_turns_says_so(facts: Facts, today: dt.date) -> None:
    conflict = next(_turning(facts, today))
    turning = [side for side in conflict.sides if side.text_id == "claim.decides"]
    assert {str(side.params["en"]) for side in turning} <= {"A rating of 5 stars.", "A rating of 1 stars."}
    for side in turning:
        assert side.params["model"] != side.params["other"]
        assert f"would be {side.params['model']} instead of {side.params['other']}" in sentence(side, "en")
        assert str(side.params["model"]) in sentence(side, "zh-Hans")


def test_every_citation_of_a_decision_resolves(facts: Facts, today: dt.date) -> None:
    keys = {key for dispute in find_conflicts(facts) for key in dispute.decision_keys}
    assert cite_all(sorted(keys), facts, Requirements(), today).keys() == keys


def test_decisions_say_the_same_numbers_in_both_languages(facts: Facts) -> None:
    told = {i: d.decision for i, d in recorded_conflicts(facts).items() if d.decision}
    assert {i for i, d in told.items() if numbers_in(d.zh) != numbers_in(d.en)} == set()
