"""The database roles: the owner migrates, the application runs and cannot rewrite the record, integrator and signer
each do their own part of the ledger and nothing else.

Grants are renewed after every migration, so a new table never stays without them and none keeps more than it should.
"""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# Tables of the public schema whose rows are never changed or removed once written.
APPEND_ONLY_TABLES: tuple[str, ...] = (
    "units_report",
    "units_templateversion",
    "units_rectificationcheck",
    "evidence_custody",
    "evidence_confirmation",
    "evidence_logevent",
    "evidence_logfinding",
    "evidence_loghour",
    "evidence_logtie",
    "evidence_logmapping",
    "evidence_clockoffset",
    "evidence_attributionedition",
    "evidence_attributionevidence",
    "evidence_attributionreview",
    "evidence_logkeeper",
    "cases_paper",
    "figures_summary",
    "cases_paperreading",
    "cases_steptaken",
    "cases_standingchange",
    "cases_factsshown",
    "cases_correction",
    "cases_caselink",
    "cases_sharedverdict",
    "cases_casenote",
    "cases_intervention",
    "cases_reporter",
    "cases_targetreading",
    "cases_casetype",
    "cases_penaltystation",
    "cases_penaltysignature",
    "cases_bodyact",
)
# Tables the application reads only: the history of the schema belongs to the owner.
READ_ONLY_TABLES: tuple[str, ...] = ("django_migrations",)
LEDGER_SCHEMA = "ledger"
# Tables of the ledger to which the application appends.
LEDGER_TABLES: tuple[str, ...] = ("entry", "disclosure", "check_run", "erasure", "erasure_approval")
# The ledger's own process: the integrator orders entries and cannot publish, the signer publishes and cannot order.
INTEGRATOR, SIGNER = "cw_integrator", "cw_signer"
LEDGER_ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    INTEGRATOR: {
        "insert": ("leaf", "tile", "check_run"),
        "update": ("tile", "state"),
        "delete": ("queue",),
    },
    SIGNER: {"insert": ("checkpoint", "signing_key", "cosignature", "timestamp", "check_run")},
}


def grant_after_migrate(*, sender: AppConfig, using: str, **_: Any) -> None:
    """Renew the grants; receiver of ``post_migrate``, for the owner alone."""
    connection = connections[using]
    role = settings.CASEWORK_APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute("select current_user = %s", [role])
        (is_application,) = cursor.fetchone()
    if role and not is_application:
        apply_grants(connection, role)


def apply_grants(connection: BaseDatabaseWrapper, role: str) -> None:
    """Give ``role`` exactly what the running application needs; create the role when it is missing."""
    with connection.cursor() as cursor:
        for name in (role, *LEDGER_ROLES):
            cursor.execute("select exists (select from pg_roles where rolname = %s)", [name])
            (known,) = cursor.fetchone()
            if not known:
                quoted = connection.ops.quote_name(name)
                cursor.execute(f"create role {quoted} login nosuperuser nocreatedb nocreaterole noreplication")
        for statement in [*_statements(connection, role), *_ledger_statements(connection)]:
            cursor.execute(statement)


def _ledger_statements(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = %s", [LEDGER_SCHEMA])
        tables = {table for (table,) in cursor.fetchall()}
        cursor.execute(
            "select name from unnest(%s::text[]) as name where not pg_has_role(current_user, name, 'set')",
            [list(LEDGER_ROLES)],
        )
        apart = [name for (name,) in cursor.fetchall()]
        cursor.execute("select pg_has_role(%s, %s, 'set')", [INTEGRATOR, SIGNER])
        (may_sign,) = cursor.fetchone()
    if not tables:
        return []
    statements = []
    for role, rights in LEDGER_ROLES.items():
        statements += [
            f"revoke all on all tables in schema public from {role}",
            f"grant usage on schema {LEDGER_SCHEMA} to {role}",
            f"revoke all on all tables in schema {LEDGER_SCHEMA} from {role}",
            f"grant select on all tables in schema {LEDGER_SCHEMA} to {role}",
            f"grant usage, select on all sequences in schema {LEDGER_SCHEMA} to {role}",
        ]
        for right, named in rights.items():
            statements += [f"grant {right} on {LEDGER_SCHEMA}.{table} to {role}" for table in named if table in tables]
    statements += [f"grant {role} to current_user with set true, inherit false" for role in apart]
    if not may_sign:
        # One process does both, each in the role that it needs; on two machines they are two accounts.
        statements.append(f"grant {SIGNER} to {INTEGRATOR} with set true, inherit false")
    return statements


def _statements(connection: BaseDatabaseWrapper, name: str) -> list[str]:
    role = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = {table for (table,) in cursor.fetchall()}
        cursor.execute("select tablename from pg_tables where schemaname = %s", [LEDGER_SCHEMA])
        ledger = {table for (table,) in cursor.fetchall()}
        # The owner acts as the application when one account is all that was given (settings.DATABASES).
        cursor.execute("select pg_has_role(current_user, %s, 'set')", [name])
        (may_act,) = cursor.fetchone()
    statements = [
        f"grant usage on schema public to {role}",
        f"revoke all on all tables in schema public from {role}",
        f"grant select, insert, update, delete on all tables in schema public to {role}",
        f"grant usage, select on all sequences in schema public to {role}",
    ]
    restricted = dict.fromkeys(APPEND_ONLY_TABLES, "update, delete")
    restricted |= dict.fromkeys(READ_ONLY_TABLES, "insert, update, delete")
    for table, taken in restricted.items():
        if table in tables:
            statements.append(f'revoke {taken} on public."{table}" from {role}')
    if ledger:
        statements += [
            f"grant usage on schema {LEDGER_SCHEMA} to {role}",
            f"revoke all on all tables in schema {LEDGER_SCHEMA} from {role}",
            f"grant select on all tables in schema {LEDGER_SCHEMA} to {role}",
            # A trigger of the owner queues each entry; order, tree and checkpoints belong to the ledger's own process.
            *(f"grant insert on {LEDGER_SCHEMA}.{table} to {role}" for table in LEDGER_TABLES if table in ledger),
            f"grant usage, select on all sequences in schema {LEDGER_SCHEMA} to {role}",
        ]
        if "erasure" in ledger:  # deletes what two have approved, and nothing else
            statements.append(f"grant execute on function {LEDGER_SCHEMA}.erase(bigint) to {role}")
    if not may_act:
        statements.append(f"grant {role} to current_user with set true, inherit false")
    return statements
