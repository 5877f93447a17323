import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from modelwise import advise
from modelwise.agent.requirements import InvalidRequirements
from modelwise.agent.session import Advisor
from modelwise.agent.store import memory_store
from modelwise.agent.turns import Event, Refused, Turn

ENOUGH = "够了，直接推荐吧"


@pytest.fixture
def advisor(facts: Any, today: dt.date) -> Iterator[Advisor]:
    made = Advisor(facts=facts, today=today, store=memory_store())
    yield made
    made.close()


@pytest.fixture
def asked(advisor: Advisor) -> Turn:
    """A thread `t` with an open question."""
    return taken(advisor.start("客服机器人，每月 30 万次", thread_id="t", message_id="m0"))


@pytest.fixture
def advised(advisor: Advisor, asked: Turn) -> Turn:
    """The thread `t` after its advice."""
    return taken(advisor.reply("t", ENOUGH, message_id="m1"))


def taken(turn: Turn | Refused) -> Turn:
    assert isinstance(turn, Turn)
    return turn


def heard(turn: Turn) -> list[tuple[str, Any]]:
    return [(said.text_id, said.params.get("field")) for said in turn.changed]


def test_a_start_without_words_asks(advisor: Advisor) -> None:
    turn = taken(advisor.start(language="zh-Hans"))
    assert turn.question
    assert turn.question_id
    assert (turn.advice, turn.answer, turn.pending, turn.changed) == (None, None, None, ())
    assert turn.requirements.language == "zh-Hans"


def test_a_start_takes_what_is_said(asked: Turn) -> None:
    assert asked.requirements.stated() == {"task": "chat", "monthly_requests": 300_000}
    assert heard(asked) == [("turn.heard", "task"), ("turn.heard", "monthly_requests")]
    assert asked.question
    assert asked.message_id == "m0"


def test_a_start_of_a_thread_that_is_there_goes_on(advisor: Advisor, asked: Turn) -> None:
    assert advisor.start(thread_id="t") == asked
    assert advisor.history("t") == (asked,)
    turn = taken(advisor.start("可以上云", thread_id="t"))
    assert turn.requirements.stated().items() > asked.requirements.stated().items()
    assert advisor.history("t") == (asked, turn)
    advised = taken(advisor.reply("t", ENOUGH))
    assert advisor.start(thread_id="t") == advised


def test_threads_without_a_name_are_apart(advisor: Advisor) -> None:
    first, second = taken(advisor.start("翻译")), taken(advisor.start("客服机器人"))
    assert first.thread_id != second.thread_id
    assert advisor.history(first.thread_id) == (first,)


def test_words_choices_and_fields_are_replies(advisor: Advisor, asked: Turn) -> None:
    assert asked.question
    choice = taken(advisor.reply("t", 0, question_id=asked.question_id))
    assert choice.question != asked.question
    words = taken(advisor.reply("t", "用户都在中国大陆，可以上云"))
    fields = taken(advisor.reply("t", {"mau": 5_000, "monthly_requests": None}))
    said = fields.requirements.stated()
    assert said["mau"] == 5_000
    assert "monthly_requests" not in said
    assert heard(fields) == [("turn.heard", "mau"), ("turn.dropped", "monthly_requests")]
    assert words.requirements.users_region == "CN"


@pytest.mark.parametrize("given", [{"no_field": 1}, {"mau": "many"}, 99, -1])
def test_what_cannot_be_requirements_raises(given: Any, advisor: Advisor, asked: Turn) -> None:
    with pytest.raises(InvalidRequirements):
        advisor.reply("t", given)
    assert advisor.history("t") == (asked,)


def test_a_choice_where_none_is_offered_raises(advisor: Advisor, advised: Turn) -> None:
    with pytest.raises(InvalidRequirements, match="no question with choices is open"):
        advisor.reply("t", 0)


def test_an_interview_ends_in_the_advice_of_the_embedded_call(advised: Turn, today: dt.date) -> None:
    assert advised.advice
    assert (advised.question, advised.question_id, advised.pending) == (None, None, None)
    alone = advise(advised.requirements, today=today)
    assert advised.advice.picks == alone.picks
    assert advised.advice.eliminated == alone.eliminated
    assert advised.advice.near_misses == alone.near_misses


