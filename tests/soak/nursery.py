"""Starts interviews in processes of their own and kills them: a line of JSON in, a line of JSON out.

A process that has loaded everything forks one child for each job; a child opens the store in its own data folder.
"""

import datetime as dt
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from modelwise.agent.session import Advisor
from modelwise.agent.settings import settings
from modelwise.agent.store import memory_store, open_store
from modelwise.agent.turns import Turn
from modelwise.knowledge.facts import load_facts

DAY = dt.date(2026, 11, 21)
LONGEST = 120.0  # seconds until a child that says nothing is given up
Job = Mapping[str, Any]
Say = Callable[[Mapping[str, Any]], None]
THREAD = "t"
# The last but two double a budget and take that back: whatever was lost or done twice shows in it.
SCRIPT: tuple[str | int | dict[str, Any], ...] = (
    "客服机器人，用户都在中国大陆",
    0,
    "每月 30 万次",
    {"languages": ["zh"]},
    "不知道",
    "够了，直接推荐吧",
    "预算每月 2000 元",
    "预算翻倍呢？",
    "撤销",
    {"latency_seconds": 20},
    "预算翻倍呢？",
)


@dataclass
class Child:
    """A forked process: what it said, and when or where it is to be killed."""

    pid: int
    pipe: int
    kill_after: float | None
    lines: list[dict[str, Any]] = field(default_factory=list)
    rest: bytes = b""
    killed: bool = False
    begun: float = 0.0

    def kill(self) -> None:
        """Kill it as a loss of power would: nothing is run, nothing is flushed."""
        os.kill(self.pid, signal.SIGKILL)
        self.killed = True

    def take(self) -> bool:
        """Read what it says; False at its end."""
        got = os.read(self.pipe, 1 << 20)
        *lines, self.rest = (self.rest + got).split(b"\n")
        for line in map(json.loads, lines):
            self.lines.append(line)
            if "stopped" in line:
                self.kill()
        return bool(got)


def run(jobs: list[Job]) -> list[dict[str, Any]]:
    """Run jobs at once in a process each, all let go together, and return what each said."""
    gate, opener = os.pipe()
    children = [_fork(job, gate, opener) for job in jobs]
    os.close(gate)
    for child in children:
        while not child.lines and child.take():
            pass
    begun = time.monotonic()
    for child in children:
        child.begun = begun
    os.close(opener)
    _watch(children)
    for child in children:
        os.close(child.pipe)
        os.waitpid(child.pid, 0)
    return [{"lines": child.lines[1:], "killed": child.killed, "left": child.rest.decode()} for child in children]


def _watch(children: list[Child]) -> None:
    """Read what children say until all are at an end, and kill each in its time."""
    live, last = {child.pipe: child for child in children}, time.monotonic()
    while live:
        now = time.monotonic()
        for child in live.values():
            if not child.killed and (_is_due(child, now) or now - last > LONGEST):
                child.kill()
        due = [c.begun + c.kill_after - now for c in live.values() if c.kill_after is not None and not c.killed]
        ready, _, _ = select.select(live, [], [], max(0.0, min([*due, 1.0])))
        last = time.monotonic() if ready else last
        for pipe in ready:
            if not live[pipe].take():
                del live[pipe]


def _is_due(child: Child, now: float) -> bool:
    return child.kill_after is not None and now - child.begun >= child.kill_after


def _fork(job: Job, gate: int, opener: int) -> Child:
    reading, writing = os.pipe()
    if pid := os.fork():
        os.close(writing)
        return Child(pid, reading, job.get("kill_after"))
    try:
        os.close(reading)
        os.close(opener)
        _work(job, gate, lambda line: _write(writing, line))
    except BaseException as error:  # whatever ends a child is told and ends here, not in the loop of the nursery
        _write(writing, {"error": repr(error)})
    finally:
        os._exit(0)


def _write(pipe: int, line: Mapping[str, Any]) -> None:
    data = memoryview(json.dumps(line).encode() + b"\n")
    while data:
        data = data[os.write(pipe, data) :]


