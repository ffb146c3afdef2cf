#!/usr/bin/env python3
"""How deliveries say who sends them: each scheme at an endpoint that asks for it, and secrets that are nowhere but in
its requests."""
import asyncio
import json
import unittest

from harness import Api, Case, Sink, event, post_json

WITHIN = 30


def lower(headers):
    return {name.lower(): value for name, value in dict(headers).items()}


class Authenticated(Case):
    """`certes serve` with what is common to all."""

    async def begin(self, **options):
        self.serve = await asyncio.to_thread(lambda: self.process("serve", **options).start())
        self.api = Api(self.serve.address("api"))

    async def publish(self, kind="a.b"):
        status, answer = await asyncio.to_thread(post_json, self.serve.address("gateway"), "/events", event(kind, 1))
        self.assertEqual(status, 202)
        return answer

    def subscribe(self, endpoint, pattern="#"):
        self.api.ok("PUT", f"/subscriptions/{endpoint}", {"endpoint": endpoint, "pattern": pattern})

    def hide(self, *canaries):
        """They are in no answer, in no line of the log, in no file, in the clear."""
        answers = [self.api.ok("GET", path) for path in ("/endpoints", "/audit", "/events", "/dead-letters")]
        metrics = json.dumps(list(self.serve.metrics("gateway")))
        self.serve.stop()
        log = self.serve.log_path.read_text(errors="replace") + self.serve.output.decode(errors="replace")
        files = {path: path.read_bytes() for path in (self.serve.directory / "data").rglob("*") if path.is_file()}
        self.assertTrue(files)
        for canary in canaries:
            self.assertNotIn(canary, json.dumps(answers) + metrics + log)
            for path, content in files.items():
                self.assertNotIn(canary.encode(), content, path)


class Schemes(Authenticated):
    async def test_each_scheme_says_who_sends_and_no_secret_is_seen(self):
        schemes = {
            "basic": ({"scheme": "basic", "username": "certes", "password": "canary-password"}, "authorization",
                      "Basic Y2VydGVzOmNhbmFyeS1wYXNzd29yZA=="),
            "bearer": ({"scheme": "bearer", "token": "canary-token"}, "authorization", "Bearer canary-token"),
            "header": ({"scheme": "header", "name": "X-Api-Key", "value": "canary-value"}, "x-api-key", "canary-value"),
        }

        def behave(path, headers, _):
            _, name, value = schemes[path[1:]]
            return 204 if lower(headers).get(name) == value else 401

        await self.begin()
        async with Sink(behave) as sink:
            for name, (auth, _, _) in schemes.items():
                made = self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}"), "auth": auth})
                secret = {"basic": "password", "bearer": "token", "header": "value"}[name]
                self.assertEqual(made["auth"], auth | {secret: {"set": True}})
                self.subscribe(name)
            await self.publish()
            await sink.wait(lambda: len(sink.delivered()) == 3, WITHIN)
            # Who has only the secret changed has the next request sent with it.
            schemes["bearer"] = (None, "authorization", "Bearer canary-rotated")
            self.api.ok("PATCH", "/endpoints/bearer", {"auth": {"token": "canary-rotated"}})
            await self.publish()
            await sink.wait(lambda: len(sink.delivered("/bearer")) == 2, WITHIN)
        self.assertEqual({receipt.status for receipt in sink.receipts}, {204})
        self.hide("canary-password", "canary-token", "canary-value", "canary-rotated",
                  "Y2VydGVzOmNhbmFyeS1wYXNzd29yZA==")


if __name__ == "__main__":
    unittest.main()
