"""Addresses of the readings of logs and of the timeline."""

from django.urls import path

from evidence.web import log_columns, logs, timeline

urlpatterns = [
    path("evidence/timeline/", timeline.timeline, name="timeline"),
    path("evidence/<int:pk>/logs/", logs.item_logs, name="item-logs"),
    path("evidence/<int:pk>/logs/columns/", log_columns.log_columns, name="log-columns"),
    path("evidence/logs/<int:pk>/", logs.run, name="log-run"),
    path("evidence/logs/<int:pk>/clock/", logs.clock_offset, name="log-clock"),
    path("evidence/logs/<int:pk>/raw/", logs.raw, name="log-raw"),
    path("evidence/log-events/<int:pk>/", timeline.event, name="log-event"),
    path("evidence/log-events/<int:pk>/mark/", timeline.mark, name="log-event-mark"),
]
