"""The environment, read in one place; an empty variable is as one that is not set."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PREFIX = "MODELWISE_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where modelwise finds its servers, its folders and its sources; None is the embedded default."""

    llm: str | None = None
    embedder: str | None = None
    chroma_url: str | None = None
    database_url: str | None = None
    data: Path | None = None
    sources: Path | None = None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that an environment states."""

    def text(name: str) -> str | None:
        return environ.get(PREFIX + name, "").strip() or None

    def path(name: str) -> Path | None:
        value = text(name)
        return Path(value).expanduser() if value else None

    return Settings(
        llm=text("LLM"),
        embedder=text("EMBEDDER"),
        chroma_url=text("CHROMA_URL"),
        database_url=text("DATABASE_URL"),
        data=path("DATA"),
        sources=path("SOURCES"),
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read at the first call."""
    return read_settings(os.environ)


def data_folder(known: Settings) -> Path:
    """Return the folder for what modelwise keeps, made for its user alone where it is missing. Raises OSError."""
    folder = known.data or _user_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _user_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("modelwise")
