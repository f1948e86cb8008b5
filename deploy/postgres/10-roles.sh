#!/bin/sh
# Runs once, when the database volume is empty: the account that the application runs as.
# What it may do is granted after every migration (casework/core/roles.py).
set -eu
password=$(cat "$CASEWORK_APP_PASSWORD_FILE")
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set=password="$password" <<'SQL'
create role cw_app login nosuperuser nocreatedb nocreaterole noreplication password :'password';
revoke all on database casework from public;
grant connect on database casework to cw_app;
SQL
