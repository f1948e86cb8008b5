"""A campaign's figures over the API: the same computation as the page and the command."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from casework.access.policy import get_visible
from casework.accounts.requests import reader
from casework.core import clock
from casework.figures.definition import Scope
from casework.figures.selectors import compute_figures, contradictions
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


routes = [("figures", FiguresViewSet, "figures")]
