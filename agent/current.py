"""The model in use today beside the first choice: cost for the same volume, task value, life left, licence."""

from collections.abc import Iterator
from dataclasses import dataclass

from .advice import Params, Pick, Statement
from .findings import cost_of, evidence_of, license_check, lifecycle_of, row_of
from .lookup import best_option, find_model, lacks, missing_facts
from .misses import describe
from .score import Scored
from .shortlist import Shortlist

SAID = ("user/current_model",)


@dataclass(frozen=True, eq=False)
class _Pair:
    """The option that stands for the current model, and the first choice."""

    found: Shortlist
    scored: Scored
    option: int
    first: Pick

    @property
    def name(self) -> str:
        """The current model's printed name."""
        return row_of(self.found, self.option).model.name

    @property
    def known_by(self) -> tuple[str, ...]:
        """Where the current model's quality is stated, else the person's own words."""
        items = evidence_of(self.found, self.scored, self.option).items
        return items[0].cites if items else SAID


def about_current(found: Shortlist, scored: Scored, picks: tuple[Pick, ...]) -> Iterator[Statement]:
    """Compare the model that was named as in use with the first choice; nothing where none was named."""
    words = found.need.said.current_model
    if not words:
        return
    facts, day = found.options.facts, found.options.day
    model = find_model(words, facts).model
    if model is None:
        yield Statement(text_id="current.unknown", params={"model": words}, cites=SAID)
    elif (option := best_option(found, scored, model.id)) is None:
        params: Params = {"model": model.name, "missing": lacks(missing_facts(model.id, facts, day))}
        yield Statement(text_id="current.held_back", params=params, cites=SAID)
    elif picks and picks[0].model.id == model.id:
        yield Statement(text_id="current.same", params={"model": model.name}, cites=SAID)
    elif picks:
        pair = _Pair(found, scored, option, picks[0])
        for make in (_failures, _cost, _task, _life, _licence):
            yield from make(pair)
    yield Statement(text_id="note.current_model", params={"model": model.name if model else words}, cites=SAID)


def _failures(p: _Pair) -> Iterator[Statement]:
    rules = p.found.failed_rules(p.option)
    if rules:
        cites = tuple(c for rule in rules for c in describe(p.found, p.option, rule)[3]) or SAID
        yield Statement(text_id="current.fails", params={"model": p.name, "rules": rules}, cites=cites)


def _cost(p: _Pair) -> Iterator[Statement]:
    mine, theirs = cost_of(p.found, p.option), p.first.cost
    if mine.monthly_usd is not None and theirs.monthly_usd is not None:
        params: Params = {
            "model": p.name, "now": float(mine.monthly_usd), "other": p.first.model.name,
            "usd": float(theirs.monthly_usd), "requests": p.found.need.requests, "effort": mine.effort,
        }  # fmt: skip
        yield Statement(text_id="current.cost", params=params, cites=(*mine.cites, *theirs.cites) or SAID)


def _task(p: _Pair) -> Iterator[Statement]:
    params: Params = {
        "model": p.name, "mine": round(float(p.scored.part("task")[p.option]), 2),
        "other": p.first.model.name, "theirs": round(p.first.score.parts["task"].value, 2),
    }  # fmt: skip
    yield Statement(text_id="current.task", params=params, cites=p.known_by)


def _life(p: _Pair) -> Iterator[Statement]:
    life = lifecycle_of(p.found, p.option)
    params: Params = {
        "model": p.name, "status": life.status, "until": life.until.isoformat() if life.until else None,
        "months": life.months_left if (life.months_left or 0) > 0 else None, "successor": life.successor,
    }  # fmt: skip
    yield Statement(text_id="current.life", params=params, cites=life.cites)


def _licence(p: _Pair) -> Iterator[Statement]:
    mine, theirs = license_check(p.found, p.option), p.first.license
    params: Params = {
        "model": p.name, "license": mine.name, "verdict": mine.verdict,
        "other": p.first.model.name, "other_license": theirs.name, "other_verdict": theirs.verdict,
    }  # fmt: skip
    yield Statement(text_id="current.license", params=params, cites=(*mine.cites, *theirs.cites) or SAID)
