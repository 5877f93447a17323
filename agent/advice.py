"""The typed result: every statement is a template id with parameters and the keys of its sources."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from .requirements import Requirements, Topic

SCHEMA_VERSION = 1
Language = Literal["zh-Hans", "zh-Hant", "en"]
CiteKey = str

Param = str | int | float | bool | None | tuple[str, ...]
Params = Mapping[str, Param]


class Value(BaseModel):
    """A frozen value that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Statement(Value):
    """A sentence as data: `write` renders it in three scripts, a checker compares its parameters."""

    text_id: str
    params: Params = Field(default_factory=dict)
    cites: tuple[CiteKey, ...] = ()


class Citation(Value):
    """Where a fact stands: an article's lines, a licence's section, a price list's row, or the person's words."""

    key: CiteKey
    kind: Literal["article", "licence", "price", "benchmark", "catalog", "user"]
    title: str
    date: str
    file: str | None = None
    lines: tuple[int, int] | None = None
    section: str | None = None
    url: str | None = None
    excerpt: dict[str, str] = Field(default_factory=dict)


class Option(Value):
    """What can be had: a model from a seller or as weights, at one precision and one effort."""

    model_id: str
    kind: Literal["api", "weights"]
    seller: str | None = None
    price_id: str | None = None
    precision: str | None = None
    effort: str = "unstated"


class ModelRef(Value):
    """The model of an option, in words."""

    id: str
    name: str
    vendor: str
    family: str


class Fit(Value):
    """One requirement held against one option."""

    status: Literal["met", "failed", "unknown", "not_asked"]
    required: Param = None
    has: Param = None
    cites: tuple[CiteKey, ...] = ()


class CostPart(Value):
    """One term of a cost, with the formula that gives it."""

    name: str
    usd: Decimal
    formula: str


class BreakEven(Value):
    """Requests a month from which renting cards for weights costs no more than an API; None where it never does.

    `low` and `high` are the same at the lowest and the highest rent found for the cards.
    """

    api: str
    api_option: Option
    weights: str
    weights_option: Option
    requests: int | None
    low: int | None
    high: int | None
    cites: tuple[CiteKey, ...] = ()


