"""Addresses of the record."""

from django.urls import path, re_path

from casework.ledger.web import views

app_name = "ledger"
urlpatterns = [
    path("trail/", views.home, name="home"),
    path("trail/all/", views.everything, name="all"),
    path("trail/entry/<int:pk>/", views.entry, name="entry"),
    re_path(r"^trail/(?P<ref>[a-z_]{1,40}:[0-9]{1,18})/$", views.trail, name="trail"),
]
