#!/usr/bin/env python3
"""docs/runbook.md: its commands are typed as they stand on the page, each section's in the night that it is for."""
import asyncio
import os
import pathlib
import re
import shlex
import subprocess
import unittest

from harness import ADMIN_KEY, BINARY, Api, Case, Sink, post_json, request, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[3]
WITHIN = 60
POLICIES = {"hours": {"strategy": "constant", "base_seconds": 3600, "jitter": "none", "max_attempts": 9},
            "once": {"strategy": "constant", "base_seconds": 1, "jitter": "none", "max_attempts": 1}}


class Typed(Case):
    def sections(self):
        """Title → its blocks of commands."""
        parts = re.split(r"^## (.*)$", (ROOT / "docs/runbook.md").read_text(), flags=re.MULTILINE)[1:]
        blocks = {title: re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) for title, text in zip(parts[::2], parts[1::2])}
        return {title: found for title, found in blocks.items() if found}

    def type(self, block):
        """What it prints. Each command must do what it is for."""
        base = {key: value for key, value in os.environ.items() if not key.startswith("CERTES_")}
        host, port = self.serve.address("api")
        environment = base | {"CERTES_URL": f"http://{host}:{port}", "CERTES_GATEWAY_URL": f"http://{self.serve.ports['gateway']}", "CERTES_KEY": ADMIN_KEY,
                              "EVENT": self.event}
        done = subprocess.run(["bash", "-ec", f"certes() {{ {shlex.quote(BINARY)} \"$@\"; }}; export -f certes\n{block.replace('timeout 2 certes', f'timeout 2 {shlex.quote(BINARY)}')}"],
                              env=environment, capture_output=True, text=True, timeout=2 * WITHIN, cwd=self.directory)
        self.assertEqual(done.returncode, 0, f"{block}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def publish(self, kind="order.created", **members):
        status, answer = post_json(self.serve.address("gateway"), "/events", {"type": kind, "data": {"n": 1}} | members)
        self.assertEqual(status, 202, answer)
        return answer["id"]

    def known(self, event, state):
        wait_for(lambda: self.api.call("GET", f"/events/{event}")[2].get("state") == state, WITHIN, f"{event} to be {state}")

    def receipts(self, event):
        return sum(receipt.id == event for receipt in self.sink.receipts)

    async def test_each_night(self):
        self.answer = 200
        async with Sink(lambda path, headers, body: self.answer) as sink:
            self.sink = sink
            await asyncio.to_thread(self.nights)

    def nights(self):
        self.serve = self.process("serve").start()
        self.api = Api(self.serve.address("api"))
        for name, policy in POLICIES.items():
            self.api.ok("PUT", f"/backoff-policies/{name}", policy)
        self.api.ok("PUT", "/endpoints/billing", {"url": self.sink.url("/billing"), "backoff_policy": "hours"})
        self.api.ok("PUT", "/subscriptions/orders", {"endpoint": "billing", "pattern": "order.#"})
        self.event = self.publish(id="order-17")
        self.known(self.event, "delivered")
        nights = {"An endpoint fails": self.an_endpoint_fails, '"We never got it"': self.never_got,
                  "A receiver breaks down under what we send": self.breaks_down, "A receiver has lost what it had been given": self.has_lost,
                  "Dead letters": self.dead_letters, "Something was published that nobody should get": self.nobody_should_get,
                  "A provider's webhooks are refused": self.refused, "Nothing more must come in": self.nothing_more,
                  "A key is in the wrong hands": self.wrong_hands, "Much is to be seen at once": self.much_at_once}
        sections = self.sections()
        self.assertEqual(set(sections), set(nights))
        for title, blocks in sections.items():
            with self.subTest(title):
                nights[title](*blocks)

    def an_endpoint_fails(self, look, repair):
        delivered, self.answer = self.event, 500
        self.event = self.publish()
        self.known(self.event, "open")
        said = self.type(look)
        self.assertRegex(said, r"(?m)^failing since +\d{4}-")
        self.assertIn(self.event, said)
        self.assertNotIn(delivered, said)
        self.answer = 200
        self.type(repair)
        self.known(self.event, "delivered")

    def never_got(self, block):
        self.event = self.api.ok("GET", "/events?source_id=order-17")["items"][0]["id"]
        before = self.receipts(self.event)
        said = self.type(block)
        self.assertIn(self.event, said)
        self.assertIn("orders", said, "the subscription that decides")
        wait_for(lambda: self.receipts(self.event) == before + 1, WITHIN, "it to go again")

    def breaks_down(self, block):
        self.type(block)
        endpoint = self.api.ok("GET", "/endpoints/billing")
        self.assertEqual((endpoint["state"], endpoint["concurrency"], endpoint["rate_per_second"]), ("active", 2, 5))

    def has_lost(self, block):
        events = [item["id"] for item in self.api.ok("GET", "/events?endpoint=billing")["items"]]
        before = {event: self.receipts(event) for event in events}
        # The page's morning lies before all that there is, or behind.
        yesterday = re.sub(r"2026-01-31T08:00:00Z", "2020-01-01T00:00:00Z", block)
        self.assertIn("done", self.type(yesterday))
        wait_for(lambda: all(self.receipts(event) == before[event] + 1 for event in events), WITHIN, "all of it to go again")

    def dead_letters(self, block):
        self.api.ok("PATCH", "/endpoints/billing", {"backoff_policy": "once", "rate_per_second": None})
        self.answer = 500
        lost = self.publish()
        wait_for(lambda: self.api.ok("GET", "/dead-letters")["items"], WITHIN, "a dead letter")
        self.answer = 200
        before = self.receipts(lost)
        self.assertIn(lost, self.type(block))
        wait_for(lambda: self.receipts(lost) == before + 1, WITHIN, "it to go again")

    def nobody_should_get(self, block):
        self.api.ok("PATCH", "/endpoints/billing", {"backoff_policy": "hours"})
        self.answer = 500
        unwanted = self.publish()
        self.known(unwanted, "open")
        self.answer = 200
        before = self.receipts(unwanted)
        self.type(block)
        self.known(unwanted, "failed")
        self.assertEqual(self.receipts(unwanted), before)

    def refused(self, block):
        self.api.ok("PUT", "/sources/github", {"verify": {"scheme": "github", "secret": "the-old-one"}})
        status, _, _ = request(self.serve.address("gateway"), "POST", "/events/github", b"{}", {"X-Hub-Signature-256": "sha256=00"})
        self.assertEqual(status, 401)
        self.assertIn("x-hub-signature-256", self.type(block).lower())

    def nothing_more(self, block):
        said = self.type(block)
        self.assertRegex(said, r"(?m)^gateway\.maintenance +true ")
        self.known(self.publish(), "delivered")

    def wrong_hands(self, block):
        key = self.api.ok("POST", "/keys", {"id": "shop", "scopes": ["endpoints:read", "endpoints:write"]})["key"]
        Api(self.api.address, key).ok("PATCH", "/endpoints/billing", {"concurrency": 3})
        said = self.type(block)
        self.assertRegex(said, r"(?m) shop +\S+ +endpoints/billing ")
        self.assertEqual(Api(self.api.address, key).call("GET", "/endpoints")[0], 401)

    def much_at_once(self, block):
        self.type(block)


if __name__ == "__main__":
    unittest.main(verbosity=2)
