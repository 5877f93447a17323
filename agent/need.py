"""A need with every number filled in: what was said, and the defaults for what was not."""

from dataclasses import dataclass
from typing import Any

from ..knowledge.facts import Facts
from .defaults import load_defaults
from .requirements import Requirements

THINKING_TASKS = frozenset({"reasoning", "code", "agent"})
CJK_TASKS_LANGUAGE = {"zh-Hans": "zh", "zh-Hant": "zh-Hant", "en": "en"}
SECONDS_PER_MONTH = 30 * 24 * 3600
LONG = 64_000
HIGH_VOLUME = 1_000_000
SENSITIVE = frozenset({"phi", "financial", "classified"})


@dataclass(frozen=True, slots=True)
class Need:
    """Requirements with defaults applied; tokens a request, requests a month, USD a month, seconds."""

    said: Requirements
    task: str
    tasks: tuple[str, ...]
    languages: tuple[str, ...]
    requests: int
    input: int
    output: int
    cached_share: float
    batch: bool
    peak_rps: float
    concurrency: int
    budget_usd: float | None
    patience: float
    horizon_months: float
    field: str | None
    profile: str
    assumed: tuple[str, ...]

    def asked(self, *fields: str) -> bool:
        """Whether one of the fields was said."""
        return self.said.binding(*fields)


def resolve(requirements: Requirements, facts: Facts) -> Need:
    """Fill in what was not said; `assumed` names the fields that were, in the order of the defaults."""
    r, d = requirements, load_defaults()
    task = r.task or d.task
    given = _input_tokens(r, d.input_tokens)
    output = r.output_tokens or d.output_tokens
    requests = r.monthly_requests or (d.monthly_requests_long if given > LONG else d.monthly_requests)
    volume_said = r.binding("monthly_requests", "peak_rps")
    personal = r.device in ("phone", "laptop")  # each serves its own user, however many there are
    peak = r.peak_rps or requests / SECONDS_PER_MONTH * d.peak_over_mean
    return Need(
        said=r,
        task=task,
        tasks=(task, *sorted((r.secondary_tasks or frozenset()) - {task})),
        languages=tuple(sorted(r.languages or {CJK_TASKS_LANGUAGE[r.language]})),
        requests=requests,
        input=given,
        output=output,
        cached_share=r.cached_share or 0.0,
        batch=bool(r.batch_ok),
        peak_rps=peak,
        concurrency=max(1, round(peak * seconds_a_request(output))) if volume_said and not personal else 1,
        budget_usd=_budget_usd(r, facts),
        patience=r.latency_seconds or (d.patience_seconds[task] if not r.realtime else 1.5),
        horizon_months=r.horizon_months or d.horizon_months,
        field=_field(r),
        profile=next(name for name, holds in profile_conditions(r, task) if holds),
        assumed=tuple(_assumed(r)),
    )


def seconds_a_request(output: int) -> float:
    """Seconds that one answer occupies a serving slot, at 25 tokens a second for each of many users."""
    return max(1.0, output / 25)


def _input_tokens(r: Requirements, default: int) -> int:
    return r.input_tokens or r.context_tokens or default


def _budget_usd(r: Requirements, facts: Facts) -> float | None:
    if r.monthly_budget is None or not r.binding("monthly_budget"):
        return None
    currency = r.budget_currency or "USD"
    if currency == "USD":
        return r.monthly_budget
    rate = facts.fx(currency)
    return r.monthly_budget / rate[0] if rate else None


def _field(r: Requirements) -> str | None:
    kinds = r.data_sensitivity or frozenset()
    if r.sector == "hospital" or "phi" in kinds:
        return "medicine"
    return "finance" if r.sector == "bank" or "financial" in kinds else None


def profile_conditions(r: Requirements, task: str) -> tuple[tuple[str, bool], ...]:
    """Return which profiles a need speaks for, in the order of weights.yaml; the first that does is taken."""
    return (
        ("device", r.device in ("phone", "laptop", "edge")),
        ("regulated", bool(r.on_prem) or bool((r.data_sensitivity or frozenset()) & SENSITIVE)),
        ("coding_agent", task in ("code", "agent")),
        ("hard_reasoning", task == "reasoning"),
        ("long_documents", (r.context_tokens or 0) > LONG),
        ("rag", task == "rag"),
        ("tuned_product", bool(r.fine_tune)),
        ("high_volume", (r.monthly_requests or 0) >= HIGH_VOLUME),
        ("balanced", True),
    )


def _assumed(r: Requirements) -> list[str]:
    names = ["task", "commercial", "monthly_requests", "input_tokens", "output_tokens", "languages", "latency_seconds"]
    covered: dict[str, tuple[str, ...]] = {
        "input_tokens": ("input_tokens", "context_tokens"),
        "latency_seconds": ("latency_seconds", "realtime"),
        "monthly_requests": ("monthly_requests",),
    }
    return [name for name in names if not r.binding(*covered.get(name, (name,)))]


def holds(when: dict[str, Any], requirements: Requirements) -> bool:
    """Whether a claim's condition is true of what was said; an unsaid field makes it false."""
    return all(_holds(condition, getattr(requirements, field, None)) for field, condition in when.items())


def _holds(condition: Any, value: Any) -> bool:
    if value is None:
        return False
    if isinstance(condition, dict):
        if "any" in condition:
            return any(_holds(choice, value) for choice in condition["any"])
        tests = {
            "over": lambda x: value > x,
            "upto": lambda x: value <= x,
            "from": lambda x: value >= x,
            "under": lambda x: value < x,
        }
        return isinstance(value, int | float) and all(
            tests[name](limit) for name, limit in condition.items() if name in tests
        )
    if isinstance(value, frozenset):
        return condition in value if not isinstance(condition, list) else set(condition) <= value
    return bool(value == condition)
