"""The tables of evidence."""

from evidence.models.custody import CheckOut, Custody, Discrepancy, Disposal, Hold, Holding, Offer
from evidence.models.files import Event, EvidenceLink, ItemFile
from evidence.models.items import Collection, CollectionOfficer, Device, Item, Seal

__all__ = [
    "CheckOut",
    "Collection",
    "CollectionOfficer",
    "Custody",
    "Device",
    "Discrepancy",
    "Disposal",
    "Event",
    "EvidenceLink",
    "Hold",
    "Holding",
    "Item",
    "ItemFile",
    "Offer",
    "Seal",
]
