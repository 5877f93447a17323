"""What a person needs: the fields, their units, and what was said, assumed or not known."""

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..knowledge.regions import REGIONS

Task = Literal[
    "chat", "code", "reasoning", "rag", "summarization", "translation", "classification", "extraction",
    "agent", "vision", "image_generation", "asr", "tts", "embedding", "creative_writing",
]  # fmt: skip
Modality = Literal["image", "audio", "video", "image_output", "audio_output"]
Capability = Literal[
    "tools", "structured_output", "streaming", "batch", "prompt_cache", "vendor_fine_tune", "web_search"
]
Sensitivity = Literal["internal", "pii", "phi", "financial", "minors", "trade_secret", "classified"]
Agreement = Literal["baa", "dpa", "zero_retention", "residency"]
Sector = Literal["public", "hospital", "bank", "school", "critical", "other"]
Topic = Literal[
    "task", "license", "privacy", "customization", "users", "volume",
    "context", "budget", "language", "latency", "hardware", "modality",
]  # fmt: skip

MAX_TEXT = 20_000
MAX_COUNT = 10**13


class InvalidRequirements(ValueError):
    """A mapping that cannot be requirements: names the field, the value, and what is accepted."""

    def __init__(self, field: str, value: object, accepted: str) -> None:
        """Name the field, the value and what would be accepted."""
        self.field, self.value, self.accepted = field, value, accepted
        super().__init__(f"{field}={_short(value)} is not accepted; {accepted}")


