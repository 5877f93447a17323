"""The graph on one page: words to requirements, requirements to advice, a question where one is open, an answer."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from ..knowledge.facts import Facts
from .advice import Advice, Question
from .converse import Reply, respond, settle, take, words_of
from .hear import hear_text
from .requirements import Requirements
from .write import sentence

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

STATE_VERSION = 2


@dataclass(frozen=True)
class Context:
    """What the nodes depend on, the clock included; `interview` lets the graph ask."""

    facts: Facts
    today: dt.date
    interview: bool = False
    weights: dict[str, float] | None = None


class Input(TypedDict, total=False):
    """What a caller gives: messages to read, a reply of another kind, or requirements already in fields."""

    messages: list[AnyMessage]
    reply: dict[str, Any]
    requirements: dict[str, Any]


class State(TypedDict, total=False):
    """The graph's state; our values are plain JSON dicts that the reading node validates."""

    v: int
    messages: Annotated[list[AnyMessage], add_messages]
    requirements: dict[str, Any]
    reply: dict[str, Any] | None  # what came in this turn
    aside: dict[str, str] | None  # what of it is a question of the person's own
    notes: list[dict[str, Any]]  # what of it cannot be used, as questions
    question: dict[str, Any] | None
    advice: dict[str, Any] | None
    answer: dict[str, Any] | None
    changed: list[dict[str, Any]]
    asked: list[str]  # slots that are settled
    count: int  # questions put
    enough: bool
    lost: bool
    past: list[dict[str, Any]]


def hear(state: State, runtime: Runtime[Context]) -> State:
    """Read what came in; fields already said stay unless they are said anew."""
    if not (state.get("messages") or state.get("reply")):
        return {"v": STATE_VERSION, "notes": []}
    text = str(state["messages"][-1].content) if state.get("messages") else ""
    if runtime.context.interview:
        return {"v": STATE_VERSION, **take(state, Reply.model_validate(state.get("reply") or {"text": text}))}  # type: ignore[typeddict-item]
    known = Requirements.model_validate(state["requirements"]) if state.get("requirements") else None
    heard = hear_text(text, known)
    notes = [problem.model_dump(mode="json") for problem in heard.problems]
    return {"v": STATE_VERSION, "requirements": heard.requirements.model_dump(mode="json"), "notes": notes}


def decide(state: State, runtime: Runtime[Context]) -> State:
    """Answer what the person asks, put the next question, or give the advice."""
    context = runtime.context
    if state.get("aside"):
        made = respond(state, context.facts, context.today)
        return {"answer": made.model_dump(mode="json"), "changed": [], "messages": [AIMessage(made.text)]}
    settled = settle(state, context.facts, context.today, weights=context.weights, interview=context.interview)
    return {"answer": None, **settled}  # type: ignore[typeddict-item]


def ask(state: State, runtime: Runtime[Context]) -> State:
    """Put the open question and wait; nothing else, since an interrupting node runs again from its start."""
    reply = Reply.model_validate(interrupt(state["question"]))
    question = Question.model_validate(state["question"])
    language = Requirements.model_validate(state["requirements"]).language
    said = [AIMessage(sentence(question.text, language)), HumanMessage(reply.shown(question, language))]
    return {"messages": said, "reply": reply.model_dump(mode="json")}  # type: ignore[typeddict-item]


def answer(state: State, runtime: Runtime[Context]) -> State:
    """Put the advice into words for faces that show messages."""
    if state.get("aside"):
        return {}
    return {"messages": [AIMessage(words_of(Advice.model_validate(state["advice"]), brief=runtime.context.interview))]}


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
