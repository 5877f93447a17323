"""The documents are run: transcripts, the Python example, the commands and the counts that they name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
TRANSCRIPT = re.compile(r"<!-- transcript -->\n```console\n\$ (.+?)\n(.*?)```\n<!-- /transcript -->", re.DOTALL)
COMMAND = re.compile(r'modelwise (\w+) "([^"]+)" (.*) \| head -n (\d+)')


def run(*arguments: str) -> str:
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80"}
    command = [sys.executable, "-m", "modelwise", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", READMES)
def test_the_transcript_is_what_the_command_prints(name: str) -> None:
    found = TRANSCRIPT.search((ROOT / name).read_text(encoding="utf-8"))
    assert found, f"{name} has no transcript"
    command = COMMAND.fullmatch(found[1])
    assert command, found[1]
    printed = run(command[1], command[2], *command[3].split())
    shown = "\n".join(line.rstrip() for line in printed.splitlines()[: int(command[4])])
    assert found[2].rstrip("\n") == shown.rstrip("\n")


def test_the_python_example_runs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"<!-- python -->\n```python\n(.*?)```", text, re.DOTALL)
    assert code
    done = subprocess.run(
        [sys.executable, "-c", code[1]], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("recommended weights ")


@pytest.mark.parametrize("name", READMES)
def test_every_command_named_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`modelwise (\w+)", text))
    known = run("--help")
    assert named
    assert all(re.search(rf"^  {command}\b", known, re.MULTILINE) for command in named)


@pytest.mark.parametrize("name", READMES)
def test_the_counts_are_those_of_the_snapshot(name: str) -> None:
    from modelwise.knowledge.facts import load_facts

    facts = load_facts()
    text = re.sub(r"(?<=\d)[ ,](?=\d{3})", "", (ROOT / name).read_text(encoding="utf-8"))
    counts = (len(facts.models), len(facts.claims), len(facts.licences), len(facts.tables))
    assert all(re.search(rf"\b{count}\b", text) for count in counts), counts
