"""Keys, tenants and the audit trail, over real processes."""
import asyncio
import json
import re
import unittest

from harness import ADMIN_KEY, Api, Case, Installation, Sink, post_json, wait_for
from test_commands import CommandCase

WITHIN = 30


class Engines(Case):
    """The same on both engines; a class of its own for each."""
    engine = None

    def setUp(self):
        super().setUp()
        if self.engine is None:
            self.skipTest("one of the two engines")

    def installation(self, **options):
        return Installation(self, self.engine, **options)

    async def test_a_tenant_has_its_own_events_and_no_higher_priority_than_it_may(self):
        installation = await asyncio.to_thread(self.installation)
        api, ingest = installation.api, installation.ingest
        api.ok("PUT", "/tenants/acme", {"weight": 2})
        acme = Api(api.address, api.ok("POST", "/keys", {"id": "k", "scopes": ["*"], "tenant": "acme"})["key"])
        key = acme.headers["Authorization"].removeprefix("Bearer ")
        async with Sink() as sink:
            for owner, name in ((api, "/default"), (acme, "/acme")):
                owner.ok("PUT", "/endpoints/one", {"url": sink.url(name)})
                owner.ok("PUT", "/subscriptions/s", {"endpoint": "one", "pattern": "#", "priority": "critical"})
            api.ok("PUT", "/tenants/acme", {"weight": 2, "max_priority": "low"})
            status, _, problem = acme.call("PUT", "/subscriptions/t", {"endpoint": "one", "pattern": "#", "priority": "high"})
            self.assertEqual((status, problem["pointer"]), (400, "/priority"))
            for path, sender, expected in (("/t/acme/events", key, 202), ("/events", key, 202), ("/t/default/events", key, 403),
                                           ("/t/acme/events", ADMIN_KEY, 202), ("/events", ADMIN_KEY, 202)):
                status, answer = await asyncio.to_thread(post_json, ingest, path, {"type": "a.b", "data": 1}, sender)
                self.assertEqual(status, expected, answer)
            await sink.wait(lambda: len(sink.receipts) >= 4, WITHIN)
            self.assertEqual([len(sink.delivered(name)) for name in ("/acme", "/default")], [3, 1])

            def by_priority(name):
                return sum(v for p in installation.dispatchers for k, v in p.metrics("dispatcher").items()
                           if k.startswith("certes_dispatcher_deliveries_total") and f'"{name}"' in k)
            await asyncio.to_thread(wait_for, lambda: (by_priority("low"), by_priority("critical")) == (3, 1), WITHIN,
                                    "acme's at its highest priority, the others' at theirs")
            self.assertEqual(api.call("DELETE", "/tenants/acme")[0], 409)
            self.assertEqual(api.call("DELETE", "/tenants/acme?cascade=true")[0], 204)
            self.assertEqual((await asyncio.to_thread(post_json, ingest, "/events", {"type": "a.b", "data": 1}, key))[0], 401)

    def test_a_sources_name_is_its_own(self):
        installation = self.installation()
        api, ingest = installation.api, installation.ingest
        api.ok("PUT", "/sources/shop", {"verify": {"scheme": "key"}})
        plain = api.ok("POST", "/keys", {"scopes": ["events:write"]})["key"]
        bound = api.ok("POST", "/keys", {"id": "b", "scopes": ["events:write"], "sources": ["shop"]})["key"]
        event = {"type": "a.b", "data": 1, "source": "shop"}
        status, problem = post_json(ingest, "/events", event, plain)
        self.assertEqual((status, problem["pointer"]), (403, "/source"))
        self.assertEqual(post_json(ingest, "/events", event | {"source": "urn:certes:default:shop"})[0], 403)
        self.assertEqual(post_json(ingest, "/events", event, bound)[0], 202)
        self.assertEqual(post_json(ingest, "/events/shop", event, plain)[0], 202)
        rotated = api.ok("POST", "/keys/b/rotate", {"grace_seconds": 0})["key"]
        wait_for(lambda: post_json(ingest, "/events", event, bound)[0] == 401, WITHIN, "the old text refused")
        self.assertEqual(post_json(ingest, "/events", event, rotated)[0], 202)

    def test_the_audit_trail_survives_a_kill_and_is_bounded(self):
        installation = self.installation(environment={"CERTES_AUDIT_ENTRIES": "20"})
        api, gateway = installation.api, installation.gateways[0]
        for n in range(30):
            api.ok("PUT", f"/backoff-policies/p{n % 3}", {"strategy": "constant", "base_seconds": n + 1})
        self.assertEqual(api.call("POST", "/backoff-policies", {"id": "p0", "strategy": "constant", "base_seconds": 1})[0], 409)
        before = api.ok("GET", "/audit?limit=1000")
        self.assertEqual(len(before["items"]), 20)
        self.assertEqual((before["items"][0]["kind"], before["items"][0]["outcome"]), ("backoff-policies", "refused"))
        self.assertEqual((before["items"][1]["by"], before["items"][1]["members"]), ("admin", ["/base_seconds"]))
        self.assertEqual((before["items"][1]["before"], before["items"][1]["after"]), ({"/base_seconds": 27}, {"/base_seconds": 30}))
        self.assertEqual(before["since"], before["items"][-1]["at"])
        blind = Api(gateway.address("api"), api.ok("POST", "/keys", {"id": "auditor", "scopes": ["audit:read"]})["key"])
        for item in blind.ok("GET", "/audit?kind=backoff-policies")["items"]:
            self.assertFalse({"before", "after", "omitted"} & set(item), item)
        before = api.ok("GET", "/audit?limit=1000")
        metrics = gateway.metrics("api")
        self.assertEqual(metrics["certes_registry_audit_entries"], 20)
        self.assertGreaterEqual(metrics["certes_registry_audit_forgotten"], 11)
        gateway.kill()
        gateway.start()
        self.assertEqual(Api(gateway.address("api")).ok("GET", "/audit?limit=1000"), before)


