#!/usr/bin/env python3
"""certes sources refused: what gateways remember of the requests that they have refused."""
import json
import unittest

from harness import ADMIN_KEY, Api, Case, brokers, request, run_to_end, wait_for

WITHIN = 60
SECRET = "a secret that is long enough"
FORGED = "sha256=0123456789abcdef0123456789abcdef"


class Refused(Case):
    """What both engines are asked."""

    def forge(self, gateway, body=b'{"n":1}'):
        status, _, _ = request(gateway.address("gateway"), "POST", "/events/shop", body,
                               {"X-GitHub-Event": "push", "X-Hub-Signature-256": FORGED, "Content-Type": "application/json"})
        self.assertEqual(status, 401)

    def declare(self):
        self.api.ok("PUT", "/sources/shop", {"verify": {"scheme": "github", "secret": SECRET}})

    def refused(self, query=""):
        return self.api.ok("GET", "/sources/shop/refused" + query)

    def look(self, gateways):
        self.declare()
        self.assertEqual(self.refused()["items"], [])
        for gateway in gateways:
            wait_for(lambda gateway=gateway: request(gateway.address("gateway"), "POST", "/events/shop", b"{}", {})[0] == 401, WITHIN, "the source to be known")
            for _ in range(3):
                self.forge(gateway)
        answer = wait_for(lambda: (a := self.refused()) and len(a["answered_by"]) == len(gateways) and a, WITHIN, "all gateways to answer")
        forged = [one for one in answer["items"] if one["bytes"] == 7]
        self.assertEqual([one.get("times") for one in forged], [3] * len(gateways))
        self.assertEqual(len({one["process"] for one in forged}), len(gateways))
        for one in forged:
            self.assertEqual((one["reason"], one["place"]), ("unauthenticated", "x-hub-signature-256"))
            self.assertNotIn("payload", one)
        shown = self.refused("?payload=true")
        self.assertIn('{"n":1}', [one.get("payload") for one in shown["items"]])
        for secret in (SECRET, FORGED, FORGED.removeprefix("sha256=")):
            self.assertNotIn(secret, json.dumps(shown))
        self.others()
        self.commands(len(gateways))

    def others(self):
        key = self.api.ok("POST", "/keys", {"scopes": ["sources:read"]})["key"]
        reader = Api(self.api.address, key)
        self.assertEqual(reader.call("GET", "/sources/shop/refused")[0], 200)
        self.assertEqual(reader.call("GET", "/sources/shop/refused?payload=true")[0], 403)
        self.api.ok("PUT", "/tenants/acme", {})
        key = self.api.ok("POST", "/keys?tenant=acme", {"scopes": ["sources:read"]})["key"]
        self.assertEqual(Api(self.api.address, key).call("GET", "/sources/shop/refused")[0], 404)

    def commands(self, gateways):
        host, port = self.api.address
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        status, out, error = run_to_end("sources", "refused", "shop", environment=environment)
        self.assertEqual(status, 0, error)
        self.assertEqual(len([line for line in out.splitlines() if " 3      unauthenticated " in line]), gateways)
        self.assertIn("(at x-hub-signature-256)", out)
        status, out, _ = run_to_end("sources", "refused", "shop", "--json", "--payload", environment=environment)
        self.assertEqual((status, len(json.loads(out)["answered_by"])), (0, gateways))
        self.assertEqual(run_to_end("sources", "refused", "none", environment=environment)[0], 4)


class Embedded(Refused):
    def test_what_was_refused_is_shown_with_its_cause(self):
        serve = self.process("serve").start()
        self.api = Api(serve.address("api"))
        self.look([serve])
        values = serve.metrics("api")
        self.assertGreater(values["certes_gateway_refused_requests_bytes"], 0)
        self.assertEqual(values["certes_gateway_refused_requests_dropped_total"], 0)


class OnKafka(Refused):
    def test_each_gateway_is_asked(self):
        environment = {"CERTES_KAFKA_PREFIX": self.prefix()}
        arguments = ["--brokers", brokers()]
        gateways = [self.process("gateway", *arguments, environment=environment | {"CERTES_API_ENABLED": "false"}).start() for _ in range(2)]
        self.api = Api(self.process("api", *arguments, environment=environment).start().address("api"))
        self.look(gateways)


if __name__ == "__main__":
    unittest.main(verbosity=2)
