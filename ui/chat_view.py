"""A conversation for the terminal: pure functions from turns, events and threads to rich renderables."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..agent.advice import OpenQuestion
from ..agent.write import clean, sentence, words
from .known import in_words
from .prose import Prose
from .strings import Strings, strings
from .terminal import GOOD, MARK, QUIET, advice_view, grid, sources_view, titled

if TYPE_CHECKING:
    from ..agent.advice import Advice, Language, Question, Statement
    from ..agent.answer import Answer
    from ..agent.requirements import Requirements
    from ..agent.store import ThreadRow
    from ..agent.turns import Event, Turn
    from .known import Known

OWN = "chat.yaml"
COMMANDS = ("undo", "why", "show", "advice", "export", "threads", "help", "quit")
_ARGUMENTS = {"export": " [md|json|html] [FILE]"}
_NEXT = {"ask": "live.hear", "hear": "live.hear", "decide": "live.write"}


def turn_view(turn: "Turn", language: "Language") -> Group:
    """Lay out a turn: what was understood, then an answer, an advice, and the question that is open."""
    parts: list[RenderableType] = [_changed(turn, language)] if turn.changed else []
    if turn.answer:
        parts.append(answer_view(turn.answer))
    if turn.advice:
        parts.append(advice_view(turn.advice, language))
    if turn.pending:
        parts += [Text(), Prose(strings(OWN, language)("open"), QUIET)]
    if question := turn.question or turn.pending:
        parts.append(question_view(question, language))
    return Group(*parts)


def _changed(turn: "Turn", language: "Language") -> RenderableType:
    return grid((Text("✓", GOOD), Prose(changed_line(one, turn.requirements, language))) for one in turn.changed)


def changed_line(one: "Statement", need: "Requirements", language: "Language") -> str:
    """Say what changed; a field's value is named as everywhere else."""
    field = str(one.params.get("field"))
    if one.text_id == "turn.heard" and field in need.said:
        value = in_words(field, getattr(need, field), strings(OWN, language))
        one = one.model_copy(update={"params": {**one.params, "value": value}})
    return sentence(one, language)


def question_view(question: "Question", language: "Language") -> Group:
    """Put a question, what is asked in the same breath, and its choices by number."""
    parts: list[RenderableType] = [Prose(sentence(question.text, language), "bold")]
    if question.also:
        parts.append(Prose(also_line(question, language)))
    choices = [(Text(f"{n}.", MARK), Prose(sentence(one, language))) for n, one in enumerate(question.choices, 1)]
    return Group(*parts, *([Padding(grid(choices), (0, 0, 0, 2))] if choices else []))


def also_line(question: "Question", language: "Language") -> str:
    """Say what is asked in the same breath, as one line."""
    gap = " " if language == "en" else ""
    return strings(OWN, language)("also") + gap.join(sentence(one, language) for one in question.also)


def answer_view(answer: "Answer") -> Group:
    """Lay out an answer, which is Markdown, with its numbered sources."""
    text = "\n".join(clean(line) for line in answer.text.splitlines())
    return Group(Markdown(text, hyperlinks=False), sources_view(answer))


def why_view(question: "Question | None", advice: "Advice | None", language: "Language") -> Group:
    """Say why the open question is asked; where none is, what was not asked and could still change something."""
    if question:
        return Group(Prose(sentence(question.why, language)))
    say = strings(OWN, language)
    left = [one.text for one in advice.questions if isinstance(one, OpenQuestion)] if advice else []
    listed = [(Text("•", QUIET), Prose(sentence(one, language))) for one in left]
    parts: list[RenderableType] = [Prose(say("why.left")), grid(listed)] if listed else []
    return Group(Prose(say("why.none")), *parts)


def known_view(known: "Sequence[Known]", language: "Language") -> RenderableType:
    """Lay out what is known of a need as one table, by how it stands."""
    say = strings(OWN, language)
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for head in ("field", "value", "words"):
        table.add_column(say(f"known.{head}"), overflow="fold")
    for standing in ("said", "assumed", "unknown"):
        rows = [one for one in known if one.standing == standing]
        if rows or standing == "said":
            table.add_row(Text(say(f"known.{standing}"), MARK))
        for one in rows:
            table.add_row(Prose(f"  {one.field}"), Prose(one.value), Prose(clean(one.words), QUIET))
        if standing == "said" and not rows:
            table.add_row(Prose(f"  {say('known.nothing')}", QUIET))
    return table


def help_view(language: "Language") -> Table:
    """List the commands of a conversation."""
    say = strings(OWN, language)
    return grid((Text(f"/{name}{_ARGUMENTS.get(name, '')}", MARK), Prose(say(f"help.{name}"))) for name in COMMANDS)


def threads_view(rows: "Sequence[ThreadRow]", language: "Language") -> RenderableType:
    """List conversations, the one used last first."""
    say = strings(OWN, language)
    if not rows:
        return Prose(say("threads.none"))
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(say("threads.id"), no_wrap=True)
    table.add_column(say("threads.updated"), no_wrap=True)
    table.add_column(say("threads.title"), overflow="fold")
    for row in rows:
        table.add_row(row.thread_id, row.updated[:16].replace("T", " "), Prose(clean(row.title)))
    return table


def course_view(turns: "Sequence[Turn]", language: "Language") -> Group:
    """Lay out a whole conversation; of several advices the last one in full."""
    return Group(*_course(turns, language))


def _course(turns: "Sequence[Turn]", language: "Language") -> Iterator[RenderableType]:
    say, last = strings(OWN, language), latest_advice(turns)
    for number, turn in enumerate(turns, 1):
        yield titled(say("course.turn", number=number))
        if turn.advice and turn.advice is not last:
            yield _changed(turn, language)
            yield Prose(advice_line(turn.advice, language))
        else:
            yield turn_view(turn, language)
        yield Text()


def advice_line(advice: "Advice", language: "Language") -> str:
    """Say in one line what an advice came to."""
    say, models = strings(OWN, language), tuple(pick.model.name for pick in advice.picks)
    return say("course.advice_picks", models=models) if models else words(language).line(f"verdict.{advice.status}")


def latest_advice(turns: "Iterable[Turn]") -> "Advice | None":
    """Return the last advice of a conversation, None where there is none yet."""
    return next((turn.advice for turn in reversed(tuple(turns)) if turn.advice), None)


def live_line(event: "Event", say: Strings) -> str | None:
    """Return what a live line says once an event has come; None where it stays as it is."""
    if event.kind == "understood" and event.requirements:
        return say("live.understood", count=len(event.requirements.said))
    if event.kind == "funnel" and event.funnel:
        return say("live.funnel", models=event.funnel[0][1], left=event.funnel[-1][1])
    if event.kind == "pick" and event.pick:
        return say("live.pick", role=event.pick.role, model=event.pick.model.name)
    return say(_NEXT[event.step]) if event.kind == "step" and event.step in _NEXT else None
