import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
NO_PACKAGES = {"tests", "docs", "build", "dist"}


def _run(*command: str | Path, cwd: Path, **env: str) -> str:
    """The command's output; its error text stands in the failure."""
    child = subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, encoding="utf-8", check=False
    )
    assert child.returncode == 0, f"{command}: {child.stdout}\n{child.stderr}"
    return child.stdout


def _own_files() -> list[PurePosixPath]:
    """Files that git tracks, and new ones that it does not ignore, so that the tests speak before the commit."""
    listed = _run("git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT)
    return [PurePosixPath(name) for name in sorted(filter(None, listed.split("\0"))) if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def setuptools_table() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    return table


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build leaves folders behind, and what is left there gets into the next wheel."""
    copy = tmp_path_factory.mktemp("wheel") / "modelwise-copy"
    for file in _own_files():
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, copy / file)
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", copy / "dist", ".", cwd=copy, PYTHONPATH="")
    (built,) = (copy / "dist").glob("*.whl")
    return built


def test_the_packages_are_the_folders_with_an_init(setuptools_table: dict[str, Any]) -> None:
    folders = {file.parent for file in _own_files() if file.name == "__init__.py" and file.parts[0] not in NO_PACKAGES}
    assert sorted(setuptools_table["packages"]) == sorted(".".join(("modelwise", *folder.parts)) for folder in folders)


def test_tests_are_no_package() -> None:
    assert [file for file in _own_files() if file.parts[0] == "tests" and file.name == "__init__.py"] == []


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_the_wheel_holds_exactly_our_files(wheel: Path, setuptools_table: dict[str, Any]) -> None:
    tops = {name.split(".")[1] for name in setuptools_table["packages"] if "." in name}
    root_files = {"__init__.py", "__main__.py", "py.typed"}
    expected = {f"modelwise/{file}" for file in _own_files() if file.parts[0] in tops or str(file) in root_files}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {name for name in names if ".dist-info/" not in name}
    assert shipped == expected
    assert "modelwise/py.typed" in shipped
    assert {PurePosixPath(name).name for name in names - shipped} >= {"LICENSE", "NOTICE"}


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_an_installed_copy_works_where_folders_bear_our_names(wheel: Path, tmp_path: Path) -> None:
    venv, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    _run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    python = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
    _run(python, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", wheel, cwd=tmp_path, PYTHONPATH="")
    for name in ("agent", "tools", "knowledge"):
        (elsewhere / name).mkdir(parents=True)
        (elsewhere / name / "__init__.py").write_text("raise ImportError('not modelwise')\n", encoding="utf-8")
    # The libraries come from the running environment; its own modelwise does not, for want of its .pth file.
    libraries = sysconfig.get_path("purelib")
    where = _run(python, "-c", "import modelwise; print(modelwise.__file__)", cwd=elsewhere, PYTHONPATH=libraries)
    assert Path(where.strip()).is_relative_to(venv)
    assert "advise" in _run(python, "-m", "modelwise", "--help", cwd=elsewhere, PYTHONPATH=libraries)
