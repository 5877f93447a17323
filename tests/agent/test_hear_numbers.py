"""Numbers as people say them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.agent.hear_numbers import chinese_value, find_numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("两千", 2000),
        ("200万", 2e6),
        ("10w", 1e5),
        ("1.5k", 1500),
        ("0.5m", 5e5),
        ("3e6", 3e6),
        ("2亿", 2e8),
        ("1.2亿", 1.2e8),
        ("a couple of thousand", 2000),
        ("two million", 2e6),
        ("half a million", 5e5),
        ("a hundred thousand", 1e5),
        ("5 grand", 5000),
        ("2,000,000", 2e6),
        ("30 000", 30000),
        ("1万2千", 12000),
        ("1亿2000万", 1.2e8),
        ("三万五", 35000),
        ("一百二十", 120),
        ("十二", 12),
        ("三千五百万", 3.5e7),
        ("一亿", 1e8),
        ("twenty five thousand", 25000),
        ("two hundred and fifty", 250),
        ("a dozen", 12),
        ("3千万", 3e7),
        ("30到60", 60),
        ("30-60", 60),
        ("30 to 60", 60),
        ("between 30 and 60", 60),
        ("1-2万", 20000),
        ("三、四十", 40),
        ("两百来", 200),
        ("two and a half million", 2.5e6),
    ],
)
def test_one_number(text: str, value: float) -> None:
    assert [n.value for n in find_numbers(text)] == [pytest.approx(value)]


@pytest.mark.parametrize(
    "text",
    [
        "几十万",
        "砍一半",
        "数百",
        "好几千",
        "several hundred",
        "a few thousand",
        "万一",
        "gpt-5",
        "qwen3-32b",
        "第一",
        "a model",
        "上百万",
    ],
)
def test_no_definite_number(text: str) -> None:
    assert find_numbers(text) == []


@pytest.mark.parametrize("text", ["-5", "负五", "minus 5", "$-5", "-$5"])
def test_negative(text: str) -> None:
    assert [n.value for n in find_numbers(text)] == [-5]


@given(st.integers(1, 9999), st.sampled_from([("万", 10**4), ("亿", 10**8), ("k", 10**3), (" million", 10**6)]))
def test_scales_multiply(figure: int, scale: tuple[str, int]) -> None:
    assert [n.value for n in find_numbers(f"{figure}{scale[0]}")] == [figure * scale[1]]


@given(st.text(alphabet="零一二两三四五六七八九十百千万亿", min_size=1, max_size=20))
def test_any_numeral_is_a_number_or_nothing(numeral: str) -> None:
    value = chinese_value(numeral)
    assert value is None or value >= 0


@given(st.text(alphabet="0123456789,.eE+- kmw万千百亿半两$a half couple of", max_size=60))
def test_numbers_stand_in_order_inside_the_text(text: str) -> None:
    found = find_numbers(text.lower())
    assert all(0 <= n.start < n.end <= len(text) for n in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
