"""The addresses of the REST API of evidence."""

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_view

from evidence.api.attributions import AttributionViewSet
from evidence.api.captures import CapturePhotoView, CapturesView
from evidence.api.decisions import CheckOutViewSet, DiscrepancyViewSet, DisposalViewSet
from evidence.api.logs import LogEventViewSet, LogFindingViewSet, LogReadingViewSet
from evidence.api.stock import routes as stock_routes
from evidence.api.uploads import ItemUploads, UploadSerializer, UploadView
from evidence.api.uploads import paths as upload_paths
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
    *upload_paths,
    path("captures/", CapturesView.as_view(), name="captures"),
    path("captures/<uuid:key>/photos/<uuid:photo>/", CapturePhotoView.as_view(), name="capture-photo"),
]

# Described here and not at the views: the process that serves uploads alone writes no schema and need not load what does.
_nothing = extend_schema(request=None, responses={204: None})
extend_schema_view(post=extend_schema(request=None, responses={201: None}))(ItemUploads)
extend_schema_view(
    head=extend_schema(request=None, responses={200: None}),
    get=extend_schema(responses=UploadSerializer),
    patch=_nothing,
    delete=_nothing,
)(UploadView)
