"""A reply taken apart: sentences and clauses, and which of them ask, break off or say what is needed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Literal

from .defaults import read_yaml
from .hear import hear_text
from .hear_text import lexicon, normalise, only_text, read_text
from .hear_words import compiled, either
from .requirements import MAX_TEXT
from .understand import PLACES

Sort = Literal["need", "aside", "explain", "enough"]

MAX_PART = 240
MAX_PARTS = 40
MAX_ANSWER = 80
_SENTENCE = re.compile(r"(?:[^。!?;\n.]|\.(?![\s]|$))+[。!?;\n.]*\s*")
_CLAUSE = re.compile(r"(?:[^,]|(?<=\d),(?=\d))+")
_DIGIT = re.compile(r"\d")
_EDGES = " ,.;:!?。~、…\"'“”()"


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence or clause: as said, folded without the marks at its ends, and without words that say nothing."""

    shown: str
    folded: str
    core: str

    def matches(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Match the whole part, as it stands or without the words that say nothing."""
        return pattern.fullmatch(self.folded) or pattern.fullmatch(self.core)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said, by sort; `need` is the text to be heard."""

    shown: str
    need: str
    sentences: tuple[Part, ...]
    sorts: frozenset[Sort]

    def clauses(self) -> Iterator[Part]:
        """Return the first clauses that are short enough to answer a question."""
        parts = (part_of(found[0]) for sentence in self.sentences for found in _CLAUSE.finditer(sentence.shown))
        return (part for part in islice(parts, MAX_PARTS) if part.folded and len(part.folded) <= MAX_ANSWER)


@lru_cache(maxsize=1)
def table() -> Mapping[str, Any]:
    """Return the patterns of replies.yaml."""
    read: Mapping[str, Any] = read_yaml("replies.yaml")
    only_text(read, "replies.yaml")
    return read


@lru_cache(maxsize=512)
def pattern(*path: str) -> re.Pattern[str]:
    """Return one expression for a cell of replies.yaml."""
    cell: Any = table()
    for key in path:
        cell = cell[key]
    return compiled(either(cell))


@lru_cache(maxsize=2)
def _edge(side: str) -> re.Pattern[str]:
    words = either(table()[side])
    return re.compile(rf"^(?:(?:{words})[ ,]*)+" if side == "lead" else rf"(?:[ ,]*(?:{words}))+$")


def part_of(shown: str) -> Part:
    """Return a part with its folded form."""
    folded = read_text(shown).folded.strip(_EDGES)
    core = _edge("tail").sub("", _edge("lead").sub("", folded)).strip(_EDGES)
    return Part(shown, folded, core)


def take_apart(text: str, *, asked: bool) -> Reply:
    """Sort the sentences of a reply; `asked` says that a question is open. A very long text is all need."""
    shown = normalise(text)
    found = [match[0] for match in _SENTENCE.finditer(shown)] or [shown]
    if len(text) > MAX_TEXT or len(found) > MAX_PARTS:
        return Reply(shown, text, (), frozenset({"need"}))
    sentences = [part_of(sentence) for sentence in found]
    sorted_ = [(sentence, _sort(sentence, asked=asked)) for sentence in sentences]
    needs = tuple(sentence for sentence, sort in sorted_ if sort in ("need", "enough"))
    wishes = "".join(_as_wish(sentence) for sentence in needs)
    changed = len(needs) < len(sentences) or wishes != "".join(found)
    return Reply(shown, wishes if changed else text, needs, frozenset(sort for _, sort in sorted_))


def names(folded: str) -> int:
    """Count the models and vendors that a text names."""
    return len({match[0] for match in _named().finditer(folded)})


@lru_cache(maxsize=1)
def _named() -> re.Pattern[str]:
    models, vendors = lexicon()["models"], lexicon()["vendors"]
    suffix = "|".join(models["suffixes"])
    model = rf"(?:{'|'.join(models['families'])})(?:[ -]?(?:{suffix})(?![a-z0-9])){{0,5}}"
    return re.compile(rf"(?<![a-z])(?:{model}|{'|'.join(vendors)})(?![a-z])")


def _sort(sentence: Part, *, asked: bool) -> Sort:
    if len(sentence.folded) > MAX_PART:
        return "need"
    if _explain(sentence):
        return "explain" if asked else "aside"
    if is_aside(sentence):
        return "aside"
    return "enough" if pattern("enough").search(sentence.folded) else "need"


def _explain(sentence: Part) -> bool:
    if not sentence.folded:
        return "?" in sentence.shown
    cores = [part for found in _CLAUSE.finditer(sentence.folded) if (part := part_of(found[0])).core]
    return bool(cores) and all(part.matches(pattern("whole", "explain")) for part in cores)


def is_aside(sentence: Part) -> bool:
    """Whether a sentence asks for itself, rather than putting a need as a question."""
    folded, named = sentence.folded, names(sentence.folded)
    if pattern("why").search(folded) or pattern("difference").search(folded):
        return True
    if _supposes(folded):
        return False
    if named and _on_models(sentence, named):
        return True
    if pattern("wish").search(folded) or pattern("ours").search(folded):
        return False
    if pattern("defines").search(folded):
        return bool(named or pattern("domain").search(folded))
    return bool(asks(sentence) and pattern("amounts").search(folded) and not _DIGIT.search(folded))


def _on_models(sentence: Part, named: int) -> bool:
    """Whether a sentence compares models or asks about one that it names."""
    folded = sentence.folded
    if pattern("about").search(folded) or pattern("compares").search(folded):
        return True
    if not asks(sentence):
        return False
    if named > 1 and pattern("chooses").search(folded):
        return True
    return not (pattern("wish").search(folded) or (pattern("ours").search(folded) and _needs(sentence)))


def _needs(sentence: Part) -> bool:
    """Whether more than a place is heard in a sentence."""
    return bool(hear_text(sentence.shown, alone=False).requirements.said - PLACES)


def asks(sentence: Part) -> bool:
    """Whether a sentence is put as a question."""
    return "?" in sentence.shown[-6:] or bool(pattern("question").search(sentence.folded))


def _supposes(folded: str) -> bool:
    return bool(pattern("what_if", "before").search(folded))


def _as_wish(sentence: Part) -> str:
    """Return a what-if as the need that it supposes: "what if we may use the cloud?" is "we can use the cloud"."""
    folded = sentence.folded
    if len(folded) > MAX_PART or not (_supposes(folded) or (pattern("about").search(folded) and not names(folded))):
        return sentence.shown
    for cell in (("what_if", "before"), ("what_if", "after"), ("about",)):
        folded = pattern(*cell).sub("", folded)
    return pattern("may").sub("we can", folded).strip(_EDGES) + "。"
