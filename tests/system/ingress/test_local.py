#!/usr/bin/env python3
"""What is served without a key, or before the log is there: --dev against web pages and proxies, metrics, a start with
the log away."""
import json
import socket
import time
import unittest

from harness import ADMIN_KEY, Api, Case, event, refusing_port, request, wait_for

AUTH = {"Authorization": f"Bearer {ADMIN_KEY}"}
JSON = {"Content-Type": "application/json"}

# One of every kind of route, of both listeners: method, path, body.
GATEWAY = [("POST", "/events", event("a.b", 1)), ("POST", "/t/acme/events", event("a.b", 1)), ("POST", "/events/shop", b"{}"),
           ("POST", "/t/acme/events/shop", b"{}"), ("GET", "/events/shop", None), ("OPTIONS", "/events/shop", None),
           ("GET", "/t/acme/events/shop", None), ("POST", "/commands/Billing.Pay", b'{"data":1}'), ("GET", "/commands/evt_1", None),
           ("POST", "/commands/evt_1/result", b"{}"), ("POST", "/commands/reply-secret", None), ("POST", "/logs/a.b", b"line"),
           ("GET", "/stream", None), ("GET", "/t/acme/stream", None)]
KINDS = ("tenants", "sources", "endpoints", "subscriptions", "event-types", "backoff-policies", "keys")
API = [(method, f"/api/v1/{kind}" + path, body) for kind in KINDS
       for method, path, body in (("GET", "", None), ("POST", "", b"{}"), ("GET", "/x", None), ("PUT", "/x", b"{}"),
                                  ("PATCH", "/x", b"{}"), ("DELETE", "/x", None))]
API += [("POST", "/api/v1/" + path, None) for path in ("endpoints/x/pause", "endpoints/x/resume", "endpoints/x/rotate-secret",
                                                       "keys/x/rotate", "dead-letters/replay", "dead-letters/discard", "dead-letters/x/replay")]
API += [("GET", "/api/v1/" + path, None) for path in ("event-types/x/versions", "event-types/x/versions/1", "dead-letters",
                                                      "dead-letters/x", "audit")]
KEYED = [("gateway", route) for route in GATEWAY if "shop" not in route[1]] + [("api", route) for route in API]


def kind_of(answer):
    return json.loads(answer)["type"].rpartition("/")[2]


class WithoutTheLog(Case):
    def nowhere(self, role, **options):
        process = self.process(role, "--brokers", f"127.0.0.1:{refusing_port()}", **options).spawn()
        process.read_ports()
        return process

    def test_every_route_answers_503_and_says_when_to_come_again(self):
        gateway = self.nowhere("gateway")
        for listener, routes in (("gateway", GATEWAY), ("api", API)):
            address = gateway.address(listener)
            for method, path, body in routes:
                with self.subTest(method=method, path=path):
                    status, headers, answer = request(address, method, path, body, AUTH | JSON)
                    self.assertEqual((status, headers["retry-after"], kind_of(answer)), (503, "2", "not-accepted"), answer)
            self.assertEqual(request(address, "GET", "/health/live")[0], 200)
            self.assertEqual(request(address, "GET", "/health/ready")[0], 503)
            self.assertEqual(request(address, "GET", "/metrics")[0], 200)
            self.assertEqual(request(address, "GET", "/none")[0], 404)
        status, headers, _ = request(gateway.address("gateway"), "DELETE", "/events")
        self.assertEqual((status, headers["allow"]), (405, "POST"))
        self.assertEqual(gateway.stop(), 0)

    def test_a_dispatcher_is_alive_and_not_ready(self):
        dispatcher = self.nowhere("dispatcher")
        address = dispatcher.address("dispatcher")
        self.assertEqual([request(address, "GET", path)[0] for path in ("/health/live", "/health/ready", "/metrics")], [200, 503, 200])
        self.assertEqual(dispatcher.stop(), 0)

    def test_a_relay_keeps_what_the_gateway_does_not_take_yet(self):
        gateway = self.nowhere("gateway")
        host, port = gateway.address("gateway")
        relay = self.process("relay", environment={"CERTES_RELAY_LISTEN": "127.0.0.1:0", "CERTES_KEY": ADMIN_KEY,
                                                   "CERTES_RELAY_GATEWAY_URL": f"http://{host}:{port}"}).start()
        address = relay.address("relay")
        for path in ("/events", "/events/shop", "/t/acme/events/shop"):
            self.assertEqual(request(address, "POST", path, event("a.b", 1), JSON)[0], 202)

        def status():
            return json.loads(request(address, "GET", "/status")[2])
        wait_for(lambda: status()["retries"] >= 3, 30, "three requests that were answered 503")
        self.assertEqual((status()["waiting"], status()["rejected"]), (3, 0))
        self.assertEqual(relay.stop(), 0)

    def test_a_signal_ends_the_waiting(self):
        self.assertEqual(self.nowhere("gateway").stop(within=10), 0)