def test_an_id_is_answered_once(advisor: Advisor, asked: Turn, advised: Turn) -> None:
    assert advisor.reply("t", "别的话", message_id="m0") == asked
    assert advisor.reply("t", "别的话", message_id="m1", question_id="stale") == advised
    assert advisor.history("t") == (asked, advised)


def test_history_is_in_order(advisor: Advisor, asked: Turn) -> None:
    said = [asked, *(taken(advisor.reply("t", {"mau": number})) for number in range(1, 6))]
    assert advisor.history("t") == tuple(said)


def test_threads_are_listed_by_owner_the_newest_first(advisor: Advisor) -> None:
    for name, owner in (("a", "ana"), ("b", "ana"), ("c", "bo"), ("a", "ana")):
        advisor.start(f"客服机器人 {name}", thread_id=name, owner=owner)
    assert [(row.thread_id, row.title) for row in advisor.threads(owner="ana")] == [
        ("a", "客服机器人 a"),
        ("b", "客服机器人 b"),
    ]
    advisor.reply("b", "可以上云", owner="ana")
    assert [row.thread_id for row in advisor.threads(owner="ana")] == ["b", "a"]
    assert advisor.threads() == ()


def test_a_deleted_thread_is_gone(advisor: Advisor, asked: Turn) -> None:
    other = taken(advisor.start("翻译", thread_id="other"))
    assert advisor.delete("t")
    assert not advisor.delete("t")
    assert advisor.history("t") == ()
    assert advisor.reply("t", "x") == Refused(reason="unknown_thread")
    assert [row.thread_id for row in advisor.threads()] == ["other"]
    assert advisor.history("other") == (other,)
    assert taken(advisor.start("翻译", thread_id="t")).requirements.stated() == {"task": "translation"}


def test_feedback_is_taken_once_for_an_event(advisor: Advisor, asked: Turn) -> None:
    given = [("t", "e1"), ("t", "e1"), ("t", "e2"), ("nowhere", "e3")]
    assert [advisor.feedback(thread, True, event_id=event) for thread, event in given] == [True, False, True, False]


def test_a_thread_in_use_is_busy(facts: Any, today: dt.date) -> None:
    advisor = Advisor(facts=facts, today=today, store=memory_store(), lock_seconds=0)
    turn = taken(advisor.start("客服机器人", thread_id="t"))
    with advisor.store.lock("t", 0):
        assert advisor.reply("t", "可以上云") == Refused(reason="busy")
        assert advisor.history("t") == (turn,)
    assert taken(advisor.reply("t", "可以上云")).requirements.stated().items() >= turn.requirements.stated().items()
    advisor.close()


def test_events_of_a_question_come_in_order(advisor: Advisor, asked: Turn) -> None:
    events = list(advisor.stream("t", "可以上云", question_id=asked.question_id))
    assert [(event.kind, event.step) for event in events] == [
        ("step", "ask"),
        ("step", "hear"),
        ("understood", None),
        ("step", "decide"),
        ("question", None),
        ("done", None),
    ]
    turn = taken(advisor.history("t")[-1])
    assert events[2].requirements == turn.requirements
    assert events[4].question == turn.question
    assert events[-1].turn == turn


def test_events_of_an_advice_come_in_order(advisor: Advisor, asked: Turn) -> None:
    events = list(advisor.stream("t", ENOUGH))
    kinds = list(dict.fromkeys(event.kind for event in events if event.kind != "step"))
    assert kinds == ["understood", "funnel", "pick", "citation", "done"]
    assert [event.step for event in events if event.kind == "step"] == ["ask", "hear", "decide", "answer"]
    advice = taken(events[-1].turn).advice  # type: ignore[arg-type]
    assert advice
    assert tuple(event.pick for event in events if event.kind == "pick") == advice.picks
    assert [event.citation for event in events if event.kind == "citation"] == list(advice.citations.values())
    assert next(event.funnel for event in events if event.kind == "funnel") == advice.funnel