class Cost(Value):
    """Monthly cost in USD for the stated volume; None where no volume or no rent is known."""

    monthly_usd: Decimal | None
    per_request_usd: Decimal | None
    basis: Literal["api", "rented_gpu", "owned_hardware"]
    parts: tuple[CostPart, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    as_of: dt.date
    seller: str | None = None
    effort: str = "unstated"
    reasoning_tokens: int = 0
    changes: tuple[tuple[dt.date, Decimal], ...] = ()
    scenarios: tuple[tuple[str, Decimal], ...] = ()
    break_even: BreakEven | None = None
    cites: tuple[CiteKey, ...] = ()


class Hardware(Value):
    """Memory and cards for weights: all experts resident, KV cache for the concurrency asked.

    `fits_concurrency` is how many sequences of the need's size fit beside the weights; `standby_gpus` are the cards
    that a second copy needs on top, and `standby_usd` the month's rent with them.
    """

    weights_gb: float
    kv_gb: float
    overhead_gb: float
    total_gb: float
    gpus: int
    gpu: str
    capacity_gb: float
    concurrency: int
    tokens_per_second: tuple[float, float] | None = None
    basis: Literal["estimated", "measured"] = "estimated"
    fits_concurrency: int | None = None
    standby_gpus: int | None = None
    standby_usd: Decimal | None = None
    cites: tuple[CiteKey, ...] = ()


class Lifecycle(Value):
    """How long the option can be had, computed on the day of asking."""

    status: Literal["on_sale", "ending", "retired", "preview", "downloadable"]
    until: dt.date | None = None
    months_left: float | None = None
    successor: str | None = None
    price_change_pct: float | None = None
    checked: dt.date | None = None
    cites: tuple[CiteKey, ...] = ()


class LicenseCheck(Value):
    """The licence verdict for this use, with the clauses that decide it."""

    verdict: Literal["allowed", "conditional", "forbidden", "unknown"]
    name: str
    obligations: tuple[Statement, ...] = ()
    clauses: tuple[Statement, ...] = ()
    read_on: dt.date | None = None
    text_read: str = "none"
    cites: tuple[CiteKey, ...] = ()


class ScorePart(Value):
    """One criterion of the score: value in [0, 1], weight, product."""

    value: float
    weight: float
    product: float
    cites: tuple[CiteKey, ...] = ()


class Score(Value):
    """The sum of its parts, to 1e-9."""

    total: float
    profile: str
    parts: dict[str, ScorePart]


class EvidenceItem(Value):
    """One signal for one aspect: what was measured or said, by whom, and how much it weighs."""

    aspect: str
    signal: float
    weight: float
    statement: Statement
    cites: tuple[CiteKey, ...]


class Evidence(Value):
    """What speaks for an option's quality, direct where it names the model itself."""

    kind: Literal["direct", "inherited", "none"]
    models: tuple[str, ...]
    items: tuple[EvidenceItem, ...]
    strength: float


class Confidence(Value):
    """How far the quality of a pick is known: figures and statements about the model itself, and their age in months.

    `other` counts figures of single authors and figures quoted at second hand.
    """

    level: Literal["high", "medium", "low"]
    independent: int
    vendor: int
    other: int
    statements: int
    newest_months: float | None = None
    median_months: float | None = None
    cites: tuple[CiteKey, ...] = ()


class Pick(Value):
    """A recommended option with all that decides whether one may sign it."""

    option: Option
    model: ModelRef
    role: Literal["first_choice", "alternative", "budget", "hard_questions"]
    reasons: tuple[Statement, ...]
    against: Statement
    license: LicenseCheck
    context: Fit
    cost: Cost
    hardware: Hardware | None
    lifecycle: Lifecycle
    evidence: Evidence
    risks: tuple[Statement, ...]
    score: Score
    confidence: Confidence | None = None


class Elimination(Value):
    """Why a model is out: the first rule that its best option fails, and all that it fails."""

    option: Option
    name: str
    rule: str
    all_failed: tuple[str, ...]
    required: Param
    has: Param
    cites: tuple[CiteKey, ...]


class GiveUp(Value):
    """The smallest change of one requirement that would admit an option."""

    field: str
    required: Param
    has: Param


class NearMiss(Value):
    """An option that fails one rule (or a pair) alone, and what to give up for it."""

    option: Option
    name: str
    rules: tuple[str, ...]
    give_up: tuple[GiveUp, ...]
    cites: tuple[CiteKey, ...]


class Conflict(Value):
    """Two sources that disagree about a pick, both sides cited, with what a checked source says."""

    about: str
    attribute: str
    sides: tuple[Statement, ...]
    decision: Statement | None


class Routing(Value):
    """Easy requests to a cheap model, hard ones to a strong one; `share` (0 to 1) is the cheap one's.

    `saves_usd` is against the strong model alone; `sides` says which rule the share follows, what another one would
    cost, and what the split rests on.
    """

    cheap: str
    strong: str
    share: float
    monthly_usd: Decimal
    saves_usd: Decimal
    sides: tuple[Statement, ...] = ()
    cites: tuple[CiteKey, ...] = ()


class TestPlan(Value):
    """What to measure before signing: how many prompts detect which difference."""

    prompts: int
    detectable_difference: float
    method: Statement
    rubric: tuple[Statement, ...]


class OpenQuestion(Value):
    """A question that was not asked, and what its answer could change."""

    topic: Topic
    value: float
    text: Statement
    could_change: Statement


class Question(Value):
    """A question for the person: its topic, its words, why it matters, and choices where there are any."""

    topic: Topic
    slot: str | None = None
    beside: tuple[str, ...] = ()
    text: Statement
    also: tuple[Statement, ...] = ()
    why: Statement
    choices: tuple[Statement, ...] = ()


class Advice(Value):
    """What modelwise recommends, and everything that it rests on."""

    schema_version: int = SCHEMA_VERSION
    requirements: Requirements
    status: Literal["recommended", "nothing_fits", "unclear"]
    picks: tuple[Pick, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    eliminated: tuple[Elimination, ...] = ()
    funnel: tuple[tuple[str, int], ...] = ()
    questions: tuple[Question | OpenQuestion, ...] = ()
    assumptions: tuple[Statement, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    strategy: Routing | None = None
    advice_notes: tuple[Statement, ...] = ()
    evaluation: TestPlan | None = None
    citations: dict[CiteKey, Citation] = {}
    as_of: dt.date
    data_dates: dict[str, dt.date] = {}

    @field_serializer("requirements")
    def _requirements(self, value: Requirements) -> dict[str, Any]:
        return {k: sorted(v) if isinstance(v, frozenset) else v for k, v in value.model_dump().items() if v is not None}

    def to_markdown(self, language: Language | None = None) -> str:
        """Return the advice as Markdown, by default in the language that it was asked in."""
        from .write import markdown

        return markdown(self, language or self.requirements.language)

    def to_html(self, language: Language | None = None) -> str:
        """Return the advice as one print-ready HTML page without scripts."""
        from .page import html

        return html(self, language or self.requirements.language)

    def to_json(self) -> str:
        """Return the advice as JSON; `from_json` reads it back unchanged."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return an advice from its JSON."""
        return cls.model_validate_json(text)
