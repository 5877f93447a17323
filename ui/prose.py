"""Text that wraps as Chinese is set: between any two characters, but never before a stop or a citation number."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.containers import Lines
from rich.measure import Measurement
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, JustifyMethod, OverflowMethod

_OPENING, _CLOSING = "（【《“‘「『", "，。；：、！？）】》”’」』…"
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff01-\uffef"
_PIECE = re.compile(rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*(?:\[\d+\])*\s*")


class Prose(Text):
    """A rich text whose lines may end after any Chinese character."""

    def wrap(
        self,
        console: "Console",
        width: int,
        *,
        justify: "JustifyMethod | None" = None,
        overflow: "OverflowMethod | None" = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """Lines of at most `width` cells."""
        if no_wrap or self.no_wrap:
            return super().wrap(console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=True)
        lines = Lines()
        for paragraph in self.split(allow_blank=True):
            lines.extend(paragraph.divide(list(line_ends(paragraph.plain, width))))
        for line in lines:
            line.rstrip_end(width)
        return lines

    def __rich_measure__(self, console: "Console", options: "ConsoleOptions") -> Measurement:
        """From the widest piece that stays together to the longest line."""
        widest = max((cell_len(piece.rstrip()) for piece in _PIECE.findall(self.plain)), default=0)
        return Measurement(widest, max((cell_len(line) for line in self.plain.splitlines()), default=0))


def line_ends(text: str, width: int) -> Iterator[int]:
    """Where to break a paragraph, as offsets into it; a piece wider than a line is cut."""
    used = offset = 0
    for piece in _PIECE.findall(text):
        kept = piece.rstrip()
        if used and used + cell_len(kept) > width:
            yield offset
            used = 0
        for index, cell in enumerate(map(cell_len, kept), offset):
            if used + cell > width and used:
                yield index
                used = 0
            used += cell
        used += cell_len(piece[len(kept) :])
        offset += len(piece)
