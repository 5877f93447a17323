"""The typed advice in words: sections of lines as data, and Markdown made of them; nothing is decided here."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from .advice import Advice, Citation, CiteKey, Language, Option, Pick, Statement
from .defaults import read_yaml
from .traditional import to_taiwan

_SLOT = re.compile(r"\[\[(!?)(\w+)\|(.*?)\]\]|\{(\w+)(?::(\w+))?\}")
_BOUND = re.compile(r"Input should be (greater than or equal to|less than or equal to|greater than|less than) ")
_SIGNS = {"greater than or equal to": "≥", "less than or equal to": "≤", "greater than": ">", "less than": "<"}


def clean(text: object) -> str:
    """Keep one line of what can be seen: no control, direction, zero-width or private-use characters."""
    line = " ".join(str(text).split())
    return line if line.isprintable() else "".join(filter(str.isprintable, line))


def usd(value: Any) -> str:
    """Show US dollars: cents below 100, three figures below ten cents."""
    amount = float(value)
    if 0 < amount < 0.1:
        return f"${Decimal(f'{amount:.3g}'):f}"
    return f"${amount:,.0f}" if amount >= 99.995 or amount == 0 else f"${amount:,.2f}"


def number(value: Any) -> str:
    """Show a number with at most two decimals; words stay words."""
    if isinstance(value, str):
        return clean(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _wan(value: Any) -> str:
    """Show a count as Chinese writes it, ready for the word that is counted."""
    for unit, name in ((10**8, "亿"), (10**4, "万")):
        if value >= unit and value % (unit // 100) == 0:
            return f"{number(value / unit)} {name}"
    return f"{number(value)} "


class Slot(NamedTuple):
    """A parameter's place in a template, or a part that depends on it."""

    name: str
    kind: str
    part: str
    negated: bool


@lru_cache(maxsize=1024)
def pieces(template: str) -> tuple[str | Slot, ...]:
    """Take a template apart into text and slots."""
    out: list[str | Slot] = []
    end = 0
    for match in _SLOT.finditer(template):
        negated, asked, part, name, kind = match.groups()
        out += [template[end : match.start()], Slot(asked or name, kind or "", part or "", bool(negated))]
        end = match.end()
    return (*out, template[end:])


@dataclass(frozen=True, slots=True)
class Words:
    """Templates and names of one language by group; `turn` puts other Chinese prose into its script."""

    language: Language
    texts: Mapping[str, Mapping[str, str]]
    turn: Callable[[str], str]

    def fill(self, group: str, text_id: str, params: Mapping[str, Any]) -> str:
        """Put parameters into a template of a group."""
        return self.put(self.texts[group][text_id], params)

    def line(self, text_id: str, **params: Any) -> str:
        """Say a sentence of the layout."""
        return self.fill("lines", text_id, params)

    def put(self, template: str, params: Mapping[str, Any]) -> str:
        """Put parameters into a template; an optional part stands only if its parameter has a value."""
        return "".join([p if isinstance(p, str) else self._slot(p, params) for p in pieces(template)])

    def _slot(self, slot: Slot, params: Mapping[str, Any]) -> str:
        if not slot.part:
            return self.show(params.get(slot.name), slot.kind)
        there = params.get(slot.name) not in (None, "", 0, ())
        return self.put(slot.part, params) if there != slot.negated else ""

    def show(self, value: Any, kind: str) -> str:
        """Say a parameter by its kind."""
        if value is None:
            return self.texts["lines"]["unknown"]
        if kind in _FORMATS:
            return _FORMATS[kind](self, value)
        if kind in _LISTS:
            return self.names(value, _LISTS[kind])
        return self.name(kind, str(value)) if kind else clean(value)

    def name(self, table: str, key: str) -> str:
        """Name a closed value; a value that is not in the table stands as it is."""
        return self.texts[table].get(key) or clean(key)

    def names(self, value: Any, table: str | None = None) -> str:
        """Join a list, its members named by a table."""
        items = [v.strip() for v in value.split(",")] if isinstance(value, str) else list(value)
        shown = [self.name(table, str(v)) if table else clean(v) for v in items if v]
        return self.texts["lines"]["join"].join(shown) or self.texts["lines"]["nothing"]


