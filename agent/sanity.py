"""Needs that say nothing, clash or are absurd: each becomes one question that names both sides."""

from collections.abc import Callable, Iterator

from ..knowledge.facts import Facts
from .advice import Params, Question, Statement
from .interview import slots
from .requirements import FIELDS, InvalidRequirements, Requirements

PHONE_MAX_B = 12.0
Clash = tuple[str, str, str]


def questions_for(requirements: Requirements, facts: Facts) -> tuple[Question, ...]:
    """Return the questions without whose answer no advice is honest; empty where the need is clear."""
    if not requirements.said & set(FIELDS) and "task" not in requirements.unknown:
        return (_nothing_said(),)
    return tuple(_clash_question(clash, requirements) for clash in clashes(requirements, facts))


def refuse_clashes(requirements: Requirements, facts: Facts) -> None:
    """Raise InvalidRequirements for a mapping that contradicts itself."""
    for first, second, _ in clashes(requirements, facts):
        value = getattr(requirements, first)
        raise InvalidRequirements(
            first, value, f"it contradicts {second}={getattr(requirements, second)!r}; give one of them up"
        )


def clashes(r: Requirements, facts: Facts) -> Iterator[Clash]:
    """Pairs of said fields that cannot both hold, with the id of the rule that says so."""
    for first, second, name, test in _CLASHES:
        if r.binding(first) and r.binding(second) and test(r, facts):
            yield first, second, name


def _only_closed(r: Requirements, facts: Facts) -> bool:
    """Whether every model that was insisted on has no weights to download."""
    from .rules import names

    wanted = [m for m in facts.models.values() if any(names(m, facts.family_names, w) for w in r.models_only or ())]
    return bool(wanted) and all(m.weights is None for m in wanted)


def _all_excluded(r: Requirements, _: Facts) -> bool:
    return bool(r.models_only) and (r.models_only or frozenset()) <= (r.models_excluded or frozenset())


def _too_long(r: Requirements, _: Facts) -> bool:
    return (r.input_tokens or 0) > (r.context_tokens or 0)


def _sealed(r: Requirements, _: Facts) -> bool:
    return bool(r.on_prem and r.api_only)


_CLASHES: tuple[tuple[str, str, str, Callable[[Requirements, Facts], bool]], ...] = (
    ("on_prem", "api_only", "on_prem_api", _sealed),
    ("open_weights", "api_only", "weights_api", lambda r, _: bool(r.open_weights and r.api_only)),
    ("osi_license", "api_only", "weights_api", lambda r, _: bool(r.osi_license and r.api_only)),
    ("on_prem", "models_only", "on_prem_closed", lambda r, f: bool(r.on_prem) and _only_closed(r, f)),
    ("open_weights", "models_only", "weights_closed", lambda r, f: bool(r.open_weights) and _only_closed(r, f)),
    ("osi_license", "models_only", "weights_closed", lambda r, f: bool(r.osi_license) and _only_closed(r, f)),
    ("models_only", "models_excluded", "only_excluded", _all_excluded),
    ("context_tokens", "input_tokens", "input_over_context", _too_long),
    ("device", "max_params_b", "phone_size", lambda r, _: r.device == "phone" and (r.max_params_b or 0) > PHONE_MAX_B),
    ("gpu_mem_gb", "gpu_count", "cards", lambda r, _: (r.gpu_mem_gb or 0) < (r.gpu_count or 0)),
)  # fmt: skip


def _nothing_said() -> Question:
    cites = ("default/task",)
    return Question(
        topic="task",
        slot="task",
        text=Statement(text_id="ask.task", cites=cites),
        why=Statement(text_id="ask.task_why", cites=cites),
        choices=tuple(
            Statement(text_id=f"choice.task.{choice.id}", cites=cites) for choice in slots("en")["task"].choices
        ),
    )


def _clash_question(clash: Clash, r: Requirements) -> Question:
    first, second, name = clash
    params: Params = {
        "first": shown(getattr(r, first)),
        "second": shown(getattr(r, second)),
        "first_field": first,
        "second_field": second,
    }
    cites = (f"user/{first}", f"user/{second}")
    return Question(
        topic="privacy" if first == "on_prem" else "license",
        text=Statement(text_id=f"clash.{name}", params=params, cites=cites),
        why=Statement(text_id="clash.why", params=params, cites=cites),
        choices=tuple(
            Statement(text_id="clash.keep", params={"field": field}, cites=(cite,))
            for field, cite in zip((first, second), cites, strict=True)
        ),
    )


def shown(value: object) -> str:
    """Return a field's value in words, a set in order."""
    return ", ".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)
