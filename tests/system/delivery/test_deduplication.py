"""Repeats: one event, delivered once, whoever takes it and whoever was killed meanwhile."""
import asyncio
import json
import unittest

from harness import ADMIN_KEY, Case, Installation, Producer, Sink, brokers, event, github_signature, request, wait_for

EVENTS = 60
KAFKA = {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "3", "CERTES_DEDUPLICATION_READ_BACK_SECONDS": "30"}


def items(prefix="k", count=EVENTS):
    return [(f"{prefix}{n}", event("a.b", {"n": n}, id=f"{prefix}{n}", source="/tests")) for n in range(count)]


def post(address, body, headers=None):
    all_headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"} | (headers or {})
    status, answer_headers, answer = request(address, "POST", "/events", body, all_headers)
    return status, answer_headers, json.loads(answer)


class Repeats(Case):
    def publish(self, address, wanted):
        """{key: answer}, all accepted."""
        answers = {}
        for key, body in wanted:
            status, _, answer = post(address, body)
            self.assertEqual(status, 202, answer)
            answers[key] = answer
        return answers

    def check_repeats(self, address, first, wanted):
        for key, answer in self.publish(address, wanted).items():
            self.assertEqual(answer, {"id": first[key]["id"], "status": "accepted", "duplicate": True})

    def subscribe(self, installation, sink):
        installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
        installation.api.ok("PUT", "/subscriptions/all", {"endpoint": "one", "pattern": "#"})

    def check_once(self, sink, ids):
        """So far each of them was delivered once, and nothing else was."""
        self.assertEqual(sorted(receipt.id for receipt in sink.receipts), sorted(ids))

    def redeliver(self, gateway, delivery, first=None):
        """GitHub sends a delivery, or that again."""
        body = json.dumps({"action": delivery}).encode()
        headers = {"Content-Type": "application/json", "X-GitHub-Event": "issues", "X-GitHub-Delivery": delivery,
                   "X-Hub-Signature-256": github_signature("s3cret", body)}
        status, _, answer = request(gateway.address("gateway"), "POST", "/events/github", body, headers)
        self.assertEqual(status, 202, answer)
        answer = json.loads(answer)
        self.assertEqual(answer, {"id": answer["id"], "status": "accepted"} if first is None else
                         {"id": first, "status": "accepted", "duplicate": True})
        return answer["id"]

    async def check_redelivery(self, installation, first, last):
        """What nobody received is delivered again, by whichever gateway, as often as it has come to nothing and no oftener.
        `first`, `last`: gateways; both are killed once."""
        answers = {"/one": 508, "/two": 508}
        async with Sink(lambda path, headers, body: answers[path]) as sink:
            for name in ("one", "two"):
                installation.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}")})
                installation.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "github.#"})
            installation.api.ok("PUT", "/sources/github", {"verify": {"scheme": "github", "secret": "s3cret"}})

            async def dead(count):
                await asyncio.to_thread(wait_for, lambda: len(installation.dead_letters()) >= count, 60, f"{count} dead letters")

            async def ended(count):  # and recorded: a crash repeats none of them
                await asyncio.to_thread(wait_for, lambda: installation.metric("certes_dispatcher_deliveries_total") >= count, 60,
                                        f"{count} deliveries ended")

            async def redeliver(gateway, delivery, of=None):
                return await asyncio.to_thread(self.redeliver, gateway, delivery, of)

            async def restart(gateway):
                gateway.kill()
                await asyncio.to_thread(gateway.start)

            lost = await redeliver(first, "d-1")
            await dead(2)
            await redeliver(first, "d-1", lost)
            await dead(4)
            await restart(first)
            answers["/one"] = 200
            before = installation.metric("certes_dispatcher_deliveries_total")
            half = await redeliver(first, "d-2")  # one endpoint receives it
            await ended(before + 2)
            await restart(last)
            answers["/two"] = 200
            before = installation.metric("certes_dispatcher_deliveries_total")
            await redeliver(last, "d-2", half)
            await redeliver(last, "d-1", lost)
            await ended(before + 2)
            # What has been delivered is not delivered again, whoever is asked and whatever was forgotten.
            for gateway in (last, first):
                await redeliver(gateway, "d-1", lost)
                await restart(gateway)
                await redeliver(gateway, "d-1", lost)
            answers["/one"] = answers["/two"] = 508
            other = await redeliver(first, "d-3")
            await dead(7)
            answers["/one"] = answers["/two"] = 200
            await redeliver(first, "d-3", other)
            await sink.wait(lambda: len(sink.delivered()) >= 5, 60)
            self.assertEqual(sink.delivered(), {(path, id): 1 for path, id in [
                ("/one", half), ("/one", lost), ("/two", lost), ("/one", other), ("/two", other)]})
            self.assertEqual(len(sink.receipts), 4 + 2 + 2 + 4)


