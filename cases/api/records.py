"""Records (谈话、询问、讯问笔录) over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.cases import a_user
from cases.enums import InterviewKind, PageMark
from cases.models import Case, Interview, Site, Suspect
from cases.services.interviews import sign_page, take_interview
from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, create_once
from casework.core import clock
from casework.core.errors import Invalid


class LineSerializer(serializers.Serializer[Any]):
    question = serializers.CharField()
    answer = serializers.CharField(allow_blank=True)


class PageSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    mark = serializers.ChoiceField(choices=PageMark.choices)
    refusal = serializers.CharField(required=False, allow_blank=True)
    signed_at = serializers.DateTimeField(required=False, allow_null=True, read_only=True)


class InterviewSerializer(serializers.ModelSerializer[Interview]):
    """A record in lists."""

    class Meta:
        model = Interview
        fields = (
            "id", "case", "site", "number", "kind", "suspect", "person_name", "person_post", "place", "began_at",
            "ended_at", "officer", "second_officer", "rights_told_at", "recorded", "item",
        )  # fmt: skip


class InterviewDetailSerializer(InterviewSerializer):
    """A record with its questions, answers and pages."""

    lines = LineSerializer(many=True, read_only=True)
    pages = PageSerializer(many=True, read_only=True)

    class Meta(InterviewSerializer.Meta):
        fields = (*InterviewSerializer.Meta.fields, "lines", "pages")  # type: ignore[assignment]


class NewInterviewSerializer(serializers.Serializer[Any]):
    """A record of a case or of a site."""

    case = serializers.IntegerField(required=False)
    site = serializers.IntegerField(required=False)
    kind = serializers.ChoiceField(choices=InterviewKind.choices)
    suspect = serializers.IntegerField(required=False, allow_null=True)
    person_name = serializers.CharField(required=False, allow_blank=True, max_length=80)
    person_post = serializers.CharField(required=False, allow_blank=True, max_length=200)
    place = serializers.CharField(max_length=200)
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    rights_told_at = serializers.DateTimeField(required=False, allow_null=True)
    second_officer = serializers.IntegerField()
    papers_shown = serializers.BooleanField(required=False)
    recorded = serializers.BooleanField(required=False)
    lines = LineSerializer(many=True)
    pages = serializers.IntegerField(required=False, min_value=1, max_value=999)
    signed = serializers.BooleanField(required=False)


class InterviewViewSet(mixins.ListModelMixin, VisibleViewSet):
    """Records that the caller may know of."""

    model = Interview
    serializer_class = InterviewSerializer
    filterset_fields = ("case", "site", "kind", "suspect")

    def _answer(self, record: Interview, code: int = status.HTTP_200_OK) -> Response:
        return Response(InterviewDetailSerializer(record).data, status=code)

    @extend_schema(responses=InterviewDetailSerializer)
    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return one record."""
        return self._answer(self.get_object())

    @extend_schema(request=NewInterviewSerializer, responses={201: InterviewDetailSerializer})
    def create(self, request: Request) -> Response:
        """Write a record in a case or at a site."""
        given = NewInterviewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        subject = self._subject(request, data.pop("case", None), data.pop("site", None))
        suspect_id = data.pop("suspect", None)
        suspects: QuerySet[Any] = Suspect.objects.all()
        suspect = get_visible(suspects, reader(request), pk=suspect_id) if suspect_id else None
        second = a_user(data.pop("second_officer"))
        lines = [(line["question"], line["answer"]) for line in data.pop("lines")]
        return create_once(
            request,
            lambda: self._answer(
                take_interview(
                    subject,
                    suspect=suspect,
                    second_officer=second,
                    lines=lines,
                    actor=reader(request),
                    at=clock.now(),
                    **data,
                ),
                status.HTTP_201_CREATED,
            ),
        )

    def _subject(self, request: Request, case: int | None, site: int | None) -> Case | Site:
        if (case is None) == (site is None):
            raise Invalid(_("case 与 site 填写一项。"), details={"case": _("与 site 填写一项")})
        subject: Case | Site
        if case is not None:
            subject = get_visible(Case.objects, reader(request), pk=case)
        else:
            subject = get_visible(Site.objects, reader(request), pk=site)
        return subject

    @extend_schema(request=PageSerializer, responses=InterviewDetailSerializer)
    @action(detail=True, methods=["post"])
    def pages(self, request: Request, pk: str | None = None) -> Response:
        """Note that a page was signed or refused."""
        record = self.get_object()
        given = PageSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        sign_page(
            record,
            data["number"],
            mark=data["mark"],
            refusal=data.get("refusal", ""),
            actor=reader(request),
            at=clock.now(),
        )
        return self._answer(record)
