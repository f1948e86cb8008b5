"""Addresses of deadlines."""

from django.urls import path

from casework.deadlines.web import acts, holidays, views

app_name = "deadlines"
urlpatterns = [
    path("deadlines/", views.deadlines, name="list"),
    path("deadlines/<int:pk>/", views.detail, name="detail"),
    path("deadlines/<int:pk>/<slug:key>/", acts.act, name="act"),
    path("holidays/", holidays.holidays, name="holidays"),
    path("holidays/edit/", holidays.edit, name="holiday-edit"),
    path("holidays/remove/", holidays.remove, name="holiday-remove"),
]
