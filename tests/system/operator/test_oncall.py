#!/usr/bin/env python3
"""What somebody on call sees: log lines, metrics, and what is kept of an answer."""
import asyncio
import json
import re
import signal
import unittest

from harness import ADMIN_KEY, Api, Case, Sink, event, post_json, request, wait_for

WITHIN = 30


class Night(Case):
    def serve(self, *arguments, **options):
        process = self.process("serve", *arguments, **options).start()
        self.api = Api(process.address("api"))
        return process

    def endpoint(self, identity, url, schedule=(0.2,) * 50):
        self.api.ok("PUT", f"/backoff-policies/{identity}", {"strategy": "schedule", "schedule_seconds": list(schedule), "jitter": "none"})
        self.api.ok("PUT", f"/endpoints/{identity}", {"url": url, "backoff_policy": identity})
        self.api.ok("PUT", f"/subscriptions/{identity}", {"endpoint": identity, "pattern": "order.#"})

    async def line(self, process, pattern):
        """The match of the first line of the log that has the pattern."""
        return await asyncio.to_thread(wait_for, lambda: re.search(pattern, process.log(100_000)), WITHIN, pattern)

    async def publish(self, process):
        status, answer = await asyncio.to_thread(post_json, process.address("gateway"), "/events", {"type": "order.created", "data": {}})
        self.assertEqual(status, 202)
        return answer["id"]

    async def test_an_endpoint_that_fails_and_works_again(self):
        answers = [(500, (), b"out of order: \x1b[31mdisk full\n")]
        async with Sink(lambda path, headers, body: answers[-1]) as sink:
            serve = await asyncio.to_thread(self.serve)
            await asyncio.to_thread(self.endpoint, "billing", sink.url("/billing"))
            identity = await self.publish(serve)
            await self.line(serve, r'warning dispatcher: endpoint default/billing fails: 500 in \d+ ms: '
                                   r'"out of order: \\u001b\[31mdisk full\\u000a" '
                                   rf'\(try 1 of order\.created {identity}, next in 0\.2 s\)\n')

            def metric(name):
                return serve.metrics("gateway").get(name, 0)
            labels = 'endpoint="billing",tenant="default"'
            await asyncio.to_thread(wait_for, lambda: metric(f"certes_endpoint_failing_seconds{{{labels}}}") > 0, WITHIN, "failing")
            await asyncio.to_thread(wait_for, lambda: metric('certes_dispatcher_oldest_waiting_seconds{priority="normal"}') > 0, WITHIN, "oldest")
            await asyncio.to_thread(wait_for, lambda: metric(f"certes_endpoint_waiting{{{labels}}}") == 1, WITHIN, "waiting")
            self.assertEqual(await asyncio.to_thread(metric, 'certes_endpoints_failing{tenant="default"}'), 1)
            answers.append(204)
            await self.line(serve, r"warning dispatcher: endpoint default/billing works again, after [\d.]+ s: \d+ attempts? had failed\n")
            await asyncio.to_thread(wait_for, lambda: metric(f"certes_endpoint_failing_seconds{{{labels}}}") == 0, WITHIN, "well")
            self.assertEqual(await asyncio.to_thread(metric, 'certes_dispatcher_oldest_waiting_seconds{priority="normal"}'), 0)
            self.assertEqual(await asyncio.to_thread(metric, f"certes_endpoint_waiting{{{labels}}}"), 0)
            values = await asyncio.to_thread(serve.metrics, "gateway")
            self.assertEqual(values['certes_endpoint_attempts_total{code_class="2xx",endpoint="billing",outcome="delivered",tenant="default"}'], 1)
            self.assertGreaterEqual(values['certes_endpoint_attempts_total{code_class="5xx",endpoint="billing",outcome="retry",tenant="default"}'], 1)

    async def test_a_dead_letter_has_the_answer(self):
        async with Sink(lambda path, headers, body: (500, (), b"no such customer" + b"!" * 2_000)) as sink:
            serve = await asyncio.to_thread(self.serve)
            await asyncio.to_thread(self.endpoint, "billing", sink.url("/billing"), [0.05])
            await self.publish(serve)
            letters = await asyncio.to_thread(wait_for, lambda: self.api.ok("GET", "/dead-letters")["items"], WITHIN, "a dead letter")
            self.assertEqual(letters[0]["answer"], "no such customer" + "!" * 1_008)
            self.assertEqual(letters[0]["error"], "500")

    async def test_an_endpoint_that_is_gone(self):
        async with Sink(lambda path, headers, body: 410) as sink:
            serve = await asyncio.to_thread(self.serve)
            await asyncio.to_thread(self.endpoint, "billing", sink.url("/billing"))
            await self.publish(serve)
            await self.line(serve, r"dispatcher: endpoint default/billing answered 410 and is disabled")

    async def test_a_stop_says_what_it_waits_for(self):
        async with Sink(lambda path, headers, body: None) as sink:
            serve = await asyncio.to_thread(self.serve)
            await asyncio.to_thread(self.endpoint, "billing", sink.url("/billing"))
            await self.publish(serve)
            await sink.wait(lambda: sink.receipts, WITHIN)
            serve.signal(signal.SIGTERM)
            await self.line(serve, r"info draining 1 in flight; again to end at once\n")
            # At once it would count as the same one.
            def ended():
                serve.signal(signal.SIGTERM)
                return serve.process.poll() is not None
            await asyncio.to_thread(wait_for, ended, WITHIN, "its end")
            self.assertEqual(serve.process.returncode, 1)
            serve.process.stdout.close()

    async def test_what_is_refused_of_a_source(self):
        serve = await asyncio.to_thread(self.serve)
        await asyncio.to_thread(self.api.ok, "PUT", "/sources/gh", {"verify": {"scheme": "github", "secret": "s"}})
        for _ in range(3):
            status, _, _ = await asyncio.to_thread(request, serve.address("gateway"), "POST", "/events/gh", b"{}",
                                                   {"X-Hub-Signature-256": "sha256=" + "0" * 64})
            self.assertEqual(status, 401)
        await self.line(serve, r"warning gateway: source gh: refused 1 webhook since the last such line \(unauthenticated\): \S+")
        self.assertEqual(serve.log().count("source gh: refused"), 1)

    async def test_lines_are_objects_where_that_is_asked_for(self):
        async with Sink(lambda path, headers, body: (500, (), b'"quoted"')) as sink:
            serve = await asyncio.to_thread(self.serve, "--log-format", "json")
            await asyncio.to_thread(self.endpoint, "billing", sink.url("/billing"))
            await self.publish(serve)
            await self.line(serve, "billing fails")
            self.assertEqual(await asyncio.to_thread(serve.stop), 0)
        lines = [json.loads(line) for line in serve.log(100_000).splitlines()]
        self.assertTrue(all(set(line) == {"time", "level", "message"} for line in lines))
        failing, = (line for line in lines if "billing fails" in line["message"])
        self.assertEqual(failing["level"], "warning")
        self.assertIn(r'ms: "\"quoted\"" (try 1', failing["message"])

    async def test_a_start_says_where_its_data_is_and_what_comes_next(self):
        serve = await asyncio.to_thread(self.serve, admin=False)
        await self.line(serve, rf"info certes \S+ serve: the log is embedded, in {re.escape(str(self.directory / 'data'))}\n")
        host, port = serve.address("gateway")
        found = await self.line(serve, rf"info next: post events to http://{host}:{port}/events.* --key-file (\S+/admin\.key)\n")
        self.assertTrue((self.directory / "data/admin.key").samefile(found[1]))

    async def test_dev_says_of_an_event_that_nobody_takes_it(self):
        serve = await asyncio.to_thread(self.serve, dev=True)
        identity = await self.publish(serve)
        await self.line(serve, rf"info order\.created {identity} → nobody: no subscription takes it\n")


if __name__ == "__main__":
    unittest.main()
