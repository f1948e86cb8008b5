"""The tests' own floor: they run as the application role, with the grants of production and nothing more."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError


@pytest.mark.django_db
def test_tests_connect_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user, rolsuper from pg_roles where rolname = current_user")
        assert cursor.fetchone() == ("cw_app", False)


@pytest.mark.django_db
def test_the_application_cannot_rewrite_the_schema_history() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from django_migrations")
        for statement in ("delete from django_migrations", "truncate django_migrations", "create table stray (a int)"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)


@pytest.mark.parametrize("_round", [1, 2])
def test_what_a_committing_test_leaves_is_gone_for_the_next(
    _round: int, owner: "psycopg.Connection[tuple[int]]"
) -> None:
    assert owner.execute("select count(*) from django_session").fetchone() == (0,)

    with connection.cursor() as cursor:
        cursor.execute("insert into django_session values ('key', 'data', now())")

    assert owner.execute("select count(*) from django_session").fetchone() == (1,)
