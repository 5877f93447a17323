"""The command line: each command reads its input, asks the core, and hands the result to a renderer."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .cli_chat import chat, threads
from .cli_knowledge import app as knowledge
from .cli_tools import COMMANDS
from .edge import (
    EXIT_CODES,
    NOTHING,
    OK,
    UNCLEAR,
    Json,
    Lang,
    Language,
    Today,
    day_of,
    deliver,
    echo_json,
    edge,
    show,
    working,
)
from .given import BadInput, read_need, said, subject_ids

if TYPE_CHECKING:
    from ..agent.advice import Advice

STATUS_CODES = {"recommended": OK, "nothing_fits": NOTHING, "unclear": UNCLEAR}
Format = Literal["terminal", "markdown", "html"]

app = typer.Typer(
    name="modelwise",
    help="Which language model to use, with a source for every statement.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(knowledge, name="knowledge")
app.add_typer(threads, name="threads")


def main() -> int:
    """Run the command line; it leaves by SystemExit with one of the documented codes."""
    app()
    return OK


@app.callback(invoke_without_command=True)
def _start(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without Unicode gets "?" rather than a traceback
            stream.reconfigure(errors="replace")
    if version:
        from .. import __version__

        typer.echo(f"modelwise {__version__}")
        raise typer.Exit


@app.command(epilog=EXIT_CODES)
@edge
def advise(
    text: Annotated[
        list[str] | None, typer.Argument(help="The need in words or as a JSON object; - reads stdin.")
    ] = None,
    need: Annotated[Path | None, typer.Option("--need", help="A file with the need as a JSON object.")] = None,
    as_json: Json = False,
    lang: Lang = None,
    today: Today = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="How to print; by default by the ending of -o.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write to a file (.md, .html, .json, .txt).")
    ] = None,
) -> None:
    """Recommend models for a need, priced, checked and cited."""
    given = read_need(text or [], need)
    with working("Weighing the options"):
        from ..agent.advisor import advise as recommend

        advice = recommend(given, today=day_of(today))
    kind = "json" if as_json else form or _by_ending(output)
    if kind == "terminal" and output is None:
        from .terminal import advice_view

        show(advice_view(advice, lang))
    else:
        deliver(_written(advice, kind, lang), output)
    raise typer.Exit(STATUS_CODES[advice.status])


@app.command(epilog=EXIT_CODES)
@edge
def ask(
    question: Annotated[list[str], typer.Argument(help="A question about models, licences, prices; - reads stdin.")],
    as_json: Json = False,
    lang: Lang = None,
    today: Today = None,
) -> None:
    """Answer a question from the sources, cited, or say that they do not say."""
    text = said(question)
    if not text.strip():
        raise BadInput("the question '' is empty; accepted: a question in words")
    with working("Searching the sources"):
        from ..agent.advisor import ask as answer

        found = answer(text, language=lang, today=day_of(today))
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        from .terminal import answer_view

        show(answer_view(found))
    raise typer.Exit(OK if found.answered else NOTHING)


@app.command(epilog=EXIT_CODES)
@edge
def models(
    wanted: Annotated[str, typer.Argument(metavar="FILTER", help="A part of a name, an id or a vendor.")] = "",
    weights: Annotated[bool, typer.Option("--open", help="Only models with weights to download.")] = False,
    api: Annotated[bool, typer.Option("--api", help="Only models on sale as API.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also those held back or retired, and why.")] = False,
    as_json: Json = False,
    today: Today = None,
) -> None:
    """List the models that can be had, with licence, context, price and life."""
    with working("Reading the catalog"):
        from ..agent.inventory import inventory
        from ..knowledge.facts import load_facts

        entries = [e for e in inventory(load_facts(), day_of(today)) if e.matches(wanted, api=api, weights=weights)]
        shown = [e for e in entries if e.on_offer or everything]
    if as_json:
        echo_json([e.as_mapping() for e in shown])
    else:
        from .tables import models_view

        show(models_view(shown, hidden=len(entries) - len(shown), lacking=everything))
    raise typer.Exit(OK if shown else NOTHING)


@app.command(epilog=EXIT_CODES)
@edge
def conflicts(
    model: Annotated[str | None, typer.Argument(help="A model or family; by default all.")] = None,
    as_json: Json = False,
    lang: Lang = "en",
) -> None:
    """Show where the sources disagree, both sides cited, and what a checked source says."""
    with working("Comparing the sources"):
        from ..knowledge.conflicts import find_conflicts
        from ..knowledge.facts import load_facts

        facts = load_facts()
        names = subject_ids(model, facts) if model else set()
        families = {facts.models[name].family for name in names & facts.models.keys()}
        found = [c for c in find_conflicts(facts) if model is None or (names | families) & set(c.about)]
    if as_json:
        from dataclasses import asdict

        echo_json([asdict(c) for c in found])
    else:
        from .tables import conflicts_view

        show(conflicts_view(found, facts, lang or "en"))


for name, command in {"chat": chat, **COMMANDS}.items():
    app.command(name, epilog=EXIT_CODES)(edge(command))


@app.command(epilog=EXIT_CODES)
@edge
def doctor(as_json: Json = False, today: Today = None) -> None:
    """Say what is installed, how old the facts are, what is set, what is missing, and the way out."""
    with working("Looking around"):
        from .doctor import diagnose

        findings = diagnose(os.environ, day_of(today))
    if as_json:
        echo_json([finding.as_mapping() for finding in findings])
    else:
        from .tables import doctor_view

        show(doctor_view(findings))
    raise typer.Exit(NOTHING if any(finding.status == "missing" for finding in findings) else OK)


def _by_ending(output: Path | None) -> str:
    endings = {".md": "markdown", ".html": "html", ".htm": "html", ".json": "json"}
    return endings.get(output.suffix.lower(), "terminal") if output else "terminal"


def _written(advice: "Advice", kind: str, lang: Language | None) -> str:
    if kind == "json":
        return advice.to_json()
    if kind == "markdown":
        return advice.to_markdown(lang)
    if kind == "html":
        return advice.to_html(lang)
    from .terminal import advice_view, plain

    return plain(advice_view(advice, lang))
