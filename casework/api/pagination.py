"""Cursor pagination: stable under inserts, flat in cost at any depth."""

import re
from base64 import b64encode
from typing import Any, Final

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination

_PLAIN: Final = re.compile(r"(?:/[\w-]+)+/?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]+")


def _address(request: Any) -> str:
    """Return what was asked for, from its scheme on; where nothing in it could need another spelling, as it is."""
    asked = request._request  # its wrapper looks everything up twice
    if not asked.META.get("QUERY_STRING") and _PLAIN.fullmatch(asked.path):
        return f"{asked.scheme}://{asked.get_host()}{asked.path}"
    found: str = asked.build_absolute_uri()
    return found


class Cursor(CursorPagination):
    """Pages by a strict order ending in the key; ``?limit=`` up to 200."""

    ordering = "pk"
    page_size_query_param = "limit"
    max_page_size = 200
    cursor_query_param = "cursor"

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Return one page; a place that no row could have is no page of the list (404)."""
        place = self.decode_cursor(request)
        if place is not None and place.position is not None:
            model = queryset.model._meta
            try:
                (model.pk if self.ordering == "pk" else model.get_field(self.ordering)).to_python(place.position)
            except ValidationError:
                raise NotFound(self.invalid_cursor_message) from None
        return super().paginate_queryset(queryset, request, view=view)

    def page_of(self, rows: Any, request: Any) -> Any:
        """Return one page of rows of ``casework.api.statements``; the first takes a shorter way to the same."""
        if request.query_params.get(self.cursor_query_param) is not None:
            return self.paginate_queryset(rows, request)
        self.cursor, self.has_previous = None, False
        self.page_size = size = self.get_page_size(request) or self.max_page_size
        found = rows[0 : size + 1]
        self.page = found[:size]
        self.has_next = len(found) > len(self.page)
        if self.has_next:
            self.next_position = self._get_position_from_instance(found[-1], self.ordering)
            self.base_url = _address(request)
        return self.page

    def encode_cursor(self, cursor: Any) -> str:
        """Return the address of the page at that place; where nothing else is asked it need not be taken apart."""
        plain = not (cursor.offset or cursor.reverse or "?" in str(self.base_url))
        if not plain or cursor.position is None or not _NUMBER.fullmatch(cursor.position):
            address: str = super().encode_cursor(cursor)
            return address
        # Of digits the mark is made of letters, digits and the sign of equality at its end.
        place = b64encode(f"p={cursor.position}".encode()).decode().replace("=", "%3D")
        return f"{self.base_url}?{self.cursor_query_param}={place}"

    def _get_position_from_instance(self, instance: Any, ordering: Any) -> str:
        if type(instance) is tuple:  # read by ``casework.api.statements``: the key is the first of its columns
            return str(instance[0])
        position: str = super()._get_position_from_instance(instance, ordering)
        return position
