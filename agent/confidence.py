"""How sure one can be of a pick's quality: what was measured of the model itself, by whom, and how long ago."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np

from .advice import Confidence
from .citations import claim_keys
from .evidence import Signal, collect
from .score import Scored
from .shortlist import Shortlist

DAYS_A_MONTH = 30.44
MOST_CITES = 4
Level = Literal["high", "medium", "low"]
# The least that a level asks for: independent figures, figures of any author, and the age in months of the newest.
# A figure weighs half after 12 months, so that a high level needs one younger than that; three independent ones leave
# a middle that no single table decides. Articles rate, they do not measure: they raise no level.
LEVELS: tuple[tuple[Level, int, int, float], ...] = (
    ("high", 3, 3, 12.0),
    ("medium", 1, 1, 18.0),
    ("medium", 0, 2, 12.0),
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One figure or statement about the model: its citation key, who says it, and its age in months."""

    key: str
    by: str
    months: float


def confidence_of(found: Shortlist, scored: Scored, option: int) -> Confidence:
    """Count what bears on this need at this effort; a figure that speaks for several aspects counts once."""
    seen = sorted({s.key: s for s in _about(found, scored, option)}.values(), key=lambda s: (s.months, s.key))
    figures = [s for s in seen if s.by != "article"]
    independent, vendor = (sum(s.by == who for s in figures) for who in ("independent", "vendor"))
    ages = [s.months for s in figures or seen]
    first = sorted(
        seen, key=lambda s: ("independent", "vendor").index(s.by) if s.by in ("independent", "vendor") else 2
    )
    return Confidence(
        level=_level(independent, len(figures), ages[0] if figures else None),
        independent=independent,
        vendor=vendor,
        other=len(figures) - independent - vendor,
        statements=len(seen) - len(figures),
        newest_months=round(ages[0], 1) if ages else None,
        median_months=round(median(ages), 1) if ages else None,
        cites=tuple(key for s in first[:MOST_CITES] for key in _keys(found, s)),
    )


def _level(independent: int, figures: int, newest: float | None) -> Level:
    if newest is None:
        return "low"
    fits = (level for level, own, of_any, age in LEVELS if independent >= own and figures >= of_any and newest <= age)
    return next(fits, "low")


def _about(found: Shortlist, scored: Scored, option: int) -> Iterator[_Seen]:
    """Find what bears on the need and names the model itself, at an effort that speaks for the option's."""
    options = found.options
    number, effort = int(options.model[option]), int(options.effort[option])
    own = options.model_ids[number]
    by_aspect = collect(options.facts, options.day).by_aspect
    for weighed in scored.evidence.values():
        for aspect in weighed.shares:
            if (table := by_aspect.get(aspect)) is None:
                continue
            rows = np.flatnonzero(table.model == number)
            if not len(rows):
                continue
            mass = weighed.relevance.of(table)[rows] * weighed.compatibility[effort, table.effort[rows]]
            yield from (_seen(found, table.signals[n]) for n in rows[mass > 0] if table.signals[n].subject == own)


def _seen(found: Shortlist, signal: Signal) -> _Seen:
    facts, day = found.options.facts, found.options.day
    if signal.key.startswith("bench/"):
        table = facts.tables[signal.source]
        return _Seen(signal.key, table.by, max(0.0, (day - table.date).days / DAYS_A_MONTH))
    then = facts.articles[signal.source].dated_by
    return _Seen(signal.key, "article", max(0.0, (day - then).days / DAYS_A_MONTH))


def _keys(found: Shortlist, seen: _Seen) -> tuple[str, ...]:
    return claim_keys(seen.key, found.options.facts)[:1] if seen.by == "article" else (seen.key,)
