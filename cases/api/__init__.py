"""REST API of cases and inspections; the routes are read by ``casework.urls``."""

from typing import Any

from cases.api.appeals import AppealViewSet
from cases.api.bodies import BodyDecisionViewSet
from cases.api.cases import CaseViewSet
from cases.api.inspections import InspectionViewSet, SiteViewSet
from cases.api.integrity import routes as integrity_routes
from cases.api.investigation import FactViewSet, SuspectViewSet
from cases.api.penalties import routes as penalty_routes
from cases.api.records import InterviewViewSet
from cases.api.reporters import ReporterViewSet
from cases.api.work import routes as work_routes

routes: list[tuple[str, Any, str]] = [
    ("cases", CaseViewSet, "case"),
    ("suspects", SuspectViewSet, "suspect"),
    ("facts", FactViewSet, "fact"),
    ("interviews", InterviewViewSet, "interview"),
    ("inspections", InspectionViewSet, "inspection"),
    ("inspection-sites", SiteViewSet, "inspection-site"),
    ("reporters", ReporterViewSet, "reporter"),
    *work_routes,
    *integrity_routes,
    *penalty_routes,
    ("appeals", AppealViewSet, "appeal"),
    ("body-decisions", BodyDecisionViewSet, "body-decision"),
]
