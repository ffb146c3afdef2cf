#!/usr/bin/env python3
"""Transformations: what endpoints are sent, what fails until it is mended, and that a restart makes no difference."""
import asyncio
import json
import tempfile
import unittest

from harness import ADMIN_KEY, Api, Case, Installation, Sink, post_json, run_to_end, wait_for

WITHIN = 60
COUNT = 10
MESSAGE = {"project": {"body": {"text": "Order ${/data/id} of ${/data/name|somebody}", "big": "${/data/big}"},
                       "headers": {"X-Order": "${/data/id}"}}}
NEEDS_NAME = {"project": {"body": "${/data/name} comes"}}


class Transforms(Case):
    engine = "sqlite"

    def refuse(self, api):
        for transform, pointer in ((7, "/transform"), ({"project": {"body": ["${/dta}"]}}, "/transform/project/body/0"),
                                   ({"project": {"headers": {"Webhook-Id": "1"}}}, "/transform/project/headers/Webhook-Id")):
            status, _, answer = api.call("PATCH", "/endpoints/whole", {"transform": transform})
            self.assertEqual(status, 400, answer)
            self.assertEqual(answer["pointer"], pointer, answer)

    def declare(self, api, sink):
        for name, endpoint, subscription in (("whole", {}, {}),
                                             ("message", {"transform": NEEDS_NAME}, {"transform": MESSAGE}),
                                             ("cloud", {"transform": MESSAGE, "format": "structured"}, {}),
                                             ("kept", {"transform": NEEDS_NAME}, {"transform": {"project": {}}}),
                                             ("fails", {"transform": NEEDS_NAME, "backoff_policy": "quick"}, {})):
            api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}")} | endpoint)
            made = api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "order.#"} | subscription)
            self.assertEqual(made.get("transform"), subscription.get("transform"))
        self.refuse(api)

    async def run_all(self):
        async with Sink() as sink:
            installation = await asyncio.to_thread(Installation, self, self.engine, {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6"})
            api = installation.api
            await asyncio.to_thread(api.ok, "PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.5, "jitter": "none", "max_attempts": 0, "max_seconds": 0})
            await asyncio.to_thread(self.declare, api, sink)
            for number in range(COUNT):
                data = {"id": number, "big": 9223372036854775807}
                status, answer = await asyncio.to_thread(post_json, installation.ingest, "/events", {"type": "order.created", "data": data})
                self.assertEqual(status, 202, answer)
            await sink.wait(lambda: len(sink.receipts) >= 4 * COUNT, WITHIN)
            await asyncio.to_thread(wait_for, lambda: installation.metric("certes_dispatcher_transforms_total") > 4 * COUNT, WITHIN, "the failed ones")
            self.check_received(sink)
            await asyncio.to_thread(self.check_try, api)

            # What waits is sent once it can be made, by a later process too.
            dispatcher = installation.dispatchers[0]
            await asyncio.to_thread(dispatcher.kill)
            await asyncio.to_thread(dispatcher.start)
            api = Api(dispatcher.address("api")) if self.engine == "sqlite" else api
            await asyncio.to_thread(api.ok, "PATCH", "/endpoints/fails", {"transform": MESSAGE})
            await sink.wait(lambda: sum(one.path == "/fails" for one in sink.receipts) >= COUNT, WITHIN)
            self.assertEqual({json.loads(one.body)["text"] for one in sink.receipts if one.path == "/fails"},
                             {f"Order {n} of somebody" for n in range(COUNT)})

    def check_received(self, sink):
        by = {name: [one for one in sink.receipts if one.path == f"/{name}"] for name in ("whole", "message", "cloud", "kept", "fails")}
        self.assertFalse(by["fails"])
        numbers = set(range(COUNT))
        self.assertEqual({json.loads(one.body)["id"] for one in by["whole"]}, numbers)
        self.assertEqual({one.body for one in by["kept"]}, {one.body for one in by["whole"]})
        wanted = {b'{"big":9223372036854775807,"text":"Order %d of somebody"}' % n for n in numbers}
        self.assertEqual({bytes(one.body) for one in by["message"]}, wanted)
        self.assertEqual({one.headers["x-order"] for one in by["message"]}, {str(n) for n in numbers})
        for one in by["cloud"]:
            self.assertEqual(one.headers["content-type"], "application/cloudevents+json")
            self.assertTrue(json.loads(one.body)["data"]["text"].startswith("Order "))

    def check_try(self, api):
        host, port = api.address
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(MESSAGE, file)
            file.flush()
            code, out, error = run_to_end("try", "data.id == 1", '{"id":1,"big":2}', "--transform", f"@{file.name}", environment=environment)
        self.assertEqual(code, 0, error)
        self.assertEqual(out.splitlines()[1:], ["transform: made", "X-Order: 1", "content-type: application/json", '{"big":2,"text":"Order 1 of somebody"}'])
        code, out, error = run_to_end("try", "true", "{}", "--transform", json.dumps(NEEDS_NAME), environment=environment)
        self.assertEqual(code, 1, error)
        self.assertEqual(out.splitlines()[1], "transform: failed: there is nothing at /data/name")

    async def test_what_is_sent_is_what_was_made(self):
        await self.run_all()


class TransformsOnKafka(Transforms):
    engine = "kafka"


if __name__ == "__main__":
    unittest.main()
