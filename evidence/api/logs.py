"""Readings of logs, their events and findings over HTTP."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import require
from casework.api.base import VisibleViewSet, create_once
from casework.api.filters import KeyFilterSet
from casework.core import clock
from casework.core.wake import wake
from evidence.api import log_serializers as s
from evidence.api.callers import caller, taken, within
from evidence.models import ItemFile
from evidence.models.logs import LogEvent, LogFinding, LogRun
from evidence.services.attributions import name_log_keeper
from evidence.services.logs import mark_event, read_columns, set_clock_offset, start_log_run


class ReadingFilter(KeyFilterSet):
    """``?item=&file=&state=``"""

    item = filters.NumberFilter(field_name="file__item")

    class Meta:
        model = LogRun
        fields = ("file", "state")


class LogReadingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Readings of logs. ``?updated_after=`` gives those that ended since."""

    model = LogRun
    serializer_class = s.LogReadingSerializer
    filterset_class = ReadingFilter
    updated_field = "ended_at"

    def rows(self) -> Any:
        rows = LogRun.objects.visible_to(caller(self.request)).select_related("file__blob", "mapping")
        return rows.prefetch_related("file__log_runs__offsets").order_by("pk")

    @extend_schema(request=s.AskReading, responses={201: s.LogReadingSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a reading; it is done in the background."""

        def create() -> Response:
            user = caller(request)
            given = taken(within(s.AskReading(data=request.data), file=ItemFile.objects.visible_to(user)))
            file, columns = given["file"], given.get("columns")
            if columns is not None:
                run = read_columns(
                    file, name=given.get("mapping", ""), columns=columns, actor=user, at=clock.now(), zone=given["zone"]
                )
            else:
                run = start_log_run(file, actor=user, at=clock.now(), format_name=given["format"], zone=given["zone"])
            wake("evidence.read_log", run.pk)
            return Response(s.LogReadingSerializer(run).data, status=status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(request=s.StateClock, responses=s.LogReadingSerializer)
    @action(detail=True, methods=["post"])
    def clock(self, request: Request, pk: str = "") -> Response:
        """State how far the clock of the source was off."""
        run = self.get_object()
        set_clock_offset(run, **taken(s.StateClock(data=request.data)), actor=caller(request), at=clock.now())
        return Response(s.LogReadingSerializer(self.get_object()).data)

    @extend_schema(request=s.KeeperInput, responses=s.LogReadingSerializer)
    @action(detail=True, methods=["post"])
    def keeper(self, request: Request, pk: str = "") -> Response:
        """State who keeps the source of the log and who could change it."""
        run = self.get_object()
        require(caller(request), "evidence.attribute", run.file.item)
        name_log_keeper(run.file, **taken(s.KeeperInput(data=request.data)), **self.by())
        return Response(s.LogReadingSerializer(self.get_object()).data)


class EventFilter(KeyFilterSet):
    """``?run=&item=&lane=&event_action=&event_outcome=&user_name=&source_ip=&destination=&host=&session_key=&since=&until=&label=&starred=``"""

    since = filters.IsoDateTimeFilter(field_name="ts", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="ts", lookup_expr="lt")
    label = filters.CharFilter(method="by_label")
    starred = filters.BooleanFilter(method="by_star")

    class Meta:
        model = LogEvent
        fields = (
            "run", "item", "lane", "event_action", "event_outcome", "user_name", "source_ip", "destination", "host", "session_key",
        )  # fmt: skip

    def by_label(self, rows: Any, _name: str, value: str) -> Any:
        """Events that bear a label, such as ``log-clearing``."""
        return rows.filter(rule_labels__contains=[value])

    def by_star(self, rows: Any, _name: str, value: bool) -> Any:
        """Events that somebody starred, or that nobody did."""
        starred = LogEvent.objects.filter(marks__starred=True)
        return rows.filter(pk__in=starred) if value else rows.exclude(pk__in=starred)


class LogEventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Events, in the order in which they were read. Times are those of the log; the reading tells its clock's offset."""

    model = LogEvent
    serializer_class = s.LogEventSerializer
    filterset_class = EventFilter

    def rows(self) -> Any:
        return LogEvent.objects.visible_to(caller(self.request)).prefetch_related("marks").order_by("pk")

    @extend_schema(request=s.MarkEvent, responses=s.LogEventSerializer)
    @action(detail=True, methods=["post"])
    def mark(self, request: Request, pk: str = "") -> Response:
        """Star an event or take the star away, with a comment."""
        event = self.get_object()
        mark_event(event, **taken(s.MarkEvent(data=request.data)), actor=caller(request), at=clock.now())
        return Response(s.LogEventSerializer(self.get_object()).data)


class FindingFilter(KeyFilterSet):
    """``?run=&item=&check_name=&verdict=&gap=``"""

    class Meta:
        model = LogFinding
        fields = ("run", "item", "check_name", "verdict", "gap", "witness_run")


class LogFindingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """What the checks found."""

    model = LogFinding
    serializer_class = s.LogFindingSerializer
    filterset_class = FindingFilter

    def rows(self) -> Any:
        return LogFinding.objects.visible_to(caller(self.request)).order_by("pk")
