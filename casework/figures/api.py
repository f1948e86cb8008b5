"""A campaign's figures over the API: the same computation as the page and the command."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cases.models import Case
from casework.access.policy import get_visible, require
from casework.accounts.requests import reader
from casework.api.inputs import taken, within
from casework.core import clock
from casework.core.errors import Invalid
from casework.figures.definition import Scope
from casework.figures.models import EnergyFactors, Summary, Tariff
from casework.figures.selectors import compute_figures, contradictions
from casework.figures.services.claims import cite_case, enter_claim, enter_factors, enter_tariff, explain
from casework.figures.services.summaries import publish_summary
from units.models import Campaign


class FigureSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    value = serializers.JSONField()
    unit = serializers.CharField(allow_blank=True)
    definition = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    list = serializers.CharField()


class ContradictionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()
    figures = serializers.DictField()
    reason = serializers.CharField(allow_blank=True)


class FiguresSerializer(serializers.Serializer[Any]):
    campaign = serializers.CharField()
    as_of = serializers.DateField()
    figures = FigureSerializer(many=True)
    unexplained = ContradictionSerializer(many=True)


class SummarySerializer(serializers.ModelSerializer[Summary]):
    """A summary as it was published."""

    class Meta:
        model = Summary
        fields = ("number", "as_of", "content", "digest", "published_at", "published_by")
        read_only_fields = fields


class ExplainInput(serializers.Serializer[Any]):
    """Which difference, and why."""

    key = serializers.CharField(max_length=120)
    reason = serializers.CharField()


class ClaimInput(serializers.Serializer[Any]):
    """A count that somebody published; ``beside`` is our own figure with the same meaning."""

    key = serializers.CharField(max_length=80)
    value = serializers.DecimalField(max_digits=20, decimal_places=4)
    as_of = serializers.DateField()
    source: Any = serializers.CharField(max_length=200)
    beside = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class CiteInput(serializers.Serializer[Any]):
    """A case and the name under which it was reported."""

    code = serializers.SlugField(max_length=40)
    case = serializers.PrimaryKeyRelatedField(queryset=Case.objects.none())
    source: Any = serializers.CharField(max_length=200)


_CODE = OpenApiParameter("code", str, OpenApiParameter.PATH)


class FiguresViewSet(GenericViewSet[Any]):
    """``GET /figures/<campaign code>/?as_of=``"""

    serializer_class = FiguresSerializer
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]+"
    queryset = Campaign.objects.none()
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        parameters=[
            OpenApiParameter("as_of", str, description="A day such as 2021-12-15; today when left out."),
            OpenApiParameter("code", str, OpenApiParameter.PATH),
        ]
    )
    def retrieve(self, request: Request, code: str) -> Response:
        """Return every figure the reader may know of, and what does not fit."""
        campaign = get_visible(Campaign.objects, reader(request), code=code)
        given = request.query_params.get("as_of")
        as_of = serializers.DateField().to_internal_value(given) if given else clock.today()
        scope = Scope(campaign, as_of, reader(request))
        figures = compute_figures(scope)
        return Response(
            {
                "campaign": campaign.code,
                "as_of": as_of.isoformat(),
                "figures": [
                    {
                        "key": key,
                        "label": str(figure.definition.label),
                        "value": figure.value,
                        "unit": str(figure.definition.unit),
                        "definition": str(figure.definition.words),
                        "source": str(figure.definition.source),
                        "list": figure.url,
                    }
                    for key, figure in figures.items()
                ],
                "unexplained": [
                    {"key": item.key, "text": item.text, "figures": dict(item.figures), "reason": item.reason}
                    for item in contradictions(scope, figures)
                ],
            }
        )

    def _scope(self, code: str) -> Scope:
        user = reader(self.request)
        return Scope(get_visible(Campaign.objects, user, code=code), clock.today(), user)

    def _by(self) -> dict[str, Any]:
        return {"actor": reader(self.request), "at": clock.now()}

    @extend_schema(request=ExplainInput, responses={201: None}, parameters=[_CODE])
    @action(detail=True, methods=["post"])
    def explain(self, request: Request, code: str) -> Response:
        """State why figures differ; it holds for these numbers and no others."""
        scope = self._scope(code)
        require(reader(request), "figure.explain", scope.campaign)
        given = taken(ExplainInput(data=request.data))
        found = contradictions(scope, compute_figures(scope))
        item = next((one for one in found if one.key == given["key"]), None)
        if item is None:
            raise Invalid(_("没有这处差异，可能已经消除。可以刷新后再看。"), details={"key": given["key"]})
        explain(item, scope.campaign, given["reason"], **self._by())
        return Response(status=201)

    @extend_schema(request=None, responses={201: SummarySerializer}, parameters=[_CODE])
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, code: str) -> Response:
        """Publish a summary of the figures as they are; refused while something is unexplained."""
        return Response(SummarySerializer(publish_summary(self._scope(code), **self._by())).data, status=201)

    @extend_schema(responses=SummarySerializer(many=True), parameters=[_CODE])
    @action(detail=True, methods=["get"])
    def summaries(self, request: Request, code: str) -> Response:
        """Return the published summaries, the newest first (100)."""
        rows = Summary.objects.visible_to(reader(request)).filter(campaign=self._scope(code).campaign)
        return Response(SummarySerializer(rows.order_by("-number")[:100], many=True).data)

    @extend_schema(request=ClaimInput, responses={201: None}, parameters=[_CODE])
    @action(detail=True, methods=["post"])
    def claims(self, request: Request, code: str) -> Response:
        """Keep a count that a source published beside ours; the same again changes nothing."""
        given = taken(ClaimInput(data=request.data))
        enter_claim(self._scope(code).campaign, given.pop("key"), given.pop("value"), **given, **self._by())
        return Response(status=201)

    @extend_schema(request=CiteInput, responses={201: None}, parameters=[_CODE])
    @action(detail=True, methods=["post"])
    def cases(self, request: Request, code: str) -> Response:
        """Note under which name a case of the campaign was reported in public."""
        scope = self._scope(code)
        given = taken(within(CiteInput(data=request.data), case=Case.objects.visible_to(reader(request))))
        cite_case(scope.campaign, given["code"], given["case"], source=given["source"], **self._by())
        return Response(status=201)


class FactorsSerializer(serializers.ModelSerializer[EnergyFactors]):
    """One version of the factors by which addresses become electricity, coal and carbon."""

    class Meta:
        model = EnergyFactors
        fields = (
            "id", "code", "name", "kwh_per_address_day", "kgce_per_kwh", "kgco2_per_kwh", "kw_low", "kw_high",
            "source", "valid_from",
        )  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {"code": {"validators": []}}


class TariffSerializer(serializers.ModelSerializer[Tariff]):
    """A province's surcharge from a day on, yuan per kWh."""

    class Meta:
        model = Tariff
        fields = ("id", "province", "from_on", "surcharge", "note", "source")
        validators: ClassVar[list[Any]] = []


