"""A reply read against the question that is open: what it says, leaves open, asks back or takes back.

Sentences always go through `hear_text` first; what it hears nothing of is read as an answer to the question.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .advice import Language, Question
from .hear import hear_text
from .hear_text import detect_language, normalise
from .interview import Slot, slots
from .reply_changes import changed, corrected
from .reply_clash import NAMED, kept_by_saying, kept_side, new_figure, sides_of, unsay
from .reply_parts import MAX_ANSWER, Part, Reply, asks, names, part_of, pattern, table, take_apart
from .reply_slots import CURRENCIES, Answer, by_label, patch_of, read_answer, read_beside, slot_of
from .requirements import FIELDS, Requirements
from .understand import PLACES, SETS
from .write import sentence

Kind = Literal["said", "unknown", "open", "enough", "explain", "aside", "undo", "nothing"]
PLAIN_HAN = 4
PLAIN_WORDS = 3
TRADITIONAL = "體"  # tips a text that is written alike in both scripts
_PLAIN = re.compile(r"\b[A-Za-z]{2,}\b")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply comes to; `requirements` are those known with what was said put over them.

    `settled` are slots that need not be asked again; `problems` is what was said and cannot be used, as `hear_text`
    returns it.
    """

    kind: Kind
    requirements: Requirements
    settled: tuple[str, ...] = ()
    problems: tuple[Question, ...] = ()


@dataclass(slots=True)
class _Found:
    """What has been read of a reply so far."""

    values: dict[str, Any]
    words: dict[str, str]
    problems: tuple[Question, ...] = ()
    dropped: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    settled: tuple[str, ...] = ()
    left_open: bool = False

    def take(self, answer: Answer) -> None:
        """Put an answer over what was read."""
        self.values.update(answer.patch)
        self.words.update(dict.fromkeys(answer.patch, answer.words.strip()))
        self.problems += answer.problems

    def leave_out(self, fields: Iterable[str], shown: str) -> None:
        """Forget fields that were heard in these very words."""
        for field in frozenset(fields) & self.values.keys():
            if self.words.get(field, "") in shown:
                self.values.pop(field)
                self.words.pop(field, None)


def read_reply(text: str, known: Requirements | None, question: Question | None) -> Reading:
    """Read a reply against the question that is open; `known` is None at the start of a conversation."""
    base = known or Requirements(language=detect_language(normalise(text)))
    reply = take_apart(text, asked=question is not None)
    if part_of(reply.shown).matches(pattern("whole", "undo")):
        return Reading("undo", base)
    found = _heard(reply, base, known, question)
    _read_rest(found, reply, base, question)
    kind = _kind(reply, found, known)
    if kind in ("aside", "explain", "nothing") and known is not None:
        found.values.clear()
    return Reading(kind, _put(base, found, reply.shown, known), found.settled, _problems(kind, text, found))


def read_choice(number: int, known: Requirements, question: Question) -> Reading:
    """Read the choice of a number, from 0.

    Raises:
        IndexError: the question has no such choice.

    """
    if not 0 <= number < len(question.choices):
        raise IndexError(f"choice {number!r} is not one of 0 to {len(question.choices) - 1}")
    choice = question.choices[number]
    shown = sentence(choice, known.language)
    slot = slot_of(question)
    if sides := sides_of(question):
        kept = sides[number]
        return Reading("said", unsay(known, (side for side in sides if side != kept)))
    found = _Found({}, {}, settled=(slot.id,) if slot else ())
    found.take(Answer(patch_of(choice), shown))
    return Reading("said" if found.values else "open", _put(known, found, "", known), found.settled)


def read_fields(fields: Mapping[str, Any], known: Requirements | None) -> Reading:
    """Read an edit by hand; None un-says a field.

    Raises:
        InvalidRequirements: an unknown key, a wrong unit, a repeat, or a number out of range.

    """
    given = {field: value for field, value in fields.items() if value is not None}
    stated = Requirements.from_mapping({**dict.fromkeys(fields), **given})
    base = unsay(known or Requirements(), fields)
    new = base.with_fields({field: getattr(stated, field) for field in given})
    return Reading("said" if fields else "nothing", new)


