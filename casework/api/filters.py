"""Filters of the API's lists. A key that belongs to nothing and one of something hidden are answered alike: by no rows."""

from typing import Any, Final

from django.core.validators import validate_ipv46_address
from django.db.models import ForeignKey, GenericIPAddressField, IntegerField
from django_filters import rest_framework as filters

#: What an address of a list may hold beside filters: the place and length of the page, and what view sets read themselves.
OTHERS: Final = frozenset({"cursor", "limit", "updated_after"})


class KeyFilterSet(filters.FilterSet):  # type: ignore[misc]
    """Filters by the key of another row without asking whether that row is there.

    The usual choice among existing rows refuses an unknown key and takes a hidden one: the difference would tell that
    something hidden exists.
    """

    @classmethod
    def filter_for_lookup(cls, field: Any, lookup_type: str) -> Any:
        """Return the filter class and its arguments for a field of the model."""
        if isinstance(field, ForeignKey) and lookup_type == "exact":
            whole = isinstance(field.target_field, IntegerField)
            return (filters.NumberFilter if whole else filters.CharFilter), {}
        if isinstance(field, GenericIPAddressField) and lookup_type == "exact":
            return filters.CharFilter, {"validators": [validate_ipv46_address]}  # the database takes no other text
        return super().filter_for_lookup(field, lookup_type)


class FilterBackend(filters.DjangoFilterBackend):  # type: ignore[misc]
    """Makes the filters of ``filterset_fields`` from ``KeyFilterSet``."""

    filterset_base = KeyFilterSet

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the rows under the filters of the address; without one nothing is built to find that out."""
        if request.query_params.keys() <= OTHERS:
            return queryset
        return super().filter_queryset(request, queryset, view)
