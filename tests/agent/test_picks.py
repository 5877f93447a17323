"""Which of the options that are left are picked: ties to the cheaper, another family, never padded."""

import datetime as dt
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from modelwise.agent.need import resolve
from modelwise.agent.options import build_options
from modelwise.agent.picks import Chosen, choose, ranked, tied_with_leader
from modelwise.agent.requirements import Requirements
from modelwise.agent.score import Scored, score
from modelwise.agent.shortlist import Shortlist, shortlist

if TYPE_CHECKING:
    from modelwise.knowledge.facts import Facts

DAY = dt.date(2026, 11, 21)
PRICES = {"a": 10.0, "b": 9.5, "c": 2.0, "d": 10.0}
Given = dict[str, tuple[float, float]]


class Stage:
    """Four models of four families at one seller, with totals and task values as a test sets them."""

    def __init__(self, tiny: ModuleType, families: str = "abcd", **offers: Any) -> None:
        models = [
            tiny.model(
                name, family=f"family-{family}", window=tiny.window(90_000),
                offers=[{**tiny.offer(f"s/{name}"), **offers.get(name, {})}],
            )
            for name, family in zip(PRICES, families, strict=True)
        ]  # fmt: skip
        known = tiny.world().snapshot
        self.facts: Facts = tiny.facts(
            *models, licences=known.licences, sellers=known.sellers,
            list_prices=tuple(tiny.list_price(f"s/{name}", usd, usd) for name, usd in PRICES.items()),
        )  # fmt: skip

    def set(self, given: Given, **fields: Any) -> tuple[Shortlist, Scored]:
        found = shortlist(build_options(self.facts, DAY), resolve(Requirements.from_mapping(fields), self.facts))
        scored = score(found)
        values = scored.values.copy()
        ids = [row.model.id for row in found.options.rows]
        values[:, scored.criteria.index("task")] = [given[i][1] for i in ids]
        return found, replace(scored, values=values, total=np.array([given[i][0] for i in ids]))

    def choose(self, given: Given, **fields: Any) -> list[tuple[str, str]]:
        found, scored = self.set(given, **(fields or {"task": "chat"}))
        return [(found.options.rows[c.option].model.id, c.role) for c in choose(found, scored)]


FAR: Given = {"a": (0.9, 0.9), "b": (0.8, 0.8), "c": (0.6, 0.6), "d": (0.5, 0.5)}


def test_the_best_then_other_families(tiny: ModuleType) -> None:
    assert Stage(tiny).choose(FAR) == [("a", "first_choice"), ("b", "alternative"), ("c", "alternative")]


def test_a_much_cheaper_one_nearly_as_good_is_the_budget_pick(tiny: ModuleType) -> None:
    near: Given = {**FAR, "c": (0.82, 0.82), "b": (0.85, 0.85)}
    assert Stage(tiny).choose(near) == [("a", "first_choice"), ("b", "alternative"), ("c", "budget")]
    weaker: Given = {**near, "c": (0.82, 0.79)}
    assert Stage(tiny).choose(weaker)[2] == ("c", "alternative")


def test_as_good_as_tied_goes_to_the_cheaper(tiny: ModuleType) -> None:
    tied: Given = {**FAR, "c": (0.885, 0.86)}
    assert Stage(tiny).choose(tied)[0] == ("c", "first_choice")
    assert Stage(tiny).choose(tied, quality_priority="quality")[0] == ("a", "first_choice")
    other_task: Given = {**FAR, "c": (0.885, 0.84)}
    assert Stage(tiny).choose(other_task)[0] == ("a", "first_choice")
    hardly: Given = {**FAR, "b": (0.899, 0.9)}
    assert Stage(tiny).choose(hardly)[0] == ("a", "first_choice"), "half a tenth cheaper is no reason"


def test_a_tie_is_told(tiny: ModuleType) -> None:
    found, scored = Stage(tiny).set({**FAR, "b": (0.89, 0.88)}, task="chat")
    assert len(choose(found, scored)[0].tied) == 1
    assert len(tied_with_leader(scored, ranked(found, scored))) == 1
    assert tied_with_leader(scored, np.array([], dtype=np.int64)) == ()


def test_one_of_a_family_but_for_the_budget_pick(tiny: ModuleType) -> None:
    assert Stage(tiny, "aacd").choose(FAR) == [("a", "first_choice"), ("c", "alternative"), ("d", "alternative")]
    cheap: Given = {**FAR, "c": (0.85, 0.85)}
    assert Stage(tiny, "abad").choose(cheap) == [("a", "first_choice"), ("b", "alternative"), ("c", "budget")]


