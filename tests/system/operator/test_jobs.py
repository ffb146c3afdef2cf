#!/usr/bin/env python3
"""Replays as jobs: through a process that is killed, in another process, to one endpoint, one event alone, by the commands."""
import asyncio
import json
import unittest

from harness import ADMIN_KEY, PARTITIONS, Api, Case, Sink, brokers, post_json, run_to_end, wait_for

WITHIN = 90
EVENTS = 600
CONCURRENCY = 4


class Jobs(Case):
    """What both engines are asked. `publisher`: takes events; `api`: has history and jobs."""

    def resources(self, sink):
        self.api.ok("PUT", "/endpoints/good", {"url": sink.url("/good"), "concurrency": CONCURRENCY})
        self.api.ok("PUT", "/endpoints/late", {"url": sink.url("/late"), "concurrency": CONCURRENCY})
        self.api.ok("PUT", "/subscriptions/good", {"endpoint": "good", "pattern": "order.#"})

    def publish(self, count):
        address = self.publisher.address("gateway")
        ids = []
        while len(ids) < count:
            batch = [{"type": "order.paid", "data": {"n": len(ids) + n}} for n in range(min(200, count - len(ids)))]
            status, answer = post_json(address, "/events", batch)
            self.assertEqual(status, 202, answer)
            ids += answer["accepted"]
        return ids

    def job(self, name):
        status, _, answer = self.api.call("GET", f"/jobs/{name}")
        self.assertEqual(status, 200, answer)
        return answer

    def settle(self, ids):
        """All of them are delivered, and indexed."""
        def settled():
            status, _, answer = self.api.call("POST", "/replays?dry_run=true", {"filter": {"state": "delivered"}})
            return status == 200 and answer["count"] == len(ids)
        wait_for(settled, WITHIN, "the events to be indexed")

    def replay(self, body):
        status, headers, answer = self.api.call("POST", "/replays", body)
        self.assertEqual(status, 202, answer)
        self.assertEqual({k.lower(): v for k, v in headers.items()}["location"], f"/api/v1/jobs/{answer['id']}")
        return answer["id"]

    def done(self, name):
        wait_for(lambda: self.job(name)["state"] != "running", WITHIN, f"the job {self.job(name)} to end")
        job = self.job(name)
        self.assertEqual((job["state"], job["left"]), ("done", 0), job)
        return job

    def of_path(self, sink, path):
        return {event: count for (at, event), count in sink.delivered(path).items()}

    def one_event(self, sink, event):
        before = self.of_path(sink, "/late").get(event, 0)
        for duplicate in (False, True):
            status, _, answer = self.api.call("POST", f"/events/{event}/replay", {"endpoint": "late", "priority": "high"})
            self.assertEqual((status, answer["status"]), (202, "accepted"))
            if self.exact:
                self.assertEqual(answer.get("duplicate", False), duplicate)
        wait_for(lambda: self.of_path(sink, "/late").get(event, 0) == before + 1, WITHIN, "the event's replay")
        again = self.api.ok("POST", f"/events/{event}/replay", {"endpoint": "late", "again": True})
        self.assertEqual(again["count"], 1)
        wait_for(lambda: self.of_path(sink, "/late").get(event, 0) == before + 2, WITHIN, "it again")
        shown = self.api.ok("GET", f"/events/{event}")
        self.assertEqual(shown["state"], "delivered")

    def commands(self, sink, event):
        host, port = self.api.address
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}

        def run(*words):
            status, out, error = run_to_end(*words, environment=environment, within=WITHIN)
            self.assertEqual(status, 0, (out, error))
            return out
        self.assertRegex(run("replays", "create", "--type", "order.paid", "--dry-run"), rf"^{EVENTS} would be sent again$")
        out = run("replays", "create", "--source-id", "none", "--target", "late", "--wait")
        self.assertRegex(out, r"(?m)^state +done$")
        name = json.loads(run("replays", "create", "--all", "--target", "late", "--rate", "0.01", "--json"))["id"]
        self.assertIn(name, run("replays", "list", "--state", "running"))
        self.assertRegex(run("replays", "pause", name), r"(?m)^state +paused$")
        self.assertRegex(run("jobs", "show", name), r"(?m)^state +paused$")
        self.assertRegex(run("jobs", "resume", name), r"(?m)^state +running$")
        self.assertRegex(run("jobs", "cancel", name), r"(?m)^state +cancelled$")
        status, _, error = run_to_end("jobs", "pause", name, environment=environment)
        self.assertEqual(status, 1)
        self.assertIn("has ended: cancelled", error)
        self.assertEqual(run("events", "replay", event, "--target", "good", "--again").strip(), f"replayed {event}")
        status, _, error = run_to_end("replays", "create", environment=environment)
        self.assertEqual(status, 1)
        self.assertIn("say which", error)


