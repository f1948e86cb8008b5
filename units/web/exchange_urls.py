"""Addresses of letters with other agencies, of relapses, and of what changed between two lists."""

from django.urls import path

from units.web import (
    change_sets,
    exchange_nav,  # noqa: F401  the side bar's entries are registered by being imported
    hand_overs,
    liabilities,
    list_changes,
    lookups,
    many,
)

urlpatterns = [
    path("sightings/lists/<int:pk>/addresses/", list_changes.addresses, name="list-addresses"),
    path("sightings/lists/<int:pk>/lookup/", lookups.lookup_new, name="lookup-new"),
    path("sightings/lists/<int:pk>/hand-over/", hand_overs.hand_over_list_new, name="hand-over-list-new"),
    path("lookups/", lookups.lookups, name="lookups"),
    path("lookups/<int:pk>/", lookups.lookup, name="lookup"),
    path("lookups/<int:pk>/receive/", lookups.receive, name="lookup-receive"),
    path("lookups/<int:pk>/answer/", lookups.answer, name="lookup-answer"),
    path("lookups/<int:pk>/take-in/", lookups.take_in, name="lookup-take-in"),
    path("lookups/<int:pk>/close/", lookups.close, name="lookup-close"),
    path("lookups/<int:pk>/answer.file", lookups.lookup_file, name="lookup-file"),
    path("lookups/<int:pk>/addresses.csv", lookups.lookup_addresses, name="lookup-addresses"),
    path("hand-overs/", hand_overs.hand_overs, name="hand-overs"),
    path("hand-overs/new/", hand_overs.bring, name="hand-over-bring"),
    path("hand-overs/<int:pk>/", hand_overs.hand_over, name="hand-over"),
    path("hand-overs/<int:pk>/receive/", hand_overs.receive, name="hand-over-receive"),
    path("hand-overs/<int:pk>/return/", hand_overs.send_back, name="hand-over-return"),
    path("hand-overs/<int:pk>/answer/", hand_overs.answer, name="hand-over-answer"),
    path("hand-overs/<int:pk>/close/", hand_overs.close, name="hand-over-close"),
    path("hand-overs/<int:pk>/lead/", hand_overs.raise_lead, name="hand-over-raise"),
    path("hand-overs/<int:pk>/attachment", hand_overs.hand_over_file, name="hand-over-file"),
    path("hand-overs/<int:pk>/addresses.csv", hand_overs.hand_over_list, name="hand-over-addresses"),
    path("leads/<int:pk>/hand-over/", hand_overs.hand_over_lead_new, name="hand-over-new"),
    path("relapses/", liabilities.liabilities, name="liabilities"),
    path("relapses/<int:pk>/", liabilities.liability, name="liability"),
    path("relapses/<int:pk>/talk/", liabilities.talk, name="liability-talk"),
    path("relapses/<int:pk>/decide/", liabilities.decide, name="liability-decide"),
    path("relapses/<int:pk>/reopen/", liabilities.reopen, name="liability-reopen"),
    path("leads/many/", many.many, name="leads-many"),
    path("leads/changes/", change_sets.change_sets, name="change-sets"),
    path("leads/changes/<int:pk>/", change_sets.change_set, name="change-set"),
    path("leads/changes/<int:pk>/undo/", change_sets.undo, name="change-set-undo"),
]
