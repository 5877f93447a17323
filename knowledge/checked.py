"""Values read in a checked source, the catalog or a licence text, each as one sentence with its citation keys."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .facts import Facts
from .schema import Clause, Model, Sourced

OF_A_FAMILY = frozenset({"license", "openness", "architecture"})
VARIES = "varies by member"
MAX_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """A value that was read in a checked source, as one sentence in both languages."""

    value: str | float
    zh: str
    en: str
    keys: tuple[str, ...]


def checked(facts: Facts, subject: str, attribute: str) -> Checked | None:
    """Read what the catalog or a licence says of a model; of a family, what its members share or that they differ."""
    read = _READ.get(attribute)
    if read is None:
        return None
    if model := facts.models.get(subject):
        return read(facts, model)
    if attribute not in OF_A_FAMILY:
        return None
    members = (model for model in facts.models.values() if model.family == subject and model.status == "released")
    values = [value for member in members if (value := read(facts, member))]
    usual = Counter(value.value for value in values)
    shown = {value.value: value for value in sorted(values, key=lambda v: -usual[v.value])}
    return _of_the_family(facts, subject, list(shown.values())) if shown else None


def _of_the_family(facts: Facts, family: str, values: Sequence[Checked]) -> Checked:
    """One sentence about a family whose members have these values, each shown by one member."""
    shown = values[:MAX_SHOWN]
    if len(shown) == 1:
        return shown[0]
    name, keys = facts.name(family), tuple(key for value in shown for key in value.keys)
    zh = "；".join(_bare(value.zh) for value in shown)
    en = "; ".join(_bare(value.en) for value in shown)
    return Checked(
        VARIES,
        f"核对过的目录：{name} 各成员不同，例如 {zh}。",
        f"Checked catalog: the members of {name} differ, such as: {en}.",
        keys,
    )


def _bare(sentence: str) -> str:
    """Strip a sentence of its opening and its full stop."""
    return re.sub("^(核对过的目录：|Checked catalog: )", "", sentence).rstrip("。.")


def catalog_value(model: Model, attribute: str) -> tuple[str, Any] | None:
    """Find the path and the value of the catalog entry that an attribute of claims speaks of."""
    for path in _PATHS.get(attribute, ()):
        value: Any = model
        for part in path.split("."):
            value = next(iter(value), None) if part == "0" else getattr(value, part, None)
        if isinstance(value, Sourced):
            return path, value.value
    return None


def mau_clause(facts: Facts, model: Model) -> Clause | None:
    """Find the clause of the weights' licence that counts monthly users."""
    licence = facts.licences.get(model.weights.licence.value) if model.weights else None
    return next((clause for clause in licence.clauses if clause.kind == "mau"), None) if licence else None


