"""Resources over several processes: a subscription that was answered 201 sees every later event."""
import asyncio
import unittest
import threading

from harness import ADMIN_KEY, Api, Case, Installation, Producer, Sink, brokers, event, wait_for

ROUNDS = 1000


class RegistryOnKafka(Case):
    async def test_a_subscription_answered_201_sees_an_event_of_the_next_millisecond(self):
        installation = Installation(self, "kafka", gateways=2)
        async with Sink() as sink:
            api = installation.api
            api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
            producer = Producer(installation.gateways[1].address("gateway"))
            reader, writer = await asyncio.open_connection(*producer.address)
            loop = asyncio.get_running_loop()
            wanted = set()
            for n in range(ROUNDS):
                status, _, answer = await loop.run_in_executor(
                    None, api.call, "POST", "/subscriptions", {"endpoint": "one", "pattern": f"round.n{n}"})
                self.assertEqual(status, 201, answer)
                status, answer = await producer.post(reader, writer, event(f"round.n{n}", n))
                self.assertEqual(status, 202, answer)
                wanted.add(answer["id"])
            writer.close()
            await sink.wait(lambda: len({r.id for r in sink.receipts}) >= ROUNDS, 60)
            self.assertEqual({r.id for r in sink.receipts}, wanted)

    async def test_two_gateways_changing_one_resource_at_once_one_is_told_412(self):
        installation = Installation(self, "kafka", gateways=2)
        apis = [Api(g.address("api")) for g in installation.gateways]
        apis[0].ok("PUT", "/endpoints/one", {"url": "https://example.com/hook", "concurrency": 1})
        for n in range(20):
            _, headers, _ = apis[0].call("GET", "/endpoints/one")
            wait_for(lambda: apis[1].call("GET", "/endpoints/one")[1].get("etag") == headers["etag"], 10, "both see the version")
            found = [None, None]

            def change(k):
                found[k] = apis[k].call("PATCH", "/endpoints/one", {"concurrency": 2 + 2 * n + k}, {"If-Match": headers["etag"]})[0]

            threads = [threading.Thread(target=change, args=(k,)) for k in (0, 1)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(found), [200, 412])
            self.assertEqual(apis[0].ok("GET", "/endpoints/one")["concurrency"], 2 + 2 * n + found.index(200))


if __name__ == "__main__":
    unittest.main(verbosity=2)
