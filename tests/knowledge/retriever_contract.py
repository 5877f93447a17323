"""What every retriever and every embedder must do; each implementation's tests inherit these."""

from collections.abc import Sequence

import numpy as np

from modelwise.knowledge.embedding import Embedder
from modelwise.knowledge.index import Retriever

HOSTILE = (
    "",
    "   ",
    "？？？",
    "\0",
    "\ud800 licence",
    "a" * 200_000,
    "的的的的",
    "'; DROP TABLE claims; --",
    "🦙" * 50,
)


class RetrieverContract:
    """Subclasses give a fixture `retriever` and say which text has which key."""

    known_text: str
    known_key: str

    def test_a_text_finds_itself_first(self, retriever: Retriever) -> None:
        assert retriever.search(self.known_text)[0].key == self.known_key

    def test_scores_fall_and_stay_between_0_and_1(self, retriever: Retriever) -> None:
        scores = [passage.score for passage in retriever.search(self.known_text, limit=20)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)

    def test_limit_holds_and_keys_stand_once(self, retriever: Retriever) -> None:
        for limit in (0, 1, 3):
            found = retriever.search(self.known_text, limit=limit)
            assert len(found) <= limit
            assert len({passage.key for passage in found}) == len(found)

    def test_the_same_question_finds_the_same(self, retriever: Retriever) -> None:
        assert retriever.search(self.known_text) == retriever.search(self.known_text)

    def test_hostile_text_finds_something_or_nothing(self, retriever: Retriever) -> None:
        for text in HOSTILE:
            assert isinstance(retriever.search(text), list)
        assert retriever.search("") == []

    def test_traditional_and_simplified_find_the_same_first(self, retriever: Retriever) -> None:
        for simplified, traditional in (("许可证", "許可證"), ("模型的参数", "模型的參數")):
            keys = [[p.key for p in retriever.search(q, language="zh-Hans")[:1]] for q in (simplified, traditional)]
            assert keys[0] == keys[1]


class EmbedderContract:
    """Subclasses give a fixture `embedder`."""

    texts: Sequence[str] = ("Llama 4 的许可证", "the licence of Llama 4", "a recipe for noodles")

    def test_rows_are_float32_of_length_1(self, embedder: Embedder) -> None:
        vectors = embedder.embed(self.texts, query=False)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(self.texts), embedder.dimension)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)

    def test_one_text_gives_one_row_and_none_gives_none(self, embedder: Embedder) -> None:
        assert embedder.embed(["licence"], query=True).shape == (1, embedder.dimension)
        assert embedder.embed([], query=False).shape == (0, embedder.dimension)

    def test_a_batch_embeds_as_its_texts_do_alone(self, embedder: Embedder) -> None:
        together = embedder.embed(self.texts, query=False)
        alone = np.vstack([embedder.embed([text], query=False) for text in self.texts])
        assert np.allclose(together, alone, atol=0.02)

    def test_hostile_text_is_embedded(self, embedder: Embedder) -> None:
        vectors = embedder.embed([text[:5_000] for text in HOSTILE], query=True)
        assert np.isfinite(vectors).all()
