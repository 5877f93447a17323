"""Judges what is heard and what is advised: `python -m modelwise.evals.judge understanding|scenarios`.

The expectations were written without sight of the code that they judge. A scenario's `must` is checked from the
catalog, the sellers, the licences and genai-prices, never through the program's own rules.
"""

import argparse
import datetime as dt
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, Literal, NamedTuple

from ..agent.advice import Advice, Pick
from ..agent.requirements import FIELDS, InvalidRequirements, Requirements
from ..knowledge.facts import Facts, load_facts
from ..knowledge.regions import touches, within
from ..knowledge.schema import Model, Offer, Seller, Window
from .report import read_yaml, say, table, write_result

TODAY = dt.date(2026, 11, 21)
TOLERANCE = 0.01
SCRIPTS = ("zh-Hans", "zh-Hant", "en")
TOP = 3
# Values that change nothing: a reader that sets them unasked is not wrong, one that leaves them out neither.
IDLE: Mapping[str, object] = {"sector": "other", "device": "server"}
NAMES = frozenset({"gpu", "current_model", "quality_floor"})
NAME_SETS = frozenset({"vendors_excluded", "models_excluded", "models_only", "existing_stack"})

Item = Mapping[str, Any]
Verdict = Literal["hit", "wrong", "missing", "extra"]


class Slot(NamedTuple):
    """One field of one utterance: what was expected, what was heard, and the verdict."""

    utterance: str
    script: str
    field: str
    expected: Any
    heard: Any
    verdict: Verdict


class Outcome(NamedTuple):
    """What became of one scenario; `acceptable` is None where no model was expected."""

    scenario: str
    expected: tuple[str, ...]
    status: str
    picks: tuple[str, ...]
    violations: tuple[str, ...]
    scandals: tuple[str, ...]
    acceptable: bool | None
    unnamed: tuple[str, ...]

    @property
    def status_right(self) -> bool:
        """Whether the status is an expected one and the rules that had to be named were."""
        return self.status in self.expected and not self.unnamed


# --- understanding


def agrees(field: str, expected: Any, heard: Any) -> bool:
    """Whether a heard value is the expected one, within what the annotation allows."""
    if isinstance(expected, dict):
        if "any" in expected:
            return any(agrees(field, choice, heard) for choice in expected["any"])
        return _is_number(heard) and _between(heard, *expected["between"])
    if isinstance(expected, list):
        return _same_set(field, expected, heard)
    if field in NAMES:
        return loosely_equal(str(expected), str(heard))
    if _is_number(expected):
        return _is_number(heard) and _between(heard, expected, expected)
    return bool(expected == heard)


def _between(value: float, low: float, high: float) -> bool:
    return low * (1 - TOLERANCE) <= value <= high * (1 + TOLERANCE)


def loosely_equal(expected: str, heard: str) -> bool:
    """Whether one name contains the other, case, spaces and punctuation aside."""
    first, second = ("".join(c for c in name.lower() if c.isalnum()) for name in (expected, heard))
    return bool(first and second) and (first in second or second in first)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_set(field: str, expected: Sequence[str], heard: Any) -> bool:
    if not isinstance(heard, frozenset | set | list | tuple):
        return False
    if field not in NAME_SETS:
        return set(expected) == set(heard)
    return len(expected) == len(heard) and all(any(loosely_equal(e, h) for h in heard) for e in expected)


def judge_utterance(item: Item, need: Requirements) -> list[Slot]:
    """Return the verdict on every field that was expected or heard, the optional ones left out."""
    optional = set(item.get("optional", ()))
    expect: Mapping[str, Any] = item["expect"]
    heard = {f: getattr(need, f) for f in FIELDS if f in need.said and not _idle(f, getattr(need, f), expect)}
    pooled = _tasks_agree(expect, heard) if "secondary_tasks" in expect and item.get("order") != "said" else False
    fields = [f for f in FIELDS if f in expect or (f in heard and f not in optional)]
    return [_slot(item, f, heard, pooled=pooled and f in ("task", "secondary_tasks")) for f in fields]


def _idle(field: str, value: Any, expect: Mapping[str, Any]) -> bool:
    return field not in expect and field in IDLE and value == IDLE[field]


