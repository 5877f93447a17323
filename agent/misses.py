"""What is out and why: the first rule each model fails, and the options that one change would admit."""

from collections.abc import Callable

import numpy as np

from .advice import CiteKey, Elimination, GiveUp, NearMiss, Param
from .citations import catalog_key
from .findings import context_fit, license_check, lifecycle_of, price_cites, row_of
from .options import Row
from .rules import capabilities, seller_of
from .score import Scored
from .shortlist import Shortlist

Said = tuple[str, Param, Param, tuple[CiteKey, ...]]
MAX_NEAR_MISSES = 5


def eliminations(found: Shortlist, scored: Scored) -> tuple[Elimination, ...]:
    """One row for each model that is out altogether, by its best option: fewest failures, then the score."""
    failed = found.failed
    counts = failed.sum(axis=0)
    standing = set(found.options.model[found.open])
    best: dict[int, int] = {}
    for number in np.flatnonzero(found.offered & ~found.open):
        model = int(found.options.model[number])
        if model in standing:
            continue
        if model not in best or (counts[number], -scored.total[number]) < (
            counts[best[model]],
            -scored.total[best[model]],
        ):
            best[model] = int(number)
    rows = sorted(best.values(), key=lambda n: (counts[n], -float(scored.total[n])))
    return tuple(elimination(found, number) for number in rows)


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
    out: dict[int, tuple[float, tuple[str, ...]]] = {}
    for wanted in (1, 2):
        for index, rule in enumerate(found.rules):
            alone = np.flatnonzero(found.offered & (counts == wanted) & failed[index])
            if len(alone):
                best = min(alone, key=lambda n: (gap(found, int(n), rule.name), -float(scored.total[n])))
                out.setdefault(int(best), (gap(found, int(best), rule.name), found.failed_rules(int(best))))
        if out:
            break
    nearest = sorted(out, key=lambda n: (len(out[n][1]), out[n][0], -float(scored.total[n])))
    return tuple(_near_miss(found, n, out[n][1]) for n in nearest[:MAX_NEAR_MISSES])


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


def gap(found: Shortlist, option: int, rule: str) -> float:
    """How far an option is from meeting a rule, relative to what is required; 1 where it is a matter of yes or no."""
    money, need = found.economics, found.need
    measures: dict[str, Callable[[], float]] = {
        "budget": lambda: float(money.worst[option]) / (need.budget_usd or 1) - 1,
        "hardware": lambda: float(money.needed_gb[option]) / (money.owned.usable_gb if money.owned else 1) - 1,
        "latency": lambda: float(money.seconds[option]) / need.patience - 1,
        "context": lambda: need.input / max(1.0, float(np.nan_to_num(found.options.total[option]))) - 1,
    }
    value = measures[rule]() if rule in measures else 1.0
    return 1e9 if np.isnan(value) else value


def describe(found: Shortlist, option: int, rule: str) -> Said:
    """Return the field a rule rests on, what is required, what the option has, and where that is stated."""
    return _DESCRIBE[rule](found, option, row_of(found, option))


def _first_said(found: Shortlist, *fields: str) -> str:
    return next((f for f in fields if found.need.asked(f)), fields[-1])


def _listed(value: object) -> str:
    return ", ".join(sorted(map(str, value))) if isinstance(value, frozenset | set | tuple) else str(value)


def _license(found: Shortlist, option: int, row: Row) -> Said:
    check = license_check(found, option)
    field = _first_said(found, "mau", "annual_revenue_usd", "fine_tune", "redistribute", "commercial")
    value = getattr(found.need.said, field)
    return field, True if value is None else value, check.name, check.cites


def _kind(found: Shortlist, option: int, row: Row) -> Said:
    field = _first_said(found, "osi_license", "open_weights", "api_only", "fine_tune")
    licence = row.model.weights.licence.value if row.model.weights and row.offer is None else row.option.kind
    cites = (
        (catalog_key(row.model, "weights.licence"),)
        if row.model.weights and row.offer is None
        else (f"price/{row.option.price_id}",)
    )
    return field, True, licence, cites


def _seller(found: Shortlist, option: int, row: Row) -> Said:
    field = _first_said(found, "users_region", "company_region", "ownership_region")
    seller = seller_of(found.case, row)
    name = seller.name if seller else str(row.option.seller)
    known = "not_served" if seller and seller.not_served else "served" if seller and seller.served else None
    return field, getattr(found.need.said, field), name, (f"seller/{seller.id}/{known}",) if seller and known else ()


def _privacy(found: Shortlist, option: int, row: Row) -> Said:
    field = _first_said(found, "on_prem", "data_sensitivity", "data_region", "agreements")
    value = getattr(found.need.said, field)
    return (
        field,
        value if isinstance(value, bool) else _listed(value),
        str(row.option.seller),
        (f"price/{row.option.price_id}",),
    )


def _vendor(found: Shortlist, option: int, row: Row) -> Said:
    field = _first_said(found, "models_only", "models_excluded", "vendors_excluded", "vendor_countries_excluded")
    vendor = found.options.facts.vendors[row.model.id]
    return field, _listed(getattr(found.need.said, field)), f"{vendor.name} ({vendor.country})", _identity(row)


def _lifecycle(found: Shortlist, option: int, row: Row) -> Said:
    life = lifecycle_of(found, option)
    return "horizon_months", found.options.day.isoformat(), life.until.isoformat() if life.until else None, life.cites


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
    field = _first_said(found, "gpu_mem_gb", "gpu", "ram_gb", "gpu_count", "max_params_b", "device")
    owned = found.economics.owned
    needed = float(found.economics.needed_gb[option])
    has = None if np.isnan(needed) else f"{needed:.1f} GB"
    cites = (catalog_key(row.model, "params_total_b"),) if row.model.params_total_b else _identity(row)
    return field, f"{owned.usable_gb:.1f} GB" if owned else found.need.said.max_params_b, has, cites


def _latency(found: Shortlist, option: int, row: Row) -> Said:
    measured = float(found.economics.seconds_measured[option])
    seconds = float(found.economics.seconds[option]) if np.isnan(measured) else measured
    return _first_said(found, "latency_seconds", "realtime"), found.need.patience, round(seconds, 1), _identity(row)


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
    "budget": _budget,
}
