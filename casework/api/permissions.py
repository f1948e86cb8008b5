"""What holds for every route of the API before its view looks at the request."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from casework.access.readers import may_write
from casework.accounts.requests import reader
from casework.core.errors import NotAllowed


class ReadersDoNotWrite(BasePermission):
    """Refuses what an auditor would write; see ``casework.access.readers``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return True
        match = request.resolver_match
        if may_write(reader(request), "api", f"api:{match.url_name}" if match else ""):
            return True
        raise NotAllowed(_("不能办理：您的职责只是查阅。可以请有职责的同事办理。"))
