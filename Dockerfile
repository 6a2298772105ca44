# What this repository's own pipelines build: .pipeline/config.yaml.
FROM debian:12-slim AS base
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends ca-certificates git python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src

# `sh tests/all` installs what the tests need. The corpus of real configs is not in the repository: without it some tests
# skip, and say so.
FROM base AS test
ENTRYPOINT ["sh", "tests/all"]

FROM base AS wheel
RUN python3 -m venv /tmp/build \
    && /tmp/build/bin/python -m pip install --quiet --disable-pip-version-check build \
    && /tmp/build/bin/python -m build --wheel --outdir /dist .
ENTRYPOINT ["ls", "-l", "/dist"]

# transpipe itself: `docker run --rm -v "$PWD:/work" IMAGE generate --check`.
FROM debian:12-slim AS production
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends ca-certificates git python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY --from=wheel /dist /tmp/dist
RUN python3 -m venv /opt/transpipe \
    && /opt/transpipe/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check /tmp/dist/*.whl \
    && ln -s /opt/transpipe/bin/transpipe /usr/local/bin/transpipe \
    && rm -r /tmp/dist \
    && git config --system --add safe.directory '*'
WORKDIR /work
ENTRYPOINT ["transpipe"]