_FORMATS: dict[str, Callable[[Words, Any], str]] = {
    "usd": lambda w, v: usd(v),
    "number": lambda w, v: number(v),
    "tokens": lambda w, v: number(v),
    "seconds": lambda w, v: f"{number(v)} {'s' if w.language == 'en' else '秒'}",
    "score": lambda w, v: f"{v:.2f}",
    "percent": lambda w, v: f"{v * 100:.0f}%",
    "count": lambda w, v: number(v) if w.language == "en" else w.turn(_wan(v)),
    "prose": lambda w, v: clean(w.turn(v)),
    "unit": lambda w, v: w.texts["unit"].get(v) or f" {clean(v)}",
    "accepted": lambda w, v: w.name("accepted", _BOUND.sub(lambda m: _SIGNS[m[1]] + " ", v)),
    "names": lambda w, v: w.names(v),
}
_LISTS = {
    "tasks": "task", "languages": "language", "modalities": "modality", "capabilities": "capability",
    "sensitivities": "sensitivity", "papers": "paper", "rules": "rule", "lacks": "lack", "criteria": "criterion",
}  # fmt: skip


@lru_cache(maxsize=3)
def words(language: Language) -> Words:
    """Read the texts of a language, once."""
    data = read_yaml("texts.yaml")
    key = "en" if language == "en" else "zh"
    turn = to_taiwan(data["protected"]) if language == "zh-Hant" else str
    groups = {name: data[name] for name in ("statements", "lines", "give_up")} | data["tables"]
    return Words(language, {name: {k: turn(v[key]) for k, v in group.items()} for name, group in groups.items()}, turn)


