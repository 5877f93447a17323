"""What is out and why: the first rule each model fails, and the options that one change would admit."""

import datetime as dt
from collections.abc import Callable

import numpy as np

from .advice import CiteKey, Elimination, GiveUp, NearMiss, Param
from .citations import catalog_key
from .findings import DAYS_A_MONTH, context_fit, license_check, lifecycle_of, price_cites, row_of
from .options import Bools, Floats, Row, capabilities
from .picks import life_floor
from .rules import UNKNOWN, Rule, license_of, refused_name, resident, seller_of, serves, signs
from .score import Scored
from .shortlist import Shortlist

Said = tuple[str, Param, Param, tuple[CiteKey, ...]]
MAX_NEAR_MISSES = 5
FAR = 1e9
MAX_ELIMINATIONS = 400  # the funnel counts them all; beyond this a list helps nobody, and why-not names any


def eliminations(found: Shortlist, scored: Scored) -> tuple[Elimination, ...]:
    """Return a row for each model that is out, by its best option: the kind asked for, fewest failures, score."""
    counts, order = found.failed.sum(axis=0), found.options.name_order
    standing = np.isin(found.options.model, found.options.model[found.open])
    out = np.flatnonzero(found.offered & ~found.open & ~standing)
    total = -scored.total.round(4)
    best_first = out[np.lexsort((order[out], total[out], counts[out], _wrong_kind(found)[out]))]
    _, firsts = np.unique(found.options.model[best_first], return_index=True)
    best = best_first[firsts]
    nearest = best[np.lexsort((order[best], total[best], counts[best]))][:MAX_ELIMINATIONS]
    return tuple(elimination(found, int(number)) for number in nearest)


def _wrong_kind(found: Shortlist) -> Bools:
    """Options of a kind that was ruled out: where weights are asked for, a model's weights count."""
    r, api = found.need.said, found.options.is_api
    weights_only = bool(r.open_weights or r.osi_license or r.on_prem)
    return np.asarray((api & weights_only) | (~api & bool(r.api_only)))


def elimination(found: Shortlist, option: int) -> Elimination:
    """Why one option is out: the first failure in the order of report, and all of them."""
    rules = found.failed_rules(option)
    _, required, has, cites = describe(found, option, rules[0])
    row = row_of(found, option)
    return Elimination(
        option=row.option, name=row.model.name, rule=rules[0], all_failed=rules, required=required, has=has, cites=cites
    )


def near_misses(found: Shortlist, scored: Scored) -> tuple[NearMiss, ...]:
    """For each active rule the best option that fails it alone, by relative gap; else the best that fails two."""
    failed = found.failed
    counts = failed.sum(axis=0)
    fixed = np.array([not _can_be_given_up(found, rule) for rule in found.rules])
    within_reach = found.offered & ~failed[fixed].any(axis=0) & ~_license_unknown(found)
    near: list[tuple[int, float, float, int, int]] = []
    for wanted in (1, 2):
        for index, rule in enumerate(found.rules):
            alone = np.flatnonzero(within_reach & (counts == wanted) & failed[index])
            if len(alone):
                gaps, total = gap(found, rule.name)[alone], -scored.total[alone].round(4)
                best = np.lexsort((found.options.name_order[alone], total, gaps))[0]
                number = int(alone[best])
                order = int(found.options.name_order[number])
                near.append((wanted, float(gaps[best]), float(total[best]), order, number))
        if near:
            break
    numbers = dict.fromkeys(number for *_, number in sorted(near))
    return tuple(_near_miss(found, n, found.failed_rules(n)) for n in list(numbers)[:MAX_NEAR_MISSES])


def short_lived(found: Shortlist, scored: Scored) -> tuple[NearMiss, ...]:
    """Return the options that meet every rule but are withdrawn too soon to be a first choice, longest life first."""
    open_ones = np.flatnonzero(found.open)
    left, total = found.options.months_left[open_ones], -scored.total[open_ones].round(4)
    ordered = open_ones[np.lexsort((found.options.name_order[open_ones], total, -left))]
    _, firsts = np.unique(found.options.model[ordered], return_index=True)
    return tuple(_near_miss(found, int(ordered[n]), ("lifecycle",)) for n in sorted(firsts)[:MAX_NEAR_MISSES])


