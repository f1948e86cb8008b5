"""Deadlines over the API: what runs, until when and why."""

from functools import cached_property
from typing import Any

from django_filters import rest_framework as filters
from rest_framework import mixins, serializers

from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet
from casework.core import clock
from casework.core.calendar import Calendar
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import current_calendar, deadline_facts, with_bars


class DeadlineSerializer(serializers.ModelSerializer[Deadline]):
    """A clock; ``working_days_left`` is negative when over."""

    working_days_left = serializers.SerializerMethodField()
    holder_name = serializers.CharField(source="holder.name", default="")

    class Meta:
        model = Deadline
        fields = (
            "id",
            "ref",
            "kind",
            "rule_version",
            "unit",
            "title",
            "start_on",
            "due_on",
            "due_at",
            "first_due_on",
            "provisional",
            "state",
            "holder_name",
            "working_days_left",
            "explanation",
            "met_on",
            "verdict",
            "version",
        )
        read_only_fields = fields

    def get_working_days_left(self, deadline: Deadline) -> int:
        """Working days after today up to the due date."""
        return deadline_facts(deadline, clock.today(), self._calendar).working_days_left

    @cached_property
    def _calendar(self) -> Calendar:
        return current_calendar()


class DeadlineFilter(filters.FilterSet):  # type: ignore[misc]
    """``?state=&kind=&ref=&due_before=&due_after=&provisional=``"""

    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lte")
    due_after = filters.DateFilter(field_name="due_on", lookup_expr="gte")

    class Meta:
        model = Deadline
        fields = ("state", "kind", "ref", "provisional")


class DeadlineViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Clocks that the reader may know of."""

    model = Deadline
    serializer_class = DeadlineSerializer
    filterset_class = DeadlineFilter

    def rows(self) -> Any:
        return with_bars(Deadline.objects.visible_to(reader(self.request))).order_by("due_on", "id")


routes = [("deadlines", DeadlineViewSet, "deadline")]
