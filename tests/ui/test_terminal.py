import datetime as dt
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from modelwise import Advice, advise
from modelwise.agent.advice import Citation
from modelwise.agent.answer import Answer
from modelwise.agent.write import words
from modelwise.ui.prose import Prose, line_ends
from modelwise.ui.terminal import advice_view, answer_view, badges, funnel_bars, plain

DAY = dt.date(2026, 11, 21)
NEEDS: dict[str, dict[str, Any]] = {
    "own": {"task": "rag", "on_prem": True, "data_sensitivity": ["phi"], "languages": ["zh"], "gpu_mem_gb": 80},
    "api": {"task": "chat", "monthly_requests": 2_000_000, "monthly_budget": 500, "on_prem": False},
    "nothing": {"task": "chat", "on_prem": True, "gpu_mem_gb": 1, "gpu_count": 1, "context_tokens": 1000000},
}


@pytest.fixture(scope="module")
def advices() -> dict[str, Advice]:
    return {name: advise(need, today=DAY) for name, need in NEEDS.items()}


def _coloured(view: Any, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=True, color_system="truecolor").print(view)
    return out.getvalue()


@pytest.mark.parametrize("need", NEEDS)
@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_no_line_is_wider_than_the_terminal(advices: dict[str, Advice], need: str, width: int, language: Any) -> None:
    text = plain(advice_view(advices[need], language), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_every_pick_has_its_panel_with_what_one_signs(advices: dict[str, Advice]) -> None:
    advice = advices["own"]
    text = plain(advice_view(advice, "en"), 160)
    for pick in advice.picks:
        assert f"{pick.model.name} ─" in text
    assert text.count("Strongest argument against") == len(advice.picks)
    assert text.count("Monthly cost") >= len(advice.picks)


def test_the_markdown_and_the_terminal_say_the_same(advices: dict[str, Advice]) -> None:
    """Every word of the Markdown stands in the terminal's text, markup and line breaks apart."""
    advice = advices["api"]

    def letters(text: str) -> str:
        return "".join(c for c in text if c.isalnum())

    shown = letters(plain(advice_view(advice, "en"), 2000))
    for line in advice.to_markdown("en").splitlines():
        if line.startswith("- "):
            assert letters(line.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "")) in shown


def test_sources_are_numbered_from_one(advices: dict[str, Advice]) -> None:
    text = plain(advice_view(advices["own"], "en"), 120)
    listed = [line for line in text[text.index("Sources ─") :].splitlines() if line.startswith("[")]
    numbers = [int(line[1 : line.index("]")]) for line in listed]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 5


def test_badges_name_verdict_memory_and_basis(advices: dict[str, Advice]) -> None:
    pick = advices["own"].picks[0]
    text = badges(pick, words("en")).plain.replace("\u00a0", " ")
    assert "Licence " in text
    assert "GB" in text
    assert "own hardware" in text


def test_badges_of_an_api_name_money_seller_and_basis(advices: dict[str, Advice]) -> None:
    pick = advices["api"].picks[0]
    money = badges(pick, words("en")).plain.splitlines()[-1]
    assert "$" in money
    assert words("en").name("seller", str(pick.cost.seller)) in money
    assert "by the token" in money


@pytest.mark.parametrize(
    ("verdict", "sign"), [("allowed", "✓"), ("conditional", "!"), ("forbidden", "✗"), ("unknown", "?")]
)
def test_a_verdict_is_told_by_sign_and_colour(advices: dict[str, Advice], verdict: str, sign: str) -> None:
    pick = advices["own"].picks[0]
    changed = pick.model_copy(update={"license": pick.license.model_copy(update={"verdict": verdict})})
    assert badges(changed, words("en")).plain.startswith(sign)


def test_the_funnel_has_a_bar_for_each_rule(advices: dict[str, Advice]) -> None:
    advice = advices["own"]
    rows = plain(funnel_bars(advice, words("en"))).splitlines()
    assert len(rows) == len(advice.funnel)
    lengths = [row.count("█") for row in rows]
    assert lengths == sorted(lengths, reverse=True)
    assert all(f"{left:,}" in row for row, (_, left) in zip(rows, advice.funnel, strict=True))


