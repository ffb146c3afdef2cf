"""What one tenant asks for holds up no other: large dead letters in pages, replays above any budget, over real processes."""
import asyncio
import unittest

from harness import Api, Case, Installation, Sink, Producer, event, request

WITHIN = 120
LETTERS, BYTES = 80, 500_000


class Letters(Case):
    async def test_large_dead_letters_are_listed_and_replayed_in_pages_while_others_are_served(self):
        failing = True
        async with Sink(lambda *_: 508 if failing else 200) as sink:
            installation = await asyncio.to_thread(Installation, self, "sqlite")
            api = installation.api
            api.ok("PUT", "/tenants/other", {})
            other = Api(api.address, api.ok("POST", "/keys?tenant=other", {"scopes": ["*"]})["key"])
            api.ok("PUT", "/endpoints/one", {"url": sink.url("/one")})
            api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            producer = Producer(installation.ingest, connections=4)
            await producer.send((n, event("a.b", "x" * BYTES)) for n in range(LETTERS))
            self.assertEqual(len(producer.accepted()), LETTERS)
            await sink.wait(lambda: len(sink.receipts) == LETTERS, WITHIN)
            letters = await self.letters(installation)

            flood = [asyncio.to_thread(request, api.address, "GET", "/api/v1/dead-letters?limit=1000", None, api.headers) for _ in range(24)]
            short = [asyncio.to_thread(other.call, "GET", "/endpoints") for _ in range(8)]
            one = asyncio.to_thread(api.ok, "GET", f"/dead-letters/{letters[-1]['id']}")
            *answers, shown = await asyncio.gather(*flood, *short, one)
            self.assertEqual({answer[0] for answer in answers}, {200})
            self.assertTrue(all(len(answer[2]) < 1 << 20 for answer in answers[:24]))
            self.assertEqual(shown["data"], "x" * BYTES)

            failing = False
            jobs = [await asyncio.to_thread(api.job, "/dead-letters/replay", {"all": True}) for _ in range(2)]
            # What was asked twice is sent once: then none is open any more.
            self.assertEqual([(job["total"], job["done"], job["repeated"]) for job in jobs], [(LETTERS, LETTERS, 0), (0, 0, 0)])
            await sink.wait(lambda: len(sink.delivered("/one")) == LETTERS, WITHIN)
            self.assertEqual(set(sink.delivered("/one").values()), {1})
            self.assertLess(installation.serve.rss_bytes(), 300 << 20)

    async def letters(self, installation):
        letters = []
        while len(letters) < LETTERS:
            letters = await asyncio.to_thread(installation.dead_letters)
            await asyncio.sleep(0.1)
        self.assertEqual(len({letter["id"] for letter in letters}), LETTERS)
        self.assertFalse(any("data" in letter for letter in letters))
        return letters


if __name__ == "__main__":
    unittest.main()
