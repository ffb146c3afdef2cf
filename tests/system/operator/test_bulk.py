"""Many changes in one request, of a whole process: half of them wrong, beside other tenants, through a crash."""
import json
import unittest

from harness import Api, Case, Sink, post_json, request

MANY = 1_000


def endpoint(name, url="http://127.0.0.1:9/"):
    return {"method": "PUT", "path": f"/endpoints/{name}", "body": {"url": url}}


def subscription(name, to, pattern):
    return {"method": "PUT", "path": f"/subscriptions/{name}", "body": {"endpoint": to, "pattern": pattern}}


class Bulk(Case):
    def setUp(self):
        super().setUp()
        self.serve = self.process("serve").start()
        self.api = Api(self.serve.address("api"))

    def statuses(self, items, api=None, query=""):
        answer = (api or self.api).ok("POST", "/bulk" + query, items)
        found = [one["status"] for one in answer["answers"]]
        self.assertEqual(answer["failed"], sum(status >= 400 for status in found))
        return found

    async def test_what_was_answered_is_there_after_a_crash_and_events_go_by_it(self):
        async with Sink() as sink:
            items = [item for n in range(MANY // 2)
                     for item in (endpoint(f"e{n}", sink.url(f"/{n}")), subscription(f"s{n}", f"e{n}", f"order.t{n}"))]
            self.assertEqual(self.statuses(items), [201] * MANY)
            self.assertEqual(self.statuses(items), [200] * MANY)  # the same once more is no change
            self.serve.kill()
            self.serve.start()
            self.api = Api(self.serve.address("api"))
            self.assertEqual(len(list(self.api.pages("/endpoints"))), MANY // 2)
            self.assertEqual({one["version"] for one in self.api.pages("/subscriptions")}, {1})
            status, answer = post_json(self.serve.address("gateway"), "/events", {"type": "order.t77", "data": 1})
            self.assertEqual(status, 202, answer)
            await sink.wait(lambda: sink.receipts, 20)
            self.assertEqual([receipt.path for receipt in sink.receipts], ["/77"])

    def test_half_of_them_wrong(self):
        found = self.statuses([endpoint("a"), subscription("s", "none", "x"), endpoint("b", "no url"), {"method": "DELETE", "path": "/endpoints/none"},
                               subscription("t", "a", "x"), {"method": "DELETE", "path": "/endpoints/a"},
                               {"method": "DELETE", "path": "/endpoints/a?cascade=true", "if_match": 7},
                               {"method": "DELETE", "path": "/endpoints/a?cascade=true", "if_match": 1}, endpoint("c")])
        self.assertEqual(found, [201, 400, 400, 404, 201, 409, 412, 204, 201])
        self.assertEqual([one["id"] for one in self.api.pages("/endpoints")], ["c"])
        audit = self.api.ok("GET", "/audit?kind=endpoints")["items"]
        self.assertEqual({entry["by"] for entry in audit}, {"admin"})

    def test_scopes_and_tenants_are_those_of_each_change(self):
        self.api.ok("POST", "/tenants", {"id": "acme", "quotas": {"endpoints": 1}})
        narrow = Api(self.api.address, self.api.ok("POST", "/keys", {"scopes": ["endpoints:write"]})["key"])
        acme = Api(self.api.address, self.api.ok("POST", "/keys?tenant=acme", {"scopes": ["*"]})["key"])
        self.assertEqual(self.statuses([endpoint("a"), subscription("s", "a", "x"), endpoint("b")], narrow), [201, 403, 201])
        self.assertEqual(self.statuses([endpoint("own"), endpoint("more"), {"method": "DELETE", "path": "/endpoints/a"},
                                        {"method": "DELETE", "path": "/endpoints/a?tenant=default"}], acme), [201, 409, 404, 403])
        self.assertEqual(acme.call("POST", "/bulk?tenant=default", [endpoint("x")])[0], 403)
        self.assertEqual(self.statuses([{"method": "DELETE", "path": "/endpoints/own"}], query="?tenant=acme"), [204])
        self.assertEqual([one["id"] for one in self.api.pages("/endpoints")], ["a", "b"])

    def test_too_large_and_too_many_are_refused_whole(self):
        self.assertEqual(self.api.call("POST", "/bulk", [endpoint(f"e{n}") for n in range(MANY + 1)])[0], 413)
        wide = json.dumps([endpoint(f"e{n}") for n in range(MANY)]).replace("}}, ", "}}," + " " * 3_000)
        self.assertGreater(len(wide), 1 << 20)
        headers = {**self.api.headers, "Content-Length": str((8 << 20) + 1)}
        self.assertEqual(request(self.api.address, "POST", "/api/v1/bulk", b"", headers)[0], 413)
        self.assertEqual(list(self.api.pages("/endpoints")), [])
        status, _, answer = request(self.api.address, "POST", "/api/v1/bulk", wide, self.api.headers)
        self.assertEqual(status, 200)
        self.assertEqual(len(json.loads(answer)["answers"]), MANY)


if __name__ == "__main__":
    unittest.main(verbosity=2)
