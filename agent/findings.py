"""What is true of one option for one need: cost, licence, window, hardware, life, evidence, each with sources."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from ..knowledge.schema import Device
from ..tools.cost import Bill, Volume, api_bill, rented_bill
from ..tools.hardware import DEVICE_SHARE, concurrency_that_fits, decode_band, rent_range
from ..tools.license import Finding
from .advice import (
    CiteKey,
    Cost,
    CostPart,
    Evidence,
    EvidenceItem,
    Fit,
    Hardware,
    LicenseCheck,
    Lifecycle,
    Params,
    Score,
    ScorePart,
    Statement,
)
from .citations import catalog_key, claim_keys
from .economics import sequence_tokens
from .evidence import INHERITED, Signal, collect, figure_of, same_tier_predecessor, signals_of
from .options import Row
from .rules import license_of, window_fit
from .score import Scored
from .shortlist import Shortlist

LifeStatus = Literal["on_sale", "ending", "retired"]
ITEMS_AN_ASPECT = 3
DAYS_A_MONTH = 30.44
CENT = Decimal("0.01")


def row_of(found: Shortlist, option: int) -> Row:
    """Return the records behind an option."""
    return found.options.rows[option]


def cost_of(found: Shortlist, option: int) -> Cost:
    """Return the bill of an option: API by the token, weights by rented cards, owned hardware without a rent."""
    row = row_of(found, option)
    if row.rate is not None:
        return _api_cost(found, option, row)
    if found.economics.owned is not None:
        day = found.options.day
        return Cost(
            monthly_usd=Decimal(0),
            per_request_usd=Decimal(0),
            basis="owned_hardware",
            as_of=day,
            effort=row.option.effort,
            cites=_owned_cites(found),
        )
    return _rented_cost(found, option, row)


def _owned_cites(found: Shortlist) -> tuple[str, ...]:
    fields = ("gpu", "gpu_mem_gb", "ram_gb", "device")
    return tuple(f"user/{f}" for f in fields if found.need.asked(f))


def volume_of(found: Shortlist, option: int) -> Volume:
    """Return the need's volume in the tokens of the option's tokenizer."""
    need, options = found.need, found.options
    factor = float(options.factor[option])
    return Volume(
        need.requests,
        round(need.input * factor),
        round(need.output * factor),
        round(float(options.reasoning[option])),
        Decimal(str(need.cached_share)),
        need.batch,
    )


def _api_cost(found: Shortlist, option: int, row: Row) -> Cost:
    assert row.rate is not None
    volume = volume_of(found, option)
    bill = api_bill(row.rate, volume)
    changes = tuple((start, _cents(api_bill(rate, volume).monthly)) for start, rate in row.later)
    every = [_cents(bill.monthly), *(usd for _, usd in changes)]
    return Cost(
        monthly_usd=_cents(bill.monthly),
        per_request_usd=bill.per_request,
        basis="api",
        parts=_parts(bill),
        low=min(every),
        high=max(every),
        as_of=row.rate.as_of,
        seller=row.option.seller,
        effort=row.option.effort,
        reasoning_tokens=volume.reasoning,
        changes=changes,
        cites=(f"price/{row.rate.price_id}",),
    )


def _rented_cost(found: Shortlist, option: int, row: Row) -> Cost:
    money = found.economics
    number, cards = int(money.device[option]), int(money.cards[option])
    if number < 0:
        return Cost(
            monthly_usd=None,
            per_request_usd=None,
            basis="rented_gpu",
            as_of=found.options.day,
            effort=row.option.effort,
        )
    device = money.devices[number]
    cheapest = _cheapest(device)
    rent = device.rents[cheapest]
    bill = rented_bill(Decimal(str(rent.usd_per_hour)), cards, found.need.requests)
    low, high = rent_range([device]) or (Decimal(0), Decimal(0))
    low, high = (rented_bill(price, cards, found.need.requests).monthly for price in (low, high))
    return Cost(
        monthly_usd=_cents(bill.monthly),
        per_request_usd=bill.per_request,
        basis="rented_gpu",
        parts=_parts(bill),
        low=_cents(low),
        high=_cents(high),
        as_of=rent.as_of,
        seller=rent.seller,
        effort=row.option.effort,
        cites=(f"device/{device.id}/{cheapest}",),
    )


def price_cites(found: Shortlist, option: int) -> tuple[str, ...]:
    """Where the option's price stands: the price list's row, or the rent of its card."""
    row, number = row_of(found, option), int(found.economics.device[option])
    if row.option.price_id:
        return (f"price/{row.option.price_id}",)
    if found.economics.owned is not None or number < 0:
        return _owned_cites(found)
    return (f"device/{found.economics.devices[number].id}/{_cheapest(found.economics.devices[number])}",)


def _cheapest(device: Device) -> int:
    """Return the position of a card's lowest rent."""
    return min(range(len(device.rents)), key=lambda n: device.rents[n].usd_per_hour)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)