def _can_be_given_up(found: Shortlist, rule: Rule) -> bool:
    """Whether a rule rests on something said, or on commercial use, which one may forgo; retired stays retired."""
    return "commercial" in rule.fields or found.need.asked(*rule.fields)


def _license_unknown(found: Shortlist) -> Bools:
    """Options whose licence nobody has read: no change of the need admits them."""
    row = next(number for number, rule in enumerate(found.rules) if rule.name == "license")
    return np.asarray(found.status[row] == UNKNOWN)


def _near_miss(found: Shortlist, option: int, rules: tuple[str, ...]) -> NearMiss:
    said = [describe(found, option, rule) for rule in rules]
    row = row_of(found, option)
    give_up = tuple(GiveUp(field=field, required=required, has=has) for field, required, has, _ in said)
    return NearMiss(
        option=row.option,
        name=row.model.name,
        rules=rules,
        give_up=give_up,
        cites=tuple(c for *_, cites in said for c in cites),
    )


def gap(found: Shortlist, rule: str) -> Floats:
    """Return how far each option is from meeting a rule, relative to what is required; 1 where it is yes or no."""
    money, need = found.economics, found.need
    room = money.owned.usable_gb if money.owned else 1.0
    measures: dict[str, Callable[[], Floats]] = {
        "budget": lambda: money.worst / (need.budget_usd or 1) - 1,
        "hardware": lambda: money.needed_gb / room - 1,
        "latency": lambda: money.seconds / need.patience - 1,
        "context": lambda: need.input / np.maximum(1.0, np.nan_to_num(found.options.total)) - 1,
    }
    value = measures[rule]() if rule in measures else np.ones(len(found.options))
    return np.asarray(np.nan_to_num(value, nan=FAR))


def describe(found: Shortlist, option: int, rule: str) -> Said:
    """Return the field a rule rests on, what is required, what the option has, and where that is stated."""
    return _DESCRIBE[rule](found, option, row_of(found, option))


def _first_said(found: Shortlist, *fields: str) -> str:
    return next((f for f in fields if found.need.asked(f)), fields[-1])


def _listed(value: object) -> str:
    return ", ".join(sorted(map(str, value))) if isinstance(value, frozenset | set | tuple) else str(value)


_LICENSE_FIELD = {
    "mau": "mau",
    "revenue": "annual_revenue_usd",
    "territory": "company_region",
    "redistribution": "redistribute",
}


def _license(found: Shortlist, option: int, row: Row) -> Said:
    check = license_check(found, option)
    barring = [f.clause for f in license_of(found.case, row).clauses if f.outcome == "forbids"]
    field = _LICENSE_FIELD.get(barring[0].kind, "commercial") if barring else "commercial"
    value = getattr(found.need.said, field)
    cites = tuple(dict.fromkeys(f"licence/{clause.id}" for clause in barring)) or check.cites
    return field, True if value is None else value, check.name, cites


def _kind(found: Shortlist, option: int, row: Row) -> Said:
    r = found.need.said
    if row.offer is None and r.api_only:
        field = "api_only"
    else:
        field = "osi_license" if r.osi_license else "open_weights" if r.open_weights else "fine_tune"
    licence = row.model.weights.licence.value if row.model.weights and row.offer is None else row.option.kind
    cites = (
        (catalog_key(row.model, "weights.licence"),)
        if row.model.weights and row.offer is None
        else (f"price/{row.option.price_id}",)
    )
    return field, True, licence, cites


def _seller(found: Shortlist, option: int, row: Row) -> Said:
    r, seller = found.need.said, seller_of(found.case, row)
    if seller is None:
        return _first_said(found, "users_region", "company_region"), None, str(row.option.seller), ()
    name, places = seller.name, ("users_region", "company_region")
    field = next((f for f in places if (place := getattr(r, f)) and not serves(seller, place)), "ownership_region")
    listed = "not_served" if seller.not_served else "served" if seller.served else None
    known = "ownership_refused" if field == "ownership_region" else listed
    return field, getattr(found.need.said, field), name, (f"seller/{seller.id}/{known}",) if known else ()


def _privacy(found: Shortlist, option: int, row: Row) -> Said:
    r, seller = found.need.said, seller_of(found.case, row)
    broken = (
        ("on_prem", bool(r.on_prem)),
        ("data_region", bool(r.data_region) and not resident(seller, str(r.data_region))),
        ("agreements", any(signs(seller, paper) is False for paper in r.agreements or ())),
    )
    field = next((name for name, breaks in broken if breaks), "data_sensitivity")
    value = getattr(found.need.said, field)
    return (
        field,
        value if isinstance(value, bool) else _listed(value),
        str(row.option.seller),
        (f"price/{row.option.price_id}",),
    )


