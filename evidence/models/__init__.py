"""The tables of evidence."""

from evidence.models.confirmations import Confirmation
from evidence.models.custody import CheckOut, Custody, Discrepancy, Disposal, Hold, Holding, Offer
from evidence.models.files import Event, EvidenceLink, ItemFile
from evidence.models.items import Collection, CollectionOfficer, Device, Item, Seal
from evidence.models.stock import StockLine, StockTake
from evidence.models.transfers import BundleJob, Capture, CapturedPhoto, ReceivedBundle

__all__ = [
    "BundleJob",
    "Capture",
    "CapturedPhoto",
    "CheckOut",
    "Collection",
    "CollectionOfficer",
    "Confirmation",
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
    "ReceivedBundle",
    "Seal",
    "StockLine",
    "StockTake",
]
