"""Every address of the system, and the tree of the API."""

from importlib.util import find_spec

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter


def _has(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


_PAGES = [
    "casework.web.urls",
    "casework.deadlines.web.urls",
    "casework.notices.web.urls",
    "casework.imports.web.urls",
    "casework.search.web.urls",
    "casework.ledger.web.urls",
    "casework.access.web.urls",
    "units.web.urls",
    "evidence.web.urls",
    "cases.web.urls",
    "casework.figures.web.urls",
    "casework.desk.urls",
]

router = SimpleRouter()
for name in ("deadlines.api", "notices.api", "ledger.api", "access.api", "imports.api", "search.api", "figures.api"):
    if _has(f"casework.{name}"):
        for prefix, viewset, basename in __import__(f"casework.{name}", fromlist=["routes"]).routes:
            router.register(prefix, viewset, basename)
for name in ("units.api", "evidence.api", "cases.api"):
    if _has(name):
        for prefix, viewset, basename in __import__(name, fromlist=["routes"]).routes:
            router.register(prefix, viewset, basename)

urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(), name="api-docs"),
    path("", include("casework.accounts.urls")),
    *(path("", include(name)) for name in _PAGES if _has(name)),
]

