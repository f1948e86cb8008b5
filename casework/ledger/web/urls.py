"""Addresses of the record and of the log."""

from django.urls import path, re_path

from casework.ledger.refs import SHAPE
from casework.ledger.web import check, erasures, log, sheet, views

app_name = "ledger"
urlpatterns = [
    path("trail/", views.home, name="home"),
    path("trail/all/", views.everything, name="all"),
    path("trail/check/", check.check, name="check"),
    path("trail/entry/<int:pk>/", views.entry, name="entry"),
    path("trail/entry/<int:pk>/erasure/", erasures.ask, name="erasure"),
    path("trail/erasure/<int:pk>/approve/", erasures.approve, name="erasure-approve"),
    path("trail/sheet/", sheet.sheet, name="sheet"),
    path("trail/sheet/<int:size>/", sheet.sheet, name="sheet-of"),
    re_path(rf"^trail/(?P<ref>{SHAPE})/$", views.trail, name="trail"),
    path("ledger/checkpoint", log.checkpoint, name="checkpoint"),
    path("ledger/vkey", log.vkey, name="vkey"),
    path("ledger/verify.py", log.verifier, name="verifier"),
    path("ledger/policy", log.policy, name="policy"),
    path("ledger/checkpoints/<int:size>", log.own_note, name="own-note"),
    path("ledger/timestamps/<int:size>.tsr", log.timestamp, name="timestamp"),
    path("ledger/tile/<path:path>", log.tile, name="tile"),
    path("ledger/consistency/<int:old>/<int:new>", log.consistency, name="consistency"),
    path("ledger/entries/<int:pk>/proof", log.proof, name="proof"),
    path("ledger/entries/<int:pk>/leaf", log.leaf, name="leaf"),
]
