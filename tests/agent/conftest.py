"""Hands out the core up to the shortlist, over the shipped facts and over a small world."""

import datetime as dt
from types import ModuleType

import pytest

from modelwise.agent.need import Need, resolve
from modelwise.agent.options import build_options
from modelwise.agent.requirements import Requirements
from modelwise.agent.shortlist import Shortlist, shortlist
from modelwise.knowledge.facts import Facts, load_facts


class Core:
    """The steps of the core up to the shortlist, for a mapping, on the fixed day."""

    def __init__(self, facts: Facts, day: dt.date) -> None:
        self.facts, self.day = facts, day

    def need(self, fields: dict[str, object]) -> Need:
        return resolve(Requirements.from_mapping(fields), self.facts)

    def found(self, fields: dict[str, object]) -> Shortlist:
        return shortlist(build_options(self.facts, self.day), self.need(fields))


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
