"""Citation keys: each kind resolves to its source, and what nothing stands behind is refused."""

import datetime as dt

import pytest

from modelwise.agent.citations import cite_all, claim_keys
from modelwise.agent.requirements import Requirements
from modelwise.knowledge.facts import Facts

DAY = dt.date(2026, 11, 21)
NEED = Requirements.from_mapping({"mau": 5}).model_copy(update={"words": {"mau": "five users"}})


def cite(key: str, facts: Facts) -> dict[str, object]:
    return cite_all([key], facts, NEED, DAY)[key].model_dump()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("price/openai/gpt-6-luna", "price"),
        ("price/dashscope/qwen3.7-flash", "price"),
        ("catalog/qwen3.8-27b/params_total_b", "catalog"),
        ("catalog/qwen3.8-27b/weights.licence", "catalog"),
        ("catalog/qwen3.8-27b/weights.kv.bytes_per_token", "catalog"),
        ("catalog/gpt-6-luna/offers.0.listed", "catalog"),
        ("catalog/gpt-6-luna/window.max_input", "catalog"),
        ("seller/openai/served", "catalog"),
        ("fx/CNY", "price"),
        ("default/task", "catalog"),
        ("user/mau", "user"),
        ("licence/llama-4/2", "licence"),
        ("licence/llama-4", "licence"),
    ],
)
def test_a_key_resolves_to_its_kind(facts: Facts, key: str, kind: str) -> None:
    found = cite(key, facts)
    assert found["key"] == key
    assert found["kind"] == kind
    assert found["title"]
    assert found["date"]


def test_every_claim_resolves_to_its_lines(facts: Facts) -> None:
    for claim in facts.claims.values():
        keys = claim_keys(claim.id, facts)
        cited = cite_all(keys, facts, NEED, DAY)
        assert [cited[key].lines for key in keys] == list(claim.lines)
        assert {cited[key].file for key in keys} == {facts.articles[claim.id[:3]].file}
        assert all(cited[key].excerpt == {"zh": claim.zh, "en": claim.en} for key in keys)


def test_every_clause_is_cited_from_its_own_licence(facts: Facts) -> None:
    for licence in facts.licences.values():
        for clause in licence.clauses:
            assert cite(f"licence/{clause.id}", facts)["title"] == licence.name


def test_a_persons_words_are_quoted(facts: Facts) -> None:
    assert cite("user/mau", facts)["excerpt"] == {"zh": "five users", "en": "five users"}
    assert cite("user/task", facts)["excerpt"] == {}


@pytest.mark.parametrize(
    "key",
    [
        "000/no-such-claim", "licence/none", "catalog/no-model/released", "seller/none/served", "device/none",
        "fx/XXX", "bench/none/b/m@none", "catalog/gpt-6-luna/weights",
    ],
)  # fmt: skip
def test_a_key_with_nothing_behind_it_is_refused(facts: Facts, key: str) -> None:
    with pytest.raises(KeyError):
        cite(key, facts)


def test_each_key_is_resolved_once(facts: Facts) -> None:
    assert list(cite_all(["user/mau", "default/task", "user/mau"], facts, NEED, DAY)) == ["user/mau", "default/task"]
