"""Addresses of campaigns, self-inspections and the units' portal."""

from django.urls import path

from units.web import (
    campaign_units,
    campaigns,
    portal,
    portal_questions,
    portal_sheets,
    portal_versions,
    reports,
    review_acts,
)

_IN = "portal/self-inspections/<int:pk>/"

urlpatterns = [
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.new_campaign, name="campaign-new"),
    path("campaigns/<slug:code>/", campaigns.campaign, name="campaign"),
    path("campaigns/<slug:code>/urge/", campaigns.urge, name="campaign-urge"),
    path("campaigns/<slug:code>/issue/", campaigns.issue, name="campaign-issue"),
    path("campaigns/<slug:code>/draw/", review_acts.draw, name="campaign-draw"),
    path("campaigns/<slug:code>/units/", campaign_units.units, name="campaign-units"),
    path("campaigns/<slug:code>/units/choose/", campaign_units.choose_units, name="campaign-choose"),
    path("campaigns/<slug:code>/units/<int:pk>/", campaign_units.campaign_unit, name="campaign-unit"),
    path("campaigns/<slug:code>/units/<int:pk>/rectify/", review_acts.order, name="campaign-order"),
    path("self-inspections/", reports.reports, name="self-inspections"),
    path("self-inspections/<int:pk>/", reports.inspection, name="self-inspection"),
    path("self-inspections/<int:pk>/return/", reports.send_back, name="self-inspection-return"),
    path("self-inspections/<int:pk>/versions/<int:number>/", reports.version, name="self-inspection-version"),
    path(
        "self-inspections/<int:pk>/files/<int:attachment>/",
        portal_questions.office_attachment,
        name="self-inspection-file",
    ),
    path("self-inspections/<int:pk>/spot-checks/<int:check>/", review_acts.end_spot_check, name="spot-check"),
    path("self-inspections/<int:pk>/steps/<slug:name>/", reports.step, name="self-inspection-step"),
    path("campaigns/rectifications/<int:pk>/", review_acts.rectification, name="rectification"),
    path("campaigns/rectifications/<int:pk>/proof/", review_acts.proof, name="rectification-proof"),
    path("portal/", portal.home, name="portal"),
    path(_IN, portal.report, name="portal-report"),
    path(f"{_IN}acknowledge/", portal.sign_for, name="portal-acknowledge"),
    path(f"{_IN}sign/", portal.sign, name="portal-sign"),
    path(f"{_IN}versions/<int:number>/", portal_versions.version, name="portal-version"),
    path(f"{_IN}files/<int:attachment>/", portal_questions.attachment, name="portal-file"),
    path(f"{_IN}files/<int:attachment>/drop/", portal_questions.drop_attachment, name="portal-file-drop"),
    path(f"{_IN}<slug:code>/", portal_questions.question, name="portal-question"),
    path(f"{_IN}<slug:code>/files/", portal_questions.add_attachment, name="portal-attach"),
    path(f"{_IN}<slug:code>/rows/new/", portal_sheets.new_row, name="portal-row-new"),
    path(f"{_IN}<slug:code>/rows/import/", portal_sheets.import_sheet, name="portal-rows-import"),
    path(f"{_IN}<slug:code>/rows/template/", portal_sheets.sheet_template, name="portal-rows-template"),
    path(f"{_IN}<slug:code>/rows/<int:row>/", portal_sheets.edit_row, name="portal-row"),
    path(f"{_IN}<slug:code>/rows/<int:row>/drop/", portal_sheets.drop_row, name="portal-row-drop"),
    path("portal/rectifications/<int:pk>/", portal_versions.rectification, name="portal-rectification"),
    path("portal/rectifications/<int:pk>/proof/", portal_versions.own_proof, name="portal-rectification-proof"),
]
