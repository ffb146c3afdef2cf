"""Endpoints with an order: a partition key's events come one after the other, whatever fails, is killed or stands still."""
import asyncio
import collections
import json
import random
import signal
import unittest

from harness import Case, Installation, Producer, Sink, event, run_to_end, stand_still, wait_for, ADMIN_KEY

KEYS = 16
EACH = 40
SESSION = 6  # seconds


class Ordering:
    engine = ""

    def prepare(self, sink, **options):
        self.installation = Installation(self, self.engine, {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": str(SESSION)}, **options)
        self.api = self.installation.api
        self.api.ok("PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.1, "jitter": "none", "max_attempts": 200})
        self.sink = sink

    def endpoint(self, name, pattern="#", **members):
        self.api.ok("PUT", f"/endpoints/{name}", {"url": self.sink.url("/" + name), "backoff_policy": "quick", "breaker": None, **members})
        self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": pattern})

    async def publish(self, key, count, start=0, event_type="a.b"):
        """One after the other, so that they stand on the log in their order."""
        producer = Producer(self.installation.ingest, connections=1)
        await producer.send([(n, event(event_type, {"key": key, "n": n}, partition_key=key)) for n in range(start, start + count)])
        self.assertEqual({outcome[0] for outcome in producer.outcomes.values()}, {"accepted"})

    async def publish_all(self):
        await asyncio.gather(*(self.publish(f"k{key}", EACH) for key in range(KEYS)))

    def check_order(self, path, keys=KEYS, each=EACH):
        """What comes first of an event comes after the one before it in its key was taken."""
        done = collections.defaultdict(int)  # of a key, how many were taken
        for receipt in (one for one in self.sink.receipts if one.path == path):
            data = json.loads(receipt.body)
            taken = done[data["key"]]
            self.assertLessEqual(data["n"], taken, f"{data} came before its turn")
            if receipt.status == 200 and data["n"] == taken:
                done[data["key"]] += 1
        self.assertEqual(dict(done), {f"k{key}": each for key in range(keys)})

    async def flaky(self, disturb, **options):
        """A third of the answers are errors; `disturb` is called when so many were taken."""
        chance = random.Random(7)
        async with Sink(lambda path, headers, body: 503 if path == "/ordered" and chance.random() < 0.3 else 200) as sink:
            self.prepare(sink, **options)
            self.endpoint("ordered", ordering="key", concurrency=8)
            self.endpoint("plain")
            await self.publish_all()
            for share, step in disturb:
                await sink.wait(lambda share=share: len(sink.delivered("/ordered")) >= share * KEYS * EACH, 60)
                await asyncio.get_running_loop().run_in_executor(None, step)
            await sink.wait(lambda: len(sink.delivered("/ordered")) == KEYS * EACH and len(sink.delivered("/plain")) == KEYS * EACH, 120)
            self.check_order("/ordered")
            self.assertEqual(self.installation.dead_letters(), [])

    async def test_a_key_waits_for_its_first_and_others_do_not(self):
        good = False

        def behave(path, headers, body):
            data = json.loads(body)
            return 500 if data["key"] == "k0" and data["n"] == 0 and not good else 200

        async with Sink(behave) as sink:
            self.prepare(sink)
            self.endpoint("e", ordering="key")
            await asyncio.gather(*(self.publish(f"k{key}", 20) for key in range(4)))
            await sink.wait(lambda: len(sink.delivered("/e")) == 60, 30, "the other keys")
            await sink.wait(lambda: len(sink.receipts) >= 65, 30, "more attempts of the first")
            loop = asyncio.get_running_loop()
            stats = lambda: self.api.ok("GET", "/endpoints/e/stats")["ordering"]  # noqa: E731
            await loop.run_in_executor(None, wait_for, lambda: stats()["blocked"] == 1, 30, "stats that tell of it")
            self.assertEqual((stats()["mode"], stats()["keys"]), ("key", 1))
            await loop.run_in_executor(None, wait_for, lambda: self.installation.metric("certes_dispatcher_blocked_keys") == 1, 30, "the metric")
            self.assertGreater(self.installation.metric("certes_dispatcher_blocked_key_seconds"), 0)
            address = "http://{}:{}".format(*self.installation.gateways[0].address("api"))
            shown = run_to_end("endpoints", "stats", "e", "--url", address, "--key", ADMIN_KEY)[1]
            self.assertIn("key: 1 keys open, 1 wait for one that fails since", shown)
            good = True
            await sink.wait(lambda: len(sink.delivered("/e")) == 80, 30)
            self.check_order("/e", 4, 20)

    async def test_switched_on_while_much_waits(self):
        works = False
        async with Sink(lambda path, headers, body: 200 if works else 500) as sink:
            self.prepare(sink)
            self.endpoint("e", concurrency=4)
            await asyncio.gather(*(self.publish(f"k{key}", 20) for key in range(4)))
            await sink.wait(lambda: len(sink.receipts) > 0, 30)
            self.api.ok("PATCH", "/endpoints/e", {"ordering": "key"})
            await asyncio.gather(*(self.publish(f"k{key}", 20, 20) for key in range(4)))
            works = True
            await sink.wait(lambda: len(sink.delivered("/e")) == 160, 60)
            later = collections.defaultdict(list)
            for receipt in sink.receipts:
                data = json.loads(receipt.body)
                if data["n"] >= 20 and data["n"] not in later[data["key"]]:
                    later[data["key"]].append(data["n"])
            self.assertEqual(dict(later), {f"k{key}": list(range(20, 40)) for key in range(4)})


class Embedded(Ordering, Case):
    engine = "sqlite"

    async def test_with_errors_and_kills(self):
        def kill():
            self.installation.serve.kill()
            self.installation.serve.start()
            self.installation.api.address = self.installation.serve.address("api")

        await self.flaky([(0.1, kill), (0.5, kill)])

    async def test_all_is_one_order(self):
        chance = random.Random(3)
        async with Sink(lambda path, headers, body: 500 if chance.random() < 0.2 else 200) as sink:
            self.prepare(sink)
            self.endpoint("e", ordering="all")
            producer = Producer(self.installation.ingest, connections=1)
            await producer.send([(n, event("a.b", {"key": "k0", "n": n})) for n in range(60)])
            await sink.wait(lambda: len(sink.delivered("/e")) == 60, 60)
            self.check_order("/e", 1, 60)


class OnKafka(Ordering, Case):
    engine = "kafka"

    async def test_with_errors_kills_and_one_that_stands_still(self):
        def kill():
            self.installation.dispatchers[0].kill()
            self.installation.dispatchers[0].start()

        def stand():
            stand_still(self.installation.dispatchers[1].process.pid)
            covered = lambda: self.api.ok("GET", "/endpoints/ordered/stats")["partitions"]  # noqa: E731
            wait_for(lambda: covered()["covered"] < covered()["all"], 60, "nobody to answer for its partitions")
            wait_for(lambda: covered()["covered"] == covered()["all"], 60, "the others to have them")
            self.installation.dispatchers[1].signal(signal.SIGCONT)

        await self.flaky([(0.1, kill), (0.3, stand), (0.6, kill)], dispatchers=3)

    async def test_all_is_refused_where_the_log_has_several_partitions(self):
        async with Sink() as sink:
            self.prepare(sink)
            status, _, problem = self.api.call("PUT", "/endpoints/e", {"url": sink.url("/e"), "ordering": "all"})
            self.assertEqual((status, problem["pointer"]), (400, "/ordering"))
            self.assertIn("one partition", problem["detail"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