class Embedded(Jobs):
    exact = True

    async def test_a_job_goes_on_after_its_process_was_killed(self):
        async with Sink() as sink:
            await asyncio.to_thread(self.all, sink)

    def all(self, sink):
        self.publisher = self.process("serve", environment={"CERTES_JOBS_PROGRESS_SECONDS": "0.2"}).start()
        self.api = Api(self.publisher.address("api"))
        self.resources(sink)
        ids = self.publish(EVENTS)
        self.settle(ids)
        name = self.replay({"filter": {"type": "order.paid"}, "endpoint": "late", "rate_per_second": 300})
        wait_for(lambda: len(self.of_path(sink, "/late")) >= EVENTS // 4, WITHIN, "a part of the job")
        self.publisher.kill()
        before = len(self.of_path(sink, "/late"))
        self.assertLess(before, EVENTS)
        self.publisher.start()
        self.api = Api(self.publisher.address("api"))
        job = self.done(name)
        self.assertEqual((job["done"], job["skipped"]), (EVENTS, 0))
        wait_for(lambda: len(self.of_path(sink, "/late")) == EVENTS, WITHIN, "all of it to be delivered")
        counts = self.of_path(sink, "/late")
        self.assertEqual(set(counts), set(ids))
        # Its own requests that were out when it was killed, and no more of the job than that.
        self.assertLessEqual(sum(counts.values()) - EVENTS, CONCURRENCY)
        self.assertEqual(set(self.of_path(sink, "/good").values()), {1})
        self.assertGreater(self.publisher.metrics("api")['certes_job_items_total{outcome="done"}'], 0)
        self.one_event(sink, ids[0])
        self.commands(sink, ids[1])
        self.assertEqual(self.publisher.stop(), 0)


class OnKafka(Jobs):
    exact = False

    async def test_another_process_goes_on_with_a_job(self):
        async with Sink() as sink:
            await asyncio.to_thread(self.all, sink)

    def api_process(self, name):
        own = {"CERTES_HISTORY_DIR": str(self.directory / name), "CERTES_JOBS_PROGRESS_SECONDS": "0.5", "CERTES_JOBS_TAKEOVER_SECONDS": "3"}
        return self.process("api", *self.arguments, environment=self.environment | own).start()

    def all(self, sink):
        self.environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": str(PARTITIONS)}
        self.arguments = ["--brokers", brokers()]
        self.publisher = self.process("gateway", *self.arguments, environment=self.environment).start()
        self.process("dispatcher", *self.arguments, environment=self.environment).start()
        processes = [self.api_process("first"), self.api_process("second")]
        self.api = Api(processes[0].address("api"))
        self.resources(sink)
        ids = self.publish(EVENTS)
        for process in processes:
            self.api = Api(process.address("api"))
            self.settle(ids)
        name = self.replay({"filter": {"type": "order.paid"}, "endpoint": "late", "rate_per_second": 100})
        wait_for(lambda: len(self.of_path(sink, "/late")) >= EVENTS // 4, WITHIN, "a part of the job")
        runner = self.job(name)["runner"]
        holding = [process for process in processes if process.metrics("api")["certes_jobs_held"] == 1]
        self.assertEqual(len(holding), 1)
        holding[0].kill()
        self.assertLess(len(self.of_path(sink, "/late")), EVENTS)
        other = next(process for process in processes if process is not holding[0])
        self.api = Api(other.address("api"))
        wait_for(lambda: self.job(name).get("runner") not in (runner, None) or self.job(name)["state"] == "done", WITHIN, "another to take it up")
        self.assertEqual(other.metrics("api")["certes_jobs_taken_over_total"], 1)
        job = self.done(name)
        self.assertEqual((job["done"], job["skipped"]), (EVENTS, 0))
        wait_for(lambda: len(self.of_path(sink, "/late")) == EVENTS, WITHIN, "all of it to be delivered")
        counts = self.of_path(sink, "/late")
        self.assertEqual(set(counts), set(ids))
        # What was appended twice, the dispatcher drops, and it was not killed.
        self.assertEqual(set(counts.values()), {1})
        self.one_event(sink, ids[0])
        self.commands(sink, ids[1])
        # A process without an index does not know which dead letters are open.
        status, _, answer = Api(self.publisher.address("api")).call("POST", "/dead-letters/replay", {"all": True})
        self.assertEqual((status, answer["type"]), (501, "/problems/no-history"))
        job = self.api.job("/dead-letters/replay", {"all": True})
        self.assertEqual((job["state"], job["total"]), ("done", 0))


if __name__ == "__main__":
    unittest.main(verbosity=2)
