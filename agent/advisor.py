"""The embedded calls: advise, ask, understand."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..knowledge.facts import Facts, load_facts
from .advice import Advice, Language
from .requirements import InvalidRequirements, Requirements
from .sanity import refuse_clashes
from .settings import settings
from .understand import understand

if TYPE_CHECKING:
    from .answer import Answer
    from .graph import Context


def advise(
    requirements: str | Mapping[str, Any] | Requirements,
    *,
    today: dt.date | None = None,
    weights: Mapping[str, float] | None = None,
    facts: Facts | None = None,
) -> Advice:
    """Recommend models for a need given in words, as a mapping of fields, or as Requirements.

    `today` fixes the day (prices, lifecycles); `weights` overrides criteria of the score by name.

    Raises:
        InvalidRequirements: a mapping with an unknown field, a wrong unit, an absurd value or a contradiction.

    """
    known = facts or load_facts()
    context = _context(known, today or _today(), weights)
    if isinstance(requirements, str):
        return _run({"messages": [{"role": "user", "content": requirements or " "}]}, context)
    need = requirements if isinstance(requirements, Requirements) else _from_mapping(requirements)
    refuse_clashes(need, known)
    return _run({"requirements": need.model_dump(mode="json")}, context)


def ask(
    question: str, *, language: Language | None = None, today: dt.date | None = None, facts: Facts | None = None
) -> "Answer":
    """Answer a question from the sources, cited, or say that they do not say."""
    from .answer import answer

    known = facts or load_facts()
    return answer(question, facts=known, retriever=_retriever(known), language=language, day=today or _today())


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _from_mapping(fields: object) -> Requirements:
    if not isinstance(fields, Mapping):
        raise InvalidRequirements("requirements", fields, "accepted: a text, a mapping of fields, or Requirements")
    return Requirements.from_mapping(fields)


def _context(facts: Facts, day: dt.date, weights: Mapping[str, float] | None) -> "Context":
    from .graph import Context

    return Context(facts, day, speak=False, weights=dict(weights) if weights else None)


def _run(given: Mapping[str, Any], context: "Context") -> Advice:
    state = _graph().invoke(given, context=context)
    return Advice.model_validate(state["advice"])


@lru_cache(maxsize=1)
def _graph() -> Any:
    from .graph import build_graph

    return build_graph()


@lru_cache(maxsize=2)
def _retriever(facts: Facts) -> Any:
    from ..knowledge.index import open_retriever

    known = settings()
    return open_retriever(facts, embedder=known.embedder, chroma_url=known.chroma_url)


__all__ = ["advise", "ask", "understand"]
