"""Filters of the API's lists. A key that belongs to nothing and one of something hidden are answered alike: by no rows."""

from typing import Any

from django.db.models import ForeignKey, IntegerField
from django_filters import rest_framework as filters


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
        return super().filter_for_lookup(field, lookup_type)


class FilterBackend(filters.DjangoFilterBackend):  # type: ignore[misc]
    """Makes the filters of ``filterset_fields`` from ``KeyFilterSet``."""

    filterset_base = KeyFilterSet
