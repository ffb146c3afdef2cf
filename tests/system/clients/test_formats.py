#!/usr/bin/env python3
"""What endpoints get in each format and under each name of the signature, by the receivers' own libraries."""
import asyncio
import base64
import json
import os
import subprocess
import unittest

from harness import Api, Case, Sink, post_json
from test_cloudevents import SDK, installed

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
SHAPES = {"binary-standard": {}, "binary-both": {"signatures": ["standard", "svix"]},
          "standard-svix": {"format": "standard", "signatures": ["svix"]}, "structured-both": {"format": "structured", "signatures": ["svix", "standard"]}}


def verified(receipts):
    given = [{"secret": SECRET, "headers": r.headers, "body": base64.b64encode(r.body).decode()} for r in receipts]
    done = subprocess.run(["node", SDK / "webhooks.mjs"], input=json.dumps(given), capture_output=True, text=True, timeout=60, check=True,
                          env=os.environ | {"SDK_PACKAGES": installed("sdk.sh")})
    return json.loads(done.stdout)


class Formats(Case):
    async def test_the_libraries_verify_and_read_what_each_endpoint_asked_for(self):
        serve = await asyncio.to_thread(self.process("serve").start)
        api = Api(serve.address("api"))
        async with Sink() as sink:
            for name, shape in SHAPES.items():
                api.ok("PUT", f"/endpoints/{name}", {"url": sink.url("/" + name), "secret": SECRET, "metadata": {"shape": name}} | shape)
                api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "order.#"})
            self.assertEqual(api.ok("GET", "/endpoints/standard-svix")["metadata"], {"shape": "standard-svix"})
            event = {"type": "order.paid", "data": {"total": 42, "name": "Größe"}, "time": "2026-01-31T08:00:00Z"}
            status, answer = await asyncio.to_thread(post_json, serve.address("gateway"), "/events", event)
            self.assertEqual(status, 202, answer)
            await sink.wait(lambda: len(sink.receipts) >= len(SHAPES), 30)
            read = await asyncio.to_thread(verified, sink.receipts)
        for receipt, libraries in zip(sink.receipts, read):
            name = receipt.path.strip("/")
            with self.subTest(name):
                names = SHAPES[name].get("signatures", ["standard"])
                for library in ("standard", "svix"):
                    self.assertEqual("payload" in libraries[library], library in names, libraries)
                payload = libraries[names[0]]["payload"]
                if name.startswith("binary"):
                    self.assertEqual(payload, event["data"])
                elif name.startswith("standard"):
                    self.assertEqual(payload, {"type": "order.paid", "timestamp": event["time"], "data": event["data"]})
                else:
                    self.assertEqual((payload["type"], payload["certesid"], payload["data"]), ("order.paid", answer["id"], event["data"]))


if __name__ == "__main__":
    unittest.main()
