"""Events about Certes: who subscribes to them gets each once, whichever process has seen its cause, of his tenant or of all."""
import asyncio
import json
import unittest

from harness import Api, Case, Installation, Producer, Sink, event, post_json, request, wait_for

DEAD_LETTERED = "certes.delivery.dead_lettered"


class Notices:
    engine = ""

    def prepare(self, sink, **processes):
        self.installation = Installation(self, self.engine, **processes)
        self.api, self.sink = self.installation.api, sink
        self.api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 1, "max_attempts": 1})
        self.endpoint(self.api, "ops")
        return Producer(self.installation.ingest)

    def endpoint(self, api, name, at=None, **members):
        api.ok("PUT", f"/endpoints/{name}", {"url": self.sink.url(at or "/" + name), "breaker": None, **members})

    def subscribe(self, api, identity, endpoint, pattern, **members):
        api.ok("PUT", f"/subscriptions/{identity}", {"endpoint": endpoint, "pattern": pattern, **members})

    def of(self, path, kind=None):
        return [receipt for receipt in self.sink.receipts
                if receipt.path == path and receipt.status == 200 and kind in (None, receipt.headers["ce-type"])]

    @staticmethod
    async def until(condition, what):
        return await asyncio.get_running_loop().run_in_executor(None, wait_for, condition, 60, what)

    async def test_a_dead_letter_is_told_of_once_with_what_it_was(self):
        async with Sink(lambda path, headers, body: 500 if path == "/down" else 200) as sink:
            producer = self.prepare(sink)
            self.endpoint(self.api, "down", backoff_policy="once")
            self.subscribe(self.api, "orders", "down", "order.#")
            self.subscribe(self.api, "errors", "ops", "certes.delivery.*")
            await producer.send([(n, event("order.created", n)) for n in range(20)])
            await sink.wait(lambda: len(self.of("/ops")) >= 20, 60)
            # What tells of a dead letter is handed to the log before it.
            await self.until(lambda: len(self.installation.dead_letters()) == 20, "the dead letters")
            letters = {letter["delivery"]: letter for letter in self.installation.dead_letters()}
            for receipt in self.of("/ops"):
                data = json.loads(receipt.body)
                letter = letters.pop(data["delivery"])
                self.assertEqual(receipt.headers["ce-type"], DEAD_LETTERED)
                self.assertEqual(receipt.headers["ce-subject"], "down")
                self.assertEqual(receipt.headers["ce-source"], "urn:certes:default/notices")
                self.assertEqual(receipt.headers["ce-causeid"], data["event"]["id"])
                self.assertEqual((data["endpoint"], data["rule"], data["status"], data["attempts"]), ("down", "max_attempts", 500, 1))
                shown = self.api.ok("GET", data["url"].removeprefix("/api/v1"))
                self.assertEqual(shown["delivery"], letter["delivery"])
            self.assertEqual(letters, {})
            self.assertEqual(len(self.of("/ops")), 20)
            self.assertEqual(self.installation.metric("certes_error_events_lost_total"), 0)

    async def test_the_default_tenant_takes_those_of_others_where_it_says_so(self):
        async with Sink(lambda path, headers, body: 500 if path.startswith("/down") else 200) as sink:
            self.prepare(sink)
            # One that all get, and one that two of them do.
            self.subscribe(self.api, "errors", "ops", "certes.#", tenants="*")
            self.endpoint(self.api, "some")
            status, _, refusal = self.api.call("PUT", "/subscriptions/some", {"endpoint": "some", "pattern": "certes.#", "tenants": ["acme"]})
            self.assertEqual((status, refusal["pointer"]), (400, "/tenants/0"))
            for tenant in ("acme", "emca"):
                self.api.ok("POST", "/tenants", {"id": tenant})
                made = self.api.ok("POST", "/keys", {"id": "all", "tenant": tenant, "scopes": ["*"]})
                api = Api(self.api.address, made["key"])
                api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 1, "max_attempts": 1})
                # An endpoint of its own of the same name.
                self.endpoint(api, "ops", f"/{tenant}/ops")
                self.subscribe(api, "errors", "ops", DEAD_LETTERED)
                self.endpoint(api, "down", f"/down/{tenant}", backoff_policy="once")
                self.subscribe(api, "orders", "down", "order.#")
                status, _, refusal = api.call("PUT", "/subscriptions/others", {"endpoint": "ops", "pattern": "certes.#", "tenants": "*"})
                self.assertEqual((status, refusal["pointer"]), (400, "/tenants"))
            self.subscribe(self.api, "some", "some", "certes.#", tenants=["acme"])
            for tenant in ("acme", "emca"):
                self.assertEqual(post_json(self.installation.ingest, f"/t/{tenant}/events", {"type": "order.created", "data": {}})[0], 202)
            await sink.wait(lambda: all(self.of(path) for path in ("/acme/ops", "/emca/ops", "/some")) and len(self.of("/ops")) == 2, 60)
            self.assertEqual({json.loads(receipt.body)["tenant"] for receipt in self.of("/ops")}, {"acme", "emca"})
            self.assertEqual([json.loads(receipt.body)["tenant"] for receipt in self.of("/some")], ["acme"])
            for path, others in (("/acme/ops", "/some"), ("/emca/ops", None)):
                own = self.of(path)[0]
                received = [one for one in self.of("/ops") if one.id == own.id]
                self.assertEqual(len(received), 1, "the same event")
                self.assertNotEqual(own.headers["certes-delivery"], received[0].headers["certes-delivery"])

    async def test_what_the_gateway_refuses_and_the_state_of_an_endpoint_are_told_of(self):
        async with Sink(lambda path, headers, body: 410 if path == "/gone" else 200) as sink:
            producer = self.prepare(sink)
            self.api.ok("PUT", "/sources/shop", {"verify": {"scheme": "github", "secret": "a secret of the source"}})
            self.endpoint(self.api, "gone")
            self.subscribe(self.api, "orders", "gone", "order.#")
            for kind in ("ingest.*", "endpoint.*", "loop.#"):
                self.subscribe(self.api, kind.split(".")[0], "ops", "certes." + kind)
            for _ in range(3):
                status, _, _ = request(self.installation.ingest, "POST", "/events/shop", b"{}", {"X-GitHub-Event": "push"})
                self.assertEqual(status, 401)
            await sink.wait(lambda: self.of("/ops", "certes.ingest.rejected"), 60)
            await producer.send([(0, event("order.created", 0))])
            await sink.wait(lambda: self.of("/ops", "certes.endpoint.disabled"), 60)
            disabled = json.loads(self.of("/ops", "certes.endpoint.disabled")[0].body)
            self.assertEqual((disabled["endpoint"], disabled["rule"]), ("gone", "gone"))
            self.assertEqual(disabled["since"], self.api.ok("GET", "/endpoints/gone")["disabled_at"])
            self.api.ok("POST", "/endpoints/gone/resume")
            await sink.wait(lambda: self.of("/ops", "certes.endpoint.enabled"), 60)
            kinds = [receipt.headers["ce-type"] for receipt in self.of("/ops")]
            self.assertEqual(len(kinds), 3 + (kinds.count("certes.ingest.rejected") - 1), kinds)

    async def test_what_is_about_certes_is_nobodys_to_publish_or_declare(self):
        async with Sink() as sink:
            self.prepare(sink)
            self.assertEqual(post_json(self.installation.ingest, "/events", {"type": DEAD_LETTERED, "data": {}})[0], 403)
            shown = self.api.ok("GET", f"/event-types/{DEAD_LETTERED}")
            self.assertIs(shown["built_in"], True)
            self.assertEqual(self.api.call("PUT", f"/event-types/{DEAD_LETTERED}", {"schema": {}})[0], 403)
            self.assertEqual(self.api.call("DELETE", f"/event-types/{DEAD_LETTERED}")[0], 403)


