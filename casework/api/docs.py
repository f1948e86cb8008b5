"""The page about the API, for people: whoever has not signed in is led to the door, as by every other page."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseBase
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI over the schema, with our frame around it; a token that is no good is still refused as by the API."""

    template_name = "web/api_docs.html"

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            there: HttpResponseBase = redirect_to_login(self.request.get_full_path())
            return there
        return super().handle_exception(exc)
