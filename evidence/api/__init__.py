"""REST API of evidence."""

from django.urls import path

from evidence.api.attributions import AttributionViewSet
from evidence.api.captures import CapturePhotoView, CapturesView
from evidence.api.decisions import CheckOutViewSet, DiscrepancyViewSet, DisposalViewSet
from evidence.api.logs import LogEventViewSet, LogFindingViewSet, LogReadingViewSet
from evidence.api.stock import routes as stock_routes
from evidence.api.uploads import ItemUploads, UploadView
from evidence.api.views import CollectionViewSet, ItemViewSet

routes = [
    ("collections", CollectionViewSet, "collection"),
    ("items", ItemViewSet, "item"),
    ("check-outs", CheckOutViewSet, "check-out"),
    ("disposals", DisposalViewSet, "disposal"),
    ("attributions", AttributionViewSet, "attribution"),
    ("discrepancies", DiscrepancyViewSet, "discrepancy"),
    ("log-readings", LogReadingViewSet, "log-reading"),
    ("log-events", LogEventViewSet, "log-event"),
    ("log-findings", LogFindingViewSet, "log-finding"),
    *stock_routes,
]
#: Addresses that are no lists of rows: files in pieces, and what comes from devices at the scene.
paths = [
    path("items/<int:pk>/uploads/", ItemUploads.as_view(), name="item-uploads"),
    path("uploads/<uuid:key>/", UploadView.as_view(), name="upload"),
    path("captures/", CapturesView.as_view(), name="captures"),
    path("captures/<uuid:key>/photos/<uuid:photo>/", CapturePhotoView.as_view(), name="capture-photo"),
]
