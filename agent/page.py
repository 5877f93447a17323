"""The page of an advice: its sections as data for every face, and print-ready HTML made of them."""

from collections import defaultdict
from collections.abc import Callable
from html import escape as entities
from typing import Any

from .advice import Advice, Citation, Cost, Elimination, GiveUp, Language, NearMiss, OpenQuestion, Pick, Question
from .signing import signing
from .write import (
    Block,
    Blocks,
    Draft,
    Line,
    Numbered,
    Section,
    Words,
    bullets,
    clean,
    how,
    paragraph,
    pick_lines,
    usd,
    web_address,
)

NAMES_A_RULE = 5
HAS_KIND = {
    "budget": "usd", "latency": "seconds", "context": "tokens", "hardware": "number", "license": "number",
    "seller": "number", "privacy": "seller", "vendor": "number", "lifecycle": "number",
}  # fmt: skip


def sections(advice: Advice, language: Language) -> tuple[Section, ...]:
    """Lay out all that the advice says, in reading order; sections without content are left out."""
    d = Draft(language, Numbered(advice.citations))
    made = (_SECTIONS[name](d, advice) for name in _ORDER[advice.status])
    return tuple(section for some in made for section in some if section.blocks)


def _section(name: str) -> Callable[[Callable[[Draft, Advice], Blocks]], Callable[[Draft, Advice], list[Section]]]:
    """Make a section of a function that gives its blocks."""

    def of(build: Callable[[Draft, Advice], Blocks]) -> Callable[[Draft, Advice], list[Section]]:
        return lambda d, advice: [Section(name, d.words.name("heading", name), build(d, advice))]

    return of


def _verdict(d: Draft, advice: Advice) -> list[Section]:
    words, status = d.words, advice.status
    if not advice.picks:
        near = "nothing_near" if status == "nothing_fits" and not advice.near_misses else status
        return [Section("verdict", words.line("title"), (paragraph(Line(words.line(f"verdict.{near}"))),))]
    first, *rest = advice.picks
    text = words.line(
        "verdict.recommended", model=first.model.name, how=how(d, first.option, first),
        monthly=first.cost.monthly_usd, others=tuple(p.model.name for p in rest if p.role != "hard_questions"),
    )  # fmt: skip
    marks = d.numbers.marks(first.cost.cites)
    return [Section("verdict", words.line("title"), (paragraph(Line(text, marks)), _overview(d, advice)))]


def _overview(d: Draft, advice: Advice) -> Block:
    head = tuple(Line(d.words.name("part", part)) for part in ("role", "model", "how", "cost", "license", "score"))
    return Block("table", (head, *(_overview_row(d, pick) for pick in advice.picks)))


def _overview_row(d: Draft, pick: Pick) -> tuple[Line, ...]:
    words, cost = d.words, pick.cost
    return (
        Line(words.name("role", pick.role)), Line(pick.model.name), Line(how(d, pick.option, pick)),
        Line(_monthly(d, cost), d.numbers.marks(cost.cites)), Line(words.name("verdict", pick.license.verdict)),
        Line(f"{pick.score.total:.2f}"),
    )  # fmt: skip


def _monthly(d: Draft, cost: Cost) -> str:
    if cost.basis == "owned_hardware":
        return d.words.name("basis", cost.basis)
    return d.words.show(cost.monthly_usd, "usd")


def _picks(d: Draft, advice: Advice) -> list[Section]:
    return [
        Section(
            f"pick-{n}",
            d.words.name("role", p.role) + d.words.line("colon") + p.model.name,
            (*pick_lines(p, d.numbers, d.words.language), *signing(d, p, advice)),
        )
        for n, p in enumerate(advice.picks, 1)
    ]


def _strategy(d: Draft, advice: Advice) -> Blocks:
    x = advice.strategy
    if x is None:
        return ()
    split = d.words.line(
        "strategy", cheap=x.cheap, strong=x.strong, share=x.share, monthly_usd=x.monthly_usd, saves_usd=x.saves_usd
    )
    return (paragraph(Line(split, d.numbers.marks(x.cites))), *d.listed(x.sides))


def _eliminated(d: Draft, advice: Advice) -> Blocks:
    groups: dict[str, list[Elimination]] = defaultdict(list)
    for one in advice.eliminated:
        groups[one.rule].append(one)
    if not groups:
        return _funnel(d, advice)
    counted = paragraph(Line(d.words.line("eliminated.counts", count=len(advice.eliminated))))
    order = [rule for rule, _ in advice.funnel if rule in groups]
    rest = [rule for rule in groups if rule not in order]
    return (counted, *bullets(_out_by(d, rule, groups[rule]) for rule in [*order, *rest]), *_funnel(d, advice))


