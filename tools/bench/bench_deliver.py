"""Deliveries by the shape of what they go to: endpoints, fan-out, subscriptions; latency by load; drain and restart.

Rates stand beside a libcurl loop of the same run, which does nothing but send: the ratio is what counts.
"""
import json
import subprocess
import time

import bench_common as common
from bench_backlog import FLOW, Installation, Slow, publish, restart

BULK = 1_000  # changes in a request
WAITING = 200_000


def limit():
    """Requests a second of our sender's libcurl loop against the raw epoll server."""
    with common.RawServer() as server:
        out = subprocess.run([common.LIMITS / "curl_loop", f"http://{server.address}/", "64", "4", "640"],
                             capture_output=True, text=True, check=True).stdout
    print(f"limit    libcurl loop: {out.strip()}", flush=True)
    return json.loads(out)["transfers_per_second"]


class Shape(Installation):
    """So many endpoints, each for a type of its own, or all for every event; and subscriptions that match nothing."""

    def __init__(self, engine, directory, brokers, endpoints=1, fan_out=1, others=0):
        super().__init__(engine, directory, brokers)
        self.endpoints, self.fan_out, self.others = endpoints, fan_out, others

    def __enter__(self):
        super().__enter__()
        self.port = common.free_port()
        changes = []
        for n in range(max(self.endpoints, self.fan_out)):
            name = f"e{n}"
            changes.append({"method": "PUT", "path": f"/endpoints/{name}",
                            "body": {"url": f"http://127.0.0.1:{self.port}/{name}", "concurrency": 256}})
            pattern = f"bench.event.{n}" if self.endpoints > 1 else "#"
            changes.append({"method": "PUT", "path": f"/subscriptions/{name}", "body": {"endpoint": name, "pattern": pattern}})
        for n in range(self.others):
            changes.append({"method": "PUT", "path": f"/subscriptions/other{n}", "body": {"endpoint": "e0", "pattern": f"other.{n}.*"}})
        for start in range(0, len(changes), BULK):
            answer = self.api.ok("POST", "/bulk", changes[start:start + BULK])
            if answer["failed"]:
                raise SystemExit(f"of a bulk of changes {answer['failed']} failed: {answer['answers'][:3]}")
        return self

    def flow(self, events, *options):
        return common.run_json(FLOW, "--header", f"Authorization: Bearer {common.harness.ADMIN_KEY}", "--gateway", self.gateway, "--port", self.port,
                               "--events", events, "--types", self.endpoints, "--copies", self.fan_out, *options)


def say(engine, what, text):
    print(f"deliver  {engine:6} {what:22}: {text}", flush=True)


def told(found):
    return f"{found['per_second']:.0f} events/s, p50 {found['p50_ms']:.2f}, p99 {found['p99_ms']:.2f}, max {found['max_ms']:.1f} ms"


def closed(what, shape, events, loop):
    """As fast as events are delivered; the first tenth, for connections and slow start, apart."""
    with shape:
        shape.flow(events // 10)
        found = shape.flow(events)
    say(shape.engine, what, f"{told(found)}; {found['per_second'] * shape.fan_out / loop:.2f} of the loop")
    return found["per_second"]


def by_load(shape, rate):
    with shape:
        shape.flow(2_000)
        for share in (0.1, 0.5, 0.9):
            paced = max(1, int(rate * share))
            say(shape.engine, f"at {share:.0%} of 1 endpoint's", told(shape.flow(paced * 5, "--rate", paced, "--connections", 64)))


def drain(certes, loop):
    """What waits at a paused endpoint, from its resumption until all has come."""
    with common.RawServer() as server, certes:
        certes.endpoint("paused", f"http://{server.address}/", "bench.backlog", concurrency=256)
        certes.api.ok("POST", "/endpoints/paused/pause")
        publish(certes.gateway, ["bench.backlog"], WAITING)
        certes.until(lambda: certes.open_deliveries() >= WAITING, "all to be routed")
        began = time.monotonic()
        certes.api.ok("POST", "/endpoints/paused/resume")
        certes.until(lambda: certes.open_deliveries() <= 0, "all to be delivered")
        rate = WAITING / (time.monotonic() - began)
    say(certes.engine, "drain", f"{rate:.0f} events/s of {WAITING} that waited; {rate / loop:.2f} of the loop")


def restarts(certes):
    """With much that waits, until the first of it comes."""
    with Slow() as sink, certes:
        certes.endpoint("slow", sink.url, "bench.backlog", concurrency=4)
        publish(certes.gateway, ["bench.backlog"], WAITING)
        certes.until(lambda: certes.open_deliveries() > WAITING / 2, "most to be routed")
        for kill in (False, True):
            took = restart(certes, kill)
            ready = time.monotonic()
            sink.first = None
            certes.until(lambda: sink.first, "a delivery")
            say(certes.engine, "restart behind kill -9" if kill else "restart",
                f"ready after {took:.2f} s, the next delivery {sink.first - ready:.2f} s later, of {WAITING} that wait")


def deliver(engine, directory, brokers, events):
    loop = limit()

    def shape(name, *arguments, **options):
        return Shape(engine, directory / name, brokers, *arguments, **options)

    one = closed("1 endpoint", shape("one"), events, loop)
    for endpoints in (10, 1_000):
        closed(f"{endpoints} endpoints", shape(f"endpoints-{endpoints}", endpoints), events, loop)
    closed("fan-out 20", shape("fan-out", fan_out=20), events // 10, loop)
    for others in (10, 1_000, 100_000):
        closed(f"{others} subscriptions", shape(f"subscriptions-{others}", others=others), events, loop)
    by_load(shape("load"), one)
    drain(Installation(engine, directory / "drain", brokers), loop)
    restarts(Installation(engine, directory / "restart", brokers))
