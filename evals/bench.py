"""The speeds and the memory that DESIGN 8 names, measured and held against their targets."""

import argparse
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from . import measures
from .measures import Spread, spread
from .report import RESULTS, machine, progress, read_yaml, say, table, today, versions, write_result

if TYPE_CHECKING:
    from ..knowledge.facts import Facts

COMMAND = "python -m modelwise.evals bench"
COPIES = 100
SCRIPTS = ("zh-Hans", "zh-Hant", "en")
_ADVISE = "import sys\nfrom modelwise import advise\nadvise(sys.argv[1])\n"
_ASK = "import sys\nfrom modelwise import ask\nask(sys.argv[1])\n"
_IMPORT = "import time\nstart = time.perf_counter()\nimport modelwise\nprint((time.perf_counter() - start) * 1000)\n"


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each kind of measurement is repeated."""

    calls: int = 200
    asks: int = 60
    processes: int = 5
    builds: int = 10
    large: int = 18


QUICK = Effort(calls=6, asks=6, processes=1, builds=1, large=6)


def fields() -> list[dict[str, Any]]:
    """Return the six golden needs as mappings."""
    return [need["fields"] for need in read_yaml("needs.yaml")["needs"]]


def texts() -> list[str]:
    """Return the six golden needs in words, each in three scripts."""
    return [need[script] for script in SCRIPTS for need in read_yaml("needs.yaml")["needs"]]


def questions() -> list[str]:
    """Return the free questions that `ask` is timed with."""
    return list(read_yaml("needs.yaml")["questions"])


def _advise_mapping(effort: Effort) -> dict[str, Spread]:
    from ..agent.advisor import advise

    return {"advise_mapping": measures.warm([partial(advise, need) for need in fields()], effort.calls)}


def _advise_text(effort: Effort) -> dict[str, Spread]:
    from ..agent.advisor import advise

    return {"advise_text": measures.warm([partial(advise, text) for text in texts()], effort.calls)}


def _cold_advice(effort: Effort) -> dict[str, Spread]:
    runs = [measures.cold(_ADVISE, texts()[0]) for _ in range(effort.processes)]
    return {
        "cold_advice_s": spread(run.seconds for run in runs),
        "cold_advice_mb": spread(run.peak_mb for run in runs),
        "cold_advice_heavy": spread(len(run.heavy) for run in runs),
    }


def _cold_ask(effort: Effort) -> dict[str, Spread]:
    return {"cold_ask": spread(measures.cold(_ASK, questions()[0]).seconds for _ in range(effort.processes))}


def _ask(effort: Effort) -> dict[str, Spread]:
    from ..agent.advisor import ask

    return {"ask": measures.warm([partial(ask, question) for question in questions()], effort.asks)}


def _question(effort: Effort) -> dict[str, Spread]:
    """Time the choice of the next question for needs of which little is known."""
    from ..agent.requirements import Requirements
    from ..agent.voi import next_question
    from ..knowledge.facts import load_facts

    known, day = load_facts(), today()
    needs = [Requirements.from_mapping(need) for need in ({"task": "chat"}, {"task": "rag"}, {"task": "code"})]
    ask = (partial(next_question, need, known, day, settled=(), asked=0) for need in needs)
    return {"question": measures.warm(list(ask), effort.calls)}


def _turn(effort: Effort) -> dict[str, Spread]:
    """Time the turns of interviews that end with an advice, on SQLite that is written through to the disk."""
    from ..agent.session import Advisor
    from ..agent.settings import Settings
    from ..agent.store import open_store

    replies = ("cloud is fine", "2M requests a month", "no fine-tuning", "no sensitive data", "just tell me")
    with TemporaryDirectory() as folder, closing(Advisor(store=open_store(Settings(data=Path(folder))))) as advisor:
        advisor.start("customer service bot")
        times = []
        for number in range(effort.builds):
            advisor.start("customer service bot", thread_id=str(number))
            times += [measures.milliseconds(partial(advisor.reply, str(number), reply)) for reply in replies]
    return {"turn": spread(times)}


def _snapshot(effort: Effort) -> dict[str, Spread]:
    from ..knowledge.facts import SNAPSHOT, read_facts

    return {"snapshot": measures.warm([partial(read_facts, SNAPSHOT)], effort.builds)}


def _rate_card(effort: Effort) -> dict[str, Spread]:
    from ..knowledge.prices import rate_card

    return {"rate_card": _built(rate_card, effort)}


def _options(effort: Effort) -> dict[str, Spread]:
    from ..agent.options import build_options

    return {"options": _built(build_options, effort)}


def _built(build: Callable[["Facts", dt.date], object], effort: Effort) -> Spread:
    """Time a builder that remembers what it built: facts it has not seen make it build again."""
    from ..knowledge.facts import Facts, load_facts

    known, day = load_facts(), today()
    build(known, day)
    return spread(measures.milliseconds(partial(build, Facts(known.snapshot), day)) for _ in range(effort.builds))


def _help(effort: Effort) -> dict[str, Spread]:
    return {"help": spread(measures.process_seconds("-m", "modelwise", "--help") for _ in range(effort.processes))}


def _import(effort: Effort) -> dict[str, Spread]:
    return {"import": spread(measures.printed_number(_IMPORT) for _ in range(effort.processes))}


def _catalog(effort: Effort) -> dict[str, Spread]:
    """Return how many times slower each need is on the larger catalog."""
    from ..agent.advisor import advise
    from ..knowledge.facts import load_facts

    small = load_facts()
    large, each = enlarged(small, COPIES), max(1, effort.large // len(fields()))

    def median(need: Mapping[str, Any], facts: "Facts") -> float:
        return measures.warm([partial(advise, need, facts=facts)], each).median

    return {"catalog_ratio": spread(median(need, large) / median(need, small) for need in fields())}


def enlarged(facts: "Facts", times: int) -> "Facts":
    """Return facts with a catalog `times` as large: copies under new ids that are nobody's predecessors."""
    from msgspec.structs import replace

    from ..knowledge.facts import Facts

    vendors = []
    for vendor in facts.snapshot.vendors:
        copies = (
            replace(model, id=f"{model.id}-copy-{number}", predecessor=None, aliases=())
            for number in range(1, times)
            for model in vendor.models
        )
        vendors.append(replace(vendor, models=(*vendor.models, *copies)))
    return Facts(replace(facts.snapshot, vendors=tuple(vendors)))