class RepeatsEmbedded(Repeats):
    async def test_what_nobody_received_is_delivered_again_when_it_is_repeated(self):
        installation = Installation(self, "sqlite")
        installation.serve.keep_ports()
        await self.check_redelivery(installation, installation.serve, installation.serve)

    async def test_a_killed_process_knows_its_events_and_its_idempotency_keys(self):
        installation = Installation(self, "sqlite")
        serve = installation.serve
        serve.keep_ports()
        async with Sink() as sink:
            self.subscribe(installation, sink)
            first = await asyncio.to_thread(self.publish, installation.ingest, items())
            body = event("idempotent.one", 1)
            status, _, keyed = post(installation.ingest, body, {"Idempotency-Key": "\"order-1\""})
            self.assertEqual((status, keyed.get("duplicate")), (202, None))
            status, headers, again = post(installation.ingest, body, {"Idempotency-Key": "order-1"})
            self.assertEqual((status, headers["idempotency-replayed"], again), (202, "true", keyed))
            status, _, problem = post(installation.ingest, event("idempotent.one", 2), {"Idempotency-Key": "order-1"})
            self.assertEqual((status, problem["pointer"]), (422, "idempotency-key"))
            second = post(installation.ingest, body, {"Idempotency-Key": "order-2"})[2]
            # What is recorded as delivered is not in flight any more, so that the crash repeats nothing.
            await asyncio.to_thread(wait_for, lambda: installation.metric("certes_dispatcher_deliveries_total") >= EVENTS + 2,
                                    30, "all delivered")

            serve.kill()
            await asyncio.to_thread(serve.start)
            await asyncio.to_thread(self.check_repeats, installation.ingest, first, items())
            status, _, again = post(installation.ingest, body, {"Idempotency-Key": "order-1"})
            self.assertEqual((status, again), (202, {"id": keyed["id"], "status": "accepted", "duplicate": True}))
            # An answer is forgotten with the process; another payload is an event of its own, not a lost one.
            status, _, other = post(installation.ingest, event("idempotent.one", 2), {"Idempotency-Key": "order-2"})
            self.assertEqual((status, other.get("duplicate")), (202, None))
            await sink.wait(lambda: len(sink.receipts) >= EVENTS + 3, 30)
            self.check_once(sink, [a["id"] for a in first.values()] + [keyed["id"], second["id"], other["id"]])


