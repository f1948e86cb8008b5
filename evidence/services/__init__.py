"""Writes on evidence."""

from evidence.services.collections import add_part, close_collection, open_collection, take_item
from evidence.services.confirmations import confirm_act, confirm_acts
from evidence.services.discrepancies import open_discrepancy, resolve_discrepancy
from evidence.services.disposal import (
    approve_disposal,
    archive_item,
    carry_out_disposal,
    decline_disposal,
    lift_hold,
    lift_holds,
    mark_unrelated,
    place_hold,
    propose_disposal,
    report_loss,
)
from evidence.services.examination import detach_part, examine_item, rejoin_part
from evidence.services.files import add_file, note_download, note_preview, note_view
from evidence.services.handover import Checked, accept_item, offer_item, refuse_item, store_item, withdraw_offer
from evidence.services.sealing import reseal_item, seal_item, unseal_item
from evidence.services.storage import (
    approve_check_out,
    check_out_item,
    decline_check_out,
    request_check_out,
    return_item,
    verify_item,
)
from evidence.services.traces import add_event, link_evidence

__all__ = [
    "Checked",
    "accept_item",
    "add_event",
    "add_file",
    "add_part",
    "approve_check_out",
    "approve_disposal",
    "archive_item",
    "carry_out_disposal",
    "check_out_item",
    "close_collection",
    "confirm_act",
    "confirm_acts",
    "decline_check_out",
    "decline_disposal",
    "detach_part",
    "examine_item",
    "lift_hold",
    "lift_holds",
    "link_evidence",
    "mark_unrelated",
    "note_download",
    "note_preview",
    "note_view",
    "offer_item",
    "open_collection",
    "open_discrepancy",
    "place_hold",
    "propose_disposal",
    "refuse_item",
    "rejoin_part",
    "report_loss",
    "request_check_out",
    "reseal_item",
    "resolve_discrepancy",
    "return_item",
    "seal_item",
    "store_item",
    "take_item",
    "unseal_item",
    "verify_item",
    "withdraw_offer",
]
