# Certes as a container: two stages on Debian slim, a user of its own, a health check.
#   docker build -t certes .
ARG DEBIAN=debian:trixie-slim

FROM ${DEBIAN} AS build
COPY tools/packages/install.sh /src/tools/packages/install.sh
RUN /src/tools/packages/install.sh run && rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src
RUN cmake --preset release -B /build && ninja -C /build certes && strip /build/certes

FROM ${DEBIAN}
COPY --from=build /build/certes /usr/local/bin/certes
# What the binary links to, found rather than listed: the packages' names differ between Debian's releases.
COPY --from=build /src/tools/packages/runtime-packages.sh /tmp/runtime-packages.sh
COPY --from=build /var/lib/dpkg /tmp/dpkg
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates curl $(sh /tmp/runtime-packages.sh /usr/local/bin/certes /tmp/dpkg) \
 && rm -rf /var/lib/apt/lists/* /tmp/runtime-packages.sh /tmp/dpkg \
 && useradd --uid 10001 --home-dir /var/lib/certes --create-home certes \
 && certes version
USER certes
WORKDIR /var/lib/certes
VOLUME /var/lib/certes
ENV CERTES_GATEWAY_LISTEN=0.0.0.0:9600 CERTES_API_LISTEN=0.0.0.0:9610 CERTES_DISPATCHER_LISTEN=0.0.0.0:9620 \
    CERTES_METRICS_LISTEN=0.0.0.0:9640
# 9640 has metrics and health of whatever role runs, for all who reach it: publish it to the monitoring alone.
EXPOSE 9600 9610 9620 9640
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD curl -fsS http://127.0.0.1:9640/health/live || curl -fsS http://127.0.0.1:9600/health/live || curl -fsS http://127.0.0.1:9620/health/live || exit 1
ENTRYPOINT ["certes"]
CMD ["serve", "--data", "/var/lib/certes"]
