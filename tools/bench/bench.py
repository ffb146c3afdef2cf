#!/usr/bin/env python3
"""./dev bench: runs the release binary against the load programs of bench/, beside limit programs, and prints one line each.

Every figure of Certes stands beside the limit program that was measured just before it; the ratio is what counts.
"""
import argparse
import os
import pathlib
import signal
import subprocess
import tempfile

from bench_common import BUILD, LIMITS, RawServer, ROOT, bearer, free_port, harness, installation, load, plain_event, write_request
from bench_backlog import ROWS, backlog
from bench_deliver import deliver
from bench_history import HISTORY_ROWS, history
from bench_hostile import hostile
from bench_isolation import ISOLATION_ROWS, isolation
from bench_ingest import ingest, overload
from bench_registry import registry


def curl_limit():
    """The limit of delivery: our sender's libcurl loop against the raw epoll server."""
    with RawServer() as limit:
        out = subprocess.run([LIMITS / "curl_loop", f"http://{limit.address}/", "64", "4", "640"], capture_output=True, text=True, check=True).stdout
    print(f"limit    libcurl loop: {out.strip()}", flush=True)


def delivery(engine, directory, brokers, events):
    flow = [str(BUILD / "bench/flow/certes-bench-flow"), "--header", f"Authorization: Bearer {harness.ADMIN_KEY}"]
    curl_limit()
    paced = {rate: ["--rate", str(rate), "--connections", connections] for rate, connections in ((200, "8"), (800, "16"))}
    for name, runs in (("closed loop", {"": ["--events", str(events)]}),
                       *((f"{rate}/s", {"first second": ["--events", str(rate), *options], "then": ["--events", str(10 * rate), *options]})
                         for rate, options in paced.items())):
        with installation(engine, directory / ("flow-" + name.replace("/", "-")), brokers) as (process, api):
            port = free_port()
            api.ok("PUT", "/endpoints/bench", {"url": f"http://127.0.0.1:{port}/hook", "concurrency": 256})
            api.ok("PUT", "/subscriptions/bench", {"endpoint": "bench", "pattern": "#"})
            for run, options in runs.items():
                out = subprocess.run([*flow, "--gateway", process.ports["gateway"], "--port", str(port), *options], capture_output=True, text=True)
                if out.returncode:
                    raise SystemExit(out.stderr + process.log())
                print(f"delivery {engine:7} {name:12} {run:12}: {out.stdout.strip()}", flush=True)


def profile(name, pid, work):
    """Runs `work` with perf on the process: CPU by thread, then by function."""
    with tempfile.TemporaryDirectory(prefix="certes-perf-") as directory:
        data = f"{directory}/perf.data"
        perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "999", "-g", "-o", data, "-p", str(pid)], stderr=subprocess.DEVNULL)
        work()
        perf.send_signal(signal.SIGINT)
        perf.wait()
        for what, keys in (("threads", "comm"), ("libraries", "comm,dso"), ("functions", "comm,dso,symbol")):
            report = subprocess.run(["perf", "report", "-i", data, "--stdio", "--no-children", "-g", "none", "--percent-limit", "1", "--sort", keys],
                                    capture_output=True, text=True, check=True).stdout
            lines = [line.rstrip() for line in report.splitlines() if line.strip() and not line.startswith("#")]
            print(f"profile of {name}: {what}", *lines[:40], sep="\n  ", flush=True)


def profiles(engine, directory, brokers, events):
    header = f"Authorization: Bearer {harness.ADMIN_KEY}"
    request = write_request(directory / "request", "/events", plain_event(1024), bearer())
    with installation(engine, directory / "profile-ingest", brokers) as (process, _):
        pid = process.process.pid
        profile(f"ingest, {engine}, 64 connections", pid, lambda: load(process.ports["gateway"], pid, request, 64, 8))
    with installation(engine, directory / "profile-flow", brokers) as (process, api):
        port = free_port()
        api.ok("PUT", "/endpoints/bench", {"url": f"http://127.0.0.1:{port}/hook", "concurrency": 256})
        api.ok("PUT", "/subscriptions/bench", {"endpoint": "bench", "pattern": "#"})
        flow = [str(BUILD / "bench/flow/certes-bench-flow"), "--header", header, "--gateway", process.ports["gateway"], "--port", str(port), "--events", str(events)]
        profile(f"the whole way, {engine}, closed loop", process.process.pid, lambda: subprocess.run(flow, check=True, stdout=subprocess.DEVNULL))


