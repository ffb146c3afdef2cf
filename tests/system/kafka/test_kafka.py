"""What only Kafka brings: foreign records, record sizes, SASL over TLS, installations side by side."""
import asyncio
import os
import subprocess
import unittest

from harness import Api, Case, Installation, Producer, ROOT, Sink, brokers, event, refusing_port, post_json, wait_for

MAX_BODY = 1 << 20


class OnKafka(Case):
    def dead_letter(self, installation):
        letters = wait_for(installation.dead_letters, 60, "a dead letter")
        self.assertEqual(len(letters), 1)
        return letters[0]

    def test_a_foreign_record_that_is_no_event_is_dead_lettered_and_the_partition_goes_on(self):
        installation = Installation(self, "kafka")
        prefix = installation.gateways[0].environment["CERTES_KAFKA_PREFIX"]
        subprocess.run(["kcat", "-b", brokers(), "-P", "-t", prefix + "events", "-p", "1"], input=b"no event at all", check=True, timeout=30)
        letter = self.dead_letter(installation)
        self.assertEqual(letter["rule"], "malformed")
        self.assertIn("1", letter["error"])

    async def test_a_foreign_record_with_the_cloud_events_attributes_alone_is_delivered(self):
        installation = Installation(self, "kafka")
        prefix = installation.gateways[0].environment["CERTES_KAFKA_PREFIX"]
        async with Sink() as sink:
            installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
            installation.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "foreign.#"})
            produce = ["kcat", "-b", brokers(), "-P", "-t", prefix + "events", "-H", "ce_specversion=1.0", "-H", "ce_id=7",
                       "-H", "ce_source=urn:elsewhere", "-H", "ce_type=foreign.thing", "-H", "content-type=text/plain"]
            await asyncio.to_thread(subprocess.run, produce, input=b"from elsewhere", check=True, timeout=30)
            await sink.wait(lambda: sink.receipts, 60)
            self.assertEqual(sink.receipts[0].body.strip(), b"from elsewhere")
            self.assertEqual(sink.receipts[0].headers["ce-id"], "7")

    async def test_a_foreign_record_puts_nothing_into_requests_that_a_webhook_could_not(self):
        installation = Installation(self, "kafka")
        prefix = installation.gateways[0].environment["CERTES_KAFKA_PREFIX"]
        crlf = "\r\nX-Evil: 1"
        bad = [f"certes-id=evt_1{crlf}", f"certes-tenant=default{crlf}", f"certes-query=a{crlf}", f"ce_conversationid=c{crlf}",
               f"content-type=text/plain{crlf}", f"certes-h-x=1{crlf}", "certes-h-authorization=Basic eDp5", "certes-h-cookie=a=1",
               "certes-hops=many"]
        async with Sink() as sink:
            installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
            installation.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "foreign.#"})

            def produce(id, *more):
                headers = ["ce_specversion=1.0", f"ce_id={id}", "ce_source=urn:elsewhere", "ce_type=foreign.thing", *more]
                subprocess.run(["kcat", "-b", brokers(), "-P", "-t", prefix + "events", "-p", "2"] + [a for h in headers for a in ("-H", h)],
                               input=b"{}", check=True, timeout=30)

            for n, header in enumerate(bad):
                await asyncio.to_thread(produce, n, header)
            await asyncio.to_thread(produce, "good", "certes-id=own-1", "certes-h-x-kept=1", "ce_correlationid=c-1")
            await sink.wait(lambda: sink.receipts, 60)
            self.assertEqual([r.headers["ce-id"] for r in sink.receipts], ["good"], "the partition goes on")
            got = sink.receipts[0].headers
            self.assertEqual((got["webhook-id"], got["x-kept"], got["ce-conversationid"]), ("own-1", "1", "c-1"))
            letters = await asyncio.to_thread(wait_for, lambda: (l := installation.dead_letters()) and len(l) == len(bad) and l, 60, "dead letters")
            self.assertEqual({l["rule"] for l in letters}, {"malformed"})
            for n, (letter, header) in enumerate(zip(letters, bad)):
                self.assertRegex(letter["error"], f"^partition 2, offset [0-9]+: {header.split('=')[0]} ")

    def test_the_largest_event_that_is_accepted_can_be_dead_lettered(self):
        installation = Installation(self, "kafka")
        installation.api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 0.01, "max_attempts": 1})
        installation.api.ok("PUT", "/endpoints/dead", {"url": f"http://127.0.0.1:{refusing_port()}/", "backoff_policy": "once"})
        installation.api.ok("PUT", "/subscriptions/all", {"endpoint": "dead", "pattern": "#"})
        body = event("large.one", "")
        body = event("large.one", "x" * (MAX_BODY - len(body)))
        self.assertEqual(len(body), MAX_BODY)
        status, answer = post_json(installation.ingest, "/events", body)
        self.assertEqual(status, 202, answer)
        letter = self.dead_letter(installation)
        self.assertEqual(letter["endpoint"], "dead")

    async def test_two_installations_with_prefixes_of_their_own_share_a_broker(self):
        installations = [Installation(self, "kafka"), Installation(self, "kafka")]
        async with Sink() as sink:
            for name, installation in zip("ab", installations):
                installation.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url("/" + name)})
                installation.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "#"})
            producers = [Producer(i.ingest, connections=4) for i in installations]
            for n, producer in enumerate(producers):
                await producer.send((k, event("a.b", [n, k])) for k in range(200))
            await sink.wait(lambda: len(sink.receipts) >= 400, 60)
            for name, producer in zip("ab", producers):
                self.assertEqual({r.id for r in sink.receipts if r.path == "/" + name}, set(producer.accepted()))

    async def test_sasl_over_tls_delivers(self):
        directory = self.directory / "kafka"
        script = ROOT / "deploy/kafka/kafka.sh"
        # librdkafka before 2.6.1 cannot do SCRAM with Kafka 4.x, whichever version the other tests use.
        done = await asyncio.to_thread(subprocess.run, [script, "start", "--dir", directory, "--secured"], check=True, capture_output=True, text=True, timeout=120,
                                       env=os.environ | {"KAFKA_VERSION": "3.9"})
        self.addCleanup(subprocess.run, [script, "stop", "--dir", directory], capture_output=True, timeout=60)
        said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        environment = {"CERTES_KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "CERTES_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
                       "CERTES_KAFKA_SASL_USERNAME": said["user"], "CERTES_KAFKA_SASL_PASSWORD_FILE": said["password_file"],
                       "CERTES_KAFKA_CA_FILE": said["ca_file"]}
        installation = await asyncio.to_thread(Installation, self, "kafka", environment, brokers_list=said["sasl_brokers"])
        async with Sink() as sink:
            installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
            installation.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            producer = Producer(installation.ingest, connections=2)
            await producer.send((n, event("a.b", n)) for n in range(20))
            await sink.wait(lambda: len(sink.receipts) >= 20, 60)
            self.assertEqual({r.id for r in sink.receipts}, set(producer.accepted()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
