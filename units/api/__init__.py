"""The register, monitoring, leads and campaigns over the API."""

from units.api import leads, monitoring, register

routes = [*register.routes, *monitoring.routes, *leads.routes]
