"""Addresses of evidence."""

from django.urls import path

from evidence.web import bundles, capture, confirmations, custody, items, lists, previews, stock, takings

app_name = "evidence"
urlpatterns = [
    path("evidence/", lists.items, name="items"),
    path("evidence/scan/", custody.scan, name="scan"),
    path("evidence/custody/", custody.custody, name="custody"),
    path("evidence/decisions/", custody.decisions, name="decisions"),
    path("evidence/confirmations/", confirmations.confirmations, name="confirmations"),
    path("evidence/bundles/", bundles.jobs, name="bundles"),
    path("evidence/bundles/new/", bundles.new, name="new-bundle"),
    path("evidence/bundles/<int:pk>/", bundles.job, name="bundle-job"),
    path("evidence/bundles/<int:pk>/file/", bundles.fetch, name="bundle-file"),
    path("evidence/check-outs/<int:pk>/", custody.check_out, name="check-out"),
    path("evidence/disposals/<int:pk>/", custody.disposal, name="disposal"),
    path("evidence/discrepancies/<int:pk>/", custody.discrepancy, name="discrepancy"),
    path("evidence/capture/", capture.capture, name="capture"),
    path("evidence/capture/worker.js", capture.worker, name="capture-worker"),
    path("evidence/capture/prepared.json", capture.prepared, name="capture-prepared"),
    path("evidence/stock/", stock.sessions, name="stock"),
    path("evidence/stock/<int:pk>/", stock.session, name="stock-take"),
    path("evidence/stock/<int:pk>/close/", stock.close, name="stock-close"),
    path("evidence/takings/", lists.collections, name="collections"),
    path("evidence/takings/new/", takings.new, name="new-collection"),
    path("evidence/takings/<int:pk>/", takings.collection, name="collection"),
    path("evidence/takings/<int:pk>/items/new/", takings.new_item, name="new-item"),
    path("evidence/takings/<int:pk>/close/", takings.close, name="close-collection"),
    path("evidence/takings/<int:pk>/list/", takings.seizure_list, name="seizure-list"),
    path("evidence/takings/<int:pk>/labels/", takings.labels, name="labels"),
    path("evidence/<int:pk>/", items.item, name="item"),
    path("evidence/<int:pk>/reads/", items.reads, name="reads"),
    path("evidence/<int:pk>/label/", takings.label, name="label"),
    path("evidence/<int:pk>/sheet/", custody.sheet, name="sheet"),
    path("evidence/<int:pk>/parts/new/", items.new_part, name="new-part"),
    path("evidence/<int:pk>/files/new/", items.new_file, name="new-file"),
    path("evidence/<int:pk>/files/<int:file_pk>/", items.file, name="file"),
    path("evidence/<int:pk>/files/<int:file_pk>/view/", previews.preview, name="preview"),
    path("evidence/<int:pk>/files/<int:file_pk>/view/<int:number>/", previews.page, name="preview-page"),
    path("evidence/<int:pk>/acts/<slug:page>/", items.act, name="act"),
]
