"""Windows: each limit on both sides, bands of estimates, and that a tighter window never admits more."""

from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from modelwise.knowledge.schema import Sourced
from modelwise.tools.context import Band, Unit, check_window, chunks_needed, estimate_tokens, sum_bands

_RANK = {"failed": 0, "unknown": 1, "met": 2}
UNITS: tuple[Unit, ...] = ("tokens", "characters", "words", "pages")
LIMITS = st.integers(0, 2_000_000)
SPOKEN = st.integers(0, 200_000)


@st.composite
def bands(draw: st.DrawFn) -> Band:
    return Band(*sorted(draw(st.tuples(LIMITS, LIMITS, LIMITS))))


def exact(tokens: int) -> Band:
    return Band(tokens, tokens, tokens)


@pytest.mark.parametrize(("tokens", "status"), [(99_000, "met"), (99_001, "failed")])
def test_without_a_max_input_the_total_less_the_output_decides(tiny: ModuleType, tokens: int, status: str) -> None:
    fit = check_window(tiny.window(100_000), exact(tokens), output=700, reasoning=300)
    assert (fit.status, fit.limit, fit.has) == (status, "total", 99_000)


@pytest.mark.parametrize(("tokens", "status"), [(80_000, "met"), (80_001, "failed")])
def test_a_max_input_below_the_total_decides(tiny: ModuleType, tokens: int, status: str) -> None:
    fit = check_window(tiny.window(100_000, max_input=80_000), exact(tokens), output=1000)
    assert (fit.status, fit.limit, fit.has) == (status, "max_input", 80_000)


@pytest.mark.parametrize(("output", "status"), [(20_000, "met"), (20_001, "failed")])
def test_input_and_output_share_the_total(tiny: ModuleType, output: int, status: str) -> None:
    assert check_window(tiny.window(100_000, max_input=80_000), exact(80_000), output=output).status == status


@pytest.mark.parametrize(("reasoning", "status"), [(7000, "met"), (7001, "failed")])
def test_thinking_counts_as_output(tiny: ModuleType, reasoning: int, status: str) -> None:
    fit = check_window(tiny.window(100_000, max_output=8000), exact(10), output=1000, reasoning=reasoning)
    assert fit.status == status


def test_too_long_an_output_names_its_limit(tiny: ModuleType) -> None:
    fit = check_window(tiny.window(100_000, max_output=8000), exact(10), output=9000)
    assert (fit.limit, fit.required, fit.has) == ("max_output", exact(9000), 8000)


@pytest.mark.parametrize(("low", "high", "status"), [(1, 100, "met"), (100, 101, "unknown"), (101, 102, "failed")])
def test_a_band_across_the_limit_is_unknown(tiny: ModuleType, low: int, high: int, status: str) -> None:
    assert check_window(tiny.window(100), Band(low, high, high), output=0).status == status


def test_an_unstated_window_is_unknown() -> None:
    fit = check_window(None, exact(1), output=1)
    assert (fit.status, fit.has, fit.effective) == ("unknown", None, None)


def test_the_measured_window_is_told_beside_the_claimed(tiny: ModuleType) -> None:
    claimed = tiny.window(1_000_000)
    measured = replace(claimed, effective=Sourced(64_000, "s"))
    assert check_window(measured, exact(900_000), output=1).effective == 64_000


@given(bands(), LIMITS, st.none() | LIMITS, st.none() | LIMITS, SPOKEN, SPOKEN, st.tuples(LIMITS, LIMITS, LIMITS))
def test_a_tighter_window_never_admits_more(
    tiny: ModuleType,
    given_: Band,
    total: int,
    most_in: int | None,
    most_out: int | None,
    output: int,
    reasoning: int,
    less: tuple[int, int, int],
) -> None:
    wide = tiny.window(total, most_in, most_out)
    tight = tiny.window(
        *(limit and max(0, limit - cut) for limit, cut in zip((total, most_in, most_out), less, strict=True))
    )
    before, after = (check_window(w, given_, output=output, reasoning=reasoning).status for w in (wide, tight))
    assert _RANK[after] <= _RANK[before]


@given(bands(), LIMITS, SPOKEN, LIMITS, SPOKEN)
def test_a_larger_need_never_fits_better(
    tiny: ModuleType, need: Band, total: int, output: int, more: int, spoken: int
) -> None:
    window = tiny.window(total, max_output=100_000)
    grown = Band(need.low + more, need.middle + more, need.high + more)
    before = check_window(window, need, output=output).status
    assert _RANK[check_window(window, grown, output=output).status] <= _RANK[before]
    assert _RANK[check_window(window, need, output=output, reasoning=spoken).status] <= _RANK[before]


@given(st.floats(0, 1e9), st.sampled_from(UNITS), st.booleans(), st.floats(0.3, 3))
def test_a_band_is_in_order(amount: float, unit: Unit, chinese: bool, factor: float) -> None:
    band = estimate_tokens(amount, unit, chinese=chinese, factor=factor)
    assert 0 <= band.low <= band.middle <= band.high


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.sampled_from(UNITS), st.booleans())
def test_more_text_is_never_fewer_tokens(one: float, other: float, unit: Unit, chinese: bool) -> None:
    less, more = (estimate_tokens(n, unit, chinese=chinese) for n in sorted((one, other)))
    assert (less.low, less.middle, less.high) <= (more.low, more.middle, more.high)


def test_tokens_are_taken_as_said_for_the_common_tokenizer() -> None:
    assert estimate_tokens(1000, "tokens", chinese=True) == exact(1000)


def test_a_wordier_tokenizer_widens_the_band_upwards() -> None:
    assert estimate_tokens(1000, "tokens", chinese=False, factor=1.3) == Band(1000, 1000, 1300)


def test_the_script_decides_what_a_character_weighs() -> None:
    chinese, english = (estimate_tokens(10_000, "characters", chinese=c) for c in (True, False))
    assert (chinese.middle, english.middle) == (8700, 2200)


def test_an_answer_longer_than_the_window_leaves_no_room_not_even_for_nothing(tiny: ModuleType) -> None:
    fit = check_window(tiny.window(8_000), exact(0), output=9_000)
    assert (fit.status, fit.has) == ("failed", 0)


def test_texts_add_with_their_bands() -> None:
    assert sum_bands([Band(1, 2, 3), Band(10, 20, 30)]) == Band(11, 22, 33)
    assert sum_bands([]) == exact(0)


@pytest.mark.parametrize(("tokens", "pieces"), [(0, 0), (1, 1), (50_000, 1), (50_001, 2), (700_000, 14)])
def test_a_long_text_makes_so_many_pieces(tokens: int, pieces: int) -> None:
    assert chunks_needed(exact(tokens), 50_000) == exact(pieces)


def test_a_piece_holds_a_token_at_least() -> None:
    with pytest.raises(ValueError, match="chunk=0"):
        chunks_needed(exact(1), 0)
