"""Every stated constraint held against a pick again, from the raw catalog and price package: knows no rule of ours."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from genai_prices import Usage
from genai_prices.data import providers
from genai_prices.types import ModelInfo

from modelwise.agent.advice import Pick
from modelwise.knowledge.facts import Facts
from modelwise.knowledge.regions import EU
from modelwise.knowledge.schema import Device, Licence, ListPrice, Model, Offer, Seller, Vendor, Window

Need = Mapping[str, Any]
DEFAULTS = yaml.safe_load((Path(__file__).parents[2] / "agent" / "defaults.yaml").read_text(encoding="utf-8"))
BYTES_A_PARAMETER = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.5625, "mxfp4": 0.53125}
SHARE_OF_MEMORY = {"phone": 0.4, "edge": 0.5, "laptop": 0.7}
THINKING = ("reasoning", "code", "agent")
TEXT = {"chat", "code", "reasoning", "rag", "summarization", "translation", "classification", "extraction", "agent",
        "creative_writing"}  # fmt: skip


@dataclass(frozen=True)
class Raw:
    """A pick with the catalog's own records, looked up anew."""

    need: Need
    pick: Pick
    facts: Facts
    day: dt.date
    model: Model
    vendor: Vendor
    offer: Offer | None

    @property
    def seller(self) -> Seller | None:
        return next((s for s in self.facts.snapshot.sellers if self.offer and s.id == self.offer.seller), None)

    @property
    def task(self) -> str:
        return str(self.need.get("task") or "chat")

    @property
    def input(self) -> int:
        return int(self.need.get("input_tokens") or self.need.get("context_tokens") or DEFAULTS["input_tokens"])

    @property
    def output(self) -> int:
        return int(self.need.get("output_tokens") or DEFAULTS["output_tokens"])

    @property
    def requests(self) -> int:
        usual = DEFAULTS["monthly_requests_long" if self.input > 64_000 else "monthly_requests"]
        return int(self.need.get("monthly_requests") or usual)

    @property
    def peak_rps(self) -> float:
        return float(self.need.get("peak_rps") or self.requests / (30 * 86_400) * DEFAULTS["peak_over_mean"])

    @property
    def volume_said(self) -> bool:
        return bool(self.need.get("monthly_requests") or self.need.get("peak_rps"))

    @property
    def factor(self) -> float:
        return self.model.tokenizer_factor.value if self.model.tokenizer_factor else 1.0

    @property
    def reasoning(self) -> int:
        effort = self.pick.option.effort
        if measured := dict(self.model.reasoning_tokens).get(effort):  # type: ignore[call-overload]
            return int(measured.value)
        return int(DEFAULTS["reasoning_tokens"][effort]) if self.model.kind in ("llm", "code", "vision") else 0

    @property
    def window(self) -> Window | None:
        return (self.offer.window if self.offer else None) or self.model.window


def violations(need: Need, pick: Pick, facts: Facts, day: dt.date) -> list[str]:
    """What the pick breaks of what was said; empty for an honest pick."""
    raw = look_up(need, pick, facts, day)
    return [f"{pick.model.name}: {problem}" for check in _CHECKS for problem in check(raw)]


def look_up(need: Need, pick: Pick, facts: Facts, day: dt.date) -> Raw:
    """The catalog's records of a pick."""
    vendor, model = next(
        (v, m) for v in facts.snapshot.vendors for m in v.models if m.id == pick.model.id == pick.option.model_id
    )
    wanted = (pick.option.seller, pick.option.price_id)
    offer = next((o for o in model.offers if (o.seller, o.price_id) == wanted), None)
    return Raw(need, pick, facts, day, model, vendor, offer)


def _sale(raw: Raw) -> Iterator[str]:
    if raw.model.status != "released":
        yield raw.model.status
    if raw.pick.option.kind == "api":
        if raw.offer is None:
            yield "no such offer"
        elif raw.offer.retires and raw.offer.retires.value < raw.day:
            yield f"retired {raw.offer.retires.value}"
    elif not (raw.model.weights and raw.model.weights.downloadable.value):
        yield "nothing to download"


