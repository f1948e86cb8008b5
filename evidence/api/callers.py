"""What the views of evidence share: who calls, and what was sent."""

from typing import Any

from rest_framework.request import Request

from casework.accounts.models import User


def caller(request: Request) -> User:
    """Return the caller, who has been authenticated."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def taken(serializer: Any) -> dict[str, Any]:
    """Return what was sent, checked; what is wrong is told field by field."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def within(serializer: Any, **rows: Any) -> Any:
    """Let the named fields choose among the given rows only, so that no other row can be told from none."""
    for name, queryset in rows.items():
        serializer.fields[name].queryset = queryset
    return serializer
