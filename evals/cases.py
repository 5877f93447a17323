"""Holds the tools against independent cases: `python -m modelwise.evals cases` prints a table and writes the result.

Expectations come from licence texts, price lists, vendors' limits and published figures, and were written before the
tools were run on them. With `--throughput FILE` all rows of a list of published speeds are counted as well.
"""

import argparse
import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ..knowledge.facts import Facts, load_facts
from ..knowledge.prices import Rate, RateCard, Tier, rate_card
from ..knowledge.schema import Sourced, Window
from ..tools.context import check_window, estimate_tokens
from ..tools.cost import (
    BreakEven,
    Hosting,
    Volume,
    announced_bills,
    api_bill,
    break_even_by_sets,
    break_even_range,
    break_even_requests,
    hosting_bill,
    mixed_bill,
    peak_bill,
)
from ..tools.hardware import (
    cards_needed,
    concurrency_that_fits,
    kv_gb,
    memory,
    roofline_band,
    tokens_that_fit,
    weights_gb,
)
from ..tools.license import check_license
from ..tools.routing import Leg, split
from .report import DAY, RESULTS, read_result, read_yaml, say, table, today, write_result

Case = dict[str, Any]
SETS = ("licenses", "costs", "contexts", "memory", "decode")
ALL_SPEEDS = "decode, all rows"
MEMORY_WITHIN = 0.10
DECODE_SHARE = 0.80
_GB = {"gb": 1.0, "gib": 2**30 / 1e9, "mib": 2**20 / 1e9}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: what was expected, what the tool said, and whether that is the same or inside the band."""

    id: str
    holds: bool
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases of a set hold, and how many are asked to."""

    name: str
    cases: int
    hold: int
    asked: float

    @property
    def enough(self) -> bool:
        """Whether the share asked is reached."""
        return self.hold >= self.asked * self.cases


def judge_set(name: str) -> tuple[Outcome, ...]:
    """Run every case of one set."""
    return tuple(_JUDGES[name](case) for case in read_yaml(f"cases/{name}.yaml"))


def count(name: str, outcomes: Sequence[Outcome]) -> Count:
    """Count a set; of the speeds four in five must lie inside the band, of all else every case must hold."""
    asked = DECODE_SHARE if name == "decode" else 1.0
    return Count(name, len(outcomes), sum(outcome.holds for outcome in outcomes), asked)


@cache
def _facts() -> Facts:
    return load_facts()


@cache
def _card(day: dt.date) -> RateCard:
    return rate_card(_facts(), day)


def judge_licence(case: Case) -> Outcome:
    """Hold the verdict, and the clause that decides with its outcome."""
    found = check_license(case["subject"], case["use"], facts=_facts())
    spoke = {finding.clause.id: finding.outcome for finding in found.clauses}
    wanted = case.get("clause")
    if wanted is None:
        return Outcome(case["id"], found.verdict == case["expect"], case["expect"], found.verdict)
    outcomes = {o for id_, o in spoke.items() if id_ == wanted or (wanted[0] == "*" and id_.endswith(wanted[1:]))}
    said = f"{found.verdict} {wanted} {' '.join(sorted(outcomes)) or 'silent'}"
    expected = f"{case['expect']} {wanted} {case['outcome']}"
    return Outcome(case["id"], said == expected, expected, said)


def judge_cost(case: Case) -> Outcome:
    """Hold USD a month, or requests, to the last digit."""
    return _COSTS[case["do"]](case)


def _volume(order: Case) -> Volume:
    return Volume(
        order.get("requests", 1),
        order["input"],
        order["output"],
        order.get("reasoning", 0),
        Decimal(order.get("cached", "0")),
        order.get("batch", False),
    )


def _rate(case: Case) -> Rate:
    return _card(case.get("day", DAY)).rates[case["price"]]


def _exact(case: Case, got: Decimal, *more: tuple[str, Decimal]) -> Outcome:
    pairs = (("usd", got), *more)
    expected = " ".join(f"{name} {Decimal(case[name])}" for name, _ in pairs)
    holds = all(value == Decimal(case[name]) for name, value in pairs)
    return Outcome(case["id"], holds, expected, " ".join(f"{name} {value.normalize():f}" for name, value in pairs))


def _api(case: Case) -> Outcome:
    return _exact(case, api_bill(_rate(case), _volume(case)).monthly)


def _peak(case: Case) -> Outcome:
    rate, off = _rate(case), {name: Decimal(usd) for name, usd in case["off_peak"].items()}
    quiet = Rate(rate.price_id, (Tier(0, off["input"], off["cached"], off["output"]),), (), False, rate.source, DAY)
    return _exact(case, peak_bill(rate, quiet, _volume(case), Decimal(case["share"])).monthly)


