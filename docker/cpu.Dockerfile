# syntax=docker/dockerfile:1
# The base install, for any machine: docker build --file docker/cpu.Dockerfile --tag colorize .
# The wheels bring their libraries along (libvips among them); nothing is needed from Debian.

# Not slim: it has the C compiler that a part of the wheel is made with.
FROM python:3.11.14-bookworm AS wheel
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY colorizer_cli colorizer_cli
COPY weights/hybrid-lite weights/hybrid-lite
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11.14-slim-bookworm
ARG EXTRAS=heif
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir "$(echo /wheels/*.whl)[${EXTRAS}]"

# Whoever runs it (--user) can write to the cache; mount a volume there to keep what is pulled from the Hub.
RUN useradd --no-create-home --uid 1000 colorize && install --directory --mode 1777 /cache
ENV XDG_CACHE_HOME=/cache
USER 1000
WORKDIR /photos
ENTRYPOINT ["colorize"]
CMD ["--help"]
