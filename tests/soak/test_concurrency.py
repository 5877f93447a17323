"""Messages sent at once to one thread are all kept, in their order, and each is answered once."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from modelwise.agent import session
from modelwise.agent.session import Advisor
from modelwise.agent.settings import Settings
from modelwise.agent.turns import Refused, Turn

# What four processes say, a field a message: what is known in the end shows each that was lost.
SAID: tuple[dict[str, Any], ...] = (
    {
        "task": "rag",
        "secondary_tasks": ["summarization"],
        "languages": ["en", "zh"],
        "modalities": ["image"],
        "capabilities": ["tools"],
        "on_prem": False,
        "data_sensitivity": ["internal"],
        "agreements": ["dpa"],
        "company_region": "CN",
        "users_region": "SG",
    },
    {
        "data_region": "CN",
        "sector": "other",
        "vendors_excluded": ["xai"],
        "vendor_countries_excluded": ["FR"],
        "models_excluded": ["gpt-5"],
        "current_model": "gpt-4o",
        "prefer": "api",
        "existing_stack": ["aliyun"],
        "commercial": True,
        "decides_about_people": False,
    },
    {
        "fine_tune": False,
        "redistribute": False,
        "open_weights": False,
        "osi_license": False,
        "mau": 1_000,
        "annual_revenue_usd": 5e6,
        "monthly_requests": 20_000,
        "peak_rps": 2.0,
        "input_tokens": 3_000,
        "human_review": True,
    },
    {
        "output_tokens": 500,
        "cached_share": 0.5,
        "batch_ok": False,
        "context_tokens": 32_000,
        "latency_seconds": 30.0,
        "realtime": False,
        "horizon_months": 18.0,
        "quality_priority": "balanced",
        "gpu_count": 1,
        "gpu_mem_gb": 80.0,
    },
)


@pytest.fixture
def begun(advisor: Advisor) -> Advisor:
    """An advisor with a thread `t`."""
    assert isinstance(advisor.start("帮我选个模型", thread_id="t", message_id="first"), Turn)
    return advisor


def test_four_processes_on_one_thread(nursery: Any, begun: Advisor, data_dir: Path) -> None:
    sent = [
        [(f"{process}-{number}", {field: value}) for number, (field, value) in enumerate(fields.items())]
        for process, fields in enumerate(SAID)
    ]
    done = nursery.run(*({"work": "messages", "data": str(data_dir), "messages": one} for one in sent))
    turns = begun.history("t")
    kept = [turn.message_id for turn in turns[1:]]
    assert len(kept) == 40
    for process, messages in enumerate(sent):
        assert [name for name in kept if name and name.startswith(f"{process}-")] == [name for name, _ in messages]
    answered = {line["id"]: Turn.model_validate(line["turn"]) for one in done for line in one["lines"]}
    assert answered == {turn.message_id: turn for turn in turns[1:]}
    assert turns[-1].requirements.stated() == {field: value for fields in SAID for field, value in fields.items()}


def test_threads_of_one_advisor_on_one_thread(begun: Advisor) -> None:
    messages = [(field, value) for fields in SAID for field, value in fields.items()]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda said: begun.reply("t", {said[0]: said[1]}, message_id=said[0]), messages))
    turns = begun.history("t")
    assert sorted(str(turn.message_id) for turn in turns[1:]) == sorted(field for field, _ in messages)
    assert turns[-1].requirements.stated() == dict(messages)


def test_an_id_sent_again_is_answered_with_what_is_stored(begun: Advisor, counts: Any) -> None:
    for number in range(counts.same_ids):
        first = begun.reply("t", {"mau": 10 + number}, message_id=f"m{number}")
        begun.reply("t", {"context_tokens": 1_000 + number})
        for given in ({"mau": 10 + number}, {"mau": 9}, "别的话", 99, {"no_field": 1}):
            assert begun.reply("t", given, message_id=f"m{number}", question_id="stale") == first
        assert begun.start("别的话", thread_id="t", message_id=f"m{number}") == first
    assert len(begun.history("t")) == 1 + 2 * counts.same_ids


def test_an_id_sent_at_once_from_two_threads(begun: Advisor, counts: Any) -> None:
    both = threading.Barrier(2)

    def send(number: int) -> Turn | Refused:
        both.wait(60)
        return begun.reply("t", {"mau": 10 + number}, message_id=f"m{number}")

    with ThreadPoolExecutor(2) as pool:
        for number in range(counts.same_ids):
            one, other = pool.map(send, [number] * 2)
            assert one == other == begun.history("t")[-1]
    assert len(begun.history("t")) == 1 + counts.same_ids


def test_an_id_sent_at_once_from_two_processes(nursery: Any, begun: Advisor, data_dir: Path, counts: Any) -> None:
    messages = [(f"m{number}", "预算翻倍呢？") for number in range(counts.same_ids)]
    begun.reply("t", {"monthly_budget": 1.0, "budget_currency": "USD"})
    one, other = nursery.run(*[{"work": "messages", "data": str(data_dir), "messages": messages}] * 2)
    turns = begun.history("t")
    for done in (one, other):
        assert [Turn.model_validate(line["turn"]) for line in done["lines"]] == list(turns[2:])
    assert [turn.message_id for turn in turns[2:]] == [name for name, _ in messages]
    assert turns[-1].requirements.monthly_budget == 2.0**counts.same_ids


def test_a_thread_deleted_while_messages_wait_stays_deleted(begun: Advisor) -> None:
    ready = threading.Event()

    def send(number: int) -> Turn | Refused:
        if number == 6:
            ready.wait(60)
            assert begun.delete("t")
        got = begun.reply("t", {"mau": 10 + number})
        ready.set()
        return got

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(send, range(12)))
    refused = [one for one in got if isinstance(one, Refused)]
    assert refused
    assert {one.reason for one in refused} == {"unknown_thread"}
    assert begun.history("t") == ()
    assert list(begun.store.saver.list({"configurable": {"thread_id": "t"}})) == []


def test_of_two_owners_who_start_one_thread_at_once_one_has_it(advisor: Advisor) -> None:
    both = threading.Barrier(2)

    def start(name: str, number: int) -> Turn | Refused:
        both.wait(60)
        return advisor.start(f"{name} 要客服机器人", thread_id=f"t{number}", owner=name)

    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            got = list(pool.map(start, ("ana", "bo"), [number] * 2))
            assert sorted(type(one).__name__ for one in got) == ["Refused", "Turn"]
            (owner,) = (name for name in ("ana", "bo") if advisor.history(f"t{number}", owner=name))
            assert isinstance(got[("ana", "bo").index(owner)], Turn)


def test_an_advisor_first_used_by_many_threads_opens_one_store(
    today: dt.date, data_dir: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(session, "settings", lambda: Settings(data=data_dir))
    advisor, everyone = Advisor(today=today), threading.Barrier(8)

    def start(number: int) -> Turn | Refused:
        everyone.wait(60)
        return advisor.start(f"客服机器人，每月 {number + 1} 万次", thread_id=f"t{number}")

    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(start, range(8)))
    assert [advisor.history(f"t{number}") for number in range(8)] == [(turn,) for turn in turns]
    advisor.close()


def test_many_threads_in_one_process(advisor: Advisor, counts: Any) -> None:
    def said(thread: int, turn: int) -> dict[str, Any]:
        return {"mau": 1 + thread, "context_tokens": 1_000 + turn, "monthly_requests": 1_000 * (1 + thread) + turn}

    def say(thread: int) -> Turn | Refused:
        """Say the next message of a thread."""
        turn = done[thread] = done[thread] + 1
        name: dict[str, Any] = {"thread_id": f"t{thread}", "message_id": f"{thread}-{turn}"}
        return advisor.reply(given=said(thread, turn), **name) if turn else advisor.start(f"{thread}", **name)

    done = [-1] * counts.threads
    with ThreadPoolExecutor(4) as pool:
        for _ in range(counts.turns):
            assert all(isinstance(turn, Turn) for turn in pool.map(say, range(counts.threads)))
    for thread in range(counts.threads):
        turns = advisor.history(f"t{thread}")
        assert [turn.message_id for turn in turns] == [f"{thread}-{turn}" for turn in range(counts.turns)]
        for number, turn in list(enumerate(turns))[1:]:
            assert turn.requirements.stated().items() >= said(thread, number).items()
    assert len(advisor.threads()) == counts.threads
