"""The graph on one page: words to requirements, requirements to advice, a question where one is open, an answer."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel

from ..knowledge.facts import Facts
from .advice import Advice, Question
from .hear import hear_text
from .recommend import recommend
from .requirements import Requirements
from .write import markdown, sentence

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

STATE_VERSION = 1


@dataclass(frozen=True)
class Context:
    """What the nodes depend on, the clock included; `interview` lets the graph ask."""

    facts: Facts
    today: dt.date
    interview: bool = False
    weights: dict[str, float] | None = None


class Reply(BaseModel):
    """What a person answers to an open question."""

    text: str


class Input(TypedDict, total=False):
    """What a caller gives: messages to read, or requirements already in fields."""

    messages: list[AnyMessage]
    requirements: dict[str, Any]


class State(TypedDict, total=False):
    """The graph's state; our values are plain JSON dicts that the reading node validates."""

    v: int
    messages: Annotated[list[AnyMessage], add_messages]
    requirements: dict[str, Any]
    question: dict[str, Any] | None
    advice: dict[str, Any]
    asked: list[str]
    notes: list[dict[str, Any]]


def hear(state: State, runtime: Runtime[Context]) -> State:
    """Read the last message into requirements; fields already said stay unless they are said anew."""
    known = Requirements.model_validate(state["requirements"]) if state.get("requirements") else None
    if not state.get("messages"):
        return {"v": STATE_VERSION, "notes": []}
    heard = hear_text(str(state["messages"][-1].content), known)
    problems = [question.model_dump(mode="json") for question in heard.problems]
    return {"v": STATE_VERSION, "requirements": heard.requirements.model_dump(mode="json"), "notes": problems}


def decide(state: State, runtime: Runtime[Context]) -> State:
    """Decide on what is known; where something is unclear the advice carries the question."""
    requirements = Requirements.model_validate(state["requirements"])
    context = runtime.context
    problems = tuple(Question.model_validate(note) for note in state.get("notes", []))
    advice = recommend(requirements, context.facts, context.today, weights=context.weights, problems=problems)
    question = advice.questions[0].model_dump(mode="json") if advice.status == "unclear" else None
    return {"advice": advice.model_dump(mode="json"), "question": question}


def ask(state: State, runtime: Runtime[Context]) -> State:
    """Put the open question and wait; nothing else, since an interrupting node runs again from its start."""
    reply = Reply.model_validate(interrupt(state["question"]))
    topic = str((state.get("question") or {}).get("topic"))
    return {"messages": [{"role": "user", "content": reply.text}], "asked": [*state.get("asked", []), topic]}  # type: ignore[list-item]


def answer(state: State, runtime: Runtime[Context]) -> State:
    """Put the advice into words for faces that show messages."""
    advice = Advice.model_validate(state["advice"])
    language = advice.requirements.language
    if advice.status == "unclear":
        words = "\n".join(sentence(q.text, language) for q in advice.questions if hasattr(q, "text"))
    else:
        words = markdown(advice, language)
    return {"messages": [AIMessage(words)]}


def _next(state: State, runtime: Runtime[Context]) -> Literal["ask", "answer"]:
    return "ask" if state.get("question") and runtime.context.interview else "answer"


def build_graph(
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
) -> "CompiledStateGraph[State, Context, Input, State]":
    """Hear -> decide -> (ask -> hear)* -> answer."""
    graph = StateGraph(State, context_schema=Context, input_schema=Input)
    for node in (hear, decide, ask, answer):
        graph.add_node(node)
    graph.add_edge(START, "hear")
    graph.add_edge("hear", "decide")
    graph.add_conditional_edges("decide", _next)
    graph.add_edge("ask", "hear")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=checkpointer)
