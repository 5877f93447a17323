"""The calculating commands: what a person names is looked up, the tools are asked, the answer gets its sources."""

import datetime as dt
import difflib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, TypeVar

from ..agent.advice import CostPart, LicenseCheck
from ..agent.citations import catalog_key, cite_all
from ..agent.defaults import load_defaults
from ..agent.economics import SIZING_TOKENS
from ..agent.findings import clause_statement
from ..agent.lookup import find_model
from ..agent.recommend import cited_keys
from ..agent.requirements import Requirements
from ..agent.why_not import model_ref
from ..knowledge.facts import Facts
from ..knowledge.names import find_names
from ..knowledge.prices import Rate, rate_card
from ..knowledge.schema import Device, Effort, Licence, Model, Offer, Precision, Window
from ..tools.context import Band, Unit, WindowFit, check_window, estimate_tokens
from ..tools.cost import CENT, Volume, announced_bills, rented_bill
from ..tools.hardware import CARD_SHARE, cards_needed, decode_band, memory, rent_range, weights_gb
from ..tools.license import InvalidUse, LicenseVerdict, check_license, licence_chain, parse_use
from .figures import Billed, Carded, Costs, Figure, Fits, Fitted, Licensed, Script, Sized, Sizes, Thinking
from .given import BadInput

CHEAPEST_SHOWN = 3
_READ_WORST = ("full", "excerpt", "tag", "none")
FigureT = TypeVar("FigureT", bound=Figure)


def known_model(words: str, facts: Facts) -> Model:
    """Return the model that some words name, by its repository too.

    Raises:
        BadInput: no model is called that; the message names the nearest.

    """
    repo = words.strip().lower()
    stored = next((m for m in facts.models.values() if m.weights and m.weights.repo.lower() == repo), None)
    meant = find_model(words, facts)
    found = stored or meant.model
    if found is None:
        raise BadInput(f"MODEL {words!r} is not known; {_did_you_mean(meant.near)}")
    return found


def _did_you_mean(near: tuple[str, ...]) -> str:
    return f"did you mean {', '.join(near)}?" if near else "`modelwise models --all` lists them"


def licensed(subject: str, fields: Mapping[str, Any], facts: Facts, day: dt.date) -> Licensed:
    """Hold the licence of a model, or a licence by name or SPDX id, against a use.

    Raises:
        BadInput: a subject that is not known, or a field of the use that is not accepted.

    """
    try:
        use = parse_use(fields)
    except InvalidUse as error:
        raise BadInput(str(error).replace("Value error, ", "")) from None
    licence = _licence_called(subject, facts)
    model = None if licence else _licensed_model(subject, facts)
    verdict = check_license(licence.id if licence else model.id if model else "", use, facts=facts)
    own = model if model and not use.api and model.weights else None
    name = licence.name if licence else model.name if model else subject
    return _cited(Licensed(subject=name, use=dict(fields), license=_check(verdict, own, facts), as_of=day), facts)


def _licence_called(subject: str, facts: Facts) -> Licence | None:
    wanted = _flat(subject)
    exact = (x for x in facts.licences.values() if wanted in {_flat(n) for n in (x.id, x.name, x.spdx) if n})
    named = (i.removeprefix("licence/") for i in find_names(subject, facts).ids if i.startswith("licence/"))
    return next(exact, None) or next((facts.licences[i] for i in named if i in facts.licences), None)


def _licensed_model(subject: str, facts: Facts) -> Model:
    try:
        return known_model(subject, facts)
    except BadInput:
        names = {_flat(n): n for x in facts.licences.values() for n in (x.name, x.spdx or x.id)}
        near = tuple(names[n] for n in difflib.get_close_matches(_flat(subject), names, n=2))
        hint = _did_you_mean((*find_model(subject, facts).near, *near))
        raise BadInput(f"SUBJECT {subject!r} is no known model or licence; {hint}") from None


def _flat(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == ".")


def _check(verdict: LicenseVerdict, own: Model | None, facts: Facts) -> LicenseCheck:
    copies = [read for _, read in licence_chain(own, facts) if read] if own else []
    reads = [licence.text_read for licence in verdict.licences] + copies
    extra = (catalog_key(own, "weights.licence"),) if own else ()
    return LicenseCheck(
        verdict=verdict.verdict,
        name=" + ".join(dict.fromkeys(licence.name for licence in verdict.licences)) or "unknown",
        obligations=tuple(clause_statement(f) for f in verdict.obligations),
        clauses=tuple(clause_statement(f) for f in verdict.clauses),
        cites=(*verdict.cites, *extra),
        read_on=min((licence.read_on for licence in verdict.licences), default=None),
        text_read=max(reads, key=_READ_WORST.index, default="none"),
    )


