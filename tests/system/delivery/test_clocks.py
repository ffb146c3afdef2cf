"""Clocks that are ten minutes off, each another way, and are another each time a process starts: nothing is lost, nothing comes
early, and the log is the one that it was."""
import asyncio
import signal
import unittest

from clocks import Broker, Clock
from harness import Api, Case, Installation, Sink, post_json, wait_for

EVENTS, WITHIN, OFF = 100, 60, 600
SOON, RARELY, CONCURRENCY = 2, 1_500, 32


class Clocks(Case):
    ahead = OFF  # so that the log's clock steps back by half of that

    async def call(self, what, *arguments):
        return await asyncio.to_thread(what, *arguments)

    def install(self):
        self.clock = Clock(self.directory / "certes.clock")
        self.installation = Installation(self, "sqlite", self.clock.environment)

    def restart(self, off, how):
        """All of Certes, at a time that is off by so much."""
        for process in dict.fromkeys(self.installation.dispatchers + self.installation.gateways):
            process.kill() if how == signal.SIGKILL else self.assertEqual(process.stop(), 0)
        self.set(off)
        for process in dict.fromkeys(self.installation.gateways + self.installation.dispatchers):
            process.start()
        self.installation.api = Api(self.installation.gateways[0].address("api"))
        self.installation.ingest = self.installation.gateways[0].address("gateway")

    def set(self, off):
        self.clock.set(off)

    def publish(self):
        batch = [{"type": "order.created", "data": n, "partition_key": f"{n}"} for n in range(EVENTS)]
        status, answer = post_json(self.installation.ingest, "/events", batch)
        self.assertEqual(status, 202, answer)
        return answer["accepted"]

    def endpoint(self, sink, name, seconds):
        ok = self.installation.api.ok
        ok("PUT", "/backoff-policies/" + name, {"strategy": "constant", "base_seconds": seconds, "jitter": "none", "max_attempts": 10})
        ok("PUT", "/endpoints/" + name, {"url": sink.url("/" + name), "backoff_policy": name, "concurrency": CONCURRENCY, "breaker": None})
        ok("PUT", "/subscriptions/" + name, {"endpoint": name, "pattern": "order.#"})

    def nothing_out(self):
        return self.installation.metric("certes_dispatcher_in_flight") == 0

    def trusts_its_log(self):
        processes = set(self.installation.dispatchers + self.installation.gateways)
        for process in processes:
            self.assertNotIn("replaced", process.log(1 << 20))
        for name in ("certes_log_lost_records_total", "certes_dispatcher_lost_deliveries_total"):
            self.assertEqual(self.installation.metric(name), 0, name)

    async def test_off_by_ten_minutes_and_another_way_with_each_start(self):
        told = {}  # when each attempt was received, by the dispatcher's clock

        def behave(path, headers, body):
            attempt = int(headers["certes-attempt"])
            told[path, headers["webhook-id"], attempt] = self.clock.now()
            return 503 if attempt == 1 and path != "/served" else 200

        async with Sink(behave) as sink:
            await self.call(self.install)
            for name, seconds in (("served", 1), ("soon", SOON), ("rare", RARELY)):
                await self.call(self.endpoint, sink, name, seconds)
            ids = []
            for off, how in ((0, None), (OFF, signal.SIGKILL), (-OFF, signal.SIGTERM), (0, signal.SIGKILL)):
                if how:
                    await self.call(self.restart, off, how)
                ids += await self.call(self.publish)
                await sink.wait(lambda: len(sink.delivered("/served")) == len(ids), WITHIN)
                await sink.wait(lambda: {("/rare", event, 1) for event in ids} <= set(told), WITHIN)
                await self.call(wait_for, self.nothing_out, WITHIN, "that to be recorded")
                self.trusts_its_log()
            # What was tried while the clock was ahead comes that much later than it would have.
            await self.call(self.clock.go_on_until, lambda: self.clock.steady > RARELY + OFF, 2 * WITHIN, "all to be due")
            await sink.wait(lambda: len(sink.delivered("/soon")) == len(sink.delivered("/rare")) == len(ids), 2 * WITHIN, "what has failed")
            for path, seconds in (("/soon", SOON), ("/rare", RARELY)):
                early = [event for event in ids if told[path, event, 2] - told[path, event, 1] < seconds]
                self.assertEqual(early, [], path)
            await self.call(wait_for, self.nothing_out, WITHIN, "that to be recorded")
            self.assertEqual(set(sink.delivered()), {(path, event) for path in ("/served", "/soon", "/rare") for event in ids})
            repeated = sum(count - 1 for count in sink.delivered().values())
            self.assertLessEqual(repeated, 2 * 3 * CONCURRENCY, "more again than two kills interrupted")
            self.trusts_its_log()

    async def test_what_comes_after_a_change_of_its_endpoint_ends_so_though_the_clock_has_stepped_back(self):
        async with Sink() as sink:
            await self.call(self.install)
            self.set(self.ahead)
            for name in ("purged", "resumed", "off"):
                await self.call(self.endpoint, sink, name, SOON)
            await self.call(self.publish)
            await sink.wait(lambda: len(sink.delivered()) == 3 * EVENTS, WITHIN)
            await self.call(wait_for, self.nothing_out, WITHIN, "that to be recorded")
            ok = self.installation.api.ok
            await self.call(ok, "POST", "/endpoints/purged/purge", {"all": True})
            for name, state in (("resumed", "disabled"), ("resumed", "active"), ("off", "disabled")):
                await self.call(ok, "PATCH", "/endpoints/" + name, {"state": state})
            self.set(self.ahead // 2)
            ids = await self.call(self.publish)
            await self.call(self.restart, 0, signal.SIGKILL)
            ids += await self.call(self.publish)
            await sink.wait(lambda: {(path, event) for path in ("/purged", "/resumed") for event in ids} <= set(sink.delivered()), WITHIN)
            await self.call(wait_for, self.nothing_out, WITHIN, "that to be recorded")
            self.assertEqual(len(await self.call(self.installation.dead_letters)), 0, "of what is no event of a disabled endpoint")
            self.assertEqual(len(sink.delivered("/off")), EVENTS)


class ClocksOnKafka(Clocks):
    ahead = -OFF  # of the dispatcher; the broker is off the other way

    def install(self):
        """The gateway is off the other way than the dispatcher, and the broker as the gateway."""
        self.broker_clock, self.gateway_clock, self.clock = (Clock(self.directory / f"{name}.clock") for name in ("broker", "gateway", "dispatcher"))
        self.broker = Broker(self, self.broker_clock)
        # Its clock makes steps that a short session would not outlast; and one that is killed has its partitions back at once.
        environment = {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "300", "CERTES_DISPATCHER_INSTANCE": "one"}
        self.installation = Installation(self, "kafka", environment | self.clock.environment, brokers_list=self.broker.brokers)
        self.installation.gateways[0].environment |= self.gateway_clock.environment

    def set(self, off):
        self.clock.set(off)
        for clock in (self.broker_clock, self.gateway_clock):
            clock.set(-off)


if __name__ == "__main__":
    unittest.main()