def _slot(item: Item, field: str, heard: Mapping[str, Any], *, pooled: bool) -> Slot:
    expect = item["expect"]
    verdict: Verdict
    if field not in expect:
        verdict = "extra"
    elif pooled:
        verdict = "hit"
    elif field not in heard:
        verdict = "missing"
    else:
        verdict = "hit" if agrees(field, expect[field], heard[field]) else "wrong"
    return Slot(item["id"], item["script"], field, expect.get(field), heard.get(field), verdict)


def _tasks_agree(expect: Mapping[str, Any], heard: Mapping[str, Any]) -> bool:
    got = {heard.get("task"), *(heard.get("secondary_tasks") or ())} - {None}
    pairs = product(_choices(expect.get("task")), _choices(expect["secondary_tasks"]))
    return any(got == ({main} - {None}) | set(others) for main, others in pairs)


def _choices(expected: Any) -> Sequence[Any]:
    return list(expected["any"]) if isinstance(expected, dict) else [expected]


def scores(slots: Iterable[Slot]) -> dict[str, float]:
    """Return precision, recall and F1 over slots; a wrong value costs both."""
    n = Counter(s.verdict for s in slots)
    precision = _share(n["hit"], n["hit"] + n["wrong"] + n["extra"])
    recall = _share(n["hit"], n["hit"] + n["wrong"] + n["missing"])
    f1 = _share(2 * precision * recall, precision + recall)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def summarise_understanding(items: Sequence[Item], slots: Sequence[Slot]) -> dict[str, Any]:
    """Return the figures by script and by field, and every miss."""
    groups = {name: [s for s in slots if name in ("all", s.script)] for name in (*SCRIPTS, "all")}
    counts = Counter(i["script"] for i in items)
    by_script = {}
    for name, group in groups.items():
        count = counts[name] if name != "all" else len(items)
        dirty = {s.utterance for s in group if s.verdict == "extra"}
        by_script[name] = {
            "utterances": count,
            "slots": sum(s.verdict != "extra" for s in group),
            **scores(group),
            "no_unsaid": round(_share(count - len(dirty), count), 4),
        }
    return {"by_script": by_script, "by_field": _by_field(slots), "misses": [_shown(s) for s in slots if _missed(s)]}


def _missed(slot: Slot) -> bool:
    return slot.verdict != "hit"


def _by_field(slots: Iterable[Slot]) -> dict[str, dict[str, int]]:
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for slot in slots:
        rows[slot.field][slot.verdict] += 1
    return {field: dict(rows[field]) for field in FIELDS if field in rows}


def _shown(slot: Slot) -> dict[str, Any]:
    return {**slot._asdict(), "heard": _plain(slot.heard), "expected": slot.expected}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset | set) else value


def measure_understanding(items: Sequence[Item], hear: Callable[[str], Requirements]) -> dict[str, Any]:
    """Return the figures over all utterances."""
    slots = [slot for item in items for slot in judge_utterance(item, hear(item["text"]))]
    return summarise_understanding(items, slots)


# --- scenarios


def judge_scenario(item: Item, advice: Advice | None, groups: Mapping[str, Sequence[str]], facts: Facts) -> Outcome:
    """Hold an advice against its scenario; None is a mapping that was refused, which counts as unclear."""
    status = advice.status if advice else "unclear"
    picks = advice.picks if advice else ()
    chosen = [Chosen(pick, facts, rank) for rank, pick in enumerate(picks)]
    ids = tuple(pick.model.id for pick in picks)
    never = list(expand(item.get("never", ()), groups))
    good = list(expand(item.get("acceptable", ()), groups))
    return Outcome(
        scenario=item["id"],
        expected=_expected(item),
        status=status,
        picks=ids,
        violations=tuple(line for c in chosen for line in broken(c, item.get("must", {}))),
        scandals=tuple(i for i in ids if matches(i, never)),
        acceptable=any(matches(i, good) and not matches(i, never) for i in ids[:TOP]) if good else None,
        unnamed=tuple(_unnamed(item, advice)) if advice and advice.status == "nothing_fits" else (),
    )


