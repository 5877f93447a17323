"""The words of what is searched: texts to terms, how much each term tells, BM25, and the language of a text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log
from typing import TYPE_CHECKING, Any, Literal

from .facts import Facts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Language = Literal["zh-Hans", "zh-Hant", "en"]
Kind = Literal["article", "licence", "user"]

MAX_QUERY = 2_000
# A claim is one sentence: a word that stands in it once says nearly all, so k1 is low.
K1, B = 0.6, 0.4

_RUN = re.compile(r"[a-z0-9]+(?:\.\d+)*[a-z]*|[\u3400-\u9fff]+")
_PIECE = re.compile(r"[a-z]+|\d+(?:\.\d+)*")
_FILLER = re.compile(
    "请问|是不是|有没有|能不能|可不可以|什么样|什么|多少|如何|怎么样|怎么|怎样|哪些|哪个|哪家|哪款|哪一"
    "|是否|为何|可以|以及"
    "|一个|[吗呢啊的了是有和与在对把被也都就]"
)
_STOP = frozenset(
    re.findall(
        r"\w+",
        """a an and are as at be but by can could did do does for from give had has have how i if in into is it its me
        my of on or our say says should so tell than that the their them then there these they this to was we were what
        when where which who whom whose why will with would you your about any""",
    )
)


@dataclass(frozen=True, slots=True)
class Document:
    """One text that is searched, in both languages, under the key that a citation names."""

    key: str
    kind: Kind
    zh: str
    en: str
    names: tuple[str, ...] = ()

    @property
    def both(self) -> str:
        """What is embedded: one vector serves both languages."""
        return f"{self.zh}\n{self.en}"


class Words:
    """BM25 over Chinese bigrams and English words, and how much each word tells."""

    def __init__(self, documents: Sequence[Document]) -> None:
        """Split every document into its terms (0.1 s for 1 800)."""
        self.documents = tuple(documents)
        self._tokens = [terms(text) for text in map(_searched, documents)]
        self._seen = Counter(word for tokens in self._tokens for word in set(tokens))

    def weight(self, word: str) -> float:
        """Weigh a word by its inverse document frequency; one that stands nowhere weighs most."""
        seen = self._seen[word]
        return log(1 + (len(self.documents) - seen + 0.5) / (seen + 0.5))

    def knows(self, word: str) -> bool:
        """Whether the word stands in any text."""
        return word in self._seen or _stem(word) in self._seen

    def coverage(self, wanted: Iterable[str], key: str) -> float:
        """Measure the share of the wanted words, by weight, that stand in the document with this key."""
        words = set(wanted)
        total = sum(map(self.weight, words))
        return sum(map(self.weight, words & self._sets[self._rows[key]])) / total if total else 0.0

    def scores(self, wanted: Sequence[str]) -> "npt.NDArray[np.float64]":
        """BM25 by row in [0, 1]: 1 where every wanted word stands once in a text of usual length."""
        import numpy as np

        known = [word for word in wanted if word in self._seen]
        if not known:
            return np.zeros(len(self.documents))
        best = sum(map(self.weight, wanted)) / (1 + K1)
        return np.minimum(np.asarray(self._bm25.get_scores(known), dtype=np.float64) / best, 1.0)

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {document.key: row for row, document in enumerate(self.documents)}

    @cached_property
    def _sets(self) -> list[frozenset[str]]:
        return [frozenset(tokens) for tokens in self._tokens]

    @cached_property
    def _bm25(self) -> Any:
        import bm25s

        index = bm25s.BM25(method="lucene", k1=K1, b=B)
        index.index(self._tokens, show_progress=False)
        return index


@lru_cache(maxsize=4)
def words_of(facts: Facts) -> Words:
    """Count the words of everything in the facts that is searched, once."""
    return Words(tuple(documents(facts)))


def documents(facts: Facts) -> Iterator[Document]:
    """List the claims and the licence clauses; what an article left unreadable is not searched."""
    for claim in facts.claims.values():
        if claim.kind != "unreadable":
            names = (*claim.about.values(), *map(facts.name, claim.about))
            yield Document(claim.id, "article", claim.zh, claim.en, names)
    for licence in facts.licences.values():
        for clause in licence.clauses:
            key = f"licence/{clause.id}"
            yield Document(
                key, "licence", f"{licence.name}：{clause.zh}", f"{licence.name}: {clause.en}", (licence.spdx or "",)
            )


def terms(text: str) -> list[str]:
    """Words to match: English words without plural s, numbers, bigrams of Han characters in Simplified."""
    flat = _FILLER.sub(" ", plain(unicodedata.normalize("NFKC", text[: 4 * MAX_QUERY])))
    return [word for run in _RUN.findall(flat) for word in _split(run)]


def plain(text: str) -> str:
    """Lower case and Simplified, character by character, so that places in the text stay."""
    return str(_converter("t2s").convert(_clean(text.lower())))


def _split(run: str) -> Iterator[str]:
    if run[0] >= "\u3400":
        yield from (run[i : i + 2] for i in range(max(len(run) - 1, 1)))
    elif run not in _STOP:
        yield _stem(run)
        pieces = _PIECE.findall(run)
        yield from (p for p in pieces if len(pieces) > 1)


def _stem(word: str) -> str:
    word = word.replace("licens", "licenc")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def language_of(text: str) -> Language:
    """Chinese where Han characters stand, Traditional where more of them are Traditional forms than Simplified ones."""
    sample = text[:MAX_QUERY]
    if not re.search(r"[\u3400-\u9fff]", sample):
        return "en"
    simplified, traditional = (_converter(name).convert(_clean(sample)) for name in ("t2s", "s2t"))
    changed = [sum(a != b for a, b in zip(sample, other, strict=False)) for other in (simplified, traditional)]
    return "zh-Hant" if changed[0] > changed[1] else "zh-Hans"


@lru_cache(maxsize=4)
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _searched(document: Document) -> str:
    return f"{document.both}\n{' '.join(document.names)}"
