"""CloudEvents with clients not written here: the SDKs for JavaScript and Python publish in every mode, and read what is
delivered."""
import asyncio
import base64
import json
import os
import subprocess
import unittest

from harness import ADMIN_KEY, Case, Installation, ROOT, Sink

SDK = ROOT / "tests/system/sdk"


def installed(script):
    """What the script prints as its last line: where the packages are."""
    done = subprocess.run([ROOT / "tools/tests" / script], check=True, capture_output=True, text=True, timeout=240)
    return done.stdout.splitlines()[-1].strip()


class Client:
    """One SDK: `send` publishes, `read` makes events of what was delivered."""

    def __init__(self, language):
        if language == "js":
            self.command, self.environment = ["node", SDK / "cloudevents.mjs"], {"SDK_PACKAGES": installed("sdk.sh")}
        else:
            self.command, self.environment = [installed("sdk-python.sh"), SDK / "cloudevents_sdk.py"], {}

    def run(self, what, given):
        done = subprocess.run([*self.command, what], input=json.dumps(given), capture_output=True, text=True, timeout=60,
                              env=os.environ | self.environment)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)


class Sdk(Case):
    async def check(self, language):
        client = await asyncio.to_thread(Client, language)
        installation = Installation(self, "sqlite")
        async with Sink() as sink:
            for name in ("binary", "structured"):
                installation.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url("/" + name), "format": name})
                installation.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "sdk.#"})
            host, port = installation.ingest
            given = {"url": f"http://{host}:{port}/events", "key": ADMIN_KEY, "prefix": "run"}
            sent = await asyncio.to_thread(client.run, "send", given)
            self.assertEqual({(one["mode"], one["status"]) for one in sent},
                             {("binary", 202), ("structured", 202), ("batch", 202)}, sent)
            wanted = {}
            for one in sent:
                answers = one["answer"]["accepted"] if one["mode"] == "batch" else [one["answer"]["id"]]
                made = one["event"] if one["mode"] == "batch" else [one["event"]]
                self.assertEqual(len(answers), len(made))
                wanted |= {answer: each for answer, each in zip(answers, made)}
            await sink.wait(lambda: len(sink.receipts) >= 2 * len(wanted), 30)
            await self.compare(client, sink, wanted)
            # The same again: all are duplicates, told by the ids that the SDK gave.
            again = await asyncio.to_thread(client.run, "send", given)
            for one in again:
                answers = one["answer"]["accepted"] if one["mode"] == "batch" else [one["answer"]["id"]]
                self.assertTrue(set(answers) <= set(wanted))
                if one["mode"] != "batch":
                    self.assertTrue(one["answer"]["duplicate"])

    async def compare(self, client, sink, wanted):
        """What arrived, read by the SDK, is what it had made."""
        given = [{"headers": r.headers, "body": base64.b64encode(r.body).decode()} for r in sink.receipts]
        read = await asyncio.to_thread(client.run, "read", given)
        for receipt, event in zip(sink.receipts, read):
            made = wanted[receipt.id]
            for name, value in made.items():
                if name in ("time", "datacontenttype", "data", "data_base64"):
                    continue
                self.assertEqual(event.get(name), value, (name, made, event))
            self.assertEqual(self.data(event), self.data(made), made)
            if "datacontenttype" in made:
                self.assertEqual(event["datacontenttype"], made["datacontenttype"])
            if "time" in made:
                self.assertEqual(event["time"][:19], made["time"][:19])

    @staticmethod
    def data(event):
        if "data_base64" in event:
            return base64.b64decode(event["data_base64"])
        data = event.get("data")
        return data.encode() if isinstance(data, str) else data

    async def test_the_javascript_sdk_publishes_in_every_mode_and_reads_deliveries(self):
        await self.check("js")

    async def test_the_python_sdk_publishes_in_every_mode_and_reads_deliveries(self):
        await self.check("python")


if __name__ == "__main__":
    unittest.main(verbosity=2)
