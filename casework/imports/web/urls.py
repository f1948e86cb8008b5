"""Addresses of imports."""

from django.urls import path

from casework.imports.web import columns, views

app_name = "imports"
urlpatterns = [
    path("imports/", views.runs, name="list"),
    path("imports/new/", views.new, name="new"),
    path("imports/<int:pk>/", views.run, name="run"),
    path("imports/<int:pk>/columns/", columns.columns, name="columns"),
    path("imports/<int:pk>/apply/", views.apply, name="apply"),
    path("imports/<int:pk>/undo/", views.undo, name="undo"),
    path("imports/<int:pk>/discard/", views.discard, name="discard"),
    path("imports/<int:pk>/refused.csv", views.refused, name="refused"),
]
