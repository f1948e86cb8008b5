#!/bin/sh
# Runs once, when the database volume is empty: the accounts of the application and of the ledger's own process.
# What it may do is granted after every migration (casework/core/roles.py).
set -eu
password=$(cat "$CASEWORK_APP_PASSWORD_FILE")
ledger=$(cat "$CASEWORK_LEDGER_PASSWORD_FILE")
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set=password="$password" --set=ledger="$ledger" <<'SQL'
create role cw_app login nosuperuser nocreatedb nocreaterole noreplication password :'password';
create role cw_integrator login nosuperuser nocreatedb nocreaterole noreplication password :'ledger';
create role cw_signer nologin nosuperuser nocreatedb nocreaterole noreplication;
revoke all on database casework from public;
grant connect on database casework to cw_app, cw_integrator;
SQL
