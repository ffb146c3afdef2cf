"""What endpoints, tenants and dispatchers that are slow, dead or greedy cost the others.

hang      8,000 events for an endpoint that takes 5 s, 200 for one that hangs; then 500 at 50/s to another tenant
many      100 of 1,000 endpoints hang, with 80 events each; the others get 2,000/s
bulk      64 bulk requests of 5 s at an endpoint, and critical ones to it
breaker   100,000 low and 10 critical wait behind an open breaker, and another endpoint stays down: what comes first
tenant    ten tenants at 10/s each, and one at 100 times that
classes   critical ones without end, and what the other classes get beside them
shares    more waits of each of three tenants, weights 1, 2 and 4, than there are places; then the third may have `low` alone;
          meanwhile a fourth, of 100 events/s, is sent ten times that
failing   all endpoints fail, 1,000 new events a second: the share of retries
rolling   (Kafka) 1,500/s through three dispatchers, of which one is killed, one stands still, one is added, all restart
"""
import asyncio
import collections
import concurrent.futures
import http.client
import signal
import threading
import time

import bench_common as common
from bench_common import Receiver
from bench_backlog import FLOW, Installation, publish, told

harness = common.harness
HEALTHY = 900
HANGING = 100
WAITING = 100_000  # behind the breaker


def say(row, certes, text):
    print(f"isolation {row:8} {certes.engine:6}: {text}", flush=True)


def bulk(certes, changes):
    bulk_of(certes.api, changes)


def bulk_of(api, changes):
    for start in range(0, len(changes), 1_000):
        answer = api.ok("POST", "/bulk", changes[start:start + 1_000])
        if answer["failed"]:
            raise SystemExit(f"of a bulk of changes {answer['failed']} failed: {answer['answers'][:3]}")


def changes_of(name, url, pattern, priority="normal", **members):
    return [{"method": "PUT", "path": f"/endpoints/{name}", "body": {"url": url, **members}},
            {"method": "PUT", "path": f"/subscriptions/{name}", "body": {"endpoint": name, "pattern": pattern, "priority": priority}}]


def flow_of(certes, key, port, rate, events, *more):
    return common.run_json(FLOW, "--header", f"Authorization: Bearer {key}", "--gateway", certes.gateway,
                           "--port", port, "--events", events, "--patience", 120, "--rate", rate, "--connections", "8", *more)


def tenant(certes, name, **members):
    """Its API, and the key that it publishes with."""
    certes.api.ok("PUT", f"/tenants/{name}", members)
    key = certes.api.ok("POST", f"/keys?tenant={name}", {"scopes": ["*"]})["key"]
    return harness.Api(certes.api.address, key), key


def hang(certes):
    with Receiver(lambda path, headers, body: 5.0 if path == "/slow" else None) as receiver:
        other, key = tenant(certes, "other")
        port = common.free_port()
        other.ok("PUT", "/endpoints/mine", {"url": f"http://127.0.0.1:{port}/hook"})
        other.ok("PUT", "/subscriptions/mine", {"endpoint": "mine", "pattern": "#"})
        flow_of(certes, key, port, 50, 100)
        alone = flow_of(certes, key, port, 50, 500)
        certes.endpoint("slow", receiver.url("slow"), "bench.slow", concurrency=256)
        certes.endpoint("hangs", receiver.url("hangs"), "bench.hangs", concurrency=256)
        publish(certes.gateway, ["bench.slow"], 8_000)
        publish(certes.gateway, ["bench.hangs"], 200, batch=200)
        beside = flow_of(certes, key, port, 50, 500)
    say("hang", certes, f"500 of 500 of another tenant, {told(beside)}; alone {told(alone)}")


def many(certes):
    with Receiver(lambda path, headers, body: None) as receiver:
        port = common.free_port()
        bulk(certes, [change for n in range(HEALTHY) for change in
                      changes_of(f"healthy{n}", f"http://127.0.0.1:{port}/{n}", f"bench.event.{n}", timeout_seconds=15)] +
                     [change for n in range(HANGING) for change in
                      changes_of(f"hangs{n}", receiver.url(f"hangs{n}"), f"bench.hangs{n}", timeout_seconds=15)])

        def healthy(events):
            return flow_of(certes, harness.ADMIN_KEY, port, 2_000, events, "--types", HEALTHY)

        healthy(20_000)
        alone = healthy(HEALTHY * 80)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            filling = pool.submit(publish, certes.gateway, [f"bench.hangs{n}" for n in range(HANGING)], HANGING * 80)
            beside = healthy(HEALTHY * 80)
            filling.result()
        left = certes.metric("certes_dispatcher_in_flight")
    say("many", certes, f"{HEALTHY * 80} to {HEALTHY} endpoints, {told(beside)}; alone {told(alone)}; {HANGING} hang, {left:.0f} requests at once")


