"""An advice and an answer for the terminal: pure functions from the typed result to rich renderables.

The words come from `agent.write` and `agent.page`, so that every face says the same; here they are only laid out.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from ..agent.page import sections
from ..agent.write import Block, Line, Section, Words, clean, web_address, words
from .prose import Prose

if TYPE_CHECKING:
    from ..agent.advice import Advice, Citation, Cost, Hardware, Language, Lifecycle, Pick
    from ..agent.answer import Answer

PLAIN_WIDTH = 100
BAR_WIDTH = 36
GOOD, WARN, BAD, QUIET, MARK = "green", "yellow", "red", "dim", "cyan"
# How a status of any check is shown: its sign and its colour.
_SIGNS: dict[str, tuple[str, str]] = {
    "allowed": ("✓", GOOD),
    "conditional": ("!", WARN),
    "forbidden": ("✗", BAD),
    "unknown": ("?", WARN),
    "met": ("✓", GOOD),
    "failed": ("✗", BAD),
    "not_asked": ("·", QUIET),
    "on_sale": ("✓", GOOD),
    "downloadable": ("✓", GOOD),
    "ending": ("!", WARN),
    "preview": ("!", WARN),
    "retired": ("✗", BAD),
}
_BORDERS = {"first_choice": GOOD, "alternative": "blue", "budget": "magenta", "hard_questions": "blue"}


def advice_view(advice: "Advice", language: "Language | None" = None) -> Group:
    """Lay out the whole advice, by default in the language that it was asked in."""
    spoken = language or advice.requirements.language
    told = words(spoken)
    parts = (_SECTIONS.get(s.id.split("-")[0], _plain_section)(s, advice, told) for s in sections(advice, spoken))
    return Group(*parts)


def answer_view(answer: "Answer") -> Group:
    """Lay out an answer with its numbered sources."""
    return Group(Prose(clean(answer.text)), sources_view(answer))


def sources_view(answer: "Answer") -> Group:
    """Lay out the numbered sources of an answer under their heading; nothing for none."""
    told = words(answer.language)
    rows = [(Text(f"[{n}]", MARK), _source(c, told)) for n, c in enumerate(answer.citations, 1)]
    return Group(*([Text(), titled(told.name("heading", "sources")), grid(rows)] if rows else []))


def plain(view: RenderableType, width: int = PLAIN_WIDTH) -> str:
    """Render a view as text without colour."""
    console = Console(width=width, color_system=None, highlight=False, emoji=False, markup=False)
    with console.capture() as captured:
        console.print(view)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _plain_section(section: Section, advice: "Advice", told: Words) -> RenderableType:
    return Group(titled(section.title), *(laid_out(block) for block in section.blocks), Text())


def _verdict(section: Section, advice: "Advice", told: Words) -> RenderableType:
    return Group(Text(section.title, "bold"), Text(), *(laid_out(block) for block in section.blocks), Text())


def _pick(section: Section, advice: "Advice", told: Words) -> RenderableType:
    pick = advice.picks[int(section.id.split("-")[1]) - 1]
    body = Group(badges(pick, told), Text(), *(_spaced(section.blocks)))
    return Panel(
        body, title=Text(section.title, "bold"), title_align="left", border_style=_BORDERS[pick.role], padding=(0, 1)
    )


def _spaced(blocks: tuple[Block, ...]) -> Iterator[RenderableType]:
    for number, block in enumerate(blocks):
        if number and block.kind in ("table", "paragraph"):
            yield Text()
        yield laid_out(block)


def _eliminated(section: Section, advice: "Advice", told: Words) -> RenderableType:
    """Bars in place of the table of numbers."""
    blocks = [block for block in section.blocks if block.kind != "table"]
    return Group(
        titled(section.title), funnel_bars(advice, told), Text(), *(laid_out(block) for block in blocks), Text()
    )


def _sources(section: Section, advice: "Advice", told: Words) -> RenderableType:
    rows = [(Text(f"[{n}]", MARK), _line(row[0])) for block in section.blocks for n, row in enumerate(block.rows, 1)]
    return Group(titled(section.title), grid(rows), Text())


_SECTIONS: dict[str, Callable[[Section, "Advice", Words], RenderableType]] = {
    "verdict": _verdict, "pick": _pick, "eliminated": _eliminated, "sources": _sources,
}  # fmt: skip


def badges(pick: "Pick", told: Words) -> Text:
    """Put the verdicts of a pick side by side, and its monthly cost with seller, effort and basis."""
    chips = [
        _chip(told.name("part", "license"), pick.license.verdict, told.name("verdict", pick.license.verdict)),
        _chip(told.name("part", "context"), pick.context.status, told.show(pick.context.has, "tokens")),
        *([_chip(told.name("part", "hardware"), "met", _memory(pick.hardware))] if pick.hardware else []),
        _chip(told.name("part", "life"), pick.lifecycle.status, _life(pick.lifecycle)),
    ]
    money = Text(f"{told.name('part', 'cost')} {_money(pick.cost, told)}", "bold")
    return Text("\n").join([Text("  ").join(chips), money])


def _chip(label: str, status: str, value: str) -> Text:
    sign, colour = _SIGNS[status]
    # No-break spaces keep a badge on one line.
    return Text(f"{sign} {label} {value}".strip().replace(" ", "\u00a0"), f"bold {colour}")


def _memory(hardware: "Hardware") -> str:
    return f"{hardware.total_gb:.1f}/{hardware.capacity_gb:.1f} GB"


def _life(lifecycle: "Lifecycle") -> str:
    return f"≤ {lifecycle.until}" if lifecycle.until else ""


def _money(cost: "Cost", told: Words) -> str:
    basis = told.name("basis", cost.basis)
    amount = told.show(cost.monthly_usd, "usd") if cost.basis != "owned_hardware" else ""
    seller = told.name("seller", cost.seller) if cost.seller else ""
    effort = told.name("effort", cost.effort) if cost.effort != "unstated" else ""
    return " · ".join(part for part in (amount, basis, seller, effort) if part)


def funnel_bars(advice: "Advice", told: Words) -> Table:
    """Show how many models are left after each rule, as bars against the whole catalog."""
    table = Table.grid(padding=(0, 1))
    most = max((left for _, left in advice.funnel), default=1) or 1
    before = None
    for rule, left in advice.funnel:
        length = max(1, round(left / most * BAR_WIDTH)) if left else 0
        lost = f"−{before - left}" if before is not None and left < before else ""
        table.add_row(Text(told.name("rule", rule)), Text("█" * length, MARK), Text(f"{left:,}"), Text(lost, BAD))
        before = left
    return table


def titled(title: str) -> RenderableType:
    """Return the rule that heads a section, with its title."""
    return Rule(Text(title, "bold"), align="left", style=QUIET)


def laid_out(block: Block) -> RenderableType:
    """Return one block of an advice as the terminal shows it."""
    return _BLOCKS[block.kind](block)


def _paragraph(block: Block) -> RenderableType:
    return Group(*(_line(row[0]) for row in block.rows))


def _bullets(block: Block) -> RenderableType:
    return grid([(Text("•", QUIET), _line(row[0])) for row in block.rows])


def _numbered(block: Block) -> RenderableType:
    return grid([(Text(f"{n}."), _line(row[0])) for n, row in enumerate(block.rows, 1)])


def _table(block: Block) -> RenderableType:
    head, *body = block.rows
    if len(head) == 2:
        return grid([(Text(row[0].text, "bold"), _line(row[1])) for row in body])
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for cell in head:
        table.add_column(_line(cell), overflow="fold")
    for row in body:
        table.add_row(*(_line(cell) for cell in row))
    return Padding(table, (1, 0, 0, 0))


_BLOCKS: dict[str, Callable[[Block], RenderableType]] = {
    "paragraph": _paragraph, "bullets": _bullets, "numbered": _numbered, "table": _table,
}  # fmt: skip


def grid(rows: "Iterable[tuple[Text, Text]]") -> Table:
    """Lay out rows with a narrow first column, and text that wraps under itself."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for row in rows:
        grid.add_row(*row)
    return grid


