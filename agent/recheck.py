"""The same requirements with today's facts: what changed since an advice was given."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from ..knowledge.facts import Facts
from .advice import Advice, Citation, CiteKey, Param, Pick, Statement, Value
from .citations import catalog_key, cite_all
from .need import resolve
from .options import build_options
from .recommend import cited_keys, recommend
from .score import weights_for

Kind = Literal[
    "status", "pick_in", "pick_out", "role", "option", "cost", "lifecycle", "licence", "eliminated", "readmitted"
]
SAME = 1e-9


class Change(Value):
    """One thing that is not as it was: about which model, what it was and what it is."""

    kind: Kind
    model_id: str | None = None
    before: Param = None
    after: Param = None
    statement: Statement
    cites: tuple[CiteKey, ...] = ()


class Recheck(Value):
    """What changed between two days, and the advice as it would be given now; no change is an empty tuple."""

    since: dt.date
    advice: Advice
    changes: tuple[Change, ...]
    citations: dict[CiteKey, Citation] = Field(default_factory=dict)

    @property
    def same_picks(self) -> bool:
        """Whether the same models stand in the same roles."""
        return not any(change.kind in ("status", "pick_in", "pick_out", "role") for change in self.changes)


def recheck(advice: Advice, facts: Facts, day: dt.date) -> Recheck:
    """Decide again on an advice's requirements and say what changed; weights that were overridden stay so."""
    now = recommend(advice.requirements, facts, day, weights=_overridden(advice, facts))
    changes = differences(advice, now, facts)
    made = Recheck(since=advice.as_of, advice=now, changes=changes)
    keys = cited_keys(made.changes)
    return made.model_copy(update={"citations": cite_all(keys, facts, advice.requirements, day)})


def differences(old: Advice, new: Advice, facts: Facts) -> tuple[Change, ...]:
    """Say what a later advice has that the earlier one had not, and why a pick is none any more."""
    return tuple(change for find in _FINDERS for change in find(old, new, facts))


def _overridden(advice: Advice, facts: Facts) -> Mapping[str, float] | None:
    """Return the weights that an advice prints where they are not its profile's."""
    if not advice.picks:
        return None
    printed = {name: part.weight for name, part in advice.picks[0].score.parts.items()}
    usual = weights_for(resolve(advice.requirements, facts))
    alike = all(abs(a - float(b)) < SAME for a, b in zip(printed.values(), usual, strict=True))
    return None if alike or len(printed) != len(usual) else printed


def _status(old: Advice, new: Advice, facts: Facts) -> Iterator[Change]:
    if old.status != new.status:
        params = {"before": old.status, "after": new.status}
        said = Statement(text_id="changed.status", params=params, cites=("default/hard_constraints",))
        yield Change(kind="status", before=old.status, after=new.status, statement=said, cites=said.cites)


def _picks(old: Advice, new: Advice, facts: Facts) -> Iterator[Change]:
    before, after = _by_model(old), _by_model(new)
    for name, pick in before.items():
        if name not in after:
            yield _gone(pick, new, facts)
    for name, pick in after.items():
        if name not in before:
            params = {"model": pick.model.name, "role": pick.role}
            said = Statement(text_id="changed.pick_in", params=params, cites=_quality(pick))
            yield Change(kind="pick_in", model_id=name, after=pick.role, statement=said, cites=said.cites)
        elif before[name].role != pick.role:
            params = {"model": pick.model.name, "before": before[name].role, "after": pick.role}
            said = Statement(text_id="changed.role", params=params, cites=_quality(pick))
            yield Change(
                kind="role", model_id=name, before=before[name].role, after=pick.role, statement=said, cites=said.cites
            )


def _gone(pick: Pick, new: Advice, facts: Facts) -> Change:
    """Say why a pick is none any more: a rule that it fails now, the catalog, or others in its place."""
    name, out = pick.model.name, next((e for e in new.eliminated if e.option.model_id == pick.model.id), None)
    if pick.model.id not in facts.models:
        said = Statement(text_id="changed.unlisted", params={"model": name}, cites=("default/catalog",))
    elif out is not None:
        cites = out.cites or ("default/hard_constraints",)
        said = Statement(text_id="changed.pick_fails", params={"model": name, "rules": out.all_failed}, cites=cites)
    else:
        first = new.picks[0].model.name if new.picks else None
        cites = _quality(new.picks[0]) if new.picks else ("default/hard_constraints",)
        said = Statement(text_id="changed.pick_out", params={"model": name, "other": first}, cites=cites)
    return Change(kind="pick_out", model_id=pick.model.id, before=pick.role, statement=said, cites=said.cites)


