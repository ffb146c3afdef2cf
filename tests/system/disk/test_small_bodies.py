"""Small bodies: what Certes writes of its own does not depend on how large events may be."""
import asyncio
import unittest

from harness import Api, Case, Sink, post_json, wait_for

EVENTS, BATCH, WITHIN = 6_000, 500, 120


class SmallBodies(Case):
    async def test_a_checkpoint_many_times_larger_than_any_event_ends_no_recording(self):
        answers = [500]
        async with Sink(lambda path, headers, body: answers[-1]) as sink:
            serve = self.process("serve", environment={"CERTES_GATEWAY_MAX_BODY_BYTES": "65536", "CERTES_GATEWAY_MAX_BATCH_EVENTS": str(BATCH)})
            await asyncio.to_thread(serve.start)
            api = Api(serve.address("api"))
            await asyncio.to_thread(api.ok, "PUT", "/backoff-policies/slow", {"strategy": "schedule", "schedule_seconds": [3_600] * 3, "jitter": "none"})
            await asyncio.to_thread(api.ok, "PUT", "/endpoints/one", {"url": sink.url("/one"), "backoff_policy": "slow", "breaker": None})
            await asyncio.to_thread(api.ok, "PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})

            def metric(name):
                return serve.metrics("gateway").get(name, 0)

            async def publish(count):
                for _ in range(count // BATCH):
                    status, answer = await asyncio.to_thread(
                        post_json, serve.address("gateway"), "/events", [{"type": "order.created", "data": {}}] * BATCH)
                    self.assertEqual(status, 202, answer)
            await publish(EVENTS)
            retrying = 'certes_dispatcher_waiting{priority="normal",where="retry"}'
            await asyncio.to_thread(wait_for, lambda: metric(retrying) == EVENTS, WITHIN, "all have failed once")
            # On SIGTERM, at the latest, there is a checkpoint; the next process begins with it, and makes its own.
            await asyncio.to_thread(serve.stop)
            answers.append(204)
            await asyncio.to_thread(serve.start)
            await asyncio.to_thread(wait_for, lambda: metric(retrying) == EVENTS, WITHIN, "all wait again")
            await publish(BATCH)
            delivered = 'certes_dispatcher_deliveries_total{outcome="delivered",priority="normal"}'
            await asyncio.to_thread(wait_for, lambda: metric(delivered) == BATCH, WITHIN, "new ones are delivered, and that is recorded")
            self.assertEqual(await asyncio.to_thread(metric, retrying), EVENTS)
            self.assertEqual(len(sink.receipts), EVENTS + BATCH)


if __name__ == "__main__":
    unittest.main()