class _Converting(mixins.ListModelMixin, GenericViewSet[Any]):
    """What converts addresses and electricity: read by the commission, entered by campaign officers."""

    def get_queryset(self) -> Any:
        rows = self.model.objects.order_by("pk")  # type: ignore[attr-defined]
        if getattr(self, "swagger_fake_view", False) or not reader(self.request).is_commission:
            return rows.none()
        return rows


class FactorsViewSet(_Converting):
    """Energy factors by version; a version is never changed."""

    model = EnergyFactors
    serializer_class = FactorsSerializer

    def create(self, request: Request) -> Response:
        """Add a version; the same again changes nothing, the name of another version is refused."""
        require(reader(request), "figure.factors")
        given = taken(FactorsSerializer(data=request.data))
        row = enter_factors(given.pop("code"), **given, actor=reader(request), at=clock.now())
        return Response(FactorsSerializer(row).data, status=201)


class TariffViewSet(_Converting):
    """Surcharges by province and day."""

    model = Tariff
    serializer_class = TariffSerializer

    def create(self, request: Request) -> Response:
        """Add a surcharge from a day on; the same again changes nothing, another one for that day is refused."""
        require(reader(request), "figure.factors")
        given = taken(TariffSerializer(data=request.data))
        row = enter_tariff(given.pop("province"), **given, actor=reader(request), at=clock.now())
        return Response(TariffSerializer(row).data, status=201)


routes: list[tuple[str, Any, str]] = [
    ("figures", FiguresViewSet, "figures"),
    ("energy-factors", FactorsViewSet, "energy-factor"),
    ("tariffs", TariffViewSet, "tariff"),
]
