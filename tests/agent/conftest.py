"""Hands out the modules of tests/factories, loaded by path since tests are no package, and the shipped facts."""

import datetime as dt
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from modelwise.agent.need import Need, resolve
from modelwise.agent.options import build_options
from modelwise.agent.requirements import Requirements
from modelwise.agent.shortlist import Shortlist, shortlist
from modelwise.knowledge.facts import Facts, load_facts

FACTORIES = Path(__file__).parents[1] / "factories"


def _load(name: str) -> ModuleType:
    spec = spec_from_file_location(name, FACTORIES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Core:
    """The steps of the core up to the shortlist, for a mapping, on the fixed day."""

    def __init__(self, facts: Facts, day: dt.date) -> None:
        self.facts, self.day = facts, day

    def need(self, fields: dict[str, object]) -> Need:
        return resolve(Requirements.from_mapping(fields), self.facts)

    def found(self, fields: dict[str, object]) -> Shortlist:
        return shortlist(build_options(self.facts, self.day), self.need(fields))


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


@pytest.fixture(scope="session")
def facts() -> Facts:
    """The shipped facts."""
    return load_facts()


@pytest.fixture
def core(facts: Facts, today: dt.date) -> Core:
    """The core over the shipped facts."""
    return Core(facts, today)


@pytest.fixture(scope="session")
def world(tiny: ModuleType) -> Facts:
    """A closed and an open model, two sellers, a card."""
    made: Facts = tiny.world()
    return made


@pytest.fixture
def small(world: Facts, today: dt.date) -> Core:
    """The core over the small world."""
    return Core(world, today)
