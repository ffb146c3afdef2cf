#!/usr/bin/env python3
"""certes endpoints stats: what waits for an endpoint, asked of whoever has the partitions."""
import asyncio
import json
import select
import subprocess
import unittest

from harness import ADMIN_KEY, BINARY, Api, Case, Sink, brokers, post_json, request, run_to_end, wait_for

WITHIN = 60
HOUR = {"strategy": "constant", "base_seconds": 3600, "jitter": "none", "max_attempts": 3}


def add(api, name, url, pattern, priority="normal"):
    api.ok("PUT", f"/endpoints/{name}", {"url": url, "backoff_policy": "hour"})
    api.ok("PUT", f"/subscriptions/{name}-{priority}", {"endpoint": name, "pattern": pattern, "priority": priority})


def send(process, event_type, count=1, **members):
    for _ in range(count):
        status, answer = post_json(process.address("gateway"), "/events", {"type": event_type, "data": {}} | members)
        assert status == 202, answer


class Embedded(Case):
    def stats(self, name):
        return self.api.ok("GET", f"/endpoints/{name}/stats")

    async def test_what_waits_and_what_fails_is_shown_with_its_numbers(self):
        async with Sink(lambda *_: (500, (), b"out of order")) as sink:
            serve = await asyncio.to_thread(self.process("serve").start)
            await asyncio.to_thread(self.look, serve, sink)

    def look(self, serve, sink):
        self.api = Api(serve.address("api"))
        self.api.ok("PUT", "/backoff-policies/hour", HOUR)
        add(self.api, "still", sink.url("/still"), "order.#")
        add(self.api, "still", sink.url("/still"), "alarm.#", "high")
        add(self.api, "fails", sink.url("/fails"), "mail.#")
        self.api.ok("POST", "/endpoints/still/pause")
        send(serve, "order.created", 3)
        send(serve, "alarm.raised", 2)
        send(serve, "mail.sent", 4)

        still = wait_for(lambda: (s := self.stats("still"))["waiting"]["total"] == 5 and s, WITHIN, "all to be routed")
        self.assertEqual((still["state"], still["standing"]), ("paused", "paused"))
        classes = still["waiting"]["by_priority"]
        self.assertEqual(classes["normal"]["first"], {"memory": 0, "log": 3})
        self.assertEqual(classes["high"]["first"], {"memory": 0, "log": 2})
        self.assertEqual(still["waiting"]["retry"], {"memory": 0, "log": 0})
        self.assertGreater(classes["high"]["oldest"]["age_seconds"], 0)
        self.assertGreaterEqual(still["waiting"]["oldest"]["age_seconds"], classes["high"]["oldest"]["age_seconds"])
        self.assertIsNone(classes["bulk"]["oldest"])
        self.assertEqual((still["in_flight"], still["failing_since"], still["last_success"]), (0, None, None))
        self.assertEqual(still["partitions"]["covered"], still["partitions"]["all"])
        self.assertEqual(len(still["answered_by"]), 1)

        def failed():
            stats = self.stats("fails")
            return stats["attempts"]["retry"] == 4 and stats["in_flight"] == 0 and stats
        fails = wait_for(failed, WITHIN, "four attempts that failed")
        self.assertEqual((fails["state"], fails["standing"]), ("active", "open"))
        retry = fails["waiting"]["retry"]
        self.assertEqual((fails["waiting"]["total"], retry["memory"] + retry["log"]), (4, 4))
        self.assertEqual(fails["waiting"]["first"], {"memory": 0, "log": 0})
        self.assertIsNotNone(fails["failing_since"])
        self.assertIsNotNone(fails["last_failure"])
        self.assertGreater(fails["next_retry_at"], fails["at"])
        self.assertEqual(fails["limits"], {"concurrency": 64, "rate_per_second": None})
        self.assertEqual(fails["answered_by"][0]["limits"]["concurrency"], 64)

        wait_for(lambda: serve.metrics("api")['certes_dispatcher_waiting{priority="normal",where="retry"}'] == 4, WITHIN, "the gauges")
        values = serve.metrics("api")
        self.assertEqual(values['certes_dispatcher_waiting{priority="normal",where="log"}'], 3)
        self.assertEqual(values['certes_dispatcher_waiting{priority="high",where="log"}'], 2)
        self.assertEqual(values['certes_dispatcher_waiting{priority="high",where="memory"}'], 0)
        self.assertGreater(values['certes_dispatcher_oldest_waiting_seconds{priority="high"}'], 0)
        self.assertEqual(values['certes_endpoint_waiting{endpoint="still",tenant="default"}'], 5)
        self.assertEqual(values['certes_api_questions_total{outcome="partial"}'], 0)

        self.refusals()
        self.commands(serve)

    def refusals(self):
        self.assertEqual(self.api.call("GET", "/endpoints/nobody/stats")[0], 404)
        self.assertEqual(self.api.call("GET", "/endpoints/still/stats?since=now")[0], 400)
        self.api.ok("PUT", "/tenants/acme", {})
        key = self.api.ok("POST", "/keys?tenant=acme", {"scopes": ["endpoints:read"]})["key"]
        self.assertEqual(Api(self.api.address, key).call("GET", "/endpoints/still/stats")[0], 404)
        key = self.api.ok("POST", "/keys", {"scopes": ["events:write"]})["key"]
        self.assertEqual(Api(self.api.address, key).call("GET", "/endpoints/still/stats")[0], 403)

    def commands(self, serve):
        host, port = serve.address("api")
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        status, out, _ = run_to_end("endpoints", "stats", "still", environment=environment)
        self.assertEqual(status, 0)
        self.assertRegex(out, r"(?m)^state +paused$")
        self.assertRegex(out, r"(?m)^waiting +5$")
        self.assertRegex(out, r"(?m)^high +0 +2 +0 +0 +\S+Z \(\S+ (s|min) ago\)$")
        status, out, _ = run_to_end("endpoints", "stats", "fails", "--json", environment=environment)
        self.assertEqual((status, json.loads(out)["waiting"]["total"]), (0, 4))
        status, _, error = run_to_end("endpoints", "stats", "nobody", environment=environment)
        self.assertEqual(status, 4)
        self.assertIn("endpoints/nobody", error)


