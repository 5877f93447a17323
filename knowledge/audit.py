"""The whole check of the knowledge: schema and references, the compiled snapshot, the claims against their articles."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from .build import HERE, InvalidKnowledge, compile_snapshot, written
from .check import cited_lines, out_of_range, read_lines, uncovered, unfounded_numbers, unprinted_words
from .facts import Facts
from .schema import Claim, Skip
from .stats import article_of

# What YAML raises that is broken, or is of another shape than ours.
UNREADABLE = (yaml.YAMLError, OSError, ValueError, KeyError, TypeError)
SOURCES = Path("..") / "shared" / "sources"
_NO_TEXTS = f"the articles are not at hand; name their folder in MODELWISE_SOURCES (looked in {SOURCES})"


@dataclass(frozen=True, slots=True)
class Audit:
    """What is wrong, what was counted, and what could not be looked at (with the way out)."""

    problems: tuple[str, ...]
    skipped: tuple[str, ...]
    claims: int
    articles: int

    @property
    def passed(self) -> bool:
        """Whether nothing that was looked at is wrong."""
        return not self.problems


def texts_folder(setting: Path | None) -> Path | None:
    """Find the articles: in the folder that was set, else beside the repository; None where they are not."""
    folder = setting or HERE.parent / SOURCES
    return folder if folder.is_dir() else None


def audit(facts: Facts, texts: Path | None, folder: Path = HERE) -> Audit:
    """Check everything that is at hand; nothing is written."""
    skipped = [] if texts else [f"numbers and printed words: {_NO_TEXTS}"]
    problems: list[str] = []
    if (folder / "sources.yaml").exists():
        try:
            compiled = compile_snapshot(folder)
        except InvalidKnowledge as error:
            problems += str(error).splitlines()
        except UNREADABLE as error:
            problems.append(f"{folder}: {error}")
        else:
            facts = Facts(compiled)
            problems += _stale(written(compiled), folder / "snapshot.json")
    else:
        skipped.append("schema and snapshot: the YAML is not at hand; only the compiled snapshot was read")
    problems += [problem for article in facts.articles for problem in _article_problems(facts, article, texts)]
    return Audit(tuple(problems), tuple(skipped), len(facts.claims), len(facts.articles))


def _stale(compiled: str, snapshot: Path) -> list[str]:
    if snapshot.exists() and snapshot.read_text(encoding="utf-8") == compiled:
        return []
    return [f"{snapshot.name} is not what the YAML compiles to; run `make snapshot`"]


def _article_problems(facts: Facts, article_id: str, texts: Path | None) -> Iterator[str]:
    claims = [claim for claim in facts.claims.values() if article_of(claim) == article_id]
    skips = [skip for skip in facts.snapshot.skipped if skip.article == article_id]
    article = facts.articles[article_id]
    if texts is None:
        yield from _gaps(article_id, claims, skips)
        return
    if not (texts / article.file).exists():
        yield f"{article_id}: {article.file} is not in {texts}"
        return
    lines = read_lines(article, texts)
    if left := uncovered(lines, claims, skips):
        yield f"{article_id}: lines that no claim cites and no skip lists: {', '.join(map(str, left))}"
    names = _names(facts)
    for claim in claims:
        yield from _claim_problems(claim, lines, names)


def _gaps(article_id: str, claims: list[Claim], skips: list[Skip]) -> Iterator[str]:
    """Without the text, blank lines cannot be told: an article that nothing covers is all that shows."""
    if not claims and not skips:
        yield f"{article_id}: no claim and no skipped line"


def _claim_problems(claim: Claim, lines: list[str], names: list[str]) -> Iterator[str]:
    if out_of_range(claim, lines):
        yield f"{claim.id}: cites a line after the last, {len(lines)}"
        return
    # Of a thousand names few stand here, and each one costs a pattern.
    near = "\n".join([claim.zh, claim.en, *cited_lines(claim, lines)]).lower()
    if numbers := unfounded_numbers(claim, lines, [name for name in names if name.lower() in near]):
        yield f"{claim.id}: numbers that its lines do not state: {', '.join(numbers)}"
    if words := unprinted_words(claim, lines):
        yield f"{claim.id}: words that its lines do not print: {', '.join(words)}"


def _names(facts: Facts) -> list[str]:
    """Names of models and families, whose numbers are no figures."""
    aliases = [alias for model in facts.models.values() for alias in model.aliases]
    return sorted({*aliases, *facts.family_names.values(), *(model.name for model in facts.models.values())})