def _heard(reply: Reply, base: Requirements, known: Requirements | None, question: Question | None) -> _Found:
    """Hear the sentences of a reply, or the words of a choice that it repeats."""
    slot = slot_of(question)
    whole = part_of(reply.shown)
    if question and slot and (label := by_label(whole, question)) is not None and whole.folded:
        found = _Found({}, {}, settled=(slot.id,))
        found.take(Answer(patch_of(question.choices[label]), reply.shown))
        found.left_open = not found.values
        return found
    if not reply.need.strip():
        return _Found({}, {})
    heard = hear_text(reply.need, alone=known is None)
    new = heard.requirements
    found = _Found({field: getattr(new, field) for field in FIELDS if field in new.said}, dict(new.words))
    found.problems = heard.problems
    _add_to_sets(found, reply, base)
    if slot and new.said.intersection(slot.fields):
        found.settled = (slot.id,)
        _drop_echo(found, slot, base)
        _name_currency(found, slot, known)
    return found


def _drop_echo(found: _Found, slot: Slot, base: Requirements) -> None:
    """Drop a task heard in the very words that answer another question: "customers send photos"."""
    if slot.id != "task" and "task" in base.said:
        for field in slot.fields:
            found.leave_out(("task", "secondary_tasks"), found.words.get(field, ""))


def _add_to_sets(found: _Found, reply: Reply, base: Requirements) -> None:
    """Add to a set that was said before where the reply says "also"."""
    if any(pattern("adds").search(one.folded) for one in reply.sentences):
        for field in SETS & found.values.keys() & base.said:
            found.values[field] |= getattr(base, field) or frozenset()


def _name_currency(found: _Found, slot: Slot, known: Requirements | None) -> None:
    """Take a budget without a currency in that of the script."""
    if slot.id == "budget" and "monthly_budget" in found.values and "budget_currency" not in found.values:
        language = known.language if known else "en"
        found.take(Answer({"budget_currency": CURRENCIES[language]}, found.words["monthly_budget"]))


def _read_rest(found: _Found, reply: Reply, base: Requirements, question: Question | None) -> None:
    """Read what was not heard: changes of what was said before, a side of a clash, an answer, and what is left open."""
    slot = slot_of(question)
    taken = _changes(found, reply, base, asked=bool(slot and slot.fields[0] in table()["figures"]))
    parts = [part for part in reply.clauses() if not any(part.shown.strip(" ,") in one.shown for one in taken)]
    sides = sides_of(question)
    if question and sides:
        _settle_sides(found, parts, question, base)
    if question and slot and not found.settled:
        answer = read_answer(slot, question, _answering(reply, parts), base.language)
        if answer is not None:
            found.leave_out(table()["figures"].keys() - answer.patch.keys(), answer.words)
            found.take(answer)
            found.settled = (slot.id,)
            found.left_open = not answer.patch and not answer.problems
    if question:
        _read_beside(found, parts, question, base)
    _leave(found, parts, slot, base)


def _read_beside(found: _Found, parts: list[Part], question: Question, base: Requirements) -> None:
    """Read what answers a question asked in the same breath, from the clauses that said nothing else."""
    used = " ".join(found.words.values())
    free = [part for part in parts if part.shown.strip() not in used and not hear_text(part.shown).requirements.said]
    for slot in (slots("en")[name] for name in question.beside):
        if (found.values.keys() | base.said).isdisjoint(slot.fields):
            answer = read_beside(slot, free, base.language)
            if answer:
                found.take(answer)
                found.settled += (slot.id,)


def _answering(reply: Reply, parts: list[Part]) -> list[Part]:
    """Return what may answer a question: each sentence as a whole, if it is short, then its clauses."""
    whole = [sentence for sentence in reply.sentences if sentence.folded and len(sentence.folded) <= MAX_ANSWER]
    shown = {part.shown.strip() for part in parts}
    kept = [part for part in whole if any(one in part.shown for one in shown)]
    return [*kept, *(part for part in parts if part.folded not in {one.folded for one in kept})]


def _changes(found: _Found, reply: Reply, base: Requirements, *, asked: bool) -> list[Part]:
    """Read the sentences that change a figure said before; those that say something of their own are left alone."""
    taken: list[Part] = []
    for one in reply.sentences:
        if not base.said or not one.folded or len(one.folded) > MAX_ANSWER:
            continue
        if answer := changed(one, base):
            found.leave_out({"quality_priority"}, one.shown)
        elif not hear_text(one.shown, alone=False).requirements.said:
            answer = corrected(one, base, asked=asked)
        if answer is not None:
            found.take(answer)
            taken.append(one)
    return taken