def options_of():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=("all", "ingest", "delivery", "deliver", "overload", "hostile", "registry", "backlog", "isolation", "history", "pick", "filter", "transform", "profile"))
    parser.add_argument("--engine", choices=("sqlite", "kafka"), help="one only")
    parser.add_argument("--events", type=int, default=100_000, help="of a closed loop of delivery")
    parser.add_argument("--pairs", type=int, default=3, help="of runs for a row of ingest")
    parser.add_argument("--seconds", type=float, default=2, help="of each of those runs")
    parser.add_argument("--overload-seconds", type=int, default=60)
    parser.add_argument("--hostile-seconds", type=int, default=10, help="of each kind of document")
    parser.add_argument("--resources", type=int, default=100_000, help="of the registry: endpoints, and as many subscriptions")
    parser.add_argument("--registry-pairs", type=int, default=9, help="of runs with few and with many of them")
    parser.add_argument("--changes", type=int, default=500, help="of them a second")
    behind = parser.add_argument_group("backlog")
    behind.add_argument("--row", choices=(*ROWS, *ISOLATION_ROWS, *HISTORY_ROWS), help="of backlog, isolation or history, one only; of backlog, without it, slow, back and idle")
    behind.add_argument("--waiting", type=int, default=1_000_000, help="deliveries that wait; of history, events")
    behind.add_argument("--index-mib", type=int, default=256, help="dispatcher.index_bytes")
    cell = parser.add_argument_group("one row of ingest")
    cell.add_argument("--connections", type=int)
    cell.add_argument("--bytes", type=int, help="of an event")
    cell.add_argument("--batch", type=int, help="events in a request")
    cell.add_argument("--signed", action="store_true", help="with an HMAC, to a source")
    cell.add_argument("--schema", action="store_true", help="with a JSON Schema for its type")
    return parser.parse_args()


def measure(engine, options, directory, brokers):
    if options.what in ("all", "ingest"):
        ingest(engine, directory / engine, brokers, options)
    if options.what in ("all", "delivery"):
        delivery(engine, directory / engine, brokers, options.events)
    if options.what == "deliver":
        deliver(engine, directory / engine, brokers, options.events)
    if options.what in ("all", "overload") and engine == "sqlite":
        overload(directory / "overload", options.overload_seconds)
    if options.what in ("all", "hostile") and engine == "sqlite":
        hostile(directory / "hostile", options.hostile_seconds)
    if options.what == "registry" and engine == "sqlite":
        registry(directory / "registry", options)
    if options.what == "backlog":
        backlog(engine, directory / engine, brokers, options)
    if options.what == "isolation":
        isolation(engine, directory / engine, brokers, options)
    if options.what == "history" and engine == "sqlite":
        history(engine, directory / engine, brokers, options)
    if options.what == "pick":
        where = directory / "pick" if engine == "sqlite" else brokers
        subprocess.run([BUILD / "bench/log/certes-bench-pick", engine, where], check=True)
    if options.what == "filter" and engine == "sqlite":
        subprocess.run([BUILD / "bench/filter/certes-bench-filter"], check=True)
    if options.what == "transform" and engine == "sqlite":
        subprocess.run([BUILD / "bench/transform/certes-bench-transform"], check=True)
    if options.what == "profile" and engine == "sqlite":
        profiles(engine, directory, brokers, options.events)


def main():
    options = options_of()
    engines = [options.engine] if options.engine else ["sqlite", "kafka"]
    if options.what in ("overload", "hostile", "registry", "history", "filter", "transform", "profile"):
        engines = ["sqlite"]
    with tempfile.TemporaryDirectory(prefix="certes-bench-") as name:
        directory, brokers = pathlib.Path(name), ""
        script = ROOT / "deploy/kafka/kafka.sh"
        try:
            if "kafka" in engines:
                subprocess.run([script, "start", "--dir", directory / "kafka"], check=True, stdout=subprocess.DEVNULL, env=os.environ | {"KAFKA_JVM": "measured"})
                brokers = (directory / "kafka/brokers").read_text().strip().removeprefix("brokers=")
            for engine in engines:
                measure(engine, options, directory, brokers)
        finally:
            if "kafka" in engines:
                subprocess.run([script, "stop", "--dir", directory / "kafka"], stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
