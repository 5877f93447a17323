"""How many prompts tell two models apart: exact power by binomial sums, unpaired and paired, and what articles say.

Unpaired, each model answers prompts of its own and the shares of right answers are compared (pooled z test). Paired,
both answer the same prompts and only those count on which they disagree (exact McNemar test). Both are two-sided.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import ceil, comb, exp, lgamma, log, sqrt
from statistics import NormalDist

POWER = 0.80
ALPHA = 0.05
# The better model answers three prompts in four where nothing is known: near the middle a gap is hardest to see.
BETTER = 0.75
# Share of prompts on which two models disagree, as assumed where nobody has counted it.
DISCORDANCE = 0.30
SIZES = (20, 50, 100, 300, 1000)
_STEPS = 1_000
_TAIL = 1e-12


@dataclass(frozen=True, slots=True)
class Claimed:
    """A number of prompts as an article asks for it, by claim id."""

    low: int
    high: int | None
    claim: str


CLAIMED = (
    Claimed(20, 50, "000/test-set-20-50"),
    Claimed(100, None, "000/sample-minimum"),
    Claimed(300, 1000, "000/sample-target"),
)


@dataclass(frozen=True, slots=True)
class Rung:
    """A number of prompts with the gaps (0 to 1) that it shows, and the claims that name it; None is none at all."""

    prompts: int
    unpaired: float | None
    paired: float | None
    claims: tuple[str, ...]


def ladder(*, better: float = BETTER, discordance: float = DISCORDANCE) -> tuple[Rung, ...]:
    """Return what each usual number of prompts can tell apart, with the articles' claims beside it."""
    return tuple(
        Rung(
            size,
            detectable_gap(size, better=better),
            detectable_paired_gap(size, discordance=discordance),
            tuple(c.claim for c in CLAIMED if size in (c.low, c.high)),
        )
        for size in SIZES
    )


def unpaired_power(prompts: int, better: float, worse: float, *, alpha: float = ALPHA) -> float:
    """Return the chance that `prompts` a model tell two shares of right answers apart."""
    right, worse_tail = _binomial(prompts, better), [0.0, *accumulate(_binomial(prompts, worse))]
    return sum(
        chance * (worse_tail[low] + 1 - worse_tail[high])
        for chance, (low, high) in zip(right, _z_region(prompts, alpha), strict=True)
    )


def paired_power(prompts: int, gap: float, discordance: float, *, alpha: float = ALPHA) -> float:
    """Return the chance that `prompts` answered by both show a gap, if they disagree on a share `discordance`."""
    _check(gap <= discordance <= 1, "discordance", discordance)
    wins = (discordance + gap) / (2 * discordance) if discordance else 0.5
    power = 0.0
    for disagreed, chance in enumerate(_binomial(prompts, discordance)):
        if chance > _TAIL:
            tail = _sign_tail(disagreed, alpha)
            seen = _binomial(disagreed, wins)
            power += chance * (sum(seen[:tail]) + sum(seen[disagreed - tail + 1 :]))
    return power


@lru_cache(maxsize=256)
def detectable_gap(prompts: int, *, better: float = BETTER, power: float = POWER, alpha: float = ALPHA) -> float | None:
    """Return the smallest gap (0 to 1, to a thousandth) that is seen with the power asked; None if none is."""
    _check(0 < better <= 1, "better", better)
    return _smallest(lambda gap: unpaired_power(prompts, better, better - gap, alpha=alpha), better, power)


@lru_cache(maxsize=256)
def detectable_paired_gap(
    prompts: int, *, discordance: float = DISCORDANCE, power: float = POWER, alpha: float = ALPHA
) -> float | None:
    """Return the smallest gap seen on the same prompts; never above the discordance, so few prompts may show none."""
    return _smallest(lambda gap: paired_power(prompts, gap, discordance, alpha=alpha), discordance, power)


def prompts_needed(
    gap: float, *, better: float = BETTER, power: float = POWER, alpha: float = ALPHA, most: int = 20_000
) -> int | None:
    """Return prompts a model (unpaired) from which the power stays; None where it would take more than `most`."""
    _check(0 < gap <= better, "gap", gap)
    worse, middle = better - gap, better - gap / 2
    guess = _approximate(2 * middle * (1 - middle), better * (1 - better) + worse * (1 - worse), gap, power, alpha)
    return _first(lambda n: unpaired_power(n, better, worse, alpha=alpha) >= power, guess, most)