class RepeatsOnKafka(Repeats):
    async def test_what_nobody_received_is_delivered_again_when_it_is_repeated(self):
        installation = Installation(self, "kafka", KAFKA, gateways=2)
        installation.gateways[0].keep_ports()
        await self.check_redelivery(installation, *installation.gateways)

    def followed(self, gateway, count):
        wait_for(lambda: gateway.metrics("gateway").get("certes_gateway_followed_records_total", 0) >= count, 20,
                 f"{count} records followed")

    def no_longer_open(self, installation, dropped):
        """The dispatcher has read the repeats, and dropped them."""
        wait_for(lambda: installation.metric("certes_dispatcher_duplicates_total") >= dropped, 60, f"{dropped} repeats dropped")

    async def test_through_another_gateway_and_after_its_restart_a_repeat_is_a_duplicate(self):
        installation = Installation(self, "kafka", KAFKA, gateways=2)
        one, two = installation.gateways
        async with Sink() as sink:
            self.subscribe(installation, sink)
            first = await asyncio.to_thread(self.publish, one.address("gateway"), items())
            self.followed(two, EVENTS)
            await asyncio.to_thread(self.check_repeats, two.address("gateway"), first, items())
            body = event("idempotent.one", 1)
            keyed = post(one.address("gateway"), body, {"Idempotency-Key": "order-1"})[2]
            self.followed(two, EVENTS + 1)
            again = post(two.address("gateway"), body, {"Idempotency-Key": "order-1"})[2]
            self.assertEqual(again, {"id": keyed["id"], "status": "accepted", "duplicate": True})

            one.kill()
            await asyncio.to_thread(one.start)  # ready: so it has read back
            await asyncio.to_thread(self.check_repeats, one.address("gateway"), first, items())
            self.assertEqual(request(one.address("gateway"), "GET", "/health/ready")[0], 200)
            await sink.wait(lambda: len(sink.receipts) >= EVENTS + 1, 60)
            self.check_once(sink, [a["id"] for a in first.values()] + [keyed["id"]])

    async def test_both_gateways_at_once_deliver_each_event_once_and_agree_on_the_first(self):
        installation = Installation(self, "kafka", KAFKA, gateways=2)
        async with Sink() as sink:
            self.subscribe(installation, sink)
            producers = [Producer(g.address("gateway"), connections=8) for g in installation.gateways]
            await asyncio.gather(*(producer.send(items(count=300)) for producer in producers))
            self.assertTrue(all(p.outcomes[key][0] == "accepted" for p in producers for key, _ in items(count=300)))
            records = installation.gateways[0].metrics("gateway")['certes_gateway_events_accepted_total{kind="event"}'] + \
                installation.gateways[1].metrics("gateway")['certes_gateway_events_accepted_total{kind="event"}']
            for gateway in installation.gateways:
                self.followed(gateway, records)
            agreed = [await asyncio.to_thread(self.publish, g.address("gateway"), items(count=300)) for g in installation.gateways]
            self.assertEqual(agreed[0], agreed[1])
            self.no_longer_open(installation, records - 300)
            await sink.wait(lambda: len(sink.receipts) >= 300, 60)
            self.check_once(sink, [answer["id"] for answer in agreed[0].values()])

    async def test_dispatchers_that_stop_are_killed_and_join_deliver_no_repeat(self):
        # The second gateway neither reads back nor follows: what it takes twice only the dispatchers can tell.
        installation = Installation(self, "kafka", KAFKA)
        blind = self.process("gateway", "--brokers", brokers(), environment=installation.gateways[0].environment | {
            "CERTES_DEDUPLICATION_READ_BACK": "0", "CERTES_DEDUPLICATION_FOLLOW": "false"})
        await asyncio.to_thread(blind.start)
        dispatcher = installation.dispatchers[0]
        async with Sink() as sink:
            self.subscribe(installation, sink)
            first = await asyncio.to_thread(self.publish, installation.ingest, items())
            await sink.wait(lambda: len(sink.receipts) >= EVENTS, 60)
            ids = [answer["id"] for answer in first.values()]

            # Stopped: all is committed, so nothing of it is read again but for de-duplication.
            self.assertEqual(await asyncio.to_thread(dispatcher.stop), 0)
            await asyncio.to_thread(dispatcher.start)
            repeats = await asyncio.to_thread(self.publish, blind.address("gateway"), items())
            self.assertFalse(any("duplicate" in answer for answer in repeats.values()))
            self.no_longer_open(installation, EVENTS)
            self.assertGreaterEqual(installation.metric("certes_dispatcher_read_back_records_total"), EVENTS)

            # Killed: what is read again from the last commit on is no duplicate of itself.
            fresh = await asyncio.to_thread(self.publish, installation.ingest, items("fresh"))
            dispatcher.kill()
            ids += [answer["id"] for answer in fresh.values()]
            await asyncio.to_thread(blind.stop)
            await asyncio.to_thread(blind.start)
            await asyncio.to_thread(self.publish, blind.address("gateway"), items())
            await asyncio.to_thread(dispatcher.start)
            self.no_longer_open(installation, EVENTS)
            await sink.wait(lambda: len({r.id for r in sink.receipts}) >= 2 * EVENTS, 60)

            # Another joins: partitions move, with their pasts.
            other = self.process("dispatcher", "--brokers", brokers(), environment=dispatcher.environment)
            other.log_path = other.directory / "dispatcher-2.log"
            await asyncio.to_thread(other.start)
            installation.dispatchers.append(other)
            wait_for(lambda: other.metrics("dispatcher").get("certes_dispatcher_read_back_records_total", 0) > 0, 60, "partitions moved")
            before = installation.metric("certes_dispatcher_duplicates_total")
            await asyncio.to_thread(blind.stop)
            await asyncio.to_thread(blind.start)
            await asyncio.to_thread(self.publish, blind.address("gateway"), items() + items("fresh"))
            self.no_longer_open(installation, before + 2 * EVENTS)
            # What was in flight when the dispatcher was killed may have been repeated by it, as after any crash.
            counts = {}
            for receipt in sink.receipts:
                counts[receipt.id] = counts.get(receipt.id, 0) + 1
            self.assertEqual(set(counts), set(ids))
            self.assertTrue(all(counts[answer["id"]] == 1 for answer in first.values()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
