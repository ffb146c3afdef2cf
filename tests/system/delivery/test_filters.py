#!/usr/bin/env python3
"""Filters of subscriptions: what they let through, what fails, and that a restart makes no difference."""
import asyncio
import unittest

from harness import ADMIN_KEY, Api, Case, Installation, Sink, post_json, run_to_end, wait_for

WITHIN = 60
TOTALS = range(0, 100, 5)


class Filters(Case):
    engine = "sqlite"

    def refuse(self, api):
        body = {"endpoint": "large", "pattern": "order.#"}
        for filters, pointer, words in (("data.total >", "/filter", "line 1, column 13: expected a value"),
                                        ("total > 5", "/filter", "did you mean data.total?"),
                                        ({"data": {"total": {"$gt": True}}}, "/filter/data/total/$gt", "takes a number or a string"),
                                        ({"total": 5}, "/filter/total", "there is no")):
            status, _, answer = api.call("POST", "/subscriptions", body | {"filter": filters})
            self.assertEqual(status, 400, answer)
            self.assertEqual(answer["pointer"], pointer, answer)
            self.assertIn(words, str(answer))
        status, _, answer = api.call("POST", "/subscriptions", {"endpoint": "large", "pattern": "a.b", "kind": "command", "filter": "true"})
        self.assertEqual(status, 400, answer)

    def declare(self, api, sink):
        for name, filters, more in (("large", "data.total > 50", {}),
                                    ("small", {"data": {"total": {"$lte": 20}}, "event": {"type": {"$startsWith": "order."}}}, {}),
                                    ("held", "data.total % 10 == 0", {}),
                                    ("fails", "data.absent == 1", {"on_filter_error": "dead_letter"}),
                                    ("skips", "data.absent == 1", {}),
                                    ("sends", "data.absent == 1", {"on_filter_error": "deliver"})):
            api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}")})
            if name == "large":
                self.refuse(api)
            made = api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "order.#", "filter": filters} | more)
            self.assertEqual(made["filter"], filters)
        api.ok("POST", "/endpoints/held/pause")

    async def run_all(self):
        async with Sink() as sink:
            installation = await asyncio.to_thread(Installation, self, self.engine, {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6"})
            await asyncio.to_thread(self.declare, installation.api, sink)
            ids = {}
            for total in TOTALS:
                status, answer = await asyncio.to_thread(post_json, installation.ingest, "/events", {"type": "order.created", "data": {"total": total}})
                self.assertEqual(status, 202, answer)
                ids[total] = answer["id"]
            wanted = {"large": [n for n in TOTALS if n > 50], "small": [n for n in TOTALS if n <= 20], "sends": list(TOTALS)}
            count = sum(map(len, wanted.values()))
            await sink.wait(lambda: len(sink.receipts) >= count, WITHIN)
            held = [n for n in TOTALS if n % 10 == 0]
            await asyncio.to_thread(wait_for, lambda: installation.metric("certes_endpoint_waiting") == len(held), WITHIN, "what is held")
            errors = await asyncio.to_thread(installation.metric, "certes_dispatcher_filter_errors_total")
            self.assertEqual(errors, 3 * len(TOTALS))

            # What waits for the paused endpoint is decided again, and alike.
            dispatcher = installation.dispatchers[0]
            await asyncio.to_thread(dispatcher.kill)
            await asyncio.to_thread(dispatcher.start)
            api = Api(dispatcher.address("api")) if self.engine == "sqlite" else installation.api
            await asyncio.to_thread(api.ok, "POST", "/endpoints/held/resume")
            count += len(held)
            await sink.wait(lambda: len(sink.receipts) >= count, WITHIN)
            for name, totals in (wanted | {"held": held}).items():
                got = {receipt.id for receipt in sink.receipts if receipt.path == f"/{name}"}
                self.assertEqual(got, {ids[total] for total in totals}, name)
            self.assertFalse([one for one in sink.receipts if one.path in ("/fails", "/skips")])

            letters = await asyncio.to_thread(self.letters, api)
            self.assertEqual({one["event"] for one in letters}, set(ids.values()))
            self.assertEqual({(one["rule"], one["endpoint"]) for one in letters}, {("filter_failed", "fails")})
            self.assertIn('line 1, column 6: there is no member "absent"', letters[0]["error"])
            await asyncio.to_thread(self.change, api, sink, ids)
            await asyncio.to_thread(self.try_some, api, ids[95])

    def letters(self, api):
        return wait_for(lambda: (found := list(api.pages("/dead-letters"))) and len(found) == len(TOTALS) and found, WITHIN, "the dead letters")

    def change(self, api, sink, ids):
        changed = api.ok("PATCH", "/subscriptions/large", {"filter": {"data": {"total": 5}}})
        self.assertEqual(changed["filter"], {"data": {"total": 5}})
        self.assertNotIn("filter", api.ok("PATCH", "/subscriptions/large", {"filter": None}))
        status, _, answer = api.call("GET", f"/events/{ids[95]}/explain?endpoint=small")
        if status == 200:  # history may have it a moment later, or not be there
            self.assertEqual(answer["configuration"]["decision"], "filtered")
            self.assertEqual(answer["configuration"]["considered"][0]["filter"], "no")

    def try_some(self, api, event):
        """certes try: on data that is given, and on an event that has come."""
        host, port = api.address
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        for arguments, status, words in ((("data.total > 50", '{"total":99}'), 0, r"^yes, in \d+ steps$"),
                                         (('{"data":{"total":5}}', '{"total":99}'), 0, r"^no, in \d+ steps$"),
                                         (("data.absent > 50", '{"total":99}'), 1, r'^failed: line 1, column 6: there is no member "absent"$'),
                                         (("event.type == 'order.paid'", "{}", "--type", "order.paid"), 0, r"^yes"),
                                         (("true", "{}", "--event", event), 2, r"^$"),
                                         (("data.total >", "{}"), 1, r"^$")):
            code, out, error = run_to_end("try", *arguments, environment=environment)
            self.assertEqual(code, status, (arguments, out, error))
            self.assertRegex(out.strip(), words)
        if self.engine == "sqlite":  # this gateway keeps a history
            wait_for(lambda: run_to_end("try", "data.total == 95", "--event", event, environment=environment)[1].startswith("yes"), WITHIN, "the past event")

    async def test_filters_decide_what_is_delivered_now_and_after_a_restart(self):
        await self.run_all()


class FiltersOnKafka(Filters):
    engine = "kafka"


if __name__ == "__main__":
    unittest.main()
