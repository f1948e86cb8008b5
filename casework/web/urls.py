"""Addresses of the shell."""

from django.urls import path

from casework.web import views

app_name = "web"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("help/", views.help_page, name="help"),
    path("_components/", views.components, name="components"),
]
