"""What every test gets: no network, a fixed day, folders of its own, and none of the developer's settings."""

import datetime as dt
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

_GUARD = str(Path(__file__).parent / "guard")
if _GUARD not in sys.path:  # in a worker of xdist it is there already, from PYTHONPATH
    sys.path.insert(0, _GUARD)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_GUARD, os.environ.get("PYTHONPATH")]))
guard = import_module("network_guard")

_OFFLINE = {"ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1", "LANGSMITH_TRACING": "false"}
_SETTINGS = ("MODELWISE_", "OPENAI_", "LANGCHAIN_", "LANGSMITH_", "OTEL_", "SLACK_")
_WANTED = {"MODELWISE_SOURCES"}


@pytest.fixture
def today() -> dt.date:
    """The day on which every test asks, whatever day it is."""
    return dt.date(2026, 11, 21)


@pytest.fixture(autouse=True)
def data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A fresh folder for what modelwise keeps; settings and keys of whoever runs the tests do not reach them."""
    if not request.node.get_closest_marker("llm"):
        for name in [n for n in os.environ if n.startswith(_SETTINGS) and n not in _WANTED]:
            monkeypatch.delenv(name)
    for name, value in _OFFLINE.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "modelwise-data"
    monkeypatch.setenv("MODELWISE_DATA", str(folder))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return folder


@pytest.fixture
def refused() -> list[str]:
    """What this test tried to reach beyond this machine; a test that means to try clears it."""
    attempts: list[str] = guard.refused
    return attempts


@pytest.fixture(autouse=True)
def _no_attempt_unseen(refused: list[str]) -> Iterator[None]:
    """Fail a test whose code reached for the network and swallowed the refusal."""
    refused.clear()
    yield
    attempts = list(refused)
    refused.clear()
    assert not attempts, f"the code under test reached for the network: {attempts}"


FACTORIES = Path(__file__).parent / "factories"


def _load(name: str) -> ModuleType:
    """Return a module of tests/factories by its path, since tests are no package."""
    spec = spec_from_file_location(name, FACTORIES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The module tests/factories/tiny_facts.py."""
    return _load("tiny_facts")


@pytest.fixture(scope="session")
def recheck() -> ModuleType:
    """The module tests/factories/recheck.py: constraints derived anew from the raw catalog."""
    return _load("recheck")


@pytest.fixture(scope="session")
def needs() -> ModuleType:
    """The module tests/factories/needs.py: needs drawn at random."""
    return _load("needs")
