"""The records that people write in YAML and the snapshot holds; everything refuses unknown keys."""

import datetime as dt
from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import Meta, Struct

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.\-]*\Z")]
SourceId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.\-]*\Z")]
LineNumber = Annotated[int, Meta(ge=1)]
LineRange = tuple[LineNumber, LineNumber]
T = TypeVar("T")

ClaimKind = Literal[
    "fact", "rating", "recommendation", "warning", "rule", "definition",
    "benchmark", "opinion", "forecast", "unreadable",
]  # fmt: skip
SkipReason = Literal["chrome", "heading", "prompt template", "transition", "repeated"]
Stance = Literal["for", "against", "none"]
Effort = Literal["none", "low", "medium", "high", "xhigh", "max", "unstated"]
ModelKind = Literal["llm", "code", "vision", "image", "asr", "tts", "embedding", "encoder", "domain"]
Tier = Literal["frontier", "large", "small", "tiny"]
Precision = Literal["bf16", "fp8", "int8", "int4", "mxfp4"]
TextRead = Literal["full", "excerpt", "tag", "none"]
Author = Literal["vendor", "independent", "single_author", "excerpt"]
ClauseKind = Literal[
    "commercial", "production", "mau", "revenue", "field", "territory", "naming", "attribution",
    "notice", "train_competitor", "train_on_outputs", "application", "acceptable_use", "hosting",
    "redistribution", "base_model", "termination", "indemnity",
]  # fmt: skip


