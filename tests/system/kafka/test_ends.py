"""Each change that ends what waits for an endpoint, or sends it elsewhere, while a dispatcher dies, is restarted or gets company:
every delivery has one end, recorded, and it is the one that it would have had."""
import asyncio
import collections
import unittest

from harness import Api, Case, Installation, Sink, brokers, post_json, wait_for
from records import embedded_records, kafka_records, recorded_ends

BATCH, LATER, WITHIN, CONCURRENCY = 1_000, 30, 180, 64

DELIVERED = ("delivered", "")
DISABLED = ("dead_lettered", "endpoint_disabled")
GONE = ("dead_lettered", "gone")  # that which was answered so; all else is disabled
# By endpoint: the end of what waited, and of what came later.
ENDS = {
    "disabled": (DISABLED, None),
    "deleted": (("cancelled", ""), None),
    "paused": (DELIVERED, DELIVERED),
    "edited": (DELIVERED, DELIVERED),
    "gone": (DISABLED, DISABLED),
    "purged": (("cancelled", "purged"), DELIVERED),
}


class Holding(Sink):
    """Answers nobody until it is let go on."""

    def __init__(self):
        super().__init__(lambda path, headers, body: self.answers.get(path))
        self.answers, self.held = {}, []

    def received(self, connection, path, headers, body):
        super().received(connection, path, headers, body)
        if path not in self.answers:
            self.held.append((path, connection))

    def go_on(self, path, held, later):
        """With `held` for those that wait for an answer, and `later` for all that come."""
        self.answers[path] = later
        for _, connection in [one for one in self.held if one[0] == path]:
            connection.answer(held)
        self.held = [one for one in self.held if one[0] != path]


