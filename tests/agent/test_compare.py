"""Models side by side."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from modelwise.agent.compare import Comparison, compare
from modelwise.agent.reports import comparison_sections, report_markdown
from modelwise.agent.requirements import InvalidRequirements, Requirements
from modelwise.knowledge.facts import Facts

NEED = Requirements.from_mapping(
    {"task": "chat", "monthly_requests": 2_000_000, "input_tokens": 800, "output_tokens": 200}
)


def test_each_row_holds_what_its_option_is(today: dt.date, facts: Facts) -> None:
    made = compare(["gpt-6-luna", "Qwen3.8-27B", "gpt-oss-120b"], NEED, facts, today)
    luna, qwen, oss = made.rows
    assert [row.model.name for row in made.rows] == ["GPT-6 Luna", "Qwen3.8-27B", "gpt-oss-120b"]
    assert luna.cost is not None
    assert luna.cost.monthly_usd == Decimal("360.00")
    assert luna.price is not None
    assert (luna.price.input_usd, luna.price.output_usd) == (Decimal("0.1"), Decimal("0.5"))
    assert qwen.weights_gb
    assert luna.weights_gb is None
    assert oss.efforts == ("low", "medium", "high")
    assert oss.evidence
    for row in made.rows:
        assert row.license is not None
        assert row.lifecycle is not None
        assert row.total == pytest.approx(sum(row.values[n] * w for n, w in _weights(made, facts).items()), abs=1e-3)


def _weights(made: Comparison, facts: Facts) -> dict[str, float]:
    from modelwise.agent.need import resolve
    from modelwise.agent.score import profiles, weights_for

    return dict(zip(profiles()["criteria"], weights_for(resolve(made.requirements, facts)).tolist(), strict=True))


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_it_reads_and_keeps(language: Any, today: dt.date, facts: Facts) -> None:
    made = compare(["GPT-4o", "Claude Opus 4.8", "Kimi K3", "o1"], None, facts, today)
    assert Comparison.model_validate_json(made.model_dump_json()) == made
    page = report_markdown(comparison_sections(made, language))
    assert all(row.model.name in page for row in made.rows)
    assert "None" not in page


def test_what_a_model_fails_is_named(today: dt.date, facts: Facts) -> None:
    made = compare(["o1", "GPT-6 Luna"], Requirements.from_mapping({"on_prem": True}), facts, today)
    assert "privacy" in made.rows[0].failed
    assert "lifecycle" in made.rows[0].failed
    assert made.rows[1].failed == ("privacy",)


@pytest.mark.parametrize(
    "models", [[], ["GPT-4o"], ["GPT-4o"] * 2, ["GPT-4o", "Zebra 9000"], ["o1", "o3", "GPT-4o", "Kimi K3", "GPT-5"]]
)
def test_what_cannot_be_compared_is_refused(models: list[str], today: dt.date, facts: Facts) -> None:
    with pytest.raises(InvalidRequirements, match="models"):
        compare(models, None, facts, today)
