#!/usr/bin/env python3
"""Traces: spans of what becomes of events, as a collector gets them."""
import asyncio
import http.server
import json
import pathlib
import subprocess
import threading
import unittest

from harness import ADMIN_KEY, Api, Case, Sink, brokers, request, wait_for

WITHIN = 60
ROOT = pathlib.Path(__file__).resolve().parents[3]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
INTERNAL, SERVER, CLIENT, PRODUCER = 1, 2, 3, 4


class Collector:
    """Keeps the bodies that come; `hangs`: it reads a request and never answers."""

    def __init__(self, hangs=False):
        collector, self.bodies, self.released = self, [], threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.headers["content-type"] == "application/json"
                collector.bodies.append(body)
                if hangs:
                    return collector.released.wait()
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/traces"

    def spans(self):
        python = subprocess.run([ROOT / "tools/tests/sdk-python.sh", "traces"], capture_output=True, text=True, timeout=500, check=True)
        parsed = subprocess.run([python.stdout.strip(), ROOT / "tests/system/sdk/otlp_parser.py"], input=b"\n".join(self.bodies),
                                capture_output=True, timeout=60, check=True)
        return [json.loads(line) for line in parsed.stdout.splitlines()]

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class Traced(Case):
    def collector(self, **options):
        collector = Collector(**options)
        self.addCleanup(collector.stop)
        return collector

    def prepare(self, api, sink):
        api.ok("PUT", "/backoff-policies/soon", {"strategy": "constant", "base_seconds": 0.3, "jitter": "none", "max_attempts": 5})
        api.ok("PUT", "/endpoints/shop", {"url": sink.url("/shop?token=secret"), "backoff_policy": "soon"})
        api.ok("PUT", "/subscriptions/shop", {"endpoint": "shop", "pattern": "order.#"})

    def send(self, gateway, trace="01"):
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
        if trace:
            headers["traceparent"] = f"00-{TRACE}-{PARENT}-{trace}"
        status, _, body = request(gateway, "POST", "/events", json.dumps({"type": "order.created", "data": {}}).encode(), headers)
        self.assertEqual(status, 202, body)
        return json.loads(body)["id"]

    def look_at_spans(self, collector, sink, gateway, roles):
        event = self.send(gateway)
        wait_for(lambda: len(sink.receipts) == 2, WITHIN, "the attempt that fails, and the one that does not")
        wanted = ["accept order.created", "append order.created", "attempt shop", "attempt shop", "wait shop", "wait shop"]
        spans = wait_for(lambda: len(s := [one for one in collector.spans() if one["trace"] == TRACE]) == 6 and s, WITHIN, "six spans")
        self.assertEqual(sorted(one["name"] for one in spans), wanted)
        by_name = {name: sorted((one for one in spans if one["name"] == name), key=lambda one: one["start"]) for name in wanted}
        (accept,), (append,) = by_name["accept order.created"], by_name["append order.created"]
        first, second = by_name["attempt shop"]
        waits = by_name["wait shop"]
        self.assertEqual([one["parent"] for one in (accept, first, second, *waits)], [PARENT] * 5)
        self.assertEqual(append["parent"], accept["id"])
        self.assertEqual([one["kind"] for one in (accept, append, first, waits[0])], [SERVER, PRODUCER, CLIENT, INTERNAL])
        self.assertEqual(len({one["id"] for one in spans}), 6)
        for one in spans:
            self.assertLessEqual(one["start"], one["end"])
            self.assertEqual(one["attributes"]["messaging.message.id"], event)
            self.assertEqual(one["resource"]["service.name"], "certes")
            self.assertNotIn("secret", json.dumps(one))
        self.assertLessEqual(accept["start"], append["start"])
        self.assertLessEqual(append["end"], accept["end"])
        self.assertEqual([one["end"] for one in waits], [first["start"], second["start"]])
        self.assertGreaterEqual(waits[1]["end"] - waits[1]["start"], 250_000_000)
        self.assertEqual((first["status"], first["error"], first["attributes"]["http.response.status_code"]), (2, "503", 503))
        self.assertEqual((second["status"], second["attributes"]["certes.outcome"], second["attributes"]["certes.attempt"]), (0, "delivered", 2))
        sent = [receipt.headers["traceparent"] for receipt in sink.receipts]
        self.assertEqual(sent, [f"00-{TRACE}-{one['id']}-01" for one in (first, second)])
        self.assertEqual({one["resource"]["certes.role"] for one in spans}, roles)

    def look_at_others(self, collector, sink, gateway):
        """One that was not sampled has no spans, one without a trace begins its own."""
        before = len(sink.receipts)
        unsampled, own = self.send(gateway, "00"), self.send(gateway, None)
        wait_for(lambda: len(sink.receipts) == before + 2, WITHIN, "both to be delivered")

        def of_own():
            spans = [one for one in collector.spans() if one["attributes"]["messaging.message.id"] == own]
            return len(spans) == 4 and spans
        spans = wait_for(of_own, WITHIN, "the spans of the second")
        self.assertEqual(len({one["trace"] for one in spans}), 1)
        (accept,) = [one for one in spans if one["name"].startswith("accept")]
        self.assertEqual(accept["parent"], "")
        self.assertEqual({one["parent"] for one in spans if one is not accept}, {accept["id"]})
        self.assertFalse([one for one in collector.spans() if one["attributes"]["messaging.message.id"] == unsampled])


