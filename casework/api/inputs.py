"""What an API operation was sent: checked field by field, and chosen only among rows that the caller may know of."""

from typing import Any

from rest_framework import serializers

from casework.accounts.models import User


def taken(serializer: Any) -> dict[str, Any]:
    """Return what was sent, checked; what is wrong is told field by field."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def within(serializer: Any, **rows: Any) -> Any:
    """Let the named fields choose among the given rows only, so that no other row can be told from none."""
    for name, queryset in rows.items():
        serializer.fields[name].queryset = queryset
    return serializer


def person(**more: Any) -> serializers.PrimaryKeyRelatedField[User]:
    """Return a field that names somebody with an account by id."""
    return serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True), **more)


class StatedReasonInput(serializers.Serializer[Any]):
    """Why it is done."""

    reason = serializers.CharField()
