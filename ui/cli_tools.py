"""The calculating commands: licence, cost, context, hardware, and models set against each other or a need."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .edge import NOTHING, OK, UNCLEAR, Json, Lang, Language, Today, day_of, show, working
from .given import BadInput, read_need

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..agent.requirements import Requirements

MOST = 10**10
Effort = Literal["none", "low", "medium", "high", "xhigh", "max", "unstated"]
Precision = Literal["bf16", "fp8", "int8", "int4", "mxfp4"]
Unit = Literal["tokens", "characters", "words", "pages"]
Script = Literal["zh", "en"]
Said = bool | None


def _whole(least: int = 0) -> Callable[[str], int]:
    """Make a reader of whole numbers that names what it refuses; 30,000 and 30_000 are read too."""

    def read(text: str) -> int:
        digits = str(text).replace(",", "").replace("_", "")
        if digits.isdecimal() and len(digits) <= len(str(MOST)) and least <= int(digits) <= MOST:
            return int(digits)
        raise typer.BadParameter(f"{text!r} is not accepted; accepted: a whole number from {least} to {MOST:,}")

    return read


def _number(most: float) -> Callable[[str], float]:
    """Make a reader of numbers from 0; NaN lies in no range."""

    def read(text: str) -> float:
        try:
            value = float(str(text).replace(",", ""))
        except ValueError:
            value = -1.0
        if 0 <= value <= most:
            return value
        raise typer.BadParameter(f"{text!r} is not accepted; accepted: a number from 0 to {most:,}")

    return read


Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model by id, name, alias or repository.")]
Thinking = Annotated[Effort | None, typer.Option("--effort", help="Reasoning effort; by default the model's own.")]


def license_(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="A model, a licence, or an SPDX id such as Apache-2.0.")],
    commercial: Annotated[Said, typer.Option(help="Use in or for a business; assumed unless denied.")] = None,
    production: Annotated[Said, typer.Option(help="Use in production, not only for tests.")] = None,
    mau: Annotated[
        int | None, typer.Option(metavar="N", parser=_whole(), help="Monthly active users of all products.")
    ] = None,
    annual_revenue_usd: Annotated[
        float | None, typer.Option(metavar="USD", parser=_number(1e15), help="Revenue a year in USD.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Country of the licensee: CN, TW, US, ... or EU.")] = None,
    field: Annotated[str | None, typer.Option(help="Field of use, such as military or research.")] = None,
    fine_tune: Annotated[Said, typer.Option(help="Fine-tune the weights.")] = None,
    modified: Annotated[Said, typer.Option(help="Change the weights in another way.")] = None,
    derivative_name: Annotated[str | None, typer.Option(help="Name of the model made from it.")] = None,
    redistribute: Annotated[Said, typer.Option(help="Pass copies on.")] = None,
    license_to: Annotated[str | None, typer.Option(help="Licence to pass copies on under.")] = None,
    hosting: Annotated[Said, typer.Option(help="Offer it to others as a service.")] = None,
    train_competitor: Annotated[Said, typer.Option(help="Train a competing model.")] = None,
    train_on_outputs: Annotated[Said, typer.Option(help="Train another model on its outputs.")] = None,
    internal_research: Annotated[Said, typer.Option(help="Only research inside the house.")] = None,
    api: Annotated[Said, typer.Option(help="Use through an API, not the weights.")] = None,
    as_json: Json = False,
    lang: Lang = "en",
    today: Today = None,
) -> None:
    """Judge a licence for a use, clause by clause; exits 1 where it is not allowed or not known."""
    with working("Reading the licence"):
        from ..knowledge.facts import load_facts
        from ..tools.license import Use
        from .calculate import licensed

        # typer has put the options under their names; those of Use are passed on as they were said
        use = {name: value for name, value in context.params.items() if name in Use.model_fields and value is not None}
        made = licensed(subject, use, load_facts(), day_of(today))
    _deliver(made, as_json, lang)
    raise typer.Exit(OK if made.license.verdict in ("allowed", "conditional") else NOTHING)


def cost(
    model: Model,
    requests: Annotated[int, typer.Option("--requests", metavar="N", parser=_whole(1), help="Requests a month.")],
    given: Annotated[int, typer.Option("--input", metavar="N", parser=_whole(), help="Input tokens a request.")],
    output: Annotated[int, typer.Option("--output", metavar="N", parser=_whole(), help="Output tokens a request.")],
    effort: Thinking = None,
    cached: Annotated[
        float,
        typer.Option("--cached", metavar="SHARE", parser=_number(1), help="Share of the input from the cache, 0 to 1."),
    ] = 0,
    batch: Annotated[bool, typer.Option("--batch", help="At the batch price where there is one.")] = False,
    as_json: Json = False,
    lang: Lang = "en",
    today: Today = None,
) -> None:
    """Price a month of a model at each of its sellers; exits 1 where no price is known."""
    with working("Pricing"):
        from decimal import Decimal

        from ..knowledge.facts import load_facts
        from ..tools.cost import Volume
        from .calculate import costs

        volume = Volume(requests, given, output, cached_share=Decimal(str(cached)), batch=batch)
        made = costs(model, volume, effort, load_facts(), day_of(today))
    _deliver(made, as_json, lang)
    raise typer.Exit(OK if made.sellers else NOTHING)


def context(
    model: Model,
    amount: Annotated[
        float, typer.Argument(metavar="AMOUNT", parser=_number(MOST), help="How much text, in the unit.")
    ],
    unit: Annotated[Unit, typer.Option("--unit", help="What the amount counts.")] = "tokens",
    script: Annotated[
        Script | None, typer.Option("--text", help="The text is Chinese or English; by default either.")
    ] = None,
    output: Annotated[
        int | None,
        typer.Option("--output", metavar="N", parser=_whole(), help="Tokens kept for the answer; by default 300."),
    ] = None,
    effort: Thinking = None,
    as_json: Json = False,
    lang: Lang = "en",
    today: Today = None,
) -> None:
    """Say whether a text fits a model's window; exits 1 where it does not, or not for certain."""
    with working("Measuring"):
        from ..knowledge.facts import load_facts
        from .calculate import fits

        made = fits(
            model, amount, unit, load_facts(), day_of(today), script=script, output=output, effort=effort
        )  # fmt: skip
    _deliver(made, as_json, lang)
    raise typer.Exit(OK if made.status == "met" else NOTHING)


