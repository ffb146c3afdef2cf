"""What is kept for a while takes the room of that while, and no more: a steady stream of events on the embedded log, for
several times their retention. CERTES_TEST_SECONDS says for how long (120)."""
import asyncio
import http.client
import json
import os
import select
import tempfile
import time
import unittest

from harness import ADMIN_KEY, Api, Case, Process, Sink, post_json

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
