import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from rich.cells import cell_len
from typer.testing import CliRunner

from modelwise import Advisor, Refused, Turn
from modelwise.agent.settings import read_settings
from modelwise.agent.store import memory_store, open_store
from modelwise.ui import chat_view
from modelwise.ui.chat import Chat
from modelwise.ui.cli import app
from modelwise.ui.desk import Desk
from modelwise.ui.edge import EXIT_CODES
from modelwise.ui.known import known_of
from modelwise.ui.strings import strings
from modelwise.ui.terminal import plain
from modelwise.ui.transcript import exported

DAY = ["--today", "2026-11-21"]
UNKNOWN = "0" * 32
NEEDS = {
    "zh-Hans": ("客服机器人，可以上云，每月 200 万次", "直接给结果"),
    "zh-Hant": ("客服機器人，可以上雲端，每月 200 萬次請求", "不用再問了，直接推薦"),
    "en": ("customer service bot, cloud is fine, 2M requests a month", "just tell me"),
}
LATER = re.compile(r"modelwise chat --thread (\w+)")
ANSI = re.compile(r"\x1b\[")
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Calls the command line in this process."""

    def call(*words: str, given: bytes | str | None = None) -> Result:
        return CliRunner().invoke(app, [*words], input=given)  # type: ignore[return-value]

    return call


@pytest.fixture
def talk(run: Run) -> Run:
    """Says lines to `modelwise chat`."""
    return lambda *lines, more=(): run("chat", *DAY, *more, given="\n".join(lines) + "\n")


def _id(done: Result) -> str:
    found = LATER.search(done.stderr)
    assert found, done.stderr
    return found[1]


def _advisor() -> Advisor:
    return Advisor(store=open_store(read_settings(os.environ)))


class _Desk(Desk):
    """A desk that keeps what is told."""

    def __init__(self, *, interactive: bool) -> None:
        super().__init__(interactive=interactive)
        object.__setattr__(self, "told", [])

    def tell(self, text: str) -> None:
        self.told.append(text)  # type: ignore[attr-defined]


@pytest.fixture
def advisor(today: Any) -> Iterator[Advisor]:
    """An advisor whose threads end with the test."""
    made = Advisor(today=today, store=memory_store(), lock_seconds=0.1)
    yield made
    made.close()


@pytest.mark.parametrize(("language", "heading"), [("en", "Sources"), ("zh-Hans", "出处"), ("zh-Hant", "出處")])
def test_a_conversation_comes_to_an_advice_in_three_scripts(talk: Run, language: str, heading: str) -> None:
    need, enough = NEEDS[language]
    done = talk(need, "/show", enough)
    assert done.exit_code == 0
    assert f"> {need}\n✓ " in done.stdout
    assert f"\n{heading} ─" in done.stdout
    assert not ANSI.search(done.output)
    assert not re.search(r"[{}]|\[\[|\bNone\b|\bTrue\b", done.stdout)


def test_what_was_said_is_named_and_shown(talk: Run) -> None:
    done = talk(NEEDS["zh-Hans"][0], "/show")
    assert "✓ 记下“每月请求数”：200 万" in done.stdout
    shown = done.stdout.partition("> /show")[2]
    assert re.search(r"说过的\n  任务 +对话 +客服机器人\n", shown)
    assert re.search(r"没说，按此假定\n  商用 +是\n", shown)


def test_what_one_does_not_know_is_shown_as_such(advisor: Advisor) -> None:
    turn = advisor.start("chat bot, cloud is fine")
    assert isinstance(turn, Turn)
    need = turn.requirements.model_copy(update={"unknown": frozenset({"gpu", "monthly_requests"})})
    standing = {one.field: one.standing for one in known_of(need, advisor.facts, "en")}
    assert standing["GPU"] == "unknown"
    assert standing["requests a month"] == "assumed"


def test_all_lines_fit_eighty_columns(talk: Run) -> None:
    done = talk(*NEEDS["zh-Hans"], "/help", "/threads", "/show", "/why", "为什么不选 Llama 4？")
    assert max(map(cell_len, done.stdout.splitlines())) <= 80


def test_a_number_picks_a_choice(talk: Run) -> None:
    done = talk("help me choose a model", "3", "/show", more=["--language", "en"])
    assert "\n  3. Writing code\n" in done.stdout
    assert "\n> 3\n✓ Noted “task”: code\n" in done.stdout


def test_a_number_that_is_no_choice_is_read_as_words(advisor: Advisor) -> None:
    chat = Chat(advisor, Desk())
    chat.turn = advisor.start("help me choose a model")  # type: ignore[assignment]
    assert [chat._number(text) for text in ("1", "9.", "２", "0", "10", "99", "1e1", "", "-1")] == [
        0, 8, 1, None, None, None, None, None, None,
    ]  # fmt: skip


def test_what_is_asked_in_the_same_breath_is_a_second_line(talk: Run) -> None:
    lines = talk(NEEDS["zh-Hans"][0]).stdout.splitlines()
    asked = next(n for n, line in enumerate(lines) if line.startswith("顺便："))
    assert lines[asked - 1].endswith("？")
    assert lines[asked + 1].startswith("  1. ")


def test_an_empty_line_asks_nothing(talk: Run, run: Run) -> None:
    done = talk("", "   ", "\t")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert json.loads(run("threads", "list", "--json").stdout) == []


def test_undo_takes_the_last_step_back(talk: Run) -> None:
    done = talk(NEEDS["en"][0], "1", "/undo", "/show")
    before, after = done.stdout.split("> 1\n")
    asked = before.splitlines()[-5:]
    assert "✓ The last step is taken back" in after
    assert "\n".join(asked) in after.partition("> /undo")[2]
    assert "open weights" not in after.partition("> /show")[2]


def test_undo_with_nothing_before_it_says_so(talk: Run) -> None:
    assert "There is nothing to take back." in talk("/undo").stderr


def test_why_gives_the_reason_and_later_what_was_not_asked(talk: Run) -> None:
    done = talk(NEEDS["en"][0], "/why", "just tell me", "/why")
    first, last = (part.split("\n> ")[0] for part in done.stdout.split("> /why\n")[1:])
    assert "narrows the choice" in " ".join(first.split())
    assert last.startswith("No question is open.\nNot asked, and could still change something:\n• ")


def test_the_latest_advice_can_be_seen_again(talk: Run) -> None:
    done = talk("/advice", *NEEDS["en"], "/advice")
    shown = done.stdout.split(" just tell me\n")[1].split("> /advice\n")
    assert "There is no advice yet" in done.stderr
    assert shown[0].strip() == shown[1].strip()


def test_a_question_of_ones_own_is_answered_and_the_open_one_stays(talk: Run) -> None:
    done = talk(NEEDS["en"][0], "why not Llama 4 Scout?")
    answered = done.stdout.partition("> why not Llama 4 Scout?\n")[2]
    assert "Sources ─" in answered
    assert "[1]" in answered
    assert "##" not in answered
    assert "The question is still open:\n" in answered


def test_the_language_can_be_set(talk: Run) -> None:
    assert "任務" in talk(NEEDS["en"][0], more=["--language", "zh-Hant"]).stdout


def test_a_message_may_stand_on_the_command_line(run: Run) -> None:
    done = run("chat", *DAY, "customer service", "bot", given="")
    assert done.stdout.startswith("> customer service bot\n✓ Noted “task”: chat\n")


def test_one_comes_back_by_the_thread(talk: Run) -> None:
    thread = _id(talk(NEEDS["en"][0]))
    done = talk("1", "/show", more=["--thread", thread])
    assert _id(done) == thread
    assert "Back in “customer service bot, cloud is fine, 2M requests a month”; turns so far: 1." in done.stderr
    assert done.stdout.startswith("Must the model's weights be open to download?\n")
    assert re.search(r"requests a month +2,000,000", done.stdout.partition("> /show")[2])


def test_coming_back_after_the_advice_shows_it(talk: Run) -> None:
    thread = _id(talk(*NEEDS["en"]))
    assert talk(more=["--thread", thread]).stdout.startswith("Model recommendation")


def test_an_unknown_command_is_named(talk: Run) -> None:
    done = talk("/nope", "/quit", NEEDS["en"][0])
    assert (done.exit_code, done.stdout) == (0, "> /nope\n> /quit\n")
    assert "“/nope”" in done.stderr


@pytest.mark.parametrize("line", [b"\xff\xfe\x00 bot", b"\x1b[31mred", "医".encode() * 20_001, b"/export \xff/x.md"])
def test_hostile_lines_do_no_harm(run: Run, line: bytes) -> None:
    done = run("chat", *DAY, given=line + b"\n")
    assert done.exit_code == 0
    assert not ANSI.search(done.output)
    assert "Traceback" not in done.output


def test_json_gives_one_turn_a_line(talk: Run) -> None:
    done = talk(NEEDS["en"][0], "1", "/why", "just tell me", more=["--json"])
    turns = [Turn.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [bool(turn.advice) for turn in turns] == [False, False, True]
    assert "narrows" not in done.stdout.splitlines()[-1]


def test_the_same_advice_as_without_a_conversation(talk: Run, run: Run) -> None:
    done = talk(*NEEDS["en"], more=["--json"])
    advised = json.loads(run("advise", NEEDS["en"][0], *DAY, "--json").stdout)
    said = Turn.model_validate_json(done.stdout.splitlines()[-1]).advice
    assert said
    assert [pick.model.id for pick in said.picks] == [pick["model"]["id"] for pick in advised["picks"]]


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_an_unknown_thread_is_refused_with_2(talk: Run, more: list[str]) -> None:
    done = talk("chat bot", more=["--thread", UNKNOWN, *more])
    assert done.exit_code == 2
    assert f"there is no conversation {UNKNOWN}" in done.stderr
    assert done.stdout == ('{"reason":"unknown_thread","pending":null}\n' if more else "")


def test_a_thread_of_another_is_not_there(talk: Run) -> None:
    advisor = _advisor()
    advisor.start("chat bot", thread_id="theirs", owner="someone")
    advisor.close()
    assert talk("x", more=["--thread", "theirs"]).exit_code == 2


def test_a_busy_thread_is_said_to_be_and_a_pipe_ends_with_1(advisor: Advisor) -> None:
    turn = advisor.start("chat bot")
    for interactive in (True, False):
        desk = _Desk(interactive=interactive)
        chat = Chat(advisor, desk, "en", turn.thread_id, stored=True, turn=turn)  # type: ignore[union-attr, arg-type]
        with advisor.store.lock(chat.thread_id, 1):
            code = _code(chat, ["1"])
        assert "is busy elsewhere" in desk.told[0]  # type: ignore[attr-defined]
        assert LATER.search(desk.told[-1])  # type: ignore[attr-defined]
        assert code == (0 if interactive else 1)


def test_a_stale_answer_is_not_taken_and_a_pipe_ends_with_1(
    advisor: Advisor, capsys: pytest.CaptureFixture[str]
) -> None:
    for interactive in (True, False):
        turn = advisor.start(NEEDS["en"][0])
        desk = _Desk(interactive=interactive)
        chat = Chat(advisor, desk, "en", turn.thread_id, stored=True, turn=turn)  # type: ignore[union-attr, arg-type]
        advisor.reply(chat.thread_id, 0)
        code = _code(chat, ["2"])
        assert "went on elsewhere" in desk.told[0]  # type: ignore[attr-defined]
        assert "Will it see sensitive data" in capsys.readouterr().out
        assert len(advisor.history(chat.thread_id)) == 2
        assert code == (0 if interactive else 1)


def test_a_thread_that_does_not_read_back_is_refused_with_2(advisor: Advisor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: Any, **__: Any) -> Iterator[Any]:
        yield from [chat_event(Refused(reason="cannot_restore"))]

    turn, desk = advisor.start("chat bot"), _Desk(interactive=True)
    chat = Chat(advisor, desk, "en", turn.thread_id, stored=True)  # type: ignore[union-attr]
    monkeypatch.setattr(advisor, "stream", refusing)
    assert _code(chat, ["x", "y"]) == 2
    assert "does not read back; delete it with `modelwise threads delete" in desk.told[0]  # type: ignore[attr-defined]


def chat_event(refused: Refused) -> Any:
    from modelwise.agent.turns import Event

    return Event(kind="done", turn=refused)


def _code(chat: Chat, lines: list[str]) -> int:
    import typer

    try:
        return chat.run(lines)
    except typer.Exit as end:
        return end.exit_code


@pytest.mark.parametrize("words", [("chat", "x"), ("threads", "list"), ("threads", "show", UNKNOWN)])
def test_a_store_that_cannot_be_used_is_named_with_2(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("MODELWISE_DATA", str(tmp_path / "file" / "data"))
    done = run(*words, given="")
    assert done.exit_code == 2
    assert "set MODELWISE_DATA" in done.stderr
    assert "Traceback" not in done.output


def test_ctrl_c_ends_politely(advisor: Advisor) -> None:
    def interrupted() -> Iterator[str]:
        yield "chat bot"
        raise KeyboardInterrupt

    desk = _Desk(interactive=True)
    chat = Chat(advisor, desk)
    assert chat.run(interrupted()) == 0
    assert desk.told[-1] == f"To go on: modelwise chat --thread {chat.thread_id}"  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("by_signal", [True, False])
def test_at_a_terminal_one_is_prompted_and_may_leave(by_signal: bool) -> None:
    master, slave = os.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "modelwise", "chat", *DAY, "--language", "en"]
    child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environ)
    os.close(slave)
    try:
        assert "What do you need a language model for?" in _until(master, "\n> ")
        os.write(master, b"help me choose a model\n")
        assert "\x1b[1mWhat is the model mainly for?" in _until(master, "Creative writing, copy", "\n> ")
        if by_signal:
            child.send_signal(signal.SIGINT)
        with suppress(OSError):  # a line end wakes a prompt that the signal came too early for
            os.write(master, b"\n" if by_signal else b"\x04")
        assert LATER.search(_until(master, "--thread ", "\n"))
        assert child.wait() == 0
    finally:
        child.kill()
        child.wait()
        os.close(master)


def _until(terminal: int, *marks: str) -> str:
    """Read a terminal until some marks have come, one after the other."""
    said, pattern = "", re.compile(".*?".join(map(re.escape, marks)), re.DOTALL)
    while not pattern.search(said):
        said += os.read(terminal, 65536).decode(errors="replace")
    return said


def test_threads_are_listed_and_shown(talk: Run, run: Run) -> None:
    first, second = _id(talk(*NEEDS["zh-Hans"])), _id(talk(NEEDS["en"][0]))
    rows = json.loads(run("threads", "list", "--json").stdout)
    assert [row["thread_id"] for row in rows] == [second, first]
    assert rows[0]["title"] == NEEDS["en"][0]
    assert first in run("threads", "list").stdout
    shown = run("threads", "show", first).stdout
    assert shown.startswith("第 1 轮 ─")
    assert shown.count("模型选型建议") == 1
    assert len(json.loads(run("threads", "show", first, "--json").stdout)) == 2


def test_no_threads_are_said_to_be_none(run: Run) -> None:
    done = run("threads", "list")
    assert (done.exit_code, "modelwise chat begins one" in done.stdout) == (0, True)


def test_a_conversation_is_exported_by_form_and_ending(talk: Run, run: Run, tmp_path: Path) -> None:
    thread = _id(talk("help me choose a model", "1", "why not Llama 4 Scout?", "just tell me"))
    text = run("threads", "export", thread).stdout
    assert text.startswith("# Course of the interview\n\nConversation ")
    assert "\n1. Chat, customer service\n" in text
    assert "\n# Model recommendation\n" in text
    turns = json.loads(run("threads", "export", thread, "--format", "json").stdout)
    assert [Turn.model_validate(turn).thread_id for turn in turns] == [thread] * 4
    for name, begins in (("a.md", "# Course"), ("a.json", "["), ("a.html", "<!DOCTYPE html>")):
        done = run("threads", "export", thread, "-o", str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (0, "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_exporting_from_the_conversation(talk: Run, tmp_path: Path) -> None:
    file = tmp_path / "my advice.html"
    done = talk("/export", *NEEDS["en"], f"/export {file}", "/export json", "/export pdf x", f"/export md {tmp_path}")
    assert done.exit_code == 0
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(json.loads(done.stdout.partition("> /export json\n")[2].partition("\n> /export pdf")[0])) == 2
    for told in ("nothing to export yet", f"Written to {file}", "“pdf x” is not accepted", "cannot be written"):
        assert told in done.stderr


def test_a_page_needs_an_advice(talk: Run, run: Run) -> None:
    thread = _id(talk(NEEDS["en"][0]))
    done = run("threads", "export", thread, "--format", "html")
    assert (done.exit_code, "accepted: md or json" in done.stderr) == (2, True)


def test_markup_in_what_was_said_stays_text(advisor: Advisor) -> None:
    turn = advisor.start("chat bot <script>alert(1)</script> [x](http://evil.example)")
    assert isinstance(turn, Turn)
    text = exported(advisor.history(turn.thread_id), "md")
    assert "<script>" not in text
    assert "](http" not in text


def test_deleting_asks_and_leaves_nothing(talk: Run, run: Run) -> None:
    thread = _id(talk(NEEDS["en"][0]))
    assert run("threads", "delete", thread, given="n\n").exit_code == 1
    assert run("threads", "show", thread).exit_code == 0
    assert run("threads", "delete", thread, given="y\n").exit_code == 0
    assert run("threads", "show", thread).exit_code == 2
    other = _id(talk(NEEDS["en"][0]))
    done = run("threads", "delete", other, "--yes", "--json")
    assert json.loads(done.stdout) == {"thread_id": other, "deleted": True}


@pytest.mark.parametrize("command", ["show", "export", "delete"])
def test_an_unknown_thread_is_named(run: Run, command: str) -> None:
    done = run("threads", command, UNKNOWN)
    assert done.exit_code == 2
    assert f"there is no conversation {UNKNOWN}" in done.stderr


@pytest.mark.parametrize(
    "words", [("chat",), ("threads", "list"), ("threads", "show"), ("threads", "export"), ("threads", "delete")]
)
def test_help_states_the_exit_codes(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words, "--help")
    assert done.exit_code == 0
    assert " ".join(EXIT_CODES.split()) in " ".join(done.stdout.split())


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, modelwise.ui.cli\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    loaded = set(done.stdout.split())
    assert "modelwise.ui.cli_chat" in loaded
    assert not loaded & {"langgraph", "pydantic", "rich.markdown", "sqlite3", "yaml", "modelwise.agent.session"}


def test_every_sentence_stands_in_both_languages_with_the_same_values() -> None:
    text = (Path(chat_view.__file__).parent / "chat.yaml").read_text(encoding="utf-8")
    for name, said in yaml.safe_load(text).items():
        assert said.keys() == {"zh", "en"}, name
        slots = [set(re.findall(r"\{(\w+)", said[language])) for language in ("zh", "en")]
        assert slots[0] == slots[1], name


def test_the_live_line_follows_the_events(advisor: Advisor) -> None:
    thread = advisor.start("chat bot, cloud is fine").thread_id  # type: ignore[union-attr]
    say = strings(chat_view.OWN, "en")
    lines = [chat_view.live_line(event, say) for event in advisor.stream(thread, "just tell me")]
    said = [line for line in lines if line]
    assert said[0] == "Reading what you said"
    assert any(line.startswith("Weighing the options; known of the need: ") for line in said)
    assert any(re.fullmatch(r"Of \d+ models \d+ are left", line) for line in said)
    assert any(line.startswith("First choice: ") for line in said)


def test_the_question_view_numbers_the_choices(advisor: Advisor) -> None:
    turn = advisor.start("help me choose a model")
    assert isinstance(turn, Turn)
    assert turn.question
    lines = plain(chat_view.question_view(turn.question, "en")).splitlines()
    assert [line.split(".")[0].strip() for line in lines[1:]] == [str(n) for n in range(1, 10)]
