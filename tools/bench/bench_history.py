"""What it costs to keep an index of what became of events, and how fast it answers.

cost    events to one endpoint at 2,000/s, at 10,000/s and in a closed loop, with history and without, in turn
texts   a tenth of N events, each of a hundred words of twenty thousand, with history.payload_text and without
search  N events, of which one in ten is delivered and one in a hundred fails: how fast they are indexed, and each kind of search
"""
import http.client
import json
import pathlib
import random
import statistics
import time
import urllib.parse

import bench_common as common
from bench_backlog import Installation, flow, probe, publish, told

PACED = (2_000, 10_000)
SECONDS = 8
CLOSED = 200_000
PAIRS = 3
QUERIES = 300


def say(row, engine, text):
    print(f"history  {row:7} {engine:6}: {text}", flush=True)


def thread_seconds(pid):
    """CPU of the follower of history, and of the whole process."""
    of_follower = whole = 0.0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        seconds = (int(fields[11]) + int(fields[12])) / common.TICKS
        whole += seconds
        if (task / "comm").read_text().strip() == "certes-history":
            of_follower += seconds
    return of_follower, whole


def paced(installation, port, rate):
    pid = installation.processes[0].process.pid
    before = thread_seconds(pid)
    events = rate * SECONDS if rate else CLOSED
    found = flow(installation, port, rate, events)
    after = thread_seconds(pid)
    of_follower, whole = ((b - a) / events * 1e6 for a, b in zip(before, after))
    metrics = installation.processes[0].metrics("gateway")
    return found, of_follower, whole, metrics.get("certes_history_behind_seconds", 0)


def cost(engine, directory, brokers, _options):
    for rate in (*PACED, 0):
        found = {True: [], False: []}
        for n in range(2 * PAIRS):
            kept = n % 2 == 0
            settings = {"CERTES_HISTORY_ENABLED": str(kept).lower()}
            with Installation(engine, directory / f"cost-{rate}-{n}", brokers, settings) as installation:
                port = probe(installation, "normal")
                flow(installation, port, 500, 1_000)
                found[kept].append(paced(installation, port, rate))
        ratio = statistics.median(a[0]["per_second"] / b[0]["per_second"] for a, b in zip(found[True], found[False]))
        _, of_follower, whole, behind = sorted(found[True], key=lambda run: run[3])[-1]
        say("cost", engine, f"{f'{rate}/s' if rate else 'closed loop'}: of {whole:.0f} us of CPU an event the index takes {of_follower:.1f} "
            f"({of_follower / (whole - of_follower):.1%} of the rest); behind {behind:.2f} s; rate {ratio:.2f} of that without; {told(found[True][0][0])}, "
            f"without {told(found[False][0][0])}")


class Asker:
    """Searches over one connection."""

    def __init__(self, api):
        self.connection = http.client.HTTPConnection(*api.address, timeout=60)
        self.milliseconds = {}

    def ask(self, kind, path, **query):
        target = f"/api/v1{path}" + ("?" + urllib.parse.urlencode(query) if query else "")
        began = time.monotonic()
        self.connection.request("GET", target, headers=common.bearer())
        answer = self.connection.getresponse()
        body = json.loads(answer.read())
        self.milliseconds.setdefault(kind, []).append((time.monotonic() - began) * 1e3)
        if answer.status != 200:
            raise SystemExit(f"{target}: {answer.status} {body}")
        return body


