"""What those who must sign ask of a pick, in words: how sure, another load, from where renting pays, a standby."""

from collections.abc import Iterator

from .advice import Advice, Pick
from .write import Blocks, Draft, Line, bullets, how, paragraph


def signing(d: Draft, pick: Pick, advice: Advice) -> Blocks:
    """Lay out the lines that stand at the end of a pick; nothing where nothing is known."""
    lines = bullets(line for make in _LINES for line in make(d, pick, advice))
    return (paragraph(Line("", label=d.label("signing"))), *lines) if lines else ()


def _confidence(d: Draft, pick: Pick, advice: Advice) -> Iterator[Line]:
    if x := pick.confidence:
        text = d.words.line(
            "sign.confidence", level=x.level, independent=x.independent, vendor=x.vendor, other=x.other,
            statements=x.statements, newest=x.newest_months, median=x.median_months,
        )  # fmt: skip
        yield Line(text, d.numbers.marks(x.cites), d.label("confidence"))


def _scenarios(d: Draft, pick: Pick, advice: Advice) -> Iterator[Line]:
    if named := pick.cost.scenarios:
        budget = _budget_usd(advice)
        said = [d.words.line("sign.scenario", name=name, usd=usd) for name, usd in named]
        over = [name for name, usd in named if budget is not None and float(usd) > budget]
        shown = d.words.names(over, "scenario") if over else None
        text = d.words.line("sign.scenarios", scenarios=d.words.line("semicolon").join(said), over=shown)
        yield Line(text, d.numbers.marks(pick.cost.cites), d.label("scenarios"))


def _budget_usd(advice: Advice) -> float | None:
    """Return the budget in dollars: as said, or as the advice converted it."""
    need = advice.requirements
    if need.monthly_budget is None or need.budget_currency in (None, "USD"):
        return need.monthly_budget
    rate = next((a.params.get("usd") for a in advice.assumptions if a.text_id == "assume.rate"), None)
    return float(rate) if isinstance(rate, int | float) else None


def _break_even(d: Draft, pick: Pick, advice: Advice) -> Iterator[Line]:
    if x := pick.cost.break_even:
        ways = {"api": x.api, "api_how": how(d, x.api_option), "weights": x.weights}
        ways["weights_how"] = how(d, x.weights_option)
        if x.requests is None:
            text = d.words.line("sign.break_even.never", **ways)
        else:
            text = d.words.line("sign.break_even", requests=x.requests, high=x.high, **ways)
        yield Line(text, d.numbers.marks(x.cites), d.label("break_even"))


def _concurrency(d: Draft, pick: Pick, advice: Advice) -> Iterator[Line]:
    if (x := pick.hardware) and x.fits_concurrency is not None:
        text = d.words.line("sign.concurrency", fits=x.fits_concurrency)
        yield Line(text, d.numbers.marks(x.cites), d.label("concurrency"))


def _standby(d: Draft, pick: Pick, advice: Advice) -> Iterator[Line]:
    x = pick.hardware
    if x is None or x.standby_gpus is None:
        return
    if x.standby_gpus:
        text = d.words.line("sign.standby", gpus=x.standby_gpus, usd=x.standby_usd)
    else:
        text = d.words.line("sign.standby.enough")
    yield Line(text, d.numbers.marks((*x.cites, *pick.cost.cites)), d.label("standby"))


_LINES = (_confidence, _scenarios, _break_even, _concurrency, _standby)
