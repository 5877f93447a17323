"""What every pick of a scenario must meet, from the catalog, the sellers, the licences and genai-prices alone."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ..agent.advice import Pick
from ..knowledge.facts import Facts
from ..knowledge.regions import touches, within
from ..knowledge.schema import Model, Offer, Seller, Window
from .report import DAY

TOLERANCE = 0.01


def matches(model_id: str, patterns: Iterable[str]) -> bool:
    """Whether a model id matches one of the patterns."""
    return any(fnmatchcase(model_id, pattern) for pattern in patterns)


class Chosen(NamedTuple):
    """A pick with its place, and the facts to hold it against."""

    pick: Pick
    facts: Facts
    rank: int

    @property
    def model(self) -> Model:
        """The catalog's record of the model."""
        return self.facts.models[self.pick.model.id]

    @property
    def offer(self) -> Offer | None:
        """The listing that was picked; None for weights, or where the catalog has no such listing."""
        option = self.pick.option
        same = (o for o in self.model.offers if (o.seller, o.price_id) == (option.seller, option.price_id))
        return next(same, None) if option.kind == "api" else None

    @property
    def seller(self) -> Seller | None:
        """Who sells the listing."""
        return self.facts.sellers.get(self.offer.seller) if self.offer else None


def broken(chosen: Chosen, must: Mapping[str, Any]) -> list[str]:
    """Return the keys that the pick fails; an unknown key is an error of the scenario."""
    failed = [key for key, value in must.items() if key not in TERMS and not MUST[key](chosen, value)]
    if "usd_max" in must and _usd(chosen, must) > must["usd_max"] * (1 + TOLERANCE):
        failed.append("usd_max")
    if not _to_be_had(chosen):
        failed.append("to be had")
    return failed


def _to_be_had(c: Chosen) -> bool:
    if c.pick.option.kind == "weights":
        return bool(c.model.weights and c.model.weights.downloadable.value)
    return c.offer is not None and (c.offer.retires is None or c.offer.retires.value > DAY)


def _usd(c: Chosen, must: Mapping[str, Any]) -> float:
    """USD a month: what the advice states, or the visible tokens at the list price where those are dearer."""
    stated = float(c.pick.cost.monthly_usd) if c.pick.cost.monthly_usd is not None else 0.0
    if not c.offer:
        return stated
    listed = _request_usd(c.offer.price_id, c.facts, must["in"], must["out"]) * float(must["requests"])
    return max(stated, listed)


def _request_usd(price_id: str, facts: Facts, given: int, out: int) -> float:
    """USD a request at the dearest hour of the day; infinite where nobody states a price."""
    from genai_prices import Usage, calc_price

    listed = next((row for row in facts.snapshot.list_prices if row.id == price_id), None)
    if listed:
        return (given * listed.input_usd_per_m + out * listed.output_usd_per_m) / 1e6
    provider, _, model = price_id.partition("/")
    hours = [dt.datetime.combine(DAY, dt.time(hour), dt.UTC) for hour in range(24)]
    usage = Usage(input_tokens=given, output_tokens=out)
    try:
        prices = [calc_price(usage, model, provider_id=provider, genai_request_timestamp=hour) for hour in hours]
    except LookupError:
        return float("inf")
    return max(float(price.total_price) for price in prices)


def _window(c: Chosen) -> Window | None:
    return (c.offer.window if c.offer else None) or c.model.window


def _context(c: Chosen, tokens: int) -> bool:
    window = _window(c)
    return window is not None and (window.max_input or window.total).value >= tokens


def _output(c: Chosen, tokens: int) -> bool:
    window = _window(c)
    return window is not None and (window.max_output or window.total).value >= tokens


def _served(c: Chosen, region: str) -> bool:
    if not c.offer:
        return True
    s = c.seller
    refused = frozenset(s.not_served.value) if s and s.not_served else frozenset[str]()
    return bool(s and s.served and within(region, frozenset(s.served.value)) and not touches(region, refused))


