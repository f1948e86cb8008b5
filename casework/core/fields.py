"""Field types that Django lacks."""

import ipaddress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from casework.core import crypto

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text encrypted at rest (see ``core.crypto``); cannot be searched, only read back."""

    def _place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value: str | None, *args: object) -> str | None:
        return crypto.decrypt(value, self._place()) if value else value

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return crypto.encrypt(text, self._place()) if text else text


class CidrField(models.Field):  # type: ignore[type-arg]
    """A network in PostgreSQL's ``cidr`` type; Python sees ``ipaddress`` networks."""

    description = "IPv4 or IPv6 network"

    def db_type(self, connection: Any) -> str:
        return "cidr"

    def from_db_value(self, value: Any, *args: object) -> Network | None:
        return None if value is None else ipaddress.ip_network(str(value))

    def to_python(self, value: Any) -> Network | None:
        if value is None or isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
            return value
        try:
            return ipaddress.ip_network(str(value))
        except ValueError as error:
            raise ValidationError(_("“%(value)s”不是网段，例如 10.1.2.0/24") % {"value": value}) from error

    def get_prep_value(self, value: Any) -> str | None:
        network = self.to_python(value)
        return None if network is None else str(network)
