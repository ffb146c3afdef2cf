"""The description of the API against what others make of it: a linter, a tester that sends whatever it allows and what
it does not, a client that was generated from it; and whether the harness would notice if it were wrong."""
import asyncio
import json
import os
import pathlib
import subprocess
import unittest

import described
from harness import ADMIN_KEY, ROOT, Case, Installation, Sink, request

SDK = ROOT / "tests/system/sdk"
JSON = {"content-type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}
SHOWN = {"id": "a", "concurrency": 1, "timeout_seconds": 2, "state": "active"}


def installed(script, *arguments):
    """What a script of tools/tests has installed, and where."""
    done = subprocess.run([ROOT / "tools/tests" / script, *arguments], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def document_of(installation):
    status, _, text = request(installation.api.address, "GET", "/api/v1/openapi.json")
    assert status == 200, text
    return text


class Held(Case):
    """What the harness holds every request and answer against is held itself."""

    def setUp(self):
        super().setUp()
        self.description = described.Description(json.loads(document_of(Installation(self, "sqlite"))))

    def passes(self, *exchange):
        self.description.check(*exchange)

    def refused(self, word, *exchange):
        with self.assertRaisesRegex(AssertionError, word):
            self.description.check(*exchange)

    def page(self, *items):
        return json.dumps({"items": list(items), "next": None}).encode()

    async def test_what_is_described_passes_and_nothing_else(self):
        one = "/api/v1/endpoints/a"
        shown = json.dumps(SHOWN).encode()
        self.passes("GET", "/api/v1/endpoints?limit=5", {}, None, 200, JSON, self.page(SHOWN))
        self.passes("PUT", one, JSON, '{"url":"http://a/"}', 200, JSON, shown)
        self.passes("PUT", one, JSON, '{"nope":1}', 400, PROBLEM, self.problem("invalid", 400))
        self.refused("no such route", "GET", "/api/v1/nothing", {}, None, 200, JSON, b"{}")
        self.refused("no parameter limt", "GET", "/api/v1/endpoints?limt=5", {}, None, 200, JSON, self.page())
        self.refused("limit", "GET", "/api/v1/endpoints?limit=5000", {}, None, 200, JSON, self.page())
        self.refused("is no status", "GET", one, {}, None, 418, JSON, b"{}")
        self.refused("required property", "GET", one, {}, None, 200, JSON, b'{"id":"a"}')
        self.refused("is none of", "GET", one, {}, None, 200, {"content-type": "text/html"}, shown)
        self.refused("is none of", "GET", one, {}, None, 404, PROBLEM, self.problem("conflict", 404))
        self.refused("nope", "PUT", one, JSON, '{"url":"http://a/","nope":1}', 200, JSON, shown)
        self.refused("needs a body", "PUT", one, JSON, None, 200, JSON, shown)
        self.refused("has no body", "DELETE", one, JSON, "{}", 204, {}, b"")

    def problem(self, kind, status):
        return json.dumps({"type": "/problems/" + kind, "title": "", "status": status, "detail": ""}).encode()


class Linted(Case):
    async def test_redocly_finds_nothing(self):
        package = pathlib.Path(installed("sdk.sh")) / "node_modules/@redocly/cli"
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        if [int(part) for part in node.removeprefix("v").split(".")] < [20, 19]:
            self.skipTest(f"@redocly/cli needs Node.js 20.19, and this is {node}")
        path = self.directory / "openapi.json"
        path.write_bytes(document_of(Installation(self, "sqlite")))
        quiet = os.environ | {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
        done = subprocess.run(["node", package / "bin/cli.js", "lint", path, "--format", "json"], capture_output=True,
                              text=True, timeout=120, cwd=self.directory, env=quiet)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["problems"], [])


class Tried(Case):
    """Schemathesis sends what the description allows, its edges, and what it does not allow."""

    # Not that of what it allows everything is taken: what is named must be there, and fit.
    # Not Allow: /dead-letters/replay takes what /dead-letters/{id} does, too.
    LEFT_OUT = "positive_data_acceptance,allow_header_conformance"

    def tried(self, name, address, document, paths):
        """Sends to one listener what is described of it."""
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(document | {"paths": paths}))
        with open(self.directory / f"{name}.log", "wb") as log:
            return subprocess.Popen([self.python, "-m", "schemathesis.cli", "run", path, "--url", f"http://{address[0]}:{address[1]}",
                                     "-H", f"Authorization: Bearer {ADMIN_KEY}", "--phases", "examples,coverage,fuzzing",
                                     "--max-examples", "3", "--seed", "1", "--generation-database", "none",
                                     "--exclude-checks", self.LEFT_OUT, "--continue-on-failure", "--no-color"],
                                    stdout=log, stderr=subprocess.STDOUT, cwd=self.directory)

    async def test_no_server_error_and_nothing_that_is_not_described(self):
        self.python = installed("sdk-python.sh", "openapi")
        installation = Installation(self, "sqlite")
        document = json.loads(document_of(installation))
        gateway, api = {}, {}
        for path, item in document["paths"].items():
            of_gateway = any("{gateway}" in server["url"] for server in item.get("servers", []))
            if not path.endswith("/stream"):  # which has no end
                (gateway if of_gateway else api)[path] = {k: v for k, v in item.items() if k != "servers"}
        runs = {"api": self.tried("api", installation.api.address, document, api),
                "gateway": self.tried("gateway", installation.ingest, document, gateway)}
        for run in runs.values():
            self.addCleanup(run.kill)
        for name, run in runs.items():
            status = await asyncio.to_thread(run.wait, 200)
            said = (self.directory / f"{name}.log").read_text()
            self.assertEqual(status, 0, f"{name}:\n{said[-8000:]}")
            self.assertRegex(said, r"[0-9]{3,} generated, [0-9]{3,} passed")
        self.assertIsNone(installation.serve.process.poll())


class Generated(Case):
    async def test_a_generated_client_publishes_subscribes_and_replays(self):
        python = installed("sdk-python.sh", "openapi")
        installation = Installation(self, "sqlite")
        path = self.directory / "openapi.json"
        path.write_bytes(document_of(installation))
        made = subprocess.run([python, "-m", "openapi_python_client", "generate", "--path", path, "--meta", "none",
                               "--config", SDK / "openapi-python-client.yml", "--output-path", self.directory / "certes_client"], capture_output=True, text=True, timeout=120)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        self.assertNotIn("not be generated", made.stdout)

        up = False
        async with Sink(lambda *_: 200 if up else 500) as sink:
            async def client(verb):
                urls = [f"http://{host}:{port}" for host, port in (installation.api.address, installation.ingest)]
                done = await asyncio.create_subprocess_exec(
                    python, SDK / "openapi_client.py", verb, *urls, ADMIN_KEY, sink.url("/billing"),
                    env={"PYTHONPATH": str(self.directory)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                out, err = await done.communicate()
                self.assertEqual(done.returncode, 0, err.decode())
                return json.loads(out)

            declared = await client("declare")
            self.assertEqual(declared["listed"], [declared["made"]["id"]])
            published = await client("publish")
            await sink.wait(lambda: sink.receipts, 20)
            await sink.wait(installation.dead_letters, 20, "the dead letter")
            up = True
            replayed = await client("replay")
            self.assertEqual(replayed["letters"], [published["id"]])
            self.assertEqual(replayed["replayed"]["kind"], "replay_dead_letters")
            await sink.wait(lambda: sink.delivered("/billing"), 20)
            self.assertEqual([one.body for one in sink.receipts], [b'{"total":42}'] * 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
