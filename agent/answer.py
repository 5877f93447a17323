"""Free questions answered by rules: cited sentences of checked sources and claims, or "the sources do not say"."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..knowledge.checked import Checked, checked
from ..knowledge.conflicts import Disagreement, find_conflicts
from ..knowledge.facts import Facts
from ..knowledge.index import Passage, Retriever
from ..knowledge.names import find_names
from ..knowledge.schema import Claim, Clause, Licence, Model
from ..knowledge.words import Words, language_of, plain, terms, words_of
from .advice import Citation, Conflict, Language, Statement, Value
from .citations import cite_all, claim_keys
from .requirements import Requirements
from .write import words

MAX_QUESTION = 2_000
MAX_SENTENCES = 4
MAX_CHECKED = 2
SEARCHED = 40
# Scores that speak for an answer, found on some sixty questions: a topic of ours needs less than a free one, and a
# word that stands in no source at all needs nearly the whole of the rest.
TOPICAL, FREE, WITH_STRANGE_WORD = 0.33, 0.5, 0.65
# The share of a question's words, names apart, that a claim about the named model has to hold.
COVERED = 0.5

_SILENT = {"zh": "现有来源没有说明这一点。", "en": "The sources do not say."}
_DISPUTED = {"zh": "来源说法不一：", "en": "The sources disagree: "}
_PRICE = {
    "zh": "价目表（{day}）：{name} 经 {seller} 每百万词元输入 {given} 美元、输出 {output} 美元。",
    "en": "Price list ({day}): {name} from {seller} costs {given} USD a million input tokens, {output} USD for output.",
}

# What a question asks about, by its words, and the attributes of claims that answer it.
_TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"许可|授权|商用|商业使用|licen[cs]|commercial", ("license", "license_limit", "mau_limit")),
    (r"月活|\bmau\b|monthly (active )?users", ("mau_limit", "license_limit")),
    (r"开源|开放权重|闭源|open.?source|open.?weight|closed.?source", ("openness",)),
    (r"上下文|context|长文本|窗口", ("context_tokens", "fits_context")),
    (r"最大输出|max(imum)? output", ("max_output_tokens",)),
    (
        r"价格|价钱|单价|多少钱|\bpric|expensive|便宜|贵\b|贵吗|cheap|\bcosts?\b|成本|费用",
        ("price_per_1k", "price_ratio", "cost"),
    ),
    (r"参数|param|模型有多大|多大的模型|how (big|large) is", ("params_total_b", "params_active_b", "params_ratio")),
    (r"发布|发表|推出|releas|什么时候出|come out", ("released",)),
    (r"显存|内存|记忆体|memory|vram|显卡|硬件|hardware|\bgpus?\b", ("memory_gb", "hardware")),
    (r"架构|\bmoe\b|mixture.of.experts|混合专家|密集|\bdense\b|architecture", ("architecture",)),
    (r"(?<!繁体)中文|(?<!traditional )chinese", ("lang:zh",)),
    (r"繁体|traditional", ("lang:zh-Hant",)),
    (r"英文|英语|\benglish", ("lang:en",)),
    (r"多语|multilingual|languages", ("lang:multi", "languages")),
    (r"代码|编程|程式|coding|\bcode\b|programming", ("task:code",)),
    (r"推理|数学|reasoning|math", ("task:reasoning",)),
    (r"翻译|translat", ("task:translation",)),
    (r"摘要|总结|summar", ("task:summarization",)),
    (r"智能体|\bagents?\b|agentic", ("task:agent",)),
    (r"图像|图片|视觉|影像|image|vision", ("task:vision", "task:image_generation", "modalities")),
    (r"语音|speech|\basr\b|\btts\b", ("task:asr", "task:tts")),
    (r"写作|创作|creative|writing", ("task:creative_writing",)),
    (r"检索增强|\brag\b", ("task:rag",)),
    (r"向量|嵌入|embedding", ("task:embedding",)),
    (r"幻觉|编造|hallucinat", ("grounding",)),
    (r"速度|延迟|快吗|latency|speed|\bfast", ("speed", "latency", "tokens_per_second")),
    (r"微调|fine.?tun", ("fine_tuning",)),
    (r"部署|本地|deploy|self.?host|手机|phone|on.device", ("deployment",)),
    (r"隐私|privacy|保密", ("privacy",)),
    (r"训练数据|training data", ("training_data",)),
    (r"训练|trained|training", ("training", "training_data", "alignment")),
    (r"拒答|审查|censor|refus", ("refusals",)),
    (r"多少条|几条|how many (prompts|examples|questions|samples)|样本", ("sample_size",)),
    (r"提示词|prompting", ("prompting",)),
    (r"相比|对比|比较|better than|compare|\bvs\b|versus|how good|怎么样|好不好", ("quality_ratio", "general")),
    (r"评测|评估|测试|evaluat|benchmark", ("evaluation", "benchmark", "benchmark_meaning")),
    (
        r"什么是|是什么|什么意思|what (is|are) (an? |\w+\?)|what does .*\b(mean|measure)|测的",
        ("definition", "benchmark_meaning"),
    ),
)
_CLAUSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"月活|\bmau\b|monthly|用户数", ("mau",)),
    (r"营收|收入|revenue", ("revenue",)),
    (r"命名|改名|取名|\bnam(e|ing)\b", ("naming",)),
    (r"署名|标注|attribut|built with", ("attribution", "notice")),
    (r"蒸馏|训练其他|训练别的|distil|train (an)?other|outputs?", ("train_competitor", "train_on_outputs")),
    (r"欧盟|地区|\beu\b|europe|region", ("territory",)),
    (r"分发|再发布|redistribut", ("redistribution",)),
)
_CLAUSE_ORDER = ("commercial", "mau", "revenue", "application", "territory", "production", "hosting", "naming")
_LICENSING = frozenset({"license", "license_limit", "mau_limit"})
_OF_MODELS = re.compile(r"模型|\bmodels?\b|\bllms?\b|\bai\b")
_TERMS = frozenset({"definition", "benchmark_meaning"})
_PRICING = frozenset({"price_per_1k", "price_ratio", "cost"})
_GENERIC = frozenset(
    [
        "model",
        "llm",
        "ai",
        "large",
        "language",
        "模型",
        "大模",
        "语言",
        "言模",
        "tell",
        "know",
        "please",
        "want",
        "compare",
    ]
)


class Answer(Value):
    """Two to four cited sentences, or the admission that the sources do not say."""

    text: str
    answered: bool
    citations: tuple[Citation, ...] = ()
    conflict: Conflict | None = None
    language: Language


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question names (ids), asks about (attributes) and says besides; `stranger`: a name that is not known."""

    text: str
    subjects: tuple[str, ...]
    attributes: tuple[str, ...]
    rest: tuple[str, ...]
    stranger: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in both languages with the keys that it rests on."""

    zh: str
    en: str
    keys: tuple[str, ...]


def answer(
    question: str, *, facts: Facts, retriever: Retriever, language: Language | None = None, day: dt.date | None = None
) -> Answer:
    """Answer from what the sources say; with a `day`, from that day's price list as well."""
    asked = read_question(question[:MAX_QUESTION], facts)
    spoken = language or language_of(asked.text)
    passages = [] if asked.stranger else retriever.search(asked.text, limit=SEARCHED)
    claims = [] if asked.stranger else select(asked, passages, facts)
    certain = [] if asked.stranger else list(_certain(asked, passages, facts, day))
    dispute = _dispute(asked, claims, facts)
    sentences = _arrange(certain, claims, dispute, facts)
    if not sentences:
        return Answer(text=_in(spoken, Sentence(_SILENT["zh"], _SILENT["en"], ())), answered=False, language=spoken)
    keys = dict.fromkeys(key for sentence in sentences for key in sentence.keys)
    citations = cite_all(keys, facts, Requirements(), day or dt.date.min)
    parts = (
        _in(spoken, sentence) + "".join(f"[{list(keys).index(key) + 1}]" for key in sentence.keys)
        for sentence in sentences
    )
    return Answer(
        text=(" " if spoken == "en" else "").join(parts),
        answered=True,
        citations=tuple(citations.values()),
        conflict=_conflict(dispute, facts),
        language=spoken,
    )