def _parts(bill: Bill) -> tuple[CostPart, ...]:
    return tuple(CostPart(name=p.name, usd=_cents(p.usd), formula=p.formula) for p in bill.parts)


def license_check(found: Shortlist, option: int) -> LicenseCheck:
    """Return the verdict for the option with its clauses, obligations and the day the text was read."""
    row = row_of(found, option)
    verdict = license_of(found.case, row)
    name = " + ".join(dict.fromkeys(licence.name for licence in verdict.licences)) or "unknown"
    extra = (catalog_key(row.model, "weights.licence"),) if row.model.weights and row.offer is None else ()
    own_copy = row.model.weights.licence_text_read if row.model.weights and row.offer is None else "full"
    reads = [licence.text_read for licence in verdict.licences] + [own_copy]
    return LicenseCheck(
        verdict=verdict.verdict,
        name=name,
        obligations=tuple(clause_statement(f) for f in verdict.obligations),
        clauses=tuple(clause_statement(f) for f in verdict.clauses),
        cites=(*verdict.cites, *extra),
        read_on=min((licence.read_on for licence in verdict.licences), default=None),
        text_read=max(reads, key=("full", "excerpt", "tag", "none").index),
    )


def clause_statement(finding: Finding) -> Statement:
    """One clause as a statement that quotes our own words for it."""
    clause = finding.clause
    params: Params = {"zh": clause.zh, "en": clause.en, "section": clause.section, "outcome": finding.outcome}
    return Statement(text_id="license.clause", params=params, cites=(f"licence/{clause.id}",))


def context_fit(found: Shortlist, option: int) -> Fit:
    """Return the window against the need's tokens in the model's own tokenizer."""
    row = row_of(found, option)
    if row.window is None:
        return Fit(status="unknown", required=found.need.input)
    fit = window_fit(found.case, option)
    asked = found.need.asked("context_tokens", "input_tokens", "output_tokens")
    cites = (window_key(row, fit.limit),)
    room = None if fit.has is None else max(0, fit.has)
    return Fit(status=fit.status if asked else "not_asked", required=fit.required.high, has=room, cites=cites)


def window_key(row: Row, part: str) -> CiteKey:
    """Return where a part of the window is stated: by the seller where it lists its own, else by the maker."""
    if row.offer and row.offer.window:
        return catalog_key(row.model, f"offers.{row.model.offers.index(row.offer)}.window.{part}")
    return catalog_key(row.model, f"window.{part}")


def hardware_of(found: Shortlist, option: int) -> Hardware | None:
    """Memory, cards and a speed band for weights; None for an API."""
    row, money, need = row_of(found, option), found.economics, found.need
    if row.option.kind == "api":
        return None
    owned, total = money.owned, float(money.needed_gb[option])
    weights = float(found.options.weights_gb[option])
    overhead = weights * 0.12
    if owned is not None:
        name = owned.device.name if owned.device else f"{owned.gb_each:g} GB"
        count, capacity, bandwidth = owned.count, owned.usable_gb, owned.device.bandwidth_gb_s if owned.device else None
        cites: tuple[str, ...] = _owned_cites(found)
    else:
        number = int(money.device[option])
        if number < 0:
            return None
        device, count = money.devices[number], int(money.cards[option])
        name, capacity, bandwidth, cites = (
            device.name,
            max(device.memory_gb) * count * 0.95,
            device.bandwidth_gb_s,
            (f"device/{device.id}",),
        )
    band = decode_band(row.model, row.option.precision, bandwidth) if bandwidth else None  # type: ignore[arg-type]
    measured = row.model.weights.on_device if row.model.weights and need.said.device == "phone" else None
    return Hardware(
        weights_gb=round(weights, 2),
        kv_gb=round(total - weights - overhead, 2),
        overhead_gb=round(overhead, 2),
        total_gb=round(total, 2),
        gpus=count,
        gpu=name,
        capacity_gb=round(capacity, 2),
        concurrency=need.concurrency,
        tokens_per_second=(measured.value, measured.value) if measured else _rounded(band),
        basis="measured" if measured else "estimated",
        fits_concurrency=_sequences_that_fit(found, option, row, capacity),
        cites=(*cites, *_size_cites(row)),
    )


def _sequences_that_fit(found: Shortlist, option: int, row: Row, capacity_gb: float) -> int | None:
    """How many sequences of the need's size fit at once; None for a device of one person, or without a cache."""
    need, cache = found.need, row.model.weights.kv if row.model.weights else None
    if need.said.device in DEVICE_SHARE or cache is None or not cache.bytes_per_token.value:
        return None
    tokens = round(sequence_tokens(need, float(found.options.reasoning[option])))
    return concurrency_that_fits(row.model, row.option.precision, tokens=tokens, budget_gb=capacity_gb)  # type: ignore[arg-type]


def _rounded(band: tuple[float, float] | None) -> tuple[float, float] | None:
    return (round(band[0], 1), round(band[1], 1)) if band else None


