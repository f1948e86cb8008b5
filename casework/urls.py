"""Every address of the system, and the tree of the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

import cases.api
import casework.access.api
import casework.deadlines.api
import casework.documents.api
import casework.figures.api
import casework.imports.api
import casework.ledger.api
import casework.notices.api
import casework.search.api
import evidence.api.routes
import units.api
from casework.api import schemes  # noqa: F401  (who asks, in the schema)
from casework.api.docs import DocsView
from casework.web.addresses import by_word

_API = (
    casework.access.api,
    casework.deadlines.api,
    casework.notices.api,
    casework.ledger.api,
    casework.imports.api,
    casework.documents.api,
    casework.search.api,
    units.api,
    evidence.api.routes,
    cases.api,
    casework.figures.api,
)
router = SimpleRouter()
for module in _API:
    for prefix, viewset, basename in module.routes:
        router.register(prefix, viewset, basename)

urlpatterns = by_word(
    [
        path("api/v1/", include([*evidence.api.routes.paths, *router.urls])),
        path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
        # Its script is a file of its own: nothing inline would run on a page of ours.
        path("api/docs/", DocsView.as_view(), name="api-docs"),
        path("", include("casework.web.urls")),
        path("", include("casework.accounts.urls")),
        path("", include("casework.deadlines.web.urls")),
        path("", include("casework.notices.web.urls")),
        path("", include("casework.imports.web.urls")),
        path("", include("casework.documents.web.urls")),
        path("", include("casework.search.web.urls")),
        path("", include("casework.ledger.web.urls")),
        path("", include("casework.access.web.urls")),
        path("", include("units.web.urls")),
        path("", include("evidence.web.urls")),
        path("", include("cases.web.urls")),
        path("", include("casework.figures.web.urls")),
        path("", include("casework.desk.urls")),
    ]
)
handler500 = "casework.web.errors.server_error"
