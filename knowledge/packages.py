"""The data packages that a refresh reads: fetched by pip or found in a folder, opened as archives, never imported."""

import datetime as dt
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from .facts import Facts
from .schema import Source

DOWNLOAD_SECONDS = 600
_NUMBER = re.compile(r"\d+(\.\d+)*")


class RefreshFailed(RuntimeError):
    """The packages cannot be had or read; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    """A data package: its name at the registry, the name of its releases among our sources, the file we read."""

    name: str
    series: str
    member: str
    title: str
    parse: Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One release of a package: the source that it is, and its rows by key."""

    package: Package
    source: Source
    rows: Mapping[str, Any]


def _retirements(data: Any) -> dict[str, Any]:
    """Retirement rows by `provider/id`."""
    return {f"{row['provider']}/{row['id']}": row for row in data["models"] if row.get("retires_on")}


PACKAGES = (
    Package(
        "litellm",
        "litellm",
        "litellm/model_prices_and_context_window_backup.json",
        "model_prices_and_context_window_backup.json",
        lambda data: dict(data),
    ),
    Package(
        "bydtech-model-retire",
        "bydtech-retire",
        "model_retire/models.json",
        "vendors' deprecation tables",
        _retirements,
    ),
)


def download(folder: Path, run: Callable[..., Any] = subprocess.run) -> Path:
    """Fetch the newest release of each package into a folder, without what they depend on.

    Raises:
        RefreshFailed: pip could not, with its last line.

    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [package.name for package in PACKAGES]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
        *names,
    ]
    try:
        run(command, check=True, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS)
    except subprocess.CalledProcessError as error:
        last = ((error.stderr or "").strip().splitlines() or ["no message"])[-1]
        raise RefreshFailed(
            f"pip download failed: {last}; put the wheels into a folder and use --from FOLDER"
        ) from None
    except subprocess.TimeoutExpired:
        raise RefreshFailed(f"pip download took more than {DOWNLOAD_SECONDS} s; use --from FOLDER") from None
    return folder


def read_packages(folder: Path, facts: Facts, day: dt.date) -> tuple[Reading, ...]:
    """Read the newest release of each package whose wheel lies in a folder.

    Raises:
        RefreshFailed: no wheel of ours, a broken one, or one older than what the knowledge rests on.

    """
    found = tuple(reading for package in PACKAGES if (reading := _read(package, folder, facts, day)))
    if not found:
        raise RefreshFailed(f"{folder} holds no wheel of {' or '.join(p.name for p in PACKAGES)}")
    return found


def _read(package: Package, folder: Path, facts: Facts, day: dt.date) -> Reading | None:
    wheels = {
        _version(path.name.split("-")[1]): path for path in folder.glob(f"{package.name.replace('-', '_')}-*.whl")
    }
    if not wheels:
        return None
    newest = max(wheels)
    held = max((_version(number) for number in _releases(package, facts)), default=())
    if newest < held:
        raise RefreshFailed(f"{wheels[newest].name} is older than the release we rest on; download the newest")
    try:
        with zipfile.ZipFile(wheels[newest]) as wheel:
            data = json.loads(wheel.read(package.member))
        rows = package.parse(data)
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise RefreshFailed(f"{wheels[newest].name} cannot be read: {error}") from None
    return Reading(package, _source(package, newest, facts, str(data.get("updated") or day)), rows)


def _releases(package: Package, facts: Facts) -> Iterator[str]:
    """Version numbers of a package's releases among our sources."""
    return (number for s in facts.sources if _NUMBER.fullmatch(number := s.removeprefix(f"{package.series}-")))


def _version(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", number))


def _source(package: Package, version: Sequence[int], facts: Facts, date: str) -> Source:
    number = ".".join(map(str, version))
    fields = {
        "id": f"{package.series}-{number}", "title": f"{package.name} {number}, {package.title}", "date": date,
        "kind": "catalog", "read": "copy", "licence": "MIT",
    }  # fmt: skip
    return facts.sources.get(str(fields["id"])) or msgspec.convert(fields, Source)
