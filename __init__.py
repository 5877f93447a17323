"""Advice on which language model to use, with a source for every statement."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .agent.advice import Advice as Advice
    from .agent.advisor import advise as advise
    from .agent.advisor import ask as ask
    from .agent.advisor import recheck as recheck
    from .agent.advisor import understand as understand
    from .agent.answer import Answer as Answer
    from .agent.recheck import Recheck as Recheck
    from .agent.requirements import InvalidRequirements as InvalidRequirements
    from .agent.requirements import Requirements as Requirements
    from .agent.session import Advisor as Advisor
    from .agent.turns import Refused as Refused
    from .agent.turns import Turn as Turn

__version__ = "0.1.0"

_HOMES = {
    "Advice": "agent.advice",
    "Advisor": "agent.session",
    "Answer": "agent.answer",
    "InvalidRequirements": "agent.requirements",
    "Recheck": "agent.recheck",
    "Refused": "agent.turns",
    "Requirements": "agent.requirements",
    "Turn": "agent.turns",
    "advise": "agent.advisor",
    "ask": "agent.advisor",
    "recheck": "agent.advisor",
    "understand": "agent.advisor",
}
__all__ = ("__version__", *_HOMES)


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(_HOMES)}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
