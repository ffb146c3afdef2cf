#!/usr/bin/env python3
"""What became of events: looked up through restarts, after the index was deleted, cut and spoilt, and by other tenants."""
import asyncio
import json
import re
import shutil
import unittest

from harness import ADMIN_KEY, PARTITIONS, Api, Case, Sink, brokers, post_json, run_to_end, wait_for

WITHIN = 60
HOUR = {"strategy": "constant", "base_seconds": 3600, "jitter": "none", "max_attempts": 3}
TEXTS = {"CERTES_HISTORY_PAYLOAD_TEXT": "true"}
ONCE = {"strategy": "constant", "base_seconds": 1, "jitter": "none", "max_attempts": 1}


def behave(path, _headers, _body):
    return {"/good": 200, "/fails": (500, (), b"out of order")}.get(path, (500, (), b"never again"))


class History(Case):
    """What both engines are asked. `publisher`: takes events; `api`: has history."""

    def resources(self, sink):
        self.sink_port = sink.port
        for name, policy, pattern in (("good", None, "order.#"), ("fails", HOUR, "order.paid"), ("ends", ONCE, "mail.#")):
            if policy:
                self.api.ok("PUT", f"/backoff-policies/{name}", policy)
            self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}")} | ({"backoff_policy": name} if policy else {}))
            self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": pattern})

    def publish(self, event_type, **members):
        status, answer = post_json(self.publisher.address("gateway"), "/events", {"type": event_type, "data": {"n": 1}} | members)
        self.assertEqual(status, 202, answer)
        return answer["id"]

    def state(self, event):
        status, _, answer = self.api.call("GET", f"/events/{event}")
        self.assertIn(status, (200, 404, 503), answer)
        if status == 404:
            self.assertIn("indexed_until", answer)
        return answer["state"] if status == 200 else None

    def listed(self, query=""):
        status, _, answer = self.api.call("GET", "/events" + query)
        if status == 503:
            return None
        self.assertEqual(status, 200, answer)
        self.assertIn("indexed_until", answer)
        return [item["id"] for item in answer["items"]]

    def publish_all(self):
        self.created = self.publish("order.created", id="7", source="/shop")
        self.paid = self.publish("order.paid", conversation_id=self.created)
        self.mail = self.publish("mail.sent", data={"to": "Anna Müller", "about": "A-17"})

    def look(self):
        """All that is asked of the three; again after each thing that happens to the index."""
        states = {self.created: "delivered", self.paid: "open", self.mail: "failed"}
        for event, state in states.items():
            wait_for(lambda event=event, state=state: self.state(event) == state, WITHIN, f"{event} to be {state}")
        wait_for(lambda: set(self.listed() or ()) == set(states), WITHIN, "the list")
        self.assertEqual(self.listed("?source_id=7&source=/shop"), [self.created])
        self.assertEqual(self.listed("?type=order.paid"), [self.paid])
        self.assertEqual(self.listed("?state=failed"), [self.mail])
        self.assertEqual(self.listed("?endpoint=fails"), [self.paid])
        self.assertEqual(set(self.listed("?endpoint=good")), {self.created, self.paid})
        self.assertEqual(self.listed("?to=2020-01-01T00:00:00Z"), [])
        self.assertEqual(self.listed("?text=muller%20a-17"), [self.mail])
        self.assertEqual(self.listed("?text=muller&state=delivered"), [])
        conversation = self.api.ok("GET", f"/conversations/{self.created}")
        self.assertEqual({item["id"] for item in conversation["items"]}, {self.created, self.paid})

        shown = self.api.ok("GET", f"/events/{self.paid}")
        self.assertEqual(shown["data"], {"n": 1})
        deliveries = {one["endpoint"]: one for one in shown["deliveries"]}
        self.assertEqual(deliveries["good"]["state"], "delivered")
        self.assertEqual((deliveries["fails"]["state"], deliveries["fails"]["status"]), ("retrying", 500))
        self.assertIn("retry_at", deliveries["fails"])
        attempts = {one["endpoint"]: one for one in self.api.ok("GET", f"/events/{self.paid}/attempts")["items"]}
        self.assertEqual((attempts["fails"]["outcome"], attempts["fails"]["answer"]), ("retry", "out of order"))
        self.assertEqual((attempts["good"]["outcome"], attempts["good"]["status"]), ("delivered", 200))
        self.assertEqual((attempts["fails"]["retry_by"], attempts["fails"]["backoff_policy"]), ("backoff", "fails"))
        self.assertEqual(attempts["fails"]["address"], f"127.0.0.1:{self.sink_port}")
        self.assertEqual(attempts["fails"]["answer_headers"]["content-length"], "12")
        self.assertGreater(attempts["fails"]["timings_ms"]["first_byte"], 0)
        self.assertNotIn("timings_ms", attempts["good"])
        ended = self.api.ok("GET", f"/events/{self.mail}")["deliveries"]
        self.assertEqual([one["state"] for one in ended], ["dead_lettered"])

    def others(self):
        self.api.ok("PUT", "/tenants/acme", {})
        key = self.api.ok("POST", "/keys?tenant=acme", {"scopes": ["events:read"]})["key"]
        other = Api(self.api.address, key)
        for query in ("", "?text=muller"):
            self.assertEqual(other.ok("GET", "/events" + query)["items"], [])
        for path in (f"/events/{self.created}", f"/events/{self.created}/attempts", f"/conversations/{self.created}"):
            self.assertEqual(other.call("GET", path)[0], 404)
        key = self.api.ok("POST", "/keys", {"scopes": ["events:write"]})["key"]
        self.assertEqual(Api(self.api.address, key).call("GET", "/events")[0], 403)

    def commands(self):
        host, port = self.api.address
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        status, out, _ = run_to_end("events", "show", self.paid, environment=environment)
        self.assertEqual(status, 0)
        self.assertRegex(out, rf"(?m)^event +{self.paid}$")
        self.assertRegex(out, r'(?m)^ +\{"n":1\}$')
        self.assertRegex(out, r"(?m)^fails +retrying +1 +500 +\S+Z \(.* ago\) +\S+Z \(in .*\) +500$")
        self.assertRegex(out, r"(?m)ago\) +fails +1 +retry +500 .*out of order$")
        status, out, _ = run_to_end("events", "list", "--state", "failed", environment=environment)
        self.assertRegex(out, rf"(?m)^{self.mail} .* failed +mail.sent ")
        self.assertEqual((status, len(out.splitlines())), (0, 2))
        status, out, _ = run_to_end("events", "list", "--text", "anna", environment=environment)
        self.assertEqual((status, len(out.splitlines())), (0, 2))
        status, out, _ = run_to_end("events", "attempts", self.mail, "--json", environment=environment)
        self.assertEqual((status, json.loads(out)[0]["outcome"]), (0, "dead_lettered"))
        status, _, error = run_to_end("events", "show", "evt_none", environment=environment)
        self.assertEqual(status, 4)
        self.assertIn("evt_none", error)


