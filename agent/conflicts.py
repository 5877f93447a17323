"""What the sources dispute about an advice: its picks, the evidence for them, and rules that are wrong for a need."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..knowledge.conflicts import Disagreement, Side, claims_of, find_conflicts, recorded_conflicts
from ..knowledge.facts import Facts
from .advice import Conflict, Statement
from .citations import claim_keys
from .defaults import read_yaml
from .evidence import Bools, Columns, Signals, collect, signals_of
from .need import Need, holds
from .picks import TIE_TOTAL, Chosen, choose
from .score import Scored, quality
from .shortlist import Shortlist

MOST = 5
NAMES = 3
ROUNDING = 1e-4
# What these say of a model is one topic: its licence is shown once.
_LEGAL = dict.fromkeys(("openness", "license_limit", "mau_limit"), "license")


def conflicts_of(found: Shortlist, scored: Scored, chosen: Sequence[Chosen]) -> tuple[Conflict, ...]:
    """Return the articles' rules that are wrong for this need, then what is disputed about the picks.

    A side says so if the first choice would be another one without it.
    """
    wrong = overridden(found.need, found.options.facts)
    used = _claims_used(found, scored, chosen)
    shown = (*wrong, *_disputed(found, chosen, used, wrong))
    return tuple(_conflict(one, _leads(one, found, scored, chosen, used), found, chosen) for one in shown)


def _disputed(
    found: Shortlist, chosen: Sequence[Chosen], used: frozenset[str], wrong: Sequence[Disagreement]
) -> list[Disagreement]:
    """Return what is disputed about the picks: first what counts as evidence for them, then the gravest."""
    said = frozenset[str]().union(*map(claims_of, wrong))
    every = [d for d in find_conflicts(found.options.facts) if _concerns(d, found, chosen, used)]
    left = sorted((d for d in every if not claims_of(d) & said), key=lambda d: not claims_of(d) & used)
    by_topic = {(*_names(d, found, chosen), _LEGAL.get(d.attribute, d.attribute)): d for d in reversed(left)}
    return list(reversed(by_topic.values()))[:MOST]


def overridden(need: Need, facts: Facts) -> tuple[Disagreement, ...]:
    """Return the articles' rules that would matter to the need and that a checked source contradicts."""
    known = recorded_conflicts(facts)
    return tuple(
        known[rule["conflict"]]
        for rule in _overrides()
        if rule["conflict"] in known and any(holds(condition, need.said) for condition in rule["when"])
    )


@lru_cache(maxsize=1)
def _overrides() -> tuple[Mapping[str, Any], ...]:
    return tuple(read_yaml("overrides.yaml"))


def _concerns(dispute: Disagreement, found: Shortlist, chosen: Sequence[Chosen], used: frozenset[str]) -> bool:
    """Whether it is about a pick or about evidence for one; of a family only what is grave."""
    models = [found.options.rows[one.option].model for one in chosen]
    own = {model.id for model in models} & set(dispute.about)
    of_a_family = {model.family for model in models} & set(dispute.about)
    return bool(own or (of_a_family and dispute.severity == "high") or claims_of(dispute) & used)


def _claims_used(found: Shortlist, scored: Scored, chosen: Sequence[Chosen]) -> frozenset[str]:
    """Return the claims that count as signals for the picks, their predecessors' included."""
    signals = collect(found.options.facts, found.options.day)
    models = _with_elders(signals, {int(found.options.model[one.option]) for one in chosen})
    shares = dict.fromkeys(models, 1.0)
    every = (known for weighed in scored.evidence.values() for known, _ in signals_of(signals, weighed, shares))
    return frozenset(signal.key for signal in every if not signal.key.startswith("bench/"))


def _with_elders(signals: Signals, models: Iterable[int]) -> set[int]:
    out: set[int] = set()
    for model in models:
        while model >= 0 and model not in out:
            out.add(model)
            model = int(signals.predecessor[model])
    return out


def _leads(
    dispute: Disagreement, found: Shortlist, scored: Scored, chosen: Sequence[Chosen], used: frozenset[str]
) -> Mapping[Side, str]:
    """Return for each side without which another model would come first that model's name."""
    out: dict[Side, str] = {}
    for side in dispute.sides:
        if keys := used.intersection(side.claims):
            first = first_without(keys, found, scored, chosen[0].option)
            if found.options.model[first] != found.options.model[chosen[0].option]:
                out[side] = found.options.rows[first].model.name
    return out


