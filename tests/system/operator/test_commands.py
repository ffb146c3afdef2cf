"""The operator's commands, as an operator types them; the README's walk-through in its own words."""
import asyncio
import hashlib
import hmac
import json
import os
import re
import select
import shlex
import signal
import subprocess
import time
import unittest

from harness import ADMIN_KEY, Api, BINARY, Case, ROOT, Sink, event, free_port, refusing_port, github_signature, request, run_to_end, wait_for

WITHIN = 30
ID = r"evt_[0-9A-HJKMNP-TV-Z]{26}"


class Running:
    """A command that stays, such as `certes listen`, and what it has printed."""

    def __init__(self, case, words, environment):
        base = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")}
        self.process = subprocess.Popen(words, env=base | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        cwd=case.directory)
        self.output = ""
        case.addCleanup(self.end)

    def wait_for(self, pattern, within=WITHIN):
        deadline = time.monotonic() + within
        while not (found := re.search(pattern, self.output)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], max(left, 0))[0]:
                raise AssertionError(f"no {pattern!r} within {within} s:\n{self.output}")
            chunk = os.read(self.process.stdout.fileno(), 65536)
            if not chunk:
                raise AssertionError(f"ended with {self.process.wait()} and without {pattern!r}:\n{self.output}")
            self.output += chunk.decode()
        return found

    def end(self, number=signal.SIGINT):
        """The exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(WITHIN)
        self.process.stdout.close()
        return status


class CommandCase(Case):
    dev = True

    def setUp(self):
        super().setUp()
        self.serve = self.process("serve", dev=self.dev).start()
        self.api = Api(self.serve.address("api"))
        self.urls = {"CERTES_URL": f"http://{self.serve.ports['api']}", "CERTES_GATEWAY_URL": f"http://{self.serve.ports['gateway']}"}

    def run_words(self, *words, within=WITHIN, input=None, **environment):
        base = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")}
        done = subprocess.run([BINARY, *words], env=base | self.urls | environment, capture_output=True, timeout=within,
                              cwd=self.directory, text=True, input=input)
        return done.returncode, done.stdout, done.stderr

    def ok(self, *words, **more):
        status, out, err = self.run_words(*words, **more)
        self.assertEqual((status, err), (0, ""), out)
        return out

    def refused(self, *words, status=1, says=(), **more):
        got, out, err = self.run_words(*words, **more)
        self.assertEqual(got, status, out + err)
        self.assertEqual(out, "", "what went wrong goes to standard error")
        for word in says:
            self.assertIn(word, err)
        return err

    def listen(self, *words, **environment):
        listener = Running(self, [BINARY, "listen", *words], self.urls | environment)
        listener.wait_for("listening to ")
        return listener

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def endpoint_ids(self):
        return [one["id"] for one in self.api.pages("/endpoints")]


class Readme(CommandCase):
    """What the README tells to type is typed, with other ports and another place of the binary."""

    def setUp(self):
        super().setUp()
        self.text = (ROOT / "README.md").read_text()

    def blocks(self, language=""):
        found = re.findall(r"^```(\w*)\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return [text for word, text in found if word == language]

    def commands(self, containing):
        found = []
        for block in self.blocks():
            for line in block.replace("\\\n", " ").splitlines():
                if containing in line:
                    line = line.replace("http://127.0.0.1:9600", self.urls["CERTES_GATEWAY_URL"])
                    line = line.replace("http://127.0.0.1:9610", self.urls["CERTES_URL"])
                    found.append(line.replace("build/release/certes", shlex.quote(BINARY)))
        self.assertTrue(found, f"the README has no {containing}")
        return found

    def shell(self, line, **environment):
        base = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")}
        done = subprocess.run(["bash", "-c", line], env=base | self.urls | environment, capture_output=True, timeout=WITHIN,
                              cwd=self.directory, text=True)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_the_walk_through_does_what_it_says(self):
        listen, = self.commands("certes listen")
        listener = Running(self, ["bash", "-c", "exec " + listen], self.urls)
        listener.wait_for("listening to order.#")
        curls = self.commands("curl ")
        accepted = json.loads(self.shell(curls[0]))
        self.assertEqual(accepted["status"], "accepted")
        shown = listener.wait_for(rf"order\.created  ({ID})\n  (.*)\n")
        self.assertEqual((shown[1], shown[2]), (accepted["id"], '{"total":42}'))
        wait_for(lambda: f"order.created {accepted['id']} → nobody" in self.serve.log(), WITHIN, "the line of --dev")
        self.assertEqual(listener.end(), 0)
        self.assertEqual(self.endpoint_ids(), [], "listen makes no resource")

        endpoint, subscription = (json.loads(self.shell(line)) for line in curls[1:])
        self.assertRegex(endpoint["secret"], r"^whsec_[A-Za-z0-9+/]{32,}={0,2}$")
        self.assertEqual((endpoint["id"], endpoint["url"], endpoint["concurrency"]), ("billing", "http://127.0.0.1:8080/hooks", 16))
        self.assertEqual((subscription["id"], subscription["pattern"], subscription["priority"]), ("payments", "payment.*", "critical"))

        toml, = self.blocks("toml")
        self.write("hooks.toml", toml)
        apply, = self.commands("certes apply")
        apply = apply.replace("GITHUB_WEBHOOK_SECRET=…", "GITHUB_WEBHOOK_SECRET=hush")
        first = self.shell(apply)
        self.assertIn("created sources/github\n", first)
        self.assertIn("changed endpoints/billing\n", first)
        self.assertIn('  url: "http://127.0.0.1:8080/hooks" → "https://billing.example.com/hooks"\n', first)
        self.assertIn("created subscriptions/issues\n", first)
        self.assertEqual(sorted(self.shell(apply).splitlines()),
                         ["unchanged endpoints/billing", "unchanged sources/github", "unchanged subscriptions/issues"])
        body = b'{"action":"opened"}'
        headers = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": github_signature("hush", body)}
        self.assertEqual(request(self.serve.address("gateway"), "POST", "/events/github", body, headers)[0], 202)

        # Something to send again: nobody listens there.
        self.api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 0.01, "max_attempts": 1})
        self.api.ok("PUT", "/endpoints/gone", {"url": f"http://127.0.0.1:{refusing_port()}/", "backoff_policy": "once"})
        self.api.ok("PUT", "/subscriptions/gone", {"endpoint": "gone", "pattern": "lost"})
        self.shell(curls[0].replace("order.created", "lost"))
        wait_for(lambda: list(self.api.pages("/dead-letters")), WITHIN, "a dead letter")
        listed, = self.commands("dead-letters list")
        replay, = self.commands("dead-letters replay")
        title, line = self.shell(listed).splitlines()
        self.assertEqual(title.split(), ["ID", "TIME", "STATE", "EVENT", "ENDPOINT", "TYPE", "ATTEMPTS", "RULE", "ERROR"])
        self.assertRegex(line, r"^dl_\S+ +\d{4}-\S+Z \(\S+ s ago\) +open +evt_\S+ +gone +lost +1 +max_attempts +connect: ")
        identity = line.split()[0]
        self.assertEqual(self.shell(re.sub(r"\bID$", identity, replay)), f"replayed {identity}\n")
        wait_for(lambda: len(list(self.api.pages("/dead-letters"))) == 2, WITHIN, "the replay's own dead letter")


class Doctor(CommandCase):
    def doctor(self, **environment):
        status, out, error = run_to_end("doctor", environment=self.urls | environment)
        self.assertEqual(error, "")
        return status, out

    def test_what_is_well_and_what_is_not(self):
        wait_for(lambda: self.api.call("GET", "/events")[0] == 200, WITHIN, "the index of history to be open")
        status, out = self.doctor()
        self.assertEqual(status, 0, out)
        for check in ("api", "gateway", "version", "settings", "endpoints", "deliveries", "dead letters", "history", "keys"):
            self.assertRegex(out, rf"(?m)^{check} +(good|look) ")
        self.api.ok("PUT", "/endpoints/gone", {"url": "http://127.0.0.1:9/"})
        self.api.ok("PUT", "/endpoints/rests", {"url": "http://127.0.0.1:9/"})
        self.api.ok("POST", "/endpoints/rests/pause")
        self.api.ok("PATCH", "/config", {"gateway.maintenance": True})
        status, out = self.doctor()
        self.assertEqual(status, 0, out)
        self.assertRegex(out, r"(?m)^settings +look +gateway\.maintenance is true")
        self.assertIn("without a subscription, so they get nothing, 1: gone", out)
        self.assertIn("paused, 1: rests", out)
        status, out = self.doctor(CERTES_GATEWAY_URL=f"http://127.0.0.1:{refusing_port()}")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^gateway +bad +no answer at ")
        status, out, _ = run_to_end("doctor", "--json", environment=self.urls)
        self.assertEqual({finding["grade"] for finding in json.loads(out)}, {"good", "look"})
        self.assertEqual(self.serve.stop(), 0)
        status, out = self.doctor()
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^api +bad ")


class Apply(CommandCase):
    FILE = """\
