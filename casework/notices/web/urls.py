"""Addresses of notices."""

from django.urls import path

from casework.notices.web import failed, feed, letters, settings, told, views, words

app_name = "notices"
words.register()
urlpatterns = [
    path("notices/", views.inbox, name="inbox"),
    path("notices/failed/", failed.failed, name="failed"),
    path("notices/settings/", settings.preferences, name="preferences"),
    path("notices/settings/calendar/", settings.feed_made, name="feed-made"),
    path("notices/settings/calendar/revoke/", settings.feed_revoked, name="feed-revoked"),
    path("notices/<uuid:pk>/", views.open_notice, name="open"),
    path("notices/<uuid:pk>/acknowledge/", views.acknowledge_notice, name="acknowledge"),
    path("notices/told/<int:pk>/", told.told, name="told"),
    path("letters/", letters.letters, name="letters"),
    path("letters/<int:pk>/", letters.letter, name="letter"),
    path("letters/<int:pk>/sign/", letters.sign, name="letter-sign"),
    path("letters/<int:pk>/void/", letters.void, name="letter-void"),
    path("calendar/<str:token>.ics", feed.feed, name="feed"),
]
