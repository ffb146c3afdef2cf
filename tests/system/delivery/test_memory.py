"""What the dispatcher holds is in its budget, and the budget is what the process takes: fan-out and dead letters."""
import asyncio
import os
import unittest

from harness import Case, Installation, Sink, post_json, wait_for

WITHIN = 120
MIB = 1 << 20
SLACK = 24 * MIB  # what the allocator, SQLite and threads have beside it


class Peak:
    """The largest resident memory of a process, and the largest value of its gauge, while it runs."""

    def __init__(self, installation):
        self.installation, self.rss, self.gauge = installation, 0, 0

    async def __aenter__(self):
        self.task = asyncio.create_task(self.watch())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()

    async def watch(self):
        while True:
            self.rss = max(self.rss, self.installation.serve.rss_bytes())
            self.gauge = max(self.gauge, await asyncio.to_thread(self.installation.metric, "certes_dispatcher_memory_bytes"))
            await asyncio.sleep(0.02)


class Memory(Case):
    async def test_dead_letters_of_an_endpoint_that_is_disabled(self):
        events, size = 60, 1_000_000
        async with Sink(lambda path, headers, body: None) as sink:  # no answer
            installation = await asyncio.to_thread(Installation, self, "sqlite", {"CERTES_DISPATCHER_MEMORY_BYTES": str(128 * MIB)})
            api = installation.api
            api.ok("PUT", "/endpoints/one", {"url": sink.url("/one"), "concurrency": 1})
            api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            for _ in range(events):
                status, answer = await asyncio.to_thread(post_json, installation.ingest, "/events", {"type": "a.b", "data": "x" * size})
                self.assertEqual(status, 202, answer)
            await asyncio.to_thread(wait_for, lambda: installation.metric("certes_endpoint_waiting") == events - 1, WITHIN, "all to be read")
            before, held = installation.serve.rss_bytes(), installation.metric("certes_dispatcher_memory_bytes")
            async with Peak(installation) as peak:
                await asyncio.to_thread(api.ok, "PATCH", "/endpoints/one", {"state": "disabled"})
                await asyncio.to_thread(wait_for, lambda: len(installation.dead_letters()) >= events - 1, WITHIN, "the dead letters")
            if os.environ.get("CERTES_TEST_KEEP"):
                print(f"letters: rss {before / MIB:.1f} -> {peak.rss / MIB:.1f} MiB, gauge {held / MIB:.1f} -> {peak.gauge / MIB:.1f}")
            # What comes from the log in a run, and what is on its way to it: 8 MiB each; not all 60 MB.
            self.assertLess(peak.rss - before, 16 * MIB + SLACK)

    async def fan_out(self, endpoints, events, memory):
        async with Sink(lambda path, headers, body: None) as sink:
            installation = await asyncio.to_thread(Installation, self, "sqlite", {"CERTES_DISPATCHER_MEMORY_BYTES": str(memory)})
            api = installation.api

            def make():
                for n in range(endpoints):
                    api.ok("PUT", f"/endpoints/e{n}", {"url": sink.url(f"/e{n}"), "concurrency": 1})
                    api.ok("PUT", f"/subscriptions/s{n}", {"endpoint": f"e{n}", "pattern": "#"})
            await asyncio.to_thread(make)
            before = installation.serve.rss_bytes()
            async with Peak(installation) as peak:
                for n in range(events // 100):
                    status, answer = await asyncio.to_thread(post_json, installation.ingest, "/events", [{"type": "a.b", "data": "x" * 600}] * 100)
                    self.assertEqual(status, 202, answer)
                await asyncio.sleep(5)
            in_flight = installation.metric("certes_dispatcher_in_flight")
            if os.environ.get("CERTES_TEST_KEEP"):
                print(f"fan-out {endpoints}: rss {before / MIB:.1f} -> {peak.rss / MIB:.1f} MiB, gauge {peak.gauge / MIB:.1f}, in flight {in_flight}")
            return peak.rss - before

    async def test_fan_out(self):
        memory = 8 * MIB
        grown = await self.fan_out(endpoints=1_000, events=1_000, memory=memory)  # a million deliveries, if all were routed
        self.assertLess(grown, 2 * memory + SLACK)


if __name__ == "__main__":
    unittest.main()