def expand(patterns: Iterable[str], groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the patterns with each @group replaced by what it holds."""
    for pattern in patterns:
        yield from expand(groups[pattern[1:]], groups) if pattern.startswith("@") else (pattern,)


def matches(model_id: str, patterns: Iterable[str]) -> bool:
    """Whether a model id matches one of the patterns."""
    return any(fnmatchcase(model_id, pattern) for pattern in patterns)


def _expected(item: Item) -> tuple[str, ...]:
    status = item.get("status", "recommended")
    return (status,) if isinstance(status, str) else tuple(status)


def _unnamed(item: Item, advice: Advice) -> Iterator[str]:
    """Yield the rules that had to be named and were not."""
    named = _named(advice)
    for rule in item.get("rules", ()):
        choices = [rule] if isinstance(rule, str) else rule
        if not named & set(choices):
            yield " or ".join(choices)


def _named(advice: Advice) -> set[str]:
    """Return what the near misses fail and why models insisted on are out; without either, every first failure."""
    wanted = advice.requirements.models_only or ()
    near = {rule for miss in advice.near_misses for rule in miss.rules}
    out = {e.rule for e in advice.eliminated if any(loosely_equal(w, e.option.model_id) for w in wanted)}
    return near | out or {e.rule for e in advice.eliminated}


def summarise_scenarios(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures over all scenarios, and every miss."""
    wanted = [o for o in outcomes if o.acceptable is not None]
    return {
        "scenarios": len(outcomes),
        "violations": sum(len(o.violations) for o in outcomes),
        "scandals": sum(len(o.scandals) for o in outcomes),
        "acceptable": sum(bool(o.acceptable) for o in wanted),
        "acceptable_of": len(wanted),
        "status": {kind: _right(outcomes, kind) for kind in ("recommended", "nothing_fits", "unclear")},
        "misses": [_row(o) for o in outcomes if _failed(o)],
    }


def _right(outcomes: Iterable[Outcome], kind: str) -> list[int]:
    group = [o for o in outcomes if o.expected[0] == kind]
    return [sum(o.status_right for o in group), len(group)]


def _failed(outcome: Outcome) -> bool:
    o = outcome
    return bool(o.violations or o.scandals or not o.status_right or o.acceptable is False)


def _row(outcome: Outcome) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in outcome._asdict().items()}


def measure_scenarios(
    document: Mapping[str, Any], advise: Callable[[Any], Advice], facts: Facts, report: Callable[[str], None] = say
) -> dict[str, Any]:
    """Return the figures over all scenarios."""
    outcomes = []
    for item in document["scenarios"]:
        try:
            advice = advise(item["need"] if "need" in item else item["text"])
        except InvalidRequirements as refusal:
            report(f"  {item['id']}: refused: {refusal}")
            advice = None
        outcomes.append(judge_scenario(item, advice, document["groups"], facts))
    return summarise_scenarios(outcomes)


# --- what every pick must meet, from the catalog alone


class Chosen(NamedTuple):
    """A pick with its place, and the facts to hold it against."""

    pick: Pick
    facts: Facts
    rank: int

    @property
    def model(self) -> Model:
        """The catalog's record of the model."""
        return self.facts.models[self.pick.model.id]

    @property
    def offer(self) -> Offer | None:
        """The listing that was picked; None for weights, or where the catalog has no such listing."""
        option = self.pick.option
        same = (o for o in self.model.offers if (o.seller, o.price_id) == (option.seller, option.price_id))
        return next(same, None) if option.kind == "api" else None

    @property
    def seller(self) -> Seller | None:
        """Who sells the listing."""
        return self.facts.sellers.get(self.offer.seller) if self.offer else None


def broken(chosen: Chosen, must: Mapping[str, Any]) -> list[str]:
    """Return what the pick violates, one line each; an unknown key is an error of the scenario."""
    failed = [key for key, value in must.items() if key not in _TERMS and not MUST[key](chosen, value)]
    if "usd_max" in must and _usd(chosen, must) > must["usd_max"] * (1 + TOLERANCE):
        failed.append("usd_max")
    if not _to_be_had(chosen):
        failed.append("to be had")
    return [f"{chosen.model.id} ({chosen.pick.option.kind}): {key} {must.get(key, '')}".rstrip() for key in failed]


def _to_be_had(c: Chosen) -> bool:
    if c.pick.option.kind == "weights":
        return bool(c.model.weights and c.model.weights.downloadable.value)
    return c.offer is not None and (c.offer.retires is None or c.offer.retires.value > TODAY)