def costs(words: str, volume: Volume, effort: Effort | None, facts: Facts, day: dt.date) -> Costs:
    """Price a month of a model at every seller that has it on the day."""
    model = known_model(words, facts)
    thought = thinking(model, effort)
    asked = Volume(volume.requests, volume.input, volume.output, thought.tokens, volume.cached_share, volume.batch)
    found = sorted(_bills(model, asked, facts, day), key=lambda one: one.monthly_usd)
    made = Costs(
        model=model_ref(model, facts), requests=volume.requests, input=volume.input, output=volume.output,
        cached_share=volume.cached_share, batch=volume.batch, thinking=thought, sellers=tuple(found),
        weights=model.weights is not None and model.weights.downloadable.value, as_of=day,
    )  # fmt: skip
    return _cited(made, facts)


def thinking(model: Model, effort: Effort | None) -> Thinking:
    """Return the thinking tokens a request at an effort, by default the model's own default.

    Raises:
        BadInput: an effort that the model does not have.

    """
    levels = model.efforts.levels if model.efforts else ()
    if effort and effort not in levels:
        raise BadInput(
            f"--effort {effort!r} is not one of {model.name}; accepted: {', '.join(levels) or 'none at all'}"
        )
    if model.efforts is None:
        return Thinking(effort="unstated", tokens=0, basis="none")
    level = effort or model.efforts.default
    if measured := model.reasoning_tokens.get(level):
        cites = (catalog_key(model, f"reasoning_tokens.{level}"),)
        return Thinking(effort=level, tokens=measured.value, basis="measured", cites=cites)
    assumed = load_defaults().reasoning_tokens[level]
    return Thinking(effort=level, tokens=assumed, basis="estimated", cites=("default/reasoning_tokens",))


def _bills(model: Model, volume: Volume, facts: Facts, day: dt.date) -> Iterator[Billed]:
    card = rate_card(facts, day)
    for offer in model.offers:
        until = offer.retires.value if offer.retires else None
        rate = card.rates.get(offer.price_id)
        if rate and (until is None or until >= day):
            yield _billed(model, offer, rate, card.changes.get(offer.price_id, ()), volume)


def _billed(
    model: Model, offer: Offer, rate: Rate, changes: tuple[tuple[dt.date, Rate], ...], volume: Volume
) -> Billed:
    today, *later = announced_bills(rate.as_of, rate, changes, volume)
    ends = (catalog_key(model, f"offers.{model.offers.index(offer)}.retires"),) if offer.retires else ()
    return Billed(
        seller=offer.seller,
        price_id=offer.price_id,
        monthly_usd=today.bill.monthly.quantize(CENT),
        per_request_usd=today.bill.per_request,
        parts=tuple(CostPart(name=p.name, usd=p.usd.quantize(CENT), formula=p.formula) for p in today.bill.parts),
        changes=tuple((one.since, one.bill.monthly.quantize(CENT)) for one in later),
        batch_price=bool(rate.batch),
        peak_differs=rate.peak_differs,
        until=offer.retires.value if offer.retires else None,
        cites=(f"price/{rate.price_id}", *ends),
    )


