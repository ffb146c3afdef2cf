"""Webhooks as providers sign them: by their own libraries, verified by Certes; and the other way round, what Certes
delivers, verified by an unmodified receiver. And docs/sources.md: its examples are applied, and then work."""
import asyncio
import base64
import gzip
import hashlib
import hmac
import json
import os
import pathlib
import re
import subprocess
import time
import unittest

from harness import ADMIN_KEY, ROOT, Api, Case, Sink, github_signature, request, run_to_end

JSON = {"Content-Type": "application/json"}


def mac(secret, text, algorithm=hashlib.sha256):
    return hmac.new(secret.encode(), text if isinstance(text, bytes) else text.encode(), algorithm)


def lenient(verify):
    """The time stamps are as old as the test is slow; only some schemes sign one."""
    timed = {"generic", "gitlab", "paddle", "slack", "standard-webhooks", "stripe", "zendesk"}
    return verify | ({"tolerance_seconds": 600} if verify["scheme"] in timed else {})


class Schemes(Case):
    def setUp(self):
        super().setUp()
        self.serve = self.process("serve", dev=True).start()
        self.gateway = self.serve.address("gateway")
        self.api = Api(self.serve.address("api"))

    def post(self, source, headers, body, query="", method="POST"):
        target = f"/events/{source}" + (f"?{query}" if query else "")
        return request(self.gateway, method, target, body, headers)