class Embedded(Notices, Case):
    engine = "sqlite"

    async def test_one_that_nobody_takes_is_counted_and_begets_none(self):
        async with Sink(lambda path, headers, body: 500) as sink:
            producer = self.prepare(sink)
            self.endpoint(self.api, "ops", backoff_policy="once")
            self.endpoint(self.api, "down", backoff_policy="once")
            self.subscribe(self.api, "orders", "down", "order.#")
            self.subscribe(self.api, "errors", "ops", DEAD_LETTERED)
            await producer.send([(n, event("order.created", n)) for n in range(5)])
            await self.until(lambda: self.installation.metric("certes_error_events_lost_total") == 5, "five that are counted")
            # Each is counted a moment before its dead letter is on the log.
            await self.until(lambda: len(self.installation.dead_letters()) == 10, "their dead letters")
            self.assertEqual(len(sink.receipts), 10)


class OnKafka(Notices, Case):
    engine = "kafka"

    async def test_two_dispatchers_see_it_and_one_event_says_so(self):
        works = False

        async with Sink(lambda path, headers, body: 500 if path == "/down" and not works else 200) as sink:
            producer = self.prepare(sink, dispatchers=2)
            self.endpoint(self.api, "down", breaker={"failures": 3, "probe_seconds": 0.3, "max_probe_seconds": 0.6})
            self.api.ok("PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.2, "jitter": "none"})
            self.api.ok("PATCH", "/endpoints/down", {"backoff_policy": "quick"})
            self.subscribe(self.api, "orders", "down", "order.#")
            self.subscribe(self.api, "errors", "ops", "certes.#")
            await producer.send([(n, event("order.created", n)) for n in range(200)])
            opened = lambda: [process.metrics("dispatcher").get("certes_dispatcher_breakers_opened_total") for process in self.installation.dispatchers]  # noqa: E731
            await self.until(lambda: opened() == [1, 1], "both breakers to open")
            self.api.ok("PATCH", "/endpoints/down", {"state": "disabled"})
            self.api.ok("POST", "/endpoints/down/resume")
            works = True
            await producer.send([(f"more-{n}", event("order.created", n)) for n in range(100)])
            await sink.wait(lambda: self.of("/ops", "certes.endpoint.enabled") and self.of("/ops", "certes.breaker.closed"), 60)
            await sink.wait(lambda: len(self.of("/down")) >= 100, 60)
            # Whoever reads what the other has said of the endpoint's state drops it.
            await self.until(lambda: self.installation.metric("certes_dispatcher_duplicates_total") >= 2, "both to have said it")
            for kind in ("opened", "closed"):
                told = self.of("/ops", f"certes.breaker.{kind}")
                spans = [receipt.headers["ce-id"] for receipt in told]
                self.assertEqual(len(set(spans)), len(spans), spans)
                self.assertLessEqual(len(spans), 2, "one, or two where ten minutes were over just then")
            for kind in ("disabled", "enabled"):
                self.assertEqual(len(self.of("/ops", f"certes.endpoint.{kind}")), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
