"""The addresses of uploads, as the whole has them; every other is unknown here."""

from django.urls import include, path

from casework.web.health import healthz
from evidence.api.uploads import paths

urlpatterns = [path("api/v1/", include(paths)), path("healthz", healthz, name="healthz")]
handler404 = "casework.api.errors.not_found"
handler500 = "casework.web.errors.server_error"
