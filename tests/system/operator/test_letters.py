#!/usr/bin/env python3
"""Dead letters: what was done with each, through restarts and an index made anew; discarded, edited, sent again."""
import asyncio
import json
import shutil
import unittest

from harness import ADMIN_KEY, PARTITIONS, Api, Case, Sink, brokers, post_json, request, run_to_end, wait_for

WITHIN = 60
ONCE = {"strategy": "constant", "base_seconds": 1, "jitter": "none", "max_attempts": 1}


class Letters(Case):
    """What both engines are asked. `publisher`: takes events; `api`: has an index."""

    failing = True

    def behave(self, path, _headers, _body):
        return 500 if (self.failing and path != "/ops") or path == "/never" else 200

    def resources(self, sink):
        self.api.ok("PUT", "/backoff-policies/once", ONCE)
        self.api.ok("PUT", "/sources/shop", {"verify": {"scheme": "none"}, "type_from": "const:order", "forward_headers": ["x-shop"]})
        for name in ("billing", "never"):
            self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}"), "backoff_policy": "once"})
            self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": f"{name}.#"})
        self.api.ok("PUT", "/subscriptions/shop", {"endpoint": "billing", "pattern": "shop.order"})

    def publish(self, event_type):
        status, answer = post_json(self.publisher.address("gateway"), "/events", {"type": event_type, "data": {"n": 1}})
        self.assertEqual(status, 202, answer)
        return answer["id"]

    def states(self, query=""):
        return {letter["event"]: letter["state"] for letter in reversed(self.api.letters(query))}

    def come_to(self, states):
        """Each event's newest letter is in that state."""
        wait_for(lambda: self.states() == states, WITHIN, f"{states}, and not {self.states()}")

    def command(self, *words):
        host, port = self.api.address
        status, out, error = run_to_end("dead-letters", *words, environment={"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY})
        self.assertEqual((status, error), (0, ""))
        return out

    def look(self, sink):
        self.resources(sink)
        paid, created, third = (self.publish(f"billing.{name}") for name in ("paid", "created", "third"))
        never = self.publish("never.mind")
        self.come_to({paid: "open", created: "open", third: "open", never: "open"})
        self.assertEqual([letter["event"] for letter in self.api.letters("?type=never.mind")], [never])

        # Discarded: one, and many.
        self.assertEqual(self.command("discard", "--type", "billing.created", "--dry-run"), "1 would be discarded\n")
        self.assertEqual(self.command("discard", "--type", "billing.created"), "discarded 1\n")
        of_third = self.api.letters(f"?event={third}")[0]["id"]
        self.assertEqual(self.command("discard", of_third), f"discarded {of_third}\n")
        self.come_to({paid: "open", created: "discarded", third: "discarded", never: "open"})
        self.assertEqual(self.api.call("POST", f"/dead-letters/{of_third}/replay")[0], 409)

        # Sent again: open ones alone.
        self.failing = False
        job = self.api.job("/dead-letters/replay", {"all": True})
        self.assertEqual((job["total"], job["done"], job["skipped"]), (2, 2, 0))
        wait_for(lambda: len(self.api.letters(f"?event={never}")) == 2, WITHIN, "its replay to fail, too")
        self.assertEqual([letter["state"] for letter in self.api.letters(f"?event={never}")], ["open", "replayed"])
        self.come_to({paid: "delivered", created: "discarded", third: "discarded", never: "open"})
        self.assertEqual(self.api.job("/dead-letters/replay", {"endpoint": "billing"})["total"], 0)
        self.api.ok("POST", f"/dead-letters/{of_third}/replay", {"again": True})
        self.ended = {paid: "delivered", created: "discarded", third: "delivered", never: "open"}
        self.come_to(self.ended)

    def edit(self, sink):
        self.failing = True
        status, _, answer = request(self.publisher.address("gateway"), "POST", "/events/shop", b'{"id":1}', {"X-Shop": "berlin"})
        self.assertEqual(status, 202, answer)
        wait_for(lambda: self.api.letters("?type=shop.order"), WITHIN, "its dead letter")
        self.failing = False
        before = len(sink.receipts)
        letter = self.api.letters("?type=shop.order")[0]
        self.assertEqual(self.command("replay", letter["id"], "--header", "X-Shop=hamburg"), f"replayed {letter['id']}\n")
        wait_for(lambda: len(sink.receipts) > before, WITHIN, "it to go again")
        self.assertEqual((sink.receipts[before - 1].headers["x-shop"], sink.receipts[before].headers["x-shop"]), ("berlin", "hamburg"))
        self.ended[letter["event"]] = "delivered"
        self.come_to(self.ended)


    def reprocess(self, sink):
        """By themselves: as often as the policy says, with one event about Certes at the end."""
        self.failing = True
        policy = ONCE | {"reprocess": {"every_seconds": 1, "max_attempts": 2}}
        self.api.ok("PUT", "/backoff-policies/twice", policy)
        for name in ("patient", "soon"):
            self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url("/never" if name == "patient" else f"/{name}"), "backoff_policy": "twice"})
            self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": f"{name}.#"})
        self.api.ok("PUT", "/endpoints/ops", {"url": sink.url("/ops")})
        self.api.ok("PUT", "/subscriptions/ops", {"endpoint": "ops", "pattern": "certes.dead_letter.exhausted"})
        patient, soon = self.publish("patient.one"), self.publish("soon.one")
        wait_for(lambda: self.api.letters(f"?event={soon}"), WITHIN, "its dead letter")
        self.failing = False
        wait_for(lambda: self.states(f"?event={soon}") == {soon: "delivered"}, WITHIN, "it to be delivered by itself")
        told = lambda: [json.loads(one.body) for one in sink.receipts if one.path == "/ops"]
        wait_for(told, WITHIN, "certes.dead_letter.exhausted")
        letters = self.api.letters(f"?event={patient}")
        self.assertEqual([(letter["state"], letter.get("replays"), letter["policy"]) for letter in letters],
                         [("open", 2, "twice"), ("replayed", 1, "twice"), ("replayed", None, "twice")])
        # What is exhausted waits for somebody; who sends it counts on.
        (last,) = told()
        self.assertEqual((last["endpoint"], last["replays"], last["delivery"]), ("patient", 2, letters[0]["delivery"]))
        self.api.ok("POST", f"/dead-letters/{letters[0]['id']}/replay")
        wait_for(lambda: len(told()) == 2, WITHIN, "the next one to be told of")
        self.assertEqual(told()[1]["replays"], 3)
        wait_for(lambda: self.api.ok("GET", "/jobs/reprocess")["done"] == 3, WITHIN, "its job to say so")
        self.assertEqual(len(self.api.letters(f"?event={patient}")), 4)


