"""Addresses of documents."""

from django.urls import path, re_path

from casework.documents.web import acts, files, pages, templates
from casework.ledger.refs import SHAPE

app_name = "documents"
_REF = rf"(?P<ref>{SHAPE})"
urlpatterns = [
    path("documents/", pages.listing, name="list"),
    path("documents/templates/", templates.listing, name="templates"),
    path("documents/templates/<slug:code>/", templates.detail, name="template"),
    path("documents/templates/<slug:code>/edit/", templates.edit, name="template-edit"),
    path("documents/templates/<slug:code>/pages/<int:number>.png", templates.page, name="template-page"),
    re_path(
        r"^documents/templates/own/(?P<pk>[0-9]{1,18})/(?P<how>on|off)/$", templates.switch, name="template-switch"
    ),
    path("documents/jobs/<int:pk>/", files.job, name="job"),
    path("documents/jobs/<int:pk>/cancel/", files.cancel, name="job-cancel"),
    path("documents/jobs/<int:pk>/file.pdf", files.file, name="job-file"),
    re_path(rf"^documents/new/{_REF}/(?P<code>[a-z_]{{1,40}})/$", acts.new, name="new"),
    re_path(rf"^documents/file/{_REF}/$", files.bind, name="bind"),
    path("documents/<int:pk>/", pages.detail, name="detail"),
    path("documents/<int:pk>/edit/", acts.edit, name="edit"),
    path("documents/<int:pk>/check/", pages.check, name="check"),
    path("documents/<int:pk>/signed.png", pages.signed_page, name="signed-page"),
    path("documents/<int:pk>/pages/<int:number>.png", pages.page, name="page"),
    re_path(r"^documents/(?P<pk>[0-9]{1,18})/document\.(?P<what>pdf|docx|signed)$", pages.file, name="file"),
    path("documents/<int:pk>/<slug:name>/", acts.act, name="act"),
]
