"""Turns that are kept whole or not at all: LangGraph saves half a turn where a node raises or a stream is closed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)


class WholeTurns(BaseCheckpointSaver[str]):
    """A saver over another that holds back what a turn writes until the turn has come to its end."""

    def __init__(self, saver: BaseCheckpointSaver[str]) -> None:
        """Take the saver that reads, and keeps what was held back."""
        super().__init__(serde=saver.serde)
        self._saver = saver
        self._held: dict[str, list[Callable[[], object]]] = {}

    @contextmanager
    def turn(self, thread_id: str) -> Iterator[None]:
        """Keep what is written to a thread inside, unless it is left by an exception; hold the thread's lock."""
        held = self._held[thread_id] = []
        try:
            yield
        finally:
            del self._held[thread_id]
        for write in held:
            write()

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint that was kept."""
        return self._saver.get_tuple(config)

    def list(self, config: RunnableConfig | None, **options: Any) -> Iterator[CheckpointTuple]:
        """Yield the checkpoints that were kept, the newest first."""
        return self._saver.list(config, **options)

    def get_next_version(self, current: str | None, channel: None) -> str:
        """Return the version after another, as the saver counts."""
        return self._saver.get_next_version(current, channel)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Hold a checkpoint back."""
        place = config["configurable"]
        self._hold(config, partial(self._saver.put, config, checkpoint, metadata, new_versions))
        return {"configurable": {**place, "checkpoint_id": checkpoint["id"]}}

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Hold back what a task wrote."""
        self._hold(config, partial(self._saver.put_writes, config, writes, task_id, task_path))

    def _hold(self, config: RunnableConfig, write: Callable[[], object]) -> None:
        self._held[config["configurable"]["thread_id"]].append(write)
