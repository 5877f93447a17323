"""One turn of a conversation: what a reply does to the state, what is asked next, and what a side question gets."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ..knowledge.facts import Facts
from .advice import Advice, Language, Params, Question, Statement
from .answer import Answer
from .aside import respond_to
from .interview import question_of, slots
from .page import sections
from .recheck import differences
from .recommend import doubts, recommend
from .reply import Reading, read_choice, read_fields, read_reply
from .requirements import FIELDS, Requirements
from .sanity import shown
from .voi import next_question
from .write import markdown, section_markdown, sentence

# What separates the answers to what was asked in one breath.
_PARTS = re.compile(r"[;；\n。！？]|(?<=[a-z0-9])[.!?]\s")
LONGEST_ANSWER = 400
REMEMBERED = 20  # turns that "undo" can take back
UNHEARD = ("problem.off_topic", "problem.empty")  # an interview asks for the task instead
MOVES = ("enough", "said", "unknown", "open")
_RANK = {kind: place for place, kind in enumerate((*MOVES, "aside", "explain", "undo", "nothing"))}
TOLD = ("status", "pick_in", "pick_out", "role")
State = Mapping[str, Any]


class Reply(BaseModel):
    """What a person answers: words, the number of a choice (from 0), or fields edited by hand."""

    text: str = ""
    choice: int | None = None
    fields: dict[str, Any] | None = None

    def shown(self, question: Question | None, language: Language) -> str:
        """Return the reply as a message of the conversation."""
        if self.choice is not None and question:
            return sentence(question.choices[self.choice], language)
        return self.text or ", ".join(f"{name}={value}" for name, value in (self.fields or {}).items())


def take(state: State, reply: Reply) -> dict[str, Any]:
    """Read a reply against the open question; what cannot be read leads back to it once, then it is left open."""
    known = Requirements.model_validate(state["requirements"]) if state.get("requirements") else None
    question = Question.model_validate(state["question"]) if state.get("question") else None
    reading = _read(reply, known, question)
    if reading.kind == "undo":
        return _undone(state)
    lost = reading.kind == "nothing" and question is not None and not state.get("lost")
    moved = reading.kind in MOVES or (reading.kind == "nothing" and not lost)
    put = (question.slot, *(question.beside if reading.kind != "said" else ())) if question and moved else ()
    asked = tuple(dict.fromkeys((*state.get("asked", ()), *reading.settled, *filter(None, put))))
    enough = bool(state.get("enough")) or reading.kind == "enough"
    need = _without_task(reading.requirements) if enough or "task" in asked else reading.requirements
    before = {name: state.get(name) for name in ("requirements", "asked", "enough")}
    return {
        "requirements": need.model_dump(mode="json"),
        "reply": None,
        "asked": list(asked),
        "notes": [problem.model_dump(mode="json") for problem in (() if lost else reading.problems)],
        "aside": _aside(reading.kind, reply.text, question, lost=lost),
        "enough": enough,
        "lost": lost,
        "past": [*state.get("past", ()), before][-REMEMBERED:] if moved and known else state.get("past", []),
        "changed": [said.model_dump(mode="json") for said in _heard(known or Requirements(), need)],
    }


def _aside(kind: str, text: str, question: Question | None, *, lost: bool) -> dict[str, str] | None:
    """Return what is to be answered before the conversation goes on."""
    if lost or (kind == "explain" and question):
        return {"kind": "lost" if lost else "explain"}
    return {"kind": "asked", "text": text} if kind in ("aside", "explain") else None


def _read(reply: Reply, known: Requirements | None, question: Question | None) -> Reading:
    if reply.fields is not None:
        return read_fields(reply.fields, known)
    if reply.choice is not None and question and known:
        return read_choice(reply.choice, known, question)
    parts = _PARTS.split(reply.text.strip())
    if known and question and question.slot and len(parts) > 1 and len(reply.text) <= LONGEST_ANSWER:
        return _read_parts([part for part in parts if part.strip()], known, question)
    return read_reply(reply.text, known, question)


def _read_parts(parts: Sequence[str], known: Requirements, question: Question) -> Reading:
    """Read an answer part by part, each against the first of the questions put that it answers."""
    waiting = [question, *(question_of(slots(known.language)[name], {}) for name in question.beside)]
    made = Reading("nothing", known)
    for part in parts:
        read = {asked.slot: read_reply(part, made.requirements, asked) for asked in waiting or [question]}
        slot = next((slot for slot, reading in read.items() if slot in reading.settled), None)
        waiting = [asked for asked in waiting if asked.slot != slot]
        made = _joined(made, read[slot] if slot else min(read.values(), key=lambda reading: _RANK[reading.kind]))
    return made


def _joined(earlier: Reading, later: Reading) -> Reading:
    """Put two readings of one reply together; what moves the conversation on outweighs what does not."""
    kind = min(earlier.kind, later.kind, key=_RANK.__getitem__)
    settled, problems = (*earlier.settled, *later.settled), (*earlier.problems, *later.problems)
    return Reading(kind, later.requirements, settled, problems if kind in MOVES else later.problems)


def _without_task(need: Requirements) -> Requirements:
    """Whoever says nothing of what it is for gets advice on the defaults."""
    return need if need.said & set(FIELDS) else need.model_copy(update={"unknown": need.unknown | {"task"}})


def _undone(state: State) -> dict[str, Any]:
    """Take the last step back; the first has nothing before it."""
    past = state.get("past", [])
    said = Statement(text_id="turn.undone", cites=("default/task",)).model_dump(mode="json")
    kept = {"notes": [], "aside": None, "reply": None, "changed": [said] if past else []}
    return {**kept, **past[-1], "past": past[:-1]} if past else kept


def _heard(old: Requirements, new: Requirements) -> Iterator[Statement]:
    """Say what of the need is new, changed or gone."""
    for field in FIELDS:
        if field in new.said and (field not in old.said or getattr(old, field) != getattr(new, field)):
            params: Params = {"field": field, "value": shown(getattr(new, field))}
            yield Statement(text_id="turn.heard", params=params, cites=(f"user/{field}",))
        elif field in old.said and field not in new.said:
            yield Statement(text_id="turn.dropped", params={"field": field}, cites=(f"default/{field}",))


def respond(state: State, facts: Facts, day: dt.date) -> Answer:
    """Return what a side question gets; the question that was open stays open."""
    need, aside = Requirements.model_validate(state["requirements"]), state["aside"]
    if aside["kind"] == "asked":
        return respond_to(aside["text"], need, facts, day)
    question = Question.model_validate(state["question"])
    said = question.why if aside["kind"] == "explain" else Statement(text_id="problem.off_topic")
    return Answer(text=sentence(said, need.language), answered=True, language=need.language)


def settle(
    state: State, facts: Facts, day: dt.date, *, weights: Mapping[str, float] | None, interview: bool
) -> dict[str, Any]:
    """Put the next question, or give the advice and say what of it changed."""
    need = Requirements.model_validate(state.get("requirements") or {})
    notes = (Question.model_validate(note) for note in state.get("notes", ()))
    problems = tuple(note for note in notes if not interview or note.text.text_id not in UNHEARD)
    earlier = Advice.model_validate(state["advice"]) if state.get("advice") else None
    asked = tuple(state.get("asked", ()))
    if interview:
        waiting = doubts(need, facts, problems)[:1]
        if not waiting and not earlier and not state.get("enough"):
            count = int(state.get("count", 0))
            question = next_question(need, facts, day, settled=asked, asked=count, weights=weights)
            waiting = (question,) if question else ()
        if waiting:
            return {"question": waiting[0].model_dump(mode="json"), "count": int(state.get("count", 0)) + 1}
    advice = recommend(need, facts, day, weights=weights, problems=problems, settled=asked)
    moved = differences(earlier, advice, facts) if earlier else ()
    told = [change.statement.model_dump(mode="json") for change in moved if change.kind in TOLD]
    return {
        "question": advice.questions[0].model_dump(mode="json") if advice.status == "unclear" else None,
        "advice": advice.model_dump(mode="json"),
        "changed": [*state.get("changed", ()), *told],
    }


def words_of(advice: Advice, *, brief: bool) -> str:
    """Return an advice as a message; in a thread that lasts only its verdict, since the state keeps the whole."""
    language = advice.requirements.language
    if brief:
        return section_markdown(sections(advice, language)[0], 2)
    if advice.status == "unclear":
        return "\n".join(sentence(q.text, language) for q in advice.questions if isinstance(q, Question))
    return markdown(advice, language)