def sentence(statement: Statement, language: Language) -> str:
    """Say a statement, without citation marks."""
    return words(language).fill("statements", statement.text_id, statement.params)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or a cell: plain text, not escaped, a label before it, citation numbers and a link after it."""

    text: str
    marks: tuple[int, ...] = ()
    label: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Paragraphs and lists have one cell a row; the first row of a table is its head."""

    kind: Literal["paragraph", "bullets", "numbered", "table"]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it; `id` is the same in every language."""

    id: str
    title: str
    blocks: tuple[Block, ...]


Blocks = tuple[Block, ...]


class Numbered:
    """Citation numbers in the order of first use; two keys of one place share a number."""

    def __init__(self, citations: Mapping[CiteKey, Citation]) -> None:
        """Start with no number given."""
        self.citations = citations
        self.numbers: dict[tuple[object, ...], int] = {}
        self.used: list[Citation] = []

    def marks(self, keys: Iterable[CiteKey]) -> tuple[int, ...]:
        """Give some keys their numbers, ascending, each once."""
        return tuple(sorted({self._number(self.citations[key]) for key in keys if key in self.citations}))

    def _number(self, c: Citation) -> int:
        place = (c.kind, c.title, c.date, c.file, c.lines, c.section, c.url)
        if place not in self.numbers:
            self.numbers[place] = len(self.used) + 1
            self.used.append(c)
        return self.numbers[place]


class Draft:
    """One advice on its way into one language."""

    def __init__(self, language: Language, numbers: Numbered) -> None:
        """Share the numbers with whoever else writes on the same page."""
        self.words, self.numbers = words(language), numbers

    def said(self, statement: Statement, label: str = "") -> Line:
        """Say a statement, with its marks."""
        text = self.words.fill("statements", statement.text_id, statement.params)
        return Line(text, self.numbers.marks(statement.cites), label)

    def row(self, part: str, text: str, cites: Iterable[CiteKey] = ()) -> tuple[Line, ...]:
        """Make a row of the table of checks."""
        return Line(self.words.name("part", part)), Line(text, self.numbers.marks(cites))

    def label(self, part: str) -> str:
        """Name a part, with a colon."""
        return self.words.name("part", part) + self.words.line("colon")

    def listed(self, statements: Iterable[Statement]) -> tuple[Block, ...]:
        """Say statements as one list, equal ones once; nothing for none."""
        return bullets(dict.fromkeys(self.said(s) for s in statements))


def bullets(lines: Iterable[Line]) -> tuple[Block, ...]:
    """Make one list of lines; nothing for none."""
    rows = tuple((line,) for line in lines)
    return (Block("bullets", rows),) if rows else ()


def paragraph(*lines: Line) -> Block:
    """Make one block of lines."""
    return Block("paragraph", tuple((line,) for line in lines))


def how(d: Draft, option: Option, pick: Pick | None = None) -> str:
    """Say how an option is to be had: API at a seller, or weights on cards, with the effort where one is stated."""
    hardware = pick.hardware if pick else None
    return d.words.line(
        f"how.{option.kind}", seller=option.seller, precision=option.precision, gpu=hardware and hardware.gpu,
        gpus=hardware and hardware.gpus, effort=None if option.effort == "unstated" else option.effort,
    )  # fmt: skip


def pick_lines(pick: Pick, numbers: Numbered, language: Language) -> Blocks:
    """Lay out one pick: checks, reasons, risks and score."""
    d = Draft(language, numbers)
    tied = any(reason.text_id == "reason.tied" for reason in pick.reasons)
    why = "tied" if tied and pick.role == "first_choice" else pick.role
    return (
        paragraph(
            Line(d.words.line("made_by", vendor=pick.model.vendor, how=how(d, pick.option, pick))),
            Line(d.words.line(f"why.{why}", total=pick.score.total), label=d.label("why")),
        ),
        _checks(d, pick),
        *_titled(d, "reasons", pick.reasons),
        paragraph(d.said(pick.against, d.label("against"))),
        *_titled(d, "risks", pick.risks),
        *_titled(d, "obligations", pick.license.obligations or pick.license.clauses),
        paragraph(_score(d, pick), _evidence(d, pick)),
    )


def _titled(d: Draft, part: str, statements: Iterable[Any]) -> Blocks:
    lines = d.listed(statements)
    return (paragraph(Line("", label=d.label(part))), *lines) if lines else ()


def _checks(d: Draft, pick: Pick) -> Block:
    head = (Line(d.words.name("part", "check")), Line(d.words.name("part", "finding")))
    return Block("table", (head, *(row for check in _CHECKS for row in check(d, pick))))


def _license(d: Draft, pick: Pick) -> Iterator[tuple[Line, ...]]:
    x = pick.license
    text = d.words.line("check.license", verdict=x.verdict, license=x.name, read=x.text_read, read_on=x.read_on)
    yield d.row("license", text, x.cites)


def _context(d: Draft, pick: Pick) -> Iterator[tuple[Line, ...]]:
    x = pick.context
    yield d.row("context", d.words.line(f"check.context.{x.status}", required=x.required, has=x.has), x.cites)


def _hardware(d: Draft, pick: Pick) -> Iterator[tuple[Line, ...]]:
    if x := pick.hardware:
        slow, fast = x.tokens_per_second or (None, None)
        text = d.words.line(
            "check.hardware", gpus=x.gpus, gpu=x.gpu, capacity=x.capacity_gb, total=x.total_gb, weights=x.weights_gb,
            kv=x.kv_gb, overhead=x.overhead_gb, concurrency=x.concurrency, slow=slow, fast=fast, basis=x.basis,
        )  # fmt: skip
        yield d.row("hardware", text, x.cites)


def _cost(d: Draft, pick: Pick) -> Iterator[tuple[Line, ...]]:
    x = pick.cost
    ranged = x.low is not None and x.low != x.high
    text = d.words.line(
        "check.cost.unknown" if x.monthly_usd is None else f"check.cost.{x.basis}", monthly=x.monthly_usd,
        seller=x.seller, effort=x.effort, reasoning=x.reasoning_tokens, each=x.per_request_usd,
        low=x.low if ranged else None, high=x.high, as_of=x.as_of,
    )  # fmt: skip
    yield d.row("cost", text, x.cites)
    if x.parts:
        terms = [d.words.line("formula", name=p.name, formula=p.formula, usd=p.usd) for p in x.parts]
        yield d.row("formula", d.words.line("semicolon").join(terms), x.cites)


def _life(d: Draft, pick: Pick) -> Iterator[tuple[Line, ...]]:
    x = pick.lifecycle
    text = d.words.line(
        f"check.life.{x.status}", until=x.until, months=x.months_left, successor=x.successor, checked=x.checked,
        change=x.price_change_pct,
    )  # fmt: skip
    yield d.row("life", text, x.cites)


_CHECKS = (_license, _context, _hardware, _cost, _life)


def _score(d: Draft, pick: Pick) -> Line:
    parts = [
        d.words.line("score.part", name=name, value=part.value, weight=part.weight)
        for name, part in pick.score.parts.items()
        if part.weight
    ]
    text = d.words.line("score", total=pick.score.total, parts=" + ".join(parts), profile=pick.score.profile)
    return Line(text, label=d.label("score"))


def _evidence(d: Draft, pick: Pick) -> Line:
    x = pick.evidence
    text = d.words.line(f"evidence.{x.kind}", count=len(x.items), strength=x.strength, models=x.models)
    return Line(text, d.numbers.marks(key for item in x.items for key in item.cites), d.label("evidence"))


_MARKDOWN = re.compile(r"([\\`*\[\]|~@])|(?<![^\W_])_|_(?![^\W_])|(&)(?=#?\w+;)|[<>]|://|www\.", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*\[\]|~@_&<>]")
_AT_START = re.compile(r"^(\d*)((?<=\d)[.)](?=\s|$)|(?<!\d)[#+\-=])")
_WEB = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[\w.~%!$&'*+,;=:@/?#-]*)?", re.ASCII)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "://": "\\://"}


def web_address(url: str | None) -> str | None:
    """Return the address if it is a plain http or https one, else None."""
    return url if url and _WEB.fullmatch(url) else None


def escape(text: str) -> str:
    """Escape text so that Markdown shows it as it is: no markup, no HTML, no links."""
    text = text if text.isprintable() else clean(text)
    if _SPECIAL.search(text) or "://" in text or "www." in text.lower():
        text = _MARKDOWN.sub(_escaped, text)
    return _AT_START.sub(r"\1\\\2", text)


def _escaped(match: re.Match[str]) -> str:
    return _ENTITIES.get(match[0]) or (f"{match[0][:-1]}\\." if len(match[0]) > 1 else f"\\{match[0]}")


def markdown(advice: Advice, language: Language) -> str:
    """Write the advice as Markdown."""
    from .page import sections

    return "\n\n".join(section_markdown(s, 1 if n == 0 else 2) for n, s in enumerate(sections(advice, language))) + "\n"


def section_markdown(section: Section, level: int) -> str:
    """Write one section as Markdown."""
    return f"{'#' * level} {escape(section.title)}\n\n" + "\n\n".join(_BLOCKS[b.kind](b) for b in section.blocks)


def _line(line: Line) -> str:
    label = f"**{escape(line.label.rstrip())}**" if line.label else ""
    marks = "".join(f"[{n}]" for n in line.marks)
    link = f"<{address}>" if (address := web_address(line.url)) else ""
    return " ".join(part for part in (label, escape(line.text), marks, link) if part)


def _table(block: Block) -> str:
    head, *body = ["| " + " | ".join(_line(cell) for cell in row) + " |" for row in block.rows]
    return "\n".join([head, "|" + " --- |" * len(block.rows[0]), *body])


_BLOCKS: dict[str, Callable[[Block], str]] = {
    "paragraph": lambda block: "\n\n".join(_line(row[0]) for row in block.rows),
    "bullets": lambda block: "\n".join(f"- {_line(row[0])}" for row in block.rows),
    "numbered": lambda block: "\n".join(f"{n}. {_line(row[0])}" for n, row in enumerate(block.rows, 1)),
    "table": _table,
}