def _effort(raw: Raw) -> Iterator[str]:
    levels = raw.model.efforts.levels if raw.model.efforts else ("unstated",)
    if raw.pick.option.effort not in levels:
        yield f"effort {raw.pick.option.effort} of {levels}"


def licences(raw: Raw) -> list[Licence]:
    """The licences that hold: the seller's terms, or those of the weights and of every base model under them."""
    known = {licence.id: licence for licence in raw.facts.snapshot.licences}
    if raw.offer:
        return [known[raw.seller.terms]] if raw.seller else []
    found, model = [], raw.model
    while model and model.weights:
        found.append(known[model.weights.licence.value])
        model = next((m for m in raw.facts.models.values() if m.id == model.weights.base_model), None)  # type: ignore[assignment]
    return found


def _licence(raw: Raw) -> Iterator[str]:
    held = licences(raw)
    if not held or any(not licence.clauses for licence in held):
        yield "licence not known"
    commercial, region = raw.need.get("commercial") is not False, raw.need.get("company_region")
    for clause in (c for licence in held for c in licence.clauses if c.effect == "forbids"):
        limit = clause.threshold or 0
        broken = {
            "commercial": commercial,
            "production": commercial,
            "mau": (raw.need.get("mau") or 0) > limit,
            "revenue": (raw.need.get("annual_revenue_usd") or 0) > limit,
            "territory": region and _overlap(region, clause.regions),
            "redistribution": raw.need.get("redistribute"),
        }.get(clause.kind)
        if broken:
            yield f"licence clause {clause.id}"
    if raw.need.get("osi_license") and not all(licence.osi for licence in held):
        yield "no OSI licence"


def _kind(raw: Raw) -> Iterator[str]:
    kind, need = raw.pick.option.kind, raw.need
    if kind == "api" and (need.get("open_weights") or need.get("osi_license") or need.get("on_prem")):
        yield "weights were asked for"
    if kind == "weights" and need.get("api_only"):
        yield "an API was asked for"
    if kind == "api" and need.get("fine_tune") and "vendor_fine_tune" not in capabilities(raw):
        yield "cannot be tuned"


def capabilities(raw: Raw) -> set[str]:
    """What the offer lists, else what the model does."""
    listed = raw.offer.capabilities if raw.offer else None
    return set(raw.model.capabilities if listed is None else listed)


def _overlap(region: str, listed: tuple[str, ...]) -> bool:
    mine = set(EU) if region == "EU" else {region}
    theirs = {c for code in listed for c in (EU if code == "EU" else (code,))}
    return bool(mine & theirs) or "*" in listed


def _covers(region: str, listed: tuple[str, ...]) -> bool:
    mine = set(EU) if region == "EU" else {region}
    theirs = {c for code in listed for c in (EU if code == "EU" else (code,))}
    return "*" in listed or mine <= theirs


def _place(raw: Raw) -> Iterator[str]:
    if raw.offer is None:
        return
    seller = raw.seller
    if seller is None:
        yield "seller not known"
        return
    for region in filter(None, (raw.need.get("users_region"), raw.need.get("company_region"))):
        refused = seller.not_served.value if seller.not_served else ()
        if _overlap(region, refused) or not (seller.served and _covers(region, seller.served.value)):
            yield f"{seller.id} does not serve {region}"
    owner, barred = raw.need.get("ownership_region"), seller.ownership_refused
    if owner and barred and _overlap(owner, barred.value):
        yield f"{seller.id} refuses owners in {owner}"
    home, kept = raw.need.get("data_region"), seller.papers.residency
    if home and not (kept and _covers(home, kept.value)):
        yield f"{seller.id} does not keep data in {home}"


