"""The embedded calls: advise, ask, understand."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..knowledge.facts import Facts, load_facts
from .advice import Advice, Language
from .hear import hear_text
from .recommend import recommend
from .requirements import InvalidRequirements, Requirements
from .sanity import refuse_clashes
from .settings import settings
from .understand import understand

if TYPE_CHECKING:
    from .answer import Answer
    from .recheck import Recheck


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
    day = today or _today()
    if isinstance(requirements, str):
        heard = hear_text(requirements)
        return recommend(heard.requirements, known, day, weights=weights, problems=heard.problems)
    need = requirements if isinstance(requirements, Requirements) else _from_mapping(requirements)
    refuse_clashes(need, known)
    return recommend(need, known, day, weights=weights)


def recheck(
    advice: Advice | str | Mapping[str, Any], *, today: dt.date | None = None, facts: Facts | None = None
) -> "Recheck":
    """Decide again on an earlier advice's requirements, given as itself, as its JSON or as that read; say what changed.

    Raises:
        ValueError: JSON that is no advice.

    """
    from .recheck import recheck as again

    earlier = Advice.from_json(advice) if isinstance(advice, str) else Advice.model_validate(advice)
    return again(earlier, facts or load_facts(), today or _today())


def ask(
    question: str, *, language: Language | None = None, today: dt.date | None = None, facts: Facts | None = None
) -> "Answer":
    """Answer a question from the sources, cited, or say that they do not say."""
    from .answer import answer

    known = facts or load_facts()
    return answer(question, facts=known, retriever=retriever_of(known), language=language, day=today or _today())


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _from_mapping(fields: object) -> Requirements:
    if not isinstance(fields, Mapping):
        raise InvalidRequirements("requirements", fields, "accepted: a text, a mapping of fields, or Requirements")
    return Requirements.from_mapping(fields)


@lru_cache(maxsize=2)
def retriever_of(facts: Facts) -> Any:
    """Return the index over the facts, opened once a process with the settings of the environment."""
    from ..knowledge.index import open_retriever

    known = settings()
    return open_retriever(facts, embedder=known.embedder, chroma_url=known.chroma_url)


__all__ = ["advise", "ask", "recheck", "understand"]
