"""REST API of evidence."""

from evidence.api.decisions import CheckOutViewSet, DiscrepancyViewSet, DisposalViewSet
from evidence.api.views import CollectionViewSet, ItemViewSet

routes = [
    ("collections", CollectionViewSet, "collection"),
    ("items", ItemViewSet, "item"),
    ("check-outs", CheckOutViewSet, "check-out"),
    ("disposals", DisposalViewSet, "disposal"),
    ("discrepancies", DiscrepancyViewSet, "discrepancy"),
]