def test_a_refusal_is_one_event(advisor: Advisor, asked: Turn) -> None:
    stale = advisor.stream("t", "可以上云", question_id="stale")
    assert list(stale) == [Event(kind="done", turn=Refused(reason="stale_question", pending=asked))]
    unknown = advisor.stream("nowhere", "x")
    assert list(unknown) == [Event(kind="done", turn=Refused(reason="unknown_thread"))]


def test_closing_a_stream_keeps_the_last_state(advisor: Advisor, asked: Turn) -> None:
    stream = advisor.stream("t", "可以上云", message_id="m1")
    while next(stream).kind != "understood":
        pass
    stream.close()  # type: ignore[attr-defined]
    assert advisor.history("t") == (asked,)
    turn = taken(advisor.reply("t", "必须本地部署", message_id="m1", question_id=asked.question_id))
    assert turn.requirements.on_prem is True
    assert advisor.history("t") == (asked, turn)


def test_undo_takes_back_a_step(advisor: Advisor, asked: Turn) -> None:
    first = taken(advisor.reply("t", {"mau": 5}))
    advisor.reply("t", {"mau": 7, "commercial": True})
    back = taken(advisor.reply("t", "撤销"))
    assert heard(back) == [("turn.undone", None)]
    assert back.requirements == first.requirements
    assert back.question == first.question
    again = taken(advisor.reply("t", "undo"))
    assert again.requirements == asked.requirements


def test_undo_after_the_advice_decides_again(advisor: Advisor, advised: Turn) -> None:
    changed = taken(advisor.reply("t", "必须本地部署，一张 24GB 显卡"))
    assert changed.advice
    assert advised.advice
    assert changed.advice.picks != advised.advice.picks
    back = taken(advisor.reply("t", "撤销"))
    assert back.requirements == advised.requirements
    assert back.advice
    assert back.advice.picks == advised.advice.picks


def test_whoever_does_not_understand_is_told_why(advisor: Advisor, asked: Turn) -> None:
    assert asked.question
    turn = taken(advisor.reply("t", "什么意思？"))
    assert turn.answer
    assert turn.answer.answered
    assert (turn.question, turn.pending) == (None, asked.question)
    assert turn.question_id
    assert turn.requirements == asked.requirements
    settled = taken(advisor.reply("t", 0, question_id=turn.question_id))
    assert settled.question != asked.question


def test_a_side_question_is_answered_and_the_open_one_stays(advisor: Advisor, asked: Turn) -> None:
    turn = taken(advisor.reply("t", "为什么不选 GPT-5？"))
    assert turn.answer
    assert "GPT-5" in turn.answer.text
    assert (turn.question, turn.advice, turn.pending) == (None, None, asked.question)
    assert turn.requirements.stated() == asked.requirements.stated()
    settled = taken(advisor.reply("t", 0, question_id=turn.question_id))
    assert settled.answer is None
    assert settled.question != asked.question


def test_a_side_question_after_the_advice_leaves_it(advisor: Advisor, advised: Turn) -> None:
    turn = taken(advisor.reply("t", "为什么不选 GPT-5？"))
    assert turn.answer
    assert (turn.question, turn.pending, turn.advice) == (None, None, None)
    assert turn.requirements == advised.requirements
    assert taken(advisor.reply("t", {"mau": 9})).advice


def test_what_is_off_the_topic_is_led_back_once(advisor: Advisor, asked: Turn) -> None:
    first = taken(advisor.reply("t", "哈哈哈哈"))
    assert first.answer
    assert not first.changed
    assert first.pending == asked.question
    second = taken(advisor.reply("t", "呵呵呵"))
    assert second.answer is None
    assert second.question != asked.question
    assert second.requirements.stated() == asked.requirements.stated()