def read_question(text: str, facts: Facts) -> Asked:
    """Find the names, the topics and the other words of a question."""
    flat = unicodedata.normalize("NFKC", text)
    named = find_names(flat, facts)
    attributes = tuple(dict.fromkeys(_matching(_TOPICS, flat)))
    used = {word for name in named.words for word in terms(name)}
    rest = tuple(word for word in terms(flat) if word not in used and word not in _GENERIC)
    return Asked(flat, named.ids, attributes, rest, named.stranger)


def _matching(table: Iterable[tuple[str, tuple[str, ...]]], text: str) -> Iterator[str]:
    flat = plain(text)
    return (found for pattern, values in table if re.search(pattern, flat) for found in values)


def select(asked: Asked, passages: Sequence[Passage], facts: Facts) -> list[Claim]:
    """Pick the claims that answer, best first: about the named models where any is named, else by their score."""
    scores = {p.key: p.score for p in passages if p.key in facts.claims and not p.user_supplied}
    words = words_of(facts)
    if asked.subjects:
        found = [c for c in _about(asked.subjects, facts) if _fits(c, asked, words)]
    else:
        found = _by_score(asked, scores, facts)
    near = {subject: rank for rank, subject in enumerate(asked.subjects)}
    return sorted(
        found, key=lambda c: (not (near.keys() & c.about.keys()) if near else False, -scores.get(c.id, 0.0), c.id)
    )


