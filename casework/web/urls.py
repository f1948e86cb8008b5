"""Addresses of the shell."""

from django.urls import path

from casework.web import health, views

app_name = "web"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("help/", views.help_page, name="help"),
    path("_components/", views.components, name="components"),
]
