"""The way back from a row for each keeping of the same bytes to one row for all: nothing of the later ones is lost."""

from importlib import import_module

import pytest
from django.db import connection

from casework.files.models import Blob
from casework.search.models import PageText, Reading
from casework.search.services.reading import read_file
from evidence.models import ItemFile
from evidence.services.files import add_file
from tests.build_evidence import START, an_item
from tests.cast import Cast

BACKWARDS = (
    "casework.search.migrations.0004_every_keeping_is_read",
    "casework.files.migrations.0004_every_keeping_is_a_row",
)


@pytest.mark.django_db
def test_backwards_the_first_keeping_stands_for_all(cast: Cast) -> None:
    contents = (b"pool login", b"pool login", b"another text")
    files = [add_file(an_item(cast), [text], name="a.log", actor=cast.officer, at=START) for text in contents]
    for file in files:
        read_file(Reading.objects.get(blob=file.blob).pk, at=START)
    first, later, bystander = (file.blob_id for file in files)
    assert later != first

    with connection.cursor() as cursor:
        for name in BACKWARDS:
            cursor.execute(import_module(name).FIRST_ALONE)

    kept = ItemFile.objects.filter(pk__in=[file.pk for file in files]).order_by("pk")
    assert list(kept.values_list("blob_id", flat=True)) == [first, first, bystander]
    assert set(Blob.objects.filter(pk__in=[first, later, bystander]).values_list("pk", flat=True)) == {first, bystander}
    assert list(PageText.objects.order_by("pk").values_list("blob_id", flat=True)) == [first, bystander]
