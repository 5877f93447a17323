"""Hands out the tiny facts: tests are no package, so the module is loaded by its path."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

FACTORY = Path(__file__).parents[1] / "factories" / "tiny_facts.py"


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The module tests/factories/tiny_facts.py."""
    spec = spec_from_file_location("tiny_facts", FACTORY)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
