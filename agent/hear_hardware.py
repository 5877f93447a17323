"""Cards and memory: GPUs by name and count, memory in total over the cards, RAM of phones and laptops."""

import re
from dataclasses import dataclass
from functools import lru_cache

from .hear_numbers import Number, chinese_value, english_value
from .hear_text import Text, lexicon
from .hear_words import Finding, either, longest, regex

_COUNT = (
    r"(?P<n>\d{1,6}|[一二两三四五六七八九十百千万单双]{1,4}|one|two|three|four|five|six|seven|eight|ten|twelve"
    r"|sixteen|an?|single|dual|pair of|couple of)"
)
_MEMORY = r"(?:\d{1,4}(?:\.\d)? ?(?:gb|gib|g|tb)(?![a-z]))"
_LEFT = re.compile(
    rf"(?<![a-z0-9.])(?P<minus>-?){_COUNT}(?:[张块片枚卡个台颗条支]| ?[x*] ?|-| pieces? of"
    rf"| units? of)?(?: ?(?:nvidia|英伟达|geforce|华为|的|rented|used|local|servers? with|本地"
    rf"|rtx))*[ -]?{_MEMORY}?(?:的|显存的| of)?[ -]?(?:nvidia |英伟达|华为|geforce )?$"
)
_RIGHT = re.compile(
    rf"^(?:[ -]?(?:{_MEMORY}|sxm5?|pcie|显卡|gpus?|卡|显存))*[ ]?(?:[x*] ?(?P<x>\d{{1,6}})|(?P<n>\d{{1,6}}"
    rf"|[一二两三四五六七八九十单双]{{1,3}})(?:[张块片枚卡台颗条支]))"
)
_GENERIC = re.compile(
    r"显卡|显示卡|加速卡|(?<![a-z0-9])gpus?(?![a-z0-9])|(?<=gb )cards?(?![a-z])|(?<=g )cards?(?![a-z])"
    r"|(?<=vram )cards?(?![a-z])|(?<=[张单双0-9一二两三四五六七八])卡(?![片号顿车])"
)
_SHORT_CLUE = re.compile(
    r"gpu|显卡|卡|张|块|nvidia|英伟达|\d ?[x*] ?|[x*] ?\d|\d ?gb?(?![a-z])|vram"
    r"|(?:single|one|two|three|four|eight|dual|an?|our|used) $"
)
_MEMORY_AT = re.compile(r"\d{1,5}(?:\.\d{1,2})? ?(?:gb|gib|gigs?|g|tb|gigabytes?|terabytes?)(?![a-z])")
NEAR = 32
_BOXES = re.compile(
    r"(\d{1,3}|[一二两三四五六七八九十]|two|three|four|five|six|eight|ten)"
    r"(?:台|部|个?节点| ?(?:boxes|servers|nodes|machines)(?: with| of)?)(?:服务器|机器|主机)?(?:,)?(?:每台|各|each)? ?$"
)
_BOXES_AFTER = re.compile(r"(?:的)?(?:服务器|机器?)?,?(\d{1,3}|[一二两三四五六七八九十])(?:台|部|个?节点)")
_NOT_CARDS = re.compile(r"^ ?(?:次|元|块|个?token|requests?|美元|dollars?|条|users?|字)")


@dataclass(frozen=True, slots=True)
class Card:
    """A mention of cards: its span, its name if one was said, how many."""

    start: int
    end: int
    name: str | None
    count: int | None


def find_hardware(text: Text) -> tuple[list[Finding], list[tuple[int, int]]]:
    """Say what is said of hardware, and the spans whose figures are thereby used."""
    cards = _cards(text)
    found = [Finding("gpu", text.words(c.start, c.end).lower(), c.start, c.end) for c in cards if c.name][:1]
    counts = [c for c in cards if c.count is not None]
    found += [Finding("gpu_count", c.count, c.start, c.end) for c in counts[:1]]
    memory, spans = _memory(text, cards, counts[0].count if counts else None)
    mixed = _mixed(text, cards)
    return (_added(mixed, found, memory) if mixed else found + memory), spans + [(c.start, c.end) for c in cards]


def _mixed(text: Text, cards: list[Card]) -> list[Card]:
    """Return two kinds of cards that stand side by side: "一张 A2000 跟一张 3060"."""
    named = [c for c in cards if c.name and c.count]
    if len(named) != 2 or named[0].name == named[1].name:
        return []
    between = text.folded[named[0].end : named[1].start]
    return named if len(between) < NEAR and regex("beside").search(between) else []


def _added(mixed: list[Card], found: list[Finding], memory: list[Finding]) -> list[Finding]:
    """Add up the counts of cards of two kinds, and their memory where it is said of both."""
    first, last = mixed
    counted = sum(card.count or 0 for card in mixed)
    kept = [f for f in found if f.field != "gpu_count"] + [Finding("gpu_count", counted, first.start, last.end)]
    sizes = [m for m in memory if m.field == "gpu_mem_gb"]
    if len(sizes) == len(mixed):
        kept.append(Finding("gpu_mem_gb", sum(m.value for m in sizes), sizes[0].start, sizes[-1].end))
    return kept + [m for m in memory if m.field != "gpu_mem_gb"]


@lru_cache(maxsize=1)
def _names() -> tuple[re.Pattern[str], re.Pattern[str]]:
    table = lexicon()["gpus"]
    bound = r"(?<![a-z0-9.$¥€-])(?:{})(?=s?(?![a-z0-9])|x\d)"
    return re.compile(bound.format("|".join(table["names"]))), re.compile(bound.format("|".join(table["short_names"])))


