#!/usr/bin/env python3
"""Why an endpoint gets an event, does not, or has not yet: asked of history, of the configuration, and of dispatchers."""
import asyncio
import json
import unittest

from harness import ADMIN_KEY, PARTITIONS, Api, Case, Sink, brokers, post_json, run_to_end, wait_for

WITHIN = 60
HOUR = {"strategy": "constant", "base_seconds": 3600, "jitter": "none", "max_attempts": 3}


def behave(path, _headers, _body):
    return {"/good": 200, "/hangs": None}.get(path, 500)


class Explain(Case):
    """What both engines are asked. `publisher`: takes events; `api`: has history."""

    def endpoint(self, name, sink, pattern, **members):
        self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}")} | members)
        self.api.ok("PUT", f"/subscriptions/to-{name}", {"endpoint": name, "pattern": pattern})

    def publish(self, event_type, **members):
        status, answer = post_json(self.publisher.address("gateway"), "/events", {"type": event_type, "data": {"n": 1}} | members)
        self.assertEqual(status, 202, answer)
        return answer["id"]

    def explain(self, event, endpoint):
        status, _, answer = self.api.call("GET", f"/events/{event}/explain?endpoint={endpoint}")
        self.assertIn(status, (200, 404, 503), answer)
        return answer if status == 200 else None

    def wait_state(self, event, endpoint, state, waits_for=None):
        def reached():
            answer = self.explain(event, endpoint)
            if not answer or answer["state"] != state:
                return None
            waiting = answer["deliveries"][-1].get("waiting", {})
            return answer if waits_for in (None, waiting.get("waits_for")) else None
        return wait_for(reached, WITHIN, f"{endpoint} to be {state} {waits_for or ''}")

    def look(self, sink):
        self.api.ok("PUT", "/backoff-policies/hour", HOUR)
        self.endpoint("good", sink, "order.#")
        self.endpoint("fails", sink, "order.#", backoff_policy="hour")
        self.endpoint("still", sink, "order.#")
        self.endpoint("hangs", sink, "order.#", concurrency=1)
        self.endpoint("mail", sink, "mail.#")
        self.api.ok("POST", "/endpoints/still/pause")
        first = self.publish("order.paid", partition_key="k")
        second = self.publish("order.paid", partition_key="k")

        good = self.wait_state(second, "good", "delivered")
        self.assertEqual(good["configuration"]["decision"], "deliver")
        self.assertEqual(good["configuration"]["subscription"], "to-good")
        fails = self.wait_state(second, "fails", "waiting", "backoff")
        self.assertEqual((fails["deliveries"][0]["attempts"], fails["deliveries"][0]["status"]), (1, 500))
        self.assertEqual(fails["configuration"]["backoff_policy"], {"from": "endpoint", "id": "hour"})
        self.assertGreater(fails["deliveries"][0]["waiting"]["until"], fails["configuration"]["as_of"])

        # An event of which one delivery went well and another was never tried: history alone cannot know.
        still = self.wait_state(second, "still", "waiting", "pause")
        self.assertEqual(still["configuration"]["endpoint"]["state"], "paused")
        self.assertEqual(still["deliveries"][0]["waiting"]["before"]["same_class"], 1)
        self.assertTrue(still["deliveries"][0]["answered_by"])
        self.wait_state(first, "hangs", "waiting", "sending")
        hangs = self.wait_state(second, "hangs", "waiting", "slot")
        self.assertEqual(hangs["deliveries"][0]["waiting"]["priority"], "normal")

        mail = self.wait_state(first, "mail", "none")
        self.assertEqual(mail["configuration"]["decision"], "not_taken")
        self.assertEqual([(one["id"], one["excluded_by"]) for one in mail["configuration"]["considered"]], [("to-mail", "pattern")])
        self.api.ok("PUT", "/subscriptions/late", {"endpoint": "mail", "pattern": "order.#"})
        late = self.wait_state(first, "mail", "none")
        self.assertEqual((late["configuration"]["decision"], late["configuration"]["subscription"]), ("deliver", "late"))
        self.assertEqual(late["configuration"]["considered"][0]["newer_than_event"], "created")
        self.assertEqual(self.explain(first, "nobody")["configuration"]["decision"], "no_endpoint")
        self.commands(second)
        self.others(second)
        return second

    def commands(self, event):
        host, port = self.api.address
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        status, out, error = run_to_end("events", "explain", event, "--endpoint", "still", environment=environment)
        self.assertEqual(status, 0, error)
        self.assertRegex(out, r"(?m)^waits for +its endpoint is paused$")
        self.assertRegex(out, r"(?m)^to-still +event +order.# +normal +yes ")
        status, out, _ = run_to_end("events", "explain", event, "--endpoint", "still", "--json", environment=environment)
        self.assertEqual((status, json.loads(out)["deliveries"][0]["waiting"]["waits_for"]), (0, "pause"))
        self.assertEqual(run_to_end("events", "explain", event, environment=environment)[0], 2)
        self.assertEqual(run_to_end("events", "explain", "evt_none", "--endpoint", "still", environment=environment)[0], 4)

    def others(self, event):
        self.api.ok("PUT", "/tenants/acme", {})
        key = self.api.ok("POST", "/keys?tenant=acme", {"scopes": ["events:read"]})["key"]
        self.assertEqual(Api(self.api.address, key).call("GET", f"/events/{event}/explain?endpoint=still")[0], 404)
        key = self.api.ok("POST", "/keys", {"scopes": ["endpoints:read"]})["key"]
        self.assertEqual(Api(self.api.address, key).call("GET", f"/events/{event}/explain?endpoint=still")[0], 403)


class Embedded(Explain):
    async def test_it_is_said_why_an_endpoint_gets_an_event_or_not(self):
        async with Sink(behave) as sink:
            await asyncio.to_thread(self.all, sink)

    def all(self, sink):
        self.publisher = self.process("serve").start()
        self.api = Api(self.publisher.address("api"))
        self.look(sink)


class OnKafka(Explain):
    async def test_the_dispatcher_that_has_the_partition_answers(self):
        async with Sink(behave) as sink:
            await asyncio.to_thread(self.all, sink)

    def all(self, sink):
        environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": str(PARTITIONS)}
        arguments = ["--brokers", brokers()]
        self.publisher = self.process("gateway", *arguments, environment=environment).start()
        dispatchers = [self.process("dispatcher", *arguments, environment=environment).start() for _ in range(2)]
        self.api = Api(self.process("api", *arguments, environment=environment).start().address("api"))
        event = self.look(sink)
        for dispatcher in dispatchers:
            dispatcher.kill()
        unknown = self.wait_state(event, "still", "unknown")
        self.assertNotIn("answered_by", unknown["deliveries"][0])
        self.assertEqual(self.explain(event, "good")["state"], "delivered")


if __name__ == "__main__":
    unittest.main(verbosity=2)
