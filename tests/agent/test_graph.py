"""The graph: four nodes, the same advice as advise(), a question that waits and is resumed by its id."""

import datetime as dt
import json
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from modelwise.agent.advice import Advice
from modelwise.agent.advisor import advise
from modelwise.agent.graph import STATE_VERSION, Context, build_graph
from modelwise.agent.requirements import Requirements
from modelwise.knowledge.facts import Facts

TEXTS = [
    "医院问答系统，病历不能出院，一张 80GB 显卡，每月 30 万次",
    "customer service bot, 2M requests a month, 800 in and 200 out, $500 a month, cloud is fine",
    "手機 App，8GB 記憶體，本地運行",
    "hello",
    "",
    "-5 requests a month",
]
MAPPINGS: list[dict[str, Any]] = [
    {"task": "reasoning", "latency_seconds": 60},
    {"mau": 800_000_000, "osi_license": True, "fine_tune": True},
    {"on_prem": True, "gpu_mem_gb": 1},
]
HARD_NEED = "只用 API，但是数据不能出公司"


@pytest.fixture
def context(facts: Facts, today: dt.date) -> Context:
    return Context(facts, today)


def by_hand(given: dict[str, Any], context: Context) -> dict[str, Any]:
    state: dict[str, Any] = build_graph().invoke(given, context=context)  # type: ignore[call-overload]
    return state


def message(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def test_four_nodes() -> None:
    drawn = build_graph().get_graph()
    assert set(drawn.nodes) == {"__start__", "hear", "decide", "ask", "answer", "__end__"}
    assert {(edge.source, edge.target) for edge in drawn.edges} == {
        ("__start__", "hear"), ("hear", "decide"), ("decide", "ask"), ("decide", "answer"), ("ask", "hear"),
        ("answer", "__end__"),
    }  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_through_the_graph_is_advise(text: str, context: Context) -> None:
    state = by_hand(message(text), context)
    advice = Advice.model_validate(state["advice"])
    assert advice == advise(text, today=context.today)
    assert advice.to_json() == advise(text, today=context.today).to_json()


@pytest.mark.parametrize("fields", MAPPINGS)
def test_requirements_through_the_graph_are_advise(fields: dict[str, Any], context: Context) -> None:
    need = Requirements.from_mapping(fields)
    state = by_hand({"requirements": need.model_dump(mode="json")}, context)
    assert Advice.model_validate(state["advice"]).to_json() == advise(fields, today=context.today).to_json()


@pytest.mark.parametrize("text", TEXTS)
def test_the_state_is_plain_json(text: str, context: Context) -> None:
    state = by_hand(message(text), context)
    ours = {name: value for name, value in state.items() if name != "messages"}
    assert json.loads(json.dumps(ours)) == ours
    assert state["v"] == STATE_VERSION
    assert Requirements.model_validate(state["requirements"])


def test_the_answer_is_a_message_in_the_persons_script(context: Context) -> None:
    state = by_hand(message(TEXTS[0]), context)
    advice = Advice.model_validate(state["advice"])
    assert state["messages"][-1].type == "ai"
    assert state["messages"][-1].content == advice.to_markdown("zh-Hans")
    asked = by_hand(message("hello"), context)
    assert asked["messages"][-1].content


class Interview:
    """A thread of the graph that may ask."""

    def __init__(self, facts: Facts, today: dt.date) -> None:
        self.graph = build_graph(InMemorySaver())
        self.context = Context(facts, today, interview=True)
        self.config: Any = {"configurable": {"thread_id": "t"}}

    def send(self, given: Any) -> dict[str, Any]:
        state: dict[str, Any] = self.graph.invoke(given, self.config, context=self.context)
        return state

    @property
    def waiting(self) -> tuple[Any, ...]:
        return self.graph.get_state(self.config).interrupts


@pytest.fixture
def interview(facts: Facts, today: dt.date) -> Interview:
    return Interview(facts, today)


def test_an_unclear_text_asks_and_waits(interview: Interview) -> None:
    state = interview.send(message("hello"))
    (question,) = state["__interrupt__"]
    assert question.value["text"]["text_id"]
    assert json.dumps(question.value)
    assert [q.id for q in interview.waiting] == [question.id]


def test_a_reply_by_the_questions_id_goes_on_to_the_next(interview: Interview) -> None:
    interview.send(message("hello"))
    (question,) = interview.waiting
    assert question.value["slot"] == "task"
    state = interview.send(Command(resume={question.id: {"text": "customer service bot, cloud is fine"}}))
    assert state["requirements"]["task"] == "chat"
    assert "task" in state["asked"]
    (following,) = interview.waiting
    assert following.value["slot"] not in ("task", "place")
    assert [m.type for m in state["messages"]] == ["human", "ai", "human"]


def test_it_ends_with_the_advice_of_the_embedded_call(interview: Interview) -> None:
    interview.send(message("customer service bot, cloud is fine, 2M requests a month"))
    (question,) = interview.waiting
    state = interview.send(Command(resume={question.id: {"text": "just tell me"}}))
    advice = Advice.model_validate(state["advice"])
    assert interview.waiting == ()
    assert advice.status == "recommended"
    alone = advise(advice.requirements, today=interview.context.today)
    assert (advice.picks, advice.eliminated, advice.funnel) == (alone.picks, alone.eliminated, alone.funnel)


def test_it_leads_back_once_while_nothing_was_said(interview: Interview) -> None:
    interview.send(message("hello"))
    (question,) = interview.waiting
    state = interview.send(Command(resume={question.id: {"text": "hm"}}))
    (again,) = interview.waiting
    assert again.id != question.id
    assert state["answer"]["text"]
    assert again.value["slot"] == "task"
    state = interview.send(Command(resume={again.id: {"text": "a coding assistant"}}))
    assert state["requirements"]["task"] == "code"
    assert state["answer"] is None


def test_what_was_said_before_stays(interview: Interview) -> None:
    interview.send(message("-5 requests a month, hospital, data must stay on premises"))
    (question,) = interview.waiting
    assert question.value["text"]["text_id"] == "problem.value"
    state = interview.send(Command(resume={question.id: {"text": "60000 requests a month"}}))
    assert state["requirements"]["on_prem"] is True
    assert state["requirements"]["monthly_requests"] == 60_000


def test_a_clash_is_asked(interview: Interview) -> None:
    interview.send(message(HARD_NEED))
    (question,) = interview.waiting
    params = question.value["text"]["params"]
    assert (params["first_field"], params["second_field"]) == ("on_prem", "api_only")


def test_the_checkpoint_is_plain_json(interview: Interview) -> None:
    interview.send(message("hello"))
    values = interview.graph.get_state(interview.config).values
    assert json.dumps({name: value for name, value in values.items() if name != "messages"})


def test_without_leave_to_ask_it_answers(context: Context) -> None:
    state = by_hand(message("hello"), context)
    assert Advice.model_validate(state["advice"]).status == "unclear"
    assert state["question"]["topic"] == "task"
