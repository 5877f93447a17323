"""The facts as the program reads them: the snapshot with its indexes, loaded once a process."""

import datetime as dt
import gc
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec

from .schema import Article, Attribute, Claim, Device, Licence, Model, Seller, Snapshot, Source, Table, Vendor

SNAPSHOT = Path(__file__).parent / "snapshot.json"


@dataclass(frozen=True, eq=False)
class Facts:
    """A validated snapshot and what is looked up in it."""

    snapshot: Snapshot

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """Models by id, in the order of the catalog."""
        return {m.id: m for vendor in self.snapshot.vendors for m in vendor.models}

    @cached_property
    def vendors(self) -> Mapping[str, Vendor]:
        """The maker of each model, by model id."""
        return {m.id: vendor for vendor in self.snapshot.vendors for m in vendor.models}

    @cached_property
    def family_names(self) -> Mapping[str, str]:
        """Printed names of families by id."""
        return {f.id: f.name for vendor in self.snapshot.vendors for f in vendor.families}

    @cached_property
    def licences(self) -> Mapping[str, Licence]:
        """Licences by id."""
        return {licence.id: licence for licence in self.snapshot.licences}

    @cached_property
    def sellers(self) -> Mapping[str, Seller]:
        """Sellers by id."""
        return {seller.id: seller for seller in self.snapshot.sellers}

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Sources by id."""
        return {source.id: source for source in self.snapshot.sources}

    @cached_property
    def articles(self) -> Mapping[str, Article]:
        """Articles by id."""
        return {article.id: article for article in self.snapshot.articles}

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The closed list of claim attributes by id."""
        return {attribute.id: attribute for attribute in self.snapshot.attributes}

    @cached_property
    def claims(self) -> Mapping[str, Claim]:
        """Claims by id."""
        return {claim.id: claim for claim in self.snapshot.claims}

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Benchmark tables by id."""
        return {table.id: table for table in self.snapshot.tables}

    @cached_property
    def devices(self) -> Mapping[str, Device]:
        """GPUs and devices by id."""
        return {device.id: device for device in self.snapshot.devices}

    def name(self, model_or_family: str) -> str:
        """Return the printed name of a model or family id."""
        model = self.models.get(model_or_family)
        return model.name if model else self.family_names.get(model_or_family, model_or_family)

    def fx(self, currency: str) -> tuple[float, str, dt.date] | None:
        """Units of the currency for one US dollar with source and day, or None where no dated source is known."""
        rate = next((r for r in self.snapshot.fx if r.currency == currency), None)
        return (rate.per_usd, rate.source, rate.as_of) if rate else None


_READER = msgspec.json.Decoder(Snapshot)


def read_facts(path: Path) -> Facts:
    """Facts from a compiled snapshot file; nothing of it is garbage, so the collector waits while it is read."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return Facts(_READER.decode(path.read_bytes()))
    finally:
        if collects:
            gc.enable()


@lru_cache(maxsize=1)
def load_facts() -> Facts:
    """Return the facts that the package ships."""
    return read_facts(SNAPSHOT)