def _usd(c: Chosen, must: Mapping[str, Any]) -> float:
    """USD a month: what the advice states, or the visible tokens at the list price where those are dearer."""
    stated = float(c.pick.cost.monthly_usd) if c.pick.cost.monthly_usd is not None else 0.0
    if not c.offer:
        return stated
    listed = _request_usd(c.offer.price_id, c.facts, must["in"], must["out"]) * float(must["requests"])
    return max(stated, listed)


def _request_usd(price_id: str, facts: Facts, given: int, out: int) -> float:
    """USD a request at the dearest hour of the day; infinite where nobody states a price."""
    from genai_prices import Usage, calc_price

    listed = next((row for row in facts.snapshot.list_prices if row.id == price_id), None)
    if listed:
        return (given * listed.input_usd_per_m + out * listed.output_usd_per_m) / 1e6
    provider, _, model = price_id.partition("/")
    hours = [dt.datetime.combine(TODAY, dt.time(hour), dt.UTC) for hour in range(24)]
    usage = Usage(input_tokens=given, output_tokens=out)
    try:
        prices = [calc_price(usage, model, provider_id=provider, genai_request_timestamp=hour) for hour in hours]
    except LookupError:
        return float("inf")
    return max(float(price.total_price) for price in prices)


def _window(c: Chosen) -> Window | None:
    return (c.offer.window if c.offer else None) or c.model.window


def _context(c: Chosen, tokens: int) -> bool:
    window = _window(c)
    return window is not None and (window.max_input or window.total).value >= tokens


def _output(c: Chosen, tokens: int) -> bool:
    window = _window(c)
    return window is not None and (window.max_output or window.total).value >= tokens


def _served(c: Chosen, region: str) -> bool:
    if not c.offer:
        return True
    s = c.seller
    refused = frozenset(s.not_served.value) if s and s.not_served else frozenset[str]()
    return bool(s and s.served and within(region, frozenset(s.served.value)) and not touches(region, refused))


def _owner(c: Chosen, region: str) -> bool:
    return not (c.seller and c.seller.ownership_refused and region in c.seller.ownership_refused.value)


def _papers(c: Chosen, papers: Sequence[str]) -> bool:
    signed = [getattr(c.seller.papers, name) for name in papers] if c.seller else []
    return not c.offer or (bool(signed) and all(paper and paper.value for paper in signed))


def _residency(c: Chosen, region: str) -> bool:
    where = c.seller.papers.residency if c.seller else None
    return not c.offer or bool(where and touches(region, frozenset(where.value)))


def _memory(c: Chosen, gigabytes: float) -> bool:
    """Whether the bare weights fit; caches and overhead come on top."""
    weights, precision = c.model.weights, c.pick.option.precision or "int4"
    if c.offer or weights is None:
        return c.offer is not None
    stored = {str(key): value for key, value in weights.files_gb.items()}.get(precision)
    size = stored.value if stored else _params(c) * BYTES[precision]
    return bool(size <= gigabytes)


def _params(c: Chosen) -> float:
    value = c.model.params_total_b.value if c.model.params_total_b else None
    return value if isinstance(value, float) else float("inf")


def _licence(c: Chosen) -> str:
    return c.model.weights.licence.value if c.model.weights else ""


def _commercial(c: Chosen, _: bool) -> bool:
    licence = c.facts.licences.get(_licence(c))
    forbids = licence and any(x.kind in ("commercial", "production") and x.effect == "forbids" for x in licence.clauses)
    return bool(c.offer) or (licence is not None and not forbids)


def _osi(c: Chosen, _: bool) -> bool:
    licence = c.facts.licences.get(_licence(c))
    return licence is not None and licence.osi


def _months(c: Chosen, months: int) -> bool:
    end = c.offer.retires.value if c.offer and c.offer.retires else None
    return c.rank > 0 or end is None or (end - TODAY).days >= months * 30


def _caps(c: Chosen, wanted: Sequence[str]) -> bool:
    known = (c.offer.capabilities if c.offer else None) or c.model.capabilities
    return not known or set(wanted) <= set(known)


def _country(c: Chosen) -> set[str]:
    return {c.facts.vendors[c.model.id].country} | ({c.seller.country} if c.seller else set())


