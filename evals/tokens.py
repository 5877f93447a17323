"""Tokens for a character or a word as real tokenizers count them, against the bands of tools/context.py."""

import argparse
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from ..tools.context import Unit, estimate_tokens
from .report import read_result, say, table

REFERENCE = "o200k"
UNITS: tuple[Unit, ...] = ("characters", "words")
_MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Ratio:
    """Tokens for one unit of one sample by one tokenizer."""

    unit: Unit
    chinese: bool
    sample: str
    tokenizer: str
    value: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens for one unit as assumed: the ends and the middle of the band."""

    low: float
    middle: float
    high: float


def ratios() -> Iterator[Ratio]:
    """Every measured ratio."""
    for sample in read_result("tokens")["samples"]:
        for unit in UNITS:
            for name, tokens in sample["tokens"].items():
                yield Ratio(unit, sample["script"] != "en", sample["id"], name, tokens / sample[unit])


def assumed(unit: Unit, *, chinese: bool) -> Rates:
    """Return the band that tools/context.py works with, for one unit."""
    band = estimate_tokens(_MANY, unit, chinese=chinese)
    return Rates(band.low / _MANY, band.middle / _MANY, band.high / _MANY)


def outside() -> list[Ratio]:
    """Measured ratios that their band does not hold."""
    bands = {(unit, chinese): assumed(unit, chinese=chinese) for unit in UNITS for chinese in (True, False)}
    return [r for r in ratios() if not bands[r.unit, r.chinese].low <= r.value <= bands[r.unit, r.chinese].high]


def reference_mean(unit: Unit, *, chinese: bool) -> float:
    """Return the mean of the tokenizer that models' factors are relative to: what a band's middle should be."""
    return statistics.mean(r.value for r in ratios() if (r.unit, r.chinese, r.tokenizer) == (unit, chinese, REFERENCE))


def _row(unit: Unit, *, chinese: bool) -> tuple[str, ...]:
    seen = sorted((r for r in ratios() if (r.unit, r.chinese) == (unit, chinese)), key=lambda r: r.value)
    band = assumed(unit, chinese=chinese)
    measured = (seen[0].value, reference_mean(unit, chinese=chinese), seen[-1].value)
    holds = band.low <= seen[0].value and seen[-1].value <= band.high
    return (
        f"{'Chinese' if chinese else 'English'} {unit}",
        *(f"{value:.3f}" for value in measured),
        *(f"{value:.3f}" for value in (band.low, band.middle, band.high)),
        "inside" if holds else "OUTSIDE",
        f"{seen[0].tokenizer} {seen[0].sample}",
        f"{seen[-1].tokenizer} {seen[-1].sample}",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`tokens` accepts nothing."""


def run(_: argparse.Namespace) -> int:
    """Print the stored measurement against the bands; end with 1 where a band does not hold it."""
    result = read_result("tokens")
    packages = ", ".join(f"{name} {version}" for name, version in result["packages"].items())
    say(f"Measured {result['measured']} with {packages}: docs/design/003-token-bands.md\n")
    head = ("tokens for one of", "min", REFERENCE, "max", "low", "middle", "high", "", "fewest", "most")
    say(table(head, (_row(unit, chinese=chinese) for unit in UNITS for chinese in (True, False))))
    return 1 if outside() else 0
