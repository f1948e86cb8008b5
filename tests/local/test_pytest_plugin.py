"""The tests' own floor: they run as the application role, with the grants of production and nothing more."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from casework.local.pytest_restore import look, put_back


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


#: What a committing test may do as the owner; after the last one the schema is another, and the database is copied.
DEEDS = (
    "insert into django_session values ('key', 'data', now())",
    "insert into accounts_organisation (code, name, kind) values ('a', 'b', 'commission')",
    "delete from django_migrations",
    "update django_content_type set model = model || 'stray'",
    "alter table ledger.entry disable trigger all",
    "alter table django_session add column stray int",
)


@pytest.mark.parametrize("deed", DEEDS * 2)
def test_what_a_committing_test_leaves_is_gone_for_the_next(deed: str, owner: "psycopg.Connection[tuple[int]]") -> None:
    for empty in ("django_session", "accounts_organisation"):
        assert owner.execute(f"select count(*) from {empty}").fetchone() == (0,)
    for filled in ("django_migrations", "django_content_type"):
        assert owner.execute(f"select count(*) > 20 from {filled}").fetchone() == (True,)
    assert owner.execute("select count(*) from django_content_type where model like '%stray'").fetchone() == (0,)
    assert owner.execute("select count(*) from pg_attribute where attname = 'stray'").fetchone() == (0,)
    assert owner.execute("select count(*) from pg_trigger where tgenabled = 'D'").fetchone() == (0,)
    assert owner.execute("select last_value from accounts_organisation_id_seq").fetchone() == (1,)

    owner.execute(deed)

    with connection.cursor() as cursor:  # and the application commits, and leaves its session open
        cursor.execute("insert into django_session values ('other', 'data', now())")


def test_triggers_come_back_to_their_states_without_a_copy(owner: "psycopg.Connection[tuple[int]]") -> None:
    states = "select tgenabled, count(*) from pg_trigger group by 1 order by 1"
    known, before = owner.execute(states).fetchall(), look(owner)
    assert before is not None
    owner.execute("alter table ledger.entry disable trigger all; alter table ledger.leaf enable trigger all")
    assert owner.execute(states).fetchall() != known

    assert put_back(owner, before)
    assert owner.execute(states).fetchall() == known


@pytest.mark.django_db
@pytest.mark.parametrize("_again", range(3))
def test_what_rolls_back_still_takes_numbers(_again: int) -> None:
    """Whichever comes first: the test above finds the sequence at its beginning all the same."""
    with connection.cursor() as cursor:
        cursor.execute("insert into accounts_organisation (code, name, kind) values ('a', 'b', 'commission')")
        cursor.execute("select last_value > 0 from accounts_organisation_id_seq")
        assert cursor.fetchone() == (True,)