class Sdk(Schemes):
    def setUp(self):
        super().setUp()
        done = subprocess.run([ROOT / "tools/tests/sdk.sh"], capture_output=True, text=True, timeout=500)
        self.assertEqual(done.returncode, 0, done.stderr)
        # ES modules are found beside the script that asks for them.
        self.scripts = self.directory / "sdk"
        self.scripts.mkdir()
        (self.scripts / "node_modules").symlink_to(pathlib.Path(done.stdout.strip()) / "node_modules")
        for script in (ROOT / "tests/system/sdk").glob("*.mjs"):
            (self.scripts / script.name).write_text(script.read_text())
        self.receiver = None

    def tearDown(self):
        if self.receiver is not None:
            self.receiver.kill()
            self.receiver.wait()
            self.receiver.stdout.close()
        super().tearDown()

    def signed(self):
        done = subprocess.run(["node", "sign.mjs", "https://hooks.example.com/events"], cwd=self.scripts,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_what_the_libraries_sign_is_taken_once_and_a_changed_body_is_refused(self):
        requests = self.signed()
        self.assertEqual(len({one["name"] for one in requests}), 11)
        for one in requests:
            with self.subTest(one["name"]):
                self.api.ok("PUT", f"/sources/{one['name']}", {"verify": lenient(one["verify"])})
                body = one["body"].encode()
                status, headers, first = self.post(one["name"], one["headers"], body, one["query"])
                self.assertIn(status, (200, 202), first)
                status_again, _, again = self.post(one["name"], one["headers"], body, one["query"])
                self.assertEqual(status_again, status)
                if one["name"] == "twilio":
                    self.assertEqual((headers["content-type"], first, again), ("text/xml", b"<Response/>", b"<Response/>"))
                elif one["name"] != "meta":  # which has no id
                    self.assertTrue(json.loads(again).get("duplicate"), again)
                    self.assertEqual(json.loads(again)["id"], json.loads(first)["id"])
                self.assertEqual(self.post(one["name"], one["headers"], body + b" ", one["query"])[0], 401)

    def receive(self, secrets):
        self.receiver = subprocess.Popen(["node", "verify.mjs", json.dumps(secrets)], cwd=self.scripts, stdout=subprocess.PIPE,
                                         text=True)
        return json.loads(self.receiver.stdout.readline())["port"]

    def test_an_unmodified_receiver_verifies_what_it_is_delivered(self):
        requests = {one["name"]: one for one in self.signed() if one["name"] in ("stripe", "github", "shopify", "slack")}
        port = self.receive({name: one["verify"]["secret"] for name, one in requests.items()})
        for name, one in requests.items():
            self.api.ok("PUT", f"/sources/{name}", {"verify": lenient(one["verify"])})
            self.api.ok("PUT", f"/endpoints/{name}", {"url": f"http://127.0.0.1:{port}/{name}"})
            self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": f"{name}.#"})
        for name, one in requests.items():
            self.assertIn(self.post(name, one["headers"], one["body"].encode(), "a=1")[0], (200, 202))
        receipts = [json.loads(self.receiver.stdout.readline()) for _ in requests]
        self.assertEqual({receipt["path"]: receipt.get("is", receipt.get("error")) for receipt in receipts}, {
            "/stripe": "evt_sdk",
            "/github": f"issues {requests['github']['headers']['X-GitHub-Delivery']}",
            "/shopify": "ORDERS_CREATE shop.myshopify.com",  # as its library writes topics
            "/slack": "Ev1",
        })

    def test_an_hour_later_an_unmodified_receiver_still_verifies_unless_the_source_keeps_what_came(self):
        secrets = {"stripe": "whsec_stripe_secret", "slack": "8f742231b10e8888abcd99yyyzzz85a5"}
        port = self.receive(secrets | {"shopify": "hush"})
        then = str(int(time.time()) - 3600)  # within the source's tolerance, and far beyond the receivers'

        def send(name, number):
            if name == "stripe":
                body = json.dumps({"id": f"evt_{number}", "object": "event", "type": "invoice.paid"}).encode()
                headers = {"Stripe-Signature": f"t={then},v1=" + mac(secrets[name], f"{then}.".encode() + body).hexdigest()}
            else:
                body = json.dumps({"type": "event_callback", "event_id": f"Ev{number}", "event": {"type": "message"}}).encode()
                headers = {"X-Slack-Request-Timestamp": then,
                           "X-Slack-Signature": "v0=" + mac(secrets[name], f"v0:{then}:".encode() + body).hexdigest()}
            self.assertIn(self.post(name, JSON | headers, body)[0], (200, 202))
            return json.loads(self.receiver.stdout.readline())
        for name, secret in secrets.items():
            source = {"verify": {"scheme": name, "secret": secret, "tolerance_seconds": 5000}}
            self.api.ok("PUT", f"/sources/{name}", source)
            self.api.ok("PUT", f"/endpoints/{name}", {"url": f"http://127.0.0.1:{port}/{name}"})
            self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": f"{name}.#"})
            receipt = send(name, 1)
            self.assertEqual(receipt.get("is"), "evt_1" if name == "stripe" else "Ev1", receipt)
            self.api.ok("PUT", f"/sources/{name}", source | {"signature_tolerance": "keep"})
            self.assertIn("error", send(name, 2))

    def test_what_the_library_of_slack_says_of_a_request_is_what_it_is_answered(self):
        secret = "8f742231b10e8888abcd99yyyzzz85a5"
        done = subprocess.run(["node", "slack.mjs", secret], cwd=self.scripts, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        requests = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(sum(one["good"] for one in requests), 2)
        self.api.ok("PUT", "/sources/slack", {"verify": {"scheme": "slack", "secret": secret}})
        for one in requests:
            with self.subTest(one["name"]):
                status, _, body = self.post("slack", one["headers"], one["body"].encode())
                self.assertEqual(status, 200 if one["good"] else 401, body)


class Kept(Schemes):
    """What has verified is kept, in whatever form it comes."""

    async def test_webhooks_of_every_shape_reach_their_endpoint_as_they_came(self):
        secret = "It's a Secret to Everybody"
        packed = gzip.compress(b'{"action":"opened","packed":true}')
        form = b"payload=%7B%22action%22%3A%22closed%22%7D"
        async with Sink() as sink:
            await asyncio.to_thread(self.api.ok, "PUT", "/sources/gh", {"verify": {"scheme": "github", "secret": secret}})
            await asyncio.to_thread(self.api.ok, "PUT", "/sources/shop", {
                "verify": {"scheme": "value", "header": "X-Token", "secret": "s"}, "type_from": "json:/event", "id_from": "json:/id"})
            await asyncio.to_thread(self.api.ok, "PUT", "/endpoints/all", {"url": sink.url("/all")})
            await asyncio.to_thread(self.api.ok, "PUT", "/subscriptions/all", {"endpoint": "all", "pattern": "#"})
            sent = []
            for kind, body, headers in (("json", b'{"action":"opened"}', JSON), ("packed", packed, JSON | {"Content-Encoding": "gzip"}),
                                        ("form", form, {"Content-Type": "application/x-www-form-urlencoded"})):
                sent.append(("gh", headers | {"X-GitHub-Event": "issues", "X-GitHub-Delivery": kind,
                                              "X-Hub-Signature-256": github_signature(secret, body)}, body))
            sent += [("shop", JSON | {"X-Token": "s"}, body) for body in
                     (b'{"event":"Order Completed","id":"1"}', b'{"id":"2"}', json.dumps({"event": "a", "id": "x" * 300}).encode())]
            for source, headers, body in sent:
                status, _, answer = await asyncio.to_thread(self.post, source, headers, body)
                self.assertEqual(status, 202, answer)
            await sink.wait(lambda: len(sink.receipts) >= len(sent), 60)
            got = {receipt.body: receipt.headers for receipt in sink.receipts}
            self.assertEqual([got[body]["ce-type"] for _, _, body in sent],
                             ["gh.issues.opened", "gh.issues.opened", "gh.issues.closed", "shop.Order_Completed", "shop", "shop.a"])
            self.assertEqual(got[packed]["content-encoding"], "gzip")
            self.assertNotIn("content-encoding", got[form])
            digest = hashlib.sha256(b"x" * 300).hexdigest()
            self.assertEqual(got[sent[-1][2]]["ce-id"], f"sha256:{digest}")

    def test_an_address_is_there_for_who_looks_and_what_is_packed_is_no_event(self):
        self.api.ok("PUT", "/sources/hook", {"verify": {"scheme": "github", "secret": "s"}})
        for method in ("GET", "HEAD"):
            self.assertEqual([self.post(source, {}, None, method=method)[0] for source in ("hook", "none")], [200, 404])
        one = JSON | {"Content-Encoding": "gzip"}
        status, _, answer = request(self.gateway, "POST", "/events", gzip.compress(b'{"type":"a","data":1}'), one)
        self.assertEqual((status, json.loads(answer)["pointer"]), (415, "content-encoding"))
        self.assertIn("gzip", json.loads(answer)["detail"])

    def test_the_answer_to_a_batch_names_what_had_been_accepted_before(self):
        def batch(*ids):
            body = json.dumps([{"type": "a", "data": 1, "id": one} for one in ids]).encode()
            return json.loads(request(self.gateway, "POST", "/events", body, JSON)[2])
        first = batch("1", "2")
        self.assertNotIn("duplicates", first)
        self.assertEqual(batch("2", "3")["duplicates"], [first["accepted"][1]])


class Documented(Schemes):
    def setUp(self):
        super().setUp()
        text = (ROOT / "docs/sources.md").read_text()
        self.examples = re.search(r"```toml\n(.*?)```", text, re.DOTALL).group(1)
        self.table = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)

    def apply(self):
        file = self.directory / "sources.toml"
        file.write_text(self.examples)
        host, port = self.serve.address("api")
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY, "GITHUB_SECRET": "from the environment"}
        status, out, error = run_to_end("apply", str(file), environment=environment)
        self.assertEqual(status, 0, out + error)
        return run_to_end("apply", "--dry-run", str(file), environment=environment)

    def good(self, source, headers, body, query="", status=(200, 202)):
        with self.subTest(source):
            got, _, answer = self.post(source, headers, body, query)
            self.assertIn(got, status, answer)

    def test_every_example_applies_once_and_every_scheme_has_one(self):
        status, out, error = self.apply()
        self.assertEqual(status, 0, out + error)
        declared = {one["id"]: one for one in self.api.pages("/sources")}
        self.assertEqual({one["verify"]["scheme"] for one in declared.values()}, set(self.table))
        self.assertEqual(declared["slack"]["verify"], {"scheme": "slack", "secret": {"set": True}})
        for told in ("whsec_", "signing", "password", "both know"):
            self.assertNotIn(told, json.dumps([one["verify"] for one in declared.values()]))
        status, _, problem = self.api.call("PUT", "/sources/x", {"verify": {"scheme": "md5"}})
        self.assertEqual((status, problem["pointer"]), (400, "/verify/scheme"))
        for scheme in self.table:
            self.assertIn(scheme, problem["detail"])

    def test_the_examples_take_what_is_signed_for_them(self):
        self.apply()
        now, body = str(int(time.time())), b'{"id":"1","type":"a.b","kind":"k"}'
        self.good("github", JSON | {"X-GitHub-Event": "push", "X-Hub-Signature-256": github_signature("from the environment", body)}, body)
        for secret in ("whsec_new", "whsec_old"):
            self.good("stripe", {"Stripe-Signature": f"t={now},v1=" + mac(secret, f"{now}.".encode() + body).hexdigest()}, body)
        self.good("slack", {"X-Slack-Request-Timestamp": now,
                            "X-Slack-Signature": "v0=" + mac("the app's signing secret", f"v0:{now}:".encode() + body).hexdigest()}, body)
        signature = mac("shared with the sender", f"{now}.r-1.".encode() + body, hashlib.sha512).digest()
        own = {"X-Signature": "v1=" + base64.b64encode(signature).decode(), "X-Timestamp": now, "X-Request-Id": "r-1"}
        status, headers, answer = self.post("in-house", own, body)
        self.assertEqual((status, headers["content-type"], answer), (200, "text/plain", b"ok"))
        self.assertEqual(self.post("in-house", own | {"X-Request-Id": "r-2"}, body)[0], 401)
        self.good("token", {"X-Token": "both know it"}, body)
        self.good("graph", JSON, b'{"value":[{"clientState":"as subscribed","changeType":"updated"}]}')
        self.good("legacy", {"Authorization": "Basic " + base64.b64encode(b"name:password").decode()}, body)
        self.good("gitlab", {"X-Gitlab-Token": "the secret token"}, body)
        self.good("own", {"Authorization": f"Bearer {ADMIN_KEY}"}, body)
        self.good("open", JSON, body)
        # Not from a trusted proxy.
        status, _, problem = self.post("bank", {"X-Client-Fingerprint": "ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12"}, body)
        self.assertEqual(status, 401)
        self.assertIn("gateway.trusted_proxies", json.loads(problem)["detail"])

    def test_a_trusted_proxy_names_the_certificate(self):
        self.serve.stop()
        self.serve = self.process("serve", environment={"CERTES_GATEWAY_TRUSTED_PROXIES": "127.0.0.0/8"}, dev=True).start()
        self.gateway = self.serve.address("gateway")
        self.api = Api(self.serve.address("api"))
        self.apply()
        self.good("bank", {"X-Client-Fingerprint": "ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12"}, b"{}")
        self.assertEqual(self.post("bank", {"X-Client-Fingerprint": "ab12cd34ef56ab12cd34ef56ab12cd34ef56ab13"}, b"{}")[0], 401)

    def test_the_challenges_are_answered(self):
        self.apply()
        status, headers, answer = self.post("meta", {}, None, "hub.mode=subscribe&hub.challenge=42&hub.verify_token=as+entered+in+the+dashboard", "GET")
        self.assertEqual((status, headers["content-type"], answer), (200, "text/plain; charset=utf-8", b"42"))
        self.assertEqual(self.post("meta", {}, None, "hub.mode=subscribe&hub.challenge=42&hub.verify_token=x", "GET")[0], 403)
        self.assertEqual(self.post("graph", {}, b"", "validationToken=a%20b")[2], b"a b")
        now, body = str(int(time.time())), b'{"type":"url_verification","challenge":"c"}'
        slack = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": "v0=" + mac("the app's signing secret", f"v0:{now}:".encode() + body).hexdigest()}
        self.assertEqual(self.post("slack", slack, body)[2], b"c")
        grid = b'[{"id":"1","data":{"validationCode":"v"}}]'
        self.assertEqual(json.loads(self.post("open", {"aeg-event-type": "SubscriptionValidation"}, grid)[2]), {"validationResponse": "v"})
        _, headers, _ = self.post("open", {"WebHook-Request-Origin": "e.example.com", "WebHook-Request-Rate": "60"}, None, method="OPTIONS")
        self.assertEqual((headers["webhook-allowed-origin"], headers["webhook-allowed-rate"]), ("e.example.com", "60"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
