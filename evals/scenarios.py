"""Judges what is advised: `python -m modelwise.evals scenarios` prints a table and writes the result.

The expectations were written without sight of the code that they judge. A scenario's `must` is checked from the
catalog, the sellers, the licences and genai-prices (must.py), never through the program's own rules. What DESIGN 6 lets
pass unknown, and the advice itself prints as a risk, is counted apart from what is violated.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..agent.advice import Advice
from ..agent.requirements import InvalidRequirements
from ..knowledge.facts import Facts, load_facts
from .must import Chosen, broken, matches, signed
from .report import DAY, RESULTS, Item, loosely_equal, read_yaml, say, table, write_result

TOP = 3


class Admission(NamedTuple):
    """What may pass unknown: the statement that must say so, and whether the catalog indeed says neither yes nor no."""

    text_id: str
    unknown: Callable[[Chosen, Any, Advice], bool]


ADMITTED: Mapping[str, Admission] = {
    "papers": Admission("risk.unknown_privacy", lambda c, papers, _: False not in signed(c, papers)),
    "usd_max": Admission("assume.no_rate", lambda c, _, advice: _no_rate(advice, c.facts)),
}


class Outcome(NamedTuple):
    """What became of one scenario; `acceptable` is None where no model was expected.

    `unknown` are requirements that a pick is not known to meet and the advice says so.
    """

    scenario: str
    expected: tuple[str, ...]
    status: str
    picks: tuple[str, ...]
    violations: tuple[str, ...]
    unknown: tuple[str, ...]
    scandals: tuple[str, ...]
    acceptable: bool | None
    unnamed: tuple[str, ...]

    @property
    def status_right(self) -> bool:
        """Whether the status is an expected one and the rules that had to be named were."""
        return self.status in self.expected and not self.unnamed


def judge_scenario(item: Item, advice: Advice | None, groups: Mapping[str, Sequence[str]], facts: Facts) -> Outcome:
    """Hold an advice against its scenario; None is a mapping that was refused, which counts as unclear."""
    ids = tuple(pick.model.id for pick in advice.picks) if advice else ()
    never = list(expand(item.get("never", ()), groups))
    good = list(expand(item.get("acceptable", ()), groups))
    violations, unknown = _held(advice, item.get("must", {}), facts) if advice else ([], [])
    return Outcome(
        scenario=item["id"],
        expected=_expected(item),
        status=advice.status if advice else "unclear",
        picks=ids,
        violations=tuple(violations),
        unknown=tuple(unknown),
        scandals=tuple(i for i in ids if matches(i, never)),
        acceptable=any(matches(i, good) and not matches(i, never) for i in ids[:TOP]) if good else None,
        unnamed=tuple(_unnamed(item, advice)) if advice and advice.status == "nothing_fits" else (),
    )


def _held(advice: Advice, must: Mapping[str, Any], facts: Facts) -> tuple[list[str], list[str]]:
    """Return what the picks violate, and what of it is unknown and said, one line each."""
    violated: list[str] = []
    said: list[str] = []
    for rank, pick in enumerate(advice.picks):
        chosen = Chosen(pick, facts, rank)
        for key in broken(chosen, must):
            line = f"{pick.model.id} ({pick.option.kind}): {key} {must.get(key, '')}".rstrip()
            (said if admitted(chosen, key, must, advice) else violated).append(line)
    return violated, said


def admitted(chosen: Chosen, key: str, must: Mapping[str, Any], advice: Advice) -> bool:
    """Whether nobody knows if the pick meets the requirement and the advice prints that."""
    if key not in ADMITTED:
        return False
    text_id, unknown = ADMITTED[key]
    printed = {statement.text_id for statement in (*chosen.pick.risks, *advice.assumptions)}
    return text_id in printed and unknown(chosen, must[key], advice)


def _no_rate(advice: Advice, facts: Facts) -> bool:
    """Whether the budget's currency has no dated rate."""
    currency = advice.requirements.budget_currency
    return currency not in (None, "USD") and facts.fx(str(currency)) is None


def expand(patterns: Iterable[str], groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the patterns with each @group replaced by what it holds."""
    for pattern in patterns:
        yield from expand(groups[pattern[1:]], groups) if pattern.startswith("@") else (pattern,)


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
        "unknown_and_said": sum(len(o.unknown) for o in outcomes),
        "scandals": sum(len(o.scandals) for o in outcomes),
        "acceptable": sum(bool(o.acceptable) for o in wanted),
        "acceptable_of": len(wanted),
        "status": {kind: _right(outcomes, kind) for kind in ("recommended", "nothing_fits", "unclear")},
        "misses": [_row(o) for o in outcomes if _failed(o)],
        "unknown": {o.scenario: list(o.unknown) for o in outcomes if o.unknown},
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what `scenarios` accepts."""
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="where the result is written")


def run(args: argparse.Namespace) -> int:
    """Judge what is advised in the scenarios; the exit code is 0 whatever the figures are."""
    from ..agent.advisor import advise

    facts = load_facts()
    result = measure_scenarios(read_yaml("scenarios.yaml"), lambda need: advise(need, today=DAY), facts)
    _print(result)
    write_result("scenarios", result, args.results)
    return 0


def _print(result: Mapping[str, Any]) -> None:
    rows = [
        ("scenarios", result["scenarios"]),
        ("violations of must (0 expected)", result["violations"]),
        ("unknown, said as a risk", result["unknown_and_said"]),
        ("picks that would be a scandal", result["scandals"]),
        (f"acceptable among the first {TOP}", f"{result['acceptable']} of {result['acceptable_of']}"),
        *((f"status right: {kind}", "{} of {}".format(*pair)) for kind, pair in result["status"].items()),
    ]
    say(table(("what", "figure"), rows))
    say()
    for m in result["misses"]:
        say(f"{m['scenario']} {m['status']} (expected {'/'.join(m['expected'])}) picks {', '.join(m['picks']) or '-'}")
        for key in ("violations", "scandals", "unnamed"):
            if m[key]:
                say(f"    {key}: {m[key]}")
    for scenario, lines in result["unknown"].items():
        say(f"{scenario} unknown, said as a risk: {'; '.join(lines)}")
