"""Understand what a person says of their needs, by rules: only what was said is set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from .hear_amounts import find_amounts
from .hear_countries import find_refused_countries
from .hear_hardware import find_hardware, outside
from .hear_names import find_names, find_places
from .hear_numbers import find_numbers, find_vague
from .hear_shares import cut_budget, find_shares
from .hear_stacks import find_stacks
from .hear_tasks import find_tasks, sized_document, spans_of, task_words
from .hear_text import Language, Text, lexicon, normalise, read_text
from .hear_words import Finding, Mood, compiled, find_words, regex
from .requirements import MAX_TEXT, Requirements

SETS = frozenset({
    "secondary_tasks", "languages", "modalities", "capabilities", "data_sensitivity", "agreements", "vendors_excluded",
    "vendor_countries_excluded", "models_excluded", "models_only", "existing_stack",
})  # fmt: skip
WHOLE = frozenset({"mau", "monthly_requests", "input_tokens", "output_tokens", "context_tokens"})
FLAGS = frozenset({
    "on_prem", "commercial", "fine_tune", "redistribute", "open_weights", "osi_license", "api_only", "batch_ok",
    "realtime", "decides_about_people", "human_review",
})  # fmt: skip
CURRENCIES = "USD, CNY, TWD or EUR"
HOME_CURRENCY: Mapping[Language, str] = {"zh-Hans": "CNY", "zh-Hant": "TWD"}
PLACES = frozenset({"company_region", "users_region"})  # a place alone is no need: "the weather in Paris"
SAY_A_NEED = "a task, a constraint or a figure, such as: customer service bot, cloud is fine, 2M requests a month"


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that was said and cannot be used: the field (or `text`), the words, and what is accepted."""

    field: str
    words: str
    accepted: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a text says, and what in it cannot be used."""

    requirements: Requirements
    problems: tuple[Problem, ...]


def understand(text: str) -> Requirements:
    """Return the requirements that a text states by itself; never raises for any text."""
    return hear(text, alone=True).requirements


def problems(text: str) -> tuple[Problem, ...]:
    """Say what a caller must ask about before it can decide: values out of range, clashes, or nothing said."""
    return hear(text).problems


def hear(text: str, *, alone: bool = False) -> Hearing:
    """Read the requirements and problems of a text at once; `alone`, no currency was said before it."""
    read = read_text(text)
    found, clashes = _settle(read, _findings(read, alone=alone))
    values, spans = _values(found)
    requirements, refused = _checked(read, values, spans)
    return Hearing(requirements, (*_of_text(text, read, requirements, refused), *refused, *clashes))


def _findings(text: Text, *, alone: bool) -> list[Finding]:
    hardware, used = find_hardware(text)
    aside = [m.span() for m in regex("not_said").finditer(text.folded)]
    words = [w for w in find_words(text) if not any(low < w.end and w.start < high for low, high in aside)]
    drawn = [t for t in task_words(text) if t.value == "image_generation"]
    words = [w for w in words if w.value != "image" or not any(t.start <= w.start and w.end <= t.end for t in drawn)]
    refused = find_refused_countries(text)
    names = find_names(text)
    taken = spans_of([*words, *refused, *names, *hardware, *task_words(text)])
    mood = Mood.of(text, taken)
    meant = [f for w in _apart(words, [*refused, *(w for w in words if w.field == "prefer")]) if (f := _meant(mood, w))]
    sizes = [*find_numbers(text.folded), *find_vague(text.folded)]
    numbers = outside(sorted(sizes, key=lambda n: n.start), used)
    amounts = cut_budget(text, find_amounts(text, numbers, _corrected(text)))
    context = next((a for a in amounts if a.field == "context_tokens"), None)
    tasks = find_tasks(text, mood, sized_document(text, context))
    return [
        *_devices(text, meant, hardware),
        *find_stacks(text, mood),
        *refused,
        *names,
        *_apart(find_places(text, mood), refused),
        *tasks,
        *hardware,
        *(find_shares(text) if not any(a.field == "cached_share" for a in amounts) else []),
        *amounts,
        *_currency(text, amounts, alone=alone),
        *_no_secrets(text),
    ]


def _apart(words: Iterable[Finding], refused: list[Finding]) -> list[Finding]:
    """Words without those that are part of a longer phrase: "no Chinese models", "ideally self-hosted"."""
    return [w for w in words if w in refused or not any(r.start < w.end and w.start < r.end for r in refused)]


def _meant(mood: Mood, word: Finding) -> Finding | None:
    """Return the finding as the words around it turn it, or None if it was denied or left open."""
    if mood.open(word.start, word.end) and not (word.field == "agreements" and mood.on_condition(word.start)):
        return None
    if not mood.negated(word.start, word.end) or (word.field == "data_sensitivity" and mood.forbidden(word.start)):
        return word
    if word.field not in FLAGS or (word.value is False and not mood.strongly(word.start, word.end)):
        return None
    return Finding(word.field, not word.value, word.start, word.end)


def _devices(text: Text, words: list[Finding], hardware: list[Finding]) -> list[Finding]:
    """Keep devices: a phone or laptop is where the model runs only if it runs offline or its memory is named."""
    runs = any(w.field == "on_prem" and w.value for w in words) or any(h.field == "ram_gb" for h in hardware)
    cloud = any(w.field in ("on_prem", "api_only") and w.value is (w.field == "api_only") for w in words)
    keep = (runs and not cloud) or regex("runs_there").search(text.folded) is not None
    return [w for w in words if w.field != "device" or keep or w.value in ("edge", "server")]


def _currency(text: Text, amounts: list[Finding], *, alone: bool) -> list[Finding]:
    """Take the currency of a budget that was said without one from a note beside it, else from the script."""
    said = {a.field for a in amounts}
    if "monthly_budget" not in said or "budget_currency" in said:
        return []
    noted = [
        (code, m) for code, cell in lexicon()["currency_notes"].items() if (m := compiled(cell).search(text.folded))
    ]
    if noted or not alone or text.language not in HOME_CURRENCY:
        return [Finding("budget_currency", code, *match.span()) for code, match in noted] if len(noted) == 1 else []
    budget = next(a for a in amounts if a.field == "monthly_budget")
    return [replace(budget, field="budget_currency", value=HOME_CURRENCY[text.language])]


def _no_secrets(text: Text) -> list[Finding]:
    match = regex("empty_data").search(text.folded)
    return [Finding("data_sensitivity", None, *match.span())] if match else []


@lru_cache(maxsize=1)
def _marker() -> Any:
    return regex("corrections")


def _corrected(text: Text) -> list[tuple[int, int]]:
    """Find the spans that put right what was said before: from "no, wait" to the end of the next clause."""
    found: list[tuple[int, int]] = []
    for match in _marker().finditer(text.folded):
        start = match.end()
        while start < len(text.folded) and text.folded[start] in ",.;:!。 \n":
            start += 1
        if match.start() and start < len(text.folded):
            found.append((match.start(), text.clause(start)[1]))
    return found


def _settle(text: Text, found: list[Finding]) -> tuple[list[Finding], tuple[Problem, ...]]:
    """Later corrections replace what they put right; being local outweighs the cloud, and the clash is named."""
    for low, high in _corrected(text):
        fields = {f.field for f in found if low <= f.start < high or low < f.end <= high}
        found = [f for f in found if f.field not in fields or f.end > low]
    local = [f for f in found if f.field == "on_prem" and f.value]
    cloud = [f for f in found if f.field == "on_prem" and not f.value]
    if not (local and cloud):
        return found, ()
    kept = [f for f in found if f not in cloud]
    if regex("rest_may").search(text.folded):
        return kept, ()
    words = f"{text.words(local[0].start, local[0].end)} / {text.words(cloud[0].start, cloud[0].end)}"
    return kept, (Problem("on_prem", words, "either on premises or the cloud"),)


def _values(found: list[Finding]) -> tuple[dict[str, Any], dict[str, Finding]]:
    """Field by field: sets are collected, the first word and the last figure count."""
    values: dict[str, Any] = {}
    spans: dict[str, Finding] = {}
    for item in found:
        if item.field in SETS:
            values[item.field] = values.get(item.field, frozenset()) | (
                frozenset() if item.value is None else {item.value}
            )
            spans.setdefault(item.field, item)
        elif (isinstance(item.value, int | float) and not isinstance(item.value, bool)) or item.field not in values:
            values[item.field] = _rounded(item)
            spans[item.field] = item
    if "secondary_tasks" in values:
        values["secondary_tasks"] -= {values.get("task")}
    return {f: v for f, v in values.items() if f != "secondary_tasks" or v}, spans


def _rounded(item: Finding) -> Any:
    if item.field in WHOLE and abs(item.value) < 1e18:
        return round(item.value)
    return round(item.value, 6) if isinstance(item.value, float) and item.value < 1e18 else item.value


def _checked(text: Text, values: dict[str, Any], spans: dict[str, Finding]) -> tuple[Requirements, tuple[Problem, ...]]:
    """Return the requirements without the values that are out of range, and those values as problems."""
    refused: list[Problem] = []
    words = {field: text.words(spans[field].start, spans[field].end) for field in values}
    while True:
        try:
            said = frozenset(values)
            kept = {f: words[f] for f in values}
            return Requirements.model_validate(
                {**values, "said": said, "words": kept, "language": text.language}
            ), tuple(refused)
        except ValidationError as error:
            refused += _refuse(error, values, words)


def _refuse(error: ValidationError, values: dict[str, Any], words: dict[str, str]) -> list[Problem]:
    refused: list[Problem] = []
    for detail in error.errors(include_url=False, include_input=False):
        field = str(detail["loc"][0])
        if values.pop(field, None) is None:
            continue
        accepted = CURRENCIES if field == "budget_currency" else detail["msg"].removeprefix("Value error, ")
        refused.append(Problem(field, words[field], accepted))
        if field == "monthly_budget" and values.get("budget_currency"):
            values.pop("budget_currency")
        if field == "budget_currency":
            values.pop("monthly_budget", None)
    return refused


def _of_text(text: str, read: Text, requirements: Requirements, refused: tuple[Problem, ...]) -> tuple[Problem, ...]:
    if len(text) > MAX_TEXT:
        return (Problem("text", read.shown[:80], f"at most {MAX_TEXT} characters; the rest was not read"),)
    if not requirements.said - PLACES and not refused:
        return (Problem("text", read.shown[:80], SAY_A_NEED),)
    return ()


__all__ = ["Hearing", "Problem", "hear", "normalise", "problems", "understand"]
