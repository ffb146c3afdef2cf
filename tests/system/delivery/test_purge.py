"""What is asked of all that waits for an endpoint: that it ends, or that what has failed is tried now."""
import asyncio
import collections
import signal
import unittest

from harness import Api, Case, Installation, Sink, post_json, wait_for
from records import embedded_records, recorded_ends

EVENTS, BATCH, WITHIN = 20_000, 1_000, 180


class Purge(Case):
    async def call(self, what, *arguments):
        return await asyncio.to_thread(what, *arguments)

    async def begin(self, sink, concurrency, policy=None):
        installation = await self.call(lambda: Installation(self, "sqlite", {"CERTES_DRAIN_SECONDS": "2"}))
        endpoint = {"url": sink.url("/one"), "concurrency": concurrency, "breaker": None}
        if policy:
            await self.call(installation.api.ok, "PUT", "/backoff-policies/own", policy)
            endpoint["backoff_policy"] = "own"
        await self.call(installation.api.ok, "PUT", "/endpoints/one", endpoint)
        await self.call(installation.api.ok, "PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
        return installation

    async def published(self, ingest, count):
        ids = []
        while len(ids) < count:
            events = [{"type": "order.created", "data": {}}] * min(BATCH, count - len(ids))
            status, answer = await self.call(post_json, ingest, "/events", events)
            self.assertEqual(status, 202, answer)
            ids += answer["accepted"]
        return ids

    async def purged(self, how):
        behaviour = {"answer": None}  # none
        async with Sink(lambda path, headers, body: behaviour["answer"]) as sink:
            installation = await self.begin(sink, 4)
            waiting = await self.published(installation.ingest, EVENTS)
            await self.call(wait_for, lambda: installation.metric("certes_endpoint_waiting") == EVENTS - 3, WITHIN, "all to be read")
            purged = await self.call(installation.api.ok, "POST", "/endpoints/one/purge", {"all": True})
            self.assertEqual(purged["purges"][0]["by"], "admin")
            if how == signal.SIGKILL:
                await self.call(installation.serve.kill)  # as it begins
            else:
                await self.call(wait_for, lambda: installation.metric("certes_endpoint_waiting") < EVENTS - 200, WITHIN, "the purge to go on")
                await self.call(installation.serve.stop)
            behaviour["answer"] = 200
            await self.call(installation.serve.start)
            later = await self.published(installation.serve.address("gateway"), 10)
            await sink.wait(lambda: set(later) <= {event for _, event in sink.delivered("/one")}, WITHIN, "what came later")
            await self.call(wait_for, lambda: installation.metric("certes_endpoint_waiting") == 0 and installation.metric("certes_dispatcher_in_flight") == 0,
                            WITHIN, "the end of the purge")
            api = Api(installation.serve.address("api"))
            self.assertEqual(len((await self.call(api.ok, "GET", "/endpoints/one"))["purges"]), 1)
            await self.call(installation.serve.stop)
            recorded = recorded_ends(*(embedded_records(self.directory, topic) for topic in ("attempts", "dead-letters")))
            ends = {event: end for (_, event), end in recorded.items()}
            self.assertEqual(set(ends), set(waiting) | set(later))
            self.assertEqual({event: end for event, end in ends.items() if len(end) != 1}, {})
            self.assertEqual({end[0] for event, end in ends.items() if event in set(later)}, {("delivered", "")})
            purged_now = collections.Counter(ends[event][0] for event in waiting)
            self.assertEqual(set(purged_now), {("cancelled", "purged")})

    async def test_a_kill(self):
        await self.purged(signal.SIGKILL)

    async def test_a_stop(self):
        await self.purged(signal.SIGTERM)

    async def test_what_has_failed_is_tried_now(self):
        count, behaviour = 500, {"answer": 500}
        async with Sink(lambda path, headers, body: behaviour["answer"]) as sink:
            hourly = {"strategy": "constant", "base_seconds": 3_600, "jitter": "none", "max_attempts": 5}
            installation = await self.begin(sink, 32, hourly)
            ids = await self.published(installation.ingest, count)
            await sink.wait(lambda: len(sink.receipts) == count, WITHIN, "all to fail")
            await self.call(wait_for, lambda: installation.metric("certes_dispatcher_in_flight") == 0, WITHIN, "that to be recorded")
            behaviour["answer"] = 200
            retried = await self.call(installation.api.ok, "POST", "/endpoints/one/retry")
            self.assertEqual(len(retried["retries"]), 1)
            await sink.wait(lambda: len(sink.delivered("/one")) == count, 30, "all to be delivered")
            self.assertEqual({event for _, event in sink.delivered("/one")}, set(ids))
            self.assertEqual({receipt.attempt for receipt in sink.receipts if receipt.status == 200}, {2})


if __name__ == "__main__":
    unittest.main()