def hardware(
    model: Model,
    precision: Annotated[Precision | None, typer.Option("--precision", help="By default each that it has.")] = None,
    gpu: Annotated[
        str | None, typer.Option("--gpu", help="A card such as H100; by default the cheapest to rent.")
    ] = None,
    tokens: Annotated[
        int | None,
        typer.Option("--tokens", metavar="N", parser=_whole(1), help="Tokens of a sequence; by default 8192."),
    ] = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", parser=_whole(1), help="Sequences at once.")
    ] = 1,
    as_json: Json = False,
    lang: Lang = "en",
    today: Today = None,
) -> None:
    """Size memory, cards, speed and rent for a model's weights; exits 1 where they cannot be sized."""
    with working("Sizing"):
        from ..knowledge.facts import load_facts
        from .calculate import sizes

        made = sizes(
            model, load_facts(), day_of(today), precision=precision, gpu=gpu, tokens=tokens, concurrency=concurrency
        )
    _deliver(made, as_json, lang)
    raise typer.Exit(OK if any(one.total_gb for one in made.precisions) else NOTHING)


def compare(
    models: Annotated[list[str], typer.Argument(metavar="A B [C D]", help="Two to four models.")],
    need: Annotated[
        str | None, typer.Option("--need", help="For this need: words, a JSON object, or a file with one.")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
    today: Today = None,
) -> None:
    """Set two to four models side by side, for a need or for the default one."""
    with working("Comparing"):
        from ..agent.compare import compare as side_by_side
        from ..knowledge.facts import load_facts

        wanted = _heard(*_text_or_file(need)) if need is not None else None
        made = side_by_side(models, wanted, load_facts(), day_of(today))
    _deliver(made, as_json, lang or (wanted.language if wanted else "en"))


def why_not(
    model: Model,
    text: Annotated[
        list[str] | None, typer.Argument(help="The need in words or as a JSON object; - reads stdin.")
    ] = None,
    need: Annotated[Path | None, typer.Option("--need", help="A file with the need as a JSON object.")] = None,
    as_json: Json = False,
    lang: Lang = None,
    today: Today = None,
) -> None:
    """Say why a model is not the first choice for a need, or that it is."""
    with working("Weighing the options"):
        from ..agent.why_not import why_not as explain
        from ..knowledge.facts import load_facts
        from .calculate import known_model

        facts, wanted = load_facts(), _heard(text or [], need)
        made = explain(known_model(model, facts).id, wanted, facts, day_of(today))
    _deliver(made, as_json, lang or wanted.language)
    raise typer.Exit(UNCLEAR if made.status == "unclear" else OK)


def recheck(
    file: Annotated[Path, typer.Argument(metavar="ADVICE.JSON", help="What `modelwise advise --json` printed.")],
    as_json: Json = False,
    lang: Lang = None,
    today: Today = None,
) -> None:
    """Decide again on an earlier advice's requirements, and say what changed."""
    with working("Deciding again"):
        from ..agent.advice import Advice
        from ..agent.advisor import recheck as again

        try:
            earlier = Advice.from_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise BadInput(
                f"{file} holds no advice ({type(error).__name__}); accepted: a file of `modelwise advise --json`"
            ) from None
        made = again(earlier, today=day_of(today))
    _deliver(made, as_json, lang or earlier.requirements.language)


COMMANDS: dict[str, Callable[..., None]] = {
    "license": license_,
    "cost": cost,
    "context": context,
    "hardware": hardware,
    "compare": compare,
    "why-not": why_not,
    "recheck": recheck,
}


def _deliver(made: "BaseModel", as_json: bool, lang: Language | None) -> None:
    if as_json:
        typer.echo(made.model_dump_json())
        return
    from .sheets import report_view

    show(report_view(made, lang or "en"))


def _text_or_file(need: str) -> tuple[list[str], Path | None]:
    try:
        return ([], Path(need)) if Path(need).is_file() else ([need], None)
    except (OSError, ValueError):  # longer than a path may be, or with a NUL: words
        return [need], None


def _heard(words: list[str], file: Path | None) -> "Requirements":
    """Read a need as an advice would, and refuse what contradicts itself."""
    from ..agent.hear import hear_text
    from ..agent.requirements import Requirements
    from ..agent.sanity import refuse_clashes
    from ..knowledge.facts import load_facts

    given: Any = read_need(words, file)
    if isinstance(given, str):
        return hear_text(given).requirements
    need = Requirements.from_mapping(given)
    refuse_clashes(need, load_facts())
    return need


__all__ = ["COMMANDS"]