# Where an attribute stands in a model's record; a seller's own window only where the model has none.
_PATHS: Mapping[str, tuple[str, ...]] = {
    "context_tokens": ("window.total", "offers.0.window.total"),
    "max_output_tokens": ("window.max_output", "offers.0.window.max_output"),
    "params_total_b": ("params_total_b",),
    "params_active_b": ("params_active_b",),
    "architecture": ("architecture",),
    "released": ("released",),
    "license": ("weights.licence",),
    "openness": ("weights.licence", "offers.0.listed"),
}
# Sentences about a catalog value; {n} is the value as printed.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "context_tokens": (
        "核对过的目录：{name} 的上下文窗口为 {n} 个词元。",
        "Checked catalog: {name} has a context window of {n} tokens.",
    ),
    "max_output_tokens": (
        "核对过的目录：{name} 一次最多输出 {n} 个词元。",
        "Checked catalog: {name} writes at most {n} tokens at once.",
    ),
    "params_total_b": (
        "核对过的目录：{name} 的总参数量为 {n}B。",
        "Checked catalog: {name} has {n}B parameters in total.",
    ),
    "params_active_b": (
        "核对过的目录：{name} 每个词元激活 {n}B 参数。",
        "Checked catalog: {name} has {n}B active parameters.",
    ),
    "architecture": ("核对过的目录：{name} 的架构为{n}。", "Checked catalog: the architecture of {name} is {n}."),
    "released": ("核对过的目录：{name} 于 {n} 发布。", "Checked catalog: {name} was released on {n}."),
    "license": ("核对过的目录：{name} 的权重采用 {n}。", "Checked catalog: the weights of {name} are under the {n}."),
    "openness": ("核对过的目录：{name} 属于{n}。", "Checked catalog: {name} counts as {n}."),
}
_UNDISCLOSED = (
    "核对过的目录：厂商没有公布 {name} 的{zh}。",
    "Checked catalog: the vendor has not disclosed the {en} of {name}.",
)
_ARCHITECTURE = {
    "dense": ("密集", "dense"),
    "moe": ("混合专家（MoE）", "a mixture of experts"),
    "hybrid": ("混合层", "hybrid"),
    "diffusion": ("扩散", "diffusion"),
    "encoder": ("编码器", "an encoder"),
}
_OPENNESS = {
    "closed": ("闭源", "closed"),
    "open_weights": ("开放权重", "open weights"),
    "osi": ("OSI 认可的开源", "OSI-approved open source"),
}


def _reader(attribute: str) -> Callable[[Facts, Model], Checked | None]:
    def read(facts: Facts, model: Model) -> Checked | None:
        found = catalog_value(model, attribute)
        return _stated(facts, model, attribute, *found) if found and found[1] != "unknown" else None

    return read


def _stated(facts: Facts, model: Model, attribute: str, path: str, value: Any) -> Checked:
    keys = (f"catalog/{model.id}/{path}",)
    name = model.name
    if value == "undisclosed":
        label = facts.attributes.get(attribute)
        words = {"name": name, "zh": label.zh if label else attribute, "en": label.en if label else attribute}
        return Checked("undisclosed", _UNDISCLOSED[0].format(**words), _UNDISCLOSED[1].format(**words), keys)
    zh, en = (
        sentence.format(name=name, n=shown)
        for sentence, shown in zip(_SENTENCES[attribute], _shown(facts, attribute, value), strict=True)
    )
    return Checked(value.toordinal() if isinstance(value, dt.date) else value, zh, en, keys)


def _shown(facts: Facts, attribute: str, value: Any) -> tuple[str, str]:
    """Print the value in both languages."""
    if attribute == "architecture" and value in _ARCHITECTURE:
        return _ARCHITECTURE[value]
    if attribute == "license" and value in facts.licences:
        return (facts.licences[value].name,) * 2
    text = f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
    return (text, text)


def _openness(facts: Facts, model: Model) -> Checked | None:
    """Call a model closed without weights, else judge by whether the OSI approved the licence."""
    found = catalog_value(model, "openness")
    licence = facts.licences.get(model.weights.licence.value) if model.weights else None
    if found is None or (model.weights and licence is None):
        return None
    value = "closed" if licence is None else "osi" if licence.osi else "open_weights"
    zh, en = (
        text.format(name=model.name, n=word)
        for text, word in zip(_SENTENCES["openness"], _OPENNESS[value], strict=True)
    )
    return Checked(value, zh, en, (f"catalog/{model.id}/{found[0]}",))


def _mau(facts: Facts, model: Model) -> Checked | None:
    clause = mau_clause(facts, model)
    if clause is None or clause.threshold is None:
        return None
    licence = facts.licences[model.weights.licence.value] if model.weights else None
    name = licence.name if licence else ""
    return Checked(clause.threshold, f"{name}：{clause.zh}", f"{name}: {clause.en}", (f"licence/{clause.id}",))


_READ: Mapping[str, Callable[[Facts, Model], Checked | None]] = {
    **{attribute: _reader(attribute) for attribute in _SENTENCES if attribute != "openness"},
    "openness": _openness,
    "mau_limit": _mau,
}
