"""The results of the calculating commands as sections of lines, and reports of every kind for the terminal."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import BaseModel
from rich.console import Group, RenderableType
from rich.text import Text

from ..agent.advice import Language, Statement
from ..agent.compare import Comparison
from ..agent.page import source_line
from ..agent.recheck import Recheck
from ..agent.reports import comparison_sections, recheck_sections, why_not_sections
from ..agent.why_not import WhyNot
from ..agent.write import Block, Blocks, Draft, Line, Numbered, Section, bullets, paragraph, usd
from .figures import Billed, Carded, Costs, Figure, Fits, Fitted, Licensed, Sized, Sizes, Thinking
from .strings import strings
from .terminal import laid_out, titled


def report_view(made: BaseModel, language: Language) -> Group:
    """Lay out any result that this module knows, with its numbered sources."""
    parts: list[RenderableType] = []
    for section in _LAYOUTS[type(made)](made, language):
        parts += [titled(section.title), *(laid_out(block) for block in section.blocks), Text()]
    return Group(*parts)


class Sheet(Draft):
    """A result on its way into one language: the words of the advice, and those of sheets.yaml."""

    def __init__(self, made: Figure, language: Language) -> None:
        """Start with no source numbered."""
        super().__init__(language, Numbered(made.citations))
        self.say = strings("sheets.yaml", language)

    def line(self, text_id: str, cites: Iterable[str] = (), **params: Any) -> Line:
        """Say one of this module's own sentences, with its marks."""
        return Line(self.say(text_id, **params), self.numbers.marks(cites))

    def head(self, *text_ids: str) -> tuple[Line, ...]:
        """Make the head of a table."""
        return tuple(self.line(text_id) for text_id in text_ids)

    def sections(self, title: Line, blocks: Blocks, made: Figure, *last: Line) -> tuple[Section, ...]:
        """Close a sheet with its day and its sources."""
        closing = paragraph(*last, self.line("as_of", date=made.as_of))
        sheet = Section("sheet", title.text, (*blocks, closing))
        rows = tuple((source_line(self, citation),) for citation in self.numbers.used)
        heading = self.words.name("heading", "sources")
        return (sheet, *([Section("sources", heading, (Block("numbered", rows),))] if rows else []))


def _licensed(made: Licensed, language: Language) -> tuple[Section, ...]:
    d, x = Sheet(made, language), made.license
    title, use = d.line("license.title", subject=made.subject), _use(made)
    asked = d.line("license.use", use=use) if use else d.line("license.no_use")
    if x.name == "unknown":
        return d.sections(title, (paragraph(d.line("license.none", subject=made.subject)),), made)
    verdict = d.words.line("check.license", verdict=x.verdict, license=x.name, read=x.text_read, read_on=x.read_on)
    rest = [clause for clause in x.clauses if clause not in x.obligations]
    blocks = (
        paragraph(Line(verdict, d.numbers.marks(x.cites if not x.clauses else x.cites[-1:])), asked),
        *_titled(d, "license.obligations", x.obligations),
        *_titled(d, "license.clauses", rest),
    )
    return d.sections(title, blocks, made, Line(d.words.line("dates.legal", date=x.read_on)))


def _use(made: Licensed) -> str:
    """Name the fields of a use as they are written on the command line."""
    return ", ".join(
        f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in made.use.items()
    )


def _titled(d: Sheet, text_id: str, statements: Iterable[Statement]) -> Blocks:
    listed = d.listed(statements)
    return (paragraph(Line("", label=d.line(text_id).text + d.words.line("colon"))), *listed) if listed else ()


def _costs(made: Costs, language: Language) -> tuple[Section, ...]:
    d = Sheet(made, language)
    title = d.line("cost.title", model=made.model.name)
    if not made.sellers:
        return d.sections(title, (paragraph(d.line("cost.none", model=made.model.name, weights=made.weights)),), made)
    volume = d.line(
        "cost.volume", requests=made.requests, input=made.input, output=made.output, cached=float(made.cached_share),
        batch=made.batch,
    )  # fmt: skip
    asked = paragraph(volume, _thinking(d, made.thinking))
    table = Block("table", (d.head("cost.seller", "cost.month", "cost.each"), *(_bill(d, x) for x in made.sellers)))
    formulas = [Line(_formula(d, x), label=d.words.name("seller", x.seller) + _colon(d)) for x in made.sellers]
    notes = [line for x in made.sellers for line in _about(d, x, made)]
    return d.sections(title, (asked, table, *bullets(formulas), *bullets(notes)), made)


def _colon(d: Sheet) -> str:
    return d.words.line("colon")


def _bill(d: Sheet, x: Billed) -> tuple[Line, ...]:
    marks = d.numbers.marks(x.cites)
    return Line(d.words.name("seller", x.seller)), Line(usd(x.monthly_usd), marks), Line(usd(x.per_request_usd))


