#!/usr/bin/env python3
"""Erasing: what a subject's events have left behind is gone from every file, through a kill and a restart, and nothing else is; on
Kafka the indexes forget, and the job says what stands there until when."""
import asyncio
import datetime
import json
import unittest

from harness import ADMIN_KEY, PARTITIONS, Api, Case, Sink, brokers, post_json, request, run_to_end, wait_for

WITHIN = 40
SECRET = "jane.roe@example.com"  # what must not be found any more
MANY = 300
ONCE = {"strategy": "constant", "base_seconds": 1, "jitter": "none", "max_attempts": 1}
LATE = {"strategy": "constant", "base_seconds": 3600, "jitter": "none", "max_attempts": 5}
FAST = {"CERTES_JOBS_PROGRESS_SECONDS": "0.2"}


class Erasing(Case):
    """What both engines are asked. `publisher`: takes events; `api`: has an index and jobs."""

    def behave(self, path, _headers, body):
        return (500, (), b"cannot take " + body) if path != "/good" else 200

    def resources(self, sink):
        for name, policy in (("once", ONCE), ("late", LATE)):
            self.api.ok("PUT", f"/backoff-policies/{name}", policy)
        source = {"verify": {"scheme": "none"}, "type_from": "const:order.paid", "subject_from": "json:/person", "forward_headers": ["x-person"]}
        self.api.ok("PUT", "/sources/shop", source)
        for name, policy in (("good", "once"), ("billing", "once"), ("slow", "late")):
            self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}"), "backoff_policy": policy, "breaker": {"failures": 0, "ratio": 0}})
        for name, pattern in (("good", "#"), ("billing", "shop.#"), ("slow", "slow.#")):
            self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": pattern})

    def publish(self, subject, event_type="order.paid", source="/crm", key=ADMIN_KEY, count=1):
        batch = [{"type": event_type, "source": source, "subject": subject, "partition_key": subject, "data": {"person": subject, "n": n}} for n in range(count)]
        status, answer = post_json(self.publisher.address("gateway"), "/events", batch, key)
        self.assertEqual(status, 202, answer)
        return answer["accepted"]

    def webhook(self, person):
        """Raw, with the person in its query, its headers and its body."""
        status, _, answer = request(self.publisher.address("gateway"), "POST", f"/events/shop?who={person}", json.dumps({"person": person}), {"X-Person": person})
        self.assertEqual(status, 202, answer)
        return json.loads(answer)["id"]

    def dead_twice(self, person):
        """A dead letter, and the dead letter of its replay."""
        event = self.webhook(person)
        wait_for(lambda: len(self.api.letters(f"?event={event}")) == 1, WITHIN, "the dead letter")
        self.api.ok("POST", f"/dead-letters/{self.api.letters(f'?event={event}')[0]['id']}/replay", {})
        wait_for(lambda: len(self.api.letters(f"?event={event}")) == 2, WITHIN, "the replay's dead letter")
        return event

    def come_to(self, event, state):
        wait_for(lambda: self.api.call("GET", f"/events/{event}")[2].get("state") == state, WITHIN, f"{event} to be {state}")

    def job(self, name, query=""):
        return self.api.ok("GET", f"/jobs/{name}{query}")

    def done(self, name, query=""):
        wait_for(lambda: self.job(name, query)["state"] != "running", WITHIN, f"the erasure {self.job(name, query)} to end")
        job = self.job(name, query)
        self.assertEqual(job["state"], "done", job)
        return job

    def erase(self, *words):
        host, port = self.api.address
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        status, out, error = run_to_end("erase", *words, environment=environment, within=WITHIN)
        self.assertEqual(status, 0, (out, error))
        return out

    def is_gone(self, event):
        self.assertEqual(self.api.call("GET", f"/events/{event}")[0], 404)
        self.assertEqual(self.api.letters(f"?event={event}"), [])