def _by_score(asked: Asked, scores: Mapping[str, float], facts: Facts) -> list[Claim]:
    """Pick claims above the threshold, those on the topic if any; failing that, what is said of any model on it."""
    words = words_of(facts)
    strange = any(word.isascii() and word.isalpha() and len(word) > 2 and not words.knows(word) for word in asked.rest)
    floor = WITH_STRANGE_WORD if strange else TOPICAL if asked.attributes else FREE
    near = [facts.claims[key] for key, score in scores.items() if score >= floor]
    topics = set(asked.attributes) & _TERMS or set(asked.attributes)
    if near or strange or not _OF_MODELS.search(plain(asked.text)):
        return [claim for claim in near if claim.attribute in topics] or near
    return [
        c
        for c in facts.claims.values()
        if c.about and c.attribute in topics and facts.attributes[c.attribute].kind == "aspect"
    ]


def _fits(claim: Claim, asked: Asked, words: Words) -> bool:
    if claim.kind == "unreadable":
        return False
    if asked.attributes:
        return claim.attribute in asked.attributes
    return not asked.rest or words.coverage(asked.rest, claim.id) >= COVERED


def _about(subjects: Sequence[str], facts: Facts) -> Iterator[Claim]:
    """Claims about the subjects, about the family of a model, and about the members of a family."""
    families = {facts.models[s].family for s in subjects if s in facts.models}
    members = {m.id for m in facts.models.values() if m.family in subjects}
    wanted = {*subjects, *families, *members}
    return (claim for claim in facts.claims.values() if wanted & claim.about.keys())


def _certain(asked: Asked, passages: Sequence[Passage], facts: Facts, day: dt.date | None) -> Iterator[Sentence]:
    """Say what checked sources say: the clause asked for, the day's price, catalog values, the main clause."""
    kinds = tuple(_matching(_CLAUSES, asked.text))
    topics = set(asked.attributes)
    clauses = list(_clauses(asked, kinds, passages, facts)) if topics & _LICENSING else []
    if kinds:
        yield from clauses
    if day and topics & _PRICING:
        yield from _prices([facts.models[s] for s in asked.subjects if s in facts.models], facts, day)
    for attribute in asked.attributes:
        if attribute != "mau_limit":
            yield from _catalog(attribute, asked.subjects[:MAX_CHECKED], facts)
    yield from clauses


def _catalog(attribute: str, subjects: Sequence[str], facts: Facts) -> Iterator[Sentence]:
    """Give the catalog's value for each subject, once where it is the same."""
    values = [value for subject in subjects if (value := checked(facts, subject, attribute))]
    yield from (_from_checked(value) for value in {value.value: value for value in reversed(values)}.values())


def _from_checked(value: Checked) -> Sentence:
    return Sentence(value.zh, value.en, value.keys)


def _prices(models: Iterable[Model], facts: Facts, day: dt.date) -> Iterator[Sentence]:
    from ..knowledge.prices import rate_card

    rates = rate_card(facts, day).rates
    for model in models:
        for offer in model.offers[:1]:
            if rate := rates.get(offer.price_id):
                seller = facts.sellers[offer.seller].name if offer.seller in facts.sellers else offer.seller
                row = rate.tiers[0]
                said = {
                    "day": rate.as_of,
                    "name": model.name,
                    "seller": seller,
                    "given": f"{row.input:f}",
                    "output": f"{row.output:f}",
                }
                yield Sentence(_PRICE["zh"].format(**said), _PRICE["en"].format(**said), (f"price/{offer.price_id}",))


def _clauses(asked: Asked, kinds: Sequence[str], passages: Sequence[Passage], facts: Facts) -> Iterator[Sentence]:
    """Give the clause of each licence concerned that is of the kinds asked for, or the one that matters first."""
    scores = {p.key: p.score for p in passages if not p.user_supplied}
    for licence in _licences(asked.subjects, facts):
        wanted = [c for c in licence.clauses if c.kind in kinds] or [
            c for c in licence.clauses if c.kind in _CLAUSE_ORDER
        ]
        for clause in sorted(wanted, key=lambda c: (_place(c), -scores.get(f"licence/{c.id}", 0.0)))[:1]:
            yield Sentence(f"{licence.name}：{clause.zh}", f"{licence.name}: {clause.en}", (f"licence/{clause.id}",))