class Embedded(History):
    def start(self):
        self.publisher = self.process("serve", environment=TEXTS)
        self.publisher.start()
        self.api = Api(self.publisher.address("api"))

    def again(self, damage=lambda path: None, kill=False):
        """Ends the process, does that to the index, and looks again."""
        if kill:
            self.publisher.kill()
        else:
            self.assertEqual(self.publisher.stop(), 0)
        damage(self.publisher.directory / "data" / "history")
        self.publisher.start()
        self.api = Api(self.publisher.address("api"))
        self.look()

    async def test_events_are_found_whatever_happens_to_the_index(self):
        async with Sink(behave) as sink:
            await asyncio.to_thread(self.all, sink)

    def all(self, sink):
        self.start()
        self.resources(sink)
        self.publish_all()
        self.look()
        wait_for(lambda: "certes_history_behind_seconds" in self.publisher.metrics("api"), WITHIN, "the gauge")
        self.others()
        self.commands()
        self.again()
        self.again(kill=True)
        self.assertNotIn("made anew", self.publisher.log(100_000))
        self.again(shutil.rmtree)

        def cut(path):
            with open(path / "history.db", "r+b") as file:
                file.truncate(12_000)

        def spoil(path):
            with open(path / "history.db", "r+b") as file:
                file.seek(8_192)
                file.write(b"\x7f" * 30_000)
        for damage in (cut, spoil):
            before = self.publisher.log(100_000).count("made anew")
            self.again(damage)
            self.assertGreater(self.publisher.log(100_000).count("made anew"), before)
        self.again(spoil, kill=True)  # the write-ahead log may hold all that was spoilt
        shutil.rmtree(self.publisher.directory / "data" / "history")
        wait_for(lambda: "its file is gone" in self.publisher.log(100_000), WITHIN, "that it is gone to be noticed")
        self.look()


class OnKafka(History):
    async def test_events_are_found_by_each_api_process_whole(self):
        async with Sink(behave) as sink:
            await asyncio.to_thread(self.all, sink)

    def all(self, sink):
        environment = TEXTS | {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": str(PARTITIONS)}
        arguments = ["--brokers", brokers()]
        self.publisher = self.process("gateway", *arguments, environment=environment).start()
        self.process("dispatcher", *arguments, environment=environment).start()
        self.api = Api(self.publisher.address("api"))
        self.resources(sink)
        self.publish_all()
        status, _, answer = self.api.call("GET", "/events")
        self.assertEqual((status, answer["type"]), (501, "/problems/no-history"))
        first = self.process("api", *arguments, environment=environment | {"CERTES_HISTORY_DIR": str(self.directory / "first")}).start()
        self.api = Api(first.address("api"))
        self.look()
        self.others()
        second = self.process("api", *arguments, environment=environment | {"CERTES_HISTORY_DIR": str(self.directory / "second")}).start()
        self.api = Api(second.address("api"))
        self.look()
        self.commands()
        self.assertEqual(second.stop(), 0)
        late = self.publish("order.created")
        second.start()
        self.api = Api(second.address("api"))
        wait_for(lambda: self.state(late) == "delivered", WITHIN, "what came meanwhile")
        self.assertEqual(self.listed("?type=order.paid"), [self.paid])
        self.assertFalse(re.search("made anew", second.log(100_000)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
