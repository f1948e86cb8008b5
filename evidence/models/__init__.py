"""The tables of evidence."""

from evidence.models.attribution import (
    Attribution,
    AttributionEdition,
    AttributionEvidence,
    AttributionReview,
    LogKeeper,
)
from evidence.models.confirmations import Confirmation
from evidence.models.custody import CheckOut, Custody, Discrepancy, Disposal, Hold, Holding, Offer
from evidence.models.files import Event, EvidenceLink, ItemFile
from evidence.models.items import Collection, CollectionOfficer, Device, Item, Seal
from evidence.models.logs import ClockOffset, EventMark, LogEvent, LogFinding, LogHour, LogRun, LogTie
from evidence.models.pools import PoolPlace
from evidence.models.stock import StockLine, StockTake
from evidence.models.transfers import BundleJob, Capture, CapturedPhoto, ReceivedBundle

__all__ = [
    "Attribution",
    "AttributionEdition",
    "AttributionEvidence",
    "AttributionReview",
    "BundleJob",
    "Capture",
    "CapturedPhoto",
    "CheckOut",
    "ClockOffset",
    "Collection",
    "CollectionOfficer",
    "Confirmation",
    "Custody",
    "Device",
    "Discrepancy",
    "Disposal",
    "Event",
    "EventMark",
    "EvidenceLink",
    "Hold",
    "Holding",
    "Item",
    "ItemFile",
    "LogEvent",
    "LogFinding",
    "LogHour",
    "LogKeeper",
    "LogRun",
    "LogTie",
    "Offer",
    "PoolPlace",
    "ReceivedBundle",
    "Seal",
    "StockLine",
    "StockTake",
]