def _settle_sides(found: _Found, parts: list[Part], question: Question, base: Requirements) -> None:
    """Un-say the side of a clash that gives way, unless a side was given another value."""
    sides = sides_of(question)
    again = kept_by_saying(found.values, sides, base)
    if again is None and found.values.keys() & set(sides):
        return
    if again is None and (answer := new_figure(parts, sides, base)):
        found.take(answer)
        return
    kept = again or (None if found.values.keys() - NAMED else kept_side(parts, question, base))
    if kept is None:
        return
    found.dropped = frozenset(sides) - {kept}
    found.leave_out(NAMED, " ".join(part.shown for part in parts))


def _leave(found: _Found, parts: list[Part], slot: Slot | None, base: Requirements) -> None:
    """Mark what the person does not know, and see what is left open; a slot may be named beside it."""
    for part in parts:
        named = [one for one in table()["names"] if pattern("names", one).search(part.folded)]
        about = [slots("en")[one] for one in named] or ([slot] if slot else [])
        about = [one for one in about if not (found.values.keys() | base.said) & set(one.fields)]
        if pattern("unknown").search(part.folded):
            for one in about:
                if one.id not in found.settled or found.left_open:
                    found.unknown |= frozenset(one.fields)
            found.settled += tuple(one.id for one in about if one.id not in found.settled)
        elif slot and not found.settled and part.matches(pattern("whole", "open")):
            found.settled, found.left_open = (slot.id,), True


def _kind(reply: Reply, found: _Found, known: Requirements | None) -> Kind:
    if "enough" in reply.sorts:
        return "enough"
    if found.dropped or (found.values and not _only_place(reply, found, known)) or _refused(found):
        return "said"
    if found.unknown:
        return "unknown"
    if found.left_open:
        return "open"
    if "explain" in reply.sorts:
        return "explain"
    if "aside" in reply.sorts or any(_on_the_subject(one) for one in reply.sentences):
        return "aside"
    return "nothing"


def _only_place(reply: Reply, found: _Found, known: Requirements | None) -> bool:
    """Whether only a place was named, and not in answer to anything: "the weather in Paris?"."""
    bare = not found.values.keys() - PLACES and not found.settled
    return bare and (known is None or any(asks(one) for one in reply.sentences))


def _on_the_subject(part: Part) -> bool:
    """Whether a question of which nothing was heard is one for the sources."""
    return asks(part) and bool(names(part.folded) or pattern("domain").search(part.folded))


def _refused(found: _Found) -> bool:
    return any(problem.text.params.get("field") != "text" for problem in found.problems)


def _problems(kind: Kind, text: str, found: _Found) -> tuple[Question, ...]:
    """Return what cannot be used; that nothing was heard is a problem only where nothing was."""
    if kind == "nothing":
        return found.problems or hear_text(text).problems
    return tuple(
        problem
        for problem in found.problems
        if problem.text.params.get("field") != "text" or problem.text.text_id == "problem.too_long"
    )


def _put(base: Requirements, found: _Found, shown: str, known: Requirements | None) -> Requirements:
    """Put what was found over what was known; the words said last stand last."""
    need = unsay(base, found.dropped | found.unknown | found.values.keys())
    need = need.with_fields(found.values)
    words = {**need.words, **{field: words for field, words in found.words.items() if field in found.values}}
    update = {"words": words, "unknown": need.unknown | found.unknown, "language": _language(shown, known)}
    return need.model_copy(update=update)


def _language(shown: str, known: Requirements | None) -> Language:
    """Return the language of a reply; a figure, a yes or a few words leave that of the conversation."""
    heard = detect_language(shown)
    if known is None or heard == known.language:
        return heard
    if heard == "en":
        return "en" if len(_PLAIN.findall(shown)) >= PLAIN_WORDS else known.language
    if len(_HAN.findall(shown)) < PLAIN_HAN:
        return known.language
    either_script = heard == "zh-Hans" and detect_language(shown + TRADITIONAL) == "zh-Hant"
    return known.language if either_script and known.language == "zh-Hant" else heard
