"""Names of models, families and licences in a text, and names that look like a model's but are not known."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .facts import Facts
from .words import plain, words_of

Key = tuple[str, ...]

# Names that are English words too count only where they are written as names.
_WORDLIKE = frozenset({
    "command", "opt", "bloom", "flux", "granite", "gopher", "falcon", "codex", "phi", "mit", "palm", "galactica", "aya",
})  # fmt: skip
_TOKEN = re.compile(r"[a-z]+|\d+(?:\.\d+)*|[\u3400-\u9fff]")
_JOINTS = frozenset({"", " ", "-", "_", "–"})
_VERSION = re.compile(r"\d{1,3}(\.\d+)*")
MAX_IDS = 6


@dataclass(frozen=True, slots=True)
class Named:
    """Ids in the order of the text (`licence/<id>` for a licence), their words there, and whether a name is unknown."""

    ids: tuple[str, ...]
    words: tuple[str, ...]
    stranger: bool


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Match:
    ids: tuple[str, ...]
    end: int
    stranger: bool = False


def find_names(text: str, facts: Facts) -> Named:
    """Find names, the longest at each place; "Llama 4" stands for every model whose name begins so."""
    tokens = [_Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(plain(text))]
    ids: list[str] = []
    words: list[str] = []
    stranger, at = False, 0
    while at < len(tokens):
        match = _match(text, tokens, at, facts)
        if match is None:
            at += 1
            continue
        ids += match.ids
        words.append(text[tokens[at].start : tokens[match.end - 1].end])
        stranger, at = stranger or match.stranger, match.end
    return Named(tuple(dict.fromkeys(ids)), tuple(words), stranger)


def _match(text: str, tokens: Sequence[_Token], at: int, facts: Facts) -> _Match | None:
    """Find the longest name that begins at a token and ends where a word ends."""
    if not _begins(text, tokens, at):
        return None
    known = _names(facts)
    for end in range(min(len(tokens), at + _longest(facts)), at, -1):
        key = tuple(token.text for token in tokens[at:end])
        if key in known and _joined(text, tokens[at:end]) and _written_as_name(text, tokens[at], key):
            return _extended(text, tokens, at, _Match(known[key], end), facts)
    return None


def _extended(text: str, tokens: Sequence[_Token], at: int, match: _Match, facts: Facts) -> _Match | None:
    """Add the versions that follow a match; a version that nobody has makes a stranger of the name."""
    first = _tail(text, tokens, match.end)
    if first == match.end:
        follows = tokens[first] if first < len(tokens) else None
        if follows and tokens[first - 1].end == follows.start and follows.text.isascii():
            return None
        return _Match(match.ids, first, _odd_surname(text, tokens, first, facts))
    for end in dict.fromkeys((_tail(text, tokens, first), first)):
        if kin := _kin(tokens[at:end], tokens[match.end : end], match.ids, facts):
            return _Match(kin, end)
    return _Match((), first, stranger=True)


def _kin(name: Sequence[_Token], version: Sequence[_Token], ids: Sequence[str], facts: Facts) -> tuple[str, ...]:
    """Every model whose name begins so, else the members of the family that carry the version anywhere."""
    key, wanted = tuple(token.text for token in name), {token.text for token in version}
    longer = [id_ for known, found in _names(facts).items() if known[: len(key)] == key for id_ in found]
    kin = longer or [m.id for m in facts.models.values() if m.family in ids and wanted <= set(_split(m.name))]
    return tuple(dict.fromkeys(kin))[:MAX_IDS]


def _tail(text: str, tokens: Sequence[_Token], end: int) -> int:
    """Where a version ends that follows at once: "4", "-9", "V9", " 72B"."""
    at = end
    if (
        at + 1 < len(tokens)
        and len(tokens[at].text) == 1
        and tokens[at].end == tokens[at + 1].start
        and _VERSION.fullmatch(tokens[at + 1].text)
    ):
        at += 1
    if (
        at >= len(tokens)
        or not _VERSION.fullmatch(tokens[at].text)
        or text[tokens[end - 1].end : tokens[end].start] not in _JOINTS
    ):
        return end
    at += 1
    suffix = (
        at < len(tokens)
        and tokens[at].start == tokens[at - 1].end
        and len(tokens[at].text) == 1
        and tokens[at].text.isascii()
    )
    return at + 1 if suffix else at


def _odd_surname(text: str, tokens: Sequence[_Token], end: int, facts: Facts) -> bool:
    """Whether a capitalised word that no source knows follows the name, as in "Claude Zeta"."""
    if end >= len(tokens) or text[tokens[end - 1].end : tokens[end].start] not in _JOINTS:
        return False
    word = tokens[end]
    return text[word.start].isupper() and len(word.text) > 2 and not words_of(facts).knows(word.text)


def _begins(text: str, tokens: Sequence[_Token], at: int) -> bool:
    """Whether the token is not the rest of a word."""
    token = tokens[at]
    return not (at and tokens[at - 1].end == token.start and token.text.isascii() and tokens[at - 1].text.isascii())


def _joined(text: str, tokens: Sequence[_Token]) -> bool:
    return all(text[a.end : b.start] in _JOINTS or text[a.end : b.start] == "." for a, b in pairwise(tokens))


def _written_as_name(text: str, token: _Token, key: Key) -> bool:
    return len(key) > 1 or key[0] not in _WORDLIKE or text[token.start].isupper()


@lru_cache(maxsize=4)
def _names(facts: Facts) -> Mapping[Key, tuple[str, ...]]:
    """Ids by the tokens of each writing; a model goes before a family, a family before a licence."""
    found: dict[Key, tuple[str, ...]] = {}
    for writing, id_ in _writings(facts):
        key = tuple(_split(writing))
        if key and not (len(key) == 1 and len(key[0]) < 2):
            found.setdefault(key, (id_,))
    return found


def _writings(facts: Facts) -> Iterator[tuple[str, str]]:
    for model in facts.models.values():
        yield from ((writing, model.id) for writing in (model.name, model.id, *model.aliases))
    for vendor in facts.snapshot.vendors:
        yield from (
            (writing, family.id) for family in vendor.families for writing in (family.name, family.id, *family.aliases)
        )
    for licence in facts.licences.values():
        yield from ((writing, f"licence/{licence.id}") for writing in (licence.name, licence.spdx or ""))


@lru_cache(maxsize=4)
def _longest(facts: Facts) -> int:
    return max(map(len, _names(facts)), default=0)


def _split(writing: str) -> list[str]:
    return _TOKEN.findall(plain(writing))
