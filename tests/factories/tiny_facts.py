"""The smallest facts that a test needs, built from the records themselves; conftest hands it out as `tiny`."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec

from modelwise.knowledge.facts import Facts
from modelwise.knowledge.schema import Clause, Device, Licence, ListPrice, Model, Seller, Snapshot, Vendor, Window

DAY = dt.date(2026, 11, 21)
SOURCE = "a-source"


def model(name: str = "m", **fields: Any) -> Model:
    """A large language model of the family `f` that does not think; every field can be replaced."""
    known: dict[str, Any] = {"id": name, "name": name.title(), "family": "f", "kind": "llm", "tier": "large"}
    known["reasoning_tokens"] = {"unstated": [0, SOURCE]}
    return msgspec.convert({**known, **fields}, Model)


def weights(licence: str = "free", *, kv: int | None = None, per_sequence: int = 0, **fields: Any) -> dict[str, Any]:
    """The weights part of a model; `kv` in bytes a token."""
    cache = None if kv is None else {"bytes_per_token": [kv, SOURCE], "bytes_per_sequence": per_sequence}
    known = {"repo": "r", "licence": [licence, SOURCE], "licence_text_read": "full", "downloadable": [True, SOURCE]}
    return {**known, "kv": cache, **fields}


def offer(price_id: str, seller: str = "s") -> dict[str, Any]:
    """The offer part of a model."""
    return {"seller": seller, "price_id": price_id, "listed": [DAY, SOURCE]}


def window(total: int, max_input: int | None = None, max_output: int | None = None) -> Window:
    """A window; what is None is not stated."""
    limits = {"total": total, "max_input": max_input, "max_output": max_output}
    known = {name: [limit, SOURCE] for name, limit in limits.items() if limit is not None}
    return msgspec.convert(known, Window)


def clause(kind: str, effect: str, **fields: Any) -> Clause:
    """A clause whose id is its kind and effect."""
    known = {"id": f"{kind}-{effect}", "kind": kind, "effect": effect, "zh": "条款", "en": "clause"}
    return msgspec.convert({**known, **fields}, Clause)


def licence(*clauses: Clause, name: str = "free", text_read: str = "full", **fields: Any) -> Licence:
    """A licence of these clauses, read in full."""
    known = {"id": name, "name": name.title(), "osi": False, "text_read": text_read, "read_on": DAY, "source": SOURCE}
    return msgspec.convert({**known, "clauses": clauses, **fields}, Licence)


def seller(name: str = "s", **fields: Any) -> Seller:
    """A seller in the United States."""
    return msgspec.convert({"id": name, "name": name.title(), "country": "US", **fields}, Seller)


def list_price(price_id: str, given: float, output: float, **fields: Any) -> ListPrice:
    """A list price in USD per million tokens."""
    known = {"id": price_id, "input_usd_per_m": given, "output_usd_per_m": output, "source": SOURCE, "as_of": DAY}
    return msgspec.convert({**known, **fields}, ListPrice)


def device(gb: float, *usd_per_hour: float) -> Device:
    """A card with its hourly prices."""
    rents = [{"usd_per_hour": usd, "seller": "s", "source": SOURCE, "as_of": DAY} for usd in usd_per_hour]
    return msgspec.convert(
        {
            "id": f"card-{gb:g}",
            "name": "Card",
            "kind": "datacentre",
            "memory_gb": [gb],
            "source": SOURCE,
            "rents": rents,
        },
        Device,
    )


def snapshot(**parts: Any) -> Snapshot:
    """A snapshot that knows nothing but these parts."""
    names = (
        "articles",
        "attributes",
        "sources",
        "claims",
        "skipped",
        "vendors",
        "licences",
        "sellers",
        "tables",
        "devices",
        "fx",
    )
    return msgspec.convert({"version": 1, **dict.fromkeys(names, ()), **parts}, Snapshot)


def facts(*models: Model, **parts: Any) -> Facts:
    """Facts about these models, all of one vendor."""
    families = [{"id": f, "name": f.title()} for f in sorted({m.family for m in models})]
    maker = msgspec.convert({"id": "v", "name": "V", "country": "US", "families": families, "models": models}, Vendor)
    return Facts(snapshot(vendors=(maker,), **parts))


def priced(price_ids: Iterable[str], **parts: Any) -> Facts:
    """Facts about one model that is offered under these price ids."""
    return facts(model(offers=[offer(price_id) for price_id in price_ids]), **parts)


def world(*more: Model, **parts: Any) -> Facts:
    """One closed model at two sellers, one open model, a card to rent: enough for an advice; parts replace its own."""
    closed = model(
        "closed", offers=[offer("s/closed"), offer("home/closed", "home")], window=window(200_000, 190_000, 8_000),
        released=[dt.date(2026, 6, 1), SOURCE], params_total_b=["undisclosed", SOURCE],
    )  # fmt: skip
    opened = model(
        "opened", family="g", weights=weights(kv=100_000), window=window(100_000),
        released=[dt.date(2026, 3, 1), SOURCE],
        params_total_b=[8, SOURCE],
    )  # fmt: skip
    known: dict[str, Any] = {
        "licences": (
            licence(clause("commercial", "allows"), osi=True),
            licence(clause("commercial", "allows", id="terms"), name="closed-api"),
        ),
        "sellers": (
            seller(served=[["*"], SOURCE], not_served=[["CN"], SOURCE]),
            seller("home", country="CN", served=[["CN"], SOURCE]),
        ),
        "list_prices": (list_price("s/closed", 1, 4), list_price("home/closed", 0.5, 2)),
        "devices": (device(80, 2.0, 3.0),),
    }
    return facts(closed, opened, *more, **{**known, **parts})
