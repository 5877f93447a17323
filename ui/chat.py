"""The loop of `modelwise chat`: a line is a message, the number of a choice, or a command."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import typer

from ..agent.turns import Refused
from ..agent.write import clean
from .chat_view import (
    OWN,
    help_view,
    known_view,
    latest_advice,
    live_line,
    question_view,
    threads_view,
    turn_view,
    why_view,
)
from .desk import PROMPT, Desk
from .edge import NOTHING, OK, UNCLEAR, deliver
from .given import BadInput
from .known import known_of
from .strings import Strings, strings
from .terminal import advice_view
from .transcript import FORMS, exported

if TYPE_CHECKING:
    from pathlib import Path

    from ..agent.advice import Advice, Language, Question
    from ..agent.session import Advisor
    from ..agent.turns import Event, Turn
    from .transcript import Form

CODES = {"busy": NOTHING, "stale_question": NOTHING}
QUIT = ("quit", "exit", "q")


@dataclass
class Chat:
    """One conversation at a desk; `stored` says whether the thread exists."""

    advisor: "Advisor"
    desk: Desk
    language: "Language | None" = None
    thread_id: str = field(default_factory=lambda: uuid4().hex)
    stored: bool = False
    turn: "Turn | None" = None
    advice: "Advice | None" = None

    @property
    def spoken(self) -> "Language":
        """The language that was asked for, else the one spoken last."""
        return self.language or (self.turn.requirements.language if self.turn else "en")

    @property
    def say(self) -> Strings:
        """The face's own sentences in the language spoken."""
        return strings(OWN, self.spoken)

    @property
    def question(self) -> "Question | None":
        """The question that is open."""
        return (self.turn.question or self.turn.pending) if self.turn else None

    def come_back(self, thread_id: str) -> None:
        """Go on with a thread, from where it stands."""
        self.thread_id = thread_id
        titles = {row.thread_id: row.title for row in self.advisor.threads()}
        if thread_id not in titles:
            self._refused(Refused(reason="unknown_thread"))
        self.stored = True
        turns = self.advisor.history(thread_id)
        if not turns:
            self.greet()
            return
        self.turn, self.advice = turns[-1], latest_advice(turns)
        self.desk.tell(self.say("back", title=titles[thread_id], turns=len(turns)))
        if not self.desk.as_json:
            self._show_where_it_stands()

    def greet(self) -> None:
        """Say to a person how to begin: in both languages until one is known."""
        languages: tuple[Language, ...] = (self.language,) if self.language else ("zh-Hans", "en")
        if self.desk.interactive:
            self.desk.tell("\n".join(strings(OWN, language)("hello") for language in languages))

    def run(self, lines: Iterable[str]) -> int:
        """Take lines until they end, or the person ends it; returns the exit code."""
        try:
            for line in lines:
                if not self._take(line):
                    break
        except KeyboardInterrupt:
            self.desk.tell("")
        self._goodbye()
        return OK

    def _take(self, line: str) -> bool:
        """Take one line; says whether the conversation goes on."""
        text = line.strip()
        if not text:
            return True
        if not (self.desk.interactive or self.desk.as_json):
            typer.echo(f"{PROMPT}{clean(text)}")
        if text[0] not in "/／":
            self._send(self._number(text), text)
            return True
        name, _, rest = text[1:].partition(" ")
        if name.lower() in QUIT:
            return False
        command = _COMMANDS.get(name.lower())
        if command:
            command(self, rest.strip())
        else:
            self.desk.tell(self.say("unknown_command", name=name))
        return True

    def _number(self, text: str) -> int | None:
        """Return which choice of the open question a bare number picks, from 0."""
        digits = text.rstrip(".)、。）")
        choices = len(self.question.choices) if self.question else 0
        picked = int(digits) if digits.isdecimal() and len(digits) <= 2 else 0
        return picked - 1 if 1 <= picked <= choices else None

    def _send(self, choice: int | None, text: str) -> None:
        with self.desk.live(self.say("live.hear")) as update, closing(self._events(choice, text)) as events:
            came, say = None, self.say
            for event in events:
                came = event.turn or came
                if event.requirements and not self.language:
                    say = strings(OWN, event.requirements.language)
                if line := live_line(event, say):
                    update(line)
        if isinstance(came, Refused):
            self._refused(came)
        elif came:
            self._arrived(came)

    def _events(self, choice: int | None, text: str) -> "Generator[Event]":
        if self.stored:
            given = text if choice is None else choice
            asked = self.turn.question_id if self.turn else None
            events = self.advisor.stream(self.thread_id, given, question_id=asked)
        else:
            events = self.advisor.stream_start(text, thread_id=self.thread_id, language=self.language)
        return cast("Generator[Event]", events)

    def _arrived(self, turn: "Turn") -> None:
        """Keep a turn and show it."""
        self.stored, self.turn, self.advice = True, turn, turn.advice or self.advice
        if self.desk.as_json:
            typer.echo(turn.model_dump_json())
        else:
            self.desk.show(turn_view(turn, self.spoken))

    def _refused(self, refused: Refused) -> None:
        """Say why a message was not taken; ends the conversation where lines that follow would go astray."""
        if self.desk.as_json:
            typer.echo(refused.model_dump_json())
        self.desk.tell(self.say(f"refused.{refused.reason}", thread=self.thread_id))
        if refused.reason not in CODES:
            raise typer.Exit(UNCLEAR)
        if refused.pending:
            self.turn, self.advice = refused.pending, refused.pending.advice or self.advice
            self._show_where_it_stands()
        if not self.desk.interactive:
            self._goodbye()
            raise typer.Exit(CODES[refused.reason])

    def _show_where_it_stands(self) -> None:
        if self.question:
            self.desk.show(question_view(self.question, self.spoken))
        elif self.turn:
            self.desk.show(turn_view(self.turn, self.spoken))

    def _goodbye(self) -> None:
        if self.stored:
            self.desk.tell(self.say("later", command=f"modelwise chat --thread {self.thread_id}"))

    def undo(self, _: str) -> None:
        """Take the last step back."""
        if not self.turn:
            self.desk.tell(self.say("undo.none"))
            return
        self._send(None, "undo")
        if self.turn and not self.turn.changed:
            self.desk.tell(self.say("undo.none"))

    def why(self, _: str) -> None:
        """Say why the open question is asked."""
        self.desk.show(why_view(self.question, self.advice, self.spoken))

    def known(self, _: str) -> None:
        """Show what is known so far."""
        if self.turn:
            known = known_of(self.turn.requirements, self.advisor.facts, self.spoken)
            self.desk.show(known_view(known, self.spoken))
        else:
            self.desk.tell(self.say("known.nothing"))

    def show_advice(self, _: str) -> None:
        """Show the latest advice again."""
        if self.advice:
            self.desk.show(advice_view(self.advice, self.spoken))
        else:
            self.desk.tell(self.say("advice.none"))

    def export(self, rest: str) -> None:
        """Write the conversation to a file, or show it."""
        try:
            form, file = _asked_for(rest, self.say)
            turns = self.advisor.history(self.thread_id) if self.stored else ()
            if turns:
                deliver(exported(turns, form, self.spoken), file)
            else:
                self.desk.tell(self.say("export.none"))
        except BadInput as error:
            self.desk.tell(str(error))

    def threads(self, _: str) -> None:
        """List the conversations."""
        self.desk.show(threads_view(self.advisor.threads(), self.spoken))

    def help(self, _: str) -> None:
        """List the commands."""
        self.desk.show(help_view(self.spoken))


def _asked_for(rest: str, say: Strings) -> "tuple[Form, Path | None]":
    """Read the form and the file that an export names; the form may be left to the file's ending."""
    from pathlib import Path

    word, _, name = rest.partition(" ")
    named = next((form for form in FORMS if form == word.lower()), None)
    file = name.strip() if named else rest
    form = named or next((form for form in FORMS if Path(rest).suffix.lower() == f".{form}"), None)
    if rest and not form:
        raise BadInput(say("export.usage", given=rest))
    return form or "md", Path(file).expanduser() if file else None


_COMMANDS: Mapping[str, Callable[[Chat, str], None]] = {
    "undo": Chat.undo, "why": Chat.why, "show": Chat.known, "advice": Chat.show_advice, "export": Chat.export,
    "threads": Chat.threads, "help": Chat.help,
}  # fmt: skip