def _line(line: Line) -> Prose:
    """Give a line its label before it, and citation numbers and link after it."""
    text = Prose(line.label, "bold")
    if line.label and line.text and not line.label[-1].isspace() and line.label.isascii():
        text.append(" ")
    text.append(line.text, Style(bold=False))
    text.append("".join(f"[{n}]" for n in line.marks), MARK)
    if line.url:
        text.append(f" {clean(line.url)}", _link(line.url))
    return text


def _link(url: str) -> Style:
    """Dim, and clickable where the address is a plain one."""
    return Style(dim=True, link=web_address(url))


def _source(citation: "Citation", told: Words) -> Text:
    first, last = citation.lines or (None, None)
    lines = told.line("source.line" if first == last else "source.lines", first=first, last=last) if first else ""
    section = citation.section
    if citation.kind == "licence" and section:
        section = told.line("source.clause", section=section)
    parts = (
        citation.title,
        told.name("date", citation.date) if citation.date else "",
        section,
        lines,
        citation.file,
    )
    place = told.line("comma").join(clean(part) for part in parts if part)
    label = told.name("source_kind", citation.kind) + told.line("colon")
    return _line(Line(place, label=label, url=citation.url))


__all__ = ["advice_view", "answer_view", "badges", "funnel_bars", "grid", "plain", "sources_view"]
