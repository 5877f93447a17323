"""Whether a request fits a window: input, output and thinking, in the tokens of the model's own tokenizer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..knowledge.schema import Window

Unit = Literal["tokens", "characters", "words", "pages"]

# Tokens per unit as (low, middle, high); characters and words are measured over the o200k, Qwen3, Llama 3 and DeepSeek
# vocabularies, a page is 500 to 1 000 characters or 300 to 600 words: docs/design/003-token-bands.md, and
# `python -m modelwise.evals tokens` for the figures.
_PER_UNIT: dict[tuple[Unit, bool], tuple[float, float, float]] = {
    ("characters", True): (0.5, 0.87, 1.2),
    ("characters", False): (0.18, 0.22, 0.32),
    ("words", True): (1.1, 1.85, 2.55),
    ("words", False): (1.05, 1.25, 1.7),
    ("pages", True): (250.0, 600.0, 1200.0),
    ("pages", False): (300.0, 650.0, 1000.0),
}


@dataclass(frozen=True, slots=True)
class Band:
    """A number of tokens with its uncertainty."""

    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True)
class WindowFit:
    """Whether it fits, which limit decides, and how much that limit holds (tokens)."""

    status: Literal["met", "failed", "unknown"]
    limit: str
    required: Band
    has: int | None
    effective: int | None


def estimate_tokens(amount: float, unit: Unit, *, chinese: bool, factor: float = 1.0) -> Band:
    """Tokens in an amount of text; `factor` is the model's tokens against o200k for the same text."""
    if unit == "tokens":
        return Band(round(amount * min(1.0, factor)), round(amount), round(amount * max(1.0, factor)))
    low, middle, high = _PER_UNIT[unit, chinese]
    return Band(
        round(amount * low * min(1.0, factor)), round(amount * middle * factor), round(amount * high * max(1.0, factor))
    )


def sum_bands(bands: Iterable[Band]) -> Band:
    """Add texts of several languages or units; their bands add at worst, so the ends are added too."""
    known = list(bands)
    return Band(sum(b.low for b in known), sum(b.middle for b in known), sum(b.high for b in known))


def chunks_needed(given: Band, chunk: int) -> Band:
    """Return how many pieces of at most `chunk` tokens a text makes: the calls of a map-reduce over it."""
    if chunk < 1:
        raise ValueError(f"chunk={chunk!r} is not accepted: at least one token")
    return Band(*(-(-tokens // chunk) for tokens in (given.low, given.middle, given.high)))


def check_window(window: Window | None, given: Band, *, output: int, reasoning: int = 0) -> WindowFit:
    """Input within max input (else total less output), output with thinking within max output, all within total."""
    if window is None:
        return WindowFit("unknown", "total", given, None, None)
    effective = window.effective.value if window.effective else None
    spoken = output + reasoning
    room, limit = window.total.value - spoken, "total"
    if window.max_input and window.max_input.value < room:
        room, limit = window.max_input.value, "max_input"
    if window.max_output and spoken > window.max_output.value:
        need = Band(spoken, spoken, spoken)
        return WindowFit("failed", "max_output", need, window.max_output.value, effective)
    if given.high <= room:
        return WindowFit("met", limit, given, room, effective)
    status: Literal["failed", "unknown"] = "unknown" if given.low <= room else "failed"
    return WindowFit(status, limit, given, max(0, room), effective)