def _owner(c: Chosen, region: str) -> bool:
    return not (c.seller and c.seller.ownership_refused and region in c.seller.ownership_refused.value)


def _papers(c: Chosen, papers: Sequence[str]) -> bool:
    return not c.offer or all(signed(c, papers))


def signed(c: Chosen, papers: Sequence[str]) -> list[bool | None]:
    """Return for each paper whether the seller signs it; None where no source says."""
    listed = [getattr(c.seller.papers, name) if c.seller else None for name in papers]
    return [paper.value if paper else None for paper in listed]


def _residency(c: Chosen, region: str) -> bool:
    where = c.seller.papers.residency if c.seller else None
    return not c.offer or bool(where and touches(region, frozenset(where.value)))


def _memory(c: Chosen, gigabytes: float) -> bool:
    """Whether the bare weights fit; caches and overhead come on top."""
    weights, precision = c.model.weights, c.pick.option.precision or "int4"
    if c.offer or weights is None:
        return c.offer is not None
    stored = {str(key): value for key, value in weights.files_gb.items()}.get(precision)
    size = stored.value if stored else _params(c) * BYTES[precision]
    return bool(size <= gigabytes)


def _params(c: Chosen) -> float:
    value = c.model.params_total_b.value if c.model.params_total_b else None
    return value if isinstance(value, float) else float("inf")


def _licence(c: Chosen) -> str:
    return c.model.weights.licence.value if c.model.weights else ""


def _commercial(c: Chosen, _: bool) -> bool:
    licence = c.facts.licences.get(_licence(c))
    forbids = licence and any(x.kind in ("commercial", "production") and x.effect == "forbids" for x in licence.clauses)
    return bool(c.offer) or (licence is not None and not forbids)


def _osi(c: Chosen, _: bool) -> bool:
    licence = c.facts.licences.get(_licence(c))
    return licence is not None and licence.osi


def _months(c: Chosen, months: int) -> bool:
    end = c.offer.retires.value if c.offer and c.offer.retires else None
    return c.rank > 0 or end is None or (end - DAY).days >= months * 30


def _caps(c: Chosen, wanted: Sequence[str]) -> bool:
    known = (c.offer.capabilities if c.offer else None) or c.model.capabilities
    return not known or set(wanted) <= set(known)


def _country(c: Chosen) -> set[str]:
    return {c.facts.vendors[c.model.id].country} | ({c.seller.country} if c.seller else set())


TERMS = frozenset({"usd_max", "requests", "in", "out"})
BYTES: Mapping[str, float] = {"bf16": 2, "fp8": 1, "int8": 1, "int4": 0.5, "mxfp4": 0.5}
MUST: Mapping[str, Callable[[Chosen, Any], bool]] = {
    "kind": lambda c, kind: c.pick.option.kind == kind,
    "open": lambda c, _: bool(c.model.weights and c.model.weights.downloadable.value),
    "osi": _osi,
    "commercial": _commercial,
    "not_licences": lambda c, names: bool(c.offer) or _licence(c) not in names,
    "context": _context,
    "max_output": _output,
    "served": _served,
    "owner": _owner,
    "papers": _papers,
    "residency": _residency,
    "memory_gb": _memory,
    "params_b": lambda c, most: _params(c) <= most,
    "not_countries": lambda c, countries: not _country(c) & set(countries),
    "not_makers": lambda c, makers: c.facts.vendors[c.model.id].id not in makers,
    "only": lambda c, patterns: matches(c.model.id, patterns),
    "not_models": lambda c, patterns: not matches(c.model.id, patterns),
    "lang": lambda c, tags: not (c.model.languages and set(tags) & set(c.model.languages.refused)),
    "sees": lambda c, kinds: set(kinds) <= set(c.model.modalities_in),
    "makes": lambda c, kinds: set(kinds) <= set(c.model.modalities_out),
    "caps": _caps,
    "first_months": _months,
}
