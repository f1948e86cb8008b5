"""Addresses of the readings of logs and of the timeline."""

from django.urls import path

from evidence.web import attributions, log_columns, log_keepers, logs, pools, timeline

urlpatterns = [
    path("evidence/attributions/", attributions.attributions, name="attributions"),
    path("evidence/attributions/new/", attributions.new, name="new-attribution"),
    path("evidence/attributions/<int:pk>/", attributions.card, name="attribution"),
    path("evidence/attributions/<int:pk>/rework/", attributions.rework, name="attribution-rework"),
    path("evidence/attributions/<int:pk>/evidence/", attributions.add, name="attribution-add"),
    path("evidence/attributions/<int:pk>/submit/", attributions.submit, name="attribution-submit"),
    path("evidence/attributions/<int:pk>/review/", attributions.review, name="attribution-review"),
    path("evidence/pools/", pools.pools, name="pools"),
    path("evidence/<int:pk>/mining/", pools.mining, name="item-mining"),
    path("evidence/timeline/", timeline.timeline, name="timeline"),
    path("evidence/<int:pk>/logs/", logs.item_logs, name="item-logs"),
    path("evidence/<int:pk>/logs/columns/", log_columns.log_columns, name="log-columns"),
    path("evidence/logs/<int:pk>/", logs.run, name="log-run"),
    path("evidence/logs/<int:pk>/clock/", logs.clock_offset, name="log-clock"),
    path("evidence/logs/<int:pk>/keeper/", log_keepers.keeper, name="log-keeper"),
    path("evidence/logs/<int:pk>/raw/", logs.raw, name="log-raw"),
    path("evidence/log-events/<int:pk>/", timeline.event, name="log-event"),
    path("evidence/log-events/<int:pk>/mark/", timeline.mark, name="log-event-mark"),
]
