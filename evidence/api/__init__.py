"""REST API of evidence."""

from evidence.api.views import (
    CheckOutViewSet,
    CollectionViewSet,
    DiscrepancyViewSet,
    DisposalViewSet,
    ItemViewSet,
)

routes = [
    ("collections", CollectionViewSet, "collection"),
    ("items", ItemViewSet, "item"),
    ("check-outs", CheckOutViewSet, "check-out"),
    ("disposals", DisposalViewSet, "disposal"),
    ("discrepancies", DiscrepancyViewSet, "discrepancy"),
]
