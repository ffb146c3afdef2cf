"""What a backlog costs: everything else beside it, the memory that it takes, a restart with it, and how fast it drains.

slow    N `low` events wait for an endpoint that takes 40 a second; critical ones to another endpoint, before and beside
large   5,000 events of 1 MB for an endpoint that is down, 400 for one that is paused
retries N deliveries have failed and wait for their next attempt
unread  N events come while no dispatcher runs (Kafka; on the embedded log they are read as they come: slow)
joins   (Kafka) N wait for a paused endpoint; a second dispatcher joins and leaves ten times beside 500/s to another one
back    N events wait, 1 in 100 of them for an endpoint that comes back, beside 500/s to another one; then all come back
letters N dead letters are sent again at their endpoint's limit, beside 200/s to another one
idle    nothing at all
"""
import concurrent.futures
import http.client
import http.server
import json
import pathlib
import re
import subprocess
import threading
import time

import bench_common as common

FLOW = common.BUILD / "bench/flow/certes-bench-flow"
BATCH = 1_000
LETTERS_RATE = 5_000  # rate_per_second of the endpoint that gets dead letters again


class Slow:
    """An endpoint that takes 100 ms for a request, and knows when the first one came since it was last asked."""

    def __enter__(self):
        sink = self
        self.first = None

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                sink.first = sink.first or time.monotonic()
                self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(0.1)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return self

    def __exit__(self, *_):
        self.server.shutdown()


class Installation:
    """A gateway and a dispatcher, or `serve`, whose processes end and start one by one."""

    def __init__(self, engine, directory, brokers, settings=None):
        self.engine, self.directory, self.brokers = engine, directory, brokers
        self.processes = common.processes_of(engine, directory, brokers, settings)

    def __enter__(self):
        for process in self.processes:
            process.start(120)
            process.keep_ports()
        self.api = common.harness.Api(self.processes[0].address("api"))
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.stop(60)

    def another(self, n):
        """A dispatcher of the same prefix, not started."""
        first = self.processes[-1]
        environment = {key: value for key, value in first.environment.items() if key.startswith("CERTES_")} | {"CERTES_DISPATCHER_LISTEN": "127.0.0.1:0"}
        return common.harness.Process("dispatcher", self.directory / f"dispatcher{n}", "--brokers", self.brokers, environment=environment, dev=False)

    @property
    def gateway(self):
        return self.processes[0].ports["gateway"]

    @property
    def dispatcher(self):
        return self.processes[-1]

    def metric(self, name, labels=""):
        # While it reads a large backlog a dispatcher may not answer for a moment.
        for _ in range(60):
            try:
                found = self.dispatcher.metrics("dispatcher")
                return sum(value for key, value in found.items() if re.match(rf"{name}(\{{.*{labels}.*\}})?$", key))
            except (OSError, http.client.HTTPException):
                time.sleep(0.5)
        raise SystemExit(f"the dispatcher does not say what {name} is\n{self.dispatcher.log()}")

    def open_deliveries(self):
        return self.metric("certes_dispatcher_waiting")

    def endpoint(self, name, url, pattern, priority="normal", **members):
        self.api.ok("PUT", f"/endpoints/{name}", {"url": url, **members})
        self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": pattern, "priority": priority})

    def until(self, condition, what, within=1_800):
        common.harness.wait_for(condition, within, what)

    def resident(self):
        return self.dispatcher.rss_bytes() / 2**20


