"""Addresses of penalties and recoveries; taken in by ``cases.web.urls``."""

from django.urls import path

from cases.web import appeals, bodies, penalties, preparation, reconciliation, recoveries

penalty_urlpatterns = [
    path("penalties/", penalties.listing, name="penalties"),
    path("penalties/approvals/", penalties.waiting, name="penalty-approvals"),
    path("penalties/new/<int:suspect_pk>/", penalties.new, name="penalty-new"),
    path("penalties/<int:pk>/", penalties.detail, name="penalty"),
    path("penalties/<int:pk>/edit/", penalties.edit, name="penalty-edit"),
    path("penalties/<int:pk>/step/<slug:name>/", penalties.step, name="penalty-step"),
    path("penalties/<int:pk>/approval/", penalties.approval, name="penalty-approval"),
    path("penalties/<int:pk>/decision/", penalties.document, name="penalty-document"),
    path("penalties/<int:pk>/appeals/new/", appeals.new, name="appeal-new"),
    path("penalties/appeals/<int:pk>/", appeals.detail, name="appeal"),
    path("penalties/tasks/<int:pk>/", penalties.task, name="penalty-task"),
    path("penalties/bodies/", bodies.listing, name="bodies"),
    path("penalties/bodies/new/<int:case_pk>/", bodies.new, name="body-new"),
    path("penalties/bodies/<int:pk>/", bodies.detail, name="body"),
    path("penalties/bodies/<int:pk>/edit/", bodies.edit, name="body-edit"),
    path("penalties/bodies/<int:pk>/step/<slug:name>/", bodies.step, name="body-step"),
    path("penalties/bodies/<int:pk>/paper/", bodies.document, name="body-document"),
    path("penalties/prepare/", preparation.page, name="penalty-prepare"),
    path("penalties/recoveries/reconciliation/", reconciliation.page, name="reconciliation"),
    path("penalties/recoveries/surcharge/<int:case_pk>/", reconciliation.surcharge, name="surcharge-new"),
    path("penalties/recoveries/", recoveries.listing, name="recoveries"),
    path("penalties/recoveries/new/<int:case_pk>/", recoveries.new, name="recovery-new"),
    path("penalties/recoveries/<int:pk>/", recoveries.detail, name="recovery"),
]
urlpatterns = penalty_urlpatterns
