"""A conversation as a file: its course and latest advice as Markdown, that advice as a page, or every turn as JSON."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, get_args

from ..agent.advice import Language, Question
from ..agent.answer import Answer
from ..agent.page import source_line
from ..agent.turns import Turn
from ..agent.write import Block, Draft, Numbered, Section, escape, section_markdown, sentence
from .chat_view import OWN, advice_line, also_line, changed_line, latest_advice
from .given import BadInput
from .strings import strings

Form = Literal["md", "json", "html"]
FORMS: tuple[Form, ...] = get_args(Form)


def exported(turns: Sequence[Turn], form: Form, language: Language | None = None) -> str:
    """Write a conversation in a form, by default in the language that was spoken last.

    Raises:
        BadInput: HTML of a conversation without an advice.

    """
    return _FORMS[form](turns, language or turns[-1].requirements.language)


def _json(turns: Sequence[Turn], _: Language) -> str:
    return json.dumps([turn.model_dump(mode="json") for turn in turns], ensure_ascii=False, indent=1) + "\n"


def _html(turns: Sequence[Turn], language: Language) -> str:
    advice = latest_advice(turns)
    if advice is None:
        raise BadInput(strings(OWN, language)("export.no_advice"))
    return advice.to_html(language)


def _markdown(turns: Sequence[Turn], language: Language) -> str:
    say, advice = strings(OWN, language), latest_advice(turns)
    parts = [f"# {escape(say('course'))}", escape(say("course.thread", thread=turns[0].thread_id))]
    for number, turn in enumerate(turns, 1):
        parts += [f"## {escape(say('course.turn', number=number))}", *_turn(turn, language)]
    return "\n\n".join([*parts, *([advice.to_markdown(language)] if advice else [])]).rstrip("\n") + "\n"


def _turn(turn: Turn, language: Language) -> Iterator[str]:
    if turn.changed:
        yield _list(changed_line(one, turn.requirements, language) for one in turn.changed)
    if turn.answer:
        yield from _answer(turn.answer)
    if turn.advice:
        yield escape(advice_line(turn.advice, language))
    if turn.question:
        yield from _question(turn.question, language)


def _list(lines: Iterator[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)


def _question(question: Question, language: Language) -> Iterator[str]:
    yield f"**{escape(strings(OWN, language)('course.question').strip())}** {escape(sentence(question.text, language))}"
    if question.also:
        yield escape(also_line(question, language))
    if question.choices:
        yield "\n".join(f"{n}. {escape(sentence(one, language))}" for n, one in enumerate(question.choices, 1))


def _answer(answer: Answer) -> Iterator[str]:
    """Give an answer, which is Markdown, with the sources that its numbers mean."""
    yield answer.text
    draft = Draft(answer.language, Numbered({}))
    rows = tuple((source_line(draft, citation),) for citation in answer.citations)
    if rows:
        yield section_markdown(
            Section("sources", draft.words.name("heading", "sources"), (Block("numbered", rows),)), 3
        )


_FORMS: Mapping[Form, Callable[[Sequence[Turn], Language], str]] = {"md": _markdown, "json": _json, "html": _html}

__all__ = ["FORMS", "Form", "exported"]
