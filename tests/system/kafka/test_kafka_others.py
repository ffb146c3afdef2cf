"""What others do to the cluster that Certes runs on: partitions added, offsets committed under the group's name, topics deleted."""
import asyncio
import os
import subprocess
import unittest

from harness import Api, Case, Installation, PARTITIONS, Producer, Sink, brokers, event, request, run_to_end, wait_for

MEDDLER = os.environ.get("KAFKA_MEDDLER", "")
OWNED = ("events", "attempts", "dead-letters", "progress")


def meddle(*arguments):
    subprocess.run([MEDDLER, brokers(), *map(str, arguments)], check=True, timeout=60)


class Others(Case):
    def installed(self, sink, **options):
        installation = Installation(self, "kafka", {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6"}, **options)
        self.prefix_used = installation.gateways[0].environment["CERTES_KAFKA_PREFIX"]
        installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
        installation.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
        return installation

    async def publish(self, producer, items):
        """Until all are accepted: what was not, for whatever reason, is sent again, as producers do."""
        items = dict(items)
        while left := [key for key in items if producer.outcomes.get(key, ("",))[0] != "accepted"]:
            await producer.send((key, items[key]) for key in left)

    async def deliver(self, installation, sink, name, count):
        producer = Producer(installation.ingest, connections=4)
        await self.publish(producer, ((n, event("a.b", [name, n], partition_key=f"{name}-{n}")) for n in range(count)))
        wanted = set(producer.accepted())
        self.assertEqual(len(wanted), count, producer.outcomes)
        await sink.wait(lambda: wanted <= {r.id for r in sink.receipts}, 60)

    async def test_partitions_that_are_added_are_used_once_all_topics_have_them(self):
        async with Sink() as sink:
            installation = await asyncio.to_thread(self.installed, sink)
            dispatcher = installation.dispatchers[0]
            await self.deliver(installation, sink, "before", 20)
            await asyncio.to_thread(meddle, "partitions", self.prefix_used + "events", PARTITIONS + 2)
            unread = 'certes_log_trouble{reason="unread_partitions",topic="events"}'
            await asyncio.to_thread(wait_for, lambda: dispatcher.metrics("dispatcher").get(unread) == 2, 60, "the metric")
            self.assertIn("has 5 partitions, others only 3", dispatcher.log())
            # The group has given it partitions that it cannot own yet.
            await self.deliver(installation, sink, "between", 50)
            dispatcher.stop()
            await asyncio.to_thread(dispatcher.start)
            await self.deliver(installation, sink, "again", 50)
            await asyncio.to_thread(wait_for, lambda: dispatcher.metrics("dispatcher").get(unread) == 2, 60, "the metric again")
            for topic in OWNED[1:]:
                await asyncio.to_thread(meddle, "partitions", self.prefix_used + topic, PARTITIONS + 2)
            await asyncio.to_thread(wait_for, lambda: dispatcher.metrics("dispatcher").get(unread) == 0, 60, "the end of it")
            await self.deliver(installation, sink, "after", 100)
            # What another program puts there is read as well.
            produce = ["kcat", "-b", brokers(), "-P", "-t", self.prefix_used + "events", "-p", "4", "-H", "ce_specversion=1.0", "-H", "ce_id=7",
                       "-H", "ce_source=urn:elsewhere", "-H", "ce_type=foreign.thing"]
            await asyncio.to_thread(subprocess.run, produce, input=b"{}", check=True, timeout=30)
            await sink.wait(lambda: any(r.headers["ce-id"] == "7" for r in sink.receipts), 60)
            self.assertIsNone(dispatcher.process.poll())

    async def test_a_commit_that_certes_did_not_make_is_not_believed(self):
        failing = set()
        async with Sink(lambda path, headers, body: 503 if path in failing else 200) as sink:
            installation = await asyncio.to_thread(self.installed, sink)
            dispatcher = installation.dispatchers[0]
            group = self.prefix_used + "dispatcher"
            # What waits for its retry, and then what nobody has read.
            installation.api.ok("PUT", "/backoff-policies/soon", {"strategy": "constant", "base_seconds": 1, "max_attempts": 100})
            installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one"), "backoff_policy": "soon", "breaker": None})
            await self.deliver(installation, sink, "before", 20)
            failing.add("/one")
            await self.deliver(installation, sink, "waiting", 5)
            self.assertEqual(dispatcher.stop(), 0)
            before = len(sink.receipts)
            producer = Producer(installation.ingest, connections=4)
            await producer.send((n, event("a.b", ["unread", n])) for n in range(50))
            failing.clear()
            for partition in range(PARTITIONS):
                end = int(subprocess.run(["kcat", "-b", brokers(), "-Q", "-t", f"{self.prefix_used}events:{partition}:-1"], check=True,
                                         capture_output=True, text=True, timeout=30).stdout.split()[-1])
                await asyncio.to_thread(meddle, "commit", group, self.prefix_used + "events", partition, end)
            await asyncio.to_thread(dispatcher.start)
            waiting = {r.id for r in sink.receipts[:before] if r.status == 503}
            wanted = set(producer.accepted()) | waiting
            self.assertEqual(len(wanted), 55)
            await sink.wait(lambda: wanted <= {r.id for r in sink.receipts if r.status == 200}, 60)
            self.assertEqual(max(sink.delivered().values()), 1, "nothing is delivered twice")
            self.assertIn("was not committed by Certes", dispatcher.log())
            self.assertEqual(installation.metric("certes_dispatcher_foreign_commits_total"), PARTITIONS)

    async def test_lag_comes_back_to_nothing_behind_what_another_program_has_aborted(self):
        async with Sink() as sink:
            installation = await asyncio.to_thread(self.installed, sink)
            await self.deliver(installation, sink, "before", 20)
            topic = self.prefix_used + "events"

            def ends():
                asked = ["kcat", "-b", brokers(), "-Q", *(a for p in range(PARTITIONS) for a in ("-t", f"{topic}:{p}:-1"))]
                lines = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=30).stdout.splitlines()
                return sum(int(line.split()[-1]) for line in lines)

            before = ends()
            for partition in range(PARTITIONS):
                await asyncio.to_thread(meddle, "abort", topic, partition, "never")
            # The record, and the mark behind it.
            await asyncio.to_thread(wait_for, lambda: ends() == before + 2 * PARTITIONS, 60, "the marks")
            lag = "certes_dispatcher_unread_records"
            await asyncio.to_thread(wait_for, lambda: installation.dispatchers[0].metrics("dispatcher")[lag] == 0, 60, "no lag")

    async def test_what_waits_is_skipped_on_purpose_once_no_dispatcher_runs(self):
        async with Sink(lambda path, headers, body: 503) as sink:
            installation = await asyncio.to_thread(self.installed, sink)
            installation.api.ok("PUT", "/backoff-policies/soon", {"strategy": "constant", "base_seconds": 1, "max_attempts": 100})
            installation.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one"), "backoff_policy": "soon", "breaker": None})
            dispatcher = installation.dispatchers[0]
            producer = Producer(installation.ingest, connections=1)
            await producer.send((n, event("a.b", n, partition_key="one")) for n in range(3))
            await sink.wait(lambda: len({r.id for r in sink.receipts}) == 3, 60)
            environment = {k: v for k, v in dispatcher.environment.items() if k.startswith("CERTES_")} | {"CERTES_KAFKA_BROKERS": brokers()}

            def skip(partition, *arguments, **more):
                return run_to_end("progress", "skip", "--partition", str(partition), *arguments, environment=environment | more)

            ends = [int(subprocess.run(["kcat", "-b", brokers(), "-Q", "-t", f"{self.prefix_used}events:{p}:-1"], check=True, capture_output=True,
                                       text=True, timeout=30).stdout.split()[-1]) for p in range(PARTITIONS)]
            used = ends.index(3)
            status, out, err = await asyncio.to_thread(skip, used, "--to", "end")
            self.assertEqual(status, 1, out + err)
            self.assertIn("has members: stop its dispatchers first", err)
            self.assertEqual(await asyncio.to_thread(dispatcher.stop), 0)
            status, out, err = await asyncio.to_thread(skip, used, "--to", "2", "--dry-run")
            self.assertEqual((status, err), (0, ""), out + err)
            self.assertIn("0 to 2: 2 records would be skipped", out)
            # Under another name nothing is taken, until that is asked for.
            renamed = self.process("dispatcher", *dispatcher.arguments[dispatcher.arguments.index("--brokers"):][:2],
                                   environment=environment | {"CERTES_KAFKA_GROUP": self.prefix_used + "renamed"})
            await asyncio.to_thread(renamed.start)
            await asyncio.to_thread(wait_for, lambda: "have one kafka.group" in renamed.log(), 60, "the line")
            self.assertEqual(await asyncio.to_thread(renamed.stop), 0)
            status, out, err = await asyncio.to_thread(skip, used, "--to", "2")
            self.assertEqual(status, 0, out + err)
            before = len(sink.receipts)
            sink.behave = lambda path, headers, body: 200
            await asyncio.to_thread(dispatcher.start)
            await producer.send([("new", event("a.b", "new", partition_key="one"))])
            last = {id for id, key in producer.accepted().items() if key in (2, "new")}
            await sink.wait(lambda: {r.id for r in sink.receipts[before:]} >= last, 60)
            self.assertEqual({r.id for r in sink.receipts[before:]}, last)
            self.assertNotIn("was not committed by Certes", dispatcher.log())

    def test_topics_check_says_what_is_wrong(self):
        prefix = self.prefix()
        environment = {"CERTES_KAFKA_PREFIX": prefix, "CERTES_KAFKA_PARTITIONS": str(PARTITIONS), "CERTES_KAFKA_BROKERS": brokers()}
        status, out, err = run_to_end("topics", "--check", environment=environment | {"CERTES_KAFKA_CREATE_TOPICS": "false"})
        self.assertEqual(status, 1, out + err)
        self.assertIn("kafka-topics.sh --create --topic " + prefix + "events", out)
        self.process("gateway", "--brokers", brokers(), environment=environment).start()
        status, out, err = run_to_end("topics", "--check", environment=environment)
        self.assertEqual(status, 0, out + err)
        self.assertNotIn("WRONG", out)
        meddle("partitions", prefix + "events", PARTITIONS + 1)
        meddle("set", prefix + "attempts", "max.message.bytes=1000")
        wrong = ("kafka-topics.sh --alter --topic " + prefix + "attempts --partitions 4", "max.message.bytes is 1000")

        def all_told():  # a broker shows new settings some time after it has taken them
            status, out, err = run_to_end("topics", "--check", environment=environment)
            return status == 1 and all(each in out for each in wrong)

        wait_for(all_told, 30, wrong)

    def test_errors_name_the_brokers_and_settings_of_kafka(self):
        gateway = self.process("gateway", "--brokers", brokers(), environment={"CERTES_KAFKA_SECURITY_PROTOCOL": "ssl"}).spawn()
        self.assertEqual(gateway.process.wait(60), 1)
        for word in (brokers(), "kafka.security_protocol"):
            self.assertIn(word, gateway.log())
        self.assertNotIn("--key", gateway.log())
        status, out, err = run_to_end("gateway", "--brokers", brokers(), environment={"CERTES_KAFKA_PREFIX": "a b"})
        self.assertNotEqual(status, 0)
        self.assertIn("CERTES_KAFKA_PREFIX", err)

    async def test_an_empty_registry_beside_events_is_followed_only_where_that_was_asked_for(self):
        async with Sink() as sink:
            installation = await asyncio.to_thread(self.installed, sink)
            await self.deliver(installation, sink, "before", 20)
            gateway, dispatcher = installation.gateways[0], installation.dispatchers[0]
            for process in (dispatcher, gateway):
                self.assertEqual(await asyncio.to_thread(process.stop), 0)
            await asyncio.to_thread(meddle, "delete", self.prefix_used + "registry")
            for process in (gateway, dispatcher):
                process.spawn().read_ports()
                await asyncio.to_thread(wait_for, lambda p=process: "registry.accept_empty" in p.log(), 60, "the line")
                status, _, _ = await asyncio.to_thread(request, process.address(process.role), "GET", "/health/ready")
                self.assertEqual(status, 503)
            await asyncio.to_thread(gateway.stop)
            gateway.environment["CERTES_REGISTRY_ACCEPT_EMPTY"] = "true"
            await asyncio.to_thread(gateway.start)
            self.assertIn("empty, and taken for that", gateway.log())
            # It has begun a new one, which the others follow as they are.
            await asyncio.to_thread(dispatcher.wait_ready)
            api = Api(gateway.address("api"))
            self.assertEqual(list(api.pages("/endpoints")), [])
            api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
            api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            installation.ingest = gateway.address("gateway")
            await self.deliver(installation, sink, "after", 20)

    async def test_another_consumer_under_the_groups_name_costs_no_event(self):
        async with Sink() as sink:
            installation = await asyncio.to_thread(self.installed, sink)
            await self.deliver(installation, sink, "before", 20)
            producer = Producer(installation.ingest, connections=4)
            kcat = await asyncio.to_thread(subprocess.Popen, ["kcat", "-b", brokers(), "-G", self.prefix_used + "dispatcher",
                                                              "-X", "session.timeout.ms=6000", self.prefix_used + "events"],
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            try:
                # Until it has read some of what is sent while both are in the group.
                reading = asyncio.create_task(asyncio.to_thread(kcat.stdout.readline))
                count = 0
                while not reading.done():
                    await self.publish(producer, ((n, event("a.b", ["shared", n])) for n in range(count, count + 20)))
                    count += 20
                await reading
            finally:
                kcat.terminate()
                await asyncio.to_thread(kcat.communicate)
            wanted = set(producer.accepted())
            self.assertEqual(len(wanted), count)
            await sink.wait(lambda: wanted <= {r.id for r in sink.receipts}, 120)


if __name__ == "__main__":
    unittest.main(verbosity=2)