def first_without(claims: frozenset[str], found: Shortlist, scored: Scored, first: int) -> int:
    """Return the option that comes first when some claims do not count; only what they touch is weighed anew.

    An option below the present first by more than the width of a tie cannot come first, so it is not ranked.
    """
    signals = collect(found.options.facts, found.options.day)
    touched = _heirs(signals, _spoken_of(claims, signals))
    changed = np.isin(found.options.model, list(touched))
    left = _left(signals, _with_elders(signals, touched), claims, _aspects(found, scored))
    seen = quality(found, left, scored.evidence["task"].relevance)
    values = scored.values.copy()
    for name, column in seen.columns.items():
        values[changed, scored.criteria.index(name)] = np.clip(column[changed], 0.0, 1.0)
    total = np.where(changed, values @ scored.weights, scored.total)
    strength = np.where(changed, seen.strength, scored.strength)
    near = found.open & (total >= total[first] - TIE_TOTAL - ROUNDING)
    again = choose(replace(found, open=near), replace(scored, values=values, total=total, strength=strength))
    return again[0].option if again else first


def _aspects(found: Shortlist, scored: Scored) -> frozenset[str]:
    """Return the aspects that are weighed for the need."""
    first = (aspect for weighed in scored.evidence.values() for aspect in weighed.shares)
    return frozenset([*first, *(f"task:{task}" for task in found.need.tasks)])


def _spoken_of(claims: frozenset[str], signals: Signals) -> set[int]:
    """Return the models that the claims are signals for."""
    return {model for claim in claims for model in _models_by_claim(signals).get(claim, ())}


@lru_cache(maxsize=2)
def _models_by_claim(signals: Signals) -> Mapping[str, set[int]]:
    out: dict[str, set[int]] = {}
    for table in signals.by_aspect.values():
        for signal in table.signals:
            out.setdefault(signal.key, set()).add(signal.model)
    return out


def _heirs(signals: Signals, models: set[int]) -> set[int]:
    """Return the models and all that came after them in their lines."""
    out = set(models)
    for level in signals.levels[1:]:
        out.update(int(model) for model in level if int(signals.predecessor[model]) in out)
    return out


def _left(signals: Signals, models: set[int], claims: frozenset[str], aspects: frozenset[str]) -> Signals:
    """Return the signals about some models and aspects without those of some claims."""
    wanted = np.zeros(signals.models, dtype=np.bool_)
    wanted[list(models)] = True
    tables = {name: table for name, table in signals.by_aspect.items() if name in aspects}
    return replace(signals, by_aspect={name: _rows(table, wanted, claims) for name, table in tables.items()})


def _rows(table: Columns, models: Bools, claims: frozenset[str]) -> Columns:
    about = np.flatnonzero(models[table.model])
    rows = np.array([row for row in about if table.signals[row].key not in claims], dtype=np.int64)
    return Columns(
        signals=(),
        model=table.model[rows],
        effort=table.effort[rows],
        value=table.value[rows],
        weight=table.weight[rows],
        source=table.source[rows],
        condition=table.condition[rows],
        field=table.field[rows],
        language=table.language[rows],
        own=table.own[rows],
    )


def _conflict(dispute: Disagreement, leads: Mapping[Side, str], found: Shortlist, chosen: Sequence[Chosen]) -> Conflict:
    facts = found.options.facts
    made = dispute.decision
    decision = Statement(text_id="checked", params={"zh": made.zh, "en": made.en}, cites=made.keys) if made else None
    first = found.options.rows[chosen[0].option].model.name if chosen else ""
    return Conflict(
        about=" / ".join(_names(dispute, found, chosen)),
        attribute=dispute.attribute,
        sides=tuple(_side(side, leads.get(side), first, facts) for side in dispute.sides),
        decision=decision,
    )


def _names(dispute: Disagreement, found: Shortlist, chosen: Sequence[Chosen]) -> list[str]:
    """Name what it is about, the picks before others."""
    picked = {name for one in chosen for m in [found.options.rows[one.option].model] for name in (m.id, m.family)}
    subjects = [s for s in dispute.about if s in picked] or dispute.about
    return [found.options.facts.name(subject) for subject in subjects[:NAMES]]


def _side(side: Side, lead: str | None, first: str, facts: Facts) -> Statement:
    """Quote a side by its first claim, cite all of them, and say what comes first without it."""
    claim = facts.claims[side.claims[0]]
    cites = (*claim_keys(claim.id, facts), *side.claims[1:])
    if lead is None:
        return Statement(text_id="claim", params={"zh": claim.zh, "en": claim.en, "value": side.value}, cites=cites)
    return Statement(
        text_id="claim.decides", params={"zh": claim.zh, "en": claim.en, "model": lead, "other": first}, cites=cites
    )


__all__ = ["conflicts_of", "first_without", "overridden"]