def bulk_requests(certes):
    slow = False
    with Receiver(lambda path, headers, body: 5.0 if slow and headers["ce-type"] == "bench.bulk" else 200) as receiver:
        certes.endpoint("one", receiver.url("one"), "bench.bulk", "bulk", concurrency=64)
        certes.api.ok("PUT", "/subscriptions/urgent", {"endpoint": "one", "pattern": "bench.urgent", "priority": "critical"})

        def urgent():
            found = []
            for n in range(100):
                count = len(receiver.receipts)
                began = time.monotonic()
                publish(certes.gateway, ["bench.urgent"], 1, batch=1)
                certes.until(lambda: any(receipt.headers["ce-type"] == "bench.urgent" for receipt in receiver.receipts[count:]), "an urgent one", 30)
                receipt = next(receipt for receipt in receiver.receipts[count:] if receipt.headers["ce-type"] == "bench.urgent")
                found.append((receipt.at - began) * 1e3)
                time.sleep(0.02)
            found.sort()
            return f"p50 {found[50]:.1f}, p99 {found[98]:.1f} ms"

        publish(certes.gateway, ["bench.bulk"], 500, batch=100)  # slow start is over
        certes.until(lambda: len(receiver.receipts) >= 500, "the first ones")
        alone = urgent()
        slow = True
        publish(certes.gateway, ["bench.bulk"], 1_000, batch=100)
        hold = lambda: certes.metric("certes_dispatcher_in_flight")  # noqa: E731
        certes.until(lambda: hold() >= 48, "the slow ones to be under way")
        most = hold()
        beside = urgent()
    say("bulk", certes, f"critical ones beside {most:.0f} slow bulk requests to the same endpoint {beside}; alone {alone}")


def breaker(certes):
    works, came = False, []

    def behave(path, headers, body):
        if not works or path != "/down":
            return 503
        came.append(headers["ce-type"])
        return 200

    with Receiver(behave) as receiver:
        members = {"breaker": {"failures": 10, "probe_seconds": 1, "max_probe_seconds": 2}}
        certes.endpoint("down", receiver.url("down"), "bench.low", "low", concurrency=16, **members)
        certes.endpoint("still", receiver.url("still"), "bench.still", "low", concurrency=16, **members)
        certes.api.ok("PUT", "/subscriptions/urgent", {"endpoint": "down", "pattern": "bench.urgent", "priority": "critical"})
        publish(certes.gateway, ["bench.low"], WAITING)
        publish(certes.gateway, ["bench.still"], 1_000)
        certes.until(lambda: certes.metric("certes_dispatcher_breakers_open") == 2, "the breakers to open")
        publish(certes.gateway, ["bench.urgent"], 10, batch=10)
        certes.until(lambda: certes.open_deliveries() >= WAITING + 1_010, "all to be routed")
        time.sleep(12)  # a checkpoint
        before, sent = certes.written(), certes.metric("certes_dispatcher_attempts_total")
        time.sleep(20)
        written, probes = certes.written() - before, certes.metric("certes_dispatcher_attempts_total") - sent
        works = True
        certes.until(lambda: came, "the recovery")
        began = time.monotonic()
        certes.until(lambda: certes.open_deliveries() <= 1_000, "all")
        rate = WAITING / (time.monotonic() - began)
    say("breaker", certes, f"of the first 12 behind the recovery {came[:12].count('bench.urgent')} critical; meanwhile in 20 s {probes:.0f} probes and "
        f"{written / 1024:.0f} KiB written by the dispatcher's process; then {rate:.0f}/s, {len(came) - WAITING - 10} twice")


def tenants(certes):
    quiet, loud_rate = 10, 1_000
    port, loud_port = common.free_port(), common.free_port()
    keys = []
    for n in range(quiet):
        api, key = tenant(certes, f"quiet{n}")
        api.ok("PUT", "/endpoints/mine", {"url": f"http://127.0.0.1:{port + 0}/q{n}"})
        api.ok("PUT", "/subscriptions/mine", {"endpoint": "mine", "pattern": "#"})
        keys.append(key)
    api, loud = tenant(certes, "loud")
    api.ok("PUT", "/endpoints/mine", {"url": f"http://127.0.0.1:{loud_port}/loud", "concurrency": 256})
    api.ok("PUT", "/subscriptions/mine", {"endpoint": "mine", "pattern": "#"})
    flow_of(certes, loud, loud_port, loud_rate, 2_000)
    flow_of(certes, keys[0], port, 100, 200)
    alone = flow_of(certes, keys[0], port, 10, 300)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        busy = pool.submit(flow_of, certes, loud, loud_port, loud_rate, loud_rate * 32)
        beside = flow_of(certes, keys[0], port, 10, 300)
        busy.result()
    say("tenant", certes, f"a tenant at 10/s beside one at {loud_rate}/s {told(beside)}; alone {told(alone)}")


