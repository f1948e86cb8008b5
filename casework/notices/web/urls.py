"""Addresses of notices."""

from django.urls import path

from casework.notices.web import views, words

app_name = "notices"
words.register()
urlpatterns = [
    path("notices/", views.inbox, name="inbox"),
    path("notices/<uuid:pk>/", views.open_notice, name="open"),
    path("notices/<uuid:pk>/acknowledge/", views.acknowledge_notice, name="acknowledge"),
]