def fits(
    words: str, amount: float, unit: Unit, facts: Facts, day: dt.date, *,
    script: Script | None, output: int | None, effort: Effort | None,
) -> Fits:  # fmt: skip
    """Hold a text against a model's window and those that its sellers state; a script not said widens the band."""
    model = known_model(words, facts)
    factor = model.tokenizer_factor.value if model.tokenizer_factor else 1.0
    scripts = [script == "zh"] if script else [True, False]
    bands = [estimate_tokens(amount, unit, chinese=chinese, factor=factor) for chinese in scripts]
    low, high = min(bands, key=lambda b: b.low), max(bands, key=lambda b: b.high)
    given = Band(low.low, (low.low + high.high) // 2, high.high)
    thought, answer = thinking(model, effort), load_defaults().output_tokens if output is None else output
    windows = []
    for seller, path, window in _windows(model):
        fit = check_window(window, given, output=answer, reasoning=thought.tokens)
        parts = dict.fromkeys(("total", fit.limit, *(("effective",) if fit.effective else ())))
        windows.append(_fitted(seller, window, fit, tuple(catalog_key(model, f"{path}.{part}") for part in parts)))
    made = Fits(
        model=model_ref(model, facts), amount=amount, unit=unit, low=given.low, high=given.high, output=answer,
        thinking=thought, status=_best(windows), windows=tuple(windows), as_of=day, cites=_text_cites(model, output),
    )  # fmt: skip
    return _cited(made, facts)


def _fitted(seller: str | None, window: Window, fit: WindowFit, cites: tuple[str, ...]) -> Fitted:
    has = None if fit.has is None else max(0, fit.has)
    return Fitted(
        seller=seller, status=fit.status, limit=fit.limit, has=has, total=window.total.value, effective=fit.effective,
        cites=cites,
    )  # fmt: skip


def _text_cites(model: Model, output: int | None) -> tuple[str, ...]:
    factor = (catalog_key(model, "tokenizer_factor"),) if model.tokenizer_factor else ()
    return (*factor, *(("default/output_tokens",) if output is None else ()))


def _windows(model: Model) -> Iterator[tuple[str | None, str, Window]]:
    """Return the windows of a model: who states each (None for the maker), where, and the window."""
    if model.window:
        yield None, "window", model.window
    for number, offer in enumerate(model.offers):
        if offer.window:
            yield offer.seller, f"offers.{number}.window", offer.window


def _best(windows: list[Fitted]) -> Literal["met", "failed", "unknown"]:
    order: tuple[Literal["met", "unknown", "failed"], ...] = ("met", "unknown", "failed")
    return min((w.status for w in windows), key=order.index, default="unknown")


def sizes(
    words: str, facts: Facts, day: dt.date, *,
    precision: Precision | None, gpu: str | None, tokens: int | None, concurrency: int,
) -> Sizes:  # fmt: skip
    """Size a model's weights with their cache, and the cards that hold them: the one named, or the cheapest to rent."""
    model = known_model(words, facts)
    offered = model.weights.precisions if model.weights and model.weights.downloadable.value else ()
    if precision and offered and precision not in offered:
        raise BadInput(f"--precision {precision} is none of {model.name}; accepted: {', '.join(offered)}")
    devices = (_device(gpu, facts),) if gpu else _rentable(facts)
    held = SIZING_TOKENS if tokens is None else tokens
    wanted = [p for p in offered if precision in (None, p)]
    found = (_sized(model, p, held, concurrency, devices) for p in wanted)
    made = Sizes(
        model=model_ref(model, facts), tokens=held, concurrency=concurrency,
        precisions=tuple(one for one in found if one), as_of=day,
    )  # fmt: skip
    return _cited(made, facts)


def _device(name: str, facts: Facts) -> Device:
    names = {_card_name(n): d for d in facts.devices.values() for n in (d.id, d.name, *d.aliases)}
    if found := names.get(_card_name(name)):
        return found
    near = difflib.get_close_matches(_card_name(name), names, n=3)
    hint = "accepted: " + ", ".join(d.aliases[0] if d.aliases else d.name for d in facts.devices.values())
    if near:
        hint = f"did you mean {', '.join(dict.fromkeys(names[n].name for n in near))}?"
    raise BadInput(f"--gpu {name!r} is not known; {hint}")


def _card_name(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum()).removeprefix("nvidia").removeprefix("geforce")


def _rentable(facts: Facts) -> tuple[Device, ...]:
    return tuple(d for d in facts.devices.values() if d.rents and d.kind in ("datacentre", "workstation"))


def _sized(
    model: Model, precision: Precision, tokens: int, concurrency: int, devices: tuple[Device, ...]
) -> Sized | None:
    size = weights_gb(model, precision)
    if size is None or model.weights is None:
        return None
    path = f"weights.files_gb.{precision}" if precision in model.weights.files_gb else "params_total_b"
    cites = (catalog_key(model, path),)
    whole = memory(model, precision, tokens=tokens, concurrency=concurrency)
    if whole is None:
        return Sized(precision=precision, weights_gb=round(size, 2), cites=cites)
    cards = sorted((_carded(model, precision, whole.total, device) for device in devices), key=_by_rent)
    return Sized(
        precision=precision, weights_gb=round(size, 2), kv_gb=round(whole.kv, 2), overhead_gb=round(whole.overhead, 2),
        total_gb=round(whole.total, 2), cards=tuple(cards[:CHEAPEST_SHOWN]),
        cites=(*cites, catalog_key(model, "weights.kv.bytes_per_token")),
    )  # fmt: skip


def _by_rent(one: Carded) -> tuple[Decimal, int, str]:
    return (Decimal("Infinity") if one.monthly_low is None else one.monthly_low), one.cards, one.gpu


def _carded(model: Model, precision: Precision, total_gb: float, device: Device) -> Carded:
    each = max(device.memory_gb)
    cards = cards_needed(total_gb, each)
    band = decode_band(model, precision, device.bandwidth_gb_s) if device.bandwidth_gb_s else None
    rents = [rented_bill(price, cards, 0).monthly.quantize(CENT) for price in rent_range([device]) or ()]
    low, high = rents or (None, None)
    return Carded(
        gpu=device.name, cards=cards, capacity_gb=round(each * cards * CARD_SHARE, 2),
        tokens_per_second=(round(band[0], 1), round(band[1], 1)) if band else None, monthly_low=low, monthly_high=high,
        cites=(f"device/{device.id}", *_rent_keys(device)),
    )  # fmt: skip


def _rent_keys(device: Device) -> tuple[str, ...]:
    """Return where the lowest and the highest rent of a card stand."""
    order = sorted(range(len(device.rents)), key=lambda n: device.rents[n].usd_per_hour)
    return tuple(f"device/{device.id}/{n}" for n in dict.fromkeys((*order[:1], *order[-1:])))


def _cited(made: FigureT, facts: Facts) -> FigureT:
    found = cite_all(cited_keys(made), facts, Requirements(), made.as_of)
    return made.model_copy(update={"citations": found})


__all__ = ["costs", "fits", "known_model", "licensed", "sizes"]
