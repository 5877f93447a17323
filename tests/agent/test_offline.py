"""Nothing reaches beyond this machine: cold processes of both calls run under the guard, which ends any that tries."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelwise.agent.advisor import advise, ask

GUARD = str(Path(__file__).parents[1] / "guard")
ADVISE = (
    "from modelwise import advise; a = advise('医院问答系统，病历不能出院，一张 80GB 显卡，每月 30 万次'); "
    "a.to_markdown('zh-Hant'); a.to_html('en'); "
    "import json, network_guard; print(json.dumps([a.status, network_guard.refused]))"
)
ASK = (
    "from modelwise import ask; a = ask('Llama 4 的许可证对月活有什么限制？'); "
    "import json, network_guard; print(json.dumps([a.answered, network_guard.refused]))"
)
MAPPING = (
    "from modelwise import advise; "
    "a = advise({'monthly_requests': 2000000, 'monthly_budget': 3500, 'budget_currency': 'CNY'}); "
    "import json, network_guard; print(json.dumps([a.status, network_guard.refused]))"
)


def cold(code: str, tmp_path: Path) -> Any:
    """What a fresh process prints, in an empty home, with nothing set that says it should stay offline."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "MODELWISE_DATA") if name in os.environ}
    environment = {**kept, "HOME": str(tmp_path), "PYTHONUTF8": "1"}
    assert GUARD in environment["PYTHONPATH"].split(os.pathsep)
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False, env=environment
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("code", "answer"), [(ADVISE, "recommended"), (MAPPING, "recommended"), (ASK, True)], ids=["text", "mapping", "ask"]
)
def test_a_cold_process_tries_no_connection(code: str, answer: Any, tmp_path: Path) -> None:
    assert cold(code, tmp_path) == [answer, []]


def test_the_guard_stands_in_that_process(tmp_path: Path) -> None:
    code = (
        "import socket, json, network_guard\n"
        "try: socket.create_connection(('192.0.2.1', 443), 1)\n"
        "except RuntimeError: print(json.dumps([None, network_guard.refused]))"
    )
    assert cold(code, tmp_path)[1]


def test_a_warm_one_tries_none_either(refused: list[str], today: Any) -> None:
    assert advise("chatbot, cloud is fine, 1M requests a month", today=today).picks
    assert ask("Which models are good at Chinese?", today=today).text
    assert refused == []
