#!/usr/bin/env python3
"""./dev bench: runs the release binary against the load programs of bench/, beside limit programs, and prints one line each.

Every figure of Certes stands beside the limit program that was measured just before it; the ratio is what counts.
"""
import contextlib
import json
import os
import pathlib
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


def wrk(url, body, connections, headers, seconds=8):
    script = tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False)
    script.write("wrk.method='POST'\nwrk.body=%s\n" % json.dumps(body))
    for name, value in headers.items():
        script.write(f"wrk.headers[{name!r}]={value!r}\n")
    script.close()
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script.name, url],
                         capture_output=True, text=True, check=True).stdout
    os.unlink(script.name)
    found = {line.split()[0]: line.split()[1] for line in out.splitlines() if len(line.split()) > 1}
    if "Non-2xx" in out:
        raise SystemExit(f"answers were refused:\n{out}")
    return float(found["Requests/sec:"]), found["99%"]


def ingest(engine, directory, brokers):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {harness.ADMIN_KEY}"}
    body = json.dumps({"type": "bench.event", "data": {"filler": "x" * 590}})
    port = free_port()
    for connections in (1, 64):
        limit = subprocess.Popen([BUILD / "bench/limits/raw_epoll_server", "--port", str(port)], stdout=subprocess.PIPE)
        try:
            limit.stdout.readline()
            raw, raw_p99 = wrk(f"http://127.0.0.1:{port}/events", body, connections, headers)
        finally:
            limit.terminate()
            limit.wait()
        with installation(engine, directory / f"ingest-{connections}", brokers) as process:
            rate, p99 = wrk(f"http://{process.ports['gateway']}/events", body, connections, headers)
            print(f"ingest   {engine:7} {connections:4} connections: {rate:9.0f}/s, p99 {p99}; raw epoll {raw:9.0f}/s, p99 {raw_p99}; ratio {rate / raw:.2f}", flush=True)


def delivery(engine, directory, brokers, events):
    flow = [str(BUILD / "bench/flow/certes-bench-flow"), "--header", f"Authorization: Bearer {harness.ADMIN_KEY}"]
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
    finally:
        subprocess.run([script, "stop", "--dir", directory / "kafka"], stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
