"""Models by what a person calls them, and the option of a model that an answer about it speaks of."""

import datetime as dt
import difflib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..knowledge.facts import Facts
from ..knowledge.names import find_names
from ..knowledge.schema import Model
from .options import all_rows, held_back
from .score import Scored
from .shortlist import Shortlist

NEAR_NAMES = 3


@dataclass(frozen=True, slots=True)
class Meant:
    """The model that some words name, or the nearest names where they name none."""

    model: Model | None
    near: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def find_model(words: str, facts: Facts) -> Meant:
    """Find a model by id, name or alias, else the newest of those that the words may mean."""
    wanted = _flat(words)
    exact = [m for m in facts.models.values() if wanted in {_flat(n) for n in (m.id, m.name, *m.aliases)}]
    meant = exact or _meant(words, facts)
    if meant:
        return Meant(max(meant, key=lambda m: (m.status == "released", _released(m), m.id)))
    names = {_flat(n): m.name for m in facts.models.values() for n in (m.id, m.name)}
    near = difflib.get_close_matches(wanted, names, n=2 * NEAR_NAMES, cutoff=0.5)
    return Meant(None, tuple(dict.fromkeys(names[n] for n in near))[:NEAR_NAMES])


def _meant(words: str, facts: Facts) -> list[Model]:
    found = find_names(words, facts)
    if found.stranger:
        return []
    named = [facts.models[i] for i in found.ids if i in facts.models]
    return named or [m for m in facts.models.values() if m.family in found.ids]


def _flat(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == ".")


def _released(model: Model) -> dt.date:
    return model.released.value if model.released else dt.date.min


def best_option(found: Shortlist, scored: Scored, model_id: str) -> int | None:
    """Return a model's option that stands for it: an open one, else the one with the fewest failures; by score."""
    options = found.options
    mine = options.model == options.model_ids.index(model_id)
    numbers = np.flatnonzero(mine & found.offered)
    numbers = numbers if len(numbers) else np.flatnonzero(mine)
    if not len(numbers):
        return None
    failures = found.failed.sum(axis=0)
    places = ((int(failures[n]), -round(float(scored.total[n]), 4), options.names[n], int(n)) for n in numbers)
    return min(places)[-1]


Missing = tuple[tuple[str, str], ...]


def missing_facts(model_id: str, facts: Facts, day: dt.date) -> Missing:
    """Return what keeps a model's options back: pairs of a seller or `weights`, and the fact not sourced."""
    rows = [row for row in all_rows(facts, day) if row.model.id == model_id]
    if not rows:
        return (("catalog", "no offer and no weights"),)
    pairs = ((row.option.seller or "weights", lack) for row in rows if (lack := held_back(row)))
    return tuple(dict.fromkeys(pairs))


def lacks(missing: Missing) -> tuple[str, ...]:
    """Return the facts alone, each once."""
    return tuple(dict.fromkeys(lack for _, lack in missing))
