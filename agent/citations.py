"""Citation keys and what stands behind each: lines of an article, a clause, a price, a figure, someone's words."""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import lru_cache

from ..knowledge.facts import Facts
from ..knowledge.schema import Model, Sourced
from .advice import Citation, CiteKey
from .evidence import figure_of
from .requirements import Requirements

PRICE_PACKAGE = "genai-prices"


def catalog_key(model: Model, path: str) -> CiteKey:
    """Return the key of one catalog value."""
    return f"catalog/{model.id}/{path}"


def cite_all(keys: Iterable[CiteKey], facts: Facts, need: Requirements, day: dt.date) -> dict[CiteKey, Citation]:
    """Resolve every key.

    Raises:
        KeyError: a key that nothing stands behind; a statement without a source must not leave.

    """
    return {
        key: _user(key, need, day) if key.startswith("user/") else _cite(key, facts, day) for key in dict.fromkeys(keys)
    }


@lru_cache(maxsize=20_000)
def _cite(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    """Resolve a key that rests on the facts alone."""
    return _RESOLVERS.get(key.split("/", 1)[0], _article)(key, facts, day)


def _article(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    claim_id, _, number = key.partition("#")
    claim = facts.claims[claim_id]
    article = facts.articles[claim_id[:3]]
    return Citation(
        key=key,
        kind="article",
        title=article.title,
        date=str(article.date or "undated"),
        file=article.file,
        lines=claim.lines[int(number or 1) - 1],
        section=claim.section,
        excerpt={"zh": claim.zh, "en": claim.en},
    )


def claim_keys(claim_id: str, facts: Facts) -> tuple[CiteKey, ...]:
    """Return the keys of a claim: one for each of its line ranges."""
    count = len(facts.claims[claim_id].lines)
    return (claim_id, *(f"{claim_id}#{n}" for n in range(2, count + 1)))


def _licence(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    wanted = key.removeprefix("licence/")
    for licence in facts.licences.values():
        clause = next((c for c in licence.clauses if c.id == wanted), None)
        if clause or licence.id == wanted:
            source = facts.sources.get(licence.source)
            return Citation(
                key=key,
                kind="licence",
                title=licence.name,
                date=licence.read_on.isoformat(),
                url=source.url if source else None,
                section=clause.section if clause else None,
                excerpt={"zh": clause.zh, "en": clause.en} if clause else {},
            )
    raise KeyError(key)


def _price(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    price_id = key.removeprefix("price/")
    listed = next((p for p in facts.snapshot.list_prices if p.id == price_id), None)
    if listed:
        return _from_source(key, "price", listed.source, facts, section=price_id, date=listed.as_of)
    title = f"{PRICE_PACKAGE} 0.2.3: {price_id}"
    return Citation(key=key, kind="price", title=title, date=day.isoformat(), section=price_id)


def _bench(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    found = figure_of(facts, key)
    if found is None:
        raise KeyError(key)
    table, bench, score, rank = found
    source = facts.sources.get(table.source)
    said = f"{bench.name}: {score:g} {bench.unit}, {rank}/{bench.of}"
    return Citation(
        key=key,
        kind="benchmark",
        title=table.title,
        date=table.date.isoformat(),
        section=bench.name,
        url=source.url if source else None,
        excerpt={"zh": said, "en": said},
    )


def _catalog(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    _, model_id, path = key.split("/", 2)
    value: object = facts.models[model_id]
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else value[part] if isinstance(value, dict) else getattr(value, part)  # type: ignore[index]
    return _sourced(key, value, facts, f"{facts.models[model_id].name}: {path}")


def _seller(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    _, seller_id, path = key.split("/", 2)
    seller = facts.sellers[seller_id]
    value: object = seller
    for part in path.split("."):
        value = getattr(value, part)
    return _sourced(key, value, facts, f"{seller.name}: {path}")


def _device(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    _, device_id, *rent = key.split("/")
    device = facts.devices[device_id]
    source = device.rents[int(rent[0])].source if rent else device.source
    return _from_source(key, "price" if rent else "catalog", source, facts, section=device.name)


def _fx(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    currency = key.removeprefix("fx/")
    rate = facts.fx(currency)
    if rate is None:
        raise KeyError(key)
    return _from_source(key, "price", rate[1], facts, section=f"{currency}/USD {rate[0]:g}", date=rate[2])


def _default(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    name = key.removeprefix("default/")
    return Citation(
        key=key,
        kind="catalog",
        title="modelwise defaults",
        date=day.isoformat(),
        file="agent/defaults.yaml",
        section=name,
    )


def _user(key: CiteKey, need: Requirements, day: dt.date) -> Citation:
    field = key.removeprefix("user/")
    words = need.words.get(field, "")
    return Citation(
        key=key, kind="user", title=field, date=day.isoformat(), excerpt={"zh": words, "en": words} if words else {}
    )


def _rule(key: CiteKey, facts: Facts, day: dt.date) -> Citation:
    return _from_source(key, "catalog", key.removeprefix("source/"), facts)


def _sourced(key: CiteKey, value: object, facts: Facts, section: str) -> Citation:
    if isinstance(value, Sourced):
        return _from_source(key, "catalog", value.source, facts, section=section, date=value.as_of)
    source = getattr(value, "source", None) or getattr(value, "capabilities_source", None)
    if source is None:
        raise KeyError(key)
    return _from_source(key, "catalog", source, facts, section=section)


def _from_source(
    key: CiteKey, kind: str, source_id: str, facts: Facts, *, section: str | None = None, date: dt.date | None = None
) -> Citation:
    source = facts.sources.get(source_id)
    title, day = (source.title, date or source.date) if source else (source_id, date)
    return Citation.model_validate(
        {
            "key": key,
            "kind": kind,
            "title": title,
            "date": str(day or "undated"),
            "section": section,
            "url": source.url if source else None,
        }
    )


_RESOLVERS: dict[str, Callable[[CiteKey, Facts, dt.date], Citation]] = {
    "licence": _licence,
    "price": _price,
    "bench": _bench,
    "catalog": _catalog,
    "seller": _seller,
    "device": _device,
    "fx": _fx,
    "default": _default,
    "source": _rule,
}
