"""The table of options: one row for each model, seller or precision, and effort; columns are numpy arrays."""

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..knowledge.facts import Facts
from ..knowledge.prices import Rate, RateCard, rate_card
from ..knowledge.schema import Model, Offer, Window
from ..tools.hardware import DENSE_BAND, params, weights_gb
from ..tools.license import licence_chain
from .advice import Option
from .defaults import load_defaults

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EFFORTS = ("none", "low", "medium", "high", "xhigh", "max", "unstated")
EFFORT_INDEX = {name: index for index, name in enumerate(EFFORTS)}
MAX_TIERS = 4
YEAR = dt.timedelta(365)
NAN = float("nan")
TEXT_TASKS = frozenset({
    "chat", "code", "reasoning", "rag", "summarization", "translation", "classification", "extraction", "agent",
    "creative_writing",
})  # fmt: skip
DEVICE_BANDWIDTH = 50.0
TEXT_KINDS = frozenset({"llm", "code", "vision"})


@dataclass(frozen=True, slots=True)
class Row:
    """One option with the records behind it."""

    option: Option
    model: Model
    offer: Offer | None
    rate: Rate | None
    later: tuple[tuple[dt.date, Rate], ...]
    window: Window | None
    licences: tuple[tuple[str, str | None], ...]
    tasks: frozenset[str]


@dataclass(frozen=True, eq=False)
class Group:
    """Rows that share an answer: the first row of each group, and the group of each row."""

    firsts: tuple[int, ...]
    of: Ints


@dataclass(frozen=True, eq=False)
class Options:
    """All options of a day, as rows and as columns (tokens, GB, USD per million tokens, years, months)."""

    facts: Facts
    day: dt.date
    rows: tuple[Row, ...]
    names: tuple[str, ...]
    name_order: Ints
    listing: Ints
    model_ids: tuple[str, ...]
    model: Ints
    groups: Mapping[str, Group]
    is_api: Bools
    effort: Ints
    total: Floats
    max_input: Floats
    max_output: Floats
    factor: Floats
    tiers: Floats
    worst_tiers: Floats
    mean_tiers: Floats
    batch_tiers: Floats
    reasoning: Floats
    weights_gb: Floats
    kv_token: Floats
    kv_sequence: Floats
    params_total: Floats
    params_active: Floats
    age_years: Floats
    months_left: Floats
    preview: Bools
    speed: Floats
    measured_seconds: Floats
    on_device: Floats
    device_measured: Bools

    @cached_property
    def model_index(self) -> Mapping[str, int]:
        """The number of each model id."""
        return {model_id: number for number, model_id in enumerate(self.model_ids)}

    @cached_property
    def cell(self) -> Ints:
        """The place of each option in a flattened grid of models and efforts."""
        return self.model * len(EFFORTS) + self.effort

    @cached_property
    def changing(self) -> Ints:
        """The rows whose price an announced change will raise."""
        differs = (self.tiers != self.worst_tiers) & ~np.isnan(self.worst_tiers)
        return np.flatnonzero(differs.any(axis=(1, 2)) & self.is_api)

    def take(self, numbers: Ints) -> "Options":
        """Return the columns of some options, to price them by; the records behind them are left out."""
        columns = {name: getattr(self, name)[numbers] for name in ("model", *_COLUMNS)}
        return replace(self, rows=(), names=(), groups={}, **columns)

    def __len__(self) -> int:
        """Return the number of options."""
        return len(self.model)


@lru_cache(maxsize=4)
def build_options(facts: Facts, day: dt.date) -> Options:
    """Return the option table of a day; built once, then shared."""
    card = rate_card(facts, day)
    rows = tuple(row for model in facts.models.values() for row in _rows(model, facts, card) if held_back(row) is None)
    ids = tuple(facts.models)
    index = {model_id: number for number, model_id in enumerate(ids)}
    columns: dict[str, Any] = {
        name: np.array([fn(row, day) for row in rows], dtype=kind) for name, (fn, kind) in _COLUMNS.items()
    }
    names = tuple(_name(r.option) for r in rows)
    return Options(
        facts,
        day,
        rows,
        names,
        _places(names),
        np.array([_listing(r) for r in rows]),
        ids,
        np.array([index[r.model.id] for r in rows]),
        {name: _group(rows, key) for name, key in _GROUPS.items()},
        **columns,
    )


