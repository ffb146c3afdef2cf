"""What is kept for a while takes the room of that while, and no more: a steady stream of events on the embedded log, for
several times their retention. CERTES_TEST_SECONDS says for how long (120)."""
import asyncio
import contextlib
import http.client
import json
import os
import select
import sqlite3
import tempfile
import time
import unittest

from clocks import Clock
from harness import ADMIN_KEY, Api, Case, Process, Sink, post_json, wait_for

EVENTS_PER_SECOND, BATCH, RETENTION_SECONDS = 5_000, 100, 20
SECONDS = int(os.environ.get("CERTES_TEST_SECONDS", "120"))
MIB = 1 << 20


def p99(values):
    return sorted(values)[len(values) * 99 // 100]


class Steady(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.serve = Process("serve", self.directory.name, environment={
            "CERTES_EVENTS_RETENTION_SECONDS": str(RETENTION_SECONDS), "CERTES_ATTEMPTS_RETENTION_SECONDS": str(RETENTION_SECONDS),
            "CERTES_DEDUPLICATION_SECONDS": str(RETENTION_SECONDS)}).start()

    def tearDown(self):
        self.serve.stop()
        self.directory.cleanup()

    def size(self, suffix=""):
        path = self.serve.directory / "data" / f"certes.db{suffix}"
        return path.stat().st_size if path.exists() else 0

    def test_the_file_the_log_before_it_and_the_answers_stay_as_they_are(self):
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(*self.serve.address("gateway"), timeout=30)
        self.addCleanup(connection.close)
        data = {"text": "x" * 400}
        sizes, wals, waits = [], [], []
        began = time.monotonic()
        for turn in range(SECONDS * EVENTS_PER_SECOND // BATCH):
            due = began + turn * BATCH / EVENTS_PER_SECOND
            if (early := due - time.monotonic()) > 0:
                select.select([], [], [], early)
            body = json.dumps([{"type": "order.created", "id": f"{turn}-{i}", "data": data} for i in range(BATCH)])
            asked = time.monotonic()
            connection.request("POST", "/events", body, headers)
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()[:0]), (202, b""))
            waits.append(time.monotonic() - asked)
            if turn % (EVENTS_PER_SECOND // BATCH) == 0:
                sizes.append(self.size())
                wals.append(self.size("-wal"))
        rate = len(waits) * BATCH / (time.monotonic() - began)
        settled = int(2.5 * RETENTION_SECONDS)  # what is too old is gone within a few seconds, and its room is used again
        third = len(waits) // 3
        print(f"{rate:.0f} events/s; file {sizes[settled] / MIB:.0f} MiB at {settled} s, then at most {max(sizes[settled:]) / MIB:.0f}; "
              f"WAL at most {max(wals) / MIB:.0f} MiB; p99 of a batch {p99(waits[third:2 * third]) * 1e3:.1f} ms in the second third, "
              f"{p99(waits[2 * third:]) * 1e3:.1f} ms in the last")
        self.assertLessEqual(max(sizes[settled:]), 1.25 * sizes[settled])
        self.assertLessEqual(max(wals), 96 * MIB)
        # Each third's slowest ones are of one machine and one minute: what grows with the file would show in half of them.
        self.assertLessEqual(sorted(waits[2 * third:])[third // 2], 3 * sorted(waits[third:2 * third])[third // 2])


class Away(Case):
    """Nobody is there for longer than the outcomes of attempts are kept."""
    EVENTS, KEPT, CHECKPOINT, WITHIN = 200, 60, 11, 60

    def publish(self):
        batch = [{"type": "order.created", "data": n} for n in range(self.EVENTS)]
        status, answer = post_json(self.serve.address("gateway"), "/events", batch)
        self.assertEqual(status, 202, answer)
        return answer["accepted"]

    def first_attempt(self):
        """The lowest offset that `attempts` has."""
        with contextlib.closing(sqlite3.connect(self.directory / "data" / "certes.db")) as file:
            return file.execute("SELECT min(id) FROM attempts_0").fetchone()[0]

    async def test_what_was_delivered_or_has_failed_is_not_sent_again_and_what_is_known_goes_then(self):
        clock = Clock(self.directory / "clock")
        async with Sink(lambda path, headers, body: 200 if path == "/served" else 503) as sink:
            environment = {"CERTES_ATTEMPTS_RETENTION_SECONDS": str(self.KEPT)} | clock.environment
            self.serve = await asyncio.to_thread(self.process("serve", environment=environment).start)
            ok = Api(self.serve.address("api")).ok
            daily = {"strategy": "constant", "base_seconds": 86_400, "jitter": "none", "max_attempts": 3}
            await asyncio.to_thread(ok, "PUT", "/backoff-policies/daily", daily)
            for name in ("served", "failing"):
                endpoint = {"url": sink.url("/" + name), "backoff_policy": "daily", "breaker": None}
                await asyncio.to_thread(ok, "PUT", "/endpoints/" + name, endpoint)
                await asyncio.to_thread(ok, "PUT", "/subscriptions/" + name, {"endpoint": name, "pattern": "#"})

            async def publish(ids):
                ids += await asyncio.to_thread(self.publish)
                await sink.wait(lambda: {(path, event) for path in ("/served", "/failing") for event in ids}
                                <= {(one.path, one.id) for one in sink.receipts}, self.WITHIN)
                await asyncio.to_thread(wait_for, lambda: self.serve.metrics("dispatcher")["certes_dispatcher_in_flight"] == 0,
                                        self.WITHIN, "that to be recorded")

            ids = []
            for _ in range(3):
                await publish(ids)
                clock.go_on(self.CHECKPOINT)
            await publish(ids)  # what became of these stands on `attempts` alone
            await asyncio.to_thread(self.serve.kill)
            clock.go_on(10 * self.KEPT)
            await asyncio.to_thread(self.serve.start)
            await publish(ids)
            self.assertEqual(len(sink.receipts), 2 * len(ids), "of each endpoint one attempt of each event")
            before = self.first_attempt()
            for _ in range(3):
                clock.go_on(self.KEPT)
                await publish(ids)
            clock.go_on(self.CHECKPOINT)
            await asyncio.to_thread(wait_for, lambda: self.first_attempt() > before + self.EVENTS, self.WITHIN, "what is too old to go")
            self.assertEqual(len(sink.receipts), 2 * len(ids))


class Crowded(Case):
    """events.max_bytes: what is finished goes as fast as it ends, so that a steady stream is never refused."""
    EVENTS, BYTES, LIMIT = 1_500, 64 << 10, 32 * MIB

    async def test_a_stream_that_is_delivered_goes_on_in_a_third_of_its_room(self):
        async with Sink() as sink:
            serve = await asyncio.to_thread(self.process("serve", environment={"CERTES_EVENTS_MAX_BYTES": str(self.LIMIT)}).start)
            api = Api(serve.address("api"))
            await asyncio.to_thread(api.ok, "PUT", "/endpoints/one", {"url": sink.url("/one")})
            await asyncio.to_thread(api.ok, "PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            for n in range(self.EVENTS):
                status, answer = await asyncio.to_thread(
                    post_json, serve.address("gateway"), "/events", {"type": "order.created", "data": "x" * self.BYTES})
                self.assertEqual(status, 202, (n, answer))
                await sink.wait(lambda: len(sink.receipts) > n, 30)


if __name__ == "__main__":
    unittest.main()
