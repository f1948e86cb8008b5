"""What holds for every route of the API before its view looks at the request."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from casework.access.readers import refuse_reader
from casework.accounts.requests import reader


class ReadersDoNotWrite(BasePermission):
    """Refuses what an auditor would write; see ``casework.access.readers``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return True
        match = request.resolver_match
        refuse_reader(reader(request), "api", f"api:{match.url_name}" if match else "")
        return True
