#!/usr/bin/env python3
"""GET /overview: what all processes of an installation say, put together."""
import asyncio
import unittest

from harness import Api, Case, Sink, brokers, post_json, wait_for

WITHIN = 60
HOUR = {"strategy": "constant", "base_seconds": 3600, "jitter": "none", "max_attempts": 3}


def send(process, event_type, count=1, key=None, **members):
    for _ in range(count):
        arguments = {} if key is None else {"key": key}
        status, answer = post_json(process.address("gateway"), "/events", {"type": event_type, "data": {}} | members, **arguments)
        assert status == 202, answer


def add(api, name, url, pattern, priority="normal"):
    api.ok("PUT", f"/endpoints/{name}", {"url": url, "backoff_policy": "hour"})
    api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": pattern, "priority": priority})


def behave(path, *_):
    return 200 if path == "/works" else 503


class Embedded(Case):
    async def test_what_is_accepted_and_delivered_and_what_waits(self):
        async with Sink(behave) as sink:
            serve = await asyncio.to_thread(self.process("serve").start)
            await asyncio.to_thread(self.look, serve, sink)

    def overview(self, query=""):
        return self.api.ok("GET", "/overview" + query)

    def look(self, serve, sink):
        self.api = Api(serve.address("api"))
        self.api.ok("PUT", "/backoff-policies/hour", HOUR)
        add(self.api, "works", sink.url("/works"), "order.#", "high")
        add(self.api, "fails", sink.url("/fails"), "mail.#")
        before = self.overview()
        self.assertEqual((before["counters"]["accepted"]["event"], before["waiting"]["total"]), (0, 0))
        send(serve, "order.created", 6)
        send(serve, "mail.sent", 4)
        status, _ = post_json(serve.address("gateway"), "/events", {"type": "no..type"})
        self.assertEqual(status, 400)

        def ended():
            now = self.overview()
            counters = now["counters"]
            return counters["deliveries"]["delivered"] == 6 and counters["attempts"]["retry"] == 4 and now["in_flight"] == 0 and now
        now = wait_for(ended, WITHIN, "six deliveries and four failures")
        counters = now["counters"]
        self.assertEqual((counters["accepted"], counters["refused"]), ({"event": 10, "command": 0, "result": 0}, 1))
        self.assertEqual(counters["attempts"]["delivered"], 6)
        self.assertEqual([counters["durations"][name]["count"] for name in ("append", "attempt", "age")], [10, 10, 6])
        self.assertEqual(sum(counters["durations"]["age"]["counts"]), 6)
        self.assertEqual(now["waiting"]["by_priority"]["normal"]["total"], 4)
        self.assertGreater(now["waiting"]["by_priority"]["normal"]["oldest"]["age_seconds"], 0)
        endpoints = now["endpoints"]
        self.assertEqual((endpoints["open"], endpoints["failing"], endpoints["more"]), (1, 1, False))
        fails = endpoints["items"][0]
        self.assertEqual((fails["endpoint"], fails["waiting"], fails["retrying"], fails["last_error"]), ("fails", 4, 4, "503"))
        self.assertIsNotNone(fails["failing_since"])
        self.assertEqual(now["partitions"]["covered"], now["partitions"]["all"])
        (process,) = now["processes"]
        self.assertEqual((process["roles"], process["log"], process["reading"]), (["gateway", "dispatcher"], "reached", "goes_on"))
        self.assertEqual(process["counters"], counters)
        self.assertEqual(now["missing"], [])
        self.tenants(serve, sink)

    def tenants(self, serve, sink):
        self.api.ok("PUT", "/tenants/acme", {})
        key = self.api.ok("POST", "/keys?tenant=acme", {"scopes": ["*"]})["key"]
        acme = Api(self.api.address, key)
        self.assertEqual(acme.ok("GET", "/overview")["counters"]["accepted"]["event"], 0)
        acme.ok("PUT", "/backoff-policies/hour", HOUR)
        add(acme, "works", sink.url("/works"), "order.#")
        send(serve, "order.created", 2, key=key)
        wait_for(lambda: acme.ok("GET", "/overview")["counters"]["deliveries"]["delivered"] == 2, WITHIN, "acme's two")
        self.assertEqual(acme.ok("GET", "/overview")["endpoints"]["open"], 0)
        self.assertEqual(acme.call("GET", "/overview?tenants=*")[0], 403)
        self.assertEqual(self.overview("?tenant=acme")["counters"]["accepted"]["event"], 2)
        self.assertEqual(self.overview()["counters"]["accepted"]["event"], 10)
        everything = self.overview("?tenants=*")
        self.assertEqual((everything["tenant"], everything["counters"]["accepted"]["event"]), ("*", 12))


class OnKafka(Case):
    async def test_gateways_and_dispatchers_are_added_and_who_has_gone_is_missing(self):
        async with Sink(behave) as sink:
            await asyncio.to_thread(self.look, sink)

    def look(self, sink):
        environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": "6",
                       "CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6"}
        start = lambda role: self.process(role, "--brokers", brokers(), environment=environment).start()  # noqa: E731
        gateways = [start("gateway"), start("gateway")]
        dispatchers = [start("dispatcher"), start("dispatcher")]
        api = Api(gateways[0].address("api"))
        api.ok("PUT", "/backoff-policies/hour", HOUR)
        add(api, "works", sink.url("/works"), "order.#")
        add(api, "fails", sink.url("/fails"), "mail.#")
        overview = lambda: api.ok("GET", "/overview")  # noqa: E731
        wait_for(lambda: overview()["partitions"] == {"covered": 6, "all": 6}, WITHIN, "all partitions")
        for n in range(12):
            send(gateways[n % 2], "order.created", partition_key=f"key-{n}")
            send(gateways[n % 2], "mail.sent", partition_key=f"key-{n}")

        def ended():
            now = overview()
            counters = now["counters"]
            return counters["deliveries"]["delivered"] == 12 and counters["attempts"]["retry"] == 12 and now["waiting"]["total"] == 12 and now
        now = wait_for(ended, WITHIN, "twelve deliveries and twelve failures")
        self.assertEqual(sorted(one["roles"][0] for one in now["processes"]), ["dispatcher", "dispatcher", "gateway", "gateway"])
        self.assertEqual(now["counters"]["accepted"]["event"], 24)
        self.assertEqual(sorted(one["counters"]["accepted"]["event"] for one in now["processes"]), [0, 0, 12, 12])
        self.assertEqual(sum(one["counters"]["deliveries"]["delivered"] for one in now["processes"]), 12)
        fails = now["endpoints"]["items"][0]
        self.assertEqual((now["endpoints"]["failing"], fails["endpoint"], fails["waiting"]), (1, "fails", 12))

        gateways[1].kill()
        now = wait_for(lambda: (o := overview())["missing"] and o, WITHIN, "the gateway that is gone")
        self.assertEqual(len(now["processes"]), 3)
        self.assertEqual(now["counters"]["accepted"]["event"], 12)
        gateways[1] = start("gateway")
        again = wait_for(lambda: len((o := overview())["processes"]) == 4 and o, WITHIN, "the gateway that came back")
        self.assertEqual(len({one["process"] for one in again["processes"] + now["missing"]}), 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
