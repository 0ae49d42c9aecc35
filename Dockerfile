# `sentrynet watch` as a container: one static program and nothing else. How to run it: docs/watch.md.

FROM rust:1.95.0-slim-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends musl-tools \
 && rm -rf /var/lib/apt/lists/* \
 && rustup target add "$(uname -m)-unknown-linux-musl"
# For what of the program is C, on every processor.
ENV TARGET_CC=musl-gcc
WORKDIR /build
COPY . .
# What was downloaded and compiled serves the next build, too.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --target "$(uname -m)-unknown-linux-musl" --bin sentrynet \
 && cp "target/$(uname -m)-unknown-linux-musl/release/sentrynet" /sentrynet

# Authorities to trust are compiled in; name servers and hosts come from whoever runs the container.
FROM scratch
COPY --from=build /sentrynet /sentrynet
# Nobody's number: the program writes nothing.
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/sentrynet"]
CMD ["watch", "/config/sentrynet.yaml"]
