"""Endpoints that fail and that hang: what waits keeps its attempts, what is urgent goes first, others go on."""
import asyncio
import json
import unittest

from harness import Case, Installation, Producer, Sink, event, run_to_end, wait_for, ADMIN_KEY

LOW = 300
URGENT = 10
INDEXED = {"CERTES_HISTORY_ENABLED": "true"}  # a gateway, too: it is asked to replay what is open


class Breaker:
    engine = ""

    def prepare(self, sink):
        self.installation = Installation(self, self.engine, INDEXED | {"CERTES_HISTORY_DIR": str(self.directory / "history")})
        self.api = self.installation.api
        self.api.ok("PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.2, "jitter": "none", "max_attempts": 8})
        self.sink = sink
        return Producer(self.installation.ingest)

    def endpoint(self, name, pattern, priority="normal", **members):
        self.api.ok("PUT", f"/endpoints/{name}", {"url": self.sink.url("/" + name), "backoff_policy": "quick", **members})
        self.subscribe(name, name, pattern, priority)

    def subscribe(self, identity, endpoint, pattern, priority):
        self.api.ok("PUT", f"/subscriptions/{identity}", {"endpoint": endpoint, "pattern": pattern, "priority": priority})

    async def metric(self, name, value, what):
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, wait_for, lambda: self.installation.metric(name) == value, 30, what)

    def of(self, path):
        return [receipt for receipt in self.sink.receipts if receipt.path == path]

    async def test_behind_an_open_breaker_nothing_is_used_up_and_what_is_urgent_goes_first(self):
        works = False

        def behave(path, headers, body):
            return 200 if works or path == "/up" else 500

        async with Sink(behave) as sink:
            producer = self.prepare(sink)
            self.endpoint("down", "low.#", "low", concurrency=4, breaker={"failures": 5, "probe_seconds": 0.3, "max_probe_seconds": 0.6})
            self.subscribe("urgent", "down", "urgent.#", "critical")
            self.endpoint("up", "up.#")
            await producer.send([(f"low-{n}", event("low.one", n)) for n in range(LOW)])
            await self.metric("certes_dispatcher_breakers_open", 1, "the breaker to open")
            opened = len(self.of("/down"))
            self.assertEqual(self.installation.metric('certes_endpoint_breaker_open{endpoint="down",tenant="default"}'), 1)
            await producer.send([(f"urgent-{n}", event("urgent.one", n)) for n in range(URGENT)])
            await producer.send([(f"up-{n}", event("up.one", n)) for n in range(50)])
            await sink.wait(lambda: len(self.of("/up")) == 50, 30)
            told = lambda: self.api.ok("GET", "/endpoints/down/stats")  # noqa: E731
            await asyncio.get_running_loop().run_in_executor(None, wait_for, lambda: told()["standing"] == "tripped", 30, "stats that say so")
            stats = told()
            self.assertGreaterEqual(stats["waiting"]["total"], LOW + URGENT - 5)
            await sink.wait(lambda: len(self.of("/down")) >= opened + 3, 30, "probes")
            self.assertEqual(self.installation.dead_letters(), [])
            works = True
            before = len(self.of("/down"))
            await sink.wait(lambda: len(sink.delivered("/down")) == LOW + URGENT, 60)
            await self.metric("certes_dispatcher_breakers_open", 0, "the breaker to close")
            self.assertEqual(self.installation.dead_letters(), [])
            self.assertEqual({count for count in sink.delivered("/down").values()}, {1})
            # The probe may have been a low one, and lower classes have a tenth of the sends.
            first = [receipt.headers["ce-type"] for receipt in self.of("/down")[before:before + URGENT + 5]]
            self.assertEqual(first.count("urgent.one"), URGENT, first)

    async def test_an_endpoint_that_hangs_has_room_for_what_is_urgent(self):
        def behave(path, headers, body):
            return None if headers["ce-type"] == "bulk.one" else 200

        async with Sink(behave) as sink:
            producer = self.prepare(sink)
            self.endpoint("slow", "bulk.#", "bulk", concurrency=64)
            self.subscribe("urgent", "slow", "urgent.#", "critical")
            await producer.send([(f"bulk-{n}", event("bulk.one", n)) for n in range(200)])
            await sink.wait(lambda: len(self.of("/slow")) == 3, 30, "all that may hang at once")
            for n in range(20):
                await producer.send([(f"urgent-{n}", event("urgent.one", n))])
                await sink.wait(lambda: len(sink.delivered("/slow")) == n + 1, 10, "an urgent one")
            # Each that works allows one more; nothing was answered that hangs.
            hang = sum(receipt.headers["ce-type"] == "bulk.one" for receipt in self.of("/slow"))
            self.assertLessEqual(hang, 24)

    async def test_one_that_fails_for_too_long_is_disabled_and_what_waits_comes_by_a_replay(self):
        works = False

        async with Sink(lambda path, headers, body: 200 if works else 500) as sink:
            producer = self.prepare(sink)
            self.endpoint("gone", "a.#", disable_after_seconds=1, breaker=None)
            self.api.ok("PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.2, "jitter": "none", "max_attempts": 1000})
            await producer.send([(n, event("a.b", n)) for n in range(20)])
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, wait_for, lambda: self.api.ok("GET", "/endpoints/gone")["state"] == "disabled", 30, "it to be disabled")
            endpoint = self.api.ok("GET", "/endpoints/gone")
            self.assertEqual((endpoint["disabled_by"], endpoint["disabled_reason"]), ("certes", "failing"))
            await loop.run_in_executor(None, wait_for, lambda: len(self.installation.dead_letters()) == 20, 30, "dead letters")
            self.assertEqual({letter["rule"] for letter in self.installation.dead_letters()}, {"endpoint_disabled"})
            works = True
            self.api.ok("POST", "/endpoints/gone/resume")
            self.api.ok("POST", "/dead-letters/replay", {"all": True})
            await sink.wait(lambda: len(sink.delivered("/gone")) == 20, 30)

    async def test_the_command_shows_it(self):
        async with Sink(lambda path, headers, body: 500) as sink:
            producer = self.prepare(sink)
            self.endpoint("down", "#", breaker={"failures": 2})
            await producer.send([(n, event("a.b", n)) for n in range(10)])
            await self.metric("certes_dispatcher_breakers_open", 1, "the breaker to open")
            address = "http://{}:{}".format(*self.installation.gateways[0].address("api"))
            # A dispatcher that has just begun may not answer yet.
            shown = lambda: run_to_end("endpoints", "stats", "down", "--url", address, "--key", ADMIN_KEY)  # noqa: E731
            await asyncio.get_running_loop().run_in_executor(None, wait_for, lambda: "tripped until" in shown()[1], 30, "stats that say so")
            self.api.ok("PATCH", "/endpoints/down", {"breaker": None})
            self.assertIsNone(self.api.ok("GET", "/endpoints/down")["breaker"])
            await self.metric("certes_dispatcher_breakers_open", 0, "no breaker")
            exported = json.dumps(self.api.ok("GET", "/endpoints/down"))
            self.assertIn('"breaker": null', exported)


class Embedded(Breaker, Case):
    engine = "sqlite"


class OnKafka(Breaker, Case):
    engine = "kafka"


if __name__ == "__main__":
    unittest.main(verbosity=2)