def paired_prompts_needed(
    gap: float, *, discordance: float = DISCORDANCE, power: float = POWER, alpha: float = ALPHA, most: int = 5_000
) -> int | None:
    """Return prompts that both models answer from which the power stays; None where it would take more than `most`."""
    _check(0 < gap <= discordance, "gap", gap)
    guess = _approximate(discordance, discordance - gap**2, gap, power, alpha)
    return _first(lambda n: paired_power(n, gap, discordance, alpha=alpha) >= power, guess, most)


def _approximate(null: float, true: float, gap: float, power: float, alpha: float) -> int:
    """Return the normal approximation of the prompts needed, from one prompt's variance without and with the gap."""
    normal = NormalDist()
    spread = normal.inv_cdf(1 - alpha / 2) * sqrt(null) + normal.inv_cdf(power) * sqrt(max(0.0, true))
    return ceil((spread / gap) ** 2)


def _smallest(power_at: Callable[[float], float], most: float, power: float) -> float | None:
    """Return the smallest of evenly spaced gaps that has the power: power grows with the gap."""
    last = int(round(most * _STEPS, 6))
    found = bisect_left(range(last + 1), power, key=lambda step: power_at(step / _STEPS))
    return None if found > last else found / _STEPS


def _first(enough: Callable[[int], bool], guess: int, most: int) -> int | None:
    """Return the first number after the last one near the guess that is too few: exact power saws up and down."""
    if guess > most:
        return None
    low, high = max(1, guess * 3 // 4 - 5), guess * 4 // 3 + 15
    found = low + bisect_left(range(low, high), True, key=enough)
    after = range(found, min(high, found + 15 + found // 20))
    return max((n + 1 for n in after if not enough(n)), default=found)


def _check(holds: bool, name: str, value: float) -> None:
    if not holds:
        raise ValueError(f"{name}={value!r} is not accepted: a share, and no gap is above it")


def _binomial(trials: int, share: float) -> list[float]:
    """Return the chance of each count; by logarithms, since factors of a thousand trials leave the floats."""
    if share <= 0 or share >= 1:
        return [float(count == (trials if share >= 1 else 0)) for count in range(trials + 1)]
    hit, miss, all_ways = log(share), log(1 - share), lgamma(trials + 1)
    return [
        exp(all_ways - lgamma(k + 1) - lgamma(trials - k + 1) + k * hit + (trials - k) * miss)
        for k in range(trials + 1)
    ]


@lru_cache(maxsize=64)
def _z_region(prompts: int, alpha: float) -> tuple[tuple[int, int], ...]:
    """Return for each count of one model below which and from which counts of the other the pooled test rejects."""
    critical = NormalDist().inv_cdf(1 - alpha / 2)

    def rejects(one: int, other: int) -> bool:
        pooled = (one + other) / (2 * prompts)
        spread = sqrt(2 * pooled * (1 - pooled) / prompts)
        return abs(one - other) / prompts > critical * spread * (1 - 1e-12) and one != other

    return tuple(
        (
            bisect_left(range(one + 1), True, key=lambda other, one=one: not rejects(one, other)),  # type: ignore[misc]
            one + bisect_left(range(prompts - one + 1), True, key=lambda more, one=one: rejects(one, one + more)),  # type: ignore[misc]
        )
        for one in range(prompts + 1)
    )


@lru_cache(maxsize=4_096)
def _sign_tail(trials: int, alpha: float) -> int:
    """Return how many counts of each tail of a fair coin the exact test rejects."""
    tail, total, limit = 0, comb(trials, 0), int(alpha / 2 * 2**53) * 2**trials >> 53
    while total <= limit:
        tail += 1
        total += comb(trials, tail)
    return tail


__all__ = [
    "CLAIMED",
    "Claimed",
    "Rung",
    "detectable_gap",
    "detectable_paired_gap",
    "ladder",
    "paired_power",
    "paired_prompts_needed",
    "prompts_needed",
    "unpaired_power",
]