def _short(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print an integer of more than 4300 digits
        text = f"an integer of {value.bit_length()} bits" if isinstance(value, int) else f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def language_tag(tag: str) -> str:
    """Return the tag we compare by: zh-Hans and zh-CN are zh; zh-TW and zh-HK are zh-Hant."""
    known = {
        "zh-hans": "zh",
        "zh-cn": "zh",
        "zh-sg": "zh",
        "zh-hant": "zh-Hant",
        "zh-tw": "zh-Hant",
        "zh-hk": "zh-Hant",
    }
    head = tag.replace("_", "-").lower()
    if head in known:
        return known[head]
    parts = head.split("-")
    if not (2 <= len(parts[0]) <= 3 and head.isascii() and parts[0].isalpha()):
        raise ValueError("a BCP 47 tag such as zh, zh-Hant, en or pt-BR")
    return "-".join([parts[0], *(p.upper() if len(p) == 2 else p.title() for p in parts[1:])])


def _region(code: str) -> str:
    upper = code.upper()
    if upper not in REGIONS:
        raise ValueError("an ISO 3166 country code such as CN, TW, US, or EU")
    return upper


def _no_repeats(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("a list of values")
    items = list(value) if isinstance(value, Iterable) else value
    if isinstance(items, list) and len({str(i) for i in items}) < len(items):
        raise ValueError("each value once")
    return items


def _number(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("a plain number in the field's unit")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a finite number")
    return value


def _yes_or_no(value: Any) -> Any:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _lower(value: str) -> str:
    name = value.strip().lower()
    if not 1 <= len(name) <= 80:
        raise ValueError("a name of 1 to 80 characters")
    return name


Name = Annotated[str, Field(min_length=1, max_length=80)]
Region = Annotated[str, AfterValidator(_region)]
Tag = Annotated[str, AfterValidator(language_tag)]
Flag = Annotated[bool, BeforeValidator(_yes_or_no)]
Count = Annotated[int, BeforeValidator(_number), Field(ge=1, le=MAX_COUNT)]
Amount = Annotated[float, BeforeValidator(_number), Field(gt=0, le=1e15)]
Tokens = Annotated[int, BeforeValidator(_number), Field(ge=1, le=10**9)]
Share = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
Names = Annotated[frozenset[Annotated[Name, AfterValidator(_lower)]], BeforeValidator(_no_repeats)]


class Requirements(BaseModel):
    """A need in fixed units; a field is None until it was asked or said.

    Tokens are per request, volumes per month, `gpu_mem_gb` is the total over the cards, money is as spoken in
    `budget_currency`. `said` binds; `assumed` never eliminates; `unknown` was answered with "don't know".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task | None = None
    secondary_tasks: Annotated[frozenset[Task], BeforeValidator(_no_repeats)] | None = None
    languages: Annotated[frozenset[Tag], BeforeValidator(_no_repeats)] | None = None
    modalities: Annotated[frozenset[Modality], BeforeValidator(_no_repeats)] | None = None
    capabilities: Annotated[frozenset[Capability], BeforeValidator(_no_repeats)] | None = None
    on_prem: Flag | None = None
    data_sensitivity: Annotated[frozenset[Sensitivity], BeforeValidator(_no_repeats)] | None = None
    agreements: Annotated[frozenset[Agreement], BeforeValidator(_no_repeats)] | None = None
    company_region: Region | None = None
    users_region: Region | None = None
    data_region: Region | None = None
    ownership_region: Region | None = None
    sector: Sector | None = None
    vendors_excluded: Names | None = None
    vendor_countries_excluded: Annotated[frozenset[Region], BeforeValidator(_no_repeats)] | None = None
    models_excluded: Names | None = None
    models_only: Names | None = None
    current_model: Name | None = None
    quality_floor: Name | None = None
    prefer: Literal["self_host", "api"] | None = None
    existing_stack: Names | None = None
    commercial: Flag | None = None
    fine_tune: Flag | None = None
    redistribute: Flag | None = None
    open_weights: Flag | None = None
    osi_license: Flag | None = None
    api_only: Flag | None = None
    mau: Count | None = None
    annual_revenue_usd: Amount | None = None
    monthly_requests: Count | None = None
    peak_rps: Amount | None = None
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    cached_share: Share | None = None
    batch_ok: Flag | None = None
    context_tokens: Tokens | None = None
    monthly_budget: Amount | None = None
    budget_currency: Literal["USD", "CNY", "TWD", "EUR"] | None = None
    latency_seconds: Annotated[float, BeforeValidator(_number), Field(gt=0, le=10**7)] | None = None
    realtime: Flag | None = None
    gpu: Name | None = None
    gpu_count: Annotated[int, BeforeValidator(_number), Field(ge=1, le=10_000)] | None = None
    gpu_mem_gb: Annotated[float, BeforeValidator(_number), Field(gt=0, le=10**7)] | None = None
    ram_gb: Annotated[float, BeforeValidator(_number), Field(gt=0, le=10**5)] | None = None
    device: Literal["phone", "laptop", "edge", "server"] | None = None
    max_params_b: Annotated[float, BeforeValidator(_number), Field(gt=0, le=10**5)] | None = None
    quality_priority: Literal["cost", "quality", "speed", "balanced"] | None = None
    horizon_months: Annotated[float, BeforeValidator(_number), Field(gt=0, le=120)] | None = None
    decides_about_people: Flag | None = None
    human_review: Flag | None = None

    said: frozenset[str] = frozenset()
    assumed: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    words: dict[str, str] = {}
    language: Literal["zh-Hans", "zh-Hant", "en"] = "en"

    @classmethod
    def from_mapping(cls, fields: Mapping[str, Any]) -> Self:
        """Return requirements from a mapping of fields; every key counts as said.

        Raises:
            InvalidRequirements: an unknown key, a wrong unit, a repeat, or a number out of range.

        """
        for key in fields:
            if key not in FIELDS:
                raise InvalidRequirements(str(key), fields[key], _closest(str(key)))
        said = {key for key, value in fields.items() if value is not None}
        try:
            return cls.model_validate({**fields, "said": said})
        except ValidationError as error:
            raise _explain(error) from None

    def binding(self, *fields: str) -> bool:
        """Whether any of the fields was said (assumed values never eliminate)."""
        return any(f in self.said for f in fields)

    def with_fields(self, values: Mapping[str, Any], *, assumed: bool = False) -> Self:
        """Return a copy with some fields replaced, marked as said or as assumed."""
        names = frozenset(values)
        marks = {"said": self.said - names, "assumed": self.assumed - names, "unknown": self.unknown - names}
        marks["assumed" if assumed else "said"] |= names
        return type(self).model_validate({**self.model_dump(), **values, **marks})

    def stated(self) -> dict[str, Any]:
        """Return the said fields as a plain mapping, sets as sorted lists: `from_mapping` reads it back."""
        dumped = self.model_dump(mode="json")
        return {f: sorted(v) if isinstance(v := dumped[f], list) else v for f in FIELDS if f in self.said}


_MARKS = frozenset({"said", "assumed", "unknown", "words", "language"})
FIELDS = tuple(name for name in Requirements.model_fields if name not in _MARKS)
TASKS: tuple[Task, ...] = get_args(Task)

TOPICS: dict[Topic, tuple[str, ...]] = {
    "task": ("task", "secondary_tasks", "decides_about_people", "human_review", "quality_priority"),
    "license": ("commercial", "open_weights", "osi_license", "api_only", "redistribute", "annual_revenue_usd"),
    "privacy": ("data_sensitivity", "on_prem", "agreements", "data_region", "sector"),
    "customization": ("fine_tune",),
    "users": ("mau", "company_region", "users_region", "ownership_region",
              "vendors_excluded", "vendor_countries_excluded"),
    "volume": ("monthly_requests", "peak_rps", "input_tokens", "output_tokens", "cached_share", "batch_ok"),
    "context": ("context_tokens",),
    "budget": ("monthly_budget", "budget_currency", "prefer", "existing_stack", "horizon_months"),
    "language": ("languages",),
    "latency": ("latency_seconds", "realtime"),
    "hardware": ("gpu", "gpu_count", "gpu_mem_gb", "ram_gb", "device", "max_params_b"),
    "modality": ("modalities", "capabilities"),
}  # fmt: skip


def _closest(key: str) -> str:
    near = difflib.get_close_matches(key, FIELDS, n=3)
    return "did you mean " + " or ".join(near) + "?" if near else "fields are: " + ", ".join(FIELDS)


def _explain(error: ValidationError) -> InvalidRequirements:
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else "requirements"
    message = first["msg"].removeprefix("Value error, ")
    return InvalidRequirements(field, first["input"], f"accepted: {message}")
