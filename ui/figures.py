"""What the calculating commands find, as typed values with citation keys: licence, cost, context, hardware."""

import datetime as dt
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from ..agent.advice import Citation, CiteKey, CostPart, LicenseCheck, ModelRef, Value
from ..knowledge.schema import Precision
from ..tools.context import Unit

Script = Literal["zh", "en"]
Cites = tuple[CiteKey, ...]


class Figure(Value):
    """What every result has: where its facts stand, and the day that it holds for."""

    citations: dict[CiteKey, Citation] = Field(default_factory=dict)
    as_of: dt.date


class Licensed(Figure):
    """The verdict for one use of a model or a licence; `use` holds the fields that were said."""

    subject: str
    use: dict[str, Any]
    license: LicenseCheck


class Billed(Value):
    """A month at one seller, with the formula of each part and the months after announced changes of price."""

    seller: str
    price_id: str
    monthly_usd: Decimal
    per_request_usd: Decimal
    parts: tuple[CostPart, ...]
    changes: tuple[tuple[dt.date, Decimal], ...] = ()
    batch_price: bool = False
    peak_differs: bool = False
    until: dt.date | None = None
    cites: Cites


class Thinking(Value):
    """Thinking tokens a request at an effort: measured for the model, or assumed."""

    effort: str
    tokens: int
    basis: Literal["measured", "estimated", "none"]
    cites: Cites = ()


class Costs(Figure):
    """What a model costs at each of its sellers, the cheapest first."""

    model: ModelRef
    requests: int
    input: int
    output: int
    cached_share: Decimal
    batch: bool
    thinking: Thinking
    sellers: tuple[Billed, ...]
    weights: bool


class Fitted(Value):
    """A text held against one window, in tokens; `has` is what is left for input, `seller` None means the maker's."""

    seller: str | None
    status: Literal["met", "failed", "unknown"]
    limit: str
    has: int | None
    total: int
    effective: int | None
    cites: Cites


class Fits(Figure):
    """Whether a text fits a model; `low` to `high` are its tokens in the model's tokenizer."""

    model: ModelRef
    amount: float
    unit: Unit
    low: int
    high: int
    output: int
    thinking: Thinking
    status: Literal["met", "failed", "unknown"]
    windows: tuple[Fitted, ...]
    cites: Cites = ()


class Carded(Value):
    """Cards of one kind that hold a model: how many, one sequence's tokens a second, USD a month of rent."""

    gpu: str
    cards: int
    capacity_gb: float
    tokens_per_second: tuple[float, float] | None = None
    monthly_low: Decimal | None = None
    monthly_high: Decimal | None = None
    cites: Cites


class Sized(Value):
    """Memory at one precision in GB; without a known cache no total and no cards."""

    precision: Precision
    weights_gb: float
    kv_gb: float | None = None
    overhead_gb: float | None = None
    total_gb: float | None = None
    cards: tuple[Carded, ...] = ()
    cites: Cites


class Sizes(Figure):
    """What it takes to run a model's weights, by precision."""

    model: ModelRef
    tokens: int
    concurrency: int
    precisions: tuple[Sized, ...]
