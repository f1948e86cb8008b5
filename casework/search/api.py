"""The search over the API."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from casework.accounts.requests import reader
from casework.search.registry import search


class HitSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()
    second = serializers.CharField()


class GroupSerializer(serializers.Serializer[Any]):
    """The hits of one kind; ``more`` says that there are more than ``count``."""

    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    more = serializers.BooleanField()
    hits = HitSerializer(many=True)


class SearchViewSet(ViewSet):
    """Find people, units, addresses, numbers among what the caller may see."""

    @extend_schema(parameters=[OpenApiParameter("q", str, required=True)], responses=GroupSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Hits by kind."""
        text = request.query_params.get("q", "")[:100]
        return Response(GroupSerializer(search(reader(request), text), many=True).data)


routes = [("search", SearchViewSet, "search")]