class Embedded(Engines):
    engine = "sqlite"


class OnKafka(Engines):
    engine = "kafka"

    def installation(self, **options):
        return super().installation(gateways=2, **options)

    def test_every_gateway_tells_of_every_change(self):
        installation = self.installation()
        apis = [Api(g.address("api")) for g in installation.gateways]
        apis[0].ok("PUT", "/backoff-policies/one", {"strategy": "constant"})
        apis[1].ok("PATCH", "/backoff-policies/one", {"base_seconds": 7})
        trails = [api.ok("GET", "/audit?kind=backoff-policies") for api in apis]
        self.assertEqual(trails[0], trails[1])
        self.assertEqual([i["action"] for i in trails[0]["items"]], ["change", "create"])


class Operator(CommandCase):
    dev = False

    def setUp(self):
        super().setUp()
        self.urls |= {"CERTES_KEY": ADMIN_KEY}

    def test_keys_tenants_and_audit_as_an_operator_types_them(self):
        self.ok("tenants", "create", "acme", "weight=3", "max_priority=high", "quotas.endpoints=1")
        self.assertRegex(self.ok("tenants", "list"), r"(?m)^acme +3 +high +\{\"endpoints\":1\} +1 +\S+ \(\S+ s ago\) +admin$")
        out = self.ok("keys", "create", "k", 'scopes=["endpoints:read","endpoints:write","audit:read"]', "tenant=acme")
        first = re.search(r"key: (certes_\S+)", out)[1]
        self.ok("endpoints", "create", "one", "url=https://example.com/", CERTES_KEY=first)
        self.refused("endpoints", "create", "two", "url=https://example.com/", says=["409", "quotas.endpoints"], CERTES_KEY=first)
        self.assertIn("one", self.ok("endpoints", "list", "--tenant", "acme"))
        self.assertNotIn("one", self.ok("endpoints", "list"))
        out = self.ok("keys", "rotate", "k", "--grace", "3600", "--tenant", "acme")
        second = re.fullmatch(r"rotated keys/k\nkey: (certes_\S+)  \(shown this once\)\n", out)[1]
        for key in (first, second):
            self.assertIn("one", self.ok("endpoints", "list", CERTES_KEY=key))
        self.ok("keys", "rotate", "k", "--grace", "0", CERTES_TENANT="acme")
        self.refused("endpoints", "list", status=5, says=["401"], CERTES_KEY=second)
        title, *lines = self.ok("audit", "--tenant", "acme").splitlines()
        self.assertEqual(title.split(), ["AT", "BY", "ACTION", "RESOURCE", "OUTCOME", "WHAT"])
        self.assertEqual([line.partition(")")[2].split()[:4] for line in lines],  # behind the time and its age
                         [["default/admin", "change", "keys/k", "applied"]] * 2 +
                         [["k", "create", "endpoints/one", "applied"],
                          ["default/admin", "create", "keys/k", "applied"]])
        self.assertTrue(lines[0].endswith("/key"), lines[0])
        item, = json.loads(self.ok("audit", "--tenant", "acme", "--id", "one", "--json"))
        self.assertEqual((item["by"], item["version"]), ("k", 1))
        self.refused("audit", "--kind", "moons", says=["400", "kind"])

    def test_what_still_has_something_is_deleted_with_a_flag_of_the_command(self):
        self.ok("tenants", "create", "acme")
        self.ok("endpoints", "create", "one", "url=https://example.com/", "--tenant", "acme")
        self.ok("endpoints", "create", "one", "url=https://example.com/")
        self.ok("subscriptions", "create", "s", "endpoint=one", "pattern=#")
        for words in (("tenants", "delete", "acme"), ("endpoints", "delete", "one")):
            said = self.refused(*words, says=["409", "--cascade"])
            self.assertNotIn("?cascade", said)
            self.ok(*words, "--cascade")


if __name__ == "__main__":
    unittest.main(verbosity=2)
