"""Leads over the API: the same services, the same table of moves, the same refusals."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from casework.access.policy import can, get_visible, require
from casework.accounts.models import Organisation, User
from casework.accounts.requests import reader
from casework.api.base import VisibleViewSet, check_version, etag
from casework.api.filters import KeyFilterSet
from casework.core import clock
from units.enums import Classification, Disposition, QuestionKind, Stance
from units.lead_workflow import AWAITING_OPINION, MOVES, moves_for, ways
from units.models import ChangeSet, Lead, Question, QuestionEvidence
from units.selectors.leads import with_due
from units.services.change_sets import handle_leads, undo_change_set
from units.services.dispositions import dispose_lead, move_lead, propose_disposition, undo_disposition
from units.services.leads import assign_lead, note_lead
from units.services.questions import add_evidence, classify_lead, missing_for, settle_question


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """A lead in lists."""

    unit = serializers.CharField(source="unit.code", read_only=True)
    unit_name = serializers.CharField(source="unit.name", read_only=True)
    campaign = serializers.CharField(source="campaign.code", default=None, read_only=True)
    handler = serializers.CharField(source="handler.name", default=None, read_only=True)
    earlier = serializers.CharField(source="earlier.number", default=None, read_only=True)
    due_on = serializers.DateField(read_only=True, allow_null=True)

    class Meta:
        model = Lead
        fields = (
            "id", "number", "unit", "unit_name", "campaign", "state", "proposal", "disposition", "classification",
            "handler", "received_on", "due_on", "earlier", "note", "version",
        )  # fmt: skip
        read_only_fields = fields


class EvidenceSerializer(serializers.ModelSerializer[QuestionEvidence]):
    """Something for or against a candidate answer."""

    class Meta:
        model = QuestionEvidence
        fields = ("id", "candidate", "stance", "text", "ref", "added_at")
        read_only_fields = fields


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """One of the three open questions."""

    evidence = EvidenceSerializer(many=True, read_only=True)
    settled_by = serializers.CharField(source="settled_by.name", default=None, read_only=True)

    class Meta:
        model = Question
        fields = ("id", "kind", "answer", "settled_by", "settled_at", "source_ref", "evidence", "version")
        read_only_fields = fields


class LeadDetailSerializer(LeadSerializer):
    """A lead with its addresses, questions and the acts that the caller may do."""

    addresses = serializers.SerializerMethodField()
    questions = QuestionSerializer(many=True, read_only=True)
    actions = serializers.SerializerMethodField()
    missing_for_classification = serializers.SerializerMethodField()

    class Meta(LeadSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *LeadSerializer.Meta.fields, "addresses", "questions", "actions", "missing_for_classification",
        )  # fmt: skip

    def get_addresses(self, lead: Lead) -> list[dict[str, Any]]:
        """Addresses with the first and the last time they were seen."""
        return list(lead.addresses.order_by("ip").values("ip", "first_seen_at", "last_seen_at"))

    def get_actions(self, lead: Lead) -> list[str]:
        """Names of the moves the caller may make now."""
        user = reader(self.context["request"])
        return actions_for(lead, user)

    def get_missing_for_classification(self, lead: Lead) -> dict[str, list[str]]:
        """What each classification still needs."""
        return {word: [str(item.text) for item in missing_for(lead, word)] for word in Classification.values}


def actions_for(lead: Lead, user: User) -> list[str]:
    """Return the names of the moves the user may make on the lead now."""
    names = [move.name for move in moves_for(lead, user)]
    chosen = [move for move in MOVES if move.name in {"propose", "assign"}]
    names += [move.name for move in chosen if lead.state in move.sources and can(user, move.act, lead)]
    names += [way.name for way in ways() if lead.state in way.sources and can(user, way.act, lead)]
    if lead.state in AWAITING_OPINION and can(user, "lead.note", lead):
        names.append("note")
    return names


class LeadFilter(KeyFilterSet):
    """``?state=&classification=&unit=CODE&campaign=CODE&number=``"""

    unit = filters.CharFilter(field_name="unit__code")
    campaign = filters.CharFilter(field_name="campaign__code")

    class Meta:
        model = Lead
        fields = ("state", "classification", "number", "disposition")


class WaySerializer(serializers.Serializer[Any]):
    disposition = serializers.ChoiceField(choices=Disposition.choices)
    reason = serializers.CharField(required=False, allow_blank=True)
    to = serializers.CharField(required=False, allow_blank=True, help_text="code of the organ a lead is transferred to")


class ManySerializer(WaySerializer):
    leads = serializers.ListField(child=serializers.CharField(), min_length=1, max_length=5000, help_text="numbers")


class ChangeSetSerializer(serializers.Serializer[Any]):
    change_set = serializers.CharField()
    leads = serializers.IntegerField()


class AssignSerializer(serializers.Serializer[Any]):
    handler = serializers.IntegerField(help_text="id of the officer")


class NoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(allow_blank=True, max_length=4000)


class MoveSerializer(serializers.Serializer[Any]):
    move = serializers.ChoiceField(choices=[move.name for move in MOVES if move.by_hand])
    reason = serializers.CharField(required=False, allow_blank=True)


class ClassifySerializer(serializers.Serializer[Any]):
    classification = serializers.ChoiceField(choices=Classification.choices)
    reason = serializers.CharField(required=False, allow_blank=True)


class SettleSerializer(serializers.Serializer[Any]):
    question = serializers.ChoiceField(choices=QuestionKind.choices)
    answer = serializers.CharField()
    source_ref = serializers.CharField(max_length=200)
    reason = serializers.CharField(required=False, allow_blank=True)


class AddEvidenceSerializer(serializers.Serializer[Any]):
    question = serializers.ChoiceField(choices=QuestionKind.choices)
    candidate = serializers.CharField(max_length=200)
    stance = serializers.ChoiceField(choices=Stance.choices)
    text = serializers.CharField(max_length=400)
    ref = serializers.CharField(required=False, allow_blank=True, max_length=80)


class LeadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """Leads that the reader may know of, and the acts on them."""

    model = Lead
    serializer_class = LeadSerializer
    filterset_class = LeadFilter

    def rows(self) -> Any:
        return with_due(super().rows()).select_related("unit", "campaign", "handler", "earlier")

    def get_serializer_class(self) -> Any:
        return LeadSerializer if self.action == "list" else LeadDetailSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One lead with everything the caller may see and do."""
        return self._answer(self.get_object().pk)

    def _answer(self, pk: int) -> Response:
        lead = self.rows().prefetch_related("questions__evidence", "questions__settled_by").get(pk=pk)
        return Response(LeadDetailSerializer(lead, context=self.get_serializer_context()).data, headers=etag(lead))

    def _given(self, request: Request, form: type[serializers.Serializer[Any]]) -> tuple[Lead, dict[str, Any]]:
        lead: Lead = self.get_object()
        check_version(request, lead)
        given = form(data=request.data)
        given.is_valid(raise_exception=True)
        return lead, dict(given.validated_data)

    @extend_schema(request=WaySerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def propose(self, request: Request, pk: str) -> Response:
        """报送处置意见."""
        lead, data = self._given(request, WaySerializer)
        propose_disposition(
            lead, data["disposition"], actor=reader(request), at=clock.now(), reason=data.get("reason", "")
        )
        return self._answer(lead.pk)

    @extend_schema(request=WaySerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def dispose(self, request: Request, pk: str) -> Response:
        """处置: the decision, by somebody else than who proposed it."""
        lead, data = self._given(request, WaySerializer)
        dispose_lead(
            lead,
            data["disposition"],
            actor=reader(request),
            at=clock.now(),
            reason=data.get("reason", ""),
            to=Organisation.objects.filter(code=data["to"]).first() if data.get("to") else None,
        )
        return self._answer(lead.pk)

    @extend_schema(request=None, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """撤销处置."""
        lead: Lead = self.get_object()
        check_version(request, lead)
        undo_disposition(lead, actor=reader(request), at=clock.now())
        return self._answer(lead.pk)

    @extend_schema(request=ManySerializer, responses=ChangeSetSerializer)
    @action(detail=False, methods=["post"], pagination_class=None)
    def handle(self, request: Request) -> Response:
        """批量处置: one change set, all or none."""
        given = ManySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        user = reader(request)
        leads = [get_visible(Lead.objects, user, number=number) for number in dict.fromkeys(data["leads"])]
        to = Organisation.objects.filter(code=data["to"]).first() if data.get("to") else None
        name = handle_leads(
            leads, data["disposition"], actor=user, at=clock.now(), reason=data.get("reason", ""), to=to
        )
        return Response({"change_set": name, "leads": len(leads)})

    @extend_schema(request=AssignSerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """分办."""
        lead, data = self._given(request, AssignSerializer)
        handler = serializers.PrimaryKeyRelatedField(queryset=User.objects.all()).to_internal_value(data["handler"])
        assign_lead(lead, handler, actor=reader(request), at=clock.now())
        return self._answer(lead.pk)

    @extend_schema(request=NoteSerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: str) -> Response:
        """写批注."""
        lead, data = self._given(request, NoteSerializer)
        note_lead(lead, data["note"], actor=reader(request), at=clock.now())
        return self._answer(lead.pk)

    @extend_schema(request=MoveSerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """开始研判, 退回研判, 重新研判."""
        lead, data = self._given(request, MoveSerializer)
        move_lead(lead, data["move"], actor=reader(request), at=clock.now(), reason=data.get("reason", ""))
        return self._answer(lead.pk)

    @extend_schema(request=ClassifySerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def classify(self, request: Request, pk: str) -> Response:
        """定性."""
        lead, data = self._given(request, ClassifySerializer)
        classify_lead(
            lead, data["classification"], actor=reader(request), at=clock.now(), reason=data.get("reason", "")
        )
        return self._answer(lead.pk)

    @extend_schema(request=SettleSerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """认定未决问题."""
        lead, data = self._given(request, SettleSerializer)
        question = lead.questions.select_related("lead").get(kind=data.pop("question"))
        settle_question(question, data.pop("answer"), actor=reader(request), at=clock.now(), **data)
        return self._answer(lead.pk)

    @extend_schema(request=AddEvidenceSerializer, responses=LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def evidence(self, request: Request, pk: str) -> Response:
        """补充正反依据."""
        lead, data = self._given(request, AddEvidenceSerializer)
        question = lead.questions.select_related("lead").get(kind=data.pop("question"))
        add_evidence(question, actor=reader(request), at=clock.now(), **data)
        return self._answer(lead.pk)


class ChangeSetRowSerializer(serializers.ModelSerializer[ChangeSet]):
    """One act on many leads."""

    class Meta:
        model = ChangeSet
        fields = ("id", "name", "disposition", "conditions", "count", "made_at", "made_by", "undone_at", "undone_by")
        read_only_fields = fields


class ChangeSetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """What the caller did to many leads at once."""

    model = ChangeSet
    serializer_class = ChangeSetRowSerializer
    filterset_fields = ("disposition",)

    @extend_schema(request=None, responses=ChangeSetRowSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take the whole set back, or nothing of it."""
        row = self.get_object()
        require(reader(request), "lead.note")
        undo_change_set(row.name, **self.by())
        return self.shown(self.get_object())


routes = [("leads", LeadViewSet, "lead"), ("lead-change-sets", ChangeSetViewSet, "lead-change-set")]
