"""The daily work of a case over HTTP: measures, tasks, notes, key moments, published kinds of cases."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.enums import CaseKind, Lane, MeasureKind, Precision
from cases.models import Case, CaseNote, CaseTask, CaseType, KeyMoment, Measure, Suspect
from cases.services.measures import begin_measure, decide_measure, end_measure, note_family_told, propose_measure
from cases.services.work import (
    add_moment,
    add_note,
    change_moment,
    finish_task,
    publish_case_type,
    set_task,
)
from casework.access import policy
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once
from casework.api.inputs import person, taken, within

#: The greatest key that the database takes.
MOST = 2**63 - 1


def case_of(request: Request, given: dict[str, Any]) -> Case:
    """Take the key of the case out of what was sent and return the case, or the 404 that an absent one gets too."""
    found: Case = policy.get_visible(Case.objects, reader(request), pk=given.pop("case"))
    return found


class CaseMeasureSerializer(serializers.ModelSerializer[Measure]):
    """One line of the ledger of measures (调查措施台账)."""

    class Meta:
        model = Measure
        fields = (
            "id", "case", "number", "kind", "suspect", "target", "purpose", "state", "proposed_by", "proposed_at",
            "decided_by", "decided_at", "opinion", "document", "began_at", "officer", "second_officer", "ended_at",
            "result", "version",
        )  # fmt: skip
        read_only_fields = fields


class MeasureInput(serializers.Serializer[Any]):
    """A measure that is asked for."""

    case = serializers.IntegerField(min_value=1, max_value=MOST)
    kind = serializers.ChoiceField(choices=MeasureKind.choices)
    suspect = serializers.PrimaryKeyRelatedField(queryset=Suspect.objects.none(), required=False, allow_null=True)
    target = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    purpose = serializers.CharField()


class MeasureDecisionInput(serializers.Serializer[Any]):
    """Approved under a document number, or refused with an opinion."""

    approve = serializers.BooleanField()
    document = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    opinion = serializers.CharField(required=False, allow_blank=True, default="")


class MeasureBeginInput(serializers.Serializer[Any]):
    """When it began, and who was the other of the two officers."""

    began_at = serializers.DateTimeField()
    second_officer = person()


class MeasureEndInput(serializers.Serializer[Any]):
    """When it ended, and how."""

    ended_at = serializers.DateTimeField()
    result = serializers.CharField()


class MeasureViewSet(mixins.ListModelMixin, VisibleViewSet):
    """The ledgers of measures of the cases that the caller may know of; acts name the version by ``If-Match``."""

    model = Measure
    serializer_class = CaseMeasureSerializer
    filterset_fields = ("case", "kind", "state", "suspect")

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one measure."""
        return self.shown(self.get_object())

    @extend_schema(request=MeasureInput, responses={201: CaseMeasureSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a measure (报请措施)."""
        given = taken(within(MeasureInput(data=request.data), suspect=Suspect.objects.visible_to(reader(request))))
        case = case_of(request, given)
        return create_once(
            request, lambda: self.shown(propose_measure(case, **given, **self.by()), status.HTTP_201_CREATED)
        )

    @extend_schema(request=MeasureDecisionInput, responses=CaseMeasureSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str = "") -> Response:
        """Approve or refuse it; never by whoever asked."""
        row = self._row(request)
        given = taken(MeasureDecisionInput(data=request.data))
        return self.shown(decide_measure(row, **given, expected_version=row.version, **self.by()))

    @extend_schema(request=MeasureBeginInput, responses=CaseMeasureSerializer)
    @action(detail=True, methods=["post"])
    def begin(self, request: Request, pk: str = "") -> Response:
        """Note that it began, by two officers; its clocks run from then."""
        row = self._row(request)
        return self.shown(begin_measure(row, **taken(MeasureBeginInput(data=request.data)), **self.by()))

    @extend_schema(request=None, responses=CaseMeasureSerializer)
    @action(detail=True, methods=["post"], url_path="family-told")
    def family_told(self, request: Request, pk: str = "") -> Response:
        """Note that unit and family were told."""
        return self.shown(note_family_told(self._row(request), **self.by()))

    @extend_schema(request=MeasureEndInput, responses=CaseMeasureSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str = "") -> Response:
        """Note that it ended; an approved one that was not taken lapses."""
        row = self._row(request)
        return self.shown(end_measure(row, **taken(MeasureEndInput(data=request.data)), **self.by()))

    def _row(self, request: Request) -> Measure:
        row: Measure = self.get_object()
        check_version(request, row)
        return row


class CaseTaskSerializer(serializers.ModelSerializer[CaseTask]):
    """Something to be done in a case."""

    class Meta:
        model = CaseTask
        fields = (
            "id", "case", "title", "holder", "due_on", "made_by", "made_at", "done_at", "done_by", "result", "version",
        )  # fmt: skip
        read_only_fields = fields


class CaseTaskInput(serializers.Serializer[Any]):
    """What, by whom, until when."""

    case = serializers.IntegerField(min_value=1, max_value=MOST)
    title = serializers.CharField(max_length=200)
    holder = person()
    due_on = serializers.DateField(required=False, allow_null=True, default=None)


class TaskResultInput(serializers.Serializer[Any]):
    """What came of it."""

    result = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class CaseTaskViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Tasks in the cases that the caller may know of."""

    model = CaseTask
    serializer_class = CaseTaskSerializer
    filterset_fields = ("case", "holder")

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one task."""
        return self.shown(self.get_object())

    @extend_schema(request=CaseTaskInput, responses={201: CaseTaskSerializer})
    def create(self, request: Request) -> Response:
        """Give somebody who works on the case something to do."""
        given = taken(CaseTaskInput(data=request.data))
        case = case_of(request, given)
        return create_once(request, lambda: self.shown(set_task(case, **given, **self.by()), status.HTTP_201_CREATED))

    @extend_schema(request=TaskResultInput, responses=CaseTaskSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str = "") -> Response:
        """Note that it is done; a second time changes nothing."""
        row = self.get_object()
        return self.shown(finish_task(row, **taken(TaskResultInput(data=request.data)), **self.by()))


class CaseNoteSerializer(serializers.ModelSerializer[CaseNote]):
    """A note; never edited."""

    class Meta:
        model = CaseNote
        fields = ("id", "case", "text", "by", "at")
        read_only_fields = fields


class CaseNoteInput(serializers.Serializer[Any]):
    """What is to be remembered."""

    case = serializers.IntegerField(min_value=1, max_value=MOST)
    text = serializers.CharField()


class CaseNoteViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Notes in the cases that the caller may know of."""

    model = CaseNote
    serializer_class = CaseNoteSerializer
    filterset_fields = ("case", "by")

    @extend_schema(request=CaseNoteInput, responses={201: CaseNoteSerializer})
    def create(self, request: Request) -> Response:
        """Write a note."""
        given = taken(CaseNoteInput(data=request.data))
        case = case_of(request, given)
        return create_once(
            request,
            lambda: self.shown(add_note(case, given["text"], **self.by()), status.HTTP_201_CREATED),
        )


class MomentSerializer(serializers.ModelSerializer[KeyMoment]):
    """A key moment that somebody put on the timeline."""

    class Meta:
        model = KeyMoment
        fields = (
            "id", "case", "lane", "title", "at", "until", "precision", "source", "pinned", "withdrawn_at", "by",
            "made_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class MomentInput(serializers.Serializer[Any]):
    """When, in which lane, how exactly known, and what it rests on."""

    case = serializers.IntegerField(min_value=1, max_value=MOST)
    lane = serializers.ChoiceField(choices=Lane.choices)
    title = serializers.CharField(max_length=200)
    moment = serializers.DateTimeField()
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    precision = serializers.ChoiceField(choices=Precision.choices, default=Precision.EXACT)
    source: Any = serializers.CharField(max_length=200)
    pinned = serializers.BooleanField(default=False)


class PinInput(serializers.Serializer[Any]):
    """Pinned or not."""

    pinned = serializers.BooleanField()


class MomentViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Key moments; the whole timeline of a case is at ``cases/{id}/timeline/``."""

    model = KeyMoment
    serializer_class = MomentSerializer
    filterset_fields = ("case", "lane", "pinned")

    def retrieve(self, request: Request, pk: str = "") -> Response:
        """Return one moment."""
        return self.shown(self.get_object())

    @extend_schema(request=MomentInput, responses={201: MomentSerializer})
    def create(self, request: Request) -> Response:
        """Put a moment on the timeline."""
        given = taken(MomentInput(data=request.data))
        case = case_of(request, given)
        return create_once(request, lambda: self.shown(add_moment(case, **given, **self.by()), status.HTTP_201_CREATED))

    @extend_schema(request=PinInput, responses=MomentSerializer)
    @action(detail=True, methods=["post"])
    def pin(self, request: Request, pk: str = "") -> Response:
        """Pin it, or take the pin off."""
        row = self.get_object()
        given = taken(PinInput(data=request.data))
        return self.shown(change_moment(row, pinned=given["pinned"], **self.by()))

    @extend_schema(request=None, responses=MomentSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str = "") -> Response:
        """Take it off the timeline; the row stays."""
        return self.shown(change_moment(self.get_object(), **self.by()))


class CaseTypeSerializer(serializers.ModelSerializer[CaseType]):
    """A published version of a kind of case."""

    class Meta:
        model = CaseType
        fields = ("id", "code", "number", "name", "kind", "tasks", "published_by", "published_at")
        read_only_fields = fields


class UsualTaskInput(serializers.Serializer[Any]):
    """A task that every case of the kind begins with, and within how many days."""

    title = serializers.CharField(max_length=200)
    days = serializers.IntegerField(min_value=0, max_value=3660)


class CaseTypeInput(serializers.Serializer[Any]):
    """The next version of a kind of case."""

    code = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=CaseKind.choices)
    tasks = UsualTaskInput(many=True, required=False, default=list)


class CaseTypeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Kinds of cases in their versions, for the commission."""

    model = CaseType
    serializer_class = CaseTypeSerializer
    filterset_fields = ("code", "kind")

    def rows(self) -> Any:
        rows = CaseType.objects.order_by("pk")
        return rows if reader(self.request).is_commission else rows.none()

    @extend_schema(request=CaseTypeInput, responses={201: CaseTypeSerializer})
    def create(self, request: Request) -> Response:
        """Publish the next version; running cases keep theirs."""
        policy.require(reader(request), "case_type.publish")
        given = taken(CaseTypeInput(data=request.data))
        given["tasks"] = [dict(task) for task in given["tasks"]]
        return create_once(
            request, lambda: self.shown(publish_case_type(**given, **self.by()), status.HTTP_201_CREATED)
        )


routes: list[tuple[str, Any, str]] = [
    ("measures", MeasureViewSet, "measure"),
    ("case-tasks", CaseTaskViewSet, "case-task"),
    ("case-notes", CaseNoteViewSet, "case-note"),
    ("case-moments", MomentViewSet, "case-moment"),
    ("case-types", CaseTypeViewSet, "case-type"),
]
