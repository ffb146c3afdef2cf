"""Kafka away or hanging: nothing waits for it longer than its deadline, neither an answer of the API nor a process that is to end."""
import asyncio
import concurrent.futures
import json
import os
import random
import signal
import subprocess
import unittest

from harness import ADMIN_KEY, Case, Installation, Producer, ROOT, Sink, event, request, stand_still, wait_for

AUTH = {"Authorization": f"Bearer {ADMIN_KEY}"}
ANSWER_SECONDS = 15  # a read is 503 after five; what is more is this machine's
DRAIN_SECONDS = 4


class Away(Case):
    def setUp(self):
        super().setUp()
        directory = self.directory / "kafka"
        script = ROOT / "deploy/kafka/kafka.sh"
        subprocess.run([script, "start", "--dir", directory], check=True, capture_output=True, timeout=120)
        self.addCleanup(subprocess.run, [script, "stop", "--dir", directory], capture_output=True, timeout=60)
        self.brokers = (directory / "brokers").read_text().strip().removeprefix("brokers=")
        self.broker = int((directory / "pid").read_text())
        self.addCleanup(self.go_on)

    def hang(self):
        stand_still(self.broker)

    def go_on(self):
        os.kill(self.broker, signal.SIGCONT)

    def installed(self, sink):
        environment = {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6", "CERTES_DRAIN_SECONDS": str(DRAIN_SECONDS)}
        installation = Installation(self, "kafka", environment, brokers_list=self.brokers)
        installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
        installation.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
        return installation

    async def test_every_call_of_the_api_is_answered_and_those_that_need_no_log_at_once(self):
        async with Sink() as sink:
            installation = await asyncio.to_thread(self.installed, sink)
            api = installation.api.address
            self.hang()
            calls = ([("GET", "/api/v1/dead-letters", None)] * 40 +
                     [("PUT", f"/api/v1/endpoints/new-{n}", b'{"url":"https://example.com/"}') for n in range(5)] +
                     [("POST", "/api/v1/dead-letters/replay", b'{"all":true}'), ("GET", "/api/v1/dead-letters/dl_0_1_x", None)])

            def call(one):
                method, path, body = one
                return request(api, method, path, body, AUTH | {"Content-Type": "application/json"}, within=ANSWER_SECONDS)[0]

            with concurrent.futures.ThreadPoolExecutor(len(calls) + 1) as pool:
                answers = [pool.submit(call, one) for one in calls]
                self.assertEqual(await asyncio.to_thread(call, ("GET", "/api/v1/endpoints", None)), 200)
                statuses = await asyncio.to_thread(lambda: [a.result() for a in answers])
            for one, status in zip(calls, statuses):
                # Without an index nothing is begun on many dead letters.
                self.assertIn(status, (404, 503) if "dl_" in one[1] else (501,) if one[1].endswith("/replay") else (503,), one)
            # Who is on call changes what a process runs with, at such a time above all.
            status, _, body = await asyncio.to_thread(request, api, "PATCH", "/api/v1/config", b'{"log.level":"debug"}', AUTH | {"Content-Type": "application/json"}, within=ANSWER_SECONDS)
            self.assertEqual((status, json.loads(body)["audited"]), (200, False))
            self.go_on()
            await asyncio.to_thread(wait_for, lambda: call(("GET", "/api/v1/dead-letters", None)) == 200, 60, "dead letters")

    async def test_sigterm_ends_each_role_in_time_whatever_it_was_doing(self):
        choose = random.Random(7)
        async with Sink() as sink:
            moments = ["idle", "write", "read", "events", "events and write"] * 2
            choose.shuffle(moments)
            for nth, moment in enumerate(moments):
                with self.subTest(moment=moment, nth=nth):
                    installation = await asyncio.to_thread(self.installed, sink)
                    api = installation.api.address
                    pool = concurrent.futures.ThreadPoolExecutor(8)
                    producer = Producer(installation.ingest, connections=4)
                    sending = asyncio.create_task(producer.send((n, event("a.b", n)) for n in range(20_000 if "events" in moment else 20)))
                    taken = 20 + choose.randrange(2_000)
                    await sink.wait(lambda: len(sink.receipts) >= taken, 60) if "events" in moment else await sending
                    processes = installation.gateways + installation.dispatchers

                    def work():
                        if "write" in moment:
                            pool.submit(request, api, "PUT", "/api/v1/endpoints/late", b'{"url":"https://example.com/"}', AUTH | {"Content-Type": "application/json"})
                        if moment == "read":
                            for _ in range(8):
                                pool.submit(request, api, "GET", "/api/v1/dead-letters", None, AUTH)

                    def end():
                        for process in processes:
                            process.signal(signal.SIGTERM)

                    try:
                        for step in (end, self.hang) if choose.random() < 0.3 else (self.hang, work, end):
                            step()
                        for process in processes:
                            status = await asyncio.to_thread(process.process.wait, DRAIN_SECONDS + 12)
                            self.assertEqual(status, 0, process.log())
                    finally:
                        self.go_on()
                        sending.cancel()
                        pool.shutdown(wait=False)
                        sink.receipts.clear()


if __name__ == "__main__":
    unittest.main(verbosity=2)
