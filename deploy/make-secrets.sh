#!/bin/sh
# Makes the secrets of a new installation in ./secrets; what is already there stays as it is.
# The folder is closed to other users of the machine; the files in it are readable, because each container runs as a
# user of its own and sees only the files that are given to it.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
keep() {
	[ -s "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"
	chmod 0444 "secrets/$1"
}

keep secret_key "$(random)$(random)"
keep signing_key "$(random)"
keep postgres_password "$(random)"
keep app_password "$(random)"
keep ledger_password "$(random)"
keep database_url "postgresql://cw_app:$(cat secrets/app_password)@postgres:5432/casework"
keep database_ledger_url "postgresql://cw_integrator:$(cat secrets/ledger_password)@postgres:5432/casework"
keep database_owner_url "postgresql://casework:$(cat secrets/postgres_password)@postgres:5432/casework"
echo "secrets/: $(ls secrets | wc -l | tr -d ' ') 个文件 / files"
