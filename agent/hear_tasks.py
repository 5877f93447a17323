"""Which task comes first and which others are named beside it."""

from functools import lru_cache

from .hear_text import Text, lexicon
from .hear_words import Finding, Mood, Pattern, group, longest, patterns, regex, spans


@lru_cache(maxsize=2)
def _cells(table: str) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
    return tuple((task, patterns(cell)) for task, cell in lexicon()[table].items())


def task_words(text: Text, table: str = "tasks") -> list[Finding]:
    """Return the task words of a table, the longest at each place."""
    return longest(Finding("task", task, *s) for task, cells in _cells(table) for s in spans(cells, text.folded))


def find_tasks(text: Text, mood: Mood, sized_document: Finding | None) -> list[Finding]:
    """Return the main task first, then the others; question answering over documents is rag."""
    meant = [f for f in task_words(text) if not mood.negated(f.start, f.end) and not _describes(text, f)]
    if not any(f.value in ("rag", "chat") for f in meant):
        meant += _question_answering(text, mood)
    if not meant:
        meant = [f for f in task_words(text, "weak_tasks") if not mood.negated(f.start, f.end)]
        meant = [f for f in meant if f.value != "summarization"] or meant
    ordered = _by_weight(text, meant)
    if not ordered:
        return [sized_document] if sized_document else []
    main = next(
        (f for f in ordered if f.value == "embedding" and regex("embedding_model").search(text.folded)), ordered[0]
    )
    others = [f for f in ordered if f.value != main.value]
    return [main, *(Finding("secondary_tasks", f.value, f.start, f.end) for f in others)]


def _describes(text: Text, finding: Finding) -> bool:
    """Whether a task word only says of what kind a noun is: "客服录音", "support tickets", captions of photos."""
    if finding.value == "creative_writing" and regex("a_piece").search(text.folded[finding.start : finding.end]):
        return True  # a piece to be written now, not what a model is for
    if finding.value == "asr" and "caption" in text.folded[finding.start : finding.end]:
        return _shows(text.folded)
    return finding.value == "chat" and regex("described").match(text.folded, finding.end) is not None


@lru_cache(maxsize=1)
def _shows(folded: str) -> bool:
    """Whether a text speaks of pictures and of nothing that is heard."""
    return regex("pictures").search(folded) is not None and regex("sounds").search(folded) is None


def _question_answering(text: Text, mood: Mood) -> list[Finding]:
    asked = [s for s in spans(group("question_answering"), text.folded) if not mood.negated(*s)]
    papers = [s for s in spans(group("documents"), text.folded) if not mood.negated(*s)]
    return [Finding("task", "rag", *asked[0])] if asked and papers else []


def _by_weight(text: Text, meant: list[Finding]) -> list[Finding]:
    """In the order of mention, but "mainly" goes first and "sometimes" last."""
    return sorted(meant, key=lambda f: (_weight(text, f), f.start))


def _weight(text: Text, finding: Finding) -> int:
    low, _ = text.clause(finding.start)
    before = text.folded[max(low, finding.start - 16) : finding.start]
    if regex("main_first").search(before):
        return 0
    return 2 if regex("aside").search(before) else 1


def sized_document(text: Text, context: Finding | None) -> Finding | None:
    """Take long documents, where a size was said and no task, as summarization."""
    if context is None:
        return None
    papers = spans(group("long_texts"), text.folded)
    near = [s for s in papers if context.start - 12 <= s[0] <= context.end + 12]
    place: tuple[int, int] | None = near[0] if near else None
    return Finding("task", "summarization", *place) if place else None


def spans_of(found: list[Finding]) -> list[tuple[int, int]]:
    """Return the spans of findings."""
    return [(f.start, f.end) for f in found]
