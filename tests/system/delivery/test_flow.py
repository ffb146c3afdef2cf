"""The main job with a ledger: everything acknowledged is delivered or dead-lettered exactly once, through kills."""
import asyncio
import json
import os
import random
import signal
import unittest

from harness import ADMIN_KEY, Case, Installation, Producer, Sink, event, refusing_port, wait_for

EVENTS = int(os.environ.get("CERTES_TEST_EVENTS", "20000"))
CONCURRENCY = 16
TYPES = {"pay.done": "critical", "order.created": "high", "user.seen": "normal", "snack.updated": "low"}


class Flow:
    """Three endpoints (sound; failing at first; dead) with four subscriptions each, and what came of every event."""

    def __init__(self, case, engine):
        self.case, self.engine = case, engine
        self.failing = 300
        self.broken_bodies = 0

    def behave(self, path, headers, body):
        if path == "/flaky" and self.failing > 0:
            self.failing -= 1
            return 500
        return 200

    def declare(self, installation, sink):
        api = installation.api
        api.ok("PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.2, "jitter": "none", "max_attempts": 50})
        api.ok("PUT", "/backoff-policies/short", {"strategy": "constant", "base_seconds": 0.05, "jitter": "none", "max_attempts": 2})
        urls = {"sound": sink.url("/sound"), "flaky": sink.url("/flaky"), "dead": f"http://127.0.0.1:{refusing_port()}/dead"}
        for name, url in urls.items():
            answer = api.ok("PUT", f"/endpoints/{name}", {
                # Each event is to come to its end by its policy: nothing waits for the endpoint to be well again.
                "url": url, "concurrency": CONCURRENCY, "timeout_seconds": 10, "breaker": None,
                "backoff_policy": "short" if name == "dead" else "quick"})
            sink.secrets["/" + name] = answer["secret"]
            for event_type, priority in TYPES.items():
                api.ok("PUT", f"/subscriptions/{name}-{priority}", {"endpoint": name, "pattern": event_type, "priority": priority})

    @staticmethod
    def events(count):
        chooser = random.Random(7)
        types = list(TYPES)
        for n in range(count):
            yield n, event(chooser.choice(types), {"n": n, "filler": "x" * chooser.randrange(400)}, id=f"client-{n}", source="urn:test")

    @staticmethod
    def settled(installation):
        metrics = {}
        for process in installation.dispatchers:
            for name, value in process.metrics("dispatcher").items():
                metrics[name] = metrics.get(name, 0) + value
        waiting = sum(v for k, v in metrics.items() if k.startswith(("certes_dispatcher_waiting", "certes_dispatcher_in_flight")))
        return waiting == 0

    def check(self, installation, sink, producer, duplicates_allowed, unknown_allowed):
        case = self.case
        accepted = producer.accepted()
        refused = {k for k, v in producer.outcomes.items() if v[0] == "refused"}
        unknown = {k for k, v in producer.outcomes.items() if v[0] == "unknown"}
        case.assertLessEqual(len(unknown), unknown_allowed)
        by_event = {}
        delivered = {"/sound": {}, "/flaky": {}}
        for receipt in sink.receipts:
            case.assertTrue(receipt.verified, f"a signature that does not verify: {receipt.headers}")
            n = json.loads(receipt.body)["n"]
            case.assertNotIn(n, refused, "a refused event was delivered")
            case.assertEqual(by_event.setdefault(n, receipt.body), receipt.body, "bodies differ between deliveries")
            if receipt.status == 200:
                delivered[receipt.path][n] = delivered[receipt.path].get(n, 0) + 1
            if receipt.id in accepted:
                case.assertEqual(accepted[receipt.id], n)
        repeats = 0
        wanted = set(accepted.values())
        for path, counts in delivered.items():
            missing = wanted - counts.keys()
            case.assertFalse(missing, f"{path}: {len(missing)} acknowledged events are missing, e.g. {sorted(missing)[:5]}")
            repeats += sum(count - 1 for count in counts.values())
        case.assertLessEqual(repeats, duplicates_allowed)
        letters = {}
        for letter in installation.dead_letters():
            case.assertEqual(letter["endpoint"], "dead")
            n = int(letter["source_id"].removeprefix("client-"))
            letters[n] = letters.get(n, 0) + 1
        case.assertFalse(wanted - letters.keys(), "acknowledged events that the dead endpoint's dead letters lack")
        case.assertEqual({n: c for n, c in letters.items() if c > 1}, {}, "dead-lettered twice")
        return repeats

    async def drained(self, installation, sink, producer, within):
        accepted = set(producer.accepted().values())

        def all_there():
            seen = {"/sound": set(), "/flaky": set()}
            for receipt in sink.receipts:
                if receipt.status == 200:
                    seen[receipt.path].add(json.loads(receipt.body)["n"])
            return all(accepted <= s for s in seen.values())

        deadline = asyncio.get_running_loop().time() + within
        while not all_there():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"not delivered within {within} s; {len(sink.receipts)} receipts, {len(accepted)} accepted")
            await asyncio.sleep(0.3)
        loop = asyncio.get_running_loop()
        settled_since = None  # gauges are set once a second: one zero may be of the second before
        while settled_since is None or loop.time() - settled_since < 1.2:
            if not await loop.run_in_executor(None, self.settled, installation):
                settled_since = None
            elif settled_since is None:
                settled_since = loop.time()
            if loop.time() > deadline:
                raise AssertionError("deliveries still wait: " + str(installation.dispatchers[0].metrics("dispatcher")))
            await asyncio.sleep(0.2)