def _formula(d: Sheet, x: Billed) -> str:
    parts = (d.words.line("formula", name=p.name, formula=p.formula, usd=p.usd) for p in x.parts)
    return d.words.line("semicolon").join(parts) or usd(0)


def _about(d: Sheet, x: Billed, made: Costs) -> Iterator[Line]:
    """Say what else bears on a seller's bill: announced prices, no batch price, peak hours, the end of sale."""
    for date, monthly in x.changes:
        yield d.line("cost.change", x.cites, seller=x.seller, date=date, monthly=monthly)
    if made.batch and not x.batch_price:
        yield d.line("cost.no_batch", x.cites, seller=x.seller)
    if x.peak_differs:
        yield d.line("cost.peak", x.cites, seller=x.seller)
    if x.until:
        yield d.line("cost.until", x.cites, seller=x.seller, until=x.until)


def _thinking(d: Sheet, x: Thinking) -> Line:
    return d.line(f"thinking.{x.basis}", x.cites, effort=x.effort, tokens=x.tokens)


def _fits(made: Fits, language: Language) -> tuple[Section, ...]:
    d = Sheet(made, language)
    title = d.line("context.title", model=made.model.name)
    if not made.windows:
        return d.sections(title, (paragraph(d.line("context.none", model=made.model.name)),), made)
    given = d.line(
        "context.exact" if made.low == made.high else "context.given", made.cites, amount=made.amount,
        unit=d.line(f"unit.{made.unit}").text, low=made.low, high=made.high, output=made.output,
    )  # fmt: skip
    asked = paragraph(d.line(f"context.{made.status}"), given, _thinking(d, made.thinking))
    names = ("by", "result", "window", "room", "limit", "effective")
    head = d.head(*(f"context.{name}" for name in names))
    table = Block("table", (head, *(_window(d, x) for x in made.windows)))
    return d.sections(title, (asked, table), made)


def _window(d: Sheet, x: Fitted) -> tuple[Line, ...]:
    by = Line(d.words.name("seller", x.seller)) if x.seller else d.line("context.maker")
    room = None if x.limit == "max_output" else x.has
    return (
        by, d.line(f"status.{x.status}"), Line(f"{x.total:,}", d.numbers.marks(x.cites)),
        Line("–" if room is None else f"{room:,}"), d.line(f"limit.{x.limit}", has=x.has),
        Line("–" if x.effective is None else f"{x.effective:,}"),
    )  # fmt: skip


def _sizes(made: Sizes, language: Language) -> tuple[Section, ...]:
    d = Sheet(made, language)
    title = d.line("hardware.title", model=made.model.name)
    if not made.precisions:
        return d.sections(title, (paragraph(d.line("hardware.none", model=made.model.name)),), made)
    asked = d.line("hardware.asked", concurrency=made.concurrency, tokens=made.tokens)
    rows = tuple(_size(d, x) for x in made.precisions)
    table = Block("table", (d.head("hardware.precision", "hardware.total", "hardware.parts"), *rows))
    held = tuple(_cards(d, x, card) for x in made.precisions for card in x.cards)
    if not held:
        lacking = d.line("hardware.no_total", model=made.model.name)
        return d.sections(title, (paragraph(asked, lacking), table), made)
    head = d.head("hardware.precision", "hardware.cards", "hardware.speed", "hardware.rent")
    return d.sections(
        title, (paragraph(asked), table, Block("table", (head, *held))), made, d.line("hardware.one_card")
    )


def _size(d: Sheet, x: Sized) -> tuple[Line, ...]:
    parts = " + ".join("?" if gb is None else f"{gb:,.1f}" for gb in (x.weights_gb, x.kv_gb, x.overhead_gb))
    total = Line("?" if x.total_gb is None else f"{x.total_gb:,.1f}")
    return Line(d.words.name("precision", x.precision)), total, Line(parts, d.numbers.marks(x.cites))


def _cards(d: Sheet, x: Sized, card: Carded) -> tuple[Line, ...]:
    slow, fast = card.tokens_per_second or (None, None)
    speed = d.line("hardware.band", low=slow, high=fast) if slow is not None else Line("–")
    name = Line(f"{card.cards:,} × {card.gpu}", d.numbers.marks(card.cites))
    return Line(d.words.name("precision", x.precision)), name, speed, _rent(d, card)


def _rent(d: Sheet, card: Carded) -> Line:
    if card.monthly_low is None or card.monthly_low == card.monthly_high:
        return Line("–" if card.monthly_low is None else usd(card.monthly_low))
    return d.line("hardware.money", low=card.monthly_low, high=card.monthly_high)


_LAYOUTS: dict[type[BaseModel], Callable[[Any, Language], tuple[Section, ...]]] = {
    Licensed: _licensed, Costs: _costs, Fits: _fits, Sizes: _sizes,
    Comparison: comparison_sections, Recheck: recheck_sections, WhyNot: why_not_sections,
}  # fmt: skip

__all__ = ["report_view"]
