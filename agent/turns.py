"""What a conversation gives its faces: a turn, a refusal, and the events on the way."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel

from .advice import Advice, Citation, Pick, Question, Statement, Value
from .answer import Answer
from .requirements import Requirements

Reason = Literal["unknown_thread", "not_yours", "stale_question", "busy", "cannot_restore"]


class Turn(Value):
    """What a message came to: what is known of the need, what changed, and a question, an advice or an answer.

    `pending` is the question that stays open beside an answer. `question_id` names the question that is open.
    """

    thread_id: str
    question_id: str | None = None
    message_id: str | None = None
    requirements: Requirements
    changed: tuple[Statement, ...] = ()
    question: Question | None = None
    advice: Advice | None = None
    answer: Answer | None = None
    pending: Question | None = None


class Refused(Value):
    """Why a message was not taken; the thread is as it was. `pending` is its last turn where one may see it."""

    reason: Reason
    pending: Turn | None = None


class Event(Value):
    """A step of a turn under way; the last one is `done` and carries the turn."""

    kind: Literal["step", "understood", "question", "answer", "funnel", "pick", "citation", "done"]
    step: str | None = None
    requirements: Requirements | None = None
    question: Question | None = None
    answer: Answer | None = None
    funnel: tuple[tuple[str, int], ...] = ()
    pick: Pick | None = None
    citation: Citation | None = None
    turn: Turn | Refused | None = None


class Step(BaseModel):
    """What a step back returns to."""

    requirements: Requirements
    asked: list[str] | None = None
    enough: bool | None = None


class Kept(BaseModel):
    """What is kept of a thread, as far as a turn goes on from it."""

    messages: list[Any] = []
    requirements: Requirements | None = None
    question: Question | None = None
    advice: Advice | None = None
    aside: dict[str, str] | None = None
    notes: list[Question] = []
    asked: list[str] = []
    count: int = 0
    enough: bool = False
    lost: bool = False
    past: list[Step] = []


def check(values: Mapping[str, Any]) -> None:
    """Refuse, before a turn goes on from it, a state that its nodes would stumble over. Raises ValueError."""
    from langchain_core.messages import BaseMessage

    kept = Kept.model_validate(values)
    if not all(isinstance(message, BaseMessage) for message in kept.messages):
        raise ValueError("a message is none")


def events_of(step: str, update: Mapping[str, Any]) -> Iterator[Event]:
    """Return what a node's update means to whoever is watching."""
    yield Event(kind="step", step=step)
    if step == "hear" and update.get("requirements"):
        yield Event(kind="understood", requirements=Requirements.model_validate(update["requirements"]))
    if step != "decide":
        return
    if update.get("answer"):
        yield Event(kind="answer", answer=Answer.model_validate(update["answer"]))
    elif update.get("question"):
        yield Event(kind="question", question=Question.model_validate(update["question"]))
    elif update.get("advice"):
        yield from _advice(Advice.model_validate(update["advice"]))


def _advice(advice: Advice) -> Iterator[Event]:
    yield Event(kind="funnel", funnel=advice.funnel)
    for pick in advice.picks:
        yield Event(kind="pick", pick=pick)
    for citation in advice.citations.values():
        yield Event(kind="citation", citation=citation)
