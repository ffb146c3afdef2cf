"""The producer's side: certes relay and its spool through an outage of the gateway and a kill -9, and certes send."""
import asyncio
import json
import os
import re
import subprocess
import unittest

from harness import ADMIN_KEY, Api, BINARY, Case, Installation, Producer, ROOT, Sink, event, free_port, refusing_port, request, run_to_end, wait_for

EVENTS = int(os.environ.get("CERTES_TEST_RELAY_EVENTS", "10000"))
OUTAGE_SECONDS = float(os.environ.get("CERTES_TEST_OUTAGE_SECONDS", "2"))
KEYS = 50
WITHIN = 120
POLICIES = """\
[[backoff_policies]]
id = "quick"
strategy = "exponential"
base_seconds = 0.05
cap_seconds = 0.5

[[backoff_policies]]
id = "thrice"
strategy = "constant"
base_seconds = 0.01
jitter = "none"
max_attempts = 3

[[sources]]
id = "impatient"
verify = { scheme = "none" }
producer_backoff_policy = "thrice"

[[event_types]]
id = "fleeting"
producer_backoff_policy = "thrice"
"""


class RelayCase(Case):
    def relay(self, gateway, **environment):
        (self.directory / "policies.toml").write_text(POLICIES)
        process = self.process("relay", environment={
            "CERTES_RELAY_LISTEN": "127.0.0.1:0",
            "CERTES_RELAY_GATEWAY_URL": gateway,
            "CERTES_RELAY_POLICIES_FILE": str(self.directory / "policies.toml"),
            "CERTES_BACKOFF_PRODUCER_POLICY": "quick",
            "CERTES_DRAIN_SECONDS": "1",
            "CERTES_KEY": ADMIN_KEY,
        } | environment)
        return process.start()

    def status(self, relay):
        return json.loads(request(relay.address("relay"), "GET", "/status")[2])

    def post(self, relay, body, path="/events", **headers):
        headers = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        status, _, answer = request(relay.address("relay"), "POST", path, body, headers)
        return status, json.loads(answer) if answer else None

    def control(self, relay, *words):
        status, out, err = run_to_end("relay", *words, environment={"CERTES_RELAY_URL": f"http://{relay.ports['relay']}"})
        self.assertEqual((status, err), (0, ""))
        return out