def _out_by(d: Draft, rule: str, out: list[Elimination]) -> Line:
    """Say what one rule puts out: a few by name with what they have, the rest as a number."""
    words, named = d.words, out[:NAMES_A_RULE]
    text = words.line("join").join(_has(d, one) for one in named)
    if len(out) > len(named):
        text += words.line("eliminated.more", count=len(out) - len(named))
    marks = d.numbers.marks(key for one in named for key in (*one.cites[:1], *one.cites[-1:]))
    return Line(text + words.line("full_stop"), marks, words.line("eliminated.rule", rule=rule, count=len(out)))


def _has(d: Draft, one: Elimination) -> str:
    if one.has is None or one.rule not in HAS_KIND:
        return one.name
    return d.words.line("eliminated.has", name=one.name, has=d.words.show(one.has, HAS_KIND[one.rule]))


def _funnel(d: Draft, advice: Advice) -> Blocks:
    if not advice.funnel:
        return ()
    head = (Line(d.words.name("part", "rule")), Line(d.words.name("part", "left")))
    return (Block("table", (head, *((Line(d.words.name("rule", r)), Line(f"{n:,}")) for r, n in advice.funnel))),)


def _near_misses(d: Draft, advice: Advice) -> Blocks:
    return bullets(_near_miss(d, miss, advice) for miss in advice.near_misses)


def _near_miss(d: Draft, miss: NearMiss, advice: Advice) -> Line:
    words = d.words
    changes = [_change(d, rule, g, advice) for rule, g in zip(miss.rules, miss.give_up, strict=True)]
    text = words.line("near.miss", rules=miss.rules, give_up=words.line("stop").join(changes))
    label = words.line("eliminated.has", name=miss.name, has=how(d, miss.option)) + words.line("colon")
    return Line(text, d.numbers.marks(miss.cites), label)


def _change(d: Draft, rule: str, change: GiveUp, advice: Advice) -> str:
    """Say what to give up; a licence may fail for a reason that is no field of its rule."""
    need = advice.requirements
    field = "commercial" if rule == "license" and change.field not in need.said else change.field
    required = change.required
    if field == "monthly_budget" and required is not None:
        currency = need.budget_currency or "USD"
        required = usd(required) if currency == "USD" else d.words.line("money", amount=required, currency=currency)
    return d.words.fill("give_up", field, {"required": required, "has": change.has})


def _questions(d: Draft, advice: Advice) -> Blocks:
    asked = [q for q in advice.questions if isinstance(q, Question)]
    return tuple(block for q in asked for block in _question(d, q))


def _question(d: Draft, q: Question) -> Blocks:
    why = d.said(q.why, d.words.line("question.why") + d.words.line("colon"))
    return (paragraph(d.said(q.text)), *d.listed(q.choices), paragraph(why))


def _open(d: Draft, advice: Advice) -> Blocks:
    asked = (q for q in advice.questions if isinstance(q, OpenQuestion))
    return tuple(block for q in asked for block in (paragraph(d.said(q.text)), *d.listed([q.could_change])))


def _evaluation(d: Draft, advice: Advice) -> Blocks:
    plan = advice.evaluation
    return (paragraph(d.said(plan.method)), *d.listed(plan.rubric)) if plan else ()


def _conflicts(d: Draft, advice: Advice) -> Blocks:
    out: list[Block] = []
    for x in advice.conflicts:
        out += [paragraph(Line(f"{x.about} · {d.words.name('attribute', x.attribute)}")), *d.listed(x.sides)]
        if x.decision:
            label = d.words.line("conflict.decision") + d.words.line("colon")
            out.append(paragraph(d.said(x.decision, label)))
    return tuple(out)


def sources(advice: Advice, numbers: Numbered, language: Language) -> tuple[Line, ...]:
    """List the sources in the order of their numbers."""
    d = Draft(language, numbers)
    return tuple(source_line(d, citation) for citation in numbers.used)


def source_line(d: Draft, c: Citation) -> Line:
    """Name one source: its kind, title, date, place and address."""
    words, kind = d.words, "default" if c.key.startswith("default/") else c.kind
    address = web_address(c.url)
    first, last = c.lines or (None, None)
    lines = words.line("source.line" if first == last else "source.lines", first=first, last=last) if first else ""
    place = (*_SOURCES.get(kind, _published)(words, c), lines, c.file, None if address else c.url)
    text = words.line("comma").join(words.show(part, "") for part in place if part)
    return Line(text, label=words.name("source_kind", kind) + words.line("colon"), url=address)


def _published(words: Words, c: Citation) -> tuple[str | None, ...]:
    clause = words.line("source.clause", section=c.section) if c.kind == "licence" and c.section else c.section
    return c.title, words.name("date", c.date), None if c.section and c.section in c.title else clause


def _own_words(words: Words, c: Citation) -> tuple[str | None, ...]:
    said = next(iter(c.excerpt.values()), "")
    return words.name("field", c.title), words.line("source.words", words=said) if said else None, c.date