def _cards(text: Text) -> list[Card]:
    folded = _times_parted(text.folded)
    long_names, short_names = _names()
    named = [m.span() for m in long_names.finditer(folded) if not _NOT_CARDS.match(folded[m.end() : m.end() + 9])]
    named += [
        m.span()
        for m in short_names.finditer(folded)
        if _SHORT_CLUE.search(folded[max(0, m.start() - 8) : m.start()])
        or _SHORT_CLUE.search(folded[m.end() : m.end() + 12])
    ]
    generic = [m.span() for m in _GENERIC.finditer(folded)]
    whole = longest(Finding("gpu", None, *span) for span in set(named))
    cards = [_card(text, folded, (card.start, card.end), True) for card in whole]
    return cards + [_card(text, folded, span, False) for span in generic]


def _times_parted(folded: str) -> str:
    """Return the text with the x of "4xA100" as a sign, so that the name begins at a boundary."""
    return re.sub(r"(?<=\d)x(?=[a-z])", "*", folded)


def _card(text: Text, folded: str, span: tuple[int, int], named: bool) -> Card:
    start, end = span
    low, high = text.clause(start)
    left = _LEFT.search(folded[max(low, start - 28) : start])
    right = _RIGHT.search(folded[end : min(high, end + 24)].removeprefix("s"))
    words = left["n"] if left else (right["x"] or right["n"]) if right else None
    count = _count(words) if words else None
    if left and left["minus"] and count is not None:
        count = -count
    if left and count is not None and (boxes := _BOXES.search(folded[low : max(low, start - 28) + left.start()])):
        count *= _count(boxes[1]) or 1
    if right and count is not None and (boxes := _BOXES_AFTER.match(folded, end + right.end())):
        count *= _count(boxes[1]) or 1
    return Card(start, end, folded[start:end] if named else None, count)


def _count(words: str) -> int | None:
    known = {"a": 1, "an": 1, "single": 1, "dual": 2, "pair of": 2, "couple of": 2, "单": 1, "双": 2}
    if words in known:
        return known[words]
    if words.isdigit():
        return int(words)
    value = english_value([words]) if words.isascii() else chinese_value(words)
    return int(value) if value is not None else None


def _memory(text: Text, cards: list[Card], count: int | None) -> tuple[list[Finding], list[tuple[int, int]]]:
    found: list[Finding] = []
    for match in _MEMORY_AT.finditer(text.folded):
        start, end = match.span()
        if start and (
            (text.folded[start - 1].isalnum() and text.folded[start - 1].isascii()) or text.folded[start - 1] == "."
        ):
            continue
        field = _kind(text, start, end, cards)
        if field is not None:
            size = _gigabytes(match[0]) * (-1 if text.folded[start - 1 : start] == "-" else 1)
            own = next((c.count for c in reversed(cards) if c.name and c.count and c.start < start), count)
            total = size if field == "ram_gb" else _total(text, (start, end), size, cards, own)
            found += [Finding(field, total, start, end)] if total is not None else []
    return found, [m.span() for m in _MEMORY_AT.finditer(text.folded)]


def _gigabytes(words: str) -> float:
    figure = re.match(r"[\d.]+", words)
    size = float(figure[0]) if figure else 0.0
    return size * 1024 if "t" in words else size


@lru_cache(maxsize=16)
def _label(name: str) -> re.Pattern[str]:
    return re.compile(either(lexicon()["labels"][name]))


def _kind(text: Text, start: int, end: int, cards: list[Card]) -> str | None:
    """Whether a size is of cards or of a device's RAM: by the words right after, then before, then in the clause."""
    low, high = text.clause(start)
    after, before = text.folded[end : min(high, end + 12)], text.folded[max(low, start - 16) : start]
    if any(c.name and low <= c.start <= high for c in cards) or re.match(r" ?(?:gpu|video|显)", after):
        return "gpu_mem_gb"
    if any(c.name and 0 <= start - c.end <= 3 for c in cards) and not _label("ram").search(after):
        return "gpu_mem_gb"
    if any(c.name and c.count for c in cards) and _label("each").search(text.folded[low:start]):
        return "gpu_mem_gb"
    for part in (after, before, text.folded[low:high]):
        gpu, ram = _label("gpu_memory").search(part), _label("ram").search(part)
        if gpu and (not ram or "gpu" in gpu[0]):
            return "gpu_mem_gb"
        if ram:
            return "ram_gb"
        if part is not before and _label("small_device").search(part):
            return "ram_gb"
    return "ram_gb" if _label("small_device").search(text.folded[max(0, low - 12) : high]) else None


def _total(text: Text, span: tuple[int, int], size: float, cards: list[Card], count: int | None) -> float | None:
    """Return the memory over all cards, or None where it is not clear whether a size is of one card."""
    low, high = text.clause(span[0])
    clause = text.folded[low:high]
    if _label("total").search(clause):
        return size
    if _label("each").search(clause) or any(low <= c.start < high and c.count for c in cards):
        return size * (count or 1)
    if _label("several").search(clause) or re.search(r"cards|gpus", clause):
        return None
    return size if count in (None, 1) else None


def outside(numbers: list[Number], spans: list[tuple[int, int]]) -> list[Number]:
    """Return the numbers that are not part of a card's name or size."""
    return [n for n in numbers if not any(low < n.end and n.start < high for low, high in spans)]