class FlowTests:
    engine = ""

    async def run_flow(self, count, disturb=None, duplicates_allowed=0, unknown_allowed=0, within=180):
        flow = Flow(self, self.engine)
        installation = Installation(self, self.engine)
        async with Sink(flow.behave) as sink:
            flow.declare(installation, sink)
            producer = Producer(installation.ingest)
            sending = asyncio.create_task(producer.send(flow.events(count)))
            if disturb:
                await disturb(installation, sink, producer)
            await sending
            await flow.drained(installation, sink, producer, within)
            repeats = await asyncio.get_running_loop().run_in_executor(
                None, flow.check, installation, sink, producer, duplicates_allowed, unknown_allowed)
            print(f"{self.engine}: {len(producer.accepted())} accepted, {len(sink.receipts)} receipts, {repeats} repeats")

    async def restart(self, process, installation, producer):
        """kill -9, then at once again on the same ports and data. To a gateway nothing is sent until it is ready."""
        process.keep_ports()
        if process in installation.gateways:
            producer.ready.clear()
        process.kill()
        await asyncio.get_running_loop().run_in_executor(None, process.start)
        producer.ready.set()

    async def test_every_event_ends_exactly_once_at_every_endpoint(self):
        await self.run_flow(EVENTS)

    async def test_kill_in_mid_flow_loses_nothing_and_repeats_at_most_what_was_in_flight(self):
        kills = 2

        async def disturb(installation, sink, producer):
            for k in range(kills):
                await sink.wait(lambda k=k: len(sink.receipts) > EVENTS // 5 * (k + 1), 120)
                await self.restart(installation.dispatchers[0], installation, producer)
                installation.ingest = installation.gateways[0].address("gateway")

        # A killed `serve` also breaks the producer's connections: what they had begun is unknown.
        await self.run_flow(EVENTS // 2, disturb, duplicates_allowed=kills * 3 * CONCURRENCY,
                            unknown_allowed=kills * 32 if self.engine == "sqlite" else 0)


class EmbeddedFlow(FlowTests, Case):
    engine = "sqlite"


class KafkaFlow(FlowTests, Case):
    engine = "kafka"

    async def test_killing_the_gateway_repeats_nothing(self):
        async def disturb(installation, sink, producer):
            await sink.wait(lambda: len(sink.receipts) > EVENTS // 5, 120)
            await self.restart(installation.gateways[0], installation, producer)

        await self.run_flow(EVENTS // 2, disturb, duplicates_allowed=0, unknown_allowed=32)


if __name__ == "__main__":
    unittest.main(verbosity=2)