def publish(address, types, count, bytes_=640, batch=BATCH, key=None):
    """`count` events of these types in turn, in batches, over four connections; events a second."""
    shell = len('{"type":"","data":""}') + len(types[0])
    events = [f'{{"type":"{types[n % len(types)]}","data":"{"x" * (bytes_ - shell)}"}}' for n in range(batch)]
    body = ("[" + ",".join(events) + "]" if batch > 1 else events[0]).encode()
    authorization = {"Authorization": f"Bearer {key}"} if key else common.bearer()
    left = iter(range(count // batch))
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection(address, timeout=60)
        while True:
            with lock:
                if next(left, None) is None:
                    return
            while True:
                connection.request("POST", "/events", body, {"Content-Type": "application/json", **authorization})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    break
                if answer.status != 503:
                    raise SystemExit(f"a batch was answered {answer.status}")
                time.sleep(0.1)

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    return count / (time.monotonic() - began)


def flow(installation, port, rate, events):
    options = ["--rate", str(rate), "--connections", "8"] if rate else []
    return common.run_json(FLOW, "--header", f"Authorization: Bearer {common.harness.ADMIN_KEY}", "--gateway", installation.gateway,
                           "--port", port, "--events", events, "--patience", 600, *options)


def probe(installation, priority="critical"):
    port = common.free_port()
    installation.endpoint("probe", f"http://127.0.0.1:{port}/hook", "bench.event", priority, concurrency=256)
    return port


def restart(installation, kill):
    """Of the dispatcher: the seconds until it was ready."""
    if kill:
        installation.dispatcher.kill()
    else:
        installation.dispatcher.stop(60)
    began = time.monotonic()
    installation.dispatcher.start(300)
    return time.monotonic() - began


def say(row, installation, text):
    print(f"backlog  {row:7} {installation.engine:6}: {text}", flush=True)


def told(latency):
    return f"p50 {latency['p50_ms']:.1f}, p99 {latency['p99_ms']:.1f}, max {latency['max_ms']:.1f} ms"


def slow(installation, options):
    with Slow() as sink:
        port = probe(installation)
        flow(installation, port, 200, 400)
        alone = flow(installation, port, 200, 4_000)
        installation.endpoint("slow", sink.url, "bench.backlog", "low", concurrency=4)
        began = time.monotonic()
        rate = publish(installation.gateway, ["bench.backlog"], options.waiting)
        installation.until(lambda: installation.open_deliveries() > options.waiting * 0.999 - 40 * (time.monotonic() - began) - 100, "all to be routed")
        taken = options.waiting / (time.monotonic() - began)
        beside = flow(installation, port, 200, 4_000)
        say("slow", installation, f"{options.waiting} low wait: published {rate:.0f}/s, taken in {taken:.0f}/s; critical {told(beside)}; alone {told(alone)}; "
            f"{installation.resident():.0f} MiB resident, index {installation.metric('certes_dispatcher_index_bytes') / 2**20:.2f} MiB")
        for kill in (False, True):
            threading.Thread(target=restart, args=(installation, kill)).start()
            time.sleep(0.3)
            sink.first = None
            installation.until(lambda: "ready" in installation.dispatcher.output.decode(), "ready")
            ready = time.monotonic()
            installation.until(lambda: sink.first, "a low one")
            say("slow", installation, f"restart{' behind kill -9' if kill else ''}: the first low one {(sink.first - ready) * 1e3:.0f} ms behind ready")
            while True:
                try:
                    again = flow(installation, port, 200, 1_000)
                    break
                except SystemExit:
                    time.sleep(0.1)
            say("slow", installation, f"critical ones then: {told(again)}")


def large(installation, _options):
    port = probe(installation)
    flow(installation, port, 200, 400)
    alone = flow(installation, port, 200, 4_000)
    nowhere = f"http://127.0.0.1:{common.free_port()}/"
    for name in ("down", "paused"):
        installation.endpoint(name, nowhere, f"bench.{name}")
    installation.api.ok("POST", "/endpoints/paused/pause")
    size = 1_000_000
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        filling = pool.submit(lambda: [publish(installation.gateway, [f"bench.{name}"], count, size, 1) for name, count in (("down", 5_000), ("paused", 400))])
        during = flow(installation, port, 200, 2_000)
        filling.result()
    beside = flow(installation, port, 200, 4_000)
    say("large", installation, f"5,400 of 1 MB: critical while they come {told(during)}, then {told(beside)}; alone {told(alone)}; {installation.resident():.0f} MiB resident")


def retries(installation, options):
    installation.api.ok("PUT", "/backoff-policies/hours", {"strategy": "constant", "base_seconds": 14_400, "jitter": "none", "max_attempts": 5})
    with subprocess.Popen([common.LIMITS / "raw_epoll_server", "1", "500 Internal Server Error"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as down:
        address = down.stdout.readline().strip()
        for n in range(10):
            installation.endpoint(f"down{n}", f"http://{address}/{n}", "bench.backlog", "normal", concurrency=256, backoff_policy="hours", breaker=None)
        port = probe(installation)
        failed = lambda: installation.metric("certes_dispatcher_attempts_total", 'outcome="retry"')  # noqa: E731
        began, done = time.monotonic(), 0
        while done < options.waiting:
            part = min(options.waiting // 10 - done // 10, 20_000)
            publish(installation.gateway, ["bench.backlog"], part)
            done += part * 10
            installation.until(lambda: failed() >= done - 200_000, "attempts")
        installation.until(lambda: failed() >= done, "all attempts")
        say("retries", installation, f"{done} wait for another attempt, {done / (time.monotonic() - began):.0f} attempts/s; {installation.resident():.0f} MiB resident, "
            f"index {installation.metric('certes_dispatcher_index_bytes') / 2**20:.0f} MiB, stopped {installation.metric('certes_dispatcher_reading_stopped'):.0f}")
        for kill in (False, True):
            took = restart(installation, kill)
            began = time.monotonic()
            first = flow(installation, port, 100, 1)
            arrived = time.monotonic() - began
            # Gauges are set once a second.
            installation.until(lambda: installation.open_deliveries() >= done, "all to be known again")
            say("retries", installation, f"restart{' behind kill -9' if kill else ''}: ready after {took:.2f} s, the first new event delivered {arrived:.2f} s "
                f"later ({told(first)}); {installation.resident():.0f} MiB, index {installation.metric('certes_dispatcher_index_bytes') / 2**20:.0f} MiB, "
                f"{installation.open_deliveries():.0f} wait")
        down.stdin.close()


def unread(installation, options):
    port = probe(installation)
    installation.endpoint("away", f"http://127.0.0.1:{common.free_port()}/", "bench.backlog", "low")
    installation.api.ok("POST", "/endpoints/away/pause")
    flow(installation, port, 200, 200)
    installation.dispatcher.stop(60)
    rate = publish(installation.gateway, ["bench.backlog"], options.waiting)
    began = time.monotonic()
    installation.dispatcher.start(300)
    ready = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        critical = pool.submit(flow, installation, port, 100, 1)
        installation.until(lambda: installation.open_deliveries() >= options.waiting, "all to be read")
        read = time.monotonic() - ready
        passed = critical.result()
    say("unread", installation, f"{options.waiting} unread (published {rate:.0f}/s): ready after {ready - began:.1f} s, read and routed at {options.waiting / read:.0f}/s; "
        f"a critical one published behind them is delivered after {passed['max_ms'] / 1e3:.1f} s; {installation.resident():.0f} MiB resident")


def back(installation, options):
    with common.RawServer() as server:
        port = probe(installation, "normal")
        flow(installation, port, 500, 1_000)
        alone = flow(installation, port, 500, 10_000)
        live = flow(installation, port, 0, 50_000)["per_second"]
        for name in ("most", "few"):
            installation.endpoint(name, f"http://{server.address}/{name}", f"bench.{name}", "normal", concurrency=256)  # as live traffic's
            installation.api.ok("POST", f"/endpoints/{name}/pause")
        publish(installation.gateway, ["bench.few"] + ["bench.most"] * 99, options.waiting)
        installation.until(lambda: installation.open_deliveries() >= options.waiting, "all to be routed")
        few = options.waiting // 100
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            beside = pool.submit(flow, installation, port, 500, 5_000)
            time.sleep(1)
            began = time.monotonic()
            installation.api.ok("POST", "/endpoints/few/resume")
            installation.until(lambda: installation.open_deliveries() <= options.waiting - few + 5, "the few to be delivered")
            rate = few / (time.monotonic() - began)
            beside = beside.result()
        say("back", installation, f"{few} of {options.waiting}: {rate:.0f}/s; 500/s of others {told(beside)}, alone {told(alone)}")
        began = time.monotonic()
        installation.api.ok("POST", "/endpoints/most/resume")
        installation.until(lambda: installation.open_deliveries() <= 0, "all to be delivered")
        rate = (options.waiting - few) / (time.monotonic() - began)
        say("back", installation, f"all: {rate:.0f}/s, {rate / live:.2f} of live traffic in a closed loop ({live:.0f}/s)")


def idle(installation, _options):
    status = pathlib.Path(f"/proc/{installation.dispatcher.process.pid}/task")

    def switches():
        text = "".join((task / "status").read_text() for task in status.iterdir())
        return sum(int(count) for count in re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M))

    time.sleep(5)
    before = switches()
    time.sleep(20)
    say("idle", installation, f"{(switches() - before) / 20:.1f} wake-ups/s, {installation.resident():.0f} MiB resident")


def joins(installation, options):
    installation.endpoint("paused", "http://127.0.0.1:9/hook", "bench.backlog", "low")
    installation.api.ok("POST", "/endpoints/paused/pause")
    publish(installation.gateway, ["bench.backlog"], options.waiting)
    installation.until(lambda: installation.open_deliveries() >= options.waiting, "all to be routed")
    with common.Receiver(lambda path, headers, body: 200) as receiver:
        installation.endpoint("live", receiver.url("live"), "bench.live", "critical", concurrency=64)
        joining(installation, options, receiver.receipts)


def joining(installation, options, receipts):
    second = installation.another(1)
    published, stop = [], threading.Event()

    def produce():
        due = time.monotonic()
        while not stop.is_set():
            published.append(publish(installation.gateway, ["bench.live"], 50, batch=50))
            due += 0.1
            time.sleep(max(0, due - time.monotonic()))

    def read(process):
        return process.metrics("dispatcher")["certes_dispatcher_read_records_total"]

    def still(since):
        times = [since] + [receipt.at for receipt in receipts if receipt.at >= since] + [time.monotonic()]
        return max(b - a for a, b in zip(times, times[1:]))

    producer = threading.Thread(target=produce)
    producer.start()
    time.sleep(5)
    joined, left, by_second = [], [], 0
    before = read(installation.dispatcher)
    for _ in range(10):
        since = time.monotonic()
        second.start(60)
        time.sleep(10)
        joined.append(still(since))
        by_second += read(second)
        since = time.monotonic()
        second.stop(60)
        time.sleep(10)
        left.append(still(since))
    stop.set()
    producer.join()
    count = 50 * len(published)
    installation.until(lambda: len({receipt.id for receipt in receipts}) == count, "all to come", 60)
    read_by_first = read(installation.dispatcher) - before
    again = len(receipts) - count
    say("joins", installation, f"{options.waiting} wait in 12 partitions; nothing came for at most {max(joined):.2f} s where one joins, {max(left):.2f} s where it leaves "
        f"(medians {sorted(joined)[5]:.2f}, {sorted(left)[5]:.2f}); {count} published, all came, {again} twice; records read meanwhile: "
        f"{read_by_first:.0f} by who stays, {by_second:.0f} by who joins; open {installation.open_deliveries():.0f}")


def letters(installation, options):
    api = installation.api
    api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 1, "max_attempts": 1})
    with subprocess.Popen([common.LIMITS / "raw_epoll_server", "1", "500 Internal Server Error"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as down:
        address = down.stdout.readline().strip()
        installation.endpoint("owed", f"http://{address}/", "bench.backlog", concurrency=256, backoff_policy="once", breaker=None, disable_after_seconds=0)
        publish(installation.gateway, ["bench.backlog"], options.waiting)
        installation.until(lambda: installation.metric("certes_dispatcher_dead_letters_total") >= options.waiting, "all to be dead letters")
        down.stdin.close()
    port = probe(installation, "normal")
    flow(installation, port, 200, 400)
    alone = flow(installation, port, 200, 4_000)
    with common.RawServer() as server:
        api.ok("PATCH", "/endpoints/owed", {"url": f"http://{server.address}/", "rate_per_second": LETTERS_RATE})
        began = time.monotonic()
        job = api.ok("POST", "/dead-letters/replay", {"endpoint": "owed"})["id"]
        appending = flow(installation, port, 200, 4_000)
        installation.until(lambda: api.ok("GET", f"/jobs/{job}")["state"] == "done", "the job to be done")
        appended = time.monotonic() - began
        draining = flow(installation, port, 200, 4_000)
        installation.until(lambda: installation.open_deliveries() <= 5, "all to be delivered")
        took = time.monotonic() - began
    done = api.ok("GET", f"/jobs/{job}")
    say("letters", installation, f"{done['done']} of {options.waiting} sent again, to the log in {appended:.0f} s, to their endpoint (limit {LETTERS_RATE}/s) in {took:.0f} s "
        f"({done['done'] / took:.0f}/s); 200/s of others while they are appended {told(appending)}, while they are sent {told(draining)}, alone {told(alone)}")


ROWS = {"letters": letters, "joins": joins, "slow": slow, "large": large, "retries": retries, "unread": unread, "back": back, "idle": idle}


def backlog(engine, directory, brokers, options):
    for row in [options.row] if options.row else ["slow", "back", "idle"]:
        if row in ("unread", "joins") and engine == "sqlite" or row == "letters" and engine == "kafka":
            continue
        settings = {"CERTES_DISPATCHER_INDEX_BYTES": str(options.index_mib << 20), "CERTES_KAFKA_PARTITIONS": "12"}
        with Installation(engine, directory / f"backlog-{row}", brokers, settings) as installation:
            ROWS[row](installation, options)
