"""Judges what is heard: `python -m modelwise.evals understanding` prints a table and writes the result.

The expectations were written without sight of the code that they judge. The even half of understanding_fresh.yaml is
counted apart and its misses are shown to nobody, so that no rule is ever made for one of them; the odd half is used up.
"""

import argparse
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..agent.requirements import FIELDS, Requirements
from .report import HERE, RESULTS, Item, loosely_equal, read_yaml, say, table, write_result

TOLERANCE = 0.01
SCRIPTS = ("zh-Hans", "zh-Hant", "en")
FRESH = "understanding_fresh.yaml"
# Values that change nothing: a reader that sets them unasked is not wrong, one that leaves them out neither.
IDLE: Mapping[str, object] = {"sector": "other", "device": "server"}
NAMES = frozenset({"gpu", "current_model", "quality_floor"})
NAME_SETS = frozenset({"vendors_excluded", "models_excluded", "models_only", "existing_stack"})
_HEAD = ("script", "utterances", "slots", "precision", "recall", "F1", "nothing unsaid")

Verdict = Literal["hit", "wrong", "missing", "extra"]


class Slot(NamedTuple):
    """One field of one utterance: what was expected, what was heard, and the verdict."""

    utterance: str
    script: str
    field: str
    expected: Any
    heard: Any
    verdict: Verdict


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


def half_of(items: Sequence[Item], half: str | None) -> Sequence[Item]:
    """Return the half that rules are tuned on (`dev`), the one they never see (`held-out`), or all."""
    if half is None:
        return items
    return [i for i in items if (zlib.crc32(i["id"].encode()) % 2 == 0) is (half == "dev")]


def measure_fresh(path: Path, hear: Callable[[str], Requirements]) -> dict[str, Any]:
    """Return the figures by script over the half that nobody looks at, or nothing where there is none."""
    if not path.exists():
        return {}
    unseen = [item for item in read_yaml(str(path)) if int(item["id"][2:]) % 2 == 0]
    return {"fresh": {"by_script": measure_understanding(unseen, hear)["by_script"]}}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what `understanding` accepts."""
    parser.add_argument("--half", choices=("dev", "held-out"), help="half of the utterances, by their ids")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="where the result is written")


def run(args: argparse.Namespace) -> int:
    """Judge what is heard in the utterances; only a run over all of them is written, and it is 0 whatever it shows."""
    from ..agent.understand import understand

    result = measure_understanding(half_of(read_yaml("understanding.yaml"), args.half), understand)
    if args.half is None:
        result |= measure_fresh(HERE / FRESH, understand)
        write_result("understanding", result, args.results)
    _print(result, shown=args.half != "held-out")
    return 0


def _print(result: Mapping[str, Any], *, shown: bool) -> None:
    say(_table(result["by_script"], "script"))
    if "fresh" in result:
        say(f"\n{_table(result['fresh']['by_script'], 'fresh')}")
    say()
    for m in result["misses"] if shown else ():
        say(f"{m['utterance']} {m['verdict']:8}{m['field']}: expected {m['expected']!r}, heard {m['heard']!r}")


def _table(by_script: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return table((name, *_HEAD[1:]), ((script, *row.values()) for script, row in by_script.items()))
