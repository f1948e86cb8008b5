"""Addresses of a campaign's figures."""

from django.urls import path

from casework.figures.web import entering, views

app_name = "figures"
urlpatterns = [
    path("campaigns/<slug:code>/figures/", views.figures, name="list"),
    path("campaigns/<slug:code>/figures/explain/", views.explain_difference, name="explain"),
    path("campaigns/<slug:code>/figures/publish/", views.publish, name="publish"),
    path("campaigns/<slug:code>/figures/energy/", views.energy_page, name="energy"),
    path("campaigns/<slug:code>/figures/summaries/<int:number>/", views.summary, name="summary"),
    path("campaigns/<slug:code>/figures/energy/factors/new/", entering.new_factors, name="new-factors"),
    path("campaigns/<slug:code>/figures/energy/tariffs/new/", entering.new_tariff, name="new-tariff"),
    path("campaigns/<slug:code>/figures/claims/new/", entering.new_claim, name="new-claim"),
    path("campaigns/<slug:code>/figures/citations/new/", entering.new_citation, name="new-citation"),
    path("campaigns/<slug:code>/figures/<str:key>/", views.rows, name="rows"),
]
