"""In which form an answer is given: JSON is all there is, and nearly everybody asks for it plainly."""

from collections.abc import Iterable
from typing import Any, Final

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

_JSON: Final = "application/json"
_ANY: Final = frozenset({_JSON, "*/*"})


class Negotiation(DefaultContentNegotiation):
    """The library's own; a plain wish for JSON, or none at all, is understood without taking it apart."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        """Return the renderer and the media type of the answer."""
        first = next(iter(renderers))
        asked = request._request  # its wrapper looks everything up twice
        plain = not format_suffix and self.settings.URL_FORMAT_OVERRIDE not in asked.GET
        if plain and first.media_type == _JSON and asked.META.get("HTTP_ACCEPT", _JSON) in _ANY:
            return first, _JSON
        return super().select_renderer(request, renderers, format_suffix)