def _secrecy(raw: Raw) -> Iterator[str]:
    kinds = set(raw.need.get("data_sensitivity") or ())
    if raw.offer is None or raw.seller is None:
        return
    if "classified" in kinds:
        yield "classified data at an API"
    gated = kinds & {"phi", "financial"} or (kinds & {"pii", "minors"} and raw.need.get("on_prem") is not False)
    places = {raw.need.get(f) for f in ("company_region", "users_region", "data_region")}
    if gated and "CN" in places and raw.seller.country != "CN":
        yield "sensitive data leaves China"
    papers = set(raw.need.get("agreements") or ())
    papers |= {"baa", "zero_retention"} if "phi" in kinds else set()
    papers |= {"dpa"} if gated and kinds & {"financial", "pii", "minors"} else set()
    papers |= {"zero_retention"} if "financial" in kinds else set()
    for paper in papers:
        signed = getattr(raw.seller.papers, paper)
        if signed is not None and not signed.value:
            yield f"{raw.seller.id} does not sign {paper}"


def _flat(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == ".")


def _called(raw: Raw, wanted: str) -> bool:
    family = raw.facts.family_names[raw.model.family]
    names = {_flat(n) for n in (raw.model.id, raw.model.name, *raw.model.aliases, raw.model.family, family)}
    return _flat(wanted) in names


def _vendors(raw: Raw) -> Iterator[str]:
    makers = {raw.vendor.id, raw.vendor.name.lower(), raw.offer.seller if raw.offer else raw.vendor.id}
    if makers & set(raw.need.get("vendors_excluded") or ()):
        yield "an excluded vendor"
    countries = (raw.vendor.country, *([raw.seller.country] if raw.seller else []))
    if any(_overlap(c, countries) for c in raw.need.get("vendor_countries_excluded") or ()):
        yield f"from {countries}"
    if any(_called(raw, wanted) for wanted in raw.need.get("models_excluded") or ()):
        yield "an excluded model"
    only = raw.need.get("models_only")
    if only and not any(_called(raw, w) or _flat(w) in _flat(raw.model.name) for w in only):
        yield f"not one of {only}"


def _work(raw: Raw) -> Iterator[str]:
    model = raw.model
    tasks = {"llm": TEXT, "vision": TEXT, "code": {"code", "agent"}, "image": {"image_generation"}}.get(
        model.kind, {str(model.kind)}
    )
    seen = {"vision"} if "image" in model.modalities_in and "text" in model.modalities_out else set()
    drawn = {"image_generation"} if "image" in model.modalities_out else set()
    wanted = {raw.task, *(raw.need.get("secondary_tasks") or ())}
    if not wanted <= tasks | seen | drawn:
        yield f"a {model.kind} model for {wanted}"
    has = {*model.modalities_in, *(f"{m}_output" for m in model.modalities_out)}
    if not set(raw.need.get("modalities") or ()) <= has:
        yield f"modalities {has}"
    asked = set(raw.need.get("capabilities") or ())
    if raw.offer and not asked <= capabilities(raw):
        yield f"capabilities {capabilities(raw)}"
    if raw.offer is None and asked & {"web_search", "vendor_fine_tune"}:
        yield "weights alone do not search or tune themselves"
    if model.languages and set(raw.need.get("languages") or ()) & set(model.languages.refused):
        yield "a language it does not write"


def _context(raw: Raw) -> Iterator[str]:
    said = any(raw.need.get(f) for f in ("context_tokens", "input_tokens", "output_tokens"))
    if not said:
        return
    window, given, spoken = raw.window, raw.input * max(1.0, raw.factor), raw.output + raw.reasoning
    if window is None:
        yield "no window stated"
        return
    if window.max_input and given > window.max_input.value + 0.5:
        yield f"{given:.0f} tokens into {window.max_input.value}"
    if given + spoken > window.total.value + 0.5:
        yield f"{given + spoken:.0f} tokens in a window of {window.total.value}"
    if window.max_output and spoken > window.max_output.value:
        yield f"{spoken} tokens out of at most {window.max_output.value}"


