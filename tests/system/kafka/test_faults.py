"""Kafka or a dispatcher that stands still past the session timeout: 503 in time, recovery by itself, no repeats beyond in flight."""
import asyncio
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from harness import Case, Installation, Producer, ROOT, Sink, event, stand_still, wait_for

CONCURRENCY = 16


class StandStill(Case):
    def broker(self):
        """A broker of this test's own; (pid, brokers)."""
        directory = self.directory / "kafka"
        script = ROOT / "deploy/kafka/kafka.sh"
        subprocess.run([script, "start", "--dir", directory], check=True, capture_output=True, timeout=120)
        self.addCleanup(subprocess.run, [script, "stop", "--dir", directory], capture_output=True, timeout=60)
        brokers = (directory / "brokers").read_text().strip().removeprefix("brokers=")
        pid = int((directory / "pid").read_text())
        return pid, brokers

    async def prepare(self, brokers_list, sink):
        installation = await asyncio.get_running_loop().run_in_executor(
            None, lambda: Installation(self, "kafka", {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6"}, brokers_list=brokers_list))
        sink.secrets["/one"] = installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one"), "concurrency": CONCURRENCY})["secret"]
        installation.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
        return installation

    async def missing_none(self, sink, producer, duplicates_allowed):
        wanted = set(producer.accepted())
        await sink.wait(lambda: wanted <= {r.id for r in sink.receipts}, 120)
        repeats = sum(count - 1 for count in sink.delivered().values())
        self.assertLessEqual(repeats, duplicates_allowed)
        self.assertTrue(all(r.verified for r in sink.receipts))

    async def test_kafka_that_stands_still(self):
        pid, brokers_list = self.broker()
        async with Sink() as sink:
            installation = await self.prepare(brokers_list, sink)
            producer = Producer(installation.ingest, connections=8)
            await producer.send((n, event("a.b", n)) for n in range(500))
            await asyncio.to_thread(stand_still, pid)
            try:
                reader, writer = await asyncio.open_connection(*installation.ingest)
                began = time.monotonic()
                status, answer = await producer.post(reader, writer, event("a.b", "stopped"))
                took = time.monotonic() - began
                writer.close()
                self.assertEqual(status, 503, answer)
                self.assertLess(took, 5.0, "providers give up after five seconds")
                await asyncio.sleep(8)  # past the session timeout: what is tested
                for process in (installation.gateways[0], installation.dispatchers[0]):
                    await asyncio.to_thread(wait_for, lambda log=process.log: "kafka: no broker answers at " in log(), 30, "a line on Kafka's going")
            finally:
                os.kill(pid, signal.SIGCONT)
            deadline = time.monotonic() + 60
            while True:
                reader, writer = await asyncio.open_connection(*installation.ingest)
                status, answer = await producer.post(reader, writer, event("a.b", "again"))
                writer.close()
                if status == 202:
                    break
                self.assertLess(time.monotonic(), deadline)
            await producer.send((n, event("a.b", n)) for n in range(500, 1000))
            await self.missing_none(sink, producer, CONCURRENCY)
            for process in (installation.gateways[0], installation.dispatchers[0]):
                await asyncio.to_thread(wait_for, lambda log=process.log: "kafka answers again, after " in log(), 30, "a line on its coming")

    async def test_a_dispatcher_that_stands_still(self):
        pid, brokers_list = self.broker()
        async with Sink() as sink:
            installation = await self.prepare(brokers_list, sink)
            other = self.process("dispatcher", "--brokers", brokers_list, environment={
                k: v for k, v in installation.dispatchers[0].environment.items() if k.startswith("CERTES_")})
            producer = Producer(installation.ingest, connections=8)
            await asyncio.get_running_loop().run_in_executor(None, other.start)
            sending = asyncio.create_task(producer.send((n, event("a.b", n)) for n in range(5000)))
            await sink.wait(lambda: len(sink.receipts) > 1000, 60)
            await asyncio.to_thread(stand_still, installation.dispatchers[0].process.pid)
            await asyncio.sleep(9)  # past the session timeout: what is tested
            installation.dispatchers[0].signal(signal.SIGCONT)
            await sending
            await self.missing_none(sink, producer, 2 * CONCURRENCY)


if __name__ == "__main__":
    unittest.main(verbosity=2)
