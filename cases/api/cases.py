"""Cases over HTTP: the same services, the same refusals, the same table of steps."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.case_acts import CaseActs
from cases.enums import CaseKind, CaseState, Duty
from cases.models import Case
from cases.proof import matrix
from cases.selectors.cases import officers_of, paper_view, steps_for
from cases.services.cases import advance, amend_case
from cases.services.filing import file_with_suspects
from cases.services.members import add_member, recuse_member, remove_member
from cases.services.papers import read_paper, sign_paper
from cases.workflow import readiness
from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.api.base import create_once, etag, expected_version
from casework.core import clock
from casework.core.errors import Invalid
from units.models import Lead, Unit


class CaseSerializer(serializers.ModelSerializer[Case]):
    """A case in lists."""

    state_label = serializers.CharField(source="get_state_display", read_only=True)
    unit = serializers.CharField(source="unit.code", allow_null=True, read_only=True)
    lead = serializers.CharField(source="lead.number", allow_null=True, read_only=True)

    class Meta:
        model = Case
        fields = (
            "id", "number", "title", "kind", "state", "state_label", "returned", "unit", "lead", "filed_on",
            "decided_on", "closed_on", "updated_at", "version",
        )  # fmt: skip


class MissingSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    url = serializers.CharField()


class ActionSerializer(serializers.Serializer[Any]):
    """One step that the caller may take, and all that it still needs."""

    step = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    to = serializers.CharField(allow_null=True)
    needs_reason = serializers.BooleanField()
    needs_document = serializers.CharField(allow_blank=True)
    decides = serializers.BooleanField()
    basis = serializers.CharField(allow_blank=True)
    missing = MissingSerializer(many=True)


class MemberSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField(source="user_id")
    name = serializers.CharField(source="user.name")
    duty = serializers.ChoiceField(choices=Duty.choices)
    side = serializers.CharField()
    from_on = serializers.DateField()


class CaseDetailSerializer(CaseSerializer):
    """A case with its texts, people, proof and the steps that the caller may take."""

    members = serializers.SerializerMethodField()
    suspects = serializers.SerializerMethodField()
    matrix = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *CaseSerializer.Meta.fields, "grounds", "plan", "report", "hearing_report", "members", "suspects",
            "matrix", "actions",
        )  # fmt: skip

    @extend_schema_field(MemberSerializer(many=True))
    def get_members(self, case: Case) -> Any:
        return MemberSerializer(officers_of(case), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_suspects(self, case: Case) -> Any:
        return list(case.suspects.order_by("pk").values_list("pk", flat=True))

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_matrix(self, case: Case) -> Any:
        found = matrix(case)
        return {
            "items": [{"item": column.item_id, "label": column.label} for column in found.columns],
            "facts": [
                {
                    "fact": row.fact.pk,
                    "statement": row.fact.statement,
                    "verdict": row.verdict,
                    "sources": row.sources,
                    "stances": {str(cell.item_id): cell.stance for cell in row.cells if cell.stance},
                }
                for row in found.rows
            ],
        }

    @extend_schema_field(ActionSerializer(many=True))
    def get_actions(self, case: Case) -> Any:
        user = reader(self.context["request"])
        return [action_of(case, step, user) for step in steps_for(case, user)]


def action_of(case: Case, step: Any, user: User) -> dict[str, Any]:
    """Return one step as the API shows it."""
    ready = readiness(case, step, user)
    return {
        "step": step.name,
        "label": str(step.label),
        "to": step.to,
        "needs_reason": step.needs_reason,
        "needs_document": str(step.needs_document),
        "decides": step.decides,
        "basis": str(step.basis),
        "missing": [{"text": str(one.text), "url": one.url} for one in ready.missing],
    }


class FilePersonSerializer(serializers.Serializer[Any]):
    """Somebody whom the case is about."""

    name = serializers.CharField(max_length=80)
    post = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class FileCaseSerializer(serializers.Serializer[Any]):
    """报请立案."""

    title = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=CaseKind.choices)
    unit = serializers.CharField(required=False, allow_blank=True, help_text="code of the unit")
    lead = serializers.CharField(required=False, allow_blank=True, help_text="number of the lead")
    grounds = serializers.CharField(required=False, allow_blank=True)
    members = serializers.ListField(child=serializers.IntegerField(), help_text="ids of users")
    people = FilePersonSerializer(many=True, required=False, default=list)
    standing_on = serializers.DateField(required=False, help_text="day of their standing; today when left out")
    carry = serializers.MultipleChoiceField(
        choices=["answers", "sightings", "clocks"], required=False, default=set, help_text="what of the lead goes along"
    )


class StepSerializer(serializers.Serializer[Any]):
    """One step of the workflow; ``digest`` is that of the draft read at ``paper/``."""

    step = serializers.CharField()
    reason = serializers.CharField(required=False, allow_blank=True)
    document = serializers.CharField(required=False, allow_blank=True)
    digest = serializers.CharField(required=False, allow_blank=True)


class SignSerializer(serializers.Serializer[Any]):
    """A signature on one level before the decision."""

    step = serializers.CharField(help_text="approve_filing, transfer or to_deliberation")
    digest = serializers.CharField(min_length=64, max_length=64)
    opinion = serializers.CharField(required=False, allow_blank=True, default="")


class TextsSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(required=False, max_length=200)
    grounds = serializers.CharField(required=False, allow_blank=True)
    plan = serializers.CharField(required=False, allow_blank=True)
    report = serializers.CharField(required=False, allow_blank=True)
    hearing_report = serializers.CharField(required=False, allow_blank=True)


class ChangeSerializer(serializers.Serializer[Any]):
    place = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class PaperSerializer(serializers.Serializer[Any]):
    """The draft that a decision is bound to."""

    number = serializers.IntegerField()
    digest = serializers.CharField()
    content = serializers.DictField()
    changed = ChangeSerializer(many=True)


class JoinSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField()
    duty = serializers.ChoiceField(choices=Duty.choices, required=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class LeaveSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField()
    reason = serializers.CharField(max_length=200)


class HistorySerializer(serializers.Serializer[Any]):
    step = serializers.CharField()
    from_state = serializers.ChoiceField(choices=CaseState.choices)
    to_state = serializers.ChoiceField(choices=CaseState.choices)
    actor = serializers.CharField(source="actor.name")
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    document = serializers.CharField()
    paper = serializers.IntegerField(source="paper.number", allow_null=True)


def a_user(pk: int) -> User:
    """Return an active user or refuse with the field named."""
    found = User.objects.filter(pk=pk, is_active=True).first()
    if found is None:
        raise Invalid(_("没有编号为 %(pk)d 的用户。") % {"pk": pk}, details={"user": _("填写启用的用户编号")})
    return found


class CaseViewSet(mixins.ListModelMixin, CaseActs):
    """Cases that the caller may know of."""

    model = Case
    serializer_class = CaseSerializer
    along = ("unit", "lead")
    updated_field = "updated_at"
    filterset_fields = ("state", "kind", "returned", "number")

    def _detail(self, case: Case, code: int = status.HTTP_200_OK) -> Response:
        case = Case.objects.select_related("unit", "lead").get(pk=case.pk)
        data = CaseDetailSerializer(case, context=self.get_serializer_context()).data
        return Response(data, status=code, headers=etag(case))

    @extend_schema(responses=CaseDetailSerializer)
    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return one case with the steps that the caller may take now."""
        return self._detail(self.get_object())

    @extend_schema(request=FileCaseSerializer, responses={201: CaseDetailSerializer})
    def create(self, request: Request) -> Response:
        """File a case (报请立案); repeatable with ``Idempotency-Key``."""
        given = FileCaseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data

        def make() -> Response:
            case = file_with_suspects(
                _lead(data.get("lead", ""), reader(request)),
                people=[(one["name"], one["post"]) for one in data["people"]],
                standing_on=data.get("standing_on") or clock.today(),
                carry=data["carry"],
                title=data["title"],
                unit=_unit(data.get("unit", "")),
                kind=data["kind"],
                members=[a_user(pk) for pk in data["members"]],
                grounds=data.get("grounds", ""),
                actor=reader(request),
                at=clock.now(),
            )
            return self._detail(case, status.HTTP_201_CREATED)

        return create_once(request, make)

    @extend_schema(request=TextsSerializer, responses=CaseDetailSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Write title, grounds, plan, report or hearing report. Needs ``If-Match``."""
        case = self.get_object()
        given = TextsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        changed = amend_case(
            case,
            actor=reader(request),
            at=clock.now(),
            expected_version=expected_version(request),
            **given.validated_data,
        )
        return self._detail(changed)

    @extend_schema(request=StepSerializer, responses=CaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def steps(self, request: Request, pk: str | None = None) -> Response:
        """Take one step of the workflow. Needs ``If-Match``; a decision also the ``digest`` of the draft read."""
        case = self.get_object()
        given = StepSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        moved = advance(
            case,
            data["step"],
            actor=reader(request),
            at=clock.now(),
            reason=data.get("reason", ""),
            document=data.get("document", ""),
            digest=data.get("digest", ""),
            expected_version=expected_version(request),
        )
        return self._detail(moved)

    @extend_schema(request=SignSerializer, responses=CaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str | None = None) -> Response:
        """Sign the draft that was read, on the level whose turn it is. Needs its ``digest``."""
        case = self.get_object()
        given = SignSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        sign_paper(
            case, given.validated_data.pop("step"), actor=reader(request), at=clock.now(), **given.validated_data
        )
        case.refresh_from_db()
        return self._detail(case)

    @extend_schema(request=None, responses=PaperSerializer)
    @action(detail=True, methods=["post"])
    def paper(self, request: Request, pk: str | None = None) -> Response:
        """Return the present draft and note that the caller has read it; a decision needs its digest."""
        case = self.get_object()
        view = paper_view(case, reader(request))
        read_paper(case, actor=reader(request), at=clock.now())
        changed = [{"place": place, "before": before, "after": after} for place, before, after in view.changed]
        return Response(
            {"number": view.number, "digest": view.digest, "content": view.content, "changed": changed},
            headers=etag(case),
        )

    @extend_schema(responses=HistorySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: str | None = None) -> Response:
        """Return every step that the case took, oldest first."""
        rows = self.get_object().steps_taken.select_related("actor", "paper").order_by("at", "pk")
        return Response(HistorySerializer(rows, many=True).data)

    @extend_schema(request=JoinSerializer, responses=CaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def join(self, request: Request, pk: str | None = None) -> Response:
        """Let somebody work on the case."""
        case = self.get_object()
        given = JoinSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        add_member(
            case,
            a_user(data["user"]),
            duty=data.get("duty", ""),
            reason=data.get("reason", ""),
            actor=reader(request),
            at=clock.now(),
        )
        return self._detail(case)

    @extend_schema(request=LeaveSerializer, responses=CaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: str | None = None) -> Response:
        """Take somebody off the case."""
        return self._ends(request, remove_member)

    @extend_schema(request=LeaveSerializer, responses=CaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def recuse(self, request: Request, pk: str | None = None) -> Response:
        """Decide that somebody stands back (回避)."""
        return self._ends(request, recuse_member)

    def _ends(self, request: Request, act: Any) -> Response:
        case = self.get_object()
        given = LeaveSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        act(case, a_user(data["user"]), actor=reader(request), at=clock.now(), reason=data["reason"])
        return self._detail(case)


def _unit(code: str) -> Unit | None:
    if not code:
        return None
    found: Unit | None = Unit.objects.filter(code=code).first()
    if found is None:
        raise Invalid(_("没有代码为“%(code)s”的单位。") % {"code": code}, details={"unit": _("填写登记册中的单位代码")})
    return found


def _lead(number: str, user: User) -> Lead | None:
    if not number:
        return None
    found: Lead | None = Lead.objects.visible_to(user).filter(number=number).first()
    if found is None:
        raise Invalid(
            _("没有编号为“%(number)s”的线索，或您无权知悉。") % {"number": number},
            details={"lead": _("填写您知悉的线索编号")},
        )
    return found