def needed_gb(raw: Raw) -> float | None:
    """Weights, 12 % overhead, and the cache of as many sequences as are served at once."""
    weights, precision = raw.model.weights, str(raw.pick.option.precision)
    if weights is None or (weights.kv is None and raw.model.kind in ("llm", "code", "vision")):
        return None
    file, total = dict(weights.files_gb).get(precision), raw.model.params_total_b  # type: ignore[call-overload]
    if file is None and (total is None or isinstance(total.value, str)):
        return None
    size = file.value if file else float(total.value) * BYTES_A_PARAMETER[precision]  # type: ignore[union-attr]
    least = 0 if raw.need.get("device") in SHARE_OF_MEMORY else 8_192
    tokens = max(least, raw.input + raw.output + raw.reasoning)
    at_once = max(1, round(raw.peak_rps * max(1.0, raw.output / 25))) if raw.volume_said else 1
    each = weights.kv.bytes_per_token.value * tokens + weights.kv.bytes_per_sequence if weights.kv else 0
    return size * 1.12 + each * at_once / 1e9


def usable_gb(raw: Raw) -> float | None:
    """GB that may be taken of the hardware that was said; None where none was, or its memory is not known."""
    need, device = raw.need, raw.need.get("device")
    if device in SHARE_OF_MEMORY:
        return SHARE_OF_MEMORY[device] * float(need.get("ram_gb") or DEFAULTS["device_ram_gb"][device])
    if need.get("gpu_mem_gb"):
        return 0.95 * float(need["gpu_mem_gb"])
    return 0.7 * need["ram_gb"] if need.get("ram_gb") and not need.get("gpu") else None


def _memory(raw: Raw) -> Iterator[str]:
    if raw.offer is None and (room := usable_gb(raw)) is not None:
        needs = needed_gb(raw)
        if needs is None or needs > room + 1e-6:
            yield f"needs {needs} GB of {room}"
        if raw.pick.cost.basis != "owned_hardware" or raw.pick.cost.monthly_usd != 0:
            yield "own hardware charged as rented"
    limit, size = raw.need.get("max_params_b"), raw.model.params_total_b
    if limit and (size is None or isinstance(size.value, str) or size.value > limit):
        yield f"{size and size.value} B of at most {limit}"


def seconds(raw: Raw) -> tuple[float, bool]:
    """Seconds an answer, and whether they were measured: measured counts for tasks that think."""
    if raw.task in THINKING:
        for row in raw.model.seconds:
            if row.effort == raw.pick.option.effort:
                return row.seconds.value, True
    first = DEFAULTS["first_token_seconds"]["thinking" if raw.reasoning else "none"]
    return first + (raw.output + raw.reasoning) / DEFAULTS["tokens_per_second"][raw.model.tier], False


def _latency(raw: Raw) -> Iterator[str]:
    limit = raw.need.get("latency_seconds") or (1.5 if raw.need.get("realtime") else None)
    if limit is None:
        return
    taken, measured = seconds(raw)
    if not (measured or raw.need.get("output_tokens")):  # how long the answer is was not said, so it does not count
        taken -= raw.output / DEFAULTS["tokens_per_second"][raw.model.tier]
    if taken > limit + 1e-9:
        yield f"{taken:.1f} s of at most {limit}"


@cache
def listed() -> dict[str, ModelInfo]:
    """What the price package lists, by provider and id."""
    return {f"{p.id}/{info.id}": info for p in providers for info in p.models}


def _days(raw: Raw, info: ModelInfo) -> Iterator[dt.date]:
    yield raw.day
    for price in info.prices if isinstance(info.prices, list) else ():
        start = getattr(price.constraint, "start_date", None)
        if start and raw.day < start <= raw.day + dt.timedelta(days=365):
            yield start


def dearest_month(raw: Raw, *, ahead: bool = True) -> float | None:
    """USD a month at the dearest hour of today, and of each day with an announced price."""
    assert raw.offer is not None
    given, spoken = round(raw.input * raw.factor), round(raw.output * raw.factor) + raw.reasoning
    own = next((p for p in raw.facts.snapshot.list_prices if p.id == raw.offer.price_id), None)
    if own:
        return _own_price(own, raw, given, spoken) * raw.requests
    info = listed()[raw.offer.price_id]
    days = list(_days(raw, info)) if ahead else [raw.day]
    return max(_at(info, raw, day, hour, given, spoken) for day in days for hour in range(24)) * raw.requests