def _change(case: Case) -> Outcome:
    day = case.get("day", DAY)
    changes = _card(day).changes.get(case["price"], ())
    bills = announced_bills(day, _rate(case), changes, _volume(case))
    got = {dated.since: dated.bill.monthly for dated in bills}
    expected = {since: Decimal(usd) for since, usd in case["bills"].items()}
    return Outcome(case["id"], got == expected, _dated(expected), _dated(got))


def _dated(bills: dict[dt.date, Decimal]) -> str:
    return ", ".join(f"{day} {usd.normalize():f}" for day, usd in bills.items())


def _mix(case: Case) -> Outcome:
    return _exact(case, mixed_bill((_rate(order), _volume(order)) for order in case["orders"]).monthly)


def _hosting(case: Case, usd_per_hour: str) -> Hosting:
    return Hosting(case["cards"], Decimal(usd_per_hour), case.get("spare", 0), Decimal(case.get("engineering", "0")))


def _host(case: Case) -> Outcome:
    return _exact(case, hosting_bill(_hosting(case, case["usd_per_hour"]), 0).monthly)


def _break_even(case: Case) -> Outcome:
    expected, got = case["requests"], _requests_from(case)
    same = [got.low, got.high] == expected if isinstance(got, BreakEven) else got == expected
    return Outcome(case["id"], same, str(expected), str(got))


def _requests_from(case: Case) -> BreakEven | int | None:
    if isinstance(case["api"], list):
        hosting = [_hosting(case, usd) for usd in case["usd_per_hour"]]
        return break_even_range([Decimal(usd) for usd in case["api"]], hosting)
    one = _hosting(case, case["usd_per_hour"])
    if "capacity" in case:
        return break_even_by_sets(Decimal(case["api"]), one, case["capacity"])
    return break_even_requests(Decimal(case["api"]), hosting_bill(one, 0).monthly)


def _routing(case: Case) -> Outcome:
    cheap, strong = (Leg(_rate(case[leg]), _volume(case[leg])) for leg in ("cheap", "strong"))
    found = split(
        cheap,
        strong,
        requests=case["requests"],
        hard_share=Decimal(case["hard_share"]),
        cascade=case.get("cascade", False),
        router_usd=Decimal(case.get("router", "0")),
    )
    return _exact(case, found.monthly, ("saves", found.saves))


_COSTS: dict[str, Callable[[Case], Outcome]] = {
    "api": _api,
    "peak": _peak,
    "change": _change,
    "mix": _mix,
    "host": _host,
    "break_even": _break_even,
    "routing": _routing,
}


def judge_context(case: Case) -> Outcome:
    """Hold the status and the limit that decides, or a vendor's own count inside the band."""
    band = estimate_tokens(
        case["amount"], case["unit"], chinese=case.get("chinese", False), factor=case.get("factor", 1.0)
    )
    if case["do"] == "tokens":
        got = f"{band.low} to {band.high}"
        return Outcome(case["id"], band.low <= case["tokens"] <= band.high, str(case["tokens"]), got)
    fit = check_window(_window(case), band, output=case["output"], reasoning=case.get("reasoning", 0))
    said = {"status": fit.status, "limit": fit.limit, "has": fit.has}
    expected = {name: case[name] for name in said if name in case}
    holds = all(said[name] == value for name, value in expected.items())
    return Outcome(case["id"], holds, _spell(expected), _spell({name: said[name] for name in expected}))


def _spell(values: dict[str, Any]) -> str:
    return " ".join(str(value) for value in values.values())


def _window(case: Case) -> Window | None:
    if "model" in case:
        return _facts().models[case["model"]].window
    limits = case["window"]
    return limits and Window(**{name: Sourced(tokens, "cases") for name, tokens in limits.items()})


def judge_memory(case: Case) -> Outcome:
    """Hold arithmetic to a millionth of a GB, published figures to a tenth."""
    if case["do"] == "published":
        return _published(case)
    got, expected = _MEMORY[case["do"]](case), case["expect"]
    holds = got is not None and abs(got - expected) <= (1e-6 if isinstance(expected, float) else 0)
    return Outcome(case["id"], holds, str(expected), str(got))


def _published(case: Case) -> Outcome:
    unit = next(unit for unit in _GB if unit in case)
    expected, got = case[unit] * _GB[unit], _part(case)
    apart = got / expected - 1
    said = f"{got:.2f} GB ({apart:+.1%})"
    return Outcome(case["id"], abs(apart) <= MEMORY_WITHIN, f"{expected:.2f} GB", said)


