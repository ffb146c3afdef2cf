"""An endpoint with several workers, each a process of its own: one that is killed in mid-request costs its deliveries
nothing, one that is busy gets nothing while another is idle, and each is judged for itself."""
import asyncio
import subprocess
import sys
import unittest

from harness import Case, Installation, Producer, event, run_to_end, wait_for, ADMIN_KEY

# Answers 204, writes "id attempt" on its standard output for each request it was sent, and never answers the first
# `hold`.
WORKER = """
import http.server, sys, threading
holds = int(sys.argv[1])

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global holds
        self.rfile.read(int(self.headers["content-length"]))
        print(self.headers["webhook-id"], self.headers["certes-attempt"], flush=True)
        if holds > 0:
            holds -= 1
            threading.Event().wait()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


class Worker:
    """A process that takes deliveries."""

    def __init__(self, case, holds=0, port=0):
        self.process = subprocess.Popen([sys.executable, "-c", WORKER, str(holds), str(port)], stdout=subprocess.PIPE, text=True)
        case.addCleanup(self.kill)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def next(self):
        """What it was sent next: (id, attempt). Blocks."""
        identity, attempt = self.process.stdout.readline().split()
        return identity, int(attempt)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Workers:
    engine = ""

    def prepare(self, workers, **members):
        self.installation = Installation(self, self.engine)
        self.api = self.installation.api
        self.api.ok("PUT", "/endpoints/pool", {"urls": [worker.url for worker in workers], **members})
        self.api.ok("PUT", "/subscriptions/pool", {"endpoint": "pool", "pattern": "#"})
        return Producer(self.installation.ingest, connections=1)

    def delivered(self):
        return self.installation.metric('certes_endpoint_deliveries_total{endpoint="pool",outcome="delivered",tenant="default"}')

    async def apart(self, what, *arguments):
        return await asyncio.get_running_loop().run_in_executor(None, what, *arguments)

    async def until(self, condition, what):
        await self.apart(wait_for, condition, 30, what)

    async def test_a_worker_that_is_killed_in_mid_request_costs_no_attempt(self):
        dying, other = Worker(self, holds=1), Worker(self)
        producer = self.prepare([dying, other], concurrency=1)
        await producer.send([("one", event("a.b", 1))])
        identity, attempt = await self.apart(dying.next)
        self.assertEqual(attempt, 1)
        dying.kill()
        # Its next attempt would come in 2.5 s at the earliest.
        self.assertEqual(await asyncio.wait_for(self.apart(other.next), 2), (identity, 1))
        await self.until(lambda: self.delivered() == 1, "the delivery")
        # Whoever is dead is passed over from then on.
        await producer.send([(n, event("a.b", n)) for n in range(50)])
        for _ in range(50):
            self.assertEqual((await self.apart(other.next))[1], 1)
        await self.until(lambda: self.delivered() == 51, "the deliveries")
        self.assertEqual(self.installation.metric("certes_dispatcher_attempts_total"), 51)
        self.assertEqual(self.installation.metric("certes_dispatcher_breakers_open"), 0)
        self.assertEqual(self.installation.metric('certes_endpoint_workers_tripped{endpoint="pool",tenant="default"}'), 1)
        self.assertEqual(self.installation.dead_letters(), [])

    async def test_a_busy_worker_gets_nothing_while_another_is_idle(self):
        busy, idle = Worker(self, holds=1), Worker(self)
        producer = self.prepare([busy, idle], concurrency=4)
        await producer.send([("one", event("a.b", 1))])
        await self.apart(busy.next)
        for n in range(20):
            await producer.send([(n, event("a.b", n))])
            await self.apart(idle.next)
            await self.until(lambda n=n: self.delivered() == n + 1, "the delivery")
        await self.until(lambda: [worker["in_flight"] for worker in self.api.ok("GET", "/endpoints/pool/stats")["workers"]] == [1, 0],
                         "stats that say so")

    async def test_an_attempt_fails_where_none_is_reached_and_says_whom_it_tried(self):
        one, two = Worker(self), Worker(self)
        producer = self.prepare([one, two], breaker=None)
        self.api.ok("PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.2, "jitter": "none", "max_attempts": 1000})
        self.api.ok("PATCH", "/endpoints/pool", {"backoff_policy": "quick"})
        one.kill()
        two.kill()
        await producer.send([("one", event("a.b", 1))])
        retry = 'certes_endpoint_attempts_total{code_class="none",endpoint="pool",outcome="retry",tenant="default"}'
        await self.until(lambda: self.installation.metric(retry) >= 2, "attempts that fail")
        again = Worker(self, port=two.port)
        identity, attempt = await self.apart(again.next)
        self.assertGreaterEqual(attempt, 3)
        await self.until(lambda: self.delivered() == 1, "the delivery")

    async def test_the_command_shows_and_applies_them(self):
        one, two = Worker(self), Worker(self)
        self.prepare([one, two])
        address = "http://{}:{}".format(*self.installation.gateways[0].address("api"))
        key = ("--url", address, "--key", ADMIN_KEY)
        status, listed, _ = await self.apart(run_to_end, "endpoints", "list", *key)
        self.assertEqual(status, 0)
        self.assertIn(f"{one.url} and 1 more", listed)
        file = self.directory / "pool.toml"
        file.write_text(f"[[endpoints]]\nid = 'pool'\nowner = ''\nurls = ['{one.url}', '{two.url}']\n")
        self.assertEqual((await self.apart(run_to_end, "apply", str(file), "--dry-run", *key))[0], 0)
        file.write_text(f"[[endpoints]]\nid = 'pool'\nurls = ['{two.url}']\n")
        self.assertEqual((await self.apart(run_to_end, "apply", str(file), *key))[0], 0)
        self.assertEqual(self.api.ok("GET", "/endpoints/pool")["urls"], [two.url])


class Embedded(Workers, Case):
    engine = "sqlite"


class OnKafka(Workers, Case):
    engine = "kafka"


if __name__ == "__main__":
    unittest.main(verbosity=2)