class Outage(RelayCase):
    """10,000 events through an outage of the gateway and a kill -9 of the relay: none missing, none twice, in order per key."""

    def installation(self, sink, engine):
        # A gateway that comes back must be the one the relay knows.
        installation = Installation(self, engine, {"CERTES_GATEWAY_LISTEN": f"127.0.0.1:{free_port()}"})
        secret = installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one"), "concurrency": 64})["secret"]
        sink.secrets["/one"] = secret
        installation.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
        return installation

    async def publish(self, relay, acknowledged, numbers):
        """Posts in groups of five of one key, again until the relay acknowledges, with the same ids, as a producer does."""
        async def work(keys):
            connection = None
            groups = [[n for n in numbers if n % KEYS == k] for k in keys]
            for group in (g[i:i + 5] for i in range(0, max(map(len, groups)), 5) for g in groups):
                body = b"[" + b",".join(event("order.created", {"n": n}, id=f"e{n}", source="urn:shop", partition_key=f"k{n % KEYS}")
                                        for n in group) + b"]"
                while group and group[0] not in acknowledged:
                    producer = Producer(relay.address("relay"))
                    try:
                        connection = connection or await producer._connect()
                        status, answer = await asyncio.wait_for(producer.post(*connection, body), 30)
                    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                        if connection:
                            connection[1].close()
                        connection = None
                        continue
                    self.assertEqual((status, answer["count"]), (202, len(group)))
                    acknowledged.update(group)
            if connection:
                connection[1].close()
        await asyncio.gather(*(work(range(w, KEYS, 10)) for w in range(10)))

    async def run_outage(self, engine):
        async with Sink() as sink:
            installation = await asyncio.to_thread(self.installation, sink, engine)
            gateway = installation.gateways[0]
            relay = await asyncio.to_thread(self.relay, f"http://{gateway.ports['gateway']}")
            relay.keep_ports()
            gateway.keep_ports()
            acknowledged = set()
            first = EVENTS // 4
            await self.publish(relay, acknowledged, range(first))

            gateway.kill()
            sending = asyncio.create_task(self.publish(relay, acknowledged, range(first, EVENTS)))
            await asyncio.to_thread(wait_for, lambda: len(acknowledged) > EVENTS // 2, WITHIN, "half of the events")
            relay.kill()
            await asyncio.to_thread(relay.start)
            await sending
            self.assertEqual(len(acknowledged), EVENTS)
            waiting = self.status(relay)
            self.assertGreater(waiting["waiting"], EVENTS // 2)
            self.assertRegex(waiting["last_error"], "cannot reach")
            await asyncio.sleep(OUTAGE_SECONDS)  # the outage: what is tested
            await asyncio.to_thread(gateway.start)
            await asyncio.to_thread(wait_for, lambda: self.status(relay)["waiting"] == 0, WITHIN, "an empty spool")
            await sink.wait(lambda: len(sink.delivered()) >= EVENTS, WITHIN)
            self.check(sink)
            self.assertEqual(self.status(relay)["rejected"], 0)
            self.assertEqual(relay.stop(), 0)

    def check(self, sink):
        self.assertTrue(all(receipt.verified for receipt in sink.receipts))
        ids = {}
        for receipt in sink.receipts:
            n = json.loads(receipt.body)["n"]
            self.assertEqual(ids.setdefault(n, receipt.id), receipt.id, f"event {n} was accepted twice")
        self.assertEqual(set(ids), set(range(EVENTS)))
        for key in range(KEYS):  # the gateway's ids rise in the order of accepting
            accepted = sorted((n for n in ids if n % KEYS == key), key=lambda n: ids[n])
            self.assertEqual(accepted, sorted(accepted), f"key {key}")

    async def test_on_the_embedded_log(self):
        await self.run_outage("sqlite")


class Relay(RelayCase):
    def setUp(self):
        super().setUp()
        self.serve = self.process("serve", dev=True).start()
        self.api = Api(self.serve.address("api"))

    def gateway_url(self):
        return f"http://{self.serve.ports['gateway']}"

    async def test_every_form_arrives_as_it_was_posted(self):
        async with Sink() as sink:
            sink.secrets["/one"] = self.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})["secret"]
            self.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            self.api.ok("PUT", "/sources/hooks", {"verify": {"scheme": "none"}, "type_from": "const:hooks.raw", "forward_headers": ["x-mine"]})
            relay = await asyncio.to_thread(self.relay, self.gateway_url())

            def post():
                status, answer = self.post(relay, event("a.plain", {"x": 1}, id="mine"))
                self.assertEqual((status, answer), (202, {"id": "mine", "status": "accepted"}))
                status, answer = self.post(relay, b"[" + event("a.b1", 1) + b"," + event("a.b2", [2]) + b"]")
                self.assertEqual((status, answer["count"], len(answer["accepted"])), (202, 2, 2))
                cloud = {"specversion": "1.0", "id": "c1", "source": "urn:c", "type": "a.cloud", "region": "eu", "data": {"y": 2}}
                self.assertEqual(self.post(relay, json.dumps(cloud), Content_Type="application/cloudevents+json")[0], 202)
                self.assertEqual(self.post(relay, b"\x00\xff\n", Content_Type="image/png", ce_specversion="1.0", ce_id="b%201",
                                           ce_source="urn:b", ce_type="a.binary")[0], 202)
                self.assertEqual(self.post(relay, b" raw\n", "/events/hooks?q=1", Content_Type="text/plain", X_Mine="yes")[0], 202)

            await asyncio.to_thread(post)
            await sink.wait(lambda: len(sink.receipts) >= 6, 30)
            got = {r.headers["ce-type"]: r for r in sink.receipts}
            self.assertTrue(all(r.verified for r in sink.receipts))
            self.assertEqual((got["a.plain"].body, got["a.plain"].headers["ce-id"]), (b'{"x":1}', "mine"))
            self.assertEqual(got["a.plain"].headers["ce-source"], "urn:certes:default")
            self.assertEqual((got["a.b1"].body, got["a.b2"].body), (b"1", b"[2]"))
            self.assertEqual((got["a.cloud"].headers["ce-region"], json.loads(got["a.cloud"].body)), ("eu", {"y": 2}))
            self.assertEqual((got["a.binary"].body, got["a.binary"].headers["content-type"]), (b"\x00\xff\n", "image/png"))
            raw = got["hooks.raw"]
            self.assertEqual((raw.body, raw.headers["x-mine"], raw.headers["certes-query"]), (b" raw\n", "yes", "q=1"))

    def test_what_the_gateway_would_refuse_is_refused_before_the_spool(self):
        relay = self.relay(self.gateway_url())
        for body, headers, status, pointer in [
                (b'{"typ":1}', {}, 400, "/typ"), (b"[" + event("a.b", 1) + b',{"type":"a..b","data":1}]', {}, 400, "/1/type"),
                (b"{}", {"Content_Type": "text/plain"}, 415, "content-type"), (event("certes.x", 1), {}, 403, "/type"),
                (event("a.b", 1, source="urn:certes:default/commands"), {}, 403, "/source"),
                (event("a.b", 1), {"Content_Encoding": "gzip"}, 415, "content-encoding"),
                (event("a.b", 1), {"Origin": "http://evil.example"}, 403, "Origin"),
                (b" " * ((1 << 20) - 4000), {}, 413, None)]:
            with self.subTest(body=body[:40], headers=headers):
                got, problem = self.post(relay, body, **headers)
                self.assertEqual((got, problem.get("pointer")), (status, pointer), problem)
        self.assertEqual(self.status(relay)["waiting"], 0)
        metrics = relay.metrics("relay")
        self.assertEqual(metrics["certes_producer_spooled_total"], 0)
        self.assertEqual(request(relay.address("relay"), "GET", "/health/ready")[0], 200)
        self.assertEqual(relay.stop(), 0)

    def test_what_is_given_up_can_be_seen_sent_again_and_dropped(self):
        port = free_port()
        relay = self.relay(f"http://127.0.0.1:{port}")
        for n, of in enumerate((event("a.b", 0, source="impatient", id="i0"), event("fleeting", 1, id="i1"))):
            self.assertEqual(self.post(relay, of)[0], 202)
        wait_for(lambda: self.status(relay)["rejected"] == 2, 30, "two rejected events")
        title, *lines = self.control(relay, "rejected", "list").splitlines()
        self.assertEqual(title.split(), ["NUMBER", "ID", "TYPE", "RULE", "STATUS", "PROBLEM"])
        self.assertRegex(lines[0], r"^\d+ +i0 +a\.b +max_attempts +0 +cannot reach ")
        self.assertRegex(lines[1], r"^\d+ +i1 +fleeting +max_attempts +0 +cannot reach ")
        numbers = [line.split()[0] for line in lines]
        self.assertEqual(self.control(relay, "rejected", "drop", numbers[1]), f"dropped number {numbers[1]}\n")
        self.assertRegex(self.control(relay, "status"), r"(?m)^rejected +1$")
        # The gateway is there again, and takes what is sent again.
        gateway = self.process("serve", "--set", f"gateway.listen=127.0.0.1:{port}", environment={"CERTES_DATA": "x"})
        gateway.arguments[gateway.arguments.index("--data") + 1] += "-2"
        del gateway.environment["CERTES_DATA"]
        gateway.start()
        self.assertEqual(self.control(relay, "rejected", "retry", "--all"), f"sent number {numbers[0]} again\n")
        wait_for(lambda: self.status(relay)["accepted"] == 1, 30, "the event to be accepted")
        self.assertEqual((self.status(relay)["rejected"], self.status(relay)["waiting"]), (0, 0))

    def test_a_full_spool_says_so_and_a_stop_keeps_what_waits(self):
        relay = self.relay(f"http://127.0.0.1:{refusing_port()}", CERTES_RELAY_MAX_EVENTS="3")
        relay.keep_ports()
        for n in range(3):
            self.assertEqual(self.post(relay, event("a.b", n))[0], 202)
        status, problem = self.post(relay, event("a.b", 4))
        self.assertEqual((status, problem["type"].rpartition("/")[2]), (503, "not-accepted"))
        self.assertIn("the spool is full", problem["detail"])
        self.assertEqual(relay.stop(), 0)
        relay.environment["CERTES_RELAY_GATEWAY_URL"] = self.gateway_url()
        relay.start()
        wait_for(lambda: self.status(relay)["accepted"] == 3, 30, "what was kept")

    def test_a_wrong_key_loses_nothing(self):
        relay = self.relay(self.gateway_url(), CERTES_KEY="certes_wrong")
        relay.keep_ports()
        for n in range(20):
            self.assertEqual(self.post(relay, event("a.b", n))[0], 202)
        denied = 'certes_producer_requests_total{outcome="denied"}'
        wait_for(lambda: relay.metrics("relay")[denied] >= 3, 30, "three denials")
        status = self.status(relay)
        self.assertEqual((status["waiting"], status["rejected"]), (20, 0))
        self.assertIn("this key is not known", status["last_error"])
        wait_for(lambda: "the gateway does not take this relay's key" in relay.log(), 10, "the line that says so")
        self.assertEqual(relay.stop(), 0)
        relay.environment["CERTES_KEY"] = ADMIN_KEY
        relay.start()
        wait_for(lambda: self.status(relay)["accepted"] == 20, 30, "all of them")
        self.assertEqual((self.status(relay)["waiting"], self.status(relay)["rejected"]), (0, 0))

    def test_it_listens_on_loopback_unless_told(self):
        status, _, err = run_to_end("relay", "--data", str(self.directory / "r"), environment={"CERTES_RELAY_LISTEN": "0.0.0.0:0"})
        self.assertEqual(status, 1)
        self.assertIn("relay.any_network", err)

    def test_policies_are_read_from_the_master_api(self):
        self.api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 0.01, "max_attempts": 1})
        self.api.ok("PUT", "/sources/hasty", {"verify": {"scheme": "none"}, "producer_backoff_policy": "once"})
        self.api.ok("PUT", "/event-types/passing", {"producer_backoff_policy": "once"})
        relay = self.relay(f"http://127.0.0.1:{refusing_port()}", CERTES_RELAY_API_URL=f"http://{self.serve.ports['api']}")

        def given_up(event_type, source):
            self.assertEqual(self.post(relay, event(event_type, 1, source=source))[0], 202)
            return f" {event_type} " in self.control(relay, "rejected", "list")
        wait_for(lambda: given_up("a.b", "hasty"), 30, "the source's policy of the API")
        wait_for(lambda: given_up("passing", "any"), 30, "the event type's policy of the API")


