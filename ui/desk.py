"""Where a conversation's lines come from, and where what is said goes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from .edge import show
from .given import MAX_STDIN

if TYPE_CHECKING:
    from rich.console import RenderableType

PROMPT = "> "


@dataclass(frozen=True)
class Desk:
    """Where lines come from and what is said goes: a person at a terminal, a pipe, or a program that reads JSON."""

    interactive: bool = False
    as_json: bool = False

    def lines(self) -> Iterator[str]:
        """Give the lines of standard input until it ends."""
        if not self.interactive:
            while raw := sys.stdin.buffer.readline(MAX_STDIN):
                yield raw.decode("utf-8", "replace")
            return
        with suppress(ImportError):  # where there is one, lines can be edited
            import readline  # noqa: F401
        with suppress(EOFError):
            while True:
                yield input(PROMPT).encode("utf-8", "replace").decode()

    def show(self, view: "RenderableType") -> None:
        """Show what belongs to the conversation; beside JSON it goes to standard error."""
        if not self.as_json:
            show(view)
            return
        from .terminal import plain

        self.tell(plain(view))

    def tell(self, text: str) -> None:
        """Say something about the conversation rather than in it."""
        typer.echo(text, err=True)

    @contextmanager
    def live(self, text: str) -> Iterator[Callable[[str], None]]:
        """Keep one line up to date while a turn is under way, where a person is watching."""
        if not (self.interactive and sys.stderr.isatty()):
            yield lambda _: None
            return
        from rich.console import Console

        with Console(stderr=True).status(text) as status:
            yield status.update
