"""Days that go by on a broker: what is open is kept or dead-lettered as events.max_wait_seconds says, and deleted once it is finished."""
import asyncio
import json
import subprocess
import unittest

from clocks import DAY, Broker, Clock
from harness import Api, Case, Installation, PARTITIONS, Sink, post_json, wait_for
from records import kafka_records, recorded_ends

EVENTS, WITHIN, MAX_WAIT = 60, 60, 9 * DAY


class Age(Case):
    async def call(self, what, *arguments):
        return await asyncio.to_thread(what, *arguments)

    def clocks(self):
        self.broker_clock, self.clock = (Clock(self.directory / f"{name}.clock") for name in ("broker", "certes"))
        self.broker = Broker(self, self.broker_clock)

    def install(self, sink, name, max_wait):
        """An endpoint that is served, one for which all waits, and one for which all waits after an attempt."""
        environment = {"CERTES_EVENTS_MAX_WAIT_SECONDS": str(max_wait), "CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "300"}
        installation = Installation(self, "kafka", environment | self.clock.environment, brokers_list=self.broker.brokers)
        installation.prefix = installation.gateways[0].environment["CERTES_KAFKA_PREFIX"]
        installation.name, installation.api_of = name, lambda: Api(installation.gateways[0].address("api"))
        installation.api.ok("PUT", "/backoff-policies/rare", {"strategy": "constant", "base_seconds": 600, "jitter": "none", "max_attempts": 50})
        for endpoint, state in (("served", "active"), ("untried", "paused"), ("tried", "active")):
            made = {"url": sink.url(f"/{name}/{endpoint}"), "state": state, "backoff_policy": "rare", "concurrency": 64, "breaker": None}
            installation.api.ok("PUT", "/endpoints/" + endpoint, made)
            installation.api.ok("PUT", "/subscriptions/" + endpoint, {"endpoint": endpoint, "pattern": "order.#"})
        return installation

    def publish(self, installation, count, name):
        batch = [{"type": "order.created", "data": {name: n}, "partition_key": f"{n}"} for n in range(count)]
        status, answer = post_json(installation.gateways[0].address("gateway"), "/events", batch)
        self.assertEqual(status, 202, answer)
        return answer["accepted"]

    async def delivered(self, sink, installation, endpoint, ids):
        path = f"/{installation.name}/{endpoint}"
        await sink.wait(lambda: set(ids) <= {event for _, event in sink.delivered(path)}, WITHIN, path)

    def waiting(self, installation):
        return installation.metric("certes_dispatcher_waiting")

    async def begun(self, sink, installation):
        """All have been tried, at `tried`, and wait."""
        ids = await self.call(self.publish, installation, EVENTS, "old")
        await self.delivered(sink, installation, "served", ids)
        path = f"/{installation.name}/tried"
        await sink.wait(lambda: set(ids) <= {one.id for one in sink.receipts if one.path == path}, WITHIN, path)
        await self.call(installation.api.ok, "PATCH", "/endpoints/tried", {"state": "paused"})
        await self.call(wait_for, lambda: self.waiting(installation) == 2 * EVENTS, WITHIN, "all to wait")
        return ids

    def stop(self, installation):
        for process in installation.dispatchers + installation.gateways:
            self.assertEqual(process.stop(), 0)

    def dead_letters(self, installation):
        return installation.metric("certes_dispatcher_dead_letters_total")

    def payloads(self, installation):
        """By endpoint and event: the payload of its dead letter."""
        read = ["kcat", "-b", self.broker.brokers, "-C", "-q", "-e", "-J", "-t", installation.prefix + "dead-letters", "-o", "beginning"]
        found = {}
        for line in subprocess.run(read, check=True, capture_output=True, timeout=30).stdout.splitlines():
            record = json.loads(line)
            headers = dict(zip(record["headers"][::2], record["headers"][1::2]))
            if "certes-delivery" in headers:
                found[headers["certes-endpoint"], headers["certes-id"]] = json.loads(record["payload"])
        return found

    async def away(self, days):
        failing = True
        async with Sink(lambda path, headers, body: 503 if failing and path.endswith("/tried") else 200) as sink:
            await self.call(self.clocks)
            forever = await self.call(self.install, sink, "forever", 0)
            bounded = await self.call(self.install, sink, "bounded", MAX_WAIT)
            both = (forever, bounded)
            old = {one: await self.begun(sink, one) for one in both}
            ends = {one: self.broker.offsets(one.prefix + "events", PARTITIONS, -1) for one in both}
            for one in both:
                await self.call(self.stop, one)
            await self.call(self.broker.sleep_until, days * DAY)
            self.clock.set(days * DAY)
            if days * DAY > 12 * DAY:
                gone = lambda: all(any(self.broker.offsets(one.prefix + "attempts", PARTITIONS, -2)) for one in both)
                await self.call(wait_for, gone, WITHIN, "old attempts to be deleted by Kafka")
            for one in both:
                for process in one.gateways + one.dispatchers:
                    await self.call(process.start)
            failing = False
            new = {one: await self.call(self.publish, one, EVENTS, "new") for one in both}
            for one in both:
                await self.delivered(sink, one, "served", new[one])

            # A quarter of an hour later, and not before.
            self.assertEqual(self.dead_letters(bounded), 0)
            began = self.clock.steady
            await self.call(self.clock.go_on_until, lambda: self.dead_letters(bounded) == 2 * EVENTS, WITHIN, "dead letters of what is too old")
            self.assertGreaterEqual(self.clock.steady - began, 15 * 60)
            payloads = await self.call(self.payloads, bounded)
            wanted = {(endpoint, event): {"old": n} for endpoint in ("untried", "tried") for n, event in enumerate(old[bounded])}
            self.assertEqual(payloads, wanted)
            self.assertEqual(await self.call(self.dead_letters, forever), 0)

            for one in both:
                for endpoint in ("untried", "tried"):
                    await self.call(one.api_of().ok, "PATCH", "/endpoints/" + endpoint, {"state": "active"})
            for endpoint in ("untried", "tried"):
                await self.delivered(sink, forever, endpoint, old[forever] + new[forever])
                await self.delivered(sink, bounded, endpoint, new[bounded])
            for one in both:
                trimmed = lambda: self.broker.offsets(one.prefix + "events", PARTITIONS, -2) == ends[one]
                await self.call(self.clock.go_on_until, trimmed, WITHIN, "what is finished to be deleted")
                await self.call(wait_for, lambda: self.waiting(one) == 0, WITHIN, "nothing to wait")
                self.assertEqual(await self.call(one.metric, "certes_log_lost_records_total"), 0)
                self.assertEqual(await self.call(one.metric, "certes_dispatcher_lost_deliveries_total"), 0)
            self.assertEqual({count for count in sink.delivered().values()}, {1})
            # What was too old had one end, and was not sent.
            found = recorded_ends(*(kafka_records(self.broker.brokers, bounded.prefix + topic) for topic in ("attempts", "dead-letters")))
            for delivery in wanted:
                self.assertEqual(found[delivery], [("dead_lettered", "waited_too_long")])
            sent = {(one.path, one.id) for one in sink.receipts if one.status == 200}
            self.assertFalse(sent & {(f"/bounded/{endpoint}", event) for endpoint, event in wanted})

    async def test_ten_days(self):
        await self.away(10)

    async def test_thirty_days(self):
        await self.away(30)

    async def test_what_only_a_dispatcher_thinks_old_is_kept(self):
        async with Sink(lambda path, headers, body: 503 if path.endswith("/tried") else 200) as sink:
            await self.call(self.clocks)
            installation = await self.call(self.install, sink, "bounded", MAX_WAIT)
            self.clock.set(30 * DAY)
            ids = await self.call(self.publish, installation, EVENTS, "old")
            for process in installation.dispatchers:
                await self.call(process.stop)
                await self.call(process.start)
            # Every ten minutes: half an hour of a dispatcher that works.
            attempts = lambda: max((one.attempt for one in sink.receipts if one.path == "/bounded/tried"), default=0)
            await self.call(self.clock.go_on_until, lambda: self.dead_letters(installation) > 0 or attempts() == 4, WITHIN, "attempts")
            self.assertEqual(await self.call(self.dead_letters, installation), 0)
            await self.call(installation.api.ok, "PATCH", "/endpoints/untried", {"state": "active"})
            await self.delivered(sink, installation, "untried", ids)


if __name__ == "__main__":
    unittest.main()
