"""`modelwise chat` and `modelwise threads`: the interview, and what is kept of it."""

import datetime as dt
import os
import sys
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .edge import EXIT_CODES, NOTHING, Json, Lang, Language, Today, deliver, echo_json, edge, show, working
from .given import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..agent.session import Advisor
    from ..agent.turns import Turn

Form = Literal["md", "json", "html"]
Thread = Annotated[str, typer.Argument(metavar="ID", help="The id of a conversation, as `threads list` shows it.")]
Spoken = Annotated[
    Language | None, typer.Option("--language", "--lang", help="Language to speak; by default that of your messages.")
]

threads = typer.Typer(
    help="List, show, export and delete conversations.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
)


def chat(
    text: Annotated[list[str] | None, typer.Argument(help="The first message; without it you are asked.")] = None,
    thread: Annotated[str | None, typer.Option("--thread", metavar="ID", help="Go on with a conversation.")] = None,
    language: Spoken = None,
    as_json: Json = False,
    today: Today = None,
) -> None:
    """Find out by a conversation what you need, and advise; reads standard input, one message a line.

    Ctrl-C or the end of the input ends it, and --thread goes on with it. /help lists the commands. With --json each
    turn is one line of JSON.
    """
    with advisor(today) as open_advisor:
        from .chat import Chat
        from .desk import Desk

        desk = Desk(interactive=not as_json and sys.stdin.isatty() and sys.stdout.isatty(), as_json=as_json)
        talk = Chat(open_advisor, desk, language)
        if thread:
            talk.come_back(thread)
        elif not text:
            talk.greet()
        code = talk.run(chain([" ".join(text or [])], desk.lines()))
    raise typer.Exit(code)


@threads.command("list", epilog=EXIT_CODES)
@edge
def list_(as_json: Json = False, lang: Lang = None) -> None:
    """List the conversations, the one used last first."""
    with advisor() as open_advisor:
        rows = open_advisor.threads()
    if as_json:
        echo_json([{name: getattr(row, name) for name in ("thread_id", "title", "created", "updated")} for row in rows])
        return
    from .chat_view import threads_view

    show(threads_view(rows, lang or "en"))


@threads.command("show", epilog=EXIT_CODES)
@edge
def show_(thread: Thread, as_json: Json = False, lang: Lang = None) -> None:
    """Show a conversation turn by turn, the latest advice in full."""
    turns = _turns(thread, lang)
    if as_json:
        echo_json([turn.model_dump(mode="json") for turn in turns])
        return
    from .chat_view import course_view

    show(course_view(turns, lang or turns[-1].requirements.language))


@threads.command(epilog=EXIT_CODES)
@edge
def export(
    thread: Thread,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="md: course and advice; html: the advice to print; json: every turn."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file (.md, .json, .html).")] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Write a conversation as Markdown, JSON or HTML; by default by the ending of -o."""
    turns = _turns(thread, lang)
    from .transcript import exported

    deliver(exported(turns, "json" if as_json else form or _by_ending(output), lang), output)


@threads.command(epilog=EXIT_CODES)
@edge
def delete(
    thread: Thread,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Delete all of a conversation."""
    with advisor() as open_advisor:
        _must_be_known(open_advisor, thread, lang)
        if not yes:
            typer.confirm(_said("threads.delete", thread, lang), abort=True, err=True)
        from ..agent.store import Busy

        try:
            deleted = open_advisor.delete(thread)
        except Busy:
            typer.echo(f"modelwise: {_said('refused.busy', thread, lang)}", err=True)
            raise typer.Exit(NOTHING) from None
    if as_json:
        echo_json({"thread_id": thread, "deleted": deleted})
    else:
        typer.echo(_said("threads.deleted", thread, lang))


@contextmanager
def advisor(today: dt.datetime | None = None) -> "Iterator[Advisor]":
    """Open the store that the environment names, with an advisor over it; closes it at the end."""
    with working("Opening"):
        from ..agent.session import Advisor
        from ..agent.settings import read_settings
        from ..agent.store import open_store

        opened = Advisor(today=today.date() if today else None, store=open_store(read_settings(os.environ)))
    try:
        yield opened
    finally:
        opened.close()


def _turns(thread: str, lang: Language | None) -> "tuple[Turn, ...]":
    with advisor() as open_advisor:
        _must_be_known(open_advisor, thread, lang)
        turns = open_advisor.history(thread)
    if not turns:
        raise BadInput(_said("refused.cannot_restore", thread, lang))
    return turns


def _must_be_known(open_advisor: "Advisor", thread: str, lang: Language | None) -> None:
    if all(row.thread_id != thread for row in open_advisor.threads()):
        raise BadInput(_said("refused.unknown_thread", thread, lang))


def _said(text_id: str, thread: str, lang: Language | None) -> str:
    from .chat_view import OWN
    from .strings import strings

    return strings(OWN, lang or "en")(text_id, thread=thread)


def _by_ending(output: Path | None) -> Form:
    endings: dict[str, Form] = {".json": "json", ".html": "html", ".htm": "html"}
    return endings.get(output.suffix.lower(), "md") if output else "md"


__all__ = ["chat", "threads"]
