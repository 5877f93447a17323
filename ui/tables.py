"""Lists for the terminal: models, conflicts, the doctor's findings, and what is known of the knowledge."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..agent.write import clean, words
from .prose import Prose
from .terminal import BAD, GOOD, MARK, QUIET, WARN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from ..agent.advice import Language
    from ..agent.inventory import Entry, Stock
    from ..knowledge.audit import Audit
    from ..knowledge.conflicts import Disagreement, Side
    from ..knowledge.facts import Facts
    from ..knowledge.refresh import Difference
    from .doctor import Finding

_SEVERITIES = {"high": BAD, "medium": WARN, "low": QUIET}
_FINDINGS = {"ok": ("✓", GOOD), "note": ("·", QUIET), "missing": ("✗", BAD)}


def models_view(entries: "Sequence[Entry]", *, hidden: int = 0, lacking: bool = False) -> Group:
    """List models with vendor, ways to get them, licence, context, price and life; `lacking` adds what is missing."""
    table = _table("Model", "Vendor", "Offer", "Licence", ">Context", ">$/M in/out", "Life")
    for column in table.columns[-3:]:
        column.no_wrap = True
    for entry in entries:
        table.add_row(*_model_row(entry))
    left_out = f"; {hidden} held back or retired (--all shows them)" if hidden else ""
    summary = Text(f"{len(entries)} models{left_out}. Prices: cheapest seller, lowest tier.", QUIET)
    missing: tuple[RenderableType, ...] = (Text(), _lacking(entries), Text()) if lacking else ()
    return Group(table, *missing, summary)


def _lacking(entries: "Iterable[Entry]") -> Table:
    table = _table("Held back", "What it lacks")
    for entry in entries:
        if entry.lacks:
            table.add_row(entry.name, Text("; ".join(entry.lacks), WARN))
    return table


def _model_row(entry: "Entry") -> tuple[Text, ...]:
    ways = " ".join(way for way, there in (("API", entry.api), ("weights", entry.weights)) if there)
    prices = "-" if entry.input_usd is None else f"{_price(entry.input_usd)}/{_price(entry.output_usd)}"
    licence = entry.licence or ("terms" if entry.api else "-")
    life = str(entry.ends or ("open" if entry.on_offer else "-"))
    cells = (entry.vendor.split(" (")[0], ways or "-", licence, _tokens(entry.context), prices, life)
    return (Text(entry.name, "bold" if entry.on_offer else QUIET), *(Text(cell) for cell in cells))


def _tokens(count: int | None) -> str:
    if count is None:
        return "-"
    return f"{count / 1_000_000:.4g}M" if count >= 1_000_000 else f"{count / 1000:.4g}K"


def _price(amount: "Decimal | None") -> str:
    return "-" if amount is None else f"{amount:.3g}" if amount < 1 else f"{amount:.2f}"


def conflicts_view(found: "Sequence[Disagreement]", facts: "Facts", language: "Language") -> Group:
    """Show both sides of each disagreement with the lines they stand on, and what a checked source says."""
    parts: list[RenderableType] = []
    for one in found:
        parts += [_about(one, facts, language), *(_side(side, facts, language) for side in one.sides)]
        parts.append(_decision(one, language))
    return Group(*parts, Text(f"{len(found)} disagreements.", QUIET))


def _decision(one: "Disagreement", language: "Language") -> RenderableType:
    if one.decision is None:
        return Padding(Text("→ Nothing checked decides.", WARN), (0, 0, 1, 2))
    said = one.decision.en if language == "en" else words(language).turn(one.decision.zh)
    return Padding(Prose(f"→ {said}", GOOD), (0, 0, 1, 2))


def _about(one: "Disagreement", facts: "Facts", language: "Language") -> Text:
    attribute = facts.attributes.get(one.attribute)
    named = one.attribute
    if attribute:
        named = attribute.en if language == "en" else words(language).turn(attribute.zh)
    text = Text(f"{' / '.join(facts.name(subject) for subject in one.about)} · {named} ", "bold")
    return text.append(f"[{one.severity}]", _SEVERITIES[one.severity])


def _side(side: "Side", facts: "Facts", language: "Language") -> RenderableType:
    first = facts.claims[side.claims[0]]
    said = first.en if language == "en" else words(language).turn(first.zh)
    places = "; ".join(_place(claim, facts) for claim in side.claims)
    return Padding(Prose(f"• {clean(said)} ").append(f"[{places}]", MARK), (0, 0, 0, 2))


def _place(claim_id: str, facts: "Facts") -> str:
    claim = facts.claims[claim_id]
    ranges = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in claim.lines)
    return f"{claim_id.split('/')[0]}: {ranges}"


def doctor_view(findings: "Iterable[Finding]") -> Table:
    """Show each finding with its sign, and the way out where something is missing."""
    table = Table.grid(padding=(0, 1))
    for finding in findings:
        sign, colour = _FINDINGS[finding.status]
        said = Text(clean(finding.said))
        if finding.way_out:
            said.append(f"\n{clean(finding.way_out)}", colour)
        table.add_row(Text(sign, colour), Text(finding.name, "bold"), said)
    return table


def audit_view(report: "Audit") -> Group:
    """List the problems, what could not be looked at, and the result."""
    problems = [Text(f"✗ {clean(problem)}", BAD) for problem in report.problems]
    skipped = [Text(f"· skipped: {clean(why)}", WARN) for why in report.skipped]
    counted = f"{report.claims:,} claims on {report.articles} articles"
    sign, said, colour = ("✓", "nothing wrong", GOOD) if report.passed else ("✗", f"problems: {len(problems)}", BAD)
    return Group(*problems, *skipped, Text(f"{sign} {counted}: {said}", colour))


def stats_view(stock: "Stock") -> Group:
    """Lay out the knowledge in figures."""
    return Group(_counts(stock), Text(), _ages(stock), Text(), _claims(stock), Text(), _held_back(stock))


def _counts(stock: "Stock") -> Table:
    table = _table("Models", ">")
    for name, number in (
        ("in the catalog", stock.models),
        ("to be had", stock.on_offer),
        ("on sale as API", stock.on_sale),
        ("with weights to download", stock.downloadable),
        ("with benchmark evidence of their own", stock.measured),
        ("with evidence in Chinese", stock.measured_in_chinese),
        ("options", stock.options),
        ("options held back", stock.options_held_back),
    ):
        table.add_row(name, f"{number:,}")
    return table


def _ages(stock: "Stock") -> Table:
    table = _table("Sources", ">number", ">median age, days", ">oldest, days", "oldest")
    for age in stock.ages:
        table.add_row(age.kind, str(age.sources), f"{age.median_days:.0f}", str(age.oldest_days), age.oldest)
    return table


def _claims(stock: "Stock") -> Table:
    kinds = sorted({kind for counts in stock.claims.values() for kind in counts})
    table = _table("Article", ">claims", ">lines cited", ">skipped", ">open", "kinds")
    for row in stock.coverage:
        counts = stock.claims.get(row.article, {})
        left = "not at hand" if row.open is None else str(len(row.open))
        shown = ", ".join(f"{kind} {counts[kind]}" for kind in kinds if kind in counts)
        table.add_row(row.article, str(sum(counts.values())), str(row.cited), str(row.skipped), left, shown)
    return table


def _held_back(stock: "Stock") -> RenderableType:
    if not stock.held_back:
        return Text("No option is held back.", GOOD)
    table = _table("Held back", "option", "what it lacks")
    for row in stock.held_back:
        table.add_row(*row)
    return table


def refresh_view(differences: "Sequence[Difference]") -> Group:
    """Show what the packages state otherwise, and what would become of it."""
    table = Table.grid(padding=(0, 1))
    for one in differences:
        sign = Text("!", BAD) if one.conflict else Text("~", QUIET)
        table.add_row(sign, Text(one.about, "bold").append(f"\n{_change(one)}", "not bold"))
    conflicts, newer = sum(one.conflict for one in differences), sum(one.written for one in differences)
    counted = f"{len(differences)} differences, {conflicts} of them conflicts (!, over 1 %)."
    fate = f"{newer} are from newer releases: --write writes those and keeps the old values."
    return Group(table, Text(counted), Text(fate, QUIET))


def _change(one: "Difference") -> str:
    held = f"{one.old} ({one.old_source}, {one.old_as_of})" if one.old is not None else one.old_source
    fate = "newer release" if one.written else "compare by hand"
    return f"{held} → {one.new} ({one.new_source}): {fate}"


def _table(*heads: str) -> Table:
    """Make a table without lines; a head that begins with > is a column of numbers."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head.removeprefix(">"), justify="right" if head.startswith(">") else "left", overflow="fold")
    return table
