"""A backlog of low priority holds up nothing: run serially, as it compares latencies within one run."""
import asyncio
import json
import random
import statistics
import time
import unittest

from harness import Case, Installation, Producer, Sink, event, wait_for

BACKLOG = 50_000
PROBES = 40


class Priority:
    engine = ""

    async def latency(self, sink, producer, event_type, path):
        """Accept to receipt of single events, one after the other."""
        reader, writer = await asyncio.open_connection(*producer.address)
        found = []
        for n in range(PROBES):
            began = time.monotonic()
            _, answer = await producer.post(reader, writer, event(event_type, {"probe": n}))
            await sink.wait(lambda: any(r.id == answer["id"] and r.path == path for r in reversed(sink.receipts[-400:])), 30)
            found.append(next(r.at for r in reversed(sink.receipts) if r.id == answer["id"] and r.path == path) - began)
        writer.close()
        return statistics.median(found)

    async def test_a_backlog_of_low_deliveries_holds_up_neither_a_critical_nor_another_endpoint(self):
        installation = Installation(self, self.engine)
        answer_times = random.Random(1)

        def behave(path, headers, body):
            return answer_times.uniform(0.1, 0.3) if path == "/slow" else 200

        async with Sink(behave) as sink:
            api = installation.api
            for name, concurrency in (("slow", 200), ("other", 64)):
                sink.secrets["/" + name] = api.ok("PUT", f"/endpoints/{name}", {"url": sink.url("/" + name), "concurrency": concurrency})["secret"]
            api.ok("PUT", "/subscriptions/backlog", {"endpoint": "slow", "pattern": "backlog", "priority": "low"})
            api.ok("PUT", "/subscriptions/urgent", {"endpoint": "slow", "pattern": "urgent", "priority": "critical"})
            api.ok("PUT", "/subscriptions/plain", {"endpoint": "other", "pattern": "plain", "priority": "normal"})
            producer = Producer(installation.ingest)
            idle_urgent = await self.latency(sink, producer, "urgent", "/slow")
            idle_plain = await self.latency(sink, producer, "plain", "/other")
            batch = [(n, b"[" + b",".join(event("backlog", n * 100 + i) for i in range(100)) + b"]") for n in range(BACKLOG // 100)]
            shared = iter(batch)

            async def fill():
                reader, writer = await asyncio.open_connection(*producer.address)
                for _, body in shared:
                    status, answer = await producer.post(reader, writer, body)
                    assert status == 202, answer
                writer.close()

            await asyncio.gather(*(fill() for _ in range(8)))
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, wait_for, lambda: installation.metric("certes_dispatcher_waiting") > BACKLOG * 0.8, 30, "the backlog")
            busy_urgent = await self.latency(sink, producer, "urgent", "/slow")
            busy_plain = await self.latency(sink, producer, "plain", "/other")
            print(json.dumps({"engine": self.engine, "urgent_ms": [idle_urgent * 1e3, busy_urgent * 1e3],
                              "plain_ms": [idle_plain * 1e3, busy_plain * 1e3]}))
            # A critical event takes the endpoint's next free slot: of 200 for 0.2 s each, one a millisecond.
            self.assertLessEqual(busy_urgent, 3 * idle_urgent + 0.002)
            self.assertLessEqual(busy_plain, 3 * idle_plain + 0.002)

    async def test_what_the_producer_says_of_priority_changes_nothing(self):
        installation = Installation(self, self.engine)
        release = []

        def behave(path, headers, body):
            return 0.05 if not release else 200

        async with Sink(behave) as sink:
            api = installation.api
            api.ok("PUT", "/endpoints/one", {"url": sink.url("/one"), "concurrency": 1})
            api.ok("PUT", "/subscriptions/low", {"endpoint": "one", "pattern": "low.thing", "priority": "low"})
            api.ok("PUT", "/subscriptions/high", {"endpoint": "one", "pattern": "high.thing", "priority": "high"})
            producer = Producer(installation.ingest)
            reader, writer = await asyncio.open_connection(*producer.address)
            hints = [("priority", "critical"), ("x-priority", "critical"), ("ce-priority", "critical")]
            for n in range(20):
                status, answer = await producer.post(reader, writer, event("low.thing", {"priority": "critical", "n": n}), headers=hints)
                assert status == 202, answer
            _, urgent = await producer.post(reader, writer, event("high.thing", {"n": "high"}))
            writer.close()
            await sink.wait(lambda: len(sink.receipts) == 21, 60)
            place = [r.id for r in sink.receipts].index(urgent["id"])
            self.assertLess(place, 8, "the subscription's priority decides, and low events hinting at priority came first")


class EmbeddedPriority(Priority, Case):
    engine = "sqlite"


class KafkaPriority(Priority, Case):
    engine = "kafka"


if __name__ == "__main__":
    unittest.main(verbosity=2)
