"""Event types: schemas, compatibility, namespaces and quarantine, over real processes."""
import asyncio
import json
import unittest

from harness import Case, Installation, Sink, post_json
from test_commands import CommandCase

WITHIN = 30
TOTAL = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}
WIDER = {"type": "object", "required": ["total"], "properties": {"total": {"type": ["integer", "string"]}}}


class Engines(Case):
    """The same on both engines; a class of its own for each."""
    engine = None

    def setUp(self):
        super().setUp()
        if self.engine is None:
            self.skipTest("one of the two engines")

    async def test_schemas_hold_and_what_was_quarantined_is_repaired(self):
        installation = await asyncio.to_thread(Installation, self, self.engine)
        api, ingest = installation.api, installation.ingest
        api.ok("PUT", "/event-types/order.created", {"schema": TOTAL, "compatibility": "backward"})
        api.ok("PUT", "/event-types/shop.order", {"schema": TOTAL, "compatibility": "backward"})
        api.ok("PUT", "/event-types/shop", {"unknown_below": "strict"})
        api.ok("PUT", "/sources/shop", {"verify": {"scheme": "none"}, "type_from": "json:/type", "id_from": "json:/id",
                                        "on_invalid": "quarantine"})
        async with Sink() as sink:
            endpoint = api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
            self.assertIn("secret", endpoint)
            api.ok("PUT", "/subscriptions/s", {"endpoint": "one", "pattern": "#"})
            status, problem = await asyncio.to_thread(post_json, ingest, "/events",
                                                      [{"type": "order.created", "data": {"total": 1}},
                                                       {"type": "order.created", "data": {"total": "1"}}])
            self.assertEqual((status, [e["pointer"] for e in problem["errors"]]), (422, ["/1/data/total"]))
            self.assertEqual((await asyncio.to_thread(post_json, ingest, "/events",
                                                      {"type": "order.created", "data": {"total": 1}}))[0], 202)
            raw = [json.dumps({"id": n, "type": t, "total": v}) for n, t, v in
                   (("1", "order", 5), ("2", "order", "five"), ("3", "order", [5]), ("4", "unknown", 5))]
            for body in raw:
                status, answer = await asyncio.to_thread(post_json, ingest, "/events/shop", body)
                self.assertEqual((status, answer["status"]), (202, "accepted"))
            letters = {letter["source_id"]: letter for letter in await asyncio.to_thread(installation.dead_letters)}
            self.assertEqual({i: (letter["rule"], letter["type"]) for i, letter in letters.items()},
                             {"2": ("schema", "shop.order"), "3": ("schema", "shop.order"), "4": ("schema", "shop.unknown")})
            shown = api.ok("GET", f"/dead-letters/{letters['2']['id']}")
            self.assertEqual(shown["data"], json.loads(raw[1]))
            self.assertIn("/total", shown["error"])
            self.assertEqual(api.call("POST", f"/dead-letters/{letters['2']['id']}/replay")[0], 422)
            self.assertEqual(api.call("PUT", "/event-types/shop.order", {"schema": {"type": "string"},
                                                                         "compatibility": "backward"})[0], 400)
            api.ok("PUT", "/event-types/shop.order", {"schema": WIDER, "compatibility": "backward"})
            api.ok("POST", f"/dead-letters/{letters['2']['id']}/replay")
            api.ok("POST", f"/dead-letters/{letters['3']['id']}/replay", {"data": {"total": 3}})
            await sink.wait(lambda: len(sink.receipts) >= 4, WITHIN)
            self.assertEqual(sorted(r.body for r in sink.receipts),
                             sorted([b'{"total": 1}', raw[0].encode(), raw[1].encode(), b'{"total":3}']))
            for process in installation.gateways:
                process.kill()
                process.start()
            versions = [v["version"] for v in type(api)(installation.gateways[0].address("api")).pages(
                "/event-types/shop.order/versions")]
            self.assertEqual(versions, [1, 2])
        metrics = installation.gateways[0].metrics("gateway")
        self.assertTrue(any(k.startswith("certes_gateway_quarantined_total") for k in metrics), "the metric is there")


class Embedded(Engines):
    engine = "sqlite"


class OnKafka(Engines):
    engine = "kafka"


