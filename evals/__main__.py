"""`python -m modelwise.evals COMMAND`: measures of the whole."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from . import bench, cases, figures, interview, languages, priors, scenarios, tokens, understanding


class Command(NamedTuple):
    """What a command is for, what it accepts, and what it does; it returns the exit code."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


COMMANDS = {
    "bench": Command("speeds and memory against their targets", bench.add_arguments, bench.run),
    "figures": Command("put the measured figures into the READMEs", figures.add_arguments, figures.run),
    "understanding": Command("what is heard in 300 utterances", understanding.add_arguments, understanding.run),
    "scenarios": Command("what is advised in 120 scenarios", scenarios.add_arguments, scenarios.run),
    "cases": Command("the tools against independent cases", cases.add_arguments, cases.run),
    "priors": Command("what the priors of the score rest on", priors.add_arguments, priors.run),
    "interview": Command("forty scripted people interviewed", interview.add_arguments, interview.run),
    "languages": Command("what the language priors rest on", languages.add_arguments, languages.run),
    "tokens": Command("measured tokens a character against the bands", tokens.add_arguments, tokens.run),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is done, 1 is a failed check, 2 is an argument that is not accepted."""
    parser = argparse.ArgumentParser(prog="python -m modelwise.evals", description="Measures of the whole.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.help, description=command.help))
    args = parser.parse_args(arguments)
    return COMMANDS[args.command].run(args)


if __name__ == "__main__":
    sys.exit(main())