def _vendor(found: Shortlist, option: int, row: Row) -> Said:
    field = refused_name(found.case, row) or "models_only"
    vendor = found.options.facts.vendors[row.model.id]
    return field, _listed(getattr(found.need.said, field)), f"{vendor.name} ({vendor.country})", _identity(row)


def _lifecycle(found: Shortlist, option: int, row: Row) -> Said:
    life = lifecycle_of(found, option)
    wanted = found.options.day + dt.timedelta(days=life_floor(found) * DAYS_A_MONTH)
    return "horizon_months", wanted.isoformat(), life.until.isoformat() if life.until else None, life.cites


def _task(found: Shortlist, option: int, row: Row) -> Said:
    return "task", _listed(found.need.tasks), _listed(row.tasks) or row.model.kind, _identity(row)


def _modality(found: Shortlist, option: int, row: Row) -> Said:
    has = {*row.model.modalities_in, *(f"{m}_output" for m in row.model.modalities_out)}
    return "modalities", _listed(found.need.said.modalities), _listed(has), _identity(row)


def _capability(found: Shortlist, option: int, row: Row) -> Said:
    return "capabilities", _listed(found.need.said.capabilities), _listed(capabilities(row)), _identity(row)


def _language(found: Shortlist, option: int, row: Row) -> Said:
    listed = row.model.languages
    return (
        "languages",
        _listed(found.need.languages),
        _listed(listed.supported) if listed else None,
        (catalog_key(row.model, "languages"),),
    )


def _context(found: Shortlist, option: int, row: Row) -> Said:
    fit = context_fit(found, option)
    return _first_said(found, "context_tokens", "input_tokens", "output_tokens"), fit.required, fit.has, fit.cites


def _hardware(found: Shortlist, option: int, row: Row) -> Said:
    limit, size = found.need.said.max_params_b, float(found.options.params_total[option])
    if limit is not None and not size <= limit:
        return "max_params_b", limit, None if np.isnan(size) else size, _size(row)
    field = _first_said(found, "gpu_mem_gb", "gpu", "ram_gb", "device", "gpu_count")
    owned = found.economics.owned
    needed = float(found.economics.needed_gb[option])
    has = None if np.isnan(needed) else f"{needed:.1f} GB"
    room = f"{owned.usable_gb:.1f} GB" if owned else str(getattr(found.need.said, field))
    return field, room, has, _size(row)


def _size(row: Row) -> tuple[CiteKey, ...]:
    return (catalog_key(row.model, "params_total_b"),) if row.model.params_total_b else _identity(row)


def _latency(found: Shortlist, option: int, row: Row) -> Said:
    measured = float(found.economics.seconds_measured[option])
    seconds = float(found.economics.seconds[option]) if np.isnan(measured) else measured
    return _first_said(found, "latency_seconds", "realtime"), found.need.patience, round(seconds, 1), _identity(row)


def _quality(found: Shortlist, option: int, row: Row) -> Said:
    return "quality_floor", found.need.said.quality_floor, row.model.name, ("default/task_value",)


def _budget(found: Shortlist, option: int, row: Row) -> Said:
    usd = float(found.economics.worst[option])
    has = None if np.isnan(usd) else round(usd, 2)
    return "monthly_budget", found.need.said.monthly_budget, has, price_cites(found, option)


def _identity(row: Row) -> tuple[CiteKey, ...]:
    if row.model.released:
        return (catalog_key(row.model, "released"),)
    if row.model.window:
        return (catalog_key(row.model, "window.total"),)
    return (f"price/{row.option.price_id}",) if row.offer else (catalog_key(row.model, "weights.downloadable"),)


_DESCRIBE: dict[str, Callable[[Shortlist, int, Row], Said]] = {
    "license": _license,
    "kind": _kind,
    "seller": _seller,
    "privacy": _privacy,
    "vendor": _vendor,
    "lifecycle": _lifecycle,
    "task": _task,
    "modality": _modality,
    "capability": _capability,
    "language": _language,
    "context": _context,
    "hardware": _hardware,
    "latency": _latency,
    "quality": _quality,
    "budget": _budget,
}
