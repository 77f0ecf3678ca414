# syntax=docker/dockerfile:1
# With torch, for NVIDIA GPUs and for fine-tuning: docker build --file docker/cuda.Dockerfile --tag colorize-cuda .
# torch's wheels bring CUDA along; from the host come the driver and the NVIDIA Container Toolkit. A C compiler, which
# `fine-tune --compile` asks for, is left out.

# Not slim: it has the C compiler that a part of the wheel is made with.
FROM python:3.11.14-bookworm AS wheel
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY colorizer_cli colorizer_cli
COPY weights/hybrid-lite weights/hybrid-lite
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11.14-slim-bookworm
ARG EXTRAS=cuda,heif
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir "$(echo /wheels/*.whl)[${EXTRAS}]"

# Whoever runs it (--user) can write to the cache; mount a volume there to keep what is pulled from the Hub.
RUN useradd --no-create-home --uid 1000 colorize && install --directory --mode 1777 /cache
ENV XDG_CACHE_HOME=/cache \
    MPLCONFIGDIR=/cache/matplotlib \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000
WORKDIR /photos
ENTRYPOINT ["colorize"]
CMD ["--help"]
