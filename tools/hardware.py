"""Memory, cards and speed for weights: all experts resident, KV cache for the concurrency asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from ..knowledge.schema import Device, Model, Precision, Rent, Weights

BYTES: dict[str, float] = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.5625, "mxfp4": 0.53125}
OVERHEAD = 0.12
CARD_SHARE = 0.95
DEVICE_SHARE = {"phone": 0.4, "edge": 0.5, "laptop": 0.7}
# Of 111 published batch-1 decode speeds 95 lie inside (84 of 96 dense, 11 of 15 MoE): evals/cases/decode.yaml.
DENSE_BAND = (0.30, 0.85)
MOE_BAND = (0.15, 0.50)
# Share of peak bf16 FLOPS that decoding reaches under full load, by published serving runs: an 8B to 70B dense
# model near a fifth, gpt-oss-120b (5.1B active) 6.1K tokens/s on one H100, that is 6 %.
DENSE_SATURATION, MOE_SATURATION = 0.20, 0.06
GB = 1e9


@dataclass(frozen=True, slots=True)
class Memory:
    """GB of weights, KV cache and overhead for a concurrency; `total` is their sum."""

    weights: float
    kv: float
    overhead: float

    @property
    def total(self) -> float:
        """GB altogether."""
        return self.weights + self.kv + self.overhead


def weights_gb(model: Model, precision: Precision) -> float | None:
    """GB of the weights at a precision: the real file where its size is known, else total parameters x bytes."""
    if model.weights and (file := model.weights.files_gb.get(precision)):
        return file.value
    total = model.params_total_b
    if total is None or isinstance(total.value, str):
        return None
    return total.value * BYTES[precision]


def kv_gb(weights: Weights, tokens: int, concurrency: int) -> float | None:
    """GB of 16-bit KV cache for sequences of `tokens` held at once; None where the architecture is unknown."""
    if weights.kv is None:
        return None
    each = weights.kv.bytes_per_token.value * tokens + weights.kv.bytes_per_sequence
    return each * concurrency / GB


def memory(model: Model, precision: Precision, *, tokens: int, concurrency: int) -> Memory | None:
    """Memory to serve `concurrency` sequences of `tokens` tokens; unknown parts make it None."""
    size = weights_gb(model, precision)
    cache = kv_gb(model.weights, tokens, concurrency) if model.weights else None
    if size is None or cache is None:
        return None
    return Memory(size, cache, size * OVERHEAD)


def cards_needed(total_gb: float, card_gb: float) -> int:
    """Cards of one size that hold the total, with 5 % of each kept free."""
    return max(1, ceil(round(total_gb / (card_gb * CARD_SHARE), 9)))  # 22.8 / (24 x 0.95) is a hair over 1 in floats


def serving_cards(memory_cards: int, peak_tokens_per_second: float, card_tokens_per_second: float | None) -> int:
    """Return the cards that both hold and serve: fitting is not serving; an unknown throughput counts memory alone."""
    if not card_tokens_per_second:
        return memory_cards
    return max(memory_cards, ceil(round(peak_tokens_per_second / card_tokens_per_second, 9)))


def tokens_that_fit(model: Model, precision: Precision, *, concurrency: int, budget_gb: float) -> int | None:
    """Return how long each of `concurrency` sequences may grow beside the weights; None where a part is unknown."""
    empty = memory(model, precision, tokens=0, concurrency=concurrency)
    if empty is None or model.weights is None or model.weights.kv is None:
        return None
    each = model.weights.kv.bytes_per_token.value * concurrency / GB
    free = max(0.0, budget_gb - empty.total)
    return int(free / each) if each > 0 else None


def concurrency_that_fits(model: Model, precision: Precision, *, tokens: int, budget_gb: float) -> int:
    """How many sequences of `tokens` tokens fit beside the weights; 0 where the weights alone do not fit."""
    one = memory(model, precision, tokens=tokens, concurrency=1)
    if one is None:
        return 0
    free = max(0.0, budget_gb - one.weights - one.overhead)
    return int(free // one.kv) if one.kv > 0 else int(free > 0) * 1_000


def decode_band(model: Model, precision: Precision, bandwidth_gb_s: float) -> tuple[float, float] | None:
    """Tokens a second for one sequence, as a band of the roofline: bandwidth over the weights read for a token."""
    total, read = params(model)
    size = weights_gb(model, precision)
    if total is None or read is None or size is None:
        return None
    return roofline_band(bandwidth_gb_s, size * read / total, moe=read < total)


def roofline_band(bandwidth_gb_s: float, read_gb: float, *, moe: bool) -> tuple[float, float]:
    """Tokens a second for one sequence where each token reads `read_gb` of weights."""
    low, high = MOE_BAND if moe else DENSE_BAND
    roof = bandwidth_gb_s / read_gb
    return low * roof, high * roof


def saturated_tokens_per_second(model: Model, tflops_bf16: float) -> float | None:
    """Return decoded tokens a second of one card under full load (estimated from active parameters)."""
    total, active = params(model)
    if total is None or active is None:
        return None
    share = MOE_SATURATION if active < total else DENSE_SATURATION
    return share * tflops_bf16 * 1e12 / (2 * active * 1e9)


def params(model: Model) -> tuple[float | None, float | None]:
    """Total and active parameters in billions; a dense model reads all of them."""
    total = model.params_total_b.value if model.params_total_b else None
    active = model.params_active_b.value if model.params_active_b else total
    if isinstance(total, str) or isinstance(active, str):
        return None, None
    return total, active


def cheapest_rent(device: Device) -> Rent | None:
    """Return the lowest dated hourly price of a card."""
    return min(device.rents, key=lambda rent: rent.usd_per_hour, default=None)


def rent_range(devices: Iterable[Device]) -> tuple[Decimal, Decimal] | None:
    """Return the lowest and the highest hourly price seen for these cards."""
    prices = [Decimal(str(r.usd_per_hour)) for d in devices for r in d.rents]
    return (min(prices), max(prices)) if prices else None
