import json
import subprocess
import sys
from pathlib import Path

import pytest

import modelwise

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"chromadb", "langchain_core", "langgraph", "numpy", "pydantic", "streamlit", "torch", "typer", "yaml"}


def _modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    loaded: list[str] = json.loads(child.stdout)
    return set(loaded)


def test_the_tests_import_the_clone_they_stand_in() -> None:
    assert Path(modelwise.__file__).resolve().parent == ROOT


def test_the_package_is_loaded_once() -> None:
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    assert [Path(file).resolve() for file in files if file].count(ROOT / "__init__.py") == 1


def test_import_loads_nothing() -> None:
    loaded = _modules_after("import modelwise")
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("modelwise")} == {"modelwise"}


@pytest.mark.parametrize("name", modelwise.__all__)
def test_public_name_resolves(name: str) -> None:
    assert getattr(modelwise, name) is not None
    assert name in dir(modelwise)


def test_public_names() -> None:
    assert set(modelwise.__all__) == {
        "Advice", "Advisor", "Answer", "InvalidRequirements", "Recheck", "Refused", "Requirements", "Turn",
        "__version__", "advise", "ask", "recheck", "understand",
    }  # fmt: skip


def test_a_public_name_is_loaded_once() -> None:
    assert modelwise.Requirements is modelwise.Requirements
    assert "Requirements" in vars(modelwise)


def test_an_unknown_name_is_an_attribute_error_that_lists_the_known_ones() -> None:
    with pytest.raises(AttributeError, match=r"'adviser'.*advise, ask, recheck, understand"):
        modelwise.__getattr__("adviser")


def test_star_import_gives_the_public_names() -> None:
    namespace: dict[str, object] = {}
    exec("from modelwise import *", namespace)
    assert set(modelwise.__all__) <= set(namespace)
