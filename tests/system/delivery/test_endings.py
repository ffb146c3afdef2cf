"""An endpoint that is disabled while much waits for it: what becomes of that does not depend on what is restarted."""
import asyncio
import signal
import unittest

from harness import Api, Case, Installation, Sink, post_json, wait_for

EVENTS, BATCH, WITHIN = 4_000, 500, 120


class Endings(Case):
    engine = "sqlite"

    async def published(self, installation, count):
        ids = []
        for _ in range(count // BATCH):
            status, answer = await asyncio.to_thread(post_json, installation.ingest, "/events", [{"type": "order.created", "data": {}}] * BATCH)
            self.assertEqual(status, 202, answer)
            ids += answer["accepted"]
        return ids

    async def ended(self, how):
        """Disables an endpoint for which all wait, ends the dispatcher so, starts it again, and looks at what became of them."""
        async with Sink(lambda path, headers, body: None) as sink:  # no answer
            environment = {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6", "CERTES_DRAIN_SECONDS": "2"}
            installation = await asyncio.to_thread(Installation, self, self.engine, environment)
            dispatcher = installation.dispatchers[0]
            await asyncio.to_thread(installation.api.ok, "PUT", "/endpoints/one", {"url": sink.url("/one"), "concurrency": 1})
            await asyncio.to_thread(installation.api.ok, "PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            ids = await self.published(installation, EVENTS)
            await asyncio.to_thread(wait_for, lambda: installation.metric("certes_endpoint_waiting") == EVENTS - 1, WITHIN, "all to be read")
            await asyncio.to_thread(installation.api.ok, "PATCH", "/endpoints/one", {"state": "disabled"})
            if how == signal.SIGKILL:
                await asyncio.to_thread(dispatcher.kill)
            else:
                await asyncio.to_thread(dispatcher.stop)
            await asyncio.to_thread(dispatcher.start)
            api = Api(dispatcher.address("api")) if self.engine == "sqlite" else installation.api
            ingest = dispatcher.address("gateway") if self.engine == "sqlite" else installation.ingest
            self.assertEqual(await asyncio.to_thread(lambda: api.ok("GET", "/endpoints/one")["disabled_by"]), "admin")
            status, answer = await asyncio.to_thread(post_json, ingest, "/events", {"type": "order.created", "data": "later"})
            self.assertEqual(status, 202, answer)
            await asyncio.to_thread(wait_for, lambda: installation.metric("certes_dispatcher_unmatched_total") == 1, WITHIN, "what comes later to be for nobody")

            letters = {}

            def all_there():
                letters.clear()
                for one in api.pages("/dead-letters"):
                    letters[one["event"]] = one["rule"]
                return len(letters) == EVENTS
            await asyncio.to_thread(wait_for, all_there, WITHIN, "a dead letter of each")
            self.assertEqual(letters, dict.fromkeys(ids, "endpoint_disabled"))
            self.assertEqual(await asyncio.to_thread(installation.metric, "certes_dispatcher_unmatched_total"), 1)

    async def test_a_kill(self):
        await self.ended(signal.SIGKILL)

    async def test_a_stop(self):
        await self.ended(signal.SIGTERM)


class EndingsOnKafka(Endings):
    engine = "kafka"


if __name__ == "__main__":
    unittest.main()
