"""Acts on a case that are no step of its workflow: joining, splitting, correcting, meddling noted, standing back lifted."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.enums import InterventionKind, Lane, SharedKind, SharedSaid
from cases.models import Case, CaseLink, Correction, Intervention, PaperRemark, SharedVerdict, Suspect
from cases.selectors.cases import items_of
from cases.selectors.shared import MOST_PAIRS, relations
from cases.selectors.timeline import bands_of, events_of, window
from cases.services.integrity import lift_member_recusal, log_intervention
from cases.services.papers import settle_remark
from cases.services.relations import CORRECTABLE, correct_closed, merge_case, split_case
from cases.services.shared import judge_shared
from casework.access.models import Recusal
from casework.access.policy import get_visible, require
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, create_once, expected_version
from casework.api.inputs import StatedReasonInput, taken
from evidence.models import Item


class LinkSerializer(serializers.ModelSerializer[CaseLink]):
    """Two cases joined or taken apart, and what went over."""

    class Meta:
        model = CaseLink
        fields = ("id", "kind", "case", "other", "reason", "carried", "by", "at")
        read_only_fields = fields


class MergeInput(serializers.Serializer[Any]):
    """The case into which this one goes, and why."""

    into = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    reason = serializers.CharField()


class SplitInput(serializers.Serializer[Any]):
    """Who goes into a case of his own."""

    suspects = serializers.PrimaryKeyRelatedField(queryset=Suspect.objects.none(), many=True)
    items = serializers.PrimaryKeyRelatedField(
        queryset=Item.objects.none(), many=True, required=False, default=list, help_text="evidence that goes along"
    )
    title = serializers.CharField(max_length=200)
    reason = serializers.CharField()


class CorrectionSerializer(serializers.ModelSerializer[Correction]):
    """A text of a closed case put right; the old one stays."""

    class Meta:
        model = Correction
        fields = ("id", "field", "old", "new", "reason", "document", "by", "at")
        read_only_fields = fields


class CorrectionInput(serializers.Serializer[Any]):
    """Which text, its new wording, why, and the document that allows it."""

    field = serializers.ChoiceField(choices=sorted(CORRECTABLE))
    text = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()
    document = serializers.CharField(max_length=80)


class InterventionSerializer(serializers.ModelSerializer[Intervention]):
    """Somebody asked about, meddled in or pleaded for the case."""

    class Meta:
        model = Intervention
        fields = (
            "id", "kind", "person_name", "person_post", "way", "happened_at", "content", "answer", "reported_by", "at",
        )  # fmt: skip
        read_only_fields = fields


class InterventionInput(serializers.Serializer[Any]):
    """Who, how, when, what was said, and how it was answered."""

    kind = serializers.ChoiceField(choices=InterventionKind.choices)
    person_name = serializers.CharField(max_length=80)
    person_post = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    way = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    happened_at = serializers.DateTimeField()
    content = serializers.CharField()
    answer = serializers.CharField(max_length=200)


class RecusalSerializer(serializers.ModelSerializer[Recusal]):
    """Somebody stands back from the case."""

    class Meta:
        model = Recusal
        fields = ("id", "user", "reason", "at", "lifted_by", "lifted_at", "lifted_reason")
        read_only_fields = fields


class RemarkSerializer(serializers.ModelSerializer[PaperRemark]):
    """A leader's remark at one part of the draft he returned."""

    class Meta:
        model = PaperRemark
        fields = ("id", "part", "text", "by", "at", "settled_at", "settled_by", "answer")
        read_only_fields = fields


class RemarkAnswerInput(serializers.Serializer[Any]):
    """What the leader is told who made the remark."""

    answer = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class TimelineEventSerializer(serializers.Serializer[Any]):
    """Something on the timeline; ``moment_id`` names the key moment it is, 0 for what other records tell."""

    at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    lane = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    precision = serializers.CharField()
    pinned = serializers.BooleanField()
    moment_id = serializers.IntegerField()


class BandSerializer(serializers.Serializer[Any]):
    """A limit as it lies on the timeline."""

    title = serializers.CharField()
    start = serializers.DateField()
    due = serializers.DateField()
    ended = serializers.DateField(allow_null=True)
    live = serializers.BooleanField()


class TimelineSerializer(serializers.Serializer[Any]):
    """The newest 500 events in the window, and the limits; ``earlier`` counts what was left out."""

    events = TimelineEventSerializer(many=True)
    bands = BandSerializer(many=True)
    earlier = serializers.IntegerField()


class TimelineInput(serializers.Serializer[Any]):
    """The window."""

    lane = serializers.MultipleChoiceField(choices=Lane.choices, required=False, default=set)
    since = serializers.DateField(required=False, allow_null=True, default=None)
    until = serializers.DateField(required=False, allow_null=True, default=None)


class PairSerializer(serializers.Serializer[Any]):
    """Something that this case shares with another one the reader may know of."""

    other = serializers.SerializerMethodField()
    kind = serializers.CharField(source="shared.kind")
    value = serializers.CharField(source="shared.value")
    shown = serializers.CharField(source="shared.label")
    verdict = serializers.CharField(source="verdict.verdict", default="")

    def get_other(self, pair: Any) -> int:
        """The other case."""
        one: int = pair.other.pk if pair.case.pk == self.context["case"].pk else pair.case.pk
        return one


