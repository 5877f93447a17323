"""How checkpoints are read: a closed list of types, checked before a graph sees them, with errors of our own."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ormsgpack
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_KW_ARGS, EXT_PYDANTIC_V2, JsonPlusSerializer
from langgraph.types import Interrupt

from .store import UNREADABLE, StoreFailed, unreadable

_WRITTEN = frozenset({"null", "bytes", "bytearray", "msgpack"})
_MESSAGES = (AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage)
_BUILDERS: dict[tuple[int, str, str], Callable[[Any], object]] = {
    (EXT_CONSTRUCTOR_KW_ARGS, Interrupt.__module__, "Interrupt"): lambda fields: Interrupt(**fields),
    **{(EXT_PYDANTIC_V2, kind.__module__, kind.__name__): kind.model_validate for kind in _MESSAGES},
}
_PARTS = {"v": int, "id": str, "ts": str, "channel_values": dict, "channel_versions": dict, "versions_seen": dict}


class ClosedSerializer(JsonPlusSerializer):
    """LangGraph's serializer, reading plain values, messages and interrupts, and refusing the rest.

    In its strict mode LangGraph's own still returns the raw data of a type that it refuses, skips a model's validation
    where that fails, imports and calls what 50 names stand for, and revives rows of type "json".
    """

    def __init__(self) -> None:
        """Read by `_build` alone, with no fallback."""
        super().__init__(allowed_msgpack_modules=None, __unpack_ext_hook__=_build)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Return a stored value. Raises ValueError and the like for what this project never writes."""
        if data[0] not in _WRITTEN:
            raise ValueError("a stored value is of a kind that is never written")
        return super().loads_typed(data)


def _build(code: int, data: bytes) -> object:
    """Return the object that a msgpack extension stands for; LangGraph writes (module, name, fields, ...)."""
    module, name, fields, *_ = ormsgpack.unpackb(data, ext_hook=_build, option=ormsgpack.OPT_NON_STR_KEYS)
    return _BUILDERS[code, module, name](fields)


class GuardedSaver(BaseCheckpointSaver[str]):
    """Stands before a saver among the bases of a class and turns its errors into CannotRestore and StoreFailed."""

    database_errors: tuple[type[Exception], ...]

    @abstractmethod
    def failed(self, error: Exception) -> StoreFailed:
        """Say what a database error means and what to do."""

    @abstractmethod
    def is_damage(self, error: Exception) -> bool:
        """Say whether a database error, met while reading, speaks of what is stored and not of the database."""

    @contextmanager
    def _reads(self) -> Iterator[None]:
        try:
            yield
        except UNREADABLE:
            raise unreadable() from None
        except self.database_errors as error:
            raise (unreadable() if self.is_damage(error) else self.failed(error)) from None

    @contextmanager
    def _writes(self) -> Iterator[None]:
        try:
            yield
        except self.database_errors as error:
            raise self.failed(error) from None

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint that a graph can go on from. Raises CannotRestore."""
        with self._reads():
            found = super().get_tuple(config)
            return self._checked(found) if found else None

    def list(self, config: RunnableConfig | None, **kwargs: Any) -> Iterator[CheckpointTuple]:
        """Yield checkpoints, the newest first. Raises CannotRestore at the first that does not read back."""
        with self._reads():
            for found in super().list(config, **kwargs):
                yield self._checked(found)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint."""
        with self._writes():
            return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep what a task wrote."""
        with self._writes():
            super().put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        """Remove a thread's checkpoints and writes."""
        with self._writes():
            super().delete_thread(thread_id)

    def _checked(self, found: CheckpointTuple) -> CheckpointTuple:
        """Return a checkpoint whose parts are there and whose versions count: a graph stumbles over others."""
        checkpoint = found.checkpoint
        wrong = [part for part, kind in _PARTS.items() if not isinstance(checkpoint[part], kind)]  # type: ignore[literal-required]
        if wrong or not isinstance(found.metadata["step"], int):
            raise TypeError("a part of a checkpoint is of another type than LangGraph writes")
        if checkpoint["id"] != found.config["configurable"]["checkpoint_id"]:
            raise ValueError("a checkpoint stands in another's row")
        seen = [version for versions in checkpoint["versions_seen"].values() for version in versions.values()]
        versions = sorted([*checkpoint["channel_versions"].values(), *seen])
        for version in versions:
            self.get_next_version(version, None)  # type: ignore[arg-type]
        return found
