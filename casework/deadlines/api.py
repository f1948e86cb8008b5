"""Deadlines over the API: what runs, until when and why."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import require
from casework.accounts.enums import COMMISSION, Role
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, etag, expected_version
from casework.api.filters import KeyFilterSet
from casework.api.inputs import taken
from casework.core import clock
from casework.core.calendar import Calendar, Kind
from casework.deadlines.models import Deadline, Holiday
from casework.deadlines.selectors import current_calendar, deadline_facts, with_bars
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows, remove_holiday
from casework.deadlines.services.changes import extend_deadline, resume_deadline, suspend_deadline

#: Who reads the table of holidays.
HOLIDAY_READERS = frozenset({*COMMISSION, Role.AUDITOR, Role.SYSTEM_ADMIN})


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


class PapersSerializer(serializers.Serializer[Any]):
    """Why, by whom and on which paper a clock is changed."""

    reason = serializers.CharField(max_length=300)
    approver = serializers.CharField(max_length=120)
    document = serializers.CharField(max_length=120, required=False, allow_blank=True)


class ExtendSerializer(PapersSerializer):
    """More time, as far as the rule's text allows."""

    amount = serializers.IntegerField(min_value=1, max_value=3660)
    unit = serializers.ChoiceField(
        [("hour", "hour"), ("day", "day"), ("working_day", "working_day"), ("month", "month"), ("year", "year")]
    )


class SuspendSerializer(PapersSerializer):
    """The day from which the clock stands still, by default today."""

    from_on = serializers.DateField(required=False)


class ResumeSerializer(PapersSerializer):
    """The day from which the clock runs again, by default today."""

    to_on = serializers.DateField(required=False)


class DeadlineFilter(KeyFilterSet):
    """``?state=&kind=&ref=&due_before=&due_after=&provisional=``"""

    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lte")
    due_after = filters.DateFilter(field_name="due_on", lookup_expr="gte")

    class Meta:
        model = Deadline
        fields = ("state", "kind", "ref", "provisional")


class DeadlineViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Clocks that the reader may know of; changes name the version by ``If-Match``."""

    model = Deadline
    serializer_class = DeadlineSerializer
    filterset_class = DeadlineFilter

    def rows(self) -> Any:
        return with_bars(Deadline.objects.visible_to(reader(self.request))).order_by("due_on", "id")

    @extend_schema(request=ExtendSerializer, responses=DeadlineSerializer)
    @action(detail=True, methods=["post"])
    def extend(self, request: Request, pk: str) -> Response:
        """延长期限: refused after expiry and beyond what the text allows."""
        return self._change(request, ExtendSerializer, extend_deadline)

    @extend_schema(request=SuspendSerializer, responses=DeadlineSerializer)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, pk: str) -> Response:
        """暂停计时."""
        return self._change(request, SuspendSerializer, suspend_deadline)

    @extend_schema(request=ResumeSerializer, responses=DeadlineSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """恢复计时: the stop is lifted and the due date moves."""
        return self._change(request, ResumeSerializer, resume_deadline)

    def _change(
        self, request: Request, shape: type[serializers.Serializer[Any]], service: Callable[..., Deadline]
    ) -> Response:
        found: Deadline = self.get_object()
        given = shape(data=request.data)
        given.is_valid(raise_exception=True)
        version = expected_version(request)
        service(found, **given.validated_data, actor=reader(request), at=clock.now(), version=version)
        row = self.get_object()
        return Response(self.get_serializer(row).data, headers=etag(row))


class HolidaySerializer(serializers.ModelSerializer[Holiday]):
    """What a notice says of one day."""

    class Meta:
        model = Holiday
        fields = ("id", "date", "kind", "name", "source")
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "date": {"validators": []}
        }  # a day that is there already is corrected


class HolidayRemovalSerializer(serializers.Serializer[Any]):
    """Which day no notice names, and why it is taken out."""

    date = serializers.DateField()
    reason = serializers.CharField(max_length=300)


class AppliedSerializer(serializers.Serializer[Any]):
    """How many running clocks got another due date."""

    moved = serializers.IntegerField()


class HolidayViewSet(mixins.ListModelMixin, VisibleViewSet):
    """放假安排: the days on which offices are closed or weekends are worked."""

    model = Holiday
    serializer_class = HolidaySerializer
    filterset_fields = ("kind",)

    def rows(self) -> Any:
        rows = Holiday.objects.order_by("pk")
        return rows.none() if reader(self.request).roles.isdisjoint(HOLIDAY_READERS) else rows

    @extend_schema(request=HolidaySerializer, responses={201: AppliedSerializer})
    def create(self, request: Request) -> Response:
        """Enter or correct one day; every running clock is computed anew."""
        require(reader(request), "holidays.change")
        given = taken(HolidaySerializer(data=request.data))
        row = HolidayRow(given["date"], Kind(given["kind"]), given.get("name", ""), given.get("source", ""))
        applied = apply_holiday_rows([row], **self.by())
        return Response({"moved": applied.moved}, status=201)

    @extend_schema(request=HolidayRemovalSerializer, responses=AppliedSerializer)
    @action(detail=False, methods=["post"])
    def remove(self, request: Request) -> Response:
        """Take a day out of the table that no notice names."""
        require(reader(request), "holidays.change")
        given = taken(HolidayRemovalSerializer(data=request.data))
        return Response({"moved": remove_holiday(given["date"], reason=given["reason"], **self.by())})


routes: list[tuple[str, Any, str]] = [
    ("deadlines", DeadlineViewSet, "deadline"),
    ("holidays", HolidayViewSet, "holiday"),
]