GROUPS: Mapping[str, Callable[[Effort], dict[str, Spread]]] = {
    "cold_advice": _cold_advice,
    "cold_ask": _cold_ask,
    "help": _help,
    "import": _import,
    "advise_mapping": _advise_mapping,
    "advise_text": _advise_text,
    "ask": _ask,
    "question": _question,
    "turn": _turn,
    "snapshot": _snapshot,
    "rate_card": _rate_card,
    "options": _options,
    "catalog": _catalog,
}


def measure(groups: Sequence[str], effort: Effort) -> dict[str, Any]:
    """Measure some groups and return the result as it is written."""
    facts = {"command": COMMAND, "date": f"{today()}", "machine": machine(), "versions": versions()}
    found: dict[str, Spread] = {}
    for group in groups:
        progress(f"measuring {group}")
        found |= _apart(GROUPS[group], effort)
    seen = [_figure(row, found[row["id"]]) for row in read_yaml("figures.yaml") if row["id"] in found]
    return {**facts, "figures": seen}


def _apart(group: Callable[[Effort], dict[str, Spread]], effort: Effort) -> dict[str, Spread]:
    """Measure a group in a process of its own: what another left in memory makes every collection of garbage longer."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(group, effort).result()


def _figure(row: Mapping[str, Any], seen: Spread) -> dict[str, Any]:
    """Join a figure's description and what was measured; it is met when the median is."""
    numbers = {name: round(value, 3) for name, value in asdict(seen).items()}
    met = None if row["target"] is None else numbers["median"] <= row["target"]
    return {
        "id": row["id"],
        "unit": row["unit"],
        "target": row["target"],
        **numbers,
        "met": met,
        "command": f"{COMMAND} {row['group']}",
    }


def shown(number: float) -> str:
    """Write a measured number with the digits that it deserves."""
    return (
        f"{number:.0f}"
        if number >= 100 or number == int(number)
        else f"{number:.1f}"
        if number >= 10
        else f"{number:.2f}"
    )


def in_words(figure: Mapping[str, Any]) -> str:
    """Say whether a figure holds its target."""
    return {True: "met", False: "MISSED", None: "no target"}[figure["met"]]


def page(result: Mapping[str, Any]) -> str:
    """Return a result as plain text."""
    rows = map(_cells, result["figures"])
    facts = ", ".join(f"{name} {value}" for name, value in (*result["machine"].items(), *result["versions"].items()))
    body = table(("figure", "unit", "target", "min", "median", "max", "repeats", ""), rows)
    return f"{result['date']}: {facts}\n\n{body}"


def _cells(figure: Mapping[str, Any]) -> tuple[object, ...]:
    target = "" if figure["target"] is None else figure["target"]
    numbers = (shown(figure[name]) for name in ("min", "median", "max"))
    return figure["id"], figure["unit"], target, *numbers, figure["repeats"], in_words(figure)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what `bench` accepts."""
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"only these: {', '.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="few repeats: does it run at all")
    parser.add_argument("--out", type=Path, help="folder for bench.json (else evals/results, for a whole run only)")


def run(args: argparse.Namespace) -> int:
    """Measure, print and write; a missed target is printed and is no failure."""
    if unknown := [group for group in args.groups if group not in GROUPS]:
        progress(f"{unknown[0]!r} is no group of measures; there are {', '.join(GROUPS)}")
        return 2
    result = measure(args.groups or tuple(GROUPS), QUICK if args.quick else Effort())
    say(page(result))
    if folder := args.out or (None if args.groups or args.quick else RESULTS):
        write_result("bench", result, folder)
    return 0
