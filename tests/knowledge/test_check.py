"""Claims against lines: coverage, numbers in every notation, stars, glued cells, printed words."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwise.knowledge.check import (
    cited_lines,
    han_number,
    out_of_range,
    read_lines,
    uncovered,
    unfounded_numbers,
    unprinted_words,
)
from modelwise.knowledge.schema import Article, Claim, Skip

NAMES = ("Llama 2", "GPT-4", "GPT-4o", "Qwen2.5", "DeepSeek-V3")
DIGITS = "零一二三四五六七八九"


def claim(
    en: str = "some text", zh: str = "一段文字", lines: tuple[tuple[int, int], ...] = ((1, 1),), **fields: Any
) -> Claim:
    known = {"id": "000/x", "section": "s", "kind": "fact", "attribute": "general", "lines": lines, "zh": zh, "en": en}
    return msgspec.convert({**known, **fields}, Claim)


def unfounded(line: str, en: str = "some text", **fields: Any) -> list[str]:
    return unfounded_numbers(claim(en, **fields), [line], NAMES)


def skip(*lines: tuple[int, int]) -> Skip:
    return Skip(article="000", lines=lines, reason="heading")


def test_lines_that_nobody_cites_are_named() -> None:
    lines = ["one", "  ", "three", "\u3000", "five", "six"]
    assert uncovered(lines, [claim(lines=((1, 1),))], [skip((5, 5))]) == [3, 6]
    assert uncovered(lines, [claim(lines=((1, 3),))], [skip((5, 6))]) == []


def test_a_line_past_the_end_is_out_of_range() -> None:
    assert not out_of_range(claim(lines=((1, 2),)), ["a", "b"])
    assert out_of_range(claim(lines=((1, 3),)), ["a", "b"])
    assert cited_lines(claim(lines=((2, 3), (1, 1))), ["a", "b"]) == ["b", "a"]


def test_lines_are_split_at_newlines_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("one\u2028still one\x0bstill\rstill\ntwo\n".encode())
    article = msgspec.convert(
        {
            "id": "000",
            "file": "a.txt",
            "sha256": "0",
            "title": "t",
            "date": None,
            "dated_by": "2025-01-01",
            "language": "zh-Hans",
        },
        Article,
    )
    assert len(read_lines(article, tmp_path)) == 3


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("128K 上下文", "a window of 128 000 tokens".replace(" 000", "000")),
        ("128K", "a window of 128,000"),
        ("１２８Ｋ", "128K tokens"),
        ("100万 token", "1M tokens"),
        ("100 万", "1 million tokens"),
        ("7亿月活", "700 million users"),
        ("七亿月活", "700 million users"),
        ("两千三百元", "2300 yuan"),
        ("一亿两千万", "120 million"),
        ("一万亿参数", "1 trillion"),
        ("二〇二五年", "in 2025"),
        ("12.5%", "12.5 per cent"),
        ("0.005/1K", "$5 a million"),
        ("3，400 行", "3,400 lines"),
        ("4，5 两款", "4 and 5 models"),
        ("1,000,000", "one 1000000"),
        ("三十二", "32 layers"),
        ("671B", "671 billion"),
        ("14.8T", "14.8 trillion"),
    ],
)
def test_a_number_is_found_in_any_notation(line: str, text: str) -> None:
    assert unfounded(line, text) == []


@pytest.mark.parametrize(
    ("line", "text", "missing"),
    [
        ("128K", "a window of 129K", ["129", "129000"]),
        ("about 30", "31 layers", ["31"]),
        ("none", "200 rows", ["200"]),
        ("7亿", "seven, no 8亿", ["8", "800000000"]),
        ("2 to 3", "nearly 2.5", ["2.5"]),
    ],
)
def test_a_number_that_is_not_there_is_named(line: str, text: str, missing: list[str]) -> None:
    assert unfounded(line, text) == missing


def test_both_languages_and_the_value_are_held_to_the_lines() -> None:
    assert unfounded("nothing here", zh="共 7 种") == ["7"]
    assert unfounded("nothing here", value=7) == ["7"]
    assert unfounded("nothing here", value={"from": 7, "to": [8.5]}) == ["7", "8.5"]
    assert unfounded("nothing here", value=True) == []


def test_a_tiny_price_is_compared_as_a_number() -> None:
    assert unfounded("每个 0.00001 美元", value=0.00001) == []


def test_a_name_s_digits_are_no_number_of_the_claim() -> None:
    assert unfounded("nothing here", "GPT-4o beats Qwen2.5 and gpt-4") == []
    assert unfounded("nothing here", "V9 is fine", about={"v": "V9"}) == []


@pytest.mark.parametrize(
    ("stars", "value"),
    [("⭐⭐⭐⭐☆", 4.5), ("⭐⭐⭐⭐⭐", 5), ("⭐⭐⭐⭐", 4), ("⭐", 1), ("⭐☆", 1.5), ("⭐\ufe0f⭐\ufe0f☆", 2.5)],
)
def test_stars_are_counted_and_an_empty_one_is_a_half(stars: str, value: float) -> None:
    assert unfounded(f"| 通用 | {stars} |", value={"stars": value, "of": 5}) == []


@pytest.mark.parametrize(("stars", "value"), [("⭐⭐⭐⭐☆", 4), ("⭐⭐⭐⭐", 4.5), ("⭐⭐⭐", 2), ("☆", 1)])
def test_another_count_of_stars_is_named(stars: str, value: float) -> None:
    assert f"{value:g}" in unfounded(stars, value={"stars": value})


def test_each_cell_of_stars_counts_for_itself() -> None:
    row = "| ⭐⭐⭐⭐⭐ | ⭐⭐⭐⭐☆ | ⭐⭐ |"
    assert [n for n in (1, 2, 3, 4, 4.5, 5) if unfounded(row, value={"stars": n})] == [1, 3, 4]


@pytest.mark.parametrize("size", ["8B", "28B", "70B"])
def test_a_cell_glued_to_a_name_is_read_both_ways(size: str) -> None:
    assert unfounded("Llama 3 / Llama 28B / 70BMeta 许可", f"a model of {size}") == []
    assert unfounded("llama 28B / 70B", f"a model of {size}") == []


@pytest.mark.parametrize("line", ["LLM 28B", "XLlama 28B", "Llama 2.8B", "28B", "Qwen2.58B"])
def test_only_digits_glued_to_a_whole_name_are_split(line: str) -> None:
    assert "8" in unfounded(line, "8 layers") or line == "Qwen2.58B"
    assert unfounded("Qwen2.58B", "8 layers") == []


def test_a_printed_word_of_the_claim_is_a_name_too() -> None:
    assert unfounded("ChatX 314B", "14 layers", about={"x": "ChatX 3"}) == []


def test_words_must_stand_in_the_lines_unless_the_reading_is_ours() -> None:
    lines = ["GPT－4o 与 Llama  Maverick"]
    printed = claim(about={"a": "gpt-4o", "b": "Llama Maverick"})
    absent = {"a": "Gemini"}
    assert unprinted_words(printed, lines) == []
    assert unprinted_words(claim(about=absent), lines) == ["Gemini"]
    assert unprinted_words(claim(about=absent, reading="inferred"), lines) == []


def han(number: int) -> str:
    """A Chinese numeral as people write it."""
    for unit, char in ((10**8, "亿"), (10**4, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            return han(high) + char + (("零" if low < unit // 10 else "") + han(low) if low else "")
    text, gap = "", False
    for unit, char in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("零" if gap else "") + DIGITS[digit] + char
        gap = bool(text) and not digit
    return text


@given(st.integers(1, 10**12 - 1))
def test_a_chinese_numeral_has_its_value(number: int) -> None:
    assert han_number(han(number)) == number


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("百", 100),
        ("万", 10**4),
        ("两百万", 2 * 10**6),
        ("千万", 10**7),
        ("一万亿", 10**12),
        ("十二万", 120_000),
        ("兩千", 2000),
        ("三億", 3 * 10**8),
        ("二零二五", 2025),
        ("一百零五", 105),
        ("零", 0),
    ],
)
def test_numerals_as_they_stand_in_articles(word: str, value: int) -> None:
    assert han_number(word) == value


@given(st.text(max_size=200), st.text(min_size=4, max_size=200))
def test_any_text_can_be_checked(line: str, text: str) -> None:
    for number in unfounded_numbers(claim(text), [line], NAMES):
        assert Decimal(number) >= 0


@given(st.text(min_size=4, max_size=200))
def test_a_text_is_always_founded_in_itself(text: str) -> None:
    assert unfounded_numbers(claim(text, zh=text), [text], ()) == []
