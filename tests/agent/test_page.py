import datetime as dt
import re
from collections import Counter
from decimal import Decimal
from functools import lru_cache
from html.parser import HTMLParser

import pytest

from modelwise.agent.advice import Advice, Citation, Cost, Language, Statement
from modelwise.agent.advisor import advise
from modelwise.agent.page import html, sections

LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
DAY = dt.date(2026, 11, 21)
NEEDS = {
    "api": "客服机器人，可以上云，每月 200 万次，预算每月 5000 元，3 秒内回答",
    "weights": "医院问答系统，病历不能出院，一张 80GB 显卡，每月 30 万次",
    "nothing": "合同审阅，每份 30 万 token，月活 8 亿，要开放权重，预算每月 100 元，每月 100 万次",
    "unclear": "只用 API，但是数据不能出公司",
}
VOID = {"meta", "path", "rect", "line", "br"}


class Page(HTMLParser):
    """A strict reader: every tag is closed in order, and everything that could act is noted."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data

    def links(self) -> set[str]:
        return {value for _, name, value in self.attributes if name in ("href", "src", "action")}


@lru_cache
def advice(name: str) -> Advice:
    return advise(NEEDS[name], today=DAY)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(NEEDS))
def test_the_page_is_whole_and_says_all_that_the_sections_say(name: str, language: Language) -> None:
    text = html(advice(name), language)
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert f'<html lang="{language}">' in text
    assert page.tags["h1"] == 1
    assert not re.search(r"\{\w|\[\[|\bNone\b", page.text)
    for section in sections(advice(name), language):
        assert section.title in page.text
        for block in section.blocks:
            assert all(line.text in page.text for row in block.rows for line in row)


def test_it_stands_alone_and_prints() -> None:
    text = html(advice("api"), "zh-Hans")
    page = Page(text)
    assert "@media print" in text
    assert "size: A4" in text
    assert "PingFang SC" in text
    assert page.tags.keys().isdisjoint({"script", "iframe", "link", "img", "object", "form"})
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert not re.search(r"url\(|@import", text)


def test_marks_lead_to_their_sources() -> None:
    page = Page(html(advice("api"), "en"))
    ids = {value for _, name, value in page.attributes if name == "id"}
    inner = {link[1:] for link in page.links() if link.startswith("#")}
    assert inner
    assert inner <= ids
    assert all(link.startswith(("#source-", "http://", "https://")) for link in page.links())


def test_costs_are_drawn_to_scale() -> None:
    made = advice("api")
    text = html(made, "en")
    widths = [float(w) for w in re.findall(r'<rect [^>]*width="([\d.]+)"', text)]
    costs = [float(p.cost.monthly_usd) for p in made.picks if p.cost.monthly_usd is not None]
    assert len(widths) == len(costs) >= 2
    assert widths[0] / widths[1] == pytest.approx(costs[0] / costs[1], rel=0.02)


def test_no_chart_where_nothing_is_paid_by_use() -> None:
    assert "<svg" not in html(advice("weights"), "en")
    assert "<table" not in html(advice("unclear"), "en")


def test_an_unknown_cost_is_no_zero() -> None:
    pick = advice("api").picks[0]
    unknown = Cost(monthly_usd=None, per_request_usd=None, basis="rented_gpu", as_of=DAY)
    made = advice("api").model_copy(update={"picks": (pick.model_copy(update={"cost": unknown}),)})
    page = Page(html(made, "en"))
    assert "<svg" not in html(made, "en")
    assert "Cannot be computed" in page.text


def test_the_range_of_a_cost_is_a_line() -> None:
    pick = advice("api").picks[0]
    cost = pick.cost.model_copy(update={"monthly_usd": Decimal(200), "low": Decimal(100), "high": Decimal(400)})
    text = html(advice("api").model_copy(update={"picks": (pick.model_copy(update={"cost": cost}),)}), "en")
    (width,) = re.findall(r'<rect x="190"[^>]*width="([\d.]+)"', text)
    (start, end) = map(float, re.findall(r'<path d="M([\d.]+) [\d.]+H([\d.]+)"', text)[0])
    assert start - 190 == pytest.approx(float(width) / 2, rel=0.01)
    assert end - 190 == pytest.approx(float(width) * 2, rel=0.01)


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style><script>x</script>",
    "&lt;b&gt;&#60;i&#62;",
    "javascript:alert(1)",
    "]]><svg onload=alert(1)>",
    "a\x00b\u202ec",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["zh-Hant", "en"])
def test_hostile_strings_are_inert(text: str, language: Language) -> None:
    made = advice("api")
    key = "user/x"
    cited = Citation(key=key, kind="catalog", title=text, date=text, section=text, file=text, url=text)
    said = Statement(text_id="claim", params={"zh": text, "en": text}, cites=(key,))
    pick = made.picks[0]
    name = pick.model.model_copy(update={"name": text, "vendor": text})
    changed = {"model": name, "against": said, "risks": (said,)}

    def page(update: dict[str, object], citations: dict[str, Citation]) -> Page:
        shown = made.model_copy(update={"picks": (pick.model_copy(update=update),), "citations": citations})
        return Page(html(shown, language))

    plain = cited.model_copy(update={"title": "x", "date": "x", "section": "y", "file": "x", "url": None})
    calm = said.model_copy(update={"params": {"zh": "x", "en": "x"}})
    quiet = page({**changed, "model": pick.model, "against": calm, "risks": (calm,)}, {**made.citations, key: plain})
    loud = page(changed, {**made.citations, key: cited})
    assert loud.tags == quiet.tags
    assert loud.links() == quiet.links()
    assert [(tag, attr) for tag, attr, _ in loud.attributes] == [(tag, attr) for tag, attr, _ in quiet.attributes]
    assert not re.search(r"[\x00\u202e]", loud.text)