def _work(job: Job, gate: int, say: Say) -> None:
    os.environ["MODELWISE_DATA"] = job["data"]
    with advising(job, say) as advisor:
        say({"ready": os.getpid()})
        os.read(gate, 1)
        for line in WORK[job["work"]](advisor, job):
            say(line)


@contextmanager
def advising(job: Job, say: Say) -> Iterator[Advisor]:
    """Give an advisor on the data folder, which stops where the job says."""
    store = open_store(settings())
    stop = _stopper(job, say)
    advisor = Advisor(facts=load_facts(), today=DAY, store=Stopping(store, stop))
    _stop_in_places(store.saver, stop)
    try:
        yield advisor
    finally:
        advisor.close()


Stop = Callable[[str], None]
at_message = [-1]


def _stopper(job: Job, say: Say) -> Stop:
    def stop(point: str) -> None:
        if job.get("point") == point and at_message[0] == job["message"]:
            say({"stopped": point})
            time.sleep(LONGEST)

    return stop


class Stopping:
    """A store that stops once a thread's lock is held, and when a turn has been written."""

    def __init__(self, store: Any, stop: Stop) -> None:
        self._store, self._stop = store, stop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def lock(self, thread_id: str, seconds: float) -> Iterator[None]:
        with self._store.lock(thread_id, seconds):
            self._stop("message taken")
            yield

    def remember(self, thread_id: str, owner: str, title: str) -> None:
        if not owner:
            self._stop("after the write")
        self._store.remember(thread_id, owner, title)


def _stop_in_places(saver: Any, stop: Stop) -> None:
    """Stop inside a node, and around the write of a checkpoint."""
    graph: Any = import_module("modelwise.agent.graph")
    settle, put = graph.settle, saver.put

    def settle_after_a_stop(*args: Any, **options: Any) -> Any:
        stop("in a node")
        return settle(*args, **options)

    def put_between_stops(*args: Any) -> Any:
        stop("before the write")
        kept = put(*args)
        stop("in the middle of the write")
        return kept

    graph.settle = settle_after_a_stop
    saver.put = put_between_stops


def interview(advisor: Advisor, job: Job) -> Iterator[dict[str, Any]]:
    """Say the script from a message on; each is acknowledged by its turn, then marked by a thumb."""
    question = job.get("question_id")
    stop = advisor.store._stop  # type: ignore[attr-defined]
    for number, given in list(enumerate(SCRIPT))[job.get("first", 0) :]:
        at_message[0] = number
        known: dict[str, Any] = {"thread_id": THREAD, "message_id": f"m{number}"}
        if number:
            events = advisor.stream(given=given, question_id=question, **known)
        else:
            events = advisor.stream_start(str(given), **known)
        for event in events:
            if event.step == "hear":
                stop("between nodes")
            if event.turn:
                turn = event.turn
        if not isinstance(turn, Turn):
            raise RuntimeError(f"message {number} was refused: {turn.reason}")
        question = turn.question_id
        advisor.feedback(THREAD, up=True, event_id=f"e{number}")
        yield {"number": number, "turn": turn.model_dump(mode="json")}
    yield {"history": [turn.model_dump(mode="json") for turn in advisor.history(THREAD)]}


def messages(advisor: Advisor, job: Job) -> Iterator[dict[str, Any]]:
    """Send messages given as (id, what is said) to one thread."""
    for message_id, given in job["messages"]:
        turn = advisor.reply(THREAD, given, message_id=message_id)
        yield {"id": message_id, "turn": turn.model_dump(mode="json")}


WORK: dict[str, Callable[[Advisor, Job], Iterator[dict[str, Any]]]] = {"interview": interview, "messages": messages}


def _warm() -> None:
    """Load all that a turn needs, so that a child begins at once."""
    advisor = Advisor(facts=load_facts(), today=DAY, store=memory_store())
    turn = advisor.start(str(SCRIPT[0]))
    for given in SCRIPT[1:]:
        turn = advisor.reply(turn.thread_id, given)  # type: ignore[union-attr]
    advisor.close()


def main() -> None:
    """Serve jobs until the input ends."""
    _warm()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