def _default(words: Words, c: Citation) -> tuple[str | None, ...]:
    section = c.section or c.title
    return (words.texts["default"].get(section) or words.name("field", section),)


_SOURCES: dict[str, Callable[[Words, Citation], tuple[str | None, ...]]] = {"user": _own_words, "default": _default}


def _sources(d: Draft, advice: Advice) -> Blocks:
    rows = tuple((line,) for line in sources(advice, d.numbers, d.words.language))
    return (Block("numbered", rows),) if rows else ()


def _dates(d: Draft, advice: Advice) -> Blocks:
    words = d.words
    read = sorted({p.license.read_on for p in advice.picks if p.license.read_on})
    span = words.line("dates.span", first=read[0], last=read[-1]) if len(read) > 1 else next(iter(read), None)
    kinds = [Line(words.line("dates.kind", kind=kind, date=day)) for kind, day in advice.data_dates.items()]
    as_of, legal = words.line("dates.as_of", date=advice.as_of), words.line("dates.legal", date=span)
    return (paragraph(Line(as_of)), *bullets(kinds), paragraph(Line(legal)))


_SECTIONS: dict[str, Callable[[Draft, Advice], list[Section]]] = {
    "verdict": _verdict,
    "picks": _picks,
    "strategy": _section("strategy")(_strategy),
    "assumptions": _section("assumptions")(lambda d, a: d.listed(a.assumptions)),
    "eliminated": _section("eliminated")(_eliminated),
    "near_misses": _section("near_misses")(_near_misses),
    "notes": _section("notes")(lambda d, a: d.listed(a.advice_notes)),
    "questions": _section("questions")(_questions),
    "open": _section("open")(_open),
    "evaluation": _section("evaluation")(_evaluation),
    "conflicts": _section("conflicts")(_conflicts),
    "sources": _section("sources")(_sources),
    "dates": _section("dates")(_dates),
}
_LAST = ("notes", "open", "evaluation", "conflicts", "sources", "dates")
_ORDER = {
    "recommended": ("verdict", "picks", "strategy", "assumptions", "eliminated", "near_misses", *_LAST),
    "nothing_fits": ("verdict", "near_misses", "notes", "assumptions", "eliminated", *_LAST[1:]),
    "unclear": ("verdict", "questions", "notes", "sources"),
}


_STYLE = """
:root { color-scheme: light; }
body { font: 11pt/1.6 "Noto Sans", "Noto Sans SC", "Noto Sans TC", "PingFang SC", "PingFang TC", "Microsoft YaHei",
  "Microsoft JhengHei", "Hiragino Sans GB", "Source Han Sans", system-ui, sans-serif; color: #1b1f24; background: #fff;
  max-width: 180mm; margin: 12mm auto; padding: 0 6mm; overflow-wrap: anywhere; }
h1 { font-size: 20pt; line-height: 1.3; } h2 { font-size: 14pt; margin-top: 9mm; border-bottom: 1px solid #c9d1d9; }
table { border-collapse: collapse; width: 100%; margin: 4mm 0; font-size: 10pt; }
th, td { border: 1px solid #c9d1d9; padding: 1.2mm 2mm; text-align: left; vertical-align: top; }
th { background: #f2f4f7; } sup a { color: #0b57a4; text-decoration: none; } a { color: #0b57a4; }
ol, ul { padding-left: 6mm; } li { margin: .6mm 0; } figure { margin: 4mm 0; } svg { width: 100%; height: auto; }
figcaption { font-size: 9pt; color: #57606a; } #sources li, #dates { font-size: 9pt; }
@page { size: A4; margin: 15mm; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 10pt; } h2 { break-after: avoid; }
  tr, li, figure { break-inside: avoid; } a { color: inherit; } }
"""


def html(advice: Advice, language: Language) -> str:
    """Write the advice as one HTML page: no scripts, no outside files, A4 when printed."""
    d = Draft(language, Numbered(advice.citations))
    first, *rest = sections(advice, language)
    body = [_html_section(first, "h1"), _figures(d, advice), *(_html_section(s, "h2") for s in rest)]
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_escape(first.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{''.join(body)}</main>\n</body>\n</html>\n"
    )


def _escape(text: str) -> str:
    return entities(text if text.isprintable() else clean(text))


def _html_section(section: Section, tag: str) -> str:
    blocks = "".join(_HTML[block.kind](block) for block in section.blocks)
    return f'<section id="{section.id}">\n<{tag}>{_escape(section.title)}</{tag}>\n{blocks}</section>\n'


def _html_line(line: Line) -> str:
    label = f"<strong>{_escape(line.label)}</strong>" if line.label else ""
    marks = "".join(f'<sup><a href="#source-{n}">[{n}]</a></sup>' for n in line.marks)
    return label + _escape(line.text) + marks + _html_link(line.url)


