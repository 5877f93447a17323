"""How often each attack is tried, and the processes that are attacked."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modelwise.agent.session import Advisor
from modelwise.agent.settings import Settings
from modelwise.agent.store import open_store


class Counts(NamedTuple):
    """How often each is tried."""

    random_kills: int
    kills_at_a_point: int
    threads: int
    turns: int
    same_ids: int


FULL = Counts(random_kills=100, kills_at_a_point=20, threads=200, turns=8, same_ids=20)
TENTH = Counts(random_kills=10, kills_at_a_point=2, threads=20, turns=8, same_ids=2)


@pytest.fixture(scope="session")
def counts() -> Counts:
    """All of the matrix with MODELWISE_SOAK=1 (`make soak`), a tenth of it in `make test`."""
    return FULL if _is_full else TENTH


_is_full = os.environ.get("MODELWISE_SOAK") == "1"  # read before the fixtures of a test take settings away


class Nursery:
    """Runs jobs in processes of their own."""

    def __init__(self) -> None:
        command = [sys.executable, str(Path(__file__).parent / "nursery.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, *jobs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what each of some jobs said, run at once; a job that fails fails the test."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(jobs) + "\n")
        self.process.stdin.flush()
        done: list[dict[str, Any]] = json.loads(self.process.stdout.readline())
        for one in done:
            assert not [line for line in one["lines"] if "error" in line], one["lines"][-1]
        return done

    def close(self) -> None:
        """End when all jobs are done."""
        with suppress(BrokenPipeError):
            self.process.communicate()


@pytest.fixture
def advisor(today: dt.date, data_dir: Path) -> Iterator[Advisor]:
    """An advisor on the SQLite file of the test's data folder."""
    made = Advisor(today=today, store=open_store(Settings(data=data_dir)))
    yield made
    made.close()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Processes to be killed."""
    started = Nursery()
    yield started
    started.close()