def _at(info: ModelInfo, raw: Raw, day: dt.date, hour: int, given: int, spoken: int) -> float:
    at = dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC)
    share = raw.need.get("cached_share") or 0.0

    def usd(cached: int) -> float:
        usage = Usage(input_tokens=given, cache_read_tokens=cached, output_tokens=spoken)
        batch = {"processing": "batch"} if raw.need.get("batch_ok") and info.price_variants else None
        return float(info.get_prices(at, batch).calc_price(usage)["total_price"])

    return (1 - share) * usd(0) + share * usd(given) if share else usd(0)


def _own_price(row: ListPrice, raw: Raw, given: int, spoken: int) -> float:
    share = raw.need.get("cached_share") or 0.0
    less = row.batch_share or 1.0 if raw.need.get("batch_ok") else 1.0
    cached = row.input_usd_per_m if row.cached_usd_per_m is None else row.cached_usd_per_m
    given_usd = given * ((1 - share) * row.input_usd_per_m + share * cached)
    return (given_usd + spoken * row.output_usd_per_m) * less / 1e6


def budget_usd(raw: Raw) -> float | None:
    """The budget in dollars by the dated table; None where none binds, or its currency has no rate."""
    budget, currency = raw.need.get("monthly_budget"), raw.need.get("budget_currency") or "USD"
    if not budget or not raw.need.get("monthly_requests"):
        return None
    rates = {rate.currency: rate.per_usd for rate in raw.facts.snapshot.fx}
    return float(budget) if currency == "USD" else budget / rates[currency] if currency in rates else None


def _money(raw: Raw) -> Iterator[str]:
    cost, budget = raw.pick.cost, budget_usd(raw)
    if raw.offer is not None:
        today, worst = dearest_month(raw, ahead=False), dearest_month(raw)
        if today is None or worst is None or abs(float(cost.monthly_usd or 0) - today) > 0.01 + 1e-9 * today:
            yield f"costs {today}, not {cost.monthly_usd}"
        if budget is not None and (worst is None or worst > budget + 0.01):
            yield f"costs {worst} of {budget}"
        if cost.reasoning_tokens != raw.reasoning or cost.effort != raw.pick.option.effort or not cost.seller:
            yield "cost without its effort or seller"
    elif cost.basis == "rented_gpu":
        yield from _rent(raw, budget)


def _rent(raw: Raw, budget: float | None) -> Iterator[str]:
    hardware, monthly = raw.pick.hardware, raw.pick.cost.monthly_usd
    if hardware is None or monthly is None:
        if budget is not None:
            yield "no rent is known for it"
        return
    card = next(d for d in raw.facts.snapshot.devices if d.name == hardware.gpu)
    rent = min(r.usd_per_hour for r in card.rents) * 730 * hardware.gpus
    if abs(float(monthly) - rent) > 0.01:
        yield f"rent {monthly}, by the hour {rent}"
    if budget is not None and rent > budget + 0.01:
        yield f"rent {rent} of {budget}"
    yield from _serves(raw, card, hardware.gpus)


def _serves(raw: Raw, card: Device, count: int) -> Iterator[str]:
    needs = needed_gb(raw)
    if needs is None or needs > max(card.memory_gb) * 0.95 * count + 1e-6:
        yield f"needs {needs} GB on {count} x {card.name}"
    total, active = raw.model.params_total_b, raw.model.params_active_b
    if raw.volume_said and card.tflops_bf16 and total and not isinstance(total.value, str):
        read = active.value if active and not isinstance(active.value, str) else total.value
        share = 0.06 if read < total.value else 0.20
        tokens = share * card.tflops_bf16 * 1e12 / (2 * read * 1e9) * count
        if raw.peak_rps * (raw.output + raw.reasoning) > tokens * (1 + 1e-6):
            yield f"{count} x {card.name} give {tokens:.0f} tokens a second"


_CHECKS: tuple[Callable[[Raw], Iterator[str]], ...] = (
    _sale, _effort, _licence, _kind, _place, _secrecy, _vendors, _work, _context, _memory, _latency, _money,
)  # fmt: skip
