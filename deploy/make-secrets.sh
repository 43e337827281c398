#!/bin/sh
# Makes the secrets of docker-compose.yml, once; what is there is left as it is.
set -eu
umask 077
cd "$(dirname "$0")/secrets"
chmod 700 .

random() { head -c "$1" /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }

# No newline at the end. Readable to all inside a folder that is closed to all: Compose binds each file as it is,
# and in the container the application is not root.
keep() {
    if [ -s "$1" ]; then return; fi
    printf '%s' "$2" >"$1.new"
    chmod 444 "$1.new"
    mv "$1.new" "$1"
    printf 'dibuat: deploy/secrets/%s\n' "$1"
}

keep postgres_password "$(random 33)"
keep database_url "postgres://sahut:$(cat postgres_password)@db:5432/sahut"
keep secret_key "$(random 48)"
keep sealing_keys "$(random 32)"
