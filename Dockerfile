# One image for web, uploads, worker, beat and ledger. Node.js is needed while building only.
FROM node:24-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM python:3.13-slim AS packages
COPY requirements/uv.lock requirements/base.lock /build/
RUN python -m pip install --no-cache-dir --no-deps --require-hashes -r /build/uv.lock \
    && python -m venv --without-pip /opt/casework \
    && uv pip sync --no-cache --python /opt/casework/bin/python --require-hashes /build/base.lock

FROM packages AS static
WORKDIR /srv/casework
COPY . .
COPY --from=front-end /build/node_modules node_modules
# Compressed copies are made once, here; the running server only hands them out.
RUN CASEWORK_STATIC=/srv/static CASEWORK_SECRET_KEY=only-for-collecting \
        /opt/casework/bin/python manage.py collectstatic --no-input \
    && /opt/casework/bin/python -m whitenoise.compress --quiet /srv/static

FROM python:3.13-slim
LABEL org.opencontainers.image.title="casework"
# Fonts for documents, and for backups pg_dump and pg_restore of the server's own version, from PostgreSQL's packages.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates fonts-noto-cjk postgresql-common \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/casework --create-home --shell /usr/sbin/nologin casework \
    && install -d -o casework -g casework -m 0700 /var/lib/casework/state
COPY --from=packages /opt/casework /opt/casework
COPY --from=static /srv/static /srv/static
WORKDIR /srv/casework
COPY manage.py ./
COPY casework casework
COPY units units
COPY evidence evidence
COPY cases cases
# Compiled once, here, for what runs may write nothing: a process that compiles a thousand modules when it starts is up
# seconds later, and what that took stays its own.
RUN PYTHONNODEBUGRANGES=1 python -m compileall -q /usr/local/lib/python3.13 /opt/casework/lib /srv/casework
ENV PATH=/opt/casework/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONNODEBUGRANGES=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=casework.settings \
    CASEWORK_HOME=/var/lib/casework/state \
    CASEWORK_STATIC=/srv/static
USER casework
EXPOSE 8000
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "10", "--http1-buffer-size", "131072", "casework.wsgi:application"]