def _place(clause: Clause) -> int:
    return _CLAUSE_ORDER.index(clause.kind) if clause.kind in _CLAUSE_ORDER else len(_CLAUSE_ORDER)


def _licences(subjects: Sequence[str], facts: Facts) -> list[Licence]:
    """List the licences that are named, and those of the weights named; of a family's, the newest member's."""
    models = [facts.models[s] for s in subjects if s in facts.models]
    for family in (s for s in subjects if s in facts.family_names):
        members = [m for m in facts.models.values() if m.family == family and m.weights]
        models += sorted(members, key=lambda m: m.released.value if m.released else dt.date.min)[-1:]
    ids = [s.removeprefix("licence/") for s in subjects] + [m.weights.licence.value for m in models if m.weights]
    return [facts.licences[i] for i in dict.fromkeys(ids) if i in facts.licences]


def _dispute(asked: Asked, claims: Sequence[Claim], facts: Facts) -> Disagreement | None:
    """Find the gravest disagreement about what was asked, if the claims found are part of it."""
    found = {claim.id for claim in claims}
    for dispute in find_conflicts(facts):
        said = {claim for side in dispute.sides for claim in side.claims}
        about_them = set(dispute.about) <= set(asked.subjects) and said & found
        if dispute.attribute in asked.attributes and (about_them or _names_the_rule(dispute, asked, facts)):
            return dispute
    return None


def _names_the_rule(dispute: Disagreement, asked: Asked, facts: Facts) -> bool:
    """Whether a disagreement is about a word, such as MoE, that the question uses."""
    words = [word for word in dispute.about if word not in facts.models and word not in facts.family_names]
    return len(words) == len(dispute.about) and all(word.lower() in asked.text.lower() for word in words)


def _arrange(
    certain: Sequence[Sentence], claims: Sequence[Claim], dispute: Disagreement | None, facts: Facts
) -> list[Sentence]:
    """Put checked sources first, then both sides of a disagreement, else claims of several articles where possible."""
    first = [_from_checked(dispute.decision)] if dispute and dispute.decision else []
    sentences = list(dict.fromkeys([*first, *certain]))[:MAX_CHECKED]
    sides = [facts.claims[side.claims[0]] for side in dispute.sides[:2]] if dispute else []
    others = [claim for claim in _by_article(claims) if claim not in sides]
    spoken = [_from_claim(claim, facts) for claim in [*sides, *(others if not dispute else [])]]
    if dispute and len(sides) > 1:
        head = spoken[0]
        spoken[0] = Sentence(_DISPUTED["zh"] + head.zh, _DISPUTED["en"] + head.en, head.keys)
    return [*sentences, *dict.fromkeys(spoken)][:MAX_SENTENCES]


def _by_article(claims: Sequence[Claim]) -> list[Claim]:
    """Put the best claim of each article first, then the rest in order."""
    best = {claim.id[:3]: claim for claim in reversed(claims)}
    leading = [claim for claim in claims if best[claim.id[:3]] is claim]
    return leading + [claim for claim in claims if best[claim.id[:3]] is not claim]


def _from_claim(claim: Claim, facts: Facts) -> Sentence:
    """Quote the claim's sentence, opened by the model's name where it does not say it."""
    name = facts.name(next(iter(claim.about))) if len(claim.about) == 1 else ""
    zh, en = (
        text if _names(text, claim, name) else name + joint + text
        for text, joint in ((claim.zh, "："), (claim.en, ": "))
    )
    return Sentence(zh, en, claim_keys(claim.id, facts))


def _names(text: str, claim: Claim, name: str) -> bool:
    return not name or any(word.lower() in text.lower() for word in (name, *claim.about.values()))


def _in(spoken: Language, sentence: Sentence) -> str:
    if spoken == "en":
        return sentence.en
    return words("zh-Hant").turn(sentence.zh) if spoken == "zh-Hant" else sentence.zh


def _conflict(dispute: Disagreement | None, facts: Facts) -> Conflict | None:
    if dispute is None:
        return None
    sides = tuple(
        Statement(text_id="claim", params={"zh": c.zh, "en": c.en, "value": side.value}, cites=side.claims)
        for side in dispute.sides
        for c in [facts.claims[side.claims[0]]]
    )
    made = dispute.decision
    decision = Statement(text_id="checked", params={"zh": made.zh, "en": made.en}, cites=made.keys) if made else None
    about = " / ".join(map(facts.name, dispute.about))
    return Conflict(about=about, attribute=dispute.attribute, sides=sides, decision=decision)