def test_what_is_not_known_is_asked_once(advisor: Advisor, asked: Turn) -> None:
    assert asked.question
    turn = taken(advisor.reply("t", "不知道"))
    assert turn.requirements.unknown
    seen = {asked.question.slot}
    while turn.question:
        assert turn.question.slot not in seen
        seen.add(turn.question.slot)
        turn = taken(advisor.reply("t", "不知道"))
    assert turn.advice
    assert len(seen) <= 8


def test_a_change_after_the_advice_says_what_changed(advisor: Advisor, advised: Turn) -> None:
    turn = taken(advisor.reply("t", "必须本地部署，一张 24GB 显卡"))
    assert turn.advice
    assert advised.advice
    said = dict.fromkeys(text_id for text_id, _ in heard(turn))
    assert ("turn.heard", "on_prem") in heard(turn)
    assert {pick.model.id for pick in turn.advice.picks} != {pick.model.id for pick in advised.advice.picks}
    assert [text_id for text_id in said if text_id.startswith("changed.")]


def test_a_clash_after_the_advice_is_one_question(advisor: Advisor, advised: Turn) -> None:
    clash = taken(advisor.reply("t", {"on_prem": True, "api_only": True}))
    assert clash.question
    assert clash.question.text.text_id == "clash.on_prem_api"
    settled = taken(advisor.reply("t", 0, question_id=clash.question_id))
    assert settled.advice
    assert settled.requirements.on_prem
    assert "api_only" not in settled.requirements.said


def test_the_day_is_that_of_the_turn(facts: Any, today: dt.date) -> None:
    days = [today]
    advisor = Advisor(facts=facts, today=lambda: days[-1], store=memory_store())
    advisor.start("客服机器人", thread_id="t")
    first = taken(advisor.reply("t", ENOUGH))
    days.append(today + dt.timedelta(days=30))
    second = taken(advisor.reply("t", {"mau": 10}))
    assert first.advice
    assert second.advice
    assert (first.advice.as_of, second.advice.as_of) == tuple(days)
    advisor.close()


def test_the_async_twins_do_the_same(advisor: Advisor) -> None:
    async def converse() -> None:
        first = taken(await advisor.astart("客服机器人", thread_id="t", message_id="m0"))
        second = taken(await advisor.areply("t", "可以上云", question_id=first.question_id))
        events = [event async for event in advisor.astream("t", ENOUGH)]
        last = events[-1].turn
        assert isinstance(last, Turn)
        assert last.advice
        assert [event.kind for event in events].count("done") == 1
        assert await advisor.ahistory("t") == advisor.history("t") == (first, second, last)
        assert await advisor.athreads() == advisor.threads()
        assert await advisor.afeedback("t", True, event_id="e")
        assert not await advisor.afeedback("t", True, event_id="e")
        assert await advisor.adelete("t")
        assert await advisor.ahistory("t") == ()

    asyncio.run(converse())


def test_many_async_replies_to_one_thread_are_all_kept(advisor: Advisor, asked: Turn) -> None:
    async def send() -> None:
        await asyncio.gather(*(advisor.areply("t", {"mau": n}, message_id=f"a{n}") for n in range(1, 21)))

    asyncio.run(send())
    assert sorted(str(turn.message_id) for turn in advisor.history("t")[1:]) == sorted(f"a{n}" for n in range(1, 21))


def test_leaving_an_async_stream_closes_it(advisor: Advisor, asked: Turn) -> None:
    async def leave() -> None:
        events = advisor.astream("t", "可以上云", message_id="m1")
        async for event in events:
            if event.kind == "understood":
                break
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert advisor.history("t") == (asked,)
    with advisor.store.lock("t", 0):
        pass


def test_cancelling_an_async_stream_at_work_closes_it(advisor: Advisor, asked: Turn) -> None:
    async def read() -> None:
        async for _ in advisor.astream("t", ENOUGH, message_id="m1"):
            pass

    async def cancel(steps: int) -> None:
        task = asyncio.ensure_future(read())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for steps in range(1, 12):
        asyncio.run(cancel(steps))
        with advisor.store.lock("t", 0):
            pass
    assert advisor.history("t") == (asked,)
    assert taken(advisor.reply("t", ENOUGH, message_id="m1")).advice