def test_never_padded(tiny: ModuleType) -> None:
    assert Stage(tiny, "aaaa").choose(FAR) == [("a", "first_choice")]
    assert Stage(tiny).choose(FAR, models_only=["a"]) == [("a", "first_choice")]
    assert Stage(tiny).choose(FAR, models_only=["nobody"]) == []


@pytest.mark.parametrize(
    ("days", "fields", "first"), [(182, {}, "b"), (183, {}, "a"), (200, {"horizon_months": 12}, "b")]
)
def test_no_first_choice_with_little_life_left(tiny: ModuleType, days: int, fields: dict[str, Any], first: str) -> None:
    ends = {"retires": [DAY + dt.timedelta(days), "s"]}
    assert Stage(tiny, a=ends).choose(FAR, task="chat", **fields)[0] == (first, "first_choice")


def test_ranking_ends_at_the_name(tiny: ModuleType) -> None:
    found, scored = Stage(tiny).set(dict.fromkeys(PRICES, (0.5, 0.5)), task="chat", quality_priority="quality")
    assert [found.options.rows[n].model.id for n in ranked(found, scored)] == ["c", "b", "a", "d"]


@pytest.mark.parametrize(
    ("total", "usd", "fields", "second"),
    [
        (0.86, 1.0, {}, "w"),
        (0.84, 1.0, {}, "b"),
        (0.86, 9.0, {}, "b"),
        (0.86, 9.0, {"gpu_mem_gb": 400}, "w"),
    ],
    ids=["near and at most twice the cost", "too weak", "too dear", "dear, but hardware was said"],
)
def test_the_other_kind_goes_first_where_it_is_worth_offering(
    tiny: ModuleType, total: float, usd: float, fields: dict[str, Any], second: str
) -> None:
    card = tiny.device(400, usd)
    made = tiny.model("w", family="w", weights=tiny.weights(kv=1), window=tiny.window(9_999), params_total_b=[8, "s"])
    offers = [tiny.model(n, family=n, offers=[tiny.offer(f"s/{n}")], window=tiny.window(9_999)) for n in "ab"]
    known = tiny.world().snapshot
    facts = tiny.facts(
        *offers, made, licences=known.licences, sellers=known.sellers, devices=(card,),
        list_prices=tuple(tiny.list_price(f"s/{name}", 13, 13) for name in "ab"),
    )  # fmt: skip
    stage = Stage(tiny)
    stage.facts = facts
    totals: Given = {"a": (0.9, 0.9), "b": (0.88, 0.7), "w": (total, 0.7)}
    picked = stage.choose(totals, **{"task": "chat", **fields})
    assert picked[0] == ("a", "first_choice")
    assert picked[1] == (second, "alternative")


def test_a_choice_is_a_value() -> None:
    assert Chosen(3, "budget") == Chosen(3, "budget", ())


EVEN: Given = {"a": (0.9, 0.9), "b": (0.89, 0.9), "c": (0.6, 0.6), "d": (0.5, 0.5)}


def test_a_platform_in_use_decides_between_options_as_good_as_tied(tiny: ModuleType) -> None:
    stage = Stage(tiny, b={"seller": "home"})
    sellers = dict(stage.facts.sellers)
    sellers["home"] = msgspec.structs.replace(sellers["s"], id="home", stacks=("azure",))
    stage.facts.__dict__["sellers"] = sellers
    assert stage.choose(EVEN)[0] == ("a", "first_choice")
    assert stage.choose(EVEN, task="chat", existing_stack=["azure"])[0] == ("b", "first_choice")
    assert stage.choose(EVEN, task="chat", existing_stack=["aws"])[0] == ("a", "first_choice")
    assert stage.choose(FAR, task="chat", existing_stack=["azure"])[0] == ("a", "first_choice")


@pytest.mark.parametrize(("wish", "kind"), [("self_host", "weights"), ("api", "api")])
def test_a_wish_how_to_have_it_decides_between_options_as_good_as_tied(world: "Facts", wish: str, kind: str) -> None:
    need = resolve(Requirements.from_mapping({"task": "chat", "prefer": wish}), world)
    found = shortlist(build_options(world, DAY), need)
    scored = score(found)
    even = replace(scored, values=np.full_like(scored.values, 0.5), total=np.full(len(found.options), 0.5))
    assert found.options.rows[int(ranked(found, even)[0])].option.kind == kind