[[backoff_policies]]
id = "often"
strategy = "constant"
base_seconds = 0.5

[[endpoints]]
id = "one"
url = "http://127.0.0.1:9/one"
backoff_policy = "often"
headers = { "X-Team" = "billing" }
retry_on = [400]

[[endpoints]]
id = "two"
url = "http://127.0.0.1:9/two"
secret = "${TWO_SECRET}"

[[subscriptions]]
id = "all"
endpoint = "one"
pattern = "#"
"""
    SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    OTHER = "whsec_" + "B" * 40

    def state(self):
        return {kind: list(self.api.pages("/" + kind)) for kind in ("backoff-policies", "sources", "endpoints", "subscriptions")}

    def test_a_second_time_changes_nothing_and_a_dry_run_says_what_would(self):
        self.write("a.toml", self.FILE)
        status, out, err = self.run_words("apply", "--dry-run", "a.toml", TWO_SECRET=self.SECRET)
        names = ["backoff-policies/often", "endpoints/one", "endpoints/two", "subscriptions/all"]
        self.assertEqual((status, out.splitlines(), err), (10, [f"would create {name}" for name in names], ""))
        self.assertEqual(self.state()["endpoints"], [])
        out = self.ok("apply", "a.toml", TWO_SECRET=self.SECRET)
        self.assertEqual([line for line in out.splitlines() if line[0] != " "], [f"created {name}" for name in names])
        self.assertEqual(len(re.findall(r"  secret: whsec_\S+  \(shown this once\)", out)), 1, "the one that was made, not the one given")
        self.assertNotIn(self.SECRET, out)
        before = self.state()
        unchanged = [f"unchanged {name}" for name in names]
        self.assertEqual(self.ok("apply", "a.toml", TWO_SECRET=self.SECRET).splitlines(), unchanged)
        self.assertEqual(self.ok("apply", "--dry-run", "a.toml", TWO_SECRET=self.SECRET).splitlines(), unchanged)
        self.assertEqual(self.state(), before)
        self.write("a.toml", self.FILE.replace("0.5", "0.75"))
        status, out, _ = self.run_words("apply", "--dry-run", "a.toml", TWO_SECRET=self.SECRET)
        self.assertEqual((status, out.splitlines()), (10, ["would change backoff-policies/often", "  base_seconds: 0.5 → 0.75", *unchanged[1:]]))
        self.assertEqual(self.state(), before)

    def test_a_dry_run_sees_another_secret_and_tells_none(self):
        self.write("a.toml", self.FILE)
        self.ok("apply", "a.toml", TWO_SECRET=self.SECRET)
        before = self.state()
        status, out, _ = self.run_words("apply", "--dry-run", "a.toml", TWO_SECRET=self.OTHER)
        self.assertEqual((status, "would change endpoints/two\n  secret\n" in out), (10, True), out)
        self.assertEqual(self.state(), before)
        out = self.ok("apply", "a.toml", TWO_SECRET=self.OTHER)
        self.assertIn("changed endpoints/two\n  secret\n", out)
        self.assertNotIn(self.OTHER, out)

    def test_what_is_wrong_is_said_with_file_and_line_and_nothing_is_changed(self):
        cases = [  # an addition to a good file, the line of it at fault, and a word of the reason
            ('[[endpoints]]\nid = "x"\nurl = "http://127.0.0.1:9/"\nconcurency = 3\n', 4, "concurrency"),
            ('[[endpoints]]\nid = "x"\nurl = "http://127.0.0.1:9/"\nconcurrency = -3\n', 4, "concurrency"),
            ('[[endpoints]]\nid = "x"\nurl = "http://10.1.2.3/"\n', 3, "10.1.2.3"),
            ('[[endpoints]]\nid = "x"\nurl = "http://u:p@example.com/"\n', 3, "URL"),
            ('[[endpoints]]\nid = "x"\nurl = "http://127.0.0.1:9/"\nbackoff_policy = "nobody"\n', 4, "nobody"),
            ('[[endpoints]]\nid = "x"\nurl = "http://127.0.0.1:9/"\nordering = "keys"\n', 4, "ordering"),
            ('[[endpoints]]\nid = "one"\nurl = "http://127.0.0.1:9/"\n', 1, "declared at"),
            ('[[subscriptions]]\nid = "y"\nendpoint = "nobody"\npattern = "#"\n', 3, "nobody"),
            ('[[subscriptions]]\nid = "y"\nendpoint = "one"\npattern = "a..b"\n', 4, "words"),
            ('[[subscriptions]]\nid = "y"\nendpoint = "one"\npattern = "#"\npriority = "urgent"\n', 5, "critical"),
            ('[[sources]]\nid = "s"\nverify = { scheme = "github" }\n', 3, "secret"),
            ('[[sources]]\nid = "s"\nverify = { scheme = "github", secret = "${NOT_THERE}" }\n', 3, "NOT_THERE"),
            ('[[endpoint]]\nid = "x"\n', 1, "endpoints"),
            ('[[endpoints]]\nid = x\n', 2, ""),
        ]
        before = self.state()
        offset = self.FILE.count("\n")
        for n, (addition, line, word) in enumerate(cases):
            with self.subTest(addition):
                name = f"f{n}.toml"
                self.write(name, self.FILE + addition)
                for option in ([], ["--dry-run"]):
                    self.refused("apply", *option, name, says=[f"{name}:{offset + line}: ", word], TWO_SECRET=self.SECRET)
                self.assertEqual(self.state(), before)
        # The same way through several files, a directory and standard input.
        (self.directory / "many").mkdir()
        self.write("many/1.toml", self.FILE)
        self.write("many/2.toml", '[[sources]]\nid = "s"\nverify = { scheme = "hope" }\n')
        self.refused("apply", "many", says=["2.toml:3: "], TWO_SECRET=self.SECRET)
        self.assertEqual(self.state(), before)
        self.write("many/2.toml", '[[sources]]\nid = "s"\nverify = { scheme = "none" }\n')
        self.assertIn("created sources/s\n", self.ok("apply", "many", TWO_SECRET=self.SECRET))
        self.assertIn("created subscriptions/two.a.any\n", self.ok("apply", "-", input='[[subscriptions]]\nendpoint = "two"\npattern = "a.*"\n'))
        self.refused("apply", "-", input="[[subscriptions]]\npattern = 1\n", says=["standard input:1: "])
        self.refused("apply", "nowhere.toml", says=["nowhere.toml"])

    def test_secrets_come_from_files_beside_the_declaration(self):
        (self.directory / "sub").mkdir()
        self.write("sub/secret", self.SECRET + "\n")
        self.write("sub/a.toml", '[[endpoints]]\nid = "x"\nurl = "http://127.0.0.1:9/"\nsecret_file = "secret"\n')
        self.ok("apply", "sub/a.toml")
        self.assertEqual(self.ok("apply", "sub/a.toml"), "unchanged endpoints/x\n")
        (self.directory / "sub/secret").unlink()
        self.refused("apply", "sub/a.toml", says=["a.toml:4: "])


    def test_what_is_exported_can_be_applied_and_changes_nothing(self):
        self.write("a.toml", self.FILE)
        self.ok("apply", "a.toml", "--owner", "shop", TWO_SECRET=self.SECRET)
        self.api.ok("PUT", "/endpoints/by-hand", {"url": "http://127.0.0.1:9/", "breaker": None, "headers": {"X-Key": "hidden"}})
        self.api.ok("POST", "/endpoints/by-hand/pause")
        self.api.ok("PUT", "/event-types/order.created", {"schema": {"type": "object", "const": {"a": "${HOME}"}}})
        self.api.ok("PUT", "/sources/hook", {"verify": {"scheme": "github", "secret": self.OTHER}})
        before = self.state()
        file = self.ok("export")
        for hidden in (self.SECRET, self.OTHER, "hidden"):
            self.assertNotIn(hidden, file)
        status, out, err = self.run_words("apply", "--dry-run", "-", input=file)
        self.assertEqual((status, err), (0, ""), out)
        self.assertEqual({line.split()[0] for line in out.splitlines()}, {"unchanged"}, out)
        self.ok("apply", "-", input=file)
        self.assertEqual(self.state(), before)
        self.assertEqual({owner for kind in json.loads(self.ok("export", "--owner", "shop")).values() for owner in {r["owner"] for r in kind}}, {"shop"})
        # Elsewhere the rest of it comes with it, and what is sealed has to be said.
        for kind, ids in (("subscriptions", ["all"]), ("endpoints", ["one", "two", "by-hand"]), ("sources", ["hook"])):
            for id in ids:
                self.api.ok("DELETE", f"/{kind}/{id}")
        self.refused("apply", "-", input=file, says=["standard input: /sources/0/verify", "secret"])

    def test_an_owner_has_what_it_declares_and_prunes_nothing_else(self):
        self.write("a.toml", self.FILE)
        self.ok("apply", "a.toml", "--owner", "shop", TWO_SECRET=self.SECRET)
        self.assertEqual({r["owner"] for kind in self.state().values() for r in kind}, {"shop"})
        self.api.ok("PUT", "/endpoints/by-hand", {"url": "http://127.0.0.1:9/"})
        mine = '[[endpoints]]\nid = "one"\nurl = "http://127.0.0.1:9/one"\n'
        before = self.state()
        self.refused("apply", "-", input=mine, says=["standard input:1: endpoints/one", "shop", "--force"])
        self.refused("apply", "-", "--prune", input=mine, says=["--owner"], status=2)
        self.assertEqual(self.state(), before)
        kept = self.FILE[:self.FILE.index("[[subscriptions]]")].replace('id = "two"', 'id = "three"')
        expected = ["subscriptions/all", "endpoints/two"]
        status, out, _ = self.run_words("apply", "--dry-run", "-", "--owner", "shop", "--prune", input=kept, TWO_SECRET=self.SECRET)
        self.assertEqual((status, out.splitlines()[-2:]), (10, [f"would delete {name}" for name in expected]))
        self.assertEqual(self.state(), before)
        out = self.ok("apply", "-", "--owner", "shop", "--prune", input=kept, TWO_SECRET=self.SECRET)
        self.assertEqual(out.splitlines()[-2:], [f"deleted {name}" for name in expected])
        self.assertEqual(sorted(e["id"] for e in self.state()["endpoints"]), ["by-hand", "one", "three"])
        self.assertIn('  owner: "shop" → "apply"\n', self.ok("apply", "-", "--force", input=mine))


class Commands(CommandCase):
    async def test_send_takes_its_data_from_the_line_a_file_or_standard_input(self):
        async with Sink() as sink:
            self.api.ok("PUT", "/endpoints/one", {"url": sink.url("/one"), "concurrency": 1})
            self.api.ok("PUT", "/subscriptions/one", {"endpoint": "one", "pattern": "#"})
            self.write("data.json", '{"from":"a file"}')
            runs = [(["a.b", '{"total":42}'], None, b'{"total":42}'), (["a.b", "@data.json"], None, b'{"from":"a file"}'),
                    (["a.b", "-"], '[1,2]', b"[1,2]"), (["a.b", "hello"], None, b'"hello"'), (["a.b"], None, b"null"),
                    (["a.b", "1", "--id", "i-1", "--source", "urn:x", "--subject", "s", "--partition-key", "k"], None, b"1")]
            for n, (words, given, body) in enumerate(runs):
                out = await asyncio.to_thread(self.ok, "send", *words, input=given)
                identity = re.fullmatch(rf"({ID}) accepted\n", out)[1]
                await sink.wait(lambda n=n: len(sink.receipts) == n + 1, WITHIN)
                self.assertEqual((sink.receipts[n].id, sink.receipts[n].body), (identity, body))
            named = sink.receipts[-1]
            self.assertEqual([named.headers["ce-" + n] for n in ("id", "source", "subject", "partitionkey")], ["i-1", "urn:x", "s", "k"])
            again = await asyncio.to_thread(self.ok, "send", "a.b", "1", "--id", "i-1", "--source", "urn:x")
            self.assertEqual(again, f"{named.id} (duplicate: accepted before)\n")
            shown = json.loads(await asyncio.to_thread(self.ok, "send", "a.b", "1", "--json"))
            self.assertEqual(shown["status"], "accepted")
            self.refused("send", "a.b", '{"bad":', says=["looks like JSON", "--text"])
            (self.directory / "bytes").write_bytes(bytes(range(256)) + bytes(44))
            self.refused("send", "a.b", "@bytes", says=["neither JSON nor text", "--content-type"])
            before = len(sink.receipts)
            await asyncio.to_thread(self.ok, "send", "a.b", "@bytes", "--content-type", "application/octet-stream", "--source", "urn:x")
            await sink.wait(lambda: len(sink.receipts) > before, WITHIN)
            self.assertIn(bytes(range(256)) + bytes(44), [r.body for r in sink.receipts])
            self.refused("send", "a..b", says=["400", "/type"])
            self.refused("send", "a.b", "@nowhere", says=["nowhere"])

    async def test_listen_posts_what_an_endpoint_would_get_and_tries_three_times(self):
        answers = [503]
        async with Sink(lambda *_: answers[-1]) as sink:
            listener = await asyncio.to_thread(self.listen, "--pattern", "a.*", "--to", sink.url("/mine?x=1"), "--count", "3")
            secret = (await asyncio.to_thread(listener.wait_for, r"listening to a\.\*, signing with (whsec_\S+) \(Ctrl-C ends\)\n"))[1]
            sink.secrets["/mine?x=1"] = secret
            to = re.escape(sink.url("/mine?x=1"))
            identity = (await asyncio.to_thread(self.ok, "send", "a.b", '{"x":1}')).split()[0]
            await asyncio.to_thread(listener.wait_for, rf'a\.b  {identity}\n  {{"x":1}}\n  → {to}: 503, again in 1 s\n')
            answers.append(204)
            await asyncio.to_thread(listener.wait_for, rf"503, again in 1 s\n  → {to}: 204\n")
            for number, got in enumerate(sink.receipts, 1):
                self.assertEqual((got.path, got.body, got.id, got.attempt, got.headers["content-type"], got.headers["ce-type"]),
                                 ("/mine?x=1", b'{"x":1}', identity, number, "application/json", "a.b"))
                self.assertTrue(got.verified)
            answers.append(500)
            await asyncio.to_thread(self.ok, "send", "other")
            await asyncio.to_thread(self.ok, "send", "a.c")
            await asyncio.to_thread(listener.wait_for, rf"a\.c  {ID}\n(  \S*\n)?(  → {to}: 500, again in 1 s\n){{2}}  → {to}: 500\n")
            await asyncio.to_thread(self.ok, "send", "a.d")
            # --count 3 ends it by itself.
            self.assertEqual(await asyncio.to_thread(listener.process.wait, WITHIN), 0)
            self.assertNotIn("other", [r.headers["ce-type"] for r in sink.receipts])
            self.assertEqual(self.endpoint_ids(), [])

    async def test_listen_brings_a_providers_webhook_to_a_handler_that_verifies_it(self):
        self.api.ok("PUT", "/sources/st", {"verify": {"scheme": "stripe", "secret": "whsec_of_stripe"}})
        async with Sink() as sink:
            listener = await asyncio.to_thread(self.listen, "--to", sink.url("/stripe"), "--count", "3")
            bodies = [b'{"id":"evt_1","type":"charge.paid"}', b'{\r\n "id": "evt_2",\n "type": "charge.paid"\r\n}\n',
                      b' {"id":"evt_3","type":"charge.paid","text":"\xc3\xa9"}']
            for body in bodies:
                at = str(int(time.time()))
                digest = hmac.new(b"whsec_of_stripe", at.encode() + b"." + body, hashlib.sha256).hexdigest()
                status, _, answer = await asyncio.to_thread(request, self.serve.address("gateway"), "POST", "/events/st?a=b", body,
                                                            {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={digest}"})
                self.assertEqual(status, 202, answer)
            self.assertEqual(await asyncio.to_thread(listener.process.wait, WITHIN), 0)
            self.assertEqual([r.body for r in sink.receipts], bodies)
            for got in sink.receipts:
                parts = dict(part.split("=", 1) for part in got.headers["stripe-signature"].split(","))
                mac = hmac.new(b"whsec_of_stripe", parts["t"].encode() + b"." + got.body, hashlib.sha256).hexdigest()
                self.assertEqual(mac, parts["v1"])
                self.assertEqual((got.headers["certes-query"], got.headers["content-type"]), ("a=b", "application/json"))

    async def test_listen_as_json_and_of_a_tenant(self):
        self.api.ok("PUT", "/tenants/acme", {})
        for tenant in ("acme", "default"):
            with self.subTest(tenant=tenant):
                listener = Running(self, [BINARY, "listen", "--json", "--tenant", tenant, "--count", "1"], self.urls)
                began = json.loads((await asyncio.to_thread(listener.wait_for, r"(.*)\n"))[1])
                self.assertEqual((began["listening"], began["secret"][:6]), ("#", "whsec_"))
                for of in ("default", "acme"):
                    await asyncio.to_thread(self.ok, "send", "--tenant", of, "of." + of, '"x"')
                self.assertEqual(await asyncio.to_thread(listener.process.wait, WITHIN), 0)
                shown = json.loads((listener.output + listener.process.stdout.read().decode()).splitlines()[1])
                self.assertEqual((shown["type"], shown["body"]), ("of." + tenant, '"x"'))
                self.assertEqual(shown["headers"]["webhook-id"], shown["id"])
                self.assertEqual(shown["headers"]["ce-type"], "of." + tenant)

    async def test_a_listen_that_is_killed_leaves_nothing_behind(self):
        listener = await asyncio.to_thread(self.listen)
        listener.process.kill()
        listener.process.wait(WITHIN)
        self.assertEqual(self.endpoint_ids(), [])
        self.assertEqual(list(self.api.pages("/subscriptions")), [])

    def test_listen_refuses_what_is_no_url(self):
        self.refused("listen", "--to", "localhost:3000", says=["--to", "http://"])

    def test_resources_are_made_shown_changed_and_removed(self):
        out = self.ok("endpoints", "create", "one", "url=http://127.0.0.1:9/one", "concurrency=2")
        self.assertRegex(out, r"^created endpoints/one\nsecret: whsec_\S+  \(shown this once\)\n$")
        title, line = self.ok("endpoints", "list").splitlines()
        self.assertEqual(title.split(), ["ID", "URL", "STATE", "CONCURRENCY", "VERSION", "UPDATED_AT", "UPDATED_BY"])
        self.assertEqual(line.split()[:5], ["one", "http://127.0.0.1:9/one", "active", "2", "1"])
        self.assertEqual(self.ok("endpoints", "update", "one", "concurrency=3", "headers.X-Team=billing"), "updated endpoints/one\n")
        shown = json.loads(self.ok("endpoints", "show", "one", "--json"))
        self.assertEqual((shown["concurrency"], shown["headers"], shown["url"]), (3, {"X-Team": {"set": True}}, "http://127.0.0.1:9/one"))
        self.assertEqual(shown["secret"], {"set": True})
        self.assertRegex(self.ok("endpoints", "show", "one"), r"(?m)^concurrency +3$")
        self.assertEqual(json.loads(self.ok("endpoints", "list", "--json")), [shown])
        self.refused("endpoints", "create", "one", "url=http://127.0.0.1:9/", says=["409"])
        self.refused("endpoints", "update", "nobody", "concurrency=3", status=4, says=["404", "nobody"])
        self.refused("endpoints", "show", "nobody", status=4, says=["404"])
        self.refused("endpoints", "update", "one", "concurrency=none", says=["400", "/concurrency"])
        self.refused("endpoints", "update", "one", status=2, says=["NAME=VALUE"])
        self.ok("subscriptions", "create", "--body", '{"endpoint":"one","pattern":"a.*"}')
        made, = self.api.pages("/subscriptions")
        self.assertRegex(made["id"], r"^sub_")
        self.ok("subscriptions", "update", made["id"], "priority=high")
        self.assertEqual(self.api.ok("GET", f"/subscriptions/{made['id']}")["priority"], "high")
        self.refused("endpoints", "delete", "one", says=["409", "--cascade"])
        self.assertEqual(self.ok("endpoints", "delete", "one", "--cascade"), "deleted endpoints/one\n")
        self.assertEqual((self.endpoint_ids(), list(self.api.pages("/subscriptions"))), ([], []))
        self.write("policy.json", '{"strategy":"schedule","schedule_seconds":[1,2]}')
        self.ok("backoff-policies", "create", "p", "--body", "@policy.json")
        self.assertEqual(self.api.ok("GET", "/backoff-policies/p")["schedule_seconds"], [1, 2])
        self.assertEqual(self.ok("backoff-policies", "delete", "p"), "deleted backoff-policies/p\n")
        self.ok("sources", "create", "gh", "verify.scheme=github", "verify.secret=hush")
        self.assertNotIn("hush", self.ok("sources", "show", "gh", "--json"))
        self.ok("sources", "delete", "gh")
        self.ok("tenants", "create", "acme")
        self.assertIn("acme", self.ok("tenants", "list"))
        self.ok("tenants", "delete", "acme")

    def test_more_than_a_page_is_listed(self):
        for n in range(130):
            self.api.ok("PUT", f"/backoff-policies/p{n}", {"strategy": "constant"})
        self.assertEqual(len(json.loads(self.ok("backoff-policies", "list", "--json"))), 130)

    async def test_pause_resume_and_rotate_secret_work_on_deliveries(self):
        async with Sink() as sink:
            out = self.ok("endpoints", "create", "one", f"url={sink.url('/one')}")
            old = re.search(r"secret: (\S+)", out)[1]
            self.ok("subscriptions", "create", "one", "endpoint=one", "pattern=#")
            self.assertEqual(self.ok("endpoints", "pause", "one"), "paused endpoints/one\n")
            self.assertEqual(self.api.ok("GET", "/endpoints/one")["state"], "paused")
            self.ok("send", "a.b")
            await asyncio.to_thread(wait_for, lambda: self.serve.metrics("dispatcher")['certes_dispatcher_waiting{priority="normal",where="log"}'] == 1,
                                    WITHIN, "a waiting delivery")
            self.assertEqual(sink.receipts, [])
            out = self.ok("endpoints", "rotate-secret", "one")
            new = re.fullmatch(r"rotated the secret of endpoints/one\nsecret: (whsec_\S+)  \(shown this once\)\n", out)[1]
            sink.secrets["/one"] = new
            self.assertEqual(self.ok("endpoints", "resume", "one"), "resumed endpoints/one\n")
            await sink.wait(lambda: sink.receipts, WITHIN)
            self.assertTrue(sink.receipts[0].verified, "signed with the secret of now")
            self.assertNotEqual(old, new)
            self.refused("endpoints", "pause", "nobody", status=4, says=["404"])

    async def test_dead_letters_are_listed_shown_and_replayed(self):
        failing = True
        async with Sink(lambda *_: 508 if failing else 200) as sink:
            for name in ("one", "two"):
                self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url("/" + name)})
                self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "#"})
            for n in range(3):
                self.ok("send", "a.b", json.dumps({"n": n}))
            letters = await asyncio.to_thread(wait_for, lambda: (l := list(self.api.pages("/dead-letters"))) and len(l) == 6 and l, WITHIN, "6 dead letters")
            listed = self.ok("dead-letters", "list").splitlines()
            self.assertEqual([line.split()[0] for line in listed], ["ID"] + [l["id"] for l in letters])
            self.assertRegex(listed[1], r"^dl_\S+ +20\S+Z \(\S+ s ago\) +open +evt_\S+ +(one|two) +a\.b +1 +loop_detected +508$")
            self.assertEqual(len(self.ok("dead-letters", "list", "--limit", "2").splitlines()), 3)
            of_one = json.loads(self.ok("dead-letters", "list", "--endpoint", "one", "--json"))
            self.assertEqual([l["endpoint"] for l in of_one], ["one"] * 3)
            shown = json.loads(self.ok("dead-letters", "show", of_one[0]["id"], "--json"))
            self.assertEqual((shown["id"], shown["data"], shown["rule"]), (of_one[0]["id"], {"n": 2}, "loop_detected"))
            self.assertRegex(self.ok("dead-letters", "show", of_one[0]["id"]), r'(?m)^data +\{"n":2\}$')
            self.assertRegex(run_to_end("doctor", environment=self.urls)[1], r"(?m)^dead letters +look +6 are open")
            failing = False
            self.assertEqual(self.ok("dead-letters", "replay", of_one[0]["id"]), f"replayed {of_one[0]['id']}\n")
            await sink.wait(lambda: len(sink.delivered()) == 1, WITHIN)
            delivered = lambda: json.loads(self.ok("dead-letters", "list", "--state", "delivered", "--json"))
            self.assertEqual([l["id"] for l in await asyncio.to_thread(wait_for, delivered, WITHIN, "its state")], [of_one[0]["id"]])
            self.assertEqual(len(json.loads(self.ok("dead-letters", "list", "--state", "open", "--json"))), 5)
            self.assertEqual(self.ok("dead-letters", "replay", "--endpoint", "two"), "replayed 3\n")
            await sink.wait(lambda: len(sink.delivered("/two")) == 3, WITHIN)
            await asyncio.to_thread(wait_for, lambda: len(delivered()) == 4, WITHIN, "their states")
            self.assertEqual(self.ok("dead-letters", "replay", "--all", "--dry-run"), "2 would be sent again\n")
            self.assertEqual(self.ok("dead-letters", "replay", "--all"), "replayed 2\n")
            await sink.wait(lambda: sum(sink.delivered().values()) == 6, WITHIN)
            self.assertIn("replayed before", self.ok("dead-letters", "replay", of_one[0]["delivery"]))
            self.assertEqual(json.loads(self.ok("dead-letters", "show", of_one[0]["delivery"], "--json"))["id"], of_one[0]["id"])
            self.assertEqual(self.ok("dead-letters", "replay", "--endpoint", "one", "--again"), "replayed 3\n")
            self.assertEqual(self.ok("dead-letters", "replay", of_one[0]["id"], "--again"), f"replayed {of_one[0]['id']}\n")
            await sink.wait(lambda: sum(sink.delivered().values()) == 10, WITHIN)
            await asyncio.to_thread(wait_for, lambda: len(delivered()) == 6, WITHIN, "all of their states")
            self.assertRegex(run_to_end("doctor", environment=self.urls)[1], r"(?m)^dead letters +good +none")
            self.refused("dead-letters", "show", "nobody", status=4, says=["404"])
            self.refused("dead-letters", "replay", "nobody", status=4, says=["404"])
            self.refused("dead-letters", "replay", status=2, says=["--all"])


class Keys(CommandCase):
    dev = False

    def test_a_key_can_do_what_its_scopes_say_and_no_more(self):
        self.refused("endpoints", "list", status=5, says=["401", "CERTES_KEY"])
        self.refused("endpoints", "list", status=5, says=["401"], CERTES_KEY="certes_" + "x" * 43)
        self.write("admin.key", ADMIN_KEY + "\n")
        for words, environment in ((["--key", ADMIN_KEY], {}), (["--key-file", "admin.key"], {}), ([], {"CERTES_KEY": ADMIN_KEY}),
                                   ([], {"CERTES_KEY_FILE": "admin.key"})):
            self.ok("endpoints", "list", *words, **environment)
        self.refused("endpoints", "list", "--key-file", "nowhere", says=["nowhere"])
        out = self.ok("keys", "create", "ci", 'scopes=["events:write"]', "--key", ADMIN_KEY)
        key = re.search(r"(?m)^key: (certes_[A-Za-z0-9_-]{43})  \(shown this once\)$", out)[1]
        self.ok("send", "a.b", "1", CERTES_KEY=key)
        self.refused("endpoints", "list", status=5, says=["403", "endpoints:read"], CERTES_KEY=key)
        self.refused("keys", "create", "more", 'scopes=["*"]', status=5, says=["403", "keys:write"], CERTES_KEY=key)
        self.ok("keys", "create", "reader", "--body", '{"scopes":["endpoints:read","keys:read","keys:write"]}', CERTES_KEY=ADMIN_KEY)
        reader = self.ok("keys", "create", "reader2", 'scopes=["endpoints:read","keys:write"]', CERTES_KEY=ADMIN_KEY)
        reader = re.search(r"(?m)^key: (\S+)", reader)[1]
        self.ok("endpoints", "list", CERTES_KEY=reader)
        self.refused("endpoints", "create", "x", "url=https://example.com/", status=5, says=["403", "endpoints:write"], CERTES_KEY=reader)
        self.refused("send", "a.b", "1", status=5, says=["403", "events:write"], CERTES_KEY=reader)
        self.refused("keys", "create", "more", 'scopes=["events:write"]', status=5, says=["403", "events:write"], CERTES_KEY=reader)
        self.refused("keys", "create", "odd", 'scopes=["all"]', says=["400", "/scopes/0"], CERTES_KEY=ADMIN_KEY)
        listed = self.ok("keys", "list", "--json", CERTES_KEY=ADMIN_KEY)
        self.assertEqual({one["id"] for one in json.loads(listed)}, {"admin", "ci", "reader", "reader2"})
        self.assertNotIn(key, listed)
        self.assertNotIn("hash", listed)
        self.ok("keys", "delete", "ci", CERTES_KEY=ADMIN_KEY)
        self.refused("send", "a.b", "1", status=5, says=["401"], CERTES_KEY=key)


class Alone(Case):
    """Commands that need no service, or miss it."""

    def run_words(self, *words, **environment):
        return run_to_end(*words, environment=environment, cwd=self.directory)

    def test_what_is_no_command_is_named_and_ends_with_2(self):
        for words, says in [(["frobnicate"], "frobnicate"), (["endpoints", "frobnicate"], "frobnicate"), ([], "--help"),
                            (["serve", "--frobnicate"], "--frobnicate"), (["send"], "TYPE"), (["serve", "extra"], "extra"),
                            (["listen", "--priority", "urgent"], "--priority"), (["dead-letters", "list", "--limit", "x"], "x")]:
            with self.subTest(words=words):
                status, out, err = self.run_words(*words)
                self.assertEqual((status, out), (2, ""), err)
                self.assertIn(says.lower(), err.lower())
                self.assertIn("--help", err)

    def test_help_and_version(self):
        status, out, _ = self.run_words("--help")
        self.assertEqual(status, 0)
        for command in ("serve", "gateway", "dispatcher", "listen", "send", "apply", "topics", "config", "endpoints", "dead-letters"):
            self.assertRegex(out, rf"(?m)^ +{command} ")
        status, out, _ = self.run_words("endpoints", "create", "--help")
        self.assertEqual((status, "NAME=VALUE" in out), (0, True))
        version = re.search(r"project\(\s*certes\s+VERSION\s+([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.IGNORECASE)[1]
        for words in (["version"], ["--version"]):
            self.assertEqual(self.run_words(*words), (0, f"certes {version}\n", ""))

    def test_a_service_that_is_not_there_is_named(self):
        url = f"http://127.0.0.1:{free_port()}"
        (self.directory / "a.toml").write_text('[[sources]]\nid = "s"\nverify = { scheme = "none" }\n')
        for words in (["endpoints", "list"], ["endpoints", "create", "x", "url=http://x/"], ["dead-letters", "list"], ["apply", "a.toml"]):
            with self.subTest(words=words):
                status, out, err = self.run_words(*words, CERTES_URL=url)
                self.assertEqual((status, out), (3, ""))
                self.assertIn(f"cannot reach {url}/", err)
        status, _, err = self.run_words("send", "a.b", CERTES_GATEWAY_URL=url)
        self.assertEqual(status, 3)
        self.assertIn(f"cannot reach {url}/events", err)
        status, _, err = self.run_words("endpoints", "list", "--url", "nonsense://x")
        self.assertEqual(status, 1)
        self.assertIn("nonsense://x", err)

    def test_config_check_shows_where_each_value_is_from_and_names_the_line_at_fault(self):
        (self.directory / "good.toml").write_text('[gateway]\nlisten = "127.0.0.1:7000"\n[dispatcher]\nsenders = 2\n')
        status, out, err = self.run_words("config", "check", "--config", "good.toml", "--set", "dispatcher.senders=3", "--json",
                                          CERTES_API_LISTEN="127.0.0.1:7001")
        self.assertEqual((status, err), (0, ""))
        lines = {line["name"]: line for line in json.loads(out)}
        self.assertEqual(lines["gateway.listen"]["value"], "127.0.0.1:7000")
        self.assertIn("good.toml:2", lines["gateway.listen"]["from"])
        self.assertEqual(lines["api.listen"]["value"], "127.0.0.1:7001")
        self.assertIn("CERTES_API_LISTEN", lines["api.listen"]["from"])
        self.assertEqual(lines["dispatcher.senders"]["value"], "3")
        self.assertEqual((lines["dispatcher.listen"]["value"], lines["dispatcher.listen"]["from"]), ("127.0.0.1:9620", "default"))
        status, out, _ = self.run_words("config", "check", "--config", "good.toml")
        self.assertRegex(out, r"(?m)^gateway\.listen +127\.0\.0\.1:7000 +\S*good\.toml:2 \(default 127\.0\.0\.1:9600\)")
        for text, line, word in [('[gateway]\nlisten = "127.0.0.1:0"\n\n[dispatcher]\nsenders = "many"\n', 5, "dispatcher.senders"),
                                 ('[gateway]\nmax_body_byte = 3\n', 2, "max_body_bytes"), ('[gatway]\nlisten = "x"\n', 1, "gateway"),
                                 ('[gateway\n', 1, ""), ('[gateway]\nlisten = "nowhere"\n', 2, "gateway.listen"),
                                 ('[dispatcher]\nallow_networks = ["10.0.0.0/8", "10.0.0/8"]\n', 2, "10.0.0/8")]:
            with self.subTest(text=text):
                (self.directory / "bad.toml").write_text(text)
                status, out, err = self.run_words("config", "check", "--config", "bad.toml")
                self.assertEqual((status, out), (1, ""), err)
                self.assertIn(f"bad.toml:{line}: ", err)
                self.assertIn(word, err)
        status, _, err = self.run_words("config", "check", CERTES_GATEWAY_LISTN="x")
        self.assertEqual((status, "CERTES_GATEWAY_LISTEN" in err), (1, True), err)
        status, _, err = self.run_words("config", "check", "--config", "nowhere.toml")
        self.assertEqual((status, "nowhere.toml" in err), (1, True), err)

    def test_topics_says_what_kafka_needs_for_these_settings(self):
        status, out, err = self.run_words("topics", "--json", CERTES_KAFKA_PREFIX="shop.", CERTES_KAFKA_PARTITIONS="6",
                                          CERTES_GATEWAY_MAX_BODY_BYTES="100000")
        self.assertEqual((status, err), (0, ""))
        shown = json.loads(out)
        topics = {topic["name"]: topic for topic in shown["topics"]}
        self.assertEqual({name: topics[name]["partitions"] for name in ("shop.events", "shop.attempts", "shop.dead-letters", "shop.registry")},
                         {"shop.events": 6, "shop.attempts": 6, "shop.dead-letters": 6, "shop.registry": 1})
        self.assertEqual(topics["shop.events"]["settings"]["max.message.bytes"], str(100000 + (64 << 10)))
        self.assertEqual(topics["shop.dead-letters"]["settings"]["max.message.bytes"], str(100000 + (128 << 10)))
        self.assertIn("group shop.dispatcher", [one["on"] for one in shown["permissions"]])
        status, out, _ = self.run_words("topics")
        self.assertRegex(out, r"(?m)^certes\.events +12 +-1 +")
        self.assertRegex(out, r"(?m)^group certes\.dispatcher +Describe Read")


class Terminal(CommandCase):
    """What others wrote does not steer the terminal of who looks at it."""

    STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

    def test_no_control_character_is_printed(self):
        self.api.ok("PUT", "/sources/raw", {"verify": {"scheme": "none"}})
        listener = self.listen("--pattern", "#")
        tail = Running(self, [BINARY, "events", "tail", "--pattern", "#"], self.urls)
        tail_json = Running(self, [BINARY, "events", "tail", "--pattern", "#", "--json"], self.urls)
        wait_for(lambda: self.serve.metrics("gateway").get("certes_gateway_stream_watchers") == 3, WITHIN, "all three to watch")
        body = "plain \x9b31m \x7f \u202egnp.exe\u2069 good\rbad\n2026-01-31T08:00:00Z  order.created"
        status, _, _ = request(self.serve.address("gateway"), "POST", "/events/raw", body.encode(), {"Content-Type": "text/plain"})
        self.assertEqual(status, 202)
        for running in (listener, tail):
            running.wait_for(re.escape("\\u009b31m \\u007f \\u202egnp.exe\\u2069 good\\u000dbad\n  2026-01-31"))
        tail_json.wait_for("order.created")
        for running in (listener, tail, tail_json):
            self.assertNotRegex(running.output, self.STEERING)
        self.assertEqual(json.loads(tail_json.output.splitlines()[-1])["data"], body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