class Operator(CommandCase):
    def test_types_are_applied_shown_and_changed(self):
        self.write("total.json", json.dumps(TOTAL))
        path = self.write("types.toml", '''
            [[event_types]]
            id = "order.created"
            schema_file = "total.json"
            compatibility = "backward"
            [[event_types]]
            id = "order.paid"
            schema = { type = "object", required = ["total"] }
            [[event_types]]
            id = "order.note"
            schema = \'{"type":"string"}\'
            ''')
        self.assertIn("created event-types/order.created", self.ok("apply", str(path)))
        again = self.ok("apply", str(path))
        for name in ("order.created", "order.paid", "order.note"):
            self.assertIn(f"unchanged event-types/{name}", again)
        self.assertIn("order.paid", self.ok("event-types", "list"))
        self.ok("event-types", "update", "order.created", "schema=" + json.dumps(WIDER))
        versions = json.loads(self.ok("event-types", "versions", "order.created", "--json"))
        self.assertEqual([v["schema"] for v in versions], [TOTAL, WIDER])
        self.refused("event-types", "update", "order.created", "schema=" + json.dumps(TOTAL), says=["/schema/properties/total/type"])
        self.refused("apply", str(path), says=["types.toml:4", "not backward compatible"])
        self.assertIn("compatibility", self.ok("event-types", "show", "order.created"))
        self.assertIn("deleted", self.ok("event-types", "delete", "order.note"))

    def test_a_payload_nested_without_end_is_kept_shown_and_let_go(self):
        self.api.ok("PUT", "/event-types/deep.order", {"schema": TOTAL})
        self.api.ok("PUT", "/sources/deep", {"verify": {"scheme": "none"}, "type_from": "const:order", "on_invalid": "quarantine"})
        number = '{"total": "x", "n": 12345678901234567890123}'
        for body in ("[" * 80_000 + "]" * 80_000, '{"a":' * 50_000 + "1" + "}" * 50_000, number):
            status, _ = post_json(self.serve.address("gateway"), "/events/deep", body)
            self.assertEqual(status, 202)
        letters = self.api.letters()
        self.assertEqual(len(letters), 3)
        for letter in letters:
            shown = self.api.ok("GET", f"/dead-letters/{letter['id']}")
            self.assertIn("data" if letter["bytes"] == len(number) else "text", shown)
            printed = self.ok("dead-letters", "show", letter["id"])
            if letter["bytes"] == len(number):
                self.assertIn("12345678901234567890123", printed)
            self.ok("dead-letters", "show", letter["id"], "--json")
        self.ok("dead-letters", "list", "--json")

    def test_schemas_and_data_made_to_cost_are_refused(self):
        def reference(number):
            return {"$ref": f"#/$defs/d{number}"}

        chain = {f"d{n}": {"allOf": [reference(n - 1)]} for n in range(1, 200)} | {"d0": {"type": "object"}}
        double = {f"d{n}": {"allOf": [reference(n - 1), reference(n - 1)]} for n in range(1, 26)} | {"d0": {"type": "object"}}
        for definitions, last in ((chain, 199), (double, 25)):
            status, _, problem = self.api.call("PUT", "/event-types/a", {"schema": {"$defs": definitions, "properties": {"a": reference(last)}}})
            self.assertEqual(status, 400)
            self.assertTrue(problem["pointer"].startswith("/schema/"), problem)
        both = {"anyOf": [{"properties": {"a": {"$ref": "#"}}, "required": [name]} for name in ("b", "c")] + [{"required": ["d"]}]}
        self.api.ok("PUT", "/event-types/a", {"schema": both})
        data = {"d": 1}
        for _ in range(7):
            data = {"d": 1, "a": data}
        gateway = self.serve.address("gateway")
        self.assertEqual(post_json(gateway, "/events", {"type": "a", "data": data})[0], 202)
        status, problem = post_json(gateway, "/events", [{"type": "a", "data": data}] * 1_000)
        self.assertEqual(status, 422)
        self.assertIn("steps", problem["errors"][-1]["detail"])
        self.assertRegex(problem["errors"][-1]["pointer"], "^/[0-9]+/data$")


if __name__ == "__main__":
    unittest.main()
