# `sentrynet watch` as a container: one static program and nothing else. How to run it: docs/watch.md.

FROM rust:1.95.0-slim-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends musl-tools \
 && rm -rf /var/lib/apt/lists/* \
 && rustup target add "$(uname -m)-unknown-linux-musl"
# The compiler for the parts that are C, on every processor architecture.
ENV TARGET_CC=musl-gcc
WORKDIR /build
COPY . .
# Caches downloads and compiled dependencies for the next build.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --target "$(uname -m)-unknown-linux-musl" --bin sentrynet \
 && cp "target/$(uname -m)-unknown-linux-musl/release/sentrynet" /sentrynet

# Certificate authorities are compiled in; name servers and hosts come from the container runtime.
FROM scratch
COPY --from=build /sentrynet /sentrynet
# An unprivileged user: the program writes nothing.
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/sentrynet"]
CMD ["watch", "/config/sentrynet.yaml"]