class Dev(Case):
    def setUp(self):
        super().setUp()
        self.serve = self.process("serve", dev=True, admin=False).start()

    def address(self, listener):
        return self.serve.address(listener)

    def test_web_pages_and_strangers_behind_a_proxy_are_refused_on_every_route(self):
        own = {"gateway": "127.0.0.1:%d" % self.address("gateway")[1], "api": "127.0.0.1:%d" % self.address("api")[1]}
        foreign = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                   {"Sec-Fetch-Site": "same-site"}, {"Host": "evil.example"}, {"Host": "rebound.example:9610"}, {"Host": "localhost."},
                   {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}, {"Via": "1.1 t"},
                   {"CF-Connecting-IP": "127.0.0.1"}, {"Host": "evil.example", "Origin": "http://evil.example"}]
        for listener, (method, path, body) in KEYED:
            for headers in foreign:
                with self.subTest(method=method, path=path, headers=headers):
                    status, _, answer = request(self.address(listener), method, path, body, JSON | headers)
                    self.assertEqual((status, kind_of(answer)), (403, "not-local"), answer)
        for listener, host in own.items():
            headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
            path = "/commands/evt_x" if listener == "gateway" else "/api/v1/endpoints"
            self.assertNotIn(request(self.address(listener), "GET", path, None, headers)[0], (401, 403))
        self.assertEqual(json.loads(request(self.address("api"), "GET", "/api/v1/audit")[2])["items"][0]["by"], "certes")

    def test_what_a_page_may_send_anywhere_is_no_json(self):
        for method, path, body in API:
            if method in ("GET", "DELETE"):
                continue
            for kind in ("text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"):
                with self.subTest(method=method, path=path, kind=kind):
                    status, _, answer = request(self.address("api"), method, path, body or b"", {"Content-Type": kind})
                    self.assertEqual(status, 415, answer)
                    self.assertIn("application/json", json.loads(answer)["detail"])
        self.assertEqual(request(self.address("api"), "POST", "/api/v1/keys", b'{"id":"k","scopes":["*"]}')[0], 415)
        with socket.create_connection(self.address("api")) as client:  # a Blob without a type
            client.sendall(b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 29\r\n\r\n" + b'{"id":"k2","scopes":["*"]}   ')
            self.assertIn(b" 415 ", client.recv(4096))

    def test_a_key_that_was_made_without_one_expires_within_a_day(self):
        api = self.address("api")

        def make(method, path, body):
            status, _, answer = request(api, method, "/api/v1/keys" + path, json.dumps(body), JSON)
            self.assertIn(status, (200, 201), answer)
            return json.loads(answer)
        for made in (make("POST", "", {"id": "one", "scopes": ["*"]}), make("PUT", "/two", {"scopes": ["*"]}),
                     make("POST", "", {"id": "three", "scopes": ["*"], "expires": "2099-01-01T00:00:00Z"}),
                     make("PATCH", "/one", {"expires": None})):
            left = time.mktime(time.strptime(made["expires"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone - time.time()
            self.assertTrue(0 < left <= 86_400, made)
        soon = make("POST", "", {"id": "four", "scopes": ["*"], "expires": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))})
        self.assertLess(soon["expires"], made["expires"])
        self.assertEqual(request(api, "POST", "/api/v1/keys/admin/rotate")[0], 403)
        self.assertEqual(make("POST", "/one/rotate", {})["id"], "one")

    def test_a_key_is_good_from_anywhere(self):
        key = (self.directory / "data" / "admin.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}", "Host": "api.example.com", "X-Forwarded-For": "192.0.2.1",
                   "Origin": "https://app.example.com"}
        self.assertEqual(request(self.address("api"), "GET", "/api/v1/endpoints", None, headers)[0], 200)

    def test_a_sources_webhooks_come_through_a_tunnel(self):
        api = Api(self.address("api"))
        api.headers = dict(JSON)
        api.ok("PUT", "/sources/shop", {"verify": {"scheme": "none"}, "type_from": "const:shop.x"})
        headers = {"Host": "abc.tunnel.example", "X-Forwarded-For": "192.0.2.1"}
        self.assertEqual(request(self.address("gateway"), "POST", "/events/shop", b"{}", JSON | headers)[0], 202)


class Metrics(Case):
    def test_a_listener_of_their_own_takes_them_from_the_others(self):
        serve = self.process("serve", environment={"CERTES_METRICS_LISTEN": "127.0.0.1:0"}).start()
        for path in ("/metrics", "/health/live", "/health/ready"):
            headers = {"X-Forwarded-For": "192.0.2.1", "Host": "metrics.example"}
            self.assertEqual(request(serve.address("metrics"), "GET", path, None, headers)[0], 200)
        for listener in ("gateway", "api", "dispatcher"):
            self.assertEqual(request(serve.address(listener), "GET", "/metrics", None, AUTH)[0], 404)
            self.assertEqual(request(serve.address(listener), "GET", "/health/ready")[0], 200)
        self.assertIn("certes_http_requests_total", "".join(serve.metrics("metrics")))
        serve.wait_line("listening metrics http://127.0.0.1:")
        self.assertEqual(serve.stop(), 0)

    def test_from_elsewhere_they_need_a_key_with_their_scope(self):
        serve = self.process("serve", environment={"CERTES_METRICS_ALLOW_FROM": "192.0.2.0/24"}).start()
        api = Api(serve.address("api"))
        reader = api.ok("POST", "/keys", {"scopes": ["metrics:read"]})["key"]
        other = api.ok("POST", "/keys", {"scopes": ["events:write"]})["key"]
        for listener in ("gateway", "api", "dispatcher"):
            for key, status in ((None, 401), ("certes_" + "x" * 43, 401), (other, 403), (reader, 200)):
                with self.subTest(listener=listener, status=status):
                    headers = {"Authorization": f"Bearer {key}"} if key else {}
                    self.assertEqual(request(serve.address(listener), "GET", "/metrics", None, headers)[0], status)
        self.assertEqual(serve.stop(), 0)

    def test_through_a_trusted_proxy_the_clients_address_counts(self):
        serve = self.process("serve", environment={"CERTES_GATEWAY_TRUSTED_PROXIES": "127.0.0.1"}).start()
        for client, status in (("127.0.0.1", 200), ("192.0.2.1", 401)):
            for listener in ("gateway", "api", "dispatcher"):
                self.assertEqual(request(serve.address(listener), "GET", "/metrics", None, {"X-Forwarded-For": client})[0], status)
        self.assertEqual(request(serve.address("api"), "GET", "/metrics", None, {"Via": "1.1 x"})[0], 401)
        self.assertEqual(serve.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
