"""The register, monitoring, leads and campaigns over the API."""

from units.api import campaigns, exchange, leader, leads, monitoring, papers, register, relapses, reviews

routes = [
    *register.routes,
    *monitoring.routes,
    *leads.routes,
    *exchange.routes,
    *relapses.routes,
    *campaigns.routes,
    *reviews.routes,
    *papers.routes,
    *leader.routes,
]
