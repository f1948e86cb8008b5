"""Each database role does its own part of the ledger and nothing else; stored files are read again in turn."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from casework.core.roles import INTEGRATOR, LEDGER_ROLES, SIGNER
from casework.files import storage
from casework.files.scrub import fixity, scrub
from casework.files.services.blobs import store_blob
from casework.ledger import tree
from tests.build import moment
from tests.cast import Cast

AT = moment("2021-12-16 03:00")
APPLICATION = {
    "entry": "insert", "disclosure": "insert", "check_run": "insert", "erasure": "insert", "erasure_approval": "insert",
}  # fmt: skip
EXPECTED: dict[str, dict[str, set[str]]] = {
    "cw_app": {table: {right} for table, right in APPLICATION.items()},
    INTEGRATOR: {
        "leaf": {"insert"},
        "tile": {"insert", "update"},
        "state": {"update"},
        "queue": {"delete"},
        "check_run": {"insert"},
    },
    SIGNER: {table: {"insert"} for table in ("checkpoint", "signing_key", "cosignature", "timestamp", "check_run")},
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", EXPECTED)
def test_a_role_may_exactly_this(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname, p from pg_class, unnest(array['insert', 'update', 'delete', 'truncate']) as p"
            " where relnamespace = 'ledger'::regnamespace and relkind = 'r' and has_table_privilege(%s, oid, p)",
            [role],
        )
        found: dict[str, set[str]] = {}
        for table, right in cursor.fetchall():
            found.setdefault(table, set()).add(right)
        assert found == EXPECTED[role]
        if role != "cw_app":
            cursor.execute(
                "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
                " and has_table_privilege(%s, oid, 'select')",
                [role],
            )
            assert cursor.fetchone() == (0,)  # what people do is none of their business
        cursor.execute(
            "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles where rolname = %s", [role]
        )
        assert cursor.fetchone() == (False,)
        cursor.execute("select pg_has_role('cw_app', %s, 'set')", [INTEGRATOR if role == "cw_app" else role])
        assert cursor.fetchone() == (False,)
    assert set(LEDGER_ROLES) == {INTEGRATOR, SIGNER}


def test_files_are_read_again_the_longest_unread_first(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.CASEWORK_STORAGE = f"file://{tmp_path}"
    good = store_blob([b"one"], actor=cast.officer, at=AT)
    bad = store_blob([b"two"], actor=cast.officer, at=AT)
    lost = store_blob([b"three"], actor=cast.officer, at=AT)
    assert scrub(begun=AT) == 3
    assert fixity().wrong == 0
    assert scrub(begun=AT + timedelta(days=1)) == 0  # read lately
    path = storage.path_of(bad.sha256)
    path.chmod(0o600)
    path.write_bytes(b"tw0")
    storage.path_of(lost.sha256).unlink()

    assert scrub(begun=AT + timedelta(days=8), seconds=0) == 1  # little time: one at least
    assert scrub(begun=AT + timedelta(days=8)) == 2

    found = fixity()
    assert (found.files, found.wrong) == (3, 2)
    kept = tree.last_check("files")
    assert kept is not None
    assert [bad.sha256[:16] in kept.faults[0], lost.sha256[:16] in kept.faults[1]] == [True, True]
    good.refresh_from_db()
    assert good.intact
    client = Client()
    client.force_login(cast.auditor)
    text = client.get("/trail/").content.decode()
    assert bad.sha256[:16] in text
    client.force_login(cast.officer)
    assert bad.sha256[:16] not in client.get("/trail/").content.decode()
    assert client.get("/trail/sheet/").status_code == 404