class Embedded(Erasing):
    async def test_what_is_erased_stands_in_no_file(self):
        async with Sink(self.behave) as sink:
            await asyncio.to_thread(self.all, sink)

    def files_with(self, text):
        data = self.publisher.directory / "data"
        return sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file() and text.encode() in path.read_bytes())

    def all(self, sink):
        self.publisher = self.process("serve", environment=FAST | {"CERTES_HISTORY_PAYLOAD_TEXT": "true"}).start()
        self.api = Api(self.publisher.address("api"))
        self.resources(sink)
        self.subject(sink)
        self.one_event(sink)
        self.killed(sink)
        self.assertEqual(self.publisher.stop(), 0)

    def subject(self, sink):
        mine, others = self.dead_twice(SECRET), self.dead_twice("john")
        anothers = self.of_another_tenant()
        self.come_to(mine, "failed")
        self.assertEqual(self.api.ok("GET", "/events?text=jane.roe%40example.com")["items"][0]["id"], mine)
        self.assertTrue(self.files_with(SECRET))
        source = self.api.ok("GET", f"/events/{mine}")["source"]
        asked = ("--source", source, "--subject", SECRET)
        self.assertEqual(self.erase(*asked, "--dry-run"), "3 would be erased\n")
        status, _, error = run_to_end("erase", *asked, environment={"CERTES_URL": "http://127.0.0.1:1", "CERTES_KEY": ADMIN_KEY})
        self.assertIn("--yes", error)
        self.assertNotEqual(status, 0)
        out = self.erase(*asked, "--yes")
        self.assertRegex(out, r"(?m)^state +done$")
        self.assertRegex(out, r"(?m)^done +3$")
        self.assertRegex(out, r"(?m)^remains +backups that were made before$")
        self.assertRegex(out, r"(?m)^filter +subject_hash=[0-9a-f]{64} ")
        self.is_gone(mine)
        # Another tenant's event of the same name stays, and nothing else of it does.
        self.assertEqual(self.api.ok("GET", f"/events/{anothers}?tenant=acme")["subject"], SECRET)
        self.done(self.api.ok("POST", "/erase?tenant=acme", {"event": anothers})["id"], "?tenant=acme")
        self.assertEqual(self.files_with(SECRET), [])
        entry = self.api.ok("GET", "/audit?kind=jobs&limit=1000")["items"][-1]
        self.assertEqual((entry["by"], entry["action"]), ("admin", "create"))
        self.assertEqual(self.publisher.stop(), 0)
        self.publisher.start()
        self.api = Api(self.publisher.address("api"))
        self.assertEqual(self.files_with(SECRET), [])
        self.is_gone(mine)
        self.come_to(others, "failed")
        self.assertEqual(len(self.api.letters(f"?event={others}")), 2)
        self.assertIn("john", json.dumps(self.api.ok("GET", f"/events/{others}")["data"]))
        # What comes later is another event.
        later = self.webhook(SECRET)
        self.come_to(later, "failed")
        self.assertEqual(self.done(self.api.ok("POST", "/erase", {"event": later})["id"])["done"], 2)
        self.assertEqual(self.files_with(SECRET), [])

    def of_another_tenant(self):
        self.api.ok("PUT", "/tenants/acme", {})
        key = self.api.ok("POST", "/keys?tenant=acme", {"scopes": ["events:write", "erase:write"]})["key"]
        source = self.api.ok("GET", "/events?limit=1")["items"][0]["source"]
        event = self.publish(SECRET, source=source, key=key)[0]
        wait_for(lambda: self.api.call("GET", f"/events/{event}?tenant=acme")[0] == 200, WITHIN, "the other tenant's event")
        acme = Api(self.publisher.address("api"), key)
        mine = self.api.ok("GET", "/events?limit=1")["items"][0]["id"]
        self.assertEqual(acme.ok("POST", "/erase?dry_run=true", {"event": mine})["count"], 0)
        self.assertEqual(acme.call("POST", "/erase", {"event": mine}, )[0], 202)
        self.assertEqual(acme.call("POST", "/jobs/any/cancel")[0], 403)
        self.assertEqual(self.api.ok("GET", f"/events/{mine}")["id"], mine)
        return event

    def one_event(self, sink):
        """It waits for its delivery to end."""
        event = self.publish(SECRET, "slow.paid")[0]
        self.come_to(event, "open")
        for wrong in ({}, {"event": event, "source": "/crm", "subject": "x"}, {"source": "/crm"}, {"subject": "x"}):
            self.assertEqual(self.api.call("POST", "/erase", wrong)[0], 400, wrong)
        name = self.api.ok("POST", "/erase", {"event": event})["id"]
        wait_for(lambda: self.job(name).get("waiting") == 1, WITHIN, f"the erasure to wait: {self.job(name)}")
        self.assertEqual(self.api.ok("GET", f"/events/{event}")["state"], "open")
        self.api.ok("POST", "/endpoints/slow/purge", {"all": True})
        job = self.done(name)
        self.assertEqual(job["waiting"], 0)
        self.is_gone(event)
        self.assertEqual(self.files_with(SECRET), [])

    def killed(self, sink):
        ids, kept = self.publish(SECRET, "shop.order", count=MANY), self.publish("john", "shop.order", count=20)
        wait_for(lambda: len(self.api.letters("?type=shop.order")) == MANY + 20, WITHIN, "all of them to be dead letters")
        name = self.api.ok("POST", "/erase", {"source": "/crm", "subject": SECRET})["id"]
        self.publisher.kill()
        self.publisher.start()
        self.api = Api(self.publisher.address("api"))
        job = self.done(name)
        self.assertLessEqual(job["done"], 2 * MANY)
        self.is_gone(ids[0])
        self.is_gone(ids[-1])
        self.assertEqual(self.files_with(SECRET), [])
        self.assertEqual({letter["event"] for letter in self.api.letters("?type=shop.order")}, set(kept))


