"""An answer to one question: a choice, its words, a bare figure, a place, a language, a yes or a no."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .advice import Language, Question, Statement
from .defaults import read_yaml
from .hear import Heard, hear_text
from .hear_numbers import find_numbers
from .hear_periods import find_periods
from .hear_text import read_text
from .interview import Slot, slots
from .reply_parts import MAX_ANSWER, Part, asks, part_of, pattern, table
from .understand import SETS
from .write import sentence

LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")
SCRIPTS = {"zh-Hans": "hans", "zh-Hant": "hant", "en": "en"}
CURRENCIES: Mapping[Language, str] = {"zh-Hans": "CNY", "zh-Hant": "TWD", "en": "USD"}
BESIDE = {"monthly_budget": ("budget_currency",), "gpu": ("gpu_count",)}
_DIGIT = re.compile(r"(?i)(?:nt|us|hk)?[-$¥€£]{0,3}\d")
_WORD = re.compile(r"[a-z]+")
_UNIT = re.compile(r"[a-z]{2,}|[$¥€]|[\u3400-\u9fff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿半]")
_ABOUT = re.compile(
    r"(?i)\b(?:about|around|roughly|approximately|approx|maybe|perhaps|probably|say|i think|it's|just)\b"
)
_ALONE = re.compile(r"\(?(\d{1,2})[).、]?")
_SEVERAL = re.compile(r"[\da-i](?: ?(?:,|、|和|跟|及|与|and|&|\+|/) ?[\da-i](?![\da-z])){1,8}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says, by field, and its words; an empty patch says that nothing is asked for."""

    patch: Mapping[str, Any]
    words: str
    problems: tuple[Question, ...] = ()


def slot_of(question: Question | None) -> Slot | None:
    """Return the slot that a question asks for."""
    if question is None:
        return None
    return slots("en").get(question.slot or question.text.text_id.removeprefix("ask."))


def patch_of(choice: Statement) -> Mapping[str, Any]:
    """Return what a choice says, by its text id; a side of a clash says nothing by itself."""
    head, _, rest = choice.text_id.partition(".")
    if choice.text_id == "choice.model":
        return {"quality_floor": choice.params["model"]}
    slot, _, answer = rest.partition(".")
    if head != "choice":
        return {}
    known = {one.id: one.patch for one in slots("en")[slot].choices}
    return known.get(answer, {slot: answer})


def by_label(reply: Part, question: Question) -> int | None:
    """Return the choice whose words these are, in any script, or that alone has them as a part."""
    if not reply.folded or len(reply.folded) > MAX_ANSWER:
        return None
    for wanted in ({reply.folded}, {reply.folded, reply.core}):
        for depth in (0, 1):
            found = {
                number
                for number, choice in enumerate(question.choices)
                for label in _labels(choice.model_dump_json())[depth]
                if label in wanted
            }
            if len(found) == 1:
                return found.pop()
    return None