def fails_once():
    seen = []

    def behave(*_):
        seen.append(1)
        return 503 if len(seen) == 1 else 200
    return behave


class Embedded(Traced):
    async def test_spans_of_what_becomes_of_an_event(self):
        async with Sink(fails_once()) as sink:
            await asyncio.to_thread(self.look, sink)

    def look(self, sink):
        collector = self.collector()
        serve = self.process("serve", environment={"CERTES_TRACES_ENDPOINT": collector.url}).start()
        self.prepare(Api(serve.address("api")), sink)
        self.look_at_spans(collector, sink, serve.address("gateway"), {"serve"})
        self.look_at_others(collector, sink, serve.address("gateway"))
        self.assertGreaterEqual(serve.metrics("api")['certes_traces_spans_total{outcome="sent"}'], 10)

    async def test_a_collector_that_hangs_or_is_away_hinders_nothing(self):
        async with Sink() as sink:
            await asyncio.to_thread(self.look_without, sink)

    def look_without(self, sink):
        hangs = self.collector(hangs=True)
        for url in (hangs.url, "http://127.0.0.1:1/v1/traces"):
            before = len(sink.receipts)
            serve = self.process("serve", environment={"CERTES_TRACES_ENDPOINT": url, "CERTES_TRACES_QUEUE_SPANS": "50"}).start()
            self.prepare(Api(serve.address("api")), sink)
            for _ in range(100):
                self.send(serve.address("gateway"))
            wait_for(lambda: len(sink.receipts) == before + 100, WITHIN, "all to be delivered")  # noqa: B023
            self.assertGreater(serve.metrics("api")['certes_traces_spans_total{outcome="dropped"}'], 0)
            self.assertEqual(serve.stop(), 0)


class OnKafka(Traced):
    async def test_processes_agree_on_the_ids_of_a_trace(self):
        async with Sink(fails_once()) as sink:
            await asyncio.to_thread(self.look, sink)

    def look(self, sink):
        collector = self.collector()
        environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": "6", "CERTES_TRACES_ENDPOINT": collector.url}
        gateway, _ = (self.process(role, "--brokers", brokers(), environment=environment).start() for role in ("gateway", "dispatcher"))
        self.prepare(Api(gateway.address("api")), sink)
        self.look_at_spans(collector, sink, gateway.address("gateway"), {"gateway", "dispatcher"})
        self.look_at_others(collector, sink, gateway.address("gateway"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