def publish_words(address, count, words):
    """Events of a hundred words, the common ones much more often than the rare."""
    connection = http.client.HTTPConnection(address, timeout=60)
    headers = {"Content-Type": "application/json", **common.bearer()}
    for _ in range(count // 500):
        each = (" ".join(words[int(len(words) * random.random() ** 4)] for _ in range(100)) for _ in range(500))
        connection.request("POST", "/events", json.dumps([{"type": "bench.words", "data": {"text": text}} for text in each]), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 202:
            raise SystemExit(f"a batch was answered {answer.status}")


def texts(engine, directory, brokers, options):
    words = [f"w{random.randrange(36**5):x}" for _ in range(20_000)]
    count = options.waiting // 10
    for kept in (False, True):
        settings = {"CERTES_HISTORY_PAYLOAD_TEXT": str(kept).lower()}
        where = directory / f"texts-{kept}"
        with Installation(engine, where, brokers, settings) as installation:
            process = installation.processes[0]
            before = thread_seconds(process.process.pid)[0]
            publish_words(installation.gateway, count, words)
            asker = Asker(installation.api)

            def indexed():
                found = process.metrics("gateway")
                return found["certes_history_behind_seconds"] < 1 and asker.ask("newest", "/events", limit=1)["indexed_from"] is None
            installation.until(indexed, "the index to follow")
            spent = (thread_seconds(process.process.pid)[0] - before) / count * 1e6
            size = sum(file.stat().st_size for file in where.rglob("history.db*"))
            shed = process.metrics("gateway").get('certes_history_shed_total{what="texts"}', 0)
            say("texts", engine, f"{count} events of 100 words, {'with' if kept else 'without'} payload_text: {spent:.0f} us of CPU an event, {size / count:.0f} bytes an event, {shed:.0f} left out")
            if not kept:
                continue
            for _ in range(QUERIES):
                asker.ask("a common word", "/events", text=words[random.randrange(20)], limit=50)
                asker.ask("a rare word", "/events", text=words[-1 - random.randrange(2_000)], limit=50)
                asker.ask("two words", "/events", text=f"{words[random.randrange(200)]} {words[random.randrange(200)]}", limit=50)
            tell_searches("texts", engine, asker)


def tell_searches(row, engine, asker):
    for kind, values in asker.milliseconds.items():
        say(row, engine, f"{kind}: p50 {percentile(values, 0.5):.1f}, p99 {percentile(values, 0.99):.1f}, max {max(values):.1f} ms")


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def ask_all(asker, began, ended):
    at = random.uniform(began, ended)
    page = asker.ask("before a time", "/events", to=rfc3339(at + 1), limit=50)
    asker.ask("newest", "/events", limit=50)
    asker.ask("of a type", "/events", type=f"bench.t{random.randrange(100)}", to=rfc3339(at + 1), limit=50)
    asker.ask("of an endpoint", "/events", endpoint="ok", to=rfc3339(at + 1), limit=50)
    asker.ask("failed", "/events", state="failed", to=rfc3339(at + 1), limit=50)
    asker.ask("failed, of a type", "/events", state="failed", type="bench.t99", to=rfc3339(at + 1), limit=50)
    asker.ask("delivered, of an endpoint", "/events", state="delivered", endpoint="ok", to=rfc3339(at + 1), limit=50)
    if page["items"]:
        event = random.choice(page["items"])
        asker.ask("by id, with payload", f"/events/{event['id']}")
        asker.ask("attempts", f"/events/{event['id']}/attempts")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def search(engine, directory, brokers, options):
    with common.RawServer() as server, Installation(engine, directory / "search", brokers) as installation:
        address = f"http://{server.address}"
        installation.api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 1, "max_attempts": 1})
        installation.endpoint("ok", f"{address}/ok", "bench.t0", concurrency=256)
        for n in range(1, 10):
            installation.api.ok("PUT", f"/subscriptions/ok{n}", {"endpoint": "ok", "pattern": f"bench.t{n}"})
        installation.endpoint("fails", f"http://127.0.0.1:{common.free_port()}/", "bench.t99", concurrency=256, backoff_policy="once", breaker=None)
        began = time.time()
        publish(installation.gateway, [f"bench.t{n}" for n in range(100)], options.waiting)
        published = time.time()
        installation.until(lambda: installation.open_deliveries() <= 0, "all to be delivered")
        behind = lambda: installation.processes[0].metrics("gateway")["certes_history_behind_seconds"]  # noqa: E731
        installation.until(lambda: behind() < 1, "the index to follow")
        asker = Asker(installation.api)
        installation.until(lambda: asker.ask("newest", "/events", limit=1)["indexed_from"] is None, "the index to be filled")
        took = time.time() - began
        index = sum(file.stat().st_size for file in (directory / "search").rglob("history.db*"))
        say("search", engine, f"{options.waiting} events published in {published - began:.0f} s, delivered and indexed after {took:.0f} s; "
            f"{index / 2**20:.0f} MiB, {index / options.waiting:.0f} bytes an event; {installation.resident():.0f} MiB resident")
        asker.milliseconds.clear()
        for _ in range(QUERIES):
            ask_all(asker, began, published)
        tell_searches("search", engine, asker)


HISTORY_ROWS = {"cost": cost, "texts": texts, "search": search}


def history(engine, directory, brokers, options):
    for row in [options.row] if options.row else HISTORY_ROWS:
        HISTORY_ROWS[row](engine, directory, brokers, options)
