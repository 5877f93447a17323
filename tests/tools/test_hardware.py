"""Memory against published sizes, cards at 0.95 of their memory, speed bands, and how memory adds up."""

from decimal import Decimal
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge.schema import Model, Precision
from modelwise.tools.hardware import (
    OVERHEAD,
    cards_needed,
    cheapest_rent,
    concurrency_that_fits,
    decode_band,
    kv_gb,
    memory,
    rent_range,
    roofline_band,
    saturated_tokens_per_second,
    serving_cards,
    tokens_that_fit,
    weights_gb,
)

CARD_SIZES = (16.0, 24.0, 32.0, 40.0, 48.0, 64.0, 80.0, 94.0, 96.0, 141.0, 180.0, 192.0, 288.0)
QWEN_KV = 256 * 1024
PRECISIONS: tuple[Precision, ...] = ("bf16", "fp8", "int8", "int4", "mxfp4")


def sized(tiny: ModuleType, total: float, active: float | None = None, **weights: object) -> Model:
    """A model of so many billion parameters."""
    found: Model = tiny.model(
        params_total_b=[total, "s"], params_active_b=[active or total, "s"], weights=tiny.weights(**weights)
    )
    return found


def scout(tiny: ModuleType) -> Model:
    return sized(tiny, 108.64, 17.0, kv=49_152, per_sequence=1_207_959_552)


def test_gpt_oss_120b_is_its_63_gb_file(tiny: ModuleType) -> None:
    assert weights_gb(sized(tiny, 117, 5.1, files_gb={"mxfp4": [63, "s"]}), "mxfp4") == 63


def test_gpt_oss_120b_is_about_63_gb_by_its_parameters(tiny: ModuleType) -> None:
    assert weights_gb(sized(tiny, 117, 5.1), "mxfp4") == pytest.approx(63, rel=0.02)


def test_qwen3_32b_holds_8_6_gb_of_cache_for_32k_tokens(tiny: ModuleType) -> None:
    weights = sized(tiny, 32.76, kv=QWEN_KV).weights
    assert weights is not None
    assert kv_gb(weights, 32_768, 1) == pytest.approx(8.6, abs=0.05)


def test_llama_4_scout_fits_one_80_gb_card_in_int4_only(tiny: ModuleType) -> None:
    need = {p: memory(scout(tiny), p, tokens=32_768, concurrency=1) for p in PRECISIONS}
    cards = {p: cards_needed(m.total, 80) for p, m in need.items() if m}
    assert cards["int4"] == 1
    assert cards["bf16"] > 1


def test_an_undisclosed_size_is_unknown(tiny: ModuleType) -> None:
    model = tiny.model(params_total_b=["undisclosed", "s"], weights=tiny.weights(kv=1))
    assert weights_gb(model, "bf16") is None
    assert memory(model, "bf16", tokens=1, concurrency=1) is None
    assert decode_band(model, "bf16", 1000) is None
    assert saturated_tokens_per_second(model, 1000) is None


def test_an_unknown_architecture_leaves_memory_unknown(tiny: ModuleType) -> None:
    assert memory(sized(tiny, 8), "bf16", tokens=1, concurrency=1) is None
    assert memory(tiny.model(params_total_b=[8, "s"]), "bf16", tokens=1, concurrency=1) is None


@given(st.floats(0.1, 2000), st.integers(1, 10**6), st.integers(1, 200_000), st.integers(1, 500), st.integers(1, 500))
def test_memory_is_additive(tiny: ModuleType, total: float, kv: int, tokens: int, one: int, other: int) -> None:
    model = sized(tiny, total, kv=kv, per_sequence=1000)
    needs = [memory(model, "fp8", tokens=tokens, concurrency=n) for n in (one, other, one + other)]
    first, second, both = (m for m in needs if m)
    assert first.kv + second.kv == pytest.approx(both.kv)
    assert both.total == pytest.approx(both.weights + both.kv + both.overhead)
    assert (first.weights, first.overhead) == (both.weights, both.overhead)
    assert both.overhead == pytest.approx(both.weights * OVERHEAD)


@given(st.floats(0.1, 2000), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_longer_context_needs_no_less_memory(tiny: ModuleType, total: float, tokens: int, more: int) -> None:
    model = sized(tiny, total, kv=1000)
    less, grown = (memory(model, "bf16", tokens=n, concurrency=3) for n in (tokens, tokens + more))
    assert less is not None
    assert grown is not None
    assert less.total <= grown.total


@pytest.mark.parametrize("gb", CARD_SIZES)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 64])
def test_cards_are_filled_to_95_per_cent_and_not_above(gb: float, count: int) -> None:
    full = float(Decimal(str(gb)) * count * 95 / 100)
    assert cards_needed(full, gb) == count
    assert cards_needed(full + 0.001, gb) == count + 1


