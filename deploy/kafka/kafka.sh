#!/usr/bin/env bash
# One Kafka broker (KRaft, this machine only) for development and tests: a JVM, no container.
#
#   kafka.sh start  [--dir DIR] [--port-file FILE] [--secured] [--fresh]
#   kafka.sh stop   [--dir DIR] [--discard]
#   kafka.sh status [--dir DIR] [--port-file FILE]
#
# start prints brokers=127.0.0.1:PORT (and writes HOST:PORT to DIR/brokers and FILE). Ports are chosen at the first start
# and kept: started again, a directory's broker has its ports and data back. --fresh begins without data.
# --secured adds a SASL_SSL listener with SCRAM-SHA-512: prints sasl_brokers=, user=, password_file= and ca_file= too.
# KAFKA_VERSION=3.9 (default) or 4.1; CERTES_CACHE is where the jars are kept. KAFKA_JVM=measured: the JVM that Kafka's
# own script starts, for measurements; without it a small one that starts soon.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${TMPDIR:-/tmp}/certes-kafka-$(id -u)
port_file='' secured='' fresh='' discard=''
start_limit_seconds=90

die() { echo "kafka.sh: $*" >&2; exit 1; }

command=${1:-}
shift || true
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=${2:?--dir needs a directory}; shift ;;
    --port-file) port_file=${2:?--port-file needs a file}; shift ;;
    --secured) secured=1 ;;
    --fresh) fresh=1 ;;
    --discard) discard=1 ;;
    *) die "unknown option $1" ;;
  esac
  shift
done

