"""Addresses of notices."""

from django.urls import path

from casework.notices.web import views, words  # noqa: F401  words registers the states of notices

app_name = "notices"
urlpatterns = [
    path("notices/", views.inbox, name="inbox"),
    path("notices/<uuid:pk>/", views.open_notice, name="open"),
    path("notices/<uuid:pk>/acknowledge/", views.acknowledge_notice, name="acknowledge"),
]
