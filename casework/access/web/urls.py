"""Addresses of the administrators' pages and of one's own account."""

from django.urls import path

from casework.access.web import views

app_name = "access"
urlpatterns = [
    path("account/", views.own_account, name="own_account"),
    path("account/tokens/<int:pk>/revoke/", views.revoke, name="revoke_token"),
    path("administration/accounts/", views.accounts, name="accounts"),
    path("administration/accounts/new/", views.open_account, name="open_account"),
    path("administration/accounts/<int:pk>/", views.account, name="account"),
    path("administration/accounts/<int:pk>/roles/", views.appoint, name="appoint"),
    path("administration/accounts/<int:pk>/roles/<int:appointment>/end/", views.dismiss, name="dismiss"),
    path("administration/accounts/<int:pk>/close/", views.close, name="close"),
    path("administration/accounts/<int:pk>/password/", views.password, name="password"),
    path("administration/compartments/", views.compartments, name="compartments"),
    path("administration/audit/", views.audit, name="audit"),
]