class OnKafka(Case):
    PARTITIONS, SESSION = 12, 6

    def stats(self):
        return self.api.ok("GET", "/endpoints/still/stats")

    def covered(self, partitions, within):
        """The answer once these are the partitions of those who answer."""
        def asked():
            stats = self.stats()
            return [one["partitions"] for one in stats["answered_by"]] == partitions and stats
        stats = wait_for(asked, within, f"dispatchers with {partitions} partitions")
        self.assertEqual(stats["partitions"], {"covered": sum(partitions), "all": self.PARTITIONS})
        return stats

    async def test_all_dispatchers_are_asked_and_one_that_is_gone_is_missing_until_its_partitions_are_others(self):
        async with Sink() as sink:
            await asyncio.to_thread(self.look, sink)

    def look(self, sink):
        environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": str(self.PARTITIONS),
                       "CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": str(self.SESSION)}
        arguments = ["--brokers", brokers()]
        gateway = self.process("gateway", *arguments, environment=environment).start()
        self.api = Api(gateway.address("api"))
        self.api.ok("PUT", "/backoff-policies/hour", HOUR)
        add(self.api, "still", sink.url("/still"), "order.#")
        self.api.ok("POST", "/endpoints/still/pause")
        nobody = self.stats()
        self.assertEqual(nobody["partitions"], {"covered": 0, "all": self.PARTITIONS})

        dispatchers = [self.process("dispatcher", *arguments, environment=environment).start() for _ in range(2)]
        self.covered([6, 6], WITHIN)
        for n in range(24):
            send(gateway, "order.created", partition_key=f"key-{n}")
        stats = wait_for(lambda: (s := self.stats())["waiting"]["total"] == 24 and s, WITHIN, "all to be routed")
        self.assertEqual(stats["partitions"]["covered"], self.PARTITIONS)
        self.assertEqual(stats["waiting"]["by_priority"]["normal"]["first"], {"memory": 0, "log": 24})
        self.assertEqual([one["limits"]["concurrency"] for one in stats["answered_by"]], [32, 32])

        self.strangers(environment["CERTES_KAFKA_PREFIX"])
        self.assertEqual(self.stats()["waiting"]["total"], 24)
        self.lines_are_not_shown(gateway)

        dispatchers[0].kill()
        left = self.covered([6], self.SESSION)
        self.assertLess(left["waiting"]["total"], 24)
        self.covered([12], WITHIN)
        stats = wait_for(lambda: (s := self.stats())["waiting"]["total"] == 24 and s, WITHIN, "what the other had")
        self.assertEqual(stats["answered_by"][0]["limits"]["concurrency"], 64)

    def strangers(self, prefix):
        """What anybody may write to the topic."""
        for kind, value in (("question", "{"), ("answer", "[" * 5_000), ("question", json.dumps({"format": 1, "id": 7})), ("gossip", "x"),
                            ("answer", json.dumps({"format": 1, "question": "qst_1", "from": "me", "partitions": [0], "value": {}}))):
            subprocess.run(["kcat", "-b", brokers(), "-P", "-t", prefix + "logs", "-p", "0", "-H", f"certes-kind={kind}"],
                           input=value.encode(), check=True, timeout=30)

    def lines_are_not_shown(self, gateway):
        """Of what is asked and answered while somebody watches lines, nothing comes: the first that does is a line."""
        command = self.tail(gateway)
        self.addCleanup(command.stdout.close)
        self.addCleanup(command.wait)
        self.addCleanup(command.kill)

        def line_was_taken():
            self.stats()
            status, _, _ = request(gateway.address("gateway"), "POST", "/logs/probe", b'{"n":1}',
                                   {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"})
            self.assertEqual(status, 202)
            return select.select([command.stdout], [], [], 0)[0]
        wait_for(line_was_taken, WITHIN, "a line")
        self.assertIn("probe", command.stdout.readline().decode())

    def tail(self, gateway):
        host, port = gateway.address("gateway")
        return subprocess.Popen([BINARY, "logs", "tail", "--json", "--gateway-url", f"http://{host}:{port}", "--key", ADMIN_KEY],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    unittest.main(verbosity=2)