def _part(case: Case) -> float:
    model, precision, tokens = _facts().models[case["model"]], case["precision"], case.get("tokens", 0)
    weights = weights_gb(model, precision) or 0.0
    cache = kv_gb(model.weights, tokens, 1) if model.weights and tokens else 0.0
    if case["part"] == "total":
        found = memory(model, precision, tokens=tokens, concurrency=1)
        return found.total if found else 0.0
    return {"weights": weights, "kv": cache or 0.0, "used": weights + (cache or 0.0)}[case["part"]]


def _kv(case: Case) -> float | None:
    weights = _facts().models[case["model"]].weights
    return kv_gb(weights, case["tokens"], case["concurrency"]) if weights else None


def _total(case: Case) -> float | None:
    model, precision = _facts().models[case["model"]], case["precision"]
    found = memory(model, precision, tokens=case["tokens"], concurrency=case["concurrency"])
    return found.total if found else None


def _held(case: Case) -> float | None:
    model = _facts().models[case["model"]]
    limits = {name: case[name] for name in ("tokens", "concurrency", "budget_gb") if name in case}
    fits = concurrency_that_fits if case["do"] == "concurrency" else tokens_that_fit
    return fits(model, case["precision"], **limits)


_MEMORY: dict[str, Callable[[Case], float | None]] = {
    "kv": _kv,
    "total": _total,
    "cards": lambda case: cards_needed(case["total_gb"], case["card_gb"]),
    "concurrency": _held,
    "tokens": _held,
}


def judge_speed(case: Case) -> Outcome:
    """Hold a published speed of one sequence inside the band of the roofline."""
    low, high = roofline_band(case["gb_s"], case["read_gb"], moe=case["moe"])
    speed = case["tokens_per_s"]
    return Outcome(case["id"], low <= speed <= high, str(speed), f"{low:.1f} to {high:.1f}")


def throughput_cases(path: Path, moe: Iterable[str]) -> list[Case]:
    """Return the batch-1 decode rows of a list of speeds that state what they read for a token."""
    rows = json.loads(path.read_text("utf-8"))
    return [
        {
            "id": f"{row['model']} {row['precision']} {row['hardware']}",
            "gb_s": row["bandwidth_gb_s"],
            "read_gb": row["weights_read_per_token_gb"],
            "moe": row["model"] in moe,
            "tokens_per_s": row["tokens_per_s"],
        }
        for row in rows
        if row["metric"].startswith("decode") and row.get("weights_read_per_token_gb")
    ]


_JUDGES: dict[str, Callable[[Case], Outcome]] = {
    "licenses": judge_licence,
    "costs": judge_cost,
    "contexts": judge_context,
    "memory": judge_memory,
    "decode": judge_speed,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`cases` accepts a list of published speeds to count in full."""
    parser.add_argument("--throughput", type=Path, metavar="FILE", help="JSON list of published speeds")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="where the result is written")


def run(args: argparse.Namespace) -> int:
    """Judge every set, print the table and what does not hold, and write the result; 1 where a set has too few."""
    judged = {name: judge_set(name) for name in SETS}
    if args.throughput:
        moe = {case["model"] for case in read_yaml("cases/decode.yaml") if case["moe"]}
        judged[ALL_SPEEDS] = tuple(judge_speed(case) for case in throughput_cases(args.throughput, moe))
    counts = [count(name.partition(",")[0], outcomes) for name, outcomes in judged.items()]
    _print(judged, counts)
    write_result("cases", _result(judged, counts, args.results), args.results)
    return 0 if all(one.enough for one in counts) else 1


def _print(judged: dict[str, tuple[Outcome, ...]], counts: Sequence[Count]) -> None:
    rows = ((name, one.cases, one.hold, f"{one.asked:.0%}") for name, one in zip(judged, counts, strict=True))
    say(table(("set", "cases", "hold", "asked"), rows))
    for name, outcomes in judged.items():
        for outcome in outcomes:
            if not outcome.holds and not name.startswith("decode"):
                say(f"{outcome.id}: expected {outcome.expected}, got {outcome.got}")


def _result(judged: dict[str, tuple[Outcome, ...]], counts: Sequence[Count], folder: Path) -> dict[str, Any]:
    """Return the counts and what lies outside; the count of all speeds stays until it is taken again."""
    sets = {
        name: {"cases": one.cases, "hold": one.hold, "asked": one.asked, "share": round(one.hold / one.cases, 3)}
        for name, one in zip(judged, counts, strict=True)
    }
    before = read_result("cases", folder)["sets"] if (folder / "cases.json").exists() else {}
    kept = {ALL_SPEEDS: before[ALL_SPEEDS]} if ALL_SPEEDS in before else {}
    missed = [asdict(outcome) for name in SETS for outcome in judged[name] if not outcome.holds]
    return {"measured": today().isoformat(), "prices_of": DAY.isoformat(), "sets": kept | sets, "outside": missed}
