"""Why-not, comparison and recheck as sections of lines, for every face; Markdown of them."""

from collections.abc import Callable, Iterable

from .advice import Language, Statement
from .compare import Compared, Comparison
from .page import source_line
from .recheck import Recheck
from .why_not import WhyNot
from .write import Block, Draft, Line, Numbered, Section, bullets, how, number, paragraph, section_markdown

Cell = Callable[[Draft, Compared], Line]


def why_not_sections(answer: WhyNot, language: Language, numbers: Numbered | None = None) -> tuple[Section, ...]:
    """Lay out where a model stands for a need, with its sources."""
    d = Draft(language, numbers or Numbered(answer.citations))
    title = answer.model.name if answer.model else answer.asked
    blocks = d.listed(answer.statements)
    return _with_sources(
        d, Section("why_not", d.words.line("why_not.title", model=title), (*blocks, *_points(d, answer)))
    )


def _points(d: Draft, answer: WhyNot) -> tuple[Block, ...]:
    """Set the points lost to the first choice by criterion, the heaviest first."""
    if not answer.parts or not answer.difference:
        return ()
    head = (Line(d.words.name("part", "score")), Line(d.words.line("why_not.lost")))
    order = sorted(answer.parts.items(), key=lambda part: -abs(part[1]))
    rows = ((Line(d.words.name("criterion", name)), Line(f"{points:+.3f}")) for name, points in order if points)
    return (Block("table", (head, *rows)),)


def comparison_sections(made: Comparison, language: Language, numbers: Numbered | None = None) -> tuple[Section, ...]:
    """Lay out a comparison: one column a model, one row a question."""
    d = Draft(language, numbers or Numbered(made.citations))
    head = (Line(d.words.name("part", "check")), *(Line(row.model.name) for row in made.rows))
    asked = [(d.words.name("part", part), cell) for part, cell in _CELLS]
    aspects = dict.fromkeys(a for row in made.rows for a in row.evidence)
    asked += [(d.words.name("attribute", aspect), _evidence(aspect)) for aspect in aspects]
    rows = [(Line(name), *(cell(d, row) for row in made.rows)) for name, cell in asked]
    kept = [cells for cells in rows if any(cell.text for cell in cells[1:])]
    return _with_sources(d, Section("comparison", d.words.line("comparison.title"), (Block("table", (head, *kept)),)))


def _evidence(aspect: str) -> Cell:
    def cell(d: Draft, row: Compared) -> Line:
        items = row.evidence.get(aspect, ())
        return d.said(max(items, key=lambda i: i.weight).statement) if items else Line("")

    return cell


def _how(d: Draft, row: Compared) -> Line:
    return Line(how(d, row.option) if row.option else "")


def _license(d: Draft, row: Compared) -> Line:
    x = row.license
    if x is None:
        return Line("")
    text = d.words.line("check.license", verdict=x.verdict, license=x.name, read=x.text_read, read_on=x.read_on)
    return Line(text, d.numbers.marks(x.cites))


def _window(d: Draft, row: Compared) -> Line:
    marks = d.numbers.marks(row.context.cites) if row.context else ()
    return Line("" if row.window is None else number(row.window), marks)


def _price(d: Draft, row: Compared) -> Line:
    if (x := row.price) is None:
        return Line("")
    text = d.words.line("comparison.price", given=x.input_usd, output=x.output_usd, seller=x.seller)
    return Line(text, d.numbers.marks(x.cites))


def _cost(d: Draft, row: Compared) -> Line:
    if (x := row.cost) is None:
        return Line("")
    text = d.words.name("basis", x.basis) if x.basis == "owned_hardware" else d.words.show(x.monthly_usd, "usd")
    return Line(text, d.numbers.marks(x.cites))


def _memory(d: Draft, row: Compared) -> Line:
    if x := row.hardware:
        text = d.words.line("comparison.memory", total=x.total_gb, gpus=x.gpus, gpu=x.gpu)
        return Line(text, d.numbers.marks(x.cites))
    return Line("" if row.weights_gb is None else d.words.line("comparison.weights", weights=row.weights_gb))


def _efforts(d: Draft, row: Compared) -> Line:
    return Line(d.words.names(row.efforts, "effort") if row.efforts else "")


def _life(d: Draft, row: Compared) -> Line:
    if (x := row.lifecycle) is None:
        return Line("")
    text = d.words.name("life", x.status) + (f" ({x.until})" if x.until else "")
    return Line(text, d.numbers.marks(x.cites))


def _confidence(d: Draft, row: Compared) -> Line:
    x = row.confidence
    return Line(d.words.name("confidence", x.level), d.numbers.marks(x.cites)) if x else Line("")


def _score(d: Draft, row: Compared) -> Line:
    return Line("" if row.total is None else f"{row.total:.2f}")


def _fails(d: Draft, row: Compared) -> Line:
    return Line(d.words.show(row.failed, "rules") if row.failed else "")


def _missing(d: Draft, row: Compared) -> Line:
    return Line(d.words.show(tuple(dict.fromkeys(lack for _, lack in row.missing)), "lacks") if row.missing else "")


_CELLS: tuple[tuple[str, Cell], ...] = (
    ("how", _how), ("license", _license), ("window", _window), ("price", _price), ("cost", _cost),
    ("memory", _memory), ("efforts", _efforts), ("life", _life), ("score", _score), ("confidence", _confidence),
    ("fails", _fails), ("missing", _missing),
)  # fmt: skip


def recheck_sections(made: Recheck, language: Language) -> tuple[Section, ...]:
    """Lay out what changed since an advice, or that nothing did."""
    d = Draft(language, Numbered(made.citations))
    span = paragraph(Line(d.words.line("recheck.span", since=made.since, now=made.advice.as_of)))
    said: Iterable[Statement] = (change.statement for change in made.changes)
    changed = d.listed(said) or bullets([Line(d.words.line("recheck.same"))])
    return _with_sources(d, Section("recheck", d.words.line("recheck.title"), (span, *changed)))


def _with_sources(d: Draft, section: Section) -> tuple[Section, ...]:
    rows = tuple((source_line(d, citation),) for citation in d.numbers.used)
    return (
        section,
        *([Section("sources", d.words.name("heading", "sources"), (Block("numbered", rows),))] if rows else []),
    )


def report_markdown(sections: Iterable[Section]) -> str:
    """Write a report as Markdown."""
    return "\n\n".join(section_markdown(s, 1 if n == 0 else 2) for n, s in enumerate(sections)) + "\n"


__all__ = ["comparison_sections", "recheck_sections", "report_markdown", "why_not_sections"]