class Ends(Case):
    events, engine = 20_000, "kafka"

    async def call(self, what, *arguments):
        return await asyncio.to_thread(what, *arguments)

    # --- what the two engines do differently

    async def install(self):
        environment = {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "2", "CERTES_DRAIN_SECONDS": "2"}
        self.installation = await self.call(Installation, self, self.engine, environment)
        self.api = self.installation.api

    async def another(self):
        """One more dispatcher. It takes partitions from the others, which write down what waits in all of theirs."""
        first = self.installation.dispatchers[0]
        arguments = first.arguments[first.arguments.index("--brokers"):][:2]
        environment = {name: value for name, value in first.environment.items() if name.startswith("CERTES_")}
        self.installation.dispatchers.append(self.process("dispatcher", *arguments, environment=environment))
        await self.call(self.installation.dispatchers[-1].start)

    async def all_recorded(self):
        """Before the changes: what is not in a checkpoint may end without a record once its endpoint is deleted."""
        await self.another()

    def ends(self):
        prefix = self.installation.gateways[0].environment["CERTES_KAFKA_PREFIX"]
        return recorded_ends(*(kafka_records(brokers(), prefix + topic) for topic in ("attempts", "dead-letters")))

    async def restarted(self, process, end):
        await self.call(end)
        await self.call(process.start)

    # --- what happens

    async def published(self, count):
        ids = []
        while len(ids) < count:
            batch = [{"type": "order.created", "data": {}, "partition_key": str(len(ids) + n)} for n in range(min(BATCH, count - len(ids)))]
            status, answer = await self.call(post_json, self.installation.ingest, "/events", batch)
            self.assertEqual(status, 202, answer)
            ids += answer["accepted"]
        return ids

    def waiting(self, process):
        found = process.metrics("dispatcher").items()
        return sum(value for name, value in found if name.startswith("certes_dispatcher_waiting{"))

    def running(self):
        return [one for one in self.installation.dispatchers if one.process.poll() is None]

    def all_wait(self):
        """Of each endpoint all but what is held: one at each dispatcher."""
        counts = [self.waiting(one) for one in self.running()]
        return min(counts) > 0 and sum(counts) >= len(ENDS) * (self.events - len(counts))

    async def change_all(self):
        ok = self.api.ok
        await self.call(ok, "PATCH", "/endpoints/paused", {"state": "paused"})
        await self.call(ok, "PATCH", "/endpoints/disabled", {"state": "disabled"})
        await self.call(ok, "DELETE", "/endpoints/deleted?cascade=true")
        await self.call(ok, "POST", "/endpoints/purged/purge", {"all": True})
        await self.call(ok, "PATCH", "/endpoints/edited", {"url": self.sink.url("/edited-now"), "concurrency": CONCURRENCY})
        self.sink.go_on("/gone", 410, 410)

    async def ended(self, disturb):
        async with Holding() as sink:
            self.sink = sink
            sink.answers["/edited-now"] = 200
            await self.install()
            # What is answered 500 comes again soon.
            await self.call(self.api.ok, "PUT", "/backoff-policies/soon", {"strategy": "constant", "base_seconds": 0.1, "max_attempts": 10})
            for name in ENDS:
                endpoint = {"url": sink.url("/" + name), "concurrency": 1, "timeout_seconds": 120, "backoff_policy": "soon"}
                await self.call(self.api.ok, "PUT", "/endpoints/" + name, endpoint)
                await self.call(self.api.ok, "PUT", "/subscriptions/" + name, {"endpoint": name, "pattern": "order.#"})
            waited = await self.published(self.events)
            await self.call(wait_for, self.all_wait, WITHIN, "all to be read")
            await self.all_recorded()
            await self.call(wait_for, self.all_wait, WITHIN, "all to be there still")

            before = {process: self.waiting(process) for process in self.running()}
            await self.change_all()
            began = lambda: all(self.waiting(process) < count - 100 for process, count in before.items())
            await self.call(wait_for, began, WITHIN, "the changes to have begun")
            elsewhere = sum(receipt.path == "/edited" for receipt in sink.receipts)
            await disturb()
            for name in ("disabled", "deleted", "paused", "edited", "purged"):
                sink.go_on("/" + name, 500, 200)
            await self.call(self.api.ok, "PATCH", "/endpoints/paused", {"state": "active", "concurrency": CONCURRENCY})
            later = await self.published(LATER)
            for path in ("/paused", "/edited-now", "/purged"):
                await sink.wait(lambda: set(later) <= {event for _, event in sink.delivered(path)}, WITHIN, "what came later at " + path)
            idle = lambda: sum(map(self.waiting, self.running())) == 0 and self.installation.metric("certes_dispatcher_in_flight") == 0
            self.installation.dispatchers = self.running()
            await self.call(wait_for, idle, WITHIN, "the end of all")
            for process in self.running():
                await self.call(process.stop)
            self.look(waited, later, self.ends())
            self.assertEqual(sum(receipt.path == "/edited" for receipt in sink.receipts), elsewhere, "sent to where it was before")
            for path in ("/paused", "/edited-now"):
                self.assertLessEqual(sum(count - 1 for count in sink.delivered(path).values()), CONCURRENCY, "more again than were in flight")

    def look(self, waited, later, ends):
        several = {delivery: found for delivery, found in ends.items() if len(found) != 1}
        self.assertEqual(several, {}, "ends of one delivery")
        found = {name: (collections.Counter(), collections.Counter()) for name in ENDS}
        late = set(later)
        for (name, event), (end,) in ends.items():
            if (name, end) == ("gone", GONE):
                end = DISABLED
            found[name][event in late][end] += 1
        for name, (of_waited, of_later) in ENDS.items():
            wanted = ({of_waited: len(waited)}, {of_later: len(later)} if of_later else {})
            self.assertEqual(tuple(map(dict, found[name])), wanted, name)
        answered = {receipt.id for receipt in self.sink.receipts if receipt.path == "/gone"}
        self.assertLessEqual({event for (_, event), found in ends.items() if found == [GONE]}, answered)
        self.assertEqual({event for _, event in ends}, set(waited) | late)

    async def test_a_kill(self):
        async def kill():
            await self.call(self.installation.dispatchers[0].kill)
        await self.ended(kill)

    async def test_a_stop(self):
        dispatcher = lambda: self.installation.dispatchers[0]
        await self.ended(lambda: self.restarted(dispatcher(), dispatcher().stop))

    async def test_a_rebalance(self):
        await self.ended(self.another)


class EndsEmbedded(Ends):
    events, engine = 4_000, "sqlite"
    test_a_rebalance = None

    async def another(self):
        """There is but one."""

    async def all_recorded(self):
        """It ends orderly, with a checkpoint of all."""
        await self.restarted(self.installation.serve, self.installation.serve.stop)

    async def restarted(self, process, end):
        await super().restarted(process, end)
        self.installation.api = self.api = Api(process.address("api"))
        self.installation.ingest = process.address("gateway")

    def ends(self):
        return recorded_ends(*(embedded_records(self.directory, topic) for topic in ("attempts", "dead-letters")))

    async def test_a_kill(self):
        await self.ended(lambda: self.restarted(self.installation.serve, self.installation.serve.kill))


if __name__ == "__main__":
    unittest.main()