class OnKafka(Erasing):
    async def test_indexes_forget_and_the_job_says_what_remains(self):
        async with Sink(self.behave) as sink:
            await asyncio.to_thread(self.all, sink)

    def all(self, sink):
        environment = FAST | {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": str(PARTITIONS)}
        arguments = ["--brokers", brokers()]

        def api_process(name):
            process = self.process("api", *arguments, environment=environment | {"CERTES_HISTORY_DIR": str(self.directory / name)}).start()
            return Api(process.address("api"))
        self.publisher = self.process("gateway", *arguments, environment=environment).start()
        self.process("dispatcher", *arguments, environment=environment).start()
        other = api_process("other")
        self.api = api_process("first")
        self.resources(sink)
        mine, others = self.dead_twice(SECRET), self.dead_twice("john")
        letter = self.api.letters(f"?event={mine}")[0]["id"]
        source = self.api.ok("GET", f"/events/{mine}")["source"]
        before = datetime.datetime.now(datetime.timezone.utc)
        job = self.done(self.api.ok("POST", "/erase", {"source": source, "subject": SECRET})["id"])
        self.assertEqual(job["done"], 3)
        self.assertEqual([one["where"] for one in job["remains"]], ["topic events", "topic attempts", "topic dead-letters"])
        for one in job["remains"]:
            self.assertGreater(datetime.datetime.fromisoformat(one["until"]), before)
        self.is_gone(mine)
        self.assertEqual(self.api.call("GET", f"/dead-letters/{letter}")[0], 404)
        self.assertEqual(self.api.call("POST", f"/dead-letters/{letter}/replay", {"again": True})[0], 404)
        replayed = self.api.job("/dead-letters/replay", {"all": True, "again": True}, WITHIN)
        self.assertEqual(replayed["done"], 2, replayed)  # the other person's
        # Another process' index, and one that is made anew.
        self.api = other
        wait_for(lambda: self.api.call("GET", f"/events/{mine}")[0] == 404, WITHIN, "the other index to forget")
        self.api = api_process("anew")
        self.come_to(others, "failed")
        self.is_gone(mine)


if __name__ == "__main__":
    unittest.main(verbosity=2)
