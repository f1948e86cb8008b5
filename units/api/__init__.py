"""The register, monitoring, leads and campaigns over the API."""

from units.api import campaigns, leader, leads, monitoring, register, reviews

routes = [*register.routes, *monitoring.routes, *leads.routes, *campaigns.routes, *reviews.routes, *leader.routes]
