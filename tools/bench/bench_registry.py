"""The registry at scale: what endpoints and subscriptions cost that no event is for, and what changing them costs.

Two installations stand beside each other, one with few subscriptions, one with many; what is measured on one is measured
on the other right after it, and the median of these pairs is what counts.
"""
import contextlib
import json
import statistics
import subprocess
import time

import bench_common as common
from bench_common import BUILD, LIMITS, harness

FEW = 10
BULK = 500  # endpoints in a request, each with its subscription


def flow(process, port, *options):
    """The whole way of events: what certes-bench-flow says, and the instructions that the process took for one (user)."""
    arguments = [BUILD / "bench/flow/certes-bench-flow", "--header", f"Authorization: Bearer {harness.ADMIN_KEY}",
                 "--gateway", process.ports["gateway"], "--port", port, *options]
    before = common.cpu_seconds(process.process.pid)
    with counted(process.process.pid) as instructions:
        found = common.run_json(*arguments)
    after = common.cpu_seconds(process.process.pid)
    found["user_us"] = (after[0] - before[0]) / found["events"] * 1e6
    found["instructions"] = instructions[0] / found["events"] if instructions[0] else None
    return found


@contextlib.contextmanager
def counted(pid):
    """Instructions in user space of a process, by perf; nothing where it cannot count them, as in many virtual machines."""
    found = [None]
    try:
        perf = subprocess.Popen(["perf", "stat", "-x", ",", "-e", "instructions:u", "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        yield found
        return
    yield found
    perf.send_signal(2)
    for line in perf.communicate()[1].splitlines():
        value, _, rest = line.partition(",")
        if "instructions" in rest and value.isdigit():
            found[0] = int(value)


def make(api, count):
    """Endpoints and subscriptions that no event of the bench is for; seconds."""
    began = time.perf_counter()
    for first in range(0, count, BULK):
        items = []
        for n in range(first, min(first + BULK, count)):
            items.append({"method": "PUT", "path": f"/endpoints/e{n}", "body": {"url": f"http://127.0.0.1:9/{n}"}})
            items.append({"method": "PUT", "path": f"/subscriptions/s{n}", "body": {"endpoint": f"e{n}", "pattern": f"other.t{n}"}})
        answer = api.ok("POST", "/bulk", items)
        if answer["failed"]:
            raise SystemExit(f"of a bulk of changes {answer['failed']} failed: {answer['answers']}")
    return time.perf_counter() - began


def prepare(api, port, count):
    api.ok("PUT", "/endpoints/bench", {"url": f"http://127.0.0.1:{port}/hook", "concurrency": 256})
    api.ok("PUT", "/subscriptions/bench", {"endpoint": "bench", "pattern": "bench.#"})
    return make(api, count)


def ratio(pairs, what):
    """Of the second to the first; the median, and what is beside it."""
    ratios = sorted(second[what] / first[what] for first, second in pairs)
    return f"{statistics.median(ratios):.3f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def middle(found, what):
    return statistics.median(one[what] for one in found)


def show_pairs(name, count, pairs, what, unit):
    print(f"registry {name:34}: {FEW} {middle([a for a, _ in pairs], what):.1f}, {count} {middle([b for _, b in pairs], what):.1f} {unit}; "
          f"ratio {ratio(pairs, what)} of {len(pairs)} pairs", flush=True)


def compare(few, many, port, options):
    """Events/s and latency with few and with many."""
    closed = [tuple(flow(process, port, "--events", options.events) for process in (few, many)) for _ in range(options.registry_pairs)]
    show_pairs("events/s, closed loop", options.resources, closed, "per_second", "/s")
    show_pairs("CPU in user space, an event", options.resources, closed, "user_us", "µs")
    if closed[0][0]["instructions"]:
        show_pairs("instructions an event", options.resources, closed, "instructions", "")
    paced = [tuple(flow(process, port, "--events", 4000, "--rate", 800, "--connections", 16) for process in (few, many))
             for _ in range(options.registry_pairs)]
    show_pairs("p99 at 800/s, ms", options.resources, paced, "p99_ms", "ms")


def under_changes(process, directory, port, options):
    """Latency of deliveries while subscriptions are made, beside that without."""
    body = json.dumps({"endpoint": "e0", "pattern": "other.made"}).encode()
    request = common.write_request(directory / "change", "/api/v1/subscriptions", body, common.bearer())
    pairs, rates = [], []
    for _ in range(options.registry_pairs):
        alone = flow(process, port, "--events", 4000, "--rate", 800, "--connections", 16)
        changes = subprocess.Popen([LIMITS / "open_load", process.ports["api"], request, "16", str(options.changes), "6"], stdout=subprocess.PIPE, text=True)
        beside = flow(process, port, "--events", 4000, "--rate", 800, "--connections", 16)
        rates.append(json.loads(changes.communicate()[0])["accepted_per_second"])
        pairs.append((alone, beside))
    gained = statistics.median(b["p99_ms"] - a["p99_ms"] for a, b in pairs)
    print(f"registry p99 beside {statistics.median(rates):.0f} changes/s        : {middle([a for a, _ in pairs], 'p99_ms'):.1f} alone, "
          f"{middle([b for _, b in pairs], 'p99_ms'):.1f} ms beside them; ratio {ratio(pairs, 'p99_ms')}, {gained:+.1f} ms", flush=True)


def one_change(api, count):
    """A change by itself, as its caller waits for it."""
    took = []
    for n in range(300):
        began = time.perf_counter()
        api.ok("PUT", f"/endpoints/e{n * 7 % count}", {"url": f"http://127.0.0.1:9/again/{n}"})
        took.append((time.perf_counter() - began) * 1e3)
    print(f"registry one change, by its caller         : p50 {statistics.median(took):.2f}, p99 {sorted(took)[-4]:.2f} ms", flush=True)


def starts(process, runs):
    took = []
    for _ in range(runs):
        process.stop()
        began = time.perf_counter()
        process.start(ready_within=120)
        took.append(time.perf_counter() - began)
    return took


def registry(directory, options):
    directory.mkdir(parents=True)
    micro = subprocess.run([BUILD / "bench/registry/certes-bench-registry", str(FEW), "1000", str(options.resources)], capture_output=True, text=True, check=True)
    for line in micro.stdout.splitlines():
        one = json.loads(line)
        print(f"registry {one['endpoints']:6} of both: read in {one['read_ms']:.0f} ms, first routed after {one['first_ms']:.1f} ms; a change, µs: "
              + "; ".join(f"{name} p50 {one[name]['p50']:.1f} p99 {one[name]['p99']:.1f}" for name in ("publish", "core", "event")), flush=True)
    port = common.free_port()
    with contextlib.ExitStack() as stack:
        few, few_api = stack.enter_context(common.installation("sqlite", directory / "few", ""))
        many, many_api = stack.enter_context(common.installation("sqlite", directory / "many", ""))
        prepare(few_api, port, FEW)
        took = prepare(many_api, port, options.resources)
        print(f"registry made {options.resources} endpoints and subscriptions: {took:.1f} s by POST /bulk, {took / options.resources / 2 * 1e3:.2f} ms a change; "
              f"resident {many.rss_bytes() >> 20} MiB, with {FEW} {few.rss_bytes() >> 20}", flush=True)
        one_change(many_api, options.resources)
        many.keep_ports()
        took = starts(many, 3)
        print(f"registry start with them                   : {', '.join(f'{one:.1f}' for one in took)} s; resident {many.rss_bytes() >> 20} MiB", flush=True)
        compare(few, many, port, options)
        under_changes(many, directory, port, options)