def _html_link(url: str | None) -> str:
    address = _escape(web_address(url) or "")
    return f' <a href="{address}" rel="noreferrer nofollow">{address}</a>' if address else ""


def _html_rows(block: Block, row: str) -> str:
    return "".join(row.format(_html_line(cells[0]), n) for n, cells in enumerate(block.rows, 1))


def _html_table(block: Block) -> str:
    head, *body = block.rows
    rows = ["".join(f'<th scope="col">{_html_line(cell)}</th>' for cell in head)]
    rows += ["".join(f"<td>{_html_line(cell)}</td>" for cell in row) for row in body]
    return "<table>\n" + "".join(f"<tr>{row}</tr>\n" for row in rows) + "</table>\n"


_HTML: dict[str, Callable[[Block], str]] = {
    "paragraph": lambda block: _html_rows(block, "<p>{0}</p>\n"),
    "bullets": lambda block: "<ul>\n" + _html_rows(block, "<li>{0}</li>\n") + "</ul>\n",
    "numbered": lambda block: "<ol>\n" + _html_rows(block, '<li id="source-{1}">{0}</li>\n') + "</ol>\n",
    "table": _html_table,
}


def _figures(d: Draft, advice: Advice) -> str:
    """Draw what only the page has: a chart of monthly costs, and costs and scores of the picks side by side."""
    if not advice.picks:
        return ""
    return _chart(d, advice) + _html_table(_costs(d, advice)) + _html_table(_scores(d, advice))


def _costs(d: Draft, advice: Advice) -> Block:
    head = [Line(d.words.name("part", part)) for part in ("model", "basis", "cost", "low", "high")]
    rows = [
        (
            p.model.name,
            d.words.name("basis", p.cost.basis),
            *(_dollars(x) for x in (p.cost.monthly_usd, p.cost.low, p.cost.high)),
        )
        for p in advice.picks
    ]
    return Block("table", (tuple(head), *(tuple(map(Line, row)) for row in rows)))


def _dollars(value: Any) -> str:
    return "–" if value is None else usd(value)


def _scores(d: Draft, advice: Advice) -> Block:
    """Set one column a pick, one row a criterion: value x weight."""
    criteria = list(dict.fromkeys(name for p in advice.picks for name, x in p.score.parts.items() if x.weight))
    head = [Line(d.words.name("part", "score")), *(Line(p.model.name) for p in advice.picks)]
    rows = [[Line(d.words.name("criterion", name)), *(Line(_term(p, name)) for p in advice.picks)] for name in criteria]
    total = [Line(d.words.name("part", "total")), *(Line(f"{p.score.total:.2f}") for p in advice.picks)]
    return Block("table", tuple(tuple(row) for row in (head, *rows, total)))


def _term(pick: Pick, criterion: str) -> str:
    part = pick.score.parts.get(criterion)
    return f"{part.value:.2f} × {part.weight:.2f}" if part else "–"


BAR, GAP, LEFT, WIDE = 18, 12, 190, 620


def _chart(d: Draft, advice: Advice) -> str:
    """Draw monthly costs as bars with their low and high; nothing where no pick has a cost above zero."""
    priced = [(p.model.name, p.cost) for p in advice.picks if p.cost.monthly_usd is not None]
    most = max((float(max(c.high or 0, c.monthly_usd or 0)) for _, c in priced), default=0.0)
    if most <= 0:
        return ""
    scale = (WIDE - LEFT - 90) / most
    bars = "".join(_bar(n, name, cost, scale) for n, (name, cost) in enumerate(priced))
    title, height = _escape(d.words.line("chart")), len(priced) * (BAR + GAP) + GAP
    return (
        f'<figure>\n<svg viewBox="0 0 {WIDE} {height}" role="img" aria-label="{title}" font-size="12">\n{bars}</svg>\n'
        f"<figcaption>{title}{_escape(d.words.line('colon') + d.words.line('chart.caption'))}</figcaption>\n</figure>\n"
    )


def _bar(row: int, name: str, cost: Cost, scale: float) -> str:
    top, usual = GAP + row * (BAR + GAP), float(cost.monthly_usd or 0)
    low, high = float(cost.low or usual), float(cost.high or usual)
    short = name if len(name) <= 26 else name[:25] + "…"
    middle, end = top + BAR / 2, LEFT + max(usual, high) * scale + 6
    return (
        f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{_escape(short)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{max(usual * scale, 1):.1f}" height="{BAR}" fill="#5b8db8"/>'
        f'<path d="M{LEFT + low * scale:.1f} {middle}H{LEFT + high * scale:.1f}" stroke="#1b1f24"/>'
        f'<text x="{end:.1f}" y="{middle + 4}">{_escape(usd(usual))}</text>\n'
    )