@lru_cache(maxsize=256)
def _labels(choice: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return a choice's words in each script, folded, and the parts between their commas that hold no figure."""
    shown = Statement.model_validate_json(choice)
    whole = [_folded(sentence(shown, language)) for language in LANGUAGES]
    parts = [_folded(part) for label in whole for part in re.split(r"[,、]|\bor\b", label)]
    return frozenset(whole), frozenset(part for part in parts if len(part) > 1 and not _DIGIT.search(part))


def _folded(text: str) -> str:
    return part_of(text).folded


def by_number(reply: Part, question: Question) -> tuple[int, ...]:
    """Return the choices named by number, letter or order; several where a list of them is given."""
    many = len(question.choices)
    if _SEVERAL.fullmatch(reply.folded):
        picked = [_place(word, many) for word in re.findall(r"[\da-i](?![a-z])", reply.folded)]
    elif found := reply.matches(pattern("pick")):
        picked = [_place(next(word for word in found.groups() if word), many)]
    elif (alone := _ALONE.fullmatch(reply.folded)) and _counts(reply, question):
        picked = [int(alone[1]) - 1]
    else:
        return ()
    return tuple(number for number in picked if number is not None and 0 <= number < many)


def _counts(reply: Part, question: Question) -> bool:
    """Whether a number alone is that of a choice: not where the answer itself may be so small a figure."""
    slot = slot_of(question)
    return slot is None or slot.fields[0] not in table()["small"]["fields"]


def _place(word: str, many: int) -> int | None:
    if word.isdigit():
        return int(word) - 1
    known = next((int(place) for place, words in table()["ordinals"].items() if word in words.split()), None)
    return None if known is None else (known or many) - 1


def read_answer(slot: Slot, question: Question, parts: Iterable[Part], language: Language) -> Answer | None:
    """Read the first of the clauses that answers a question, a figure or its own words before a yes or no."""
    clauses = [part for part in parts if part.core or part.folded]
    for part in clauses:
        if (answer := _chosen(slot, question, part)) or (answer := _in_words(slot, part)):
            return answer
    for part in clauses:
        if (answer := _framed(slot, part, language)) is not None:
            return answer
    return next((answer for part in clauses[:2] if (answer := _yes_or_no(slot, part)) is not None), None)


def read_beside(slot: Slot, parts: Iterable[Part], language: Language) -> Answer | None:
    """Read an answer to what was asked in the same breath: words or a figure with a unit, no yes and no number."""
    for part in parts:
        if answer := _in_words(slot, part):
            return answer
        if _UNIT.search(_NUMERAL.sub("", part.core)) and (answer := _framed(slot, part, language)) and answer.patch:
            return answer
    return None


def _chosen(slot: Slot, question: Question, part: Part) -> Answer | None:
    numbers = by_number(part, question)
    if not numbers and (label := by_label(part, question)) is not None:
        numbers = (label,)
    patches = [patch_of(question.choices[number]) for number in numbers]
    if not patches:
        return None
    if len(patches) == 1:
        return Answer(patches[0], part.shown)
    joined = _joined(slot, patches)
    return Answer(joined, part.shown) if joined else None


def _joined(slot: Slot, patches: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return several choices as one set; only a slot of one set can hold them."""
    field = slot.fields[0]
    if any(set(patch) != {field} or not isinstance(patch[field], list) for patch in patches):
        return None
    return {field: sorted({value for patch in patches for value in patch[field]})}


def _in_words(slot: Slot, part: Part) -> Answer | None:
    for name in table()["answers"].get(slot.id, {}):
        if part.matches(pattern("answers", slot.id, name)):
            return Answer(_patch_named(slot, name), part.shown)
    return None


def _patch_named(slot: Slot, name: str) -> Mapping[str, Any]:
    if name.startswith("patch."):
        field, _, value = name.removeprefix("patch.").partition("=")
        return {field: value.split(",") if field in SETS else int(value) if value.isdigit() else value}
    return next((choice.patch for choice in slot.choices if choice.id == name), {})


def _yes_or_no(slot: Slot, part: Part) -> Answer | None:
    if part.matches(pattern("whole", "none")):
        return Answer(_meant(slot, "no") or {}, part.shown)
    word = next((word for word in ("no", "yes") if part.matches(pattern("yes_no", word))), None)
    patch = _meant(slot, word) if word else None
    return None if patch is None else Answer(patch, part.shown)


def _meant(slot: Slot, word: str) -> Mapping[str, Any] | None:
    """Return what a bare yes or no says: YAML reads a bare `yes` or `no` as a truth value."""
    answers = _interview()[slot.id]["answers"].values()
    return next((given["patch"] for given in answers if given.get(word) or given.get(word == "yes")), None)


@lru_cache(maxsize=1)
def _interview() -> Mapping[str, Any]:
    read: Mapping[str, Any] = read_yaml("interview.yaml")
    return read


def _framed(slot: Slot, part: Part, language: Language) -> Answer | None:
    if slot.fields[0] in table()["figures"]:
        return read_figure(slot.fields[0], slot.fields, part, language)
    if slot.id not in table()["frames"] or asks(part) or not part.core:
        return None
    if slot.id in table()["small"]["figured"] and not find_numbers(part.folded):
        return None
    return _heard_in(table()["frames"][slot.id], slot.fields, part, language)


def read_figure(field: str, fields: Iterable[str], part: Part, language: Language) -> Answer | None:
    """Read a figure with nothing but its unit beside it as the value of a field."""
    if not _bare(field, part.folded):
        return None
    answer = _heard_in(table()["figures"][field]["frames"], fields, part, language)
    if answer and "monthly_budget" in answer.patch and "budget_currency" not in answer.patch:
        return Answer({**answer.patch, "budget_currency": CURRENCIES[language]}, answer.words)
    return answer


def _bare(field: str, folded: str) -> bool:
    """Whether a text is a number and words that may stand beside it."""
    words, han = _allowed(field)
    rest = _NUMERAL.sub("", han.sub("", folded))
    return bool(find_numbers(folded)) and not _HAN.search(rest) and words.issuperset(_WORD.findall(folded))


@lru_cache(maxsize=16)
def _allowed(field: str) -> tuple[frozenset[str], re.Pattern[str]]:
    cells = (table()["beside"], table()["figures"][field]["with"])
    english = frozenset(word for cell in cells for word in cell["en"])
    han = sorted((word for cell in cells for script in ("hans", "hant") for word in cell.get(script, ())), key=len)
    return english | {word for word in han if word.isascii()}, re.compile("|".join(_folded(word) for word in han[::-1]))


def _heard_in(
    frames: Mapping[str, Iterable[str]], fields: Iterable[str], part: Part, language: Language
) -> Answer | None:
    """Put a clause into sentences that name the field until one is heard; only the field itself is taken."""
    wanted = [name for field in fields for name in (field, *BESIDE.get(field, ()))]
    refused: tuple[Question, ...] = ()
    for heard in (hear_text(framed, alone=False) for framed in _sentences(frames, part, language)):
        said = heard.requirements
        if patch := {name: getattr(said, name) for name in wanted if name in said.said}:
            return Answer(patch, part.shown)
        refused = refused or _refused(heard, wanted, part)
    return Answer({}, part.shown, refused) if refused else None


def _sentences(frames: Mapping[str, Iterable[str]], part: Part, language: Language) -> Iterator[str]:
    own = "en" if not _HAN.search(part.folded) and _WORD.search(part.folded) else SCRIPTS[language]
    own = "hans" if own == "en" and _HAN.search(part.folded) else own
    for script in dict.fromkeys((own, "hans", "en")):
        for words in _wordings(part):
            yield from (frame.replace("{}", words) for frame in frames[script])


def _wordings(part: Part) -> Iterator[str]:
    """Return a clause without "about", then from its figure on, unless a period stands before that."""
    words = _ABOUT.sub("", part.shown).strip(" ,.。!?")
    yield words
    figure = _DIGIT.search(words)
    numbers = [] if figure else find_numbers(part.folded)
    start = figure.start() if figure else numbers[0].start if numbers else 0
    whole = words if figure else part.folded
    if start and not find_periods(read_text(whole[:start])):
        yield whole[start:]


def _refused(heard: Heard, wanted: Iterable[str], part: Part) -> tuple[Question, ...]:
    """Return the problems of a value that was given, in the person's own words."""
    fields = frozenset[object](wanted)
    mine = [problem for problem in heard.problems if problem.text.params.get("field") in fields]
    return tuple(
        problem.model_copy(
            update={
                "text": problem.text.model_copy(update={"params": {**problem.text.params, "words": part.shown.strip()}})
            }
        )
        for problem in mine
    )
