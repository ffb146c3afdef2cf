#!/usr/bin/env python3
"""./dev bench: runs the release binary against the load programs of bench/, beside limit programs, and prints one line each.

Every figure of Certes stands beside the limit program that was measured just before it; the ratio is what counts.
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/bench"
sys.path.insert(0, str(ROOT / "tests/system"))
os.environ["CERTES_BINARY"] = str(BUILD / "certes")
import harness  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def installation(engine, directory, brokers):
    environment = {"CERTES_KAFKA_PREFIX": f"bench-{os.getpid()}-{free_port()}."}
    roles = ["serve"] if engine == "sqlite" else ["gateway", "dispatcher"]
    arguments = [] if engine == "sqlite" else ["--brokers", brokers]
    processes = []
    try:
        for role in roles:
            processes.append(harness.Process(role, directory, *arguments, environment=environment, dev=False).start())
        yield processes[0]
    finally:
        for process in processes:
            process.stop()


LIMITS = BUILD / "bench/limits"
PAIRS = 3  # adjacent pairs; the median ratio counts


@contextlib.contextmanager
def raw_epoll():
    """The limit of ingest: answers 202 to whatever looks like a request."""
    process = subprocess.Popen([LIMITS / "raw_epoll_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


def load(address, connections, header, seconds=4):
    out = subprocess.run([LIMITS / "http_load", address, "/events", str(connections), str(seconds), "640", header],
                         capture_output=True, text=True, check=True).stdout
    found = json.loads(out)
    if found["other"]:
        raise SystemExit(f"{found['other']} answers were not 2xx")
    return found


def ingest(engine, directory, brokers):
    header = f"Authorization: Bearer {harness.ADMIN_KEY}"
    for connections in (1, 64):
        with installation(engine, directory / f"ingest-{connections}", brokers) as process, raw_epoll() as limit:
            pairs = [(load(limit, connections, header), load(process.ports["gateway"], connections, header)) for _ in range(PAIRS)]
        pairs.sort(key=lambda pair: pair[1]["requests_per_second"] / pair[0]["requests_per_second"])
        raw, own = pairs[PAIRS // 2]
        print(f"ingest   {engine:7} {connections:3} connections: {own['requests_per_second']:7.0f}/s p50 {own['p50_us']} us p99 {own['p99_us']} us"
              f" max {own['max_us']} us; raw epoll {raw['requests_per_second']:7.0f}/s p50 {raw['p50_us']} us;"
              f" ratio {own['requests_per_second'] / raw['requests_per_second']:.2f}", flush=True)


def overload(directory, seconds):
    """An open loop at three times the best rate: what is still accepted, what is refused early, and the memory for it."""
    header = f"Authorization: Bearer {harness.ADMIN_KEY}"
    with installation("sqlite", directory / "overload", "") as process:
        best = load(process.ports["gateway"], 64, header)["requests_per_second"]
        before = process.rss_bytes()
        out = subprocess.run([LIMITS / "open_load", process.ports["gateway"], "/events", "2000", str(3 * best), str(seconds), "640", header],
                             capture_output=True, text=True, check=True).stdout
        found, after = json.loads(out), process.rss_bytes()
    offered = found["offered_per_second"]
    print(f"overload sqlite: best {best:.0f}/s; offered {offered:.0f}/s for {seconds} s: accepted {found['accepted_per_second']:.0f}/s"
          f" ({found['accepted_per_second'] / best:.2f} of the best), refused early {found['refused_per_second'] / offered:.2f},"
          f" held back by the connections {found['held_back_per_second'] / offered:.2f}; p99 {found['p99_us']} us;"
          f" resident {before >> 20} MiB, then {after >> 20} MiB", flush=True)


def curl_limit():
    """The limit of delivery: our sender's libcurl loop against the raw epoll server."""
    with raw_epoll() as limit:
        out = subprocess.run([LIMITS / "curl_loop", f"http://{limit}/", "64", "4", "640"], capture_output=True, text=True, check=True).stdout
    print(f"limit    libcurl loop: {out.strip()}", flush=True)


def delivery(engine, directory, brokers, events):
    flow = [str(BUILD / "bench/flow/certes-bench-flow"), "--header", f"Authorization: Bearer {harness.ADMIN_KEY}"]
    curl_limit()
    for name, options in (("closed loop", ["--events", str(events)]),
                          ("200/s", ["--events", "2000", "--rate", "200", "--connections", "8"]),
                          ("800/s", ["--events", "8000", "--rate", "800", "--connections", "16"])):
        with installation(engine, directory / ("flow-" + name.replace("/", "-")), brokers) as process:
            port = free_port()
            api = harness.Api(process.address("api"))
            api.ok("PUT", "/endpoints/bench", {"url": f"http://127.0.0.1:{port}/hook", "concurrency": 256})
            api.ok("PUT", "/subscriptions/bench", {"endpoint": "bench", "pattern": "#"})
            out = subprocess.run([*flow, "--gateway", process.ports["gateway"], "--port", str(port), *options], capture_output=True, text=True)
            if out.returncode:
                raise SystemExit(out.stderr + process.log())
            print(f"delivery {engine:7} {name:12}: {out.stdout.strip()}", flush=True)


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
    with installation(engine, directory / "profile-ingest", brokers) as process:
        profile(f"ingest, {engine}, 64 connections", process.process.pid, lambda: load(process.ports["gateway"], 64, header, seconds=8))
    with installation(engine, directory / "profile-flow", brokers) as process:
        port = free_port()
        api = harness.Api(process.address("api"))
        api.ok("PUT", "/endpoints/bench", {"url": f"http://127.0.0.1:{port}/hook", "concurrency": 256})
        api.ok("PUT", "/subscriptions/bench", {"endpoint": "bench", "pattern": "#"})
        flow = [str(BUILD / "bench/flow/certes-bench-flow"), "--header", header, "--gateway", process.ports["gateway"], "--port", str(port), "--events", str(events)]
        profile(f"the whole way, {engine}, closed loop", process.process.pid, lambda: subprocess.run(flow, check=True, stdout=subprocess.DEVNULL))


def main():
    what, events = sys.argv[1], int(sys.argv[2])
    directory = pathlib.Path(tempfile.mkdtemp(prefix="certes-bench-"))
    script = ROOT / "deploy/kafka/kafka.sh"
    subprocess.run([script, "start", "--dir", directory / "kafka"], check=True, stdout=subprocess.DEVNULL)
    brokers = (directory / "kafka/brokers").read_text().strip().removeprefix("brokers=")
    try:
        for engine in ("sqlite", "kafka"):
            if what in ("all", "ingest"):
                ingest(engine, directory / engine, brokers)
            if what in ("all", "delivery"):
                delivery(engine, directory / engine, brokers, events)
            if what in ("all", "overload") and engine == "sqlite":
                overload(directory, 60)
            if what == "profile" and engine == "sqlite":
                profiles(engine, directory / engine, brokers, events)
    finally:
        subprocess.run([script, "stop", "--dir", directory / "kafka"], stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
