"""Records of the embedded log that are damaged: what stands around them is delivered, and what is lost is counted and named."""
import asyncio
import sqlite3
import unittest

from harness import ADMIN_KEY, Api, Case, Sink, event, request, wait_for

WITHIN = 30
HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {ADMIN_KEY}"}


class Damaged(Case):
    async def off_loop(self, do):
        return await asyncio.get_running_loop().run_in_executor(None, do)

    def spoil(self, sql):
        with sqlite3.connect(self.directory / "data" / "certes.db") as file:
            self.assertEqual(file.execute(sql).rowcount, 1)
        file.close()

    def serve(self, **settings):
        return self.process("serve", environment={f"CERTES_{k}".upper(): v for k, v in settings.items()}).start()

    def ten_events_for_a_paused_endpoint(self, url):
        serve = self.serve()
        api = Api(serve.address("api"))
        api.ok("PUT", "/endpoints/one", {"url": url, "state": "paused"})
        api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
        for n in range(10):
            status, _, answer = request(serve.address("gateway"), "POST", "/events", event("a.b", n), HEADERS)
            self.assertEqual(status, 202, answer)
        serve.stop()

    async def test_one_is_lost_and_the_others_are_delivered(self):
        async with Sink() as sink:
            await self.off_loop(lambda: self.ten_events_for_a_paused_endpoint(sink.url("/one")))
            self.spoil("UPDATE events_0 SET record = x'0000' WHERE id = 4")
            serve = await self.off_loop(self.serve)
            await self.off_loop(lambda: Api(serve.address("api")).ok("POST", "/endpoints/one/resume", {}))
            await sink.wait(lambda: len(sink.receipts) >= 9, WITHIN)
            self.assertEqual(sorted(int(r.body) for r in sink.receipts), [0, 1, 2, 3, 5, 6, 7, 8, 9])
            metrics = await self.off_loop(lambda: serve.metrics("api"))
            self.assertEqual(metrics['certes_log_lost_records_total{topic="events"}'], 1)
            self.assertIn("record 4 of events[0]", serve.log())

    async def test_where_nothing_may_be_lost_the_partition_waits_and_the_process_is_ready(self):
        async with Sink() as sink:
            await self.off_loop(lambda: self.ten_events_for_a_paused_endpoint(sink.url("/one")))
            self.spoil("UPDATE events_0 SET record = x'0000' WHERE id = 4")
            serve = await self.off_loop(lambda: self.serve(store_on_damaged="stop"))
            await self.off_loop(lambda: Api(serve.address("api")).ok("POST", "/endpoints/one/resume", {}))
            await sink.wait(lambda: len(sink.receipts) >= 4, WITHIN)
            await self.off_loop(lambda: wait_for(lambda: "record 4 of events[0]" in serve.log(), WITHIN, "the line"))
            self.assertEqual(sorted(int(r.body) for r in sink.receipts), [0, 1, 2, 3])
            metrics = await self.off_loop(lambda: serve.metrics("api"))
            self.assertEqual(metrics['certes_log_trouble{reason="damaged",topic="events"}'], 1)
            self.assertEqual(serve.log().count("record 4 of events[0]"), 1, "a line a minute")

    def test_a_change_of_a_resource_is_lost_only_where_that_was_written_out(self):
        serve = self.serve()
        api = Api(serve.address("api"))
        for n in range(5):
            api.ok("PUT", f"/endpoints/e{n}", {"url": "https://example.com/"})
        serve.stop()
        self.spoil("UPDATE registry_0 SET record = x'00' WHERE instr(record, CAST('/endpoints/e2' AS BLOB)) > 0")
        stopped = self.process("serve").spawn()
        self.assertNotEqual(stopped.process.wait(WITHIN), 0)
        stopped.process.stdout.close()
        self.assertIn("store.on_damaged", stopped.log())
        skipping = self.serve(store_on_damaged="skip")
        ids = [e["id"] for e in Api(skipping.address("api")).pages("/endpoints")]
        self.assertEqual(ids, ["e0", "e1", "e3", "e4"])
        self.assertRegex(skipping.log(), r"record \d+ of registry\[0\]")


if __name__ == "__main__":
    unittest.main(verbosity=2)
