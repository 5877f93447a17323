"""Two to four models side by side, whether or not a need was said: one typed row a model."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field

from ..knowledge.facts import Facts
from ..knowledge.schema import Model
from .advice import (
    Citation,
    CiteKey,
    Confidence,
    Cost,
    EvidenceItem,
    Fit,
    Hardware,
    LicenseCheck,
    Lifecycle,
    ModelRef,
    Option,
    Value,
)
from .citations import catalog_key, cite_all
from .confidence import confidence_of
from .findings import context_fit, cost_of, evidence_of, hardware_of, license_check, lifecycle_of, row_of
from .loads import with_loads, with_standby
from .lookup import best_option, find_model, missing_facts
from .options import Row, build_options
from .recommend import cited_keys
from .requirements import InvalidRequirements, Requirements
from .score import Scored
from .shortlist import Shortlist
from .why_not import model_ref, weighed

FEWEST, MOST = 2, 4


class ListPrice(Value):
    """USD per million tokens at the model's cheapest seller today."""

    input_usd: Decimal
    output_usd: Decimal
    seller: str
    cites: tuple[CiteKey, ...]


class Compared(Value):
    """One model: its best option for the need, or what keeps it back (`missing`).

    `weights_gb` is the memory of the weights alone at the option's precision, or at the native one for an API;
    `failed` names the requirements that the option misses.
    """

    model: ModelRef
    option: Option | None = None
    license: LicenseCheck | None = None
    context: Fit | None = None
    window: int | None = None
    price: ListPrice | None = None
    cost: Cost | None = None
    hardware: Hardware | None = None
    weights_gb: float | None = None
    efforts: tuple[str, ...] = ()
    lifecycle: Lifecycle | None = None
    evidence: dict[str, tuple[EvidenceItem, ...]] = Field(default_factory=dict)
    confidence: Confidence | None = None
    total: float | None = None
    values: dict[str, float] = Field(default_factory=dict)
    failed: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    cites: tuple[CiteKey, ...] = ()


class Comparison(Value):
    """The rows in the order asked, and where everything in them stands."""

    requirements: Requirements
    rows: tuple[Compared, ...]
    citations: dict[CiteKey, Citation] = Field(default_factory=dict)
    as_of: dt.date


def compare(models: Sequence[str], requirements: Requirements | None, facts: Facts, day: dt.date) -> Comparison:
    """Set two to four models side by side for a need, or for the default need.

    Raises:
        InvalidRequirements: fewer than two models, more than four, one named twice, or one that is not known.

    """
    need = requirements or Requirements()
    meant = _meant(models, facts)
    options = build_options(facts, day)
    found, scored = weighed(need, options)
    rows = tuple(_row(found, scored, model) for model in meant)
    made = Comparison(requirements=need, rows=rows, as_of=day)
    return made.model_copy(update={"citations": cite_all(cited_keys(made), facts, need, day)})


def _meant(models: Sequence[str], facts: Facts) -> list[Model]:
    if not FEWEST <= len(models) <= MOST:
        raise InvalidRequirements("models", list(models), f"accepted: {FEWEST} to {MOST} models")
    found: list[Model] = []
    for words in models:
        meant = find_model(words, facts)
        if meant.model is None:
            hint = f"did you mean {', '.join(meant.near)}?" if meant.near else "accepted: a model of the catalog"
            raise InvalidRequirements("models", words, hint)
        if meant.model in found:
            raise InvalidRequirements("models", words, f"accepted: each model once; this is {meant.model.name} again")
        found.append(meant.model)
    return found


def _row(found: Shortlist, scored: Scored, model: Model) -> Compared:
    facts, ref = found.options.facts, model_ref(model, found.options.facts)
    option = best_option(found, scored, model.id)
    if option is None:
        missing = missing_facts(model.id, facts, found.options.day)
        return Compared(model=ref, missing=missing, efforts=_efforts(model), cites=_identity(model))
    row, hardware = row_of(found, option), hardware_of(found, option)
    evidence = evidence_of(found, scored, option).items
    return Compared(
        model=ref,
        option=row.option,
        license=license_check(found, option),
        context=context_fit(found, option),
        window=row.window.total.value if row.window else None,
        price=_price(found, model),
        cost=with_loads(found, scored, option, cost_of(found, option)),
        hardware=with_standby(found, option, hardware) if hardware else None,
        weights_gb=_weights_gb(found, option, row),
        efforts=_efforts(model),
        lifecycle=lifecycle_of(found, option),
        evidence={a: tuple(i for i in evidence if i.aspect == a) for a in dict.fromkeys(i.aspect for i in evidence)},
        confidence=confidence_of(found, scored, option),
        total=float(scored.total[option]),
        values={n: round(float(v), 4) for n, v in zip(scored.criteria, scored.values[option], strict=True)},
        failed=found.failed_rules(option),
        cites=_identity(model),
    )


def _price(found: Shortlist, model: Model) -> ListPrice | None:
    """Return the cheapest listing by a token in and a token out, of those still on sale."""
    options = found.options
    mine = (
        options.rows[n] for n in range(len(options)) if options.rows[n].model is model and options.months_left[n] >= 0
    )
    sold = {r.option.price_id: r for r in mine if r.rate}
    if not sold:
        return None
    best = min(sold.values(), key=lambda r: (_listed(r), r.option.price_id or ""))
    assert best.rate is not None
    tier = best.rate.tiers[0]
    return ListPrice(
        input_usd=tier.input, output_usd=tier.output, seller=str(best.option.seller),
        cites=(f"price/{best.rate.price_id}",),
    )  # fmt: skip


def _listed(row: Row) -> Decimal:
    return row.rate.tiers[0].input + row.rate.tiers[0].output if row.rate else Decimal(0)


def _weights_gb(found: Shortlist, option: int, row: Row) -> float | None:
    from ..tools.hardware import weights_gb

    weights = row.model.weights
    if row.offer is None:
        return round(float(found.options.weights_gb[option]), 2)
    size = weights_gb(row.model, weights.precisions[0]) if weights and weights.precisions else None
    return None if size is None else round(size, 2)


def _efforts(model: Model) -> tuple[str, ...]:
    return tuple(model.efforts.levels) if model.efforts else ()


def _identity(model: Model) -> tuple[CiteKey, ...]:
    return (catalog_key(model, "released"),) if model.released else ()