class Record(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A frozen record that refuses unknown keys; no record holds itself, so none is left to the collector."""


class Sourced(Record, Generic[T], frozen=True, array_like=True):
    """A value with its source, as `[value, source]` in YAML; `as_of` where the day is not the source's own."""

    value: T
    source: SourceId
    as_of: dt.date | None = None
    note: str | None = None
    also: tuple["Sourced[Any]", ...] = ()


class Source(Record, frozen=True, kw_only=True):
    """One place that facts were read in; listed once in sources.yaml."""

    id: SourceId
    title: str
    date: dt.date
    kind: Literal["licence", "price", "benchmark", "catalog"]
    url: str | None = None
    read: Literal["full", "copy", "excerpt", "tag"]
    licence: str | None = None
    note: str | None = None


class Article(Record, frozen=True, kw_only=True):
    """One of the five articles: which file, what it says of itself, how to recognise it."""

    id: Annotated[str, Meta(pattern=r"^\d{3}\Z")]
    file: str
    sha256: str
    title: str
    date: dt.date | None  # None: undated
    dated_by: dt.date
    language: Literal["zh-Hans", "zh-Hant"]
    note: str | None = None


class Attribute(Record, frozen=True, kw_only=True):
    """What a claim can be about: the closed list that makes claims comparable."""

    id: str
    unit: str | None = None
    kind: Literal["aspect", "fact", "term"]
    zh: str
    en: str


class Claim(Record, frozen=True, kw_only=True):
    """One fact of an article in our own words, with the lines it stands on."""

    id: Annotated[str, Meta(pattern=r"^\d{3}/[a-z0-9][a-z0-9.\-]*\Z")]
    lines: Annotated[tuple[LineRange, ...], Meta(min_length=1)]
    section: str
    kind: ClaimKind
    about: dict[str, str] = {}
    reading: str | None = None
    attribute: str
    when: dict[str, Any] = {}
    stance: Stance = "none"
    value: Any = None
    zh: Annotated[str, Meta(min_length=4)]
    en: Annotated[str, Meta(min_length=4)]


class Skip(Record, frozen=True):
    """Lines of an article that state nothing, and why."""

    article: str
    lines: Annotated[tuple[LineRange, ...], Meta(min_length=1)]
    reason: SkipReason
    note: str | None = None


class Window(Record, frozen=True):
    """Token limits; `effective` is what a long-context test measured, not what is claimed."""

    total: Sourced[int]
    max_input: Sourced[int] | None = None
    max_output: Sourced[int] | None = None
    effective: Sourced[int] | None = None


class Efforts(Record, frozen=True):
    """Reasoning effort levels on offer; `none` among them means that thinking can be switched off."""

    levels: tuple[Effort, ...]
    default: Effort
    source: SourceId


class Languages(Record, frozen=True, kw_only=True):
    """Languages the vendor lists (BCP 47), and those it is known not to write."""

    supported: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    source: SourceId


class KvCache(Record, frozen=True):
    """Bytes of KV cache: per token, and a fixed part a sequence for recurrent layers (16-bit)."""

    bytes_per_token: Sourced[int]
    bytes_per_sequence: int = 0


class Weights(Record, frozen=True, kw_only=True):
    """Downloadable weights at one revision."""

    repo: str
    revision: str | None = None
    licence: Sourced[Slug]
    licence_text_read: TextRead
    base_model: Slug | None = None
    downloadable: Sourced[bool]
    kv: KvCache | None = None
    files_gb: dict[Precision, Sourced[float]] = {}
    precisions: tuple[Precision, ...] = ("bf16", "fp8", "int4")
    on_device: Sourced[float] | None = None  # decode tokens per second on a phone


class Offer(Record, frozen=True):
    """An API listing: who sells it under which price id, seen on which day, until when."""

    seller: Slug
    price_id: str  # provider/id in genai-prices
    listed: Sourced[dt.date]
    retires: Sourced[dt.date] | None = None
    successor: Slug | None = None
    preview: bool = False
    window: Window | None = None
    capabilities: tuple[str, ...] | None = None


class Seconds(Record, frozen=True):
    """Measured wall-clock seconds a task at one effort, with the tokens spent where known."""

    effort: Effort
    seconds: Sourced[float]
    tokens: int | None = None


class Predecessor(Record, frozen=True):
    """The same-tier model that this one replaces, by the vendor's own table or naming."""

    model: Slug
    source: SourceId


class Model(Record, frozen=True, kw_only=True):
    """One model; everything that differs by seller or precision stands in offers and weights."""

    id: Slug
    name: str
    aliases: tuple[str, ...] = ()
    family: Slug
    kind: ModelKind
    tier: Tier
    released: Sourced[dt.date] | None = None
    status: Literal["released", "announced", "never_released"] = "released"
    predecessor: Predecessor | None = None
    field: Literal["medicine", "finance", "law"] | None = None  # made for one field of use
    params_total_b: Sourced[float | Literal["undisclosed"]] | None = None
    params_active_b: Sourced[float | Literal["undisclosed"]] | None = None
    architecture: Sourced[Literal["dense", "moe", "hybrid", "diffusion", "encoder", "undisclosed"]] | None = None
    window: Window | None = None
    efforts: Efforts | None = None
    reasoning_tokens: dict[Effort, Sourced[int]] = {}
    tokenizer_factor: Sourced[float] | None = None  # tokens against o200k, same text
    modalities_in: tuple[str, ...] = ("text",)
    modalities_out: tuple[str, ...] = ("text",)
    capabilities: tuple[str, ...] = ()
    capabilities_source: SourceId | None = None
    languages: Languages | None = None
    seconds: tuple[Seconds, ...] = ()
    offers: tuple[Offer, ...] = ()
    weights: Weights | None = None
    note: str | None = None


class Family(Record, frozen=True):
    """A brand line: the articles speak of these, the advice names one family a pick."""

    id: Slug
    name: str
    aliases: tuple[str, ...] = ()


class Vendor(Record, frozen=True):
    """One catalog file: the maker, its families and its models."""

    id: Slug
    name: str
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
    families: tuple[Family, ...]
    models: tuple[Model, ...]


class Clause(Record, frozen=True, kw_only=True):
    """One clause of a licence: what it demands, of whom, above which threshold."""

    id: str
    kind: ClauseKind
    section: str | None = None
    effect: Literal["allows", "forbids", "requires"]
    threshold: float | None = None
    counted: str | None = None  # who is counted, over which period, on which date
    regions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    zh: str
    en: str


class Licence(Record, frozen=True, kw_only=True):
    """A licence text clause by clause; a text not read in full yields at best `conditional`."""

    id: Slug
    name: str
    spdx: str | None = None
    osi: bool
    text_read: TextRead
    read_on: dt.date
    source: SourceId
    released: dt.date | None = None
    clauses: tuple[Clause, ...]
    note: str | None = None


class Papers(Record, frozen=True):
    """Agreements a seller signs, and what it does with data without them."""

    baa: Sourced[bool] | None = None
    dpa: Sourced[bool] | None = None
    zero_retention: Sourced[bool] | None = None
    residency: Sourced[tuple[str, ...]] | None = None


class Seller(Record, frozen=True, kw_only=True):
    """Who sells an API: where it serves, under whose law, on which terms."""

    id: Slug
    name: str
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
    served: Sourced[tuple[str, ...]] | None = None  # ISO codes, or ["*"] for all but not_served
    not_served: Sourced[tuple[str, ...]] | None = None
    ownership_refused: Sourced[tuple[str, ...]] | None = None
    papers: Papers = Papers()
    retention: Sourced[str] | None = None
    trains_on_data: Sourced[bool] | None = None
    stacks: tuple[str, ...] = ()
    terms: Slug = "closed-api"


class Score(Record, frozen=True):
    """One row of a benchmark table for one model at one effort: score and place in the whole table."""

    model: Slug
    effort: Effort
    printed: str
    scores: dict[str, tuple[float, int]]  # benchmark -> (score, rank in the whole table, 1 = best)


class Benchmark(Record, frozen=True):
    """What one column of a table measures and for which aspects it is evidence."""

    name: str
    aspects: tuple[str, ...]
    unit: str
    better: Literal["higher", "lower"]
    of: int  # rows of the whole table that have this figure
    languages: tuple[str, ...] = ()
    field: Literal["medicine", "finance", "law"] | None = None


class Table(Record, frozen=True):
    """A published benchmark table: harness, date, author, and the rows of catalog models."""

    id: Slug
    title: str
    source: SourceId
    date: dt.date
    by: Author
    harness: str
    benchmarks: dict[str, Benchmark]
    rows: tuple[Score, ...]


class Rent(Record, frozen=True):
    """An hourly price for one card, with its seller."""

    usd_per_hour: float
    seller: str
    source: SourceId
    as_of: dt.date


class Device(Record, frozen=True, kw_only=True):
    """A GPU or device: usable memory, bandwidth, dated rents, where it can be bought."""

    id: Slug
    name: str
    aliases: tuple[str, ...] = ()
    kind: Literal["datacentre", "workstation", "consumer", "unified", "phone"]
    memory_gb: tuple[float, ...]
    bandwidth_gb_s: float | None = None
    tflops_bf16: float | None = None
    source: SourceId
    not_sold_in: tuple[str, ...] = ()
    rents: tuple[Rent, ...] = ()
    note: str | None = None


class ExchangeRate(Record, frozen=True):
    """Units of a currency for one US dollar on a day."""

    currency: Literal["CNY", "EUR", "TWD"]
    per_usd: float
    source: SourceId
    as_of: dt.date


class ListPrice(Record, frozen=True, kw_only=True):
    """A seller's list price for an id that the price package does not carry."""

    id: str
    input_usd_per_m: float
    output_usd_per_m: float
    cached_usd_per_m: float | None = None
    batch_share: float | None = None
    source: SourceId
    as_of: dt.date
    note: str | None = None


class RecordedSide(Record, frozen=True):
    """What some claims say, in a word or a figure."""

    value: str
    claims: Annotated[tuple[str, ...], Meta(min_length=1)]


class Decision(Record, frozen=True):
    """What a checked source says of a disagreement, and the citation keys of where it stands."""

    zh: Annotated[str, Meta(min_length=4)]
    en: Annotated[str, Meta(min_length=4)]
    keys: Annotated[tuple[str, ...], Meta(min_length=1)]


class RecordedConflict(Record, frozen=True):
    """A disagreement that people wrote down; `about` holds models, families, or a word where a rule is about none."""

    id: Slug
    about: Annotated[tuple[str, ...], Meta(min_length=1)]
    attribute: str
    severity: Literal["high", "medium", "low"]
    sides: Annotated[tuple[RecordedSide, ...], Meta(min_length=1)]
    decision: Decision | None = None


class Snapshot(Record, frozen=True, kw_only=True):
    """Everything that is known, compiled and validated; the package reads only this."""

    version: int
    missing: tuple[str, ...] = ()
    articles: tuple[Article, ...]
    attributes: tuple[Attribute, ...]
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    skipped: tuple[Skip, ...]
    vendors: tuple[Vendor, ...]
    licences: tuple[Licence, ...]
    sellers: tuple[Seller, ...]
    tables: tuple[Table, ...]
    devices: tuple[Device, ...]
    fx: tuple[ExchangeRate, ...]
    list_prices: tuple[ListPrice, ...] = ()
    conflicts: tuple[RecordedConflict, ...] = ()