def test_nothing_left_has_no_bar(advices: dict[str, Advice]) -> None:
    advice = advices["nothing"].model_copy(update={"funnel": (("catalog", 5), ("hardware", 0))})
    assert plain(funnel_bars(advice, words("en"))).splitlines()[1].count("█") == 0


def test_nothing_fits_shows_near_misses_and_no_panel(advices: dict[str, Advice]) -> None:
    text = plain(advice_view(advices["nothing"], "en"))
    assert "╭" not in text
    assert "No option meets every hard requirement" in text


def test_an_unclear_need_shows_the_question() -> None:
    text = plain(advice_view(advise("", today=DAY), "en"))
    assert "Please answer" in text


def test_what_a_person_typed_cannot_colour_the_terminal() -> None:
    advice = advise("customer service bot \x1b[31m[bold red]x[/] 400 requests a month, cloud is fine", today=DAY)
    shown = _coloured(advice_view(advice, "en"))
    assert "\x1b[31mx" not in shown
    assert "\x07" not in shown


def test_markup_in_a_title_stays_text() -> None:
    citation = Citation(
        key="k", kind="article", title="[bold]T[/bold] \x1b]8;;x", date="2026-01-01", lines=(3, 3), url="javascript:x"
    )
    answer = Answer(text="Yes.[1]", answered=True, citations=(citation,), language="en")
    shown = _coloured(answer_view(answer))
    assert "[bold]T[/bold]" in shown
    assert "\x1b]8;;x" not in shown
    assert "8;id" not in shown


def test_an_answer_lists_its_sources_with_lines_and_section() -> None:
    citations = (
        Citation(key="a", kind="article", title="T", date="undated", file="f.txt", lines=(3, 9), section="s"),
        Citation(key="b", kind="licence", title="L", date="2026-01-01", section="2", url="https://example.org/l"),
    )
    text = plain(answer_view(Answer(text="Yes.[1][2]", answered=True, citations=citations, language="en")), 200)
    assert "[1] Article: T, undated, s, lines 3-9, f.txt" in text
    assert "[2] " in text
    assert "section 2" in text
    assert "https://example.org/l" in text


def test_no_answer_has_no_list() -> None:
    assert (
        plain(answer_view(Answer(text="The sources do not say.", answered=False, language="en")))
        == "The sources do not say."
    )


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("中文没有空格也要换行。", 8, ["中文没有", "空格也要", "换行。"]),
        ("中文换行，标点不在行首。", 8, ["中文换", "行，标点", "不在行", "首。"]),
        ("见（括号）", 4, ["见", "（括", "号）"]),
        ("结论成立。[12][3]再说", 16, ["结论成", "立。[12][3]再说"]),
        ("plain words wrap", 6, ["plain", "words", "wrap"]),
        ("unbreakablelongword", 8, ["unbreaka", "blelongw", "ord"]),
        ("", 5, [""]),
    ],
)
def test_prose_breaks_where_chinese_may(text: str, width: int, lines: list[str]) -> None:
    wrapped = [line.plain.rstrip() for line in Prose(text).wrap(Console(width=width), width)]
    assert wrapped == lines


@given(st.text(alphabet=st.sampled_from("中文，。（）《ab c[1]12\u3000é"), max_size=80), st.integers(2, 30))
def test_prose_loses_nothing_and_never_overflows(text: str, width: int) -> None:
    wrapped = list(Prose(text).wrap(Console(width=width), width))
    assert "".join("".join(line.plain.split()) for line in wrapped) == "".join(text.split())
    assert all(cell_len(line.plain.rstrip()) <= width for line in wrapped)
    ends = list(line_ends(text, width))
    assert ends == sorted(set(ends))


def test_prose_keeps_its_styles() -> None:
    lines = Prose("中文", "bold").append("换行", "red").wrap(Console(width=4), 4)
    assert [str(span.style) for line in lines for span in line.spans] == ["red"]
    assert isinstance(lines[0], Text)
