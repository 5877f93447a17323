"""`modelwise knowledge`: check, measure and refresh what modelwise knows."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .edge import CHECK_FAILED, EXIT_CODES, OK, Json, Today, day_of, echo_json, edge, show, working
from .given import BadInput

if TYPE_CHECKING:
    from ..knowledge.facts import Facts
    from ..knowledge.packages import Reading
    from ..knowledge.refresh import Difference

app = typer.Typer(
    help="Check, measure and refresh what modelwise knows.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[
    Path | None,
    typer.Option("--folder", exists=True, file_okay=False, help="Folder of the YAML; by default the package's own."),
]


@app.command(epilog=EXIT_CODES)
@edge
def check(as_json: Json = False, folder: Folder = None) -> None:
    """Check schema, references and the snapshot; with the articles at hand also every line, number and printed word."""
    with working("Checking the knowledge"):
        from ..agent.settings import read_settings
        from ..knowledge.audit import audit, texts_folder
        from ..knowledge.build import HERE

        report = audit(_facts(folder), texts_folder(read_settings(os.environ).sources), folder or HERE)
    if as_json:
        echo_json({"passed": report.passed, "problems": report.problems, "skipped": report.skipped})
    else:
        from .tables import audit_view

        show(audit_view(report))
    raise typer.Exit(OK if report.passed else CHECK_FAILED)


@app.command(epilog=EXIT_CODES)
@edge
def stats(as_json: Json = False, today: Today = None, folder: Folder = None) -> None:
    """Count models, options, evidence and claims; say how old the sources are and what is held back."""
    with working("Counting"):
        from ..agent.inventory import take_stock
        from ..agent.settings import read_settings
        from ..knowledge.audit import texts_folder

        found = take_stock(_facts(folder), day_of(today), texts_folder(read_settings(os.environ).sources))
    if as_json:
        echo_json(found.as_mapping())
    else:
        from .tables import stats_view

        show(stats_view(found))


@app.command(epilog=EXIT_CODES)
@edge
def refresh(
    wheels: Annotated[
        Path | None,
        typer.Option("--from", exists=True, file_okay=False, help="Folder of wheels; without it pip fetches them."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write what is newer into the YAML, and compile.")] = False,
    as_json: Json = False,
    today: Today = None,
    folder: Folder = None,
) -> None:
    """Show where newer data packages differ in prices, windows and retirements; write only with --write."""
    with working("Comparing the catalog with the data packages"):
        from ..agent.settings import read_settings
        from ..knowledge.packages import download, read_packages
        from ..knowledge.refresh import compare
        from .doctor import data_folder

        facts = _as_written(folder)
        cache = data_folder(read_settings(os.environ)) / "packages"
        readings = read_packages(wheels or download(cache), facts, day_of(today))
        differences = compare(facts, readings, day_of(today))
    if not as_json:
        from .tables import refresh_view

        show(refresh_view(differences))
    written = _write(differences, readings, folder) if write else 0
    if as_json:
        echo_json({"written": written, "differences": [d.as_mapping() for d in differences]})
    elif write:
        typer.echo(f"{written} values written; the old ones stay beside them with their dates.")


def _write(differences: "tuple[Difference, ...]", readings: "tuple[Reading, ...]", folder: Path | None) -> int:
    from ..knowledge.build import HERE
    from ..knowledge.refresh import apply

    try:
        return apply(differences, readings, folder or HERE)
    except PermissionError as error:
        raise BadInput(
            f"{error.filename} cannot be written; accepted: a --folder that can, such as a clone's"
        ) from None


def _as_written(folder: Path | None) -> "Facts":
    """Compile the YAML itself, so that what is written back fits it even where the snapshot is stale."""
    from ..agent.write import clean
    from ..knowledge.audit import UNREADABLE
    from ..knowledge.build import HERE, compile_snapshot
    from ..knowledge.facts import Facts

    place = folder or HERE
    if not (place / "sources.yaml").exists():
        return _facts(folder)
    try:
        return Facts(compile_snapshot(place))
    except UNREADABLE as error:
        raise BadInput(
            f"{place} does not compile ({clean(error)}); `modelwise knowledge check` lists every problem"
        ) from None


def _facts(folder: Path | None) -> "Facts":
    from ..knowledge.facts import load_facts, read_facts

    if folder is None:
        return load_facts()
    if not (folder / "snapshot.json").exists():
        raise BadInput(f"--folder {folder} has no snapshot.json; accepted: a folder like the package's knowledge/")
    return read_facts(folder / "snapshot.json")
