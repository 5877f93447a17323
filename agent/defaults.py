"""What is assumed when it was not said: the numbers of defaults.yaml, read once."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Defaults:
    """Assumed values in the units of the requirements, and estimates used where nothing was measured."""

    task: str
    commercial: bool
    monthly_requests: int
    monthly_requests_long: int
    input_tokens: int
    output_tokens: int
    horizon_months: int
    reasoning_tokens: dict[str, int]
    device_ram_gb: dict[str, float]
    tokens_per_second: dict[str, float]
    first_token_seconds: dict[str, float]
    peak_over_mean: float
    patience_seconds: dict[str, float]


def read_yaml(name: str) -> Any:
    """One of the agent's own data files."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@lru_cache(maxsize=1)
def load_defaults() -> Defaults:
    """Return the numbers of defaults.yaml."""
    return Defaults(**read_yaml("defaults.yaml"))