def _size_cites(row: Row) -> tuple[str, ...]:
    model, weights = row.model, row.model.weights
    precision = row.option.precision
    keys = [catalog_key(model, f"weights.files_gb.{precision}")] if weights and precision in weights.files_gb else []
    if not keys and model.params_total_b:
        keys = [catalog_key(model, "params_total_b")]
    return (*keys, *([catalog_key(model, "weights.kv.bytes_per_token")] if weights and weights.kv else []))


def lifecycle_of(found: Shortlist, option: int) -> Lifecycle:
    """Return how long the option can be had, from dates, on the day of asking."""
    row, day = row_of(found, option), found.options.day
    if row.offer is None:
        return Lifecycle(status="downloadable", cites=(catalog_key(row.model, "weights.downloadable"),))
    number = row.model.offers.index(row.offer)
    until = row.offer.retires.value if row.offer.retires else None
    left = (until - day).days / DAYS_A_MONTH if until else None
    state: LifeStatus = "on_sale" if left is None else "ending" if left >= 0 else "retired"
    dated = "retires" if until else "listed"
    return Lifecycle(
        status="preview" if row.offer.preview else state,
        until=until,
        months_left=round(left, 1) if left is not None else None,
        successor=row.offer.successor,
        checked=row.offer.listed.value,
        cites=(catalog_key(row.model, f"offers.{number}.{dated}"),),
    )


def score_of(found: Shortlist, scored: Scored, option: int) -> Score:
    """Return the total with its parts; parts sum to it."""
    parts = {
        name: ScorePart(value=float(v), weight=float(w), product=float(v * w))
        for name, v, w in zip(scored.criteria, scored.values[option], scored.weights, strict=True)
    }
    return Score(total=sum(p.product for p in parts.values()), profile=scored.profile, parts=parts)


def evidence_of(found: Shortlist, scored: Scored, option: int) -> Evidence:
    """Return the strongest signals for the option by aspect: its own, its family's, and its predecessors'."""
    models = found.options.model_ids
    number, effort = int(found.options.model[option]), int(found.options.effort[option])
    lineage = _lineage(found, number)
    signals = collect(found.options.facts, found.options.day)
    items: list[EvidenceItem] = []
    spoken: dict[str, None] = {}
    direct = inherited = False
    for weighed in scored.evidence.values():
        known = signals_of(signals, weighed, lineage)
        near = [(s, w * float(weighed.compatibility[effort, s.effort])) for s, w in known]
        heaviest = sorted((x for x in near if x[1] > 0), key=lambda x: (-round(x[1], 9), x[0].key))
        for signal, weight in heaviest[:ITEMS_AN_ASPECT]:
            own = signal.model == number
            direct |= own and signal.subject == models[number]
            inherited |= not own
            spoken[signal.subject] = None
            items.append(_item(found, signal, weight))
    kind = "direct" if direct else "inherited" if inherited or items else "none"
    names = tuple(found.options.facts.name(subject) for subject in spoken)
    return Evidence(kind=kind, models=names, items=tuple(items), strength=round(float(scored.strength[option]), 3))  # type: ignore[arg-type]


def _lineage(found: Shortlist, number: int) -> dict[int, float]:
    """Return the model and its predecessors with the share of weight that each passes on."""
    facts, ids, index = found.options.facts, found.options.model_ids, found.options.model_index
    out, share = {number: 1.0}, 1.0
    older = same_tier_predecessor(facts.models[ids[number]], facts)
    while older and index[older.id] not in out:
        share *= INHERITED
        out[index[older.id]] = share
        older = same_tier_predecessor(older, facts)
    return out


def _item(found: Shortlist, signal: Signal, weight: float) -> EvidenceItem:
    cites = (signal.key,) if signal.key.startswith("bench/") else claim_keys(signal.key, found.options.facts)
    return EvidenceItem(
        aspect=signal.aspect,
        signal=round(signal.value, 3),
        weight=round(weight, 3),
        statement=signal_statement(found, signal),
        cites=cites,
    )


def signal_statement(found: Shortlist, signal: Signal) -> Statement:
    """Return a signal in words: a figure with its place in the table, or the article's claim."""
    facts = found.options.facts
    if not signal.key.startswith("bench/"):
        claim = facts.claims[signal.key]
        return Statement(text_id="claim", params={"zh": claim.zh, "en": claim.en}, cites=claim_keys(signal.key, facts))
    figure = figure_of(facts, signal.key)
    assert figure is not None
    table, bench, score, rank = figure
    params: Params = {
        "model": facts.name(signal.subject),
        "effort": signal.key.rsplit("@", 1)[1],
        "benchmark": bench.name,
        "score": score,
        "unit": bench.unit,
        "rank": rank,
        "of": bench.of,
        "date": table.date.isoformat(),
        "by": table.by,
    }
    return Statement(text_id="evidence.figure", params=params, cites=(signal.key,))


def statements(evidence: Evidence) -> Iterator[Statement]:
    """Return the statements of an evidence, strongest first."""
    for item in sorted(evidence.items, key=lambda i: -i.weight):
        yield item.statement