def _places(names: tuple[str, ...]) -> Ints:
    """Return the place of each name in their order."""
    places = np.empty(len(names), dtype=np.int64)
    places[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return places


def all_rows(facts: Facts, day: dt.date) -> Iterator[Row]:
    """Every row, the held-back ones too: why-not and `knowledge stats` name what they lack."""
    card = rate_card(facts, day)
    for model in facts.models.values():
        yield from _rows(model, facts, card)


def held_back(row: Row) -> str | None:
    """Return the decision fact that an option lacks, or None if it may enter the shortlist."""
    model = row.model
    if model.status != "released" or model.kind in ("encoder", "domain"):
        return "product"
    if row.option.kind == "api":
        if row.rate is None:
            return "price"
        return None if row.window or model.kind not in TEXT_KINDS else "window"
    weights = model.weights
    if weights is None or not weights.downloadable.value:
        return "downloadable weights"
    if weights.licence.value == "unknown":
        return "licence"
    if weights_gb(model, weights.precisions[0]) is None:
        return "parameters"
    if model.kind not in TEXT_KINDS:
        return None
    return "KV cache shape" if weights.kv is None else None if model.window else "window"


def capabilities(row: Row) -> frozenset[str]:
    """Return what the option can do, by its seller's listing where there is one."""
    listed = row.offer.capabilities if row.offer and row.offer.capabilities is not None else row.model.capabilities
    return frozenset(listed)


# A rule that asks only for the seller, the licences or the tasks is answered once for each.
_GROUPS: dict[str, Callable[[Row], Hashable]] = {
    "offer": lambda r: (r.model.id, r.option.price_id, r.option.kind),
    "kind": lambda r: (r.option.kind, capabilities(r), r.licences),
    "tasks": lambda r: (r.tasks, r.model.field),
    "modalities": lambda r: (r.model.modalities_in, r.model.modalities_out),
    "languages": lambda r: r.model.languages and (r.model.languages.supported, r.model.languages.refused),
    "capabilities": lambda r: (r.option.kind, capabilities(r)),
    "family": lambda r: r.model.family,
    "seller": lambda r: r.option.seller,
    "licences": lambda r: (r.option.kind, r.licences),
}


def _group(rows: Sequence[Row], key: Callable[[Row], Hashable]) -> Group:
    numbers: dict[Hashable, int] = {}
    firsts: list[int] = []
    of = []
    for number, row in enumerate(rows):
        group = numbers.setdefault(key(row), len(numbers))
        if group == len(firsts):
            firsts.append(number)
        of.append(group)
    return Group(tuple(firsts), np.array(of, dtype=np.int64))


def _name(option: Option) -> str:
    """Return an option's place in an order that nothing else decides."""
    return f"{option.model_id}/{option.kind}/{option.seller or option.precision}/{option.effort}"


def _listing(row: Row) -> int:
    """Return the place of a seller in the catalog's list: the maker itself stands first."""
    return row.model.offers.index(row.offer) if row.offer else 0


def _rows(model: Model, facts: Facts, card: RateCard) -> Iterator[Row]:
    efforts = model.efforts.levels if model.efforts else ("unstated",)
    tasks = tasks_of(model)
    for offer in model.offers:
        window = offer.window or model.window
        rate, later = card.rates.get(offer.price_id), card.changes.get(offer.price_id, ())
        seller = facts.sellers.get(offer.seller)
        terms: tuple[tuple[str, str | None], ...] = ((seller.terms, None),) if seller else ()
        for effort in efforts:
            option = Option(model_id=model.id, kind="api", seller=offer.seller, price_id=offer.price_id, effort=effort)
            yield Row(option, model, offer, rate, later, window, terms, tasks)
    chain = tuple((licence.id, read) for licence, read in licence_chain(model, facts))
    for precision in model.weights.precisions if model.weights else ():
        for effort in efforts:
            option = Option(model_id=model.id, kind="weights", precision=precision, effort=effort)
            yield Row(option, model, None, None, (), model.window, chain, tasks)


def tasks_of(model: Model) -> frozenset[str]:
    """Tasks that a model is made for, by its kind and modalities."""
    if model.kind in ("asr", "tts", "embedding"):
        return frozenset({model.kind})
    if model.kind == "image":
        return frozenset({"image_generation"})
    tasks: set[str] = (
        set(TEXT_TASKS) if model.kind in ("llm", "vision") else {"code", "agent"} if model.kind == "code" else set()
    )
    if "image" in model.modalities_in and "text" in model.modalities_out:
        tasks.add("vision")
    if "image" in model.modalities_out:
        tasks.add("image_generation")
    return frozenset(tasks)


def _window(row: Row, part: str) -> float:
    value = getattr(row.window, part, None) if row.window else None
    return float(value.value) if value else NAN


def _tiers(rate: Rate | None, *, batch: bool = False) -> list[list[float]]:
    rows = (rate.batch if batch and rate.batch else rate.tiers) if rate else ()
    table = [[t.over, float(t.input), float(t.cached), float(t.output)] for t in rows[:MAX_TIERS]]
    return table + [[np.inf, NAN, NAN, NAN]] * (MAX_TIERS - len(table))


def _worst(row: Row, _: dt.date) -> list[list[float]]:
    """Return the dearest list price between today and the end of the horizon, by the price of a token in and out."""
    rates = [rate for _, rate in row.later] + ([row.rate] if row.rate else [])
    return _tiers(max(rates, key=lambda r: r.tiers[0].input + r.tiers[0].output, default=None))


def _mean(row: Row, day: dt.date) -> list[list[float]]:
    """Return the mean price of the year to come: each rate until the next announced one."""
    if not row.later:
        return _tiers(row.rate)
    changes = [(day, row.rate), *((start, rate) for start, rate in row.later if start < day + YEAR)]
    ends = [*(start for start, _ in changes[1:]), day + YEAR]
    spans = [(_tiers(rate), (end - start) / YEAR) for (start, rate), end in zip(changes, ends, strict=True)]
    if any([t[0] for t in table] != [t[0] for t in spans[0][0]] for table, _ in spans):
        return _worst(row, day)  # the tiers themselves change: no mean of them can be told
    return np.average([table for table, _ in spans], axis=0, weights=[share for _, share in spans]).tolist()  # type: ignore[no-any-return]


def _reasoning(row: Row, _: dt.date) -> float:
    measured = row.model.reasoning_tokens.get(row.option.effort)  # type: ignore[call-overload]
    if measured:
        return float(measured.value)
    if row.model.kind not in TEXT_KINDS:
        return 0.0
    return float(load_defaults().reasoning_tokens[row.option.effort])


def _weights_gb(row: Row, _: dt.date) -> float:
    size = weights_gb(row.model, row.option.precision) if row.option.precision else None  # type: ignore[arg-type]
    return NAN if size is None else size


def _kv(row: Row, _: dt.date) -> float:
    weights = row.model.weights
    if row.model.kind not in TEXT_KINDS:
        return 0.0
    return float(weights.kv.bytes_per_token.value) if weights and weights.kv else NAN


def _age(row: Row, day: dt.date) -> float:
    released = row.model.released
    return (day - released.value).days / 365.25 if released else 2.0


def _months_left(row: Row, day: dt.date) -> float:
    if row.offer is None or row.offer.retires is None:
        return np.inf
    return (row.offer.retires.value - day).days / 30.44


def _speed(row: Row, _: dt.date) -> float:
    return load_defaults().tokens_per_second[row.model.tier]


def _measured_seconds(row: Row, _: dt.date) -> float:
    return next((s.seconds.value for s in row.model.seconds if s.effort == row.option.effort), NAN)


def _on_device(row: Row, _: dt.date) -> float:
    """Tokens a second on a phone: measured, else the middle of the roofline band at 50 GB/s."""
    weights = row.model.weights
    if weights and weights.on_device:
        return float(weights.on_device.value)
    total, active = params(row.model)
    size = _weights_gb(row, _)
    return sum(DENSE_BAND) / 2 * DEVICE_BANDWIDTH / (size * active / total) if total and active else NAN


_COLUMNS: dict[str, tuple[Any, Any]] = {
    "is_api": (lambda r, _: r.option.kind == "api", bool),
    "effort": (lambda r, _: EFFORT_INDEX[r.option.effort], np.int64),
    "total": (lambda r, _: _window(r, "total"), float),
    "max_input": (lambda r, _: _window(r, "max_input"), float),
    "max_output": (lambda r, _: _window(r, "max_output"), float),
    "factor": (lambda r, _: r.model.tokenizer_factor.value if r.model.tokenizer_factor else 1.0, float),
    "tiers": (lambda r, _: _tiers(r.rate), float),
    "worst_tiers": (_worst, float),
    "mean_tiers": (_mean, float),
    "batch_tiers": (lambda r, _: _tiers(r.rate, batch=True), float),
    "reasoning": (_reasoning, float),
    "weights_gb": (_weights_gb, float),
    "kv_token": (_kv, float),
    "kv_sequence": (
        lambda r, _: float(r.model.weights.kv.bytes_per_sequence) if r.model.weights and r.model.weights.kv else 0.0,
        float,
    ),
    "params_total": (lambda r, _: params(r.model)[0] or NAN, float),
    "params_active": (lambda r, _: params(r.model)[1] or NAN, float),
    "age_years": (_age, float),
    "months_left": (_months_left, float),
    "preview": (lambda r, _: bool(r.offer and r.offer.preview), bool),
    "speed": (_speed, float),
    "measured_seconds": (_measured_seconds, float),
    "on_device": (_on_device, float),
    "device_measured": (lambda r, _: bool(r.model.weights and r.model.weights.on_device), bool),
}
