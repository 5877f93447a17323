"""Stopwatches: calls in this process, and whole processes that start cold."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Call = Callable[[], object]
HEAVY = ("chromadb", "torch")

# Peak memory from /proc: what getrusage says of a child starts at its parent's peak. Elsewhere getrusage, in bytes.
_PROBE = f"""
import json, sys
try:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
except FileNotFoundError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([peak, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """The smallest, the middle and the largest of some measurements."""

    min: float
    median: float
    max: float
    repeats: int


@dataclass(frozen=True, slots=True)
class Cold:
    """One process from its start to its end: seconds, peak MB, and which heavy libraries it imported."""

    seconds: float
    peak_mb: float
    heavy: tuple[str, ...]


def spread(values: Iterable[float]) -> Spread:
    """Return the spread of some measurements."""
    found = sorted(values)
    return Spread(found[0], statistics.median(found), found[-1], len(found))


def milliseconds(call: Call) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def warm(calls: Sequence[Call], repeats: int) -> Spread:
    """Time `repeats` calls in turn (ms), each of them made once before."""
    for call in calls:
        call()
    return spread(milliseconds(calls[number % len(calls)]) for number in range(repeats))


def cold(code: str, argument: str) -> Cold:
    """Run a piece of Python in a fresh process with a fresh data folder; it finds `argument` in sys.argv[1]."""
    seconds, out = _process("-c", code + _PROBE, argument)
    peak, heavy = json.loads(out.splitlines()[-1])
    return Cold(seconds, peak, tuple(heavy))


def process_seconds(*arguments: str) -> float:
    """Time a fresh Python with these arguments, from its start to its end."""
    return _process(*arguments)[0]


def printed_number(code: str) -> float:
    """Return the number that a piece of Python prints in a fresh process."""
    return float(_process("-c", code)[1])


def _process(*arguments: str) -> tuple[float, str]:
    with tempfile.TemporaryDirectory(prefix="modelwise-bench-") as folder:
        environment = {**os.environ, "MODELWISE_DATA": folder, "PYTHONIOENCODING": "utf-8"}
        start = time.perf_counter()
        child = subprocess.run(
            [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True
        )
        return time.perf_counter() - start, child.stdout