def classes(certes):
    """An endpoint that takes 200/s; more critical ones than it takes, and enough of each other class."""
    lower = ("high", "normal", "low", "bulk")
    with Receiver(lambda path, headers, body: 0.04) as receiver:
        certes.endpoint("one", receiver.url("one"), "bench.critical", "critical", concurrency=8)
        for priority in lower:
            certes.api.ok("PUT", f"/subscriptions/{priority}", {"endpoint": "one", "pattern": f"bench.{priority}", "priority": priority})
        for priority in ("critical",) + lower:
            publish(certes.gateway, [f"bench.{priority}"], 20_000)
        certes.until(lambda: certes.open_deliveries() >= 90_000, "all to be routed")
        came = len(receiver.receipts)
        time.sleep(30)
        counts = collections.Counter(receipt.headers["ce-type"].removeprefix("bench.") for receipt in receiver.receipts[came:])
        total = sum(counts.values())
    say("classes", certes, f"of {total / 30:.0f}/s beside critical ones without end: " + ", ".join(f"{p} {counts[p] / total:.1%}" for p in ("critical",) + lower))


SHARES_PLACES = 64  # dispatcher.in_flight_max of that row
WEIGHTS = {"one": 1, "two": 2, "four": 4}


def shares(certes):
    with Receiver(lambda path, headers, body: 0.05) as receiver:
        # So many endpoints that none meets its own bound, a quarter of the places.
        for name, weight in WEIGHTS.items():
            api, key = tenant(certes, name, weight=weight)
            bulk_of(api, [change for n in range(8) for change in
                          changes_of(f"e{n}", receiver.url(f"{name}/e{n}"), f"bench.event{n}", concurrency=64)])
            publish(certes.gateway, [f"bench.event{n}" for n in range(8)], 60_000, key=key)
        certes.until(lambda: certes.open_deliveries() >= 170_000, "all to be routed")

        def counted(seconds):
            came = len(receiver.receipts)
            time.sleep(seconds)
            counts = collections.Counter(receipt.path.split("/")[1] for receipt in receiver.receipts[came:])
            total = sum(counts.values())
            return f"{total / seconds:.0f}/s: " + ", ".join(f"{name} {counts[name] / total:.1%}" for name in WEIGHTS)

        say("shares", certes, f"weights 1, 2, 4, of {counted(20)}")
        certes.api.ok("PUT", "/tenants/four", {"weight": 4, "max_priority": "low"})
        time.sleep(10)  # what is in memory keeps its class
        say("shares", certes, f"the third with max_priority low, of {counted(20)}")
        api, key = tenant(certes, "metered", quotas={"events_per_second": 100})
        api.ok("PUT", "/endpoints/mine", {"url": receiver.url("metered/mine")})
        api.ok("PUT", "/subscriptions/mine", {"endpoint": "mine", "pattern": "#", "priority": "critical"})
        connection = http.client.HTTPConnection(certes.gateway, timeout=60)
        answers, began = collections.Counter(), time.monotonic()
        for n in range(20_000):
            time.sleep(max(0, began + n / 1_000 - time.monotonic()))
            connection.request("POST", "/events", b'{"type":"bench.metered","data":1}',
                               {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1
        seconds = time.monotonic() - began
        certes.until(lambda: sum(receipt.path == "/metered/mine" for receipt in receiver.receipts) >= answers[202], "all that was accepted", 60)
        say("shares", certes, f"a quota of 100/s at {sum(answers.values()) / seconds:.0f}/s: {answers[202] / seconds:.1f}/s accepted, "
            f"{answers[429]} answered 429, {sum(answers.values()) - answers[202] - answers[429]} otherwise; all accepted ones arrived")


def failing(certes):
    """Each way of failing: behind breakers, and without them."""
    for name, members in (("with breakers", {}), ("without breakers", {"breaker": None})):
        with Receiver(lambda path, headers, body: 500) as receiver:
            certes.api.ok("PUT", "/backoff-policies/quick", {"strategy": "exponential", "base_seconds": 1, "max_seconds": 8, "max_attempts": 10})
            bulk(certes, [change for n in range(20) for change in
                          changes_of(f"e{n}", receiver.url(f"e{n}"), f"bench.event{n}", concurrency=256, backoff_policy="quick", **members)])
            for _ in range(60):
                began = time.monotonic()
                publish(certes.gateway, [f"bench.event{n}" for n in range(20)], 1_000)
                time.sleep(max(0, 1 - (time.monotonic() - began)))
            receipts = list(receiver.receipts)
            worst, at, end = 0.0, receipts[0].at, receipts[-1].at
            while at + 10 <= end:
                window = [receipt.attempt > 1 for receipt in receipts if at <= receipt.at < at + 10]
                worst = max(worst, sum(window) / len(window)) if window else worst
                at += 1
            again = sum(receipt.attempt > 1 for receipt in receipts)
        say("failing", certes, f"{name}: {len(receipts)} sends in {end - receipts[0].at:.0f} s, of them retries {again / len(receipts):.1%}, "
            f"at most {worst:.1%} in ten seconds")
        bulk(certes, [{"method": "DELETE", "path": f"/{kind}/e{n}"} for kind in ("subscriptions", "endpoints") for n in range(20)])


def killed(_certes, dispatchers):
    dispatchers[0].kill()
    dispatchers[0].start(60)


ROLLING = (killed,
           lambda certes, dispatchers: harness.stand_still(dispatchers[1].process.pid),
           lambda certes, dispatchers: dispatchers[1].signal(signal.SIGCONT),
           lambda certes, dispatchers: dispatchers.append(certes.another(3).start(60)))


def rolling(certes):
    """A ledger of what was accepted and what came; the faults, each 20 s behind the one before."""
    first = certes.processes[-1]
    dispatchers = [first]
    for n in (1, 2):
        dispatchers.append(certes.another(n).start(60))
    with Receiver(lambda path, headers, body: 200) as receiver:
        certes.endpoint("one", receiver.url("one"), "#", concurrency=128)
        accepted, stop = [], threading.Event()

        def produce():
            """1,500/s in batches of ten, over four connections."""

            async def work():
                producer = harness.Producer(harness_address(certes.gateway), connections=1)
                reader, writer = await producer._connect()
                due = time.monotonic()
                while not stop.is_set():
                    body = b"[" + b",".join(harness.event("bench.event", "x" * 600) for _ in range(10)) + b"]"
                    status, answer = await producer.post(reader, writer, body)
                    if status == 202:
                        accepted.extend(answer["accepted"])
                    due += 10 / 375
                    await asyncio.sleep(max(0, due - time.monotonic()))

            async def all_of_them():
                await asyncio.gather(*(work() for _ in range(4)))

            asyncio.run(all_of_them())

        thread = threading.Thread(target=produce)
        thread.start()
        for fault in ROLLING:
            time.sleep(20)
            fault(certes, dispatchers)
        for process in dispatchers:
            time.sleep(20)
            process.stop(60)
            process.start(60)
        time.sleep(20)
        stop.set()
        thread.join()
        known = set(accepted)
        certes.until(lambda: known <= {receipt.id for receipt in receiver.receipts}, "all to come", 120)
        counts = collections.Counter(receipt.id for receipt in receiver.receipts)
        missing = len(known - set(counts))
        again = sum(count - 1 for count in counts.values())
        times = sorted(receipt.at for receipt in receiver.receipts)
        still = max(b - a for a, b in zip(times, times[1:]))
    for process in dispatchers[1:]:
        process.stop(60)
    say("rolling", certes, f"{len(known)} accepted, {missing} missing, {again} came twice; nothing at all came for {still:.1f} s at most")


def harness_address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


ISOLATION_ROWS = {"hang": hang, "many": many, "bulk": bulk_requests, "breaker": breaker, "tenant": tenants, "classes": classes, "shares": shares,
                  "failing": failing, "rolling": rolling}


class Isolated(Installation):
    def written(self):
        """Bytes that the dispatcher's process wrote to files."""
        for line in open(f"/proc/{self.dispatcher.process.pid}/io"):
            if line.startswith("write_bytes:"):
                return int(line.split()[1])
        return 0


def isolation(engine, directory, brokers, options):
    for row in [options.row] if options.row else ISOLATION_ROWS:
        if row == "rolling" and engine == "sqlite":
            continue
        settings = {"CERTES_DISPATCHER_IN_FLIGHT_MAX": str(SHARES_PLACES)} if row == "shares" else None
        with Isolated(engine, directory / f"isolation-{row}", brokers, settings) as certes:
            ISOLATION_ROWS[row](certes)
