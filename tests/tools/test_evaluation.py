"""Power against brute force, the known figures for 20 and 50 prompts, and what must hold of any test plan."""

from itertools import product
from math import comb, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge.facts import load_facts
from modelwise.tools.evaluation import (
    BETTER,
    CLAIMED,
    SIZES,
    detectable_gap,
    detectable_paired_gap,
    ladder,
    paired_power,
    paired_prompts_needed,
    prompts_needed,
    unpaired_power,
)

Z, Z_POWER = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(0.8)


def chance(hits: int, trials: int, share: float) -> float:
    return comb(trials, hits) * share**hits * (1 - share) ** (trials - hits)


def told_apart(one: int, other: int, prompts: int) -> bool:
    pooled = (one + other) / (2 * prompts)
    return one != other and abs(one - other) / prompts > Z * sqrt(2 * pooled * (1 - pooled) / prompts)


@pytest.mark.parametrize(("prompts", "better", "worse"), [(7, 0.9, 0.3), (20, 0.75, 0.32), (31, 0.5, 0.5)])
def test_unpaired_power_is_the_sum_over_all_results(prompts: int, better: float, worse: float) -> None:
    results = product(range(prompts + 1), repeat=2)
    brute = sum(chance(a, prompts, better) * chance(b, prompts, worse) for a, b in results if told_apart(a, b, prompts))
    assert unpaired_power(prompts, better, worse) == pytest.approx(brute, abs=1e-9)


def sign_test_rejects(wins: int, losses: int) -> bool:
    trials, fewer = wins + losses, min(wins, losses)
    return bool(40 * sum(comb(trials, k) for k in range(fewer + 1)) <= 2**trials)


@pytest.mark.parametrize(("prompts", "gap", "discordance"), [(9, 0.6, 0.7), (24, 0.25, 0.4), (30, 0.0, 0.5)])
def test_paired_power_is_the_sum_over_all_results(prompts: int, gap: float, discordance: float) -> None:
    win, loss = (discordance + gap) / 2, (discordance - gap) / 2
    brute = sum(
        comb(prompts, a) * comb(prompts - a, b) * win**a * loss**b * (1 - discordance) ** (prompts - a - b)
        for a in range(prompts + 1)
        for b in range(prompts + 1 - a)
        if sign_test_rejects(a, b)
    )
    assert paired_power(prompts, gap, discordance) == pytest.approx(brute, abs=1e-9)


def approximate_gap(prompts: int) -> float:
    """The usual normal approximation, to a thousandth: pooled variance under no gap, own variances under the gap."""
    for step in range(1, 750):
        gap = step / 1000
        worse, middle = BETTER - gap, BETTER - gap / 2
        spread = Z * sqrt(2 * middle * (1 - middle)) + Z_POWER * sqrt(BETTER * (1 - BETTER) + worse * (1 - worse))
        if (spread / gap) ** 2 <= prompts:
            return gap
    return 1.0


@pytest.mark.parametrize(("prompts", "points"), [(20, 43), (50, 27)])
def test_fifty_prompts_show_27_points_and_twenty_43(prompts: int, points: int) -> None:
    assert round(approximate_gap(prompts) * 100) == points
    exact = detectable_gap(prompts)
    assert exact is not None
    assert abs(exact * 100 - points) < 1


@pytest.mark.parametrize("prompts", [20, 50, 100, 300])
def test_the_detectable_gap_has_the_power_and_a_thousandth_less_has_not(prompts: int) -> None:
    gap = detectable_gap(prompts)
    assert gap is not None
    assert unpaired_power(prompts, BETTER, BETTER - gap) >= 0.8
    assert unpaired_power(prompts, BETTER, BETTER - gap + 0.001) < 0.8


@pytest.mark.parametrize(("gap", "needed"), [(0.27, 50), (0.1, 329)])
def test_prompts_needed_are_enough_and_stay_enough(gap: float, needed: int) -> None:
    assert prompts_needed(gap) == needed
    assert all(unpaired_power(n, BETTER, BETTER - gap) >= 0.8 for n in range(needed, needed + 10))
    assert unpaired_power(needed - 1, BETTER, BETTER - gap) < 0.8


def test_the_same_prompts_for_both_need_fewer_where_models_mostly_agree() -> None:
    paired, unpaired = paired_prompts_needed(0.1, discordance=0.2), prompts_needed(0.1)
    assert paired is not None
    assert unpaired is not None
    assert paired < unpaired / 1.5


def test_a_gap_that_would_take_too_many_prompts_has_no_number() -> None:
    assert prompts_needed(0.001) is None
    assert paired_prompts_needed(0.001) is None


def test_few_prompts_may_show_no_gap_at_all() -> None:
    assert detectable_gap(2) is None
    assert detectable_paired_gap(20, discordance=0.1) is None


@given(st.integers(1, 80), st.floats(0, 1))
def test_the_paired_test_errs_in_one_of_twenty_at_most(prompts: int, discordance: float) -> None:
    assert paired_power(prompts, 0, discordance) <= 0.05 + 1e-9


@given(st.integers(5, 60), st.floats(0.3, 0.95), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_wider_gap_is_seen_more_often(prompts: int, better: float, one: float, other: float) -> None:
    narrow, wide = sorted((one * better, other * better))
    seen = [unpaired_power(prompts, better, better - gap) for gap in (narrow, wide)]
    assert seen[1] >= seen[0] - 1e-9


def test_the_ladder_names_the_articles_claims_beside_what_their_numbers_show() -> None:
    rungs, claims = ladder(), load_facts().claims
    assert [rung.prompts for rung in rungs] == list(SIZES)
    assert all(claim in claims for rung in rungs for claim in rung.claims)
    assert [claims[c.claim].value for c in CLAIMED] == [[20, 50], 100, [300, 1000]]
    gaps = [rung.unpaired for rung in rungs if rung.unpaired is not None]
    assert gaps == sorted(gaps, reverse=True)


@pytest.mark.parametrize("gap", [0.0, -0.1, 0.9])
def test_a_gap_that_cannot_be_is_refused(gap: float) -> None:
    with pytest.raises(ValueError, match="gap"):
        prompts_needed(gap)
    with pytest.raises(ValueError, match="gap"):
        paired_prompts_needed(gap)


def test_a_gap_above_the_disagreement_is_refused() -> None:
    with pytest.raises(ValueError, match="discordance"):
        paired_power(50, 0.4, 0.3)
