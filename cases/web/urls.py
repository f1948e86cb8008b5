"""Addresses of cases and inspections."""

from django.urls import path

from cases.web import cases, inspections, investigation, records
from cases.web.penalties_urls import penalty_urlpatterns

app_name = "cases"
urlpatterns = [
    path("cases/", cases.listing, name="list"),
    path("cases/decisions/", cases.decisions, name="decisions"),
    path("cases/new/", cases.file, name="file"),
    path("cases/<int:pk>/", cases.detail, name="detail"),
    path("cases/<int:pk>/step/<slug:name>/", cases.step, name="step"),
    path("cases/<int:pk>/paper/", cases.paper, name="paper"),
    path("cases/<int:pk>/write/<slug:part>/", cases.write, name="write"),
    path("cases/<int:pk>/members/", cases.members, name="members"),
    path("cases/<int:pk>/history/", cases.history, name="history"),
    path("cases/<int:pk>/suspects/add/", investigation.suspect_add, name="suspect-add"),
    path("cases/<int:pk>/suspects/<int:suspect_pk>/", investigation.suspect, name="suspect"),
    path("cases/<int:pk>/suspects/<int:suspect_pk>/facts/", investigation.facts_shown, name="facts-shown"),
    path("cases/<int:pk>/facts/add/", investigation.fact_add, name="fact-add"),
    path("cases/<int:pk>/facts/<int:fact_pk>/", investigation.fact, name="fact"),
    path("cases/<int:pk>/interviews/", records.listing, name="interviews"),
    path("cases/<int:pk>/interviews/add/", records.add, name="interview-add"),
    path("cases/<int:pk>/interviews/<int:interview_pk>/", records.detail, name="interview"),
    path("inspections/", inspections.listing, name="inspections"),
    path("inspections/new/", inspections.plan, name="inspection-plan"),
    path("inspections/today/", inspections.today, name="inspection-today"),
    path("inspections/<int:pk>/", inspections.detail, name="inspection"),
    path("inspections/sites/<int:pk>/", inspections.site, name="site"),
    path("inspections/sites/<int:pk>/arrive/", inspections.arrive, name="site-arrive"),
    path("inspections/sites/<int:pk>/confirm/", inspections.confirm, name="site-confirm"),
    path("inspections/sites/<int:pk>/photo/", inspections.photo, name="site-photo"),
    path("inspections/sites/<int:pk>/interviews/add/", records.site_add, name="site-interview-add"),
    path("inspections/sites/<int:pk>/interviews/<int:interview_pk>/", records.site_detail, name="site-interview"),
]
urlpatterns += penalty_urlpatterns
