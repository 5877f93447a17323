"""What all commands share: exit codes, options, the edge where errors become sentences, and printing."""

import datetime as dt
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Annotated, Literal, ParamSpec
from uuid import uuid4

import typer

from .given import BadInput

if TYPE_CHECKING:
    from rich.console import RenderableType

OK, NOTHING, UNCLEAR, CHECK_FAILED, INTERNAL = 0, 1, 2, 3, 4
EXIT_CODES = """\
Exit codes: 0 recommended, answered, or a conversation ended; 1 nothing fits, not answered, something is missing
(doctor), or a conversation is busy or went on elsewhere; 2 unclear or bad input, or a conversation or store that
cannot be used (the message names it and what is accepted); 3 the knowledge check failed; 4 internal error (the
message carries an id)."""
NARROWEST = 80

Language = Literal["zh-Hans", "zh-Hant", "en"]
P = ParamSpec("P")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Lang = Annotated[
    Language | None, typer.Option("--lang", help="Language of the answer; by default that of the question.")
]
Today = Annotated[
    dt.datetime | None,
    typer.Option("--today", formats=["%Y-%m-%d"], help="Decide as on this day (prices, retirements)."),
]


def edge(command: Callable[P, None]) -> Callable[P, None]:
    """Make the edge of the face: bad input becomes its message, anything unforeseen an id and a fixed sentence."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            message, code = _explained(error)
            typer.echo(f"modelwise: {message}", err=True)
            raise typer.Exit(code) from None

    return guarded


def _explained(error: Exception) -> tuple[str, int]:
    """Say what the person reads: the message of an error that is theirs to mend, else an id; the log has the rest."""
    from ..agent.requirements import InvalidRequirements
    from ..agent.store import StoreFailed
    from ..agent.write import clean
    from ..knowledge.embedding import InvalidEmbedder
    from ..knowledge.packages import RefreshFailed

    if isinstance(error, BadInput | InvalidRequirements | InvalidEmbedder | RefreshFailed | StoreFailed):
        return clean(error), UNCLEAR
    error_id = uuid4().hex[:8]
    return f"something went wrong inside (error {error_id}); {_logged(error_id, error)}", INTERNAL


def _logged(error_id: str, error: Exception) -> str:
    """Log an exception under its id into the data folder; says where."""
    from ..agent.settings import read_settings
    from .doctor import data_folder

    try:
        path = data_folder(read_settings(os.environ)) / "errors.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"error {error_id}\n{''.join(format_exception(error))}\n")
    except (OSError, ImportError):
        return "it could not be logged: the data folder cannot be written"
    return f"{path} says what"


def day_of(today: dt.datetime | None) -> dt.date:
    """Return the day to decide on: the one given, else today in UTC."""
    return today.date() if today else dt.datetime.now(dt.UTC).date()


def echo_json(value: object) -> None:
    """Print a value as one line of JSON; dates and money as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def show(view: "RenderableType") -> None:
    """Print a view: in colour on a terminal, as plain lines into a pipe; at least 80 columns wide."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False, markup=False)
    console.width = max(NARROWEST, console.width)
    if console.is_terminal:
        console.print(view)
        return
    from .terminal import plain

    typer.echo(plain(view, console.width))


def deliver(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file and say so."""
    if output is None:
        typer.echo(text)
        return
    try:
        output.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"-o {output} cannot be written ({error.strerror}); accepted: a file in a known folder"
        ) from None
    typer.echo(f"Written to {output}", err=True)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Spin on standard error while something takes its time, where a person is watching."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