class Example(RelayCase):
    """examples/producer.cpp does what docs/producing.md shows."""

    def test_the_documentation_shows_the_file(self):
        shown, = re.findall(r"^```cpp\n(.*?)^```$", (ROOT / "docs/producing.md").read_text(), re.MULTILINE | re.DOTALL)
        self.assertEqual(shown, (ROOT / "examples/producer.cpp").read_text())

    def test_it_publishes_in_order_and_leaves_nothing(self):
        serve = self.process("serve", dev=True).start()
        done = subprocess.run([os.environ["CERTES_EXAMPLE"], f"http://{serve.ports['gateway']}", str(self.directory / "spool")],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^published order\.created pub_\S+\npublished order\.paid pub_\S+\n0 wait for the next start\n$")
        accepted = {k: v for k, v in serve.metrics("gateway").items() if k.startswith("certes_gateway_events_accepted_total")}
        self.assertEqual(sum(accepted.values()), 2)


class Send(RelayCase):
    def send(self, *words, **environment):
        base = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")}
        return subprocess.Popen([BINARY, "send", *words], env=base | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_it_waits_for_a_gateway_that_comes(self):
        port = free_port()
        sending = self.send("a.b", "1", "--retry-seconds", "60", CERTES_GATEWAY_URL=f"http://127.0.0.1:{port}")
        self.process("serve", dev=True, environment={"CERTES_GATEWAY_LISTEN": f"127.0.0.1:{port}"}).start()
        out, err = sending.communicate(timeout=60)
        self.assertEqual((sending.returncode, err), (0, ""))
        self.assertRegex(out, r"^evt_\S{26} accepted\n$")

    def test_its_spool_keeps_what_is_not_accepted(self):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        spool = str(self.directory / "outbox")
        first = self.send("a.first", "1", "--id", "mine", "--spool", spool, "--retry-seconds", "0.2", CERTES_GATEWAY_URL=url)
        out, err = first.communicate(timeout=30)
        self.assertEqual((first.returncode, err), (0, ""))
        self.assertIn(f"mine waits in {spool}: cannot reach {url}/events", out)
        serve = self.process("serve", dev=True, environment={"CERTES_GATEWAY_LISTEN": f"127.0.0.1:{port}"}).start()
        second = self.send("a.second", "2", "--spool", spool, "--retry-seconds", "30", CERTES_GATEWAY_URL=url)
        out, err = second.communicate(timeout=60)
        self.assertEqual((second.returncode, err), (0, ""))
        accepted = {k: v for k, v in serve.metrics("gateway").items() if k.startswith("certes_gateway_events_accepted_total")}
        self.assertEqual(sum(accepted.values()), 2)

    def test_a_wrong_key_is_told_at_once_and_a_tenant_is_named(self):
        serve = self.process("serve").start()
        api = Api(serve.address("api"))
        api.ok("POST", "/tenants", {"id": "acme"})
        there = {"CERTES_GATEWAY_URL": f"http://{serve.ports['gateway']}"}
        status, out, err = run_to_end("send", "a.b", "--retry-seconds", "60", environment=there | {"CERTES_KEY": "certes_wrong"})
        self.assertEqual((status, out), (5, ""))
        self.assertIn("this key is not known", err)
        for words, named in ((["--tenant", "acme"], {}), ([], {"CERTES_TENANT": "acme"})):
            status, out, err = run_to_end("send", "a.b", "1", *words, environment=there | {"CERTES_KEY": ADMIN_KEY} | named)
            self.assertEqual((status, err), (0, ""))
        status, out, err = run_to_end("send", "a.b", "1", "--tenant", "none", environment=there | {"CERTES_KEY": ADMIN_KEY})
        self.assertEqual(status, 4)
        self.assertIn('there is no tenant "none"', err)

    def test_once_is_once(self):
        url = f"http://127.0.0.1:{free_port()}"
        status, out, err = run_to_end("send", "a.b", "--retry-seconds", "0", environment={"CERTES_GATEWAY_URL": url})
        self.assertEqual((status, out), (3, ""))
        self.assertIn(f"cannot reach {url}/events", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
