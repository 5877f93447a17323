"""A face's own sentences, in the syntax of agent/texts.yaml and with its tables and formats."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..agent.advice import Language
from ..agent.write import Words, words


@dataclass(frozen=True)
class Strings:
    """The sentences of one file in one language; `words` names values and fills in templates."""

    texts: Mapping[str, str]
    words: Words

    def __call__(self, text_id: str, **params: Any) -> str:
        """Say one sentence."""
        return self.words.put(self.texts[text_id], params)


@lru_cache(maxsize=6)
def strings(file: str, language: Language) -> Strings:
    """Read a file of this folder; Traditional Chinese is made from the Chinese."""
    import yaml

    data = yaml.safe_load((Path(__file__).parent / file).read_text(encoding="utf-8"))
    told = words(language)
    return Strings(
        {name: text["en"] if language == "en" else told.turn(text["zh"]) for name, text in data.items()}, told
    )