class JudgementInput(serializers.Serializer[Any]):
    """A shared thing of this case and another one, and whether it connects them."""

    other = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    kind = serializers.ChoiceField(choices=SharedKind.choices)
    value = serializers.CharField()
    verdict = serializers.ChoiceField(choices=SharedSaid.choices)
    reason = serializers.CharField(required=False, allow_blank=True, default="")


class JudgementSerializer(serializers.ModelSerializer[SharedVerdict]):
    """What was decided; the shared value itself is kept as a keyed digest only."""

    class Meta:
        model = SharedVerdict
        fields = ("id", "case", "other", "kind", "verdict", "reason", "by", "at")
        read_only_fields = fields


class CaseActs(VisibleViewSet):
    """What else can be done with a case; mixed into the view set of cases."""

    @extend_schema(request=MergeInput, responses={201: LinkSerializer})
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str = "") -> Response:
        """并案: this case closes and goes into the other one. Needs ``If-Match``."""
        case = self.get_object()
        require(reader(request), "case.merge_into", case)
        version = expected_version(request)
        given = taken(MergeInput(data=request.data))
        into = get_visible(Case.objects, reader(request), pk=given["into"])
        link = merge_case(case, into, reason=given["reason"], expected_version=version, **self.by())
        return Response(LinkSerializer(link).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=SplitInput, responses={201: LinkSerializer})
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: str = "") -> Response:
        """分案: some people go into a case of their own. Needs ``If-Match``."""
        case = self.get_object()
        check_version(request, case)
        serializer = SplitInput(data=request.data)
        serializer.fields["suspects"].child_relation.queryset = case.suspects.order_by("pk")  # type: ignore[attr-defined]
        serializer.fields["items"].child_relation.queryset = items_of(case, reader(request))  # type: ignore[attr-defined]
        given = taken(serializer)
        link = split_case(case, given.pop("suspects"), **given, **self.by())
        return Response(LinkSerializer(link).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=CorrectionInput, responses={201: CorrectionSerializer})
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: str = "") -> Response:
        """Put right one text of a case that is over, under a right of its own. Needs ``If-Match``."""
        case = self.get_object()
        version = expected_version(request)
        row = correct_closed(case, **taken(CorrectionInput(data=request.data)), expected_version=version, **self.by())
        return Response(CorrectionSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=InterventionInput, responses={201: InterventionSerializer})
    @action(detail=True, methods=["post"])
    def interventions(self, request: Request, pk: str = "") -> Response:
        """Put on record that somebody asked about, meddled in or pleaded for the case; it cannot be changed."""
        case = self.get_object()
        given = taken(InterventionInput(data=request.data))

        def create() -> Response:
            row = log_intervention(case, **given, **self.by())
            return Response(InterventionSerializer(row).data, status=status.HTTP_201_CREATED)

        return create_once(request, create)

    @extend_schema(
        request=StatedReasonInput,
        responses=RecusalSerializer,
        parameters=[OpenApiParameter("recusal", int, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"], url_path=r"recusals/(?P<recusal>[0-9]{1,18})/lift")
    def lift_recusal(self, request: Request, pk: str = "", recusal: str = "") -> Response:
        """Decide that somebody need not stand back after all."""
        case = self.get_object()
        row = self.one_of(Recusal.objects.filter(compartment=case.compartment_id), recusal)
        given = taken(StatedReasonInput(data=request.data))
        return Response(RecusalSerializer(lift_member_recusal(case, row, **given, **self.by())).data)

    @extend_schema(
        request=RemarkAnswerInput,
        responses=RemarkSerializer,
        parameters=[OpenApiParameter("remark", int, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"], url_path=r"remarks/(?P<remark>[0-9]{1,18})/settle")
    def settle_remark(self, request: Request, pk: str = "", remark: str = "") -> Response:
        """Say that a remark on the returned draft has been dealt with."""
        case = self.get_object()
        row = get_visible(PaperRemark.objects.filter(case=case), reader(request), pk=remark)
        return Response(
            RemarkSerializer(settle_remark(row, **taken(RemarkAnswerInput(data=request.data)), **self.by())).data
        )

    @extend_schema(parameters=[TimelineInput], responses=TimelineSerializer, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def timeline(self, request: Request, pk: str = "") -> Response:
        """Return the timeline of the case as this reader may know it."""
        case = self.get_object()
        given = taken(TimelineInput(data=request.query_params))
        lanes, user = set(given["lane"]), reader(request)
        shown = window(events_of(case, user), lanes=lanes, first=given["since"], last=given["until"])
        bands = bands_of(case, user) if not lanes or Lane.DEADLINES in lanes else []
        return Response(TimelineSerializer({"events": shown.events, "bands": bands, "earlier": shown.earlier}).data)

    @extend_schema(responses=PairSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], url_path="shared", pagination_class=None)
    def shared_things(self, request: Request, pk: str = "") -> Response:
        """Return what this case shares with others the reader may know of (the first 500)."""
        case = self.get_object()
        found = relations(reader(request), case=case.pk)
        return Response(PairSerializer(found.pairs[:MOST_PAIRS], many=True, context={"case": case}).data)

    @extend_schema(request=JudgementInput, responses={201: JudgementSerializer})
    @action(detail=True, methods=["post"], url_path="shared/judge")
    def judge(self, request: Request, pk: str = "") -> Response:
        """Write down whether something that two cases share connects them."""
        case = self.get_object()
        given = taken(JudgementInput(data=request.data))
        other = get_visible(Case.objects, reader(request), pk=given.pop("other"))
        row = judge_shared(case, other, **given, **self.by())
        return Response(JudgementSerializer(row).data, status=status.HTTP_201_CREATED)