def test_nothing_still_takes_a_card() -> None:
    assert cards_needed(0, 80) == 1


@given(st.floats(0.1, 300), st.floats(0.1, 2000), st.integers(1, 100_000))
def test_what_is_said_to_fit_does_and_one_more_does_not(
    tiny: ModuleType, total: float, budget: float, tokens: int
) -> None:
    model = sized(tiny, total, kv=QWEN_KV)
    count = concurrency_that_fits(model, "fp8", tokens=tokens, budget_gb=budget)
    assert count >= 0
    fits, over = (memory(model, "fp8", tokens=tokens, concurrency=n) for n in (count, count + 1))
    assert fits is not None
    assert over is not None
    assert count == 0 or fits.total <= budget * (1 + 1e-9)
    assert over.total > budget * (1 - 1e-9)


def test_weights_that_do_not_fit_serve_nobody(tiny: ModuleType) -> None:
    assert concurrency_that_fits(sized(tiny, 70, kv=QWEN_KV), "bf16", tokens=1000, budget_gb=80) == 0


def test_a_model_without_cache_serves_many_or_none(tiny: ModuleType) -> None:
    model = sized(tiny, 1, kv=0)
    assert concurrency_that_fits(model, "bf16", tokens=1000, budget_gb=2.2) == 0
    assert concurrency_that_fits(model, "bf16", tokens=1000, budget_gb=2.25) == 1000
    assert concurrency_that_fits(tiny.model(), "bf16", tokens=1000, budget_gb=80) == 0


def test_a_dense_model_reads_all_its_weights_for_a_token(tiny: ModuleType) -> None:
    assert decode_band(sized(tiny, 8), "bf16", 1600) == pytest.approx((30, 85))


def test_a_mixture_reads_its_active_share(tiny: ModuleType) -> None:
    assert decode_band(sized(tiny, 80, 8), "bf16", 1600) == pytest.approx((15, 50))


def test_gpt_oss_120b_saturates_an_h100_near_the_published_6_100_tokens(tiny: ModuleType) -> None:
    assert saturated_tokens_per_second(sized(tiny, 117, 5.1), 989) == pytest.approx(6100, rel=0.1)


def test_rents_are_told_as_their_range(tiny: ModuleType) -> None:
    cards = [tiny.device(80, 3.99, 2.4), tiny.device(24), tiny.device(141, 12.29)]
    assert rent_range(cards) == (Decimal("2.4"), Decimal("12.29"))
    assert rent_range(cards[1:2]) is None
    cheapest = cheapest_rent(cards[0])
    assert cheapest is not None
    assert cheapest.usd_per_hour == 2.4
    assert cheapest_rent(cards[1]) is None


@pytest.mark.parametrize(
    ("holds", "peak", "card", "cards"),
    [(1, 1000, 6100, 1), (1, 6100, 6100, 1), (1, 6100.5, 6100, 2), (2, 100, 6100, 2), (3, 9000, None, 3), (3, 9, 0, 3)],
)
def test_cards_both_hold_and_serve(holds: int, peak: float, card: float | None, cards: int) -> None:
    assert serving_cards(holds, peak, card) == cards


@pytest.mark.parametrize("concurrency", [1, 7])
def test_what_fits_in_length_fits_in_memory_and_one_token_more_does_not(tiny: ModuleType, concurrency: int) -> None:
    model = sized(tiny, 8.19, kv=147_456, per_sequence=1_000_000)
    longest = tokens_that_fit(model, "bf16", concurrency=concurrency, budget_gb=24)
    assert longest is not None
    for tokens, fits in ((longest, True), (longest + 1, False)):
        found = memory(model, "bf16", tokens=tokens, concurrency=concurrency)
        assert found is not None
        assert (found.total <= 24) is fits


def test_no_length_fits_where_the_weights_do_not_and_none_is_known_without_a_cache(tiny: ModuleType) -> None:
    assert tokens_that_fit(sized(tiny, 70, kv=1), "bf16", concurrency=1, budget_gb=24) == 0
    assert tokens_that_fit(sized(tiny, 7), "bf16", concurrency=1, budget_gb=24) is None
    assert tokens_that_fit(sized(tiny, 7, kv=0), "bf16", concurrency=1, budget_gb=24) is None


def test_the_roof_is_the_bandwidth_over_what_a_token_reads() -> None:
    assert roofline_band(1000, 10, moe=False) == pytest.approx((30, 85))
    assert roofline_band(1000, 10, moe=True) == pytest.approx((15, 50))
