"""The same requirements on another day."""

import datetime as dt
from typing import Any

import pytest

import modelwise
from modelwise.agent.advice import Advice
from modelwise.agent.advisor import advise
from modelwise.agent.recheck import Recheck, recheck
from modelwise.agent.reports import recheck_sections, report_markdown
from modelwise.knowledge.facts import Facts

BUSY = {"task": "chat", "monthly_requests": 2_000_000, "input_tokens": 800, "output_tokens": 200, "on_prem": False}
EARLIER = dt.date(2026, 6, 1)


def checked(made: Recheck) -> Recheck:
    assert all(c.statement.cites and set(c.cites) <= made.citations.keys() for c in made.changes)
    assert Recheck.model_validate_json(made.model_dump_json()) == made
    for language in ("zh-Hans", "zh-Hant", "en"):
        assert report_markdown(recheck_sections(made, language))
    return made


def test_on_the_same_day_nothing_changed(today: dt.date, facts: Facts) -> None:
    made = checked(recheck(advise(BUSY, today=today), facts, today))
    assert made.changes == ()
    assert made.same_picks
    assert made.since == made.advice.as_of == today


def test_what_was_withdrawn_since_is_out(today: dt.date, facts: Facts) -> None:
    made = checked(recheck(advise(BUSY, today=EARLIER), facts, today))
    out = {c.model_id: c.after for c in made.changes if c.kind == "eliminated"}
    assert out["o1"] == "lifecycle"
    assert made.since == EARLIER


def test_weights_that_were_overridden_stay_so(today: dt.date, facts: Facts) -> None:
    advice = advise(BUSY, today=today, weights={"task": 0.9, "cost": 0.0})
    assert recheck(advice, facts, today).changes == ()


def changed(advice: Advice, **parts: Any) -> Advice:
    first = advice.picks[0].model_copy(update=parts)
    return advice.model_copy(update={"picks": (first, *advice.picks[1:])})


def test_each_kind_of_change_is_said(today: dt.date, facts: Facts) -> None:
    advice = advise(BUSY, today=today)
    first = advice.picks[0]
    other = advice.picks[1]
    cases = {
        "cost": changed(advice, cost=first.cost.model_copy(update={"monthly_usd": (first.cost.monthly_usd or 0) * 2})),
        "lifecycle": changed(advice, lifecycle=first.lifecycle.model_copy(update={"status": "preview"})),
        "licence": changed(advice, license=first.license.model_copy(update={"verdict": "unknown"})),
        "option": changed(advice, option=first.option.model_copy(update={"effort": "max"})),
        "role": changed(advice, role="budget"),
        "pick_out": changed(advice, model=first.model.model_copy(update={"id": "gone", "name": "Gone"})),
        "pick_in": advice.model_copy(update={"picks": (first, *advice.picks[2:])}),
        "status": advice.model_copy(update={"status": "nothing_fits", "picks": ()}),
        "readmitted": advice.model_copy(
            update={"eliminated": (*advice.eliminated, advice.eliminated[0].model_copy(
                update={"option": other.option.model_copy(update={"model_id": "qwen3-32b"}), "name": "Qwen3-32B"}))}
        ),
    }  # fmt: skip
    for kind, earlier in cases.items():
        assert kind in [c.kind for c in checked(recheck(earlier, facts, today)).changes], kind


def test_a_pick_that_fails_now_names_the_rule(today: dt.date, facts: Facts) -> None:
    advice = advise(BUSY, today=today)
    retired = next(e for e in advice.eliminated if e.option.model_id == "o1")
    model = advice.picks[0].model.model_copy(update={"id": "o1", "name": retired.name})
    made = recheck(changed(advice, model=model), facts, today)
    gone = next(c for c in made.changes if c.kind == "pick_out")
    assert gone.statement.text_id == "changed.pick_fails"
    assert "lifecycle" in str(gone.statement.params["rules"])


def test_the_root_offers_it_for_an_advice_in_any_form(today: dt.date) -> None:
    advice = advise(BUSY, today=today)
    for form in (advice, advice.to_json(), advice.model_dump(mode="json")):
        assert modelwise.recheck(form, today=today).changes == ()
    with pytest.raises(ValueError, match="validation error"):
        modelwise.recheck("{}", today=today)
