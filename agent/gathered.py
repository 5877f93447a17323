"""The signals of some aspects in one order, and their sums by model and effort; one source counts once for a model."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .options import EFFORTS, Ints

if TYPE_CHECKING:
    from .evidence import Signals

Grid = npt.NDArray[np.float64]
MANY = 10_000  # more than there are sources


@dataclass(frozen=True, eq=False)
class Gathered:
    """The signals of some aspects in the order of model and source, and where each pair and each model begins."""

    order: Ints
    pairs: Ints
    model_starts: Ints
    models: Ints
    effort: Ints
    value: Grid


@lru_cache(maxsize=32)
def gather(signals: "Signals", aspects: tuple[str, ...], *, own: bool = False) -> Gathered | None:
    """Gather the signals of some aspects; `own` leaves out what was said of the family or of predecessors."""
    if not aspects:
        return None
    tables = [signals.by_aspect[aspect] for aspect in aspects]
    keys = np.concatenate([t.model for t in tables]) * MANY + np.concatenate([t.source for t in tables])
    order = np.argsort(keys, kind="stable")
    if own:
        order = order[np.concatenate([t.own for t in tables])[order] > 0]
    if len(order) == 0:
        return None
    groups, pairs = np.unique(keys[order], return_index=True)
    models, starts = np.unique(groups // MANY, return_index=True)
    effort, value = (np.concatenate([getattr(t, name) for t in tables])[order] for name in ("effort", "value"))
    return Gathered(order, pairs, starts, models, effort, value[:, None])


def sums_of(signals: "Signals", gathered: Gathered | None, masses: list[Grid], grid: Grid) -> tuple[Grid, Grid]:
    """Weight x signal and weight by model and effort; within a source the signals of a model are averaged."""
    size = len(EFFORTS)
    numerator, total = np.zeros((signals.models, size)), np.zeros((signals.models, size))
    if gathered is None:
        return numerator, total
    weights = grid.T[gathered.effort] * np.concatenate(masses)[gathered.order, None]
    sums = np.add.reduceat(weights, gathered.pairs)
    moments = np.add.reduceat(weights * gathered.value, gathered.pairs)
    most = np.maximum.reduceat(weights, gathered.pairs)
    numerator[gathered.models] = np.add.reduceat(most * moments / np.where(sums > 0, sums, 1), gathered.model_starts)
    total[gathered.models] = np.add.reduceat(most, gathered.model_starts)
    return numerator, total