class Embedded(Letters):
    async def test_what_is_done_with_dead_letters_is_known(self):
        async with Sink(self.behave) as sink:
            await asyncio.to_thread(self.all, sink)

    async def test_they_are_sent_again_by_themselves(self):
        async with Sink(self.behave) as sink:
            await asyncio.to_thread(self.by_themselves, sink)

    def by_themselves(self, sink):
        self.publisher = self.process("serve").start()
        self.api = Api(self.publisher.address("api"))
        self.reprocess(sink)

    def all(self, sink):
        self.publisher = self.process("serve").start()
        self.api = Api(self.publisher.address("api"))
        self.look(sink)
        self.edit(sink)
        self.assertEqual(self.publisher.stop(), 0)
        shutil.rmtree(self.publisher.directory / "data" / "history")
        self.publisher.start()
        self.api = Api(self.publisher.address("api"))
        self.come_to(self.ended)


class OnKafka(Letters):
    async def test_what_is_done_with_dead_letters_is_known(self):
        async with Sink(self.behave) as sink:
            await asyncio.to_thread(self.all, sink)

    async def test_they_are_sent_again_by_themselves(self):
        async with Sink(self.behave) as sink:
            await asyncio.to_thread(self.by_themselves, sink)

    def by_themselves(self, sink):
        """Two processes with an index: one of them does it."""
        environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": str(PARTITIONS)}
        arguments = ["--brokers", brokers()]
        self.publisher = self.process("gateway", *arguments, environment=environment).start()
        self.process("dispatcher", *arguments, environment=environment).start()
        for name in ("first", "second"):
            api = self.process("api", *arguments, environment=environment | {"CERTES_HISTORY_DIR": str(self.directory / name)}).start()
            self.api = Api(api.address("api"))
        self.reprocess(sink)

    def all(self, sink):
        environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": str(PARTITIONS)}
        arguments = ["--brokers", brokers()]
        self.publisher = self.process("gateway", *arguments, environment=environment).start()
        self.process("dispatcher", *arguments, environment=environment).start()
        first = self.process("api", *arguments, environment=environment | {"CERTES_HISTORY_DIR": str(self.directory / "first")}).start()
        self.api = Api(first.address("api"))
        self.look(sink)
        self.edit(sink)
        second = self.process("api", *arguments, environment=environment | {"CERTES_HISTORY_DIR": str(self.directory / "second")}).start()
        self.api = Api(second.address("api"))
        self.come_to(self.ended)
        # A gateway has no index, and reads the log.
        gateway = Api(self.publisher.address("api"))
        self.assertEqual({letter["event"] for letter in gateway.letters()}, set(self.ended))
        self.assertEqual(gateway.call("GET", "/dead-letters?state=open")[0], 501)
        self.assertEqual(gateway.call("POST", "/dead-letters/discard", {"all": True})[0], 501)


if __name__ == "__main__":
    unittest.main(verbosity=2)