def _of_picks(old: Advice, new: Advice, facts: Facts) -> Iterator[Change]:
    """Compare each model that is a pick on both days."""
    before = _by_model(old)
    for name, pick in _by_model(new).items():
        if name in before:
            for find in (_option, _cost, _life, _licence):
                yield from find(before[name], pick)


def _option(old: Pick, new: Pick) -> Iterator[Change]:
    if old.option != new.option:
        then, now = _how(old), _how(new)
        params = {"model": new.model.name, "before": then, "after": now}
        said = Statement(text_id="changed.option", params=params, cites=new.cost.cites or _quality(new))
        yield Change(kind="option", model_id=new.model.id, before=then, after=now, statement=said, cites=said.cites)


def _cost(old: Pick, new: Pick) -> Iterator[Change]:
    then, now = old.cost.monthly_usd, new.cost.monthly_usd
    if then != now:
        a, b = (None if usd is None else float(usd) for usd in (then, now))
        params = {"model": new.model.name, "now": a, "monthly": b}
        said = Statement(text_id="changed.cost", params=params, cites=new.cost.cites or _quality(new))
        yield Change(kind="cost", model_id=new.model.id, before=a, after=b, statement=said, cites=said.cites)


def _life(old: Pick, new: Pick) -> Iterator[Change]:
    then, now = (_end(pick) for pick in (old, new))
    if then != now:
        life = new.lifecycle
        params = {
            "model": new.model.name,
            "status": life.status,
            "until": life.until.isoformat() if life.until else None,
        }
        said = Statement(text_id="changed.life", params=params, cites=life.cites)
        yield Change(kind="lifecycle", model_id=new.model.id, before=then, after=now, statement=said, cites=said.cites)


def _licence(old: Pick, new: Pick) -> Iterator[Change]:
    then, now = old.license.verdict, new.license.verdict
    if then != now:
        params = {"model": new.model.name, "license": new.license.name, "before": then, "after": now}
        cites = new.license.cites or _quality(new)
        said = Statement(text_id="changed.license", params=params, cites=cites)
        yield Change(kind="licence", model_id=new.model.id, before=then, after=now, statement=said, cites=cites)


def _rules(old: Advice, new: Advice, facts: Facts) -> Iterator[Change]:
    """Models that are out now and were not, and the other way round; picks were spoken of already."""
    spoken = {*_by_model(old), *_by_model(new)}
    then, now = ({e.option.model_id: e for e in advice.eliminated} for advice in (old, new))
    for name, one in now.items():
        if name in then or name in spoken or not _known_then(name, old, facts):
            continue
        cites = one.cites or ("default/hard_constraints",)
        said = Statement(text_id="changed.eliminated", params={"model": one.name, "rules": one.all_failed}, cites=cites)
        yield Change(kind="eliminated", model_id=name, after=one.rule, statement=said, cites=cites)
    on_offer = {row.model.id for row in build_options(facts, new.as_of).rows}
    for name in [n for n in then if n in on_offer and n not in now and n not in spoken]:
        said = Statement(text_id="changed.readmitted", params={"model": then[name].name}, cites=_identity(name, facts))
        yield Change(kind="readmitted", model_id=name, before=then[name].rule, statement=said, cites=said.cites)


def _known_then(name: str, old: Advice, facts: Facts) -> bool:
    """Whether a model was out when the advice was given: one released since was neither in nor out."""
    released = facts.models[name].released
    return released is None or released.value <= old.as_of


_FINDERS = (_status, _picks, _of_picks, _rules)


def _by_model(advice: Advice) -> dict[str, Pick]:
    return {pick.model.id: pick for pick in advice.picks}


def _how(pick: Pick) -> str:
    return f"{pick.option.seller or pick.option.precision}, {pick.option.effort}"


def _end(pick: Pick) -> str:
    return f"{pick.lifecycle.status} {pick.lifecycle.until or ''}".strip()


def _quality(pick: Pick) -> tuple[CiteKey, ...]:
    return pick.evidence.items[0].cites if pick.evidence.items else pick.lifecycle.cites


def _identity(name: str, facts: Facts) -> tuple[CiteKey, ...]:
    model = facts.models[name]
    return (catalog_key(model, "released"),) if model.released else ("default/catalog",)