case $dir in /*) ;; *) dir=$PWD/$dir ;; esac

case ${KAFKA_VERSION:-3.9} in
  3.9) version=3.9.1 profile=v3 ;;
  4.1) version=4.1.0 profile=v4 ;;
  3.*) version=$KAFKA_VERSION profile=v3 ;;
  4.*) version=$KAFKA_VERSION profile=v4 ;;
  *) die "KAFKA_VERSION is 3.9 or 4.1, not $KAFKA_VERSION" ;;
esac
cache=${CERTES_CACHE:-$HOME/.cache/certes}/kafka-$version
libs=$cache/libs
case ${KAFKA_JVM:-small} in
  small) jvm=(-Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC) ;;
  measured) jvm=(-server -Xms1g -Xmx1g -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35) ;;
  *) die "KAFKA_JVM is small or measured, not $KAFKA_JVM" ;;
esac
java_options=("${jvm[@]}" "-Dlog4j.configuration=file:$dir/log4j.properties"
  "-Dlog4j2.configurationFile=$dir/log4j2.properties" -cp "$libs/*")

# --- what it needs -----------------------------------------------------------------------------------------------

install_packages() {
  command -v apt-get >/dev/null || die "needs $*: install it (no apt-get here)"
  local sudo=''
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "kafka.sh: installing $*" >&2
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need_java() {
  command -v java >/dev/null && return
  # Debian 12 has 17, later ones have their own default.
  install_packages openjdk-17-jre-headless 2>/dev/null || install_packages default-jre-headless
}

need_jars() {
  [ -d "$libs" ] && return
  mkdir -p "$cache"
  (
    flock 9
    [ -d "$libs" ] && exit 0
    command -v mvn >/dev/null || install_packages maven
    rm -rf "$libs.part"
    mvn -q -B -f "$here/pom.xml" -P "$profile" -Dkafka.version="$version" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$libs.part" >"$cache/maven.log" 2>&1 ||
      die "Maven could not fetch Kafka $version: see $cache/maven.log"
    mv "$libs.part" "$libs"
  ) 9>"$cache/lock"
}

# --- the broker's directory --------------------------------------------------------------------------------------

# The pid of this directory's broker, if it runs. A pid file may outlive its process: the command line decides.
running_pid() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) || return 1
  [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "kafka.Kafka $dir/server.properties" || return 1
  echo "$pid"
}

# Below the range that the kernel gives out for outgoing connections.
free_port() {
  local port
  for _ in $(seq 200); do
    port=$((10240 + (RANDOM * 32768 + RANDOM) % 22000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  die 'found no free port'
}

write_certificates() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Certes test CA' -keyout "$dir/ca.key" -out "$dir/ca.pem"
  openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' -keyout "$dir/server.key" -out "$dir/server.csr"
  openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 3650 \
    -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$dir/server.crt"
  openssl pkcs8 -topk8 -nocrypt -in "$dir/server.key" -out "$dir/server.pk8"
  cat "$dir/server.pk8" "$dir/server.crt" >"$dir/server.pem"
} 2>/dev/null

write_settings() {
  local port controller sasl='' sasl_advertised='' map='PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'
  port=$(free_port) controller=$(free_port)
  if [ -n "$secured" ]; then
    local sasl_port
    sasl_port=$(free_port)
    sasl=",SASL_SSL://127.0.0.1:$sasl_port" sasl_advertised=",SASL_SSL://localhost:$sasl_port"
    map="$map,SASL_SSL:SASL_SSL"
    echo "localhost:$sasl_port" >"$dir/sasl_brokers"
  fi
  echo "127.0.0.1:$port" >"$dir/brokers"
  cat >"$dir/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller$sasl
advertised.listeners=PLAINTEXT://127.0.0.1:$port$sasl_advertised
listener.security.protocol.map=$map
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=8388608
log.index.size.max.bytes=1048576
END
  [ "$profile" = v4 ] && cat >>"$dir/server.properties" <<END
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
END
  [ -n "$secured" ] && cat >>"$dir/server.properties" <<END
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$dir/server.pem
END
  # Without its logger's settings 3.9 fails silently.
  cat >"$dir/log4j.properties" <<'END'
log4j.rootLogger=WARN, out
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c: %m%n
END
  cat >"$dir/log4j2.properties" <<'END'
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
END
}

format_storage() {
  local id scram=()
  if [ -n "$secured" ]; then
    openssl rand -hex 16 >"$dir/password"
    chmod 600 "$dir/password"
    scram=(--add-scram "SCRAM-SHA-512=[name=certes,password=$(cat "$dir/password")]")
  fi
  id=$(openssl rand -base64 16 | tr '+/' '-_' | cut -c1-22)
  # An id that begins with a dash would be taken for an option.
  java "${java_options[@]}" kafka.tools.StorageTool format -t "A${id:1:20}A" -c "$dir/server.properties" "${scram[@]}" >"$dir/format.log" 2>&1 ||
    die "formatting failed: $(tail -3 "$dir/format.log")"
}

make_directory() {
  rm -rf "$dir"
  mkdir -p "$dir"
  [ -z "$secured" ] || write_certificates
  write_settings
  format_storage
}

# --- commands ----------------------------------------------------------------------------------------------------

report() {
  echo "brokers=$(cat "$dir/brokers")"
  [ -z "$port_file" ] || cp "$dir/brokers" "$port_file"
  [ -f "$dir/sasl_brokers" ] || return 0
  echo "sasl_brokers=$(cat "$dir/sasl_brokers")"
  echo user=certes
  echo "password_file=$dir/password"
  echo "ca_file=$dir/ca.pem"
}

# 0: serves; 1: exited; 2: too slow.
launch() {
  setsid nohup java "${java_options[@]}" kafka.Kafka "$dir/server.properties" </dev/null >"$dir/broker.log" 2>&1 &
  local pid=$! deadline=$((SECONDS + start_limit_seconds))
  echo "$pid" >"$dir/pid"
  disown "$pid"
  until grep -q 'Kafka Server started' "$dir/broker.log"; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ $SECONDS -lt $deadline ] || return 2
    sleep 0.1
  done
}

start() {
  if [ -z "$fresh" ] && running_pid >/dev/null; then report; return; fi
  if [ -n "$fresh" ]; then stop; fi
  need_java
  need_jars
  local made=''
  for _ in 1 2 3; do
    if [ -n "$fresh" ] || [ ! -f "$dir/data/meta.properties" ]; then make_directory; made=1; fi
    if launch; then report; return; fi
    # Another process may have taken a port between the choice and the start: choose again, but keep existing data.
    [ -n "$made" ] && grep -q 'Address already in use' "$dir/broker.log" && fresh=1 || break
  done
  tail -20 "$dir/broker.log" >&2
  stop
  die 'the broker did not start'
}

stop() {
  local pid
  if pid=$(running_pid); then
    # Data that is not kept needs no orderly end.
    kill $([ -z "$discard" ] || echo -9) "$pid"
    # Not kill -0: one that nobody waits for stays as a zombie.
    for _ in $(seq 100); do running_pid >/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$dir/pid"
  [ -z "$discard" ] || rm -rf "$dir"
}

status() {
  running_pid >/dev/null || { echo 'not running'; exit 1; }
  report
}

case $command in
  start) start ;;
  stop) stop ;;
  status) status ;;
  *) sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