_TERMS = frozenset({"usd_max", "requests", "in", "out"})
BYTES: Mapping[str, float] = {"bf16": 2, "fp8": 1, "int8": 1, "int4": 0.5, "mxfp4": 0.5}
MUST: Mapping[str, Callable[[Chosen, Any], bool]] = {
    "kind": lambda c, kind: c.pick.option.kind == kind,
    "open": lambda c, _: bool(c.model.weights and c.model.weights.downloadable.value),
    "osi": _osi,
    "commercial": _commercial,
    "not_licences": lambda c, names: bool(c.offer) or _licence(c) not in names,
    "context": _context,
    "max_output": _output,
    "served": _served,
    "owner": _owner,
    "papers": _papers,
    "residency": _residency,
    "memory_gb": _memory,
    "params_b": lambda c, most: _params(c) <= most,
    "not_countries": lambda c, countries: not _country(c) & set(countries),
    "not_makers": lambda c, makers: c.facts.vendors[c.model.id].id not in makers,
    "only": lambda c, patterns: matches(c.model.id, patterns),
    "not_models": lambda c, patterns: not matches(c.model.id, patterns),
    "lang": lambda c, tags: not (c.model.languages and set(tags) & set(c.model.languages.refused)),
    "sees": lambda c, kinds: set(kinds) <= set(c.model.modalities_in),
    "makes": lambda c, kinds: set(kinds) <= set(c.model.modalities_out),
    "caps": _caps,
    "first_months": _months,
}


# --- the command line


def _print_understanding(result: Mapping[str, Any]) -> None:
    head = ("script", "utterances", "slots", "precision", "recall", "F1", "nothing unsaid")
    say(table(head, ((name, *row.values()) for name, row in result["by_script"].items())))
    say()
    for m in result["misses"]:
        say(f"{m['utterance']} {m['verdict']:8}{m['field']}: expected {m['expected']!r}, heard {m['heard']!r}")


def _print_scenarios(result: Mapping[str, Any]) -> None:
    rows = [
        ("scenarios", result["scenarios"]),
        ("violations of must (0 expected)", result["violations"]),
        ("picks that would be a scandal", result["scandals"]),
        (f"acceptable among the first {TOP}", f"{result['acceptable']} of {result['acceptable_of']}"),
        *((f"status right: {kind}", "{} of {}".format(*pair)) for kind, pair in result["status"].items()),
    ]
    say(table(("what", "figure"), rows))
    say()
    for m in result["misses"]:
        say(f"{m['scenario']} {m['status']} (expected {'/'.join(m['expected'])}) picks {', '.join(m['picks']) or '-'}")
        say("".join(f"    {k}: {m[k]}\n" for k in ("violations", "scandals", "unnamed") if m[k]).rstrip("\n"))


def half_of(items: Sequence[Item], half: str | None) -> Sequence[Item]:
    """Return the half that rules are tuned on (`dev`), the one they never see (`held-out`), or all."""
    if half is None:
        return items
    return [i for i in items if (zlib.crc32(i["id"].encode()) % 2 == 0) is (half == "dev")]


def run_understanding(args: argparse.Namespace) -> int:
    """Judge what is heard in the utterances; only a run over all of them is written."""
    from ..agent.understand import understand

    result = measure_understanding(half_of(read_yaml("understanding.yaml"), args.half), understand)
    _print_understanding({**result, "misses": [] if args.half == "held-out" else result["misses"]})
    if args.half is None:
        write_result("understanding", result)
    return 0


def run_scenarios(_: argparse.Namespace) -> int:
    """Judge what is advised in the scenarios."""
    from ..agent.advisor import advise

    facts = load_facts()
    result = measure_scenarios(read_yaml("scenarios.yaml"), lambda need: advise(need, today=TODAY), facts)
    _print_scenarios(result)
    write_result("scenarios", result)
    return 0


MEASURES: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "understanding": run_understanding,
    "scenarios": run_scenarios,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one measure's table and misses, and write its result; the exit code is 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m modelwise.evals.judge", description="Judges hearing and advice.")
    parser.add_argument("measure", choices=sorted(MEASURES))
    parser.add_argument("--half", choices=("dev", "held-out"), help="half of the utterances, by their ids")
    args = parser.parse_args(arguments)
    return MEASURES[args.measure](args)


if __name__ == "__main__":
    sys.exit(main())
