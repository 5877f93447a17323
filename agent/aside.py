"""What a person asks for themselves in a conversation: why not that model, which of two, what the sources say."""

import datetime as dt
import re

from ..knowledge.facts import Facts
from ..knowledge.names import find_names
from .advice import Citation, Language
from .advisor import retriever_of
from .answer import Answer, answer
from .compare import FEWEST, MOST, compare
from .lookup import find_model
from .reports import comparison_sections, why_not_sections
from .requirements import Requirements
from .why_not import why_not
from .write import Numbered, Section, section_markdown

_COMPARE = re.compile(r"比[较較]?|[对對]比|差[别別异異]|哪[个個一]|compare|versus|\bvs\b|\bbetter\b|difference|\bor\b")
_WHY_NOT = re.compile(
    r"[为為何]什?[么麼]?[不没沒]|怎[么麼][不没沒]|呢|why\s+(not|isn|is|wasn|did|don)|(what|how)\s+about"
)


def respond_to(text: str, need: Requirements, facts: Facts, day: dt.date) -> Answer:
    """Answer a question of the person's own with its sources: a comparison, a why-not, or what the sources say."""
    models, plain = _models(text, facts), text.lower()
    if FEWEST <= len(models) <= MOST and _COMPARE.search(plain):
        made = compare(models, need, facts, day)
        numbers = Numbered(made.citations)
        return _answer(comparison_sections(made, need.language, numbers)[0], numbers, need.language)
    if models and _WHY_NOT.search(plain):
        found = why_not(models[0], need, facts, day)
        numbers = Numbered(found.citations)
        return _answer(why_not_sections(found, need.language, numbers)[0], numbers, need.language)
    return answer(text, facts=facts, retriever=retriever_of(facts), language=need.language, day=day)


def _models(text: str, facts: Facts) -> list[str]:
    """Return the ids of the models that a text names, each once."""
    found = (find_model(words, facts).model for words in find_names(text, facts).words)
    return list(dict.fromkeys(model.id for model in found if model))


def _answer(section: Section, numbers: Numbered, language: Language) -> Answer:
    citations: tuple[Citation, ...] = tuple(numbers.used)
    return Answer(text=section_markdown(section, 3), answered=True, citations=citations, language=language)
