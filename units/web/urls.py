"""Addresses of the register, of monitoring and of leads; campaigns and the portal have their own."""

from django.urls import path

from units.web import (
    campaign_urls,
    exchange_urls,
    leads,
    monitoring_pages,
    register_acts,
    register_pages,
    register_tree,
    triage,
)

app_name = "units"
urlpatterns = [
    path("units/", register_pages.units, name="units"),
    path("units/<int:pk>/", register_pages.unit, name="unit"),
    path("units/tree/", register_tree.tree, name="tree"),
    path("units/<int:pk>/change/<slug:act>/", register_acts.change, name="unit-change"),
    path("addresses/registrations/", register_tree.registrations, name="registrations"),
    path("addresses/registrations/<int:pk>/", register_tree.registration, name="registration"),
    path("people/", register_pages.people, name="people"),
    path("people/<int:pk>/", register_pages.person, name="person"),
    path("addresses/", register_pages.addresses, name="addresses"),
    path("addresses/holder/", register_acts.holder, name="holder"),
    path("addresses/conflicts/", register_pages.conflicts, name="conflicts"),
    path("addresses/conflicts/<int:pk>/", register_pages.conflict, name="conflict"),
    path("sightings/", monitoring_pages.sightings, name="sightings"),
    path("sightings/<int:pk>/", monitoring_pages.sighting, name="sighting"),
    path("sightings/lists/", monitoring_pages.lists, name="monitor-lists"),
    path("sightings/lists/<int:pk>/", monitoring_pages.monitor_list, name="monitor-list"),
    path("sightings/lists/<int:pk>/leads/", monitoring_pages.raise_from, name="raise-leads"),
    path("sightings/lists/<int:pk>/match/", monitoring_pages.match, name="match"),
    path("leads/", triage.triage, name="leads"),
    path("leads/table/", leads.table, name="lead-table"),
    path("leads/undo/", leads.undo_many, name="leads-undo"),
    path("leads/<int:pk>/", triage.lead, name="lead"),
    path("leads/<int:pk>/handle/", triage.handle, name="lead-handle"),
    path("leads/<int:pk>/draft/", triage.keep_draft, name="lead-draft"),
    path("leads/<int:pk>/undo/", triage.undo, name="lead-undo"),
    path("leads/<int:pk>/move/", triage.move, name="lead-move"),
    path("leads/<int:pk>/assign/", triage.assign, name="lead-assign"),
    path("leads/<int:pk>/classify/", triage.classify, name="lead-classify"),
    path("leads/<int:pk>/questions/<slug:kind>/", triage.question, name="lead-question"),
    *exchange_urls.urlpatterns,
    *campaign_urls.urlpatterns,
]
