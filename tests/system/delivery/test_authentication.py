#!/usr/bin/env python3
"""How deliveries say who sends them: each scheme at an endpoint that asks for it, and secrets that are nowhere but in
its requests."""
import asyncio
import json
import logging
import ssl
import subprocess
import unittest

from harness import ROOT, Api, Case, Sink, event, post_json, refusing_port, wait_for

WITHIN = 30


def lower(headers):
    return {name.lower(): value for name, value in dict(headers).items()}


class Certificates:
    """An authority, and what it has signed; as PEM."""

    def __init__(self, directory):
        self.directory = directory
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=authority",
                     "-keyout", "authority.key", "-out", "authority.pem")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True)

    def sign(self, name, subject_name):
        (self.directory / f"{name}.ext").write_text(f"subjectAltName={subject_name}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                     "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "10",
                     "-extfile", f"{name}.ext", "-out", f"{name}.pem")

    def text(self, file):
        return (self.directory / file).read_text()


class TlsReceiver:
    """An https server that asks for a client's certificate, and answers 204; `seen`: (its common name, the name that was
    asked for in the handshake, the header Host) of each request."""

    def __init__(self, certificates, name):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates.directory / f"{name}.pem", certificates.directory / f"{name}.key")
        self.context.load_verify_locations(certificates.directory / "authority.pem")
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.sni_callback = self.asked_for
        self.seen, self.names = [], {}
        self.changed = asyncio.Event()

    def asked_for(self, connection, name, _):
        self.names[id(connection)] = name

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def serve(self, reader, writer):
        connection = writer.get_extra_info("ssl_object")
        subject = dict(pair for part in connection.getpeercert()["subject"] for pair in part)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = lower(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(headers["content-length"]))
                self.seen.append((subject["commonName"], self.names.get(id(connection)), headers["host"]))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                self.changed.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def wait(self, count):
        async def there():
            while len(self.seen) < count:
                self.changed.clear()
                await self.changed.wait()
        await asyncio.wait_for(there(), WITHIN)


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

    async def attempts(self, accepted, count):
        """Those of an event, once there are so many and the index has them."""
        def there():
            status, _, answer = self.api.call("GET", f"/events/{accepted['id']}/attempts")
            return status == 200 and len(answer["items"]) == count and answer["items"]
        return await asyncio.to_thread(wait_for, there, WITHIN, f"{count} attempts")

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
        await asyncio.to_thread(self.hide, "canary-password", "canary-token", "canary-value", "canary-rotated",
                                "Y2VydGVzOmNhbmFyeS1wYXNzd29yZA==")


class Tls(Authenticated):
    async def test_a_clients_certificate_is_shown_to_who_asks_and_trusts_its_own_authority(self):
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it tells of each handshake that has failed
        certificates = Certificates(self.directory)
        certificates.sign("receiver", "DNS:receiver.internal,IP:127.0.0.1")
        certificates.sign("one", "DNS:one")
        certificates.sign("two", "DNS:two")
        await self.begin()
        async with TlsReceiver(certificates, "receiver") as receiver, Sink() as sink:
            url = f"https://127.0.0.1:{receiver.port}/hook"
            ca = {"ca": certificates.text("authority.pem")}
            pairs = {name: {"cert": certificates.text(f"{name}.pem"), "key": certificates.text(f"{name}.key")} for name in ("one", "two")}
            endpoints = {"one": ca | pairs["one"], "two": ca | pairs["two"] | {"server_name": "receiver.internal"},
                         "none": ca, "stranger": pairs["one"], "elsewhere": ca | pairs["one"] | {"server_name": "elsewhere.internal"}}
            for name, tls in endpoints.items():
                made = self.api.ok("PUT", f"/endpoints/{name}", {"url": url, "tls": tls})
                self.assertEqual(made["tls"], {member: value if member == "server_name" else {"set": True} for member, value in tls.items()})
                self.subscribe(name)
            accepted = await self.publish()
            await receiver.wait(2)
            host = f"127.0.0.1:{receiver.port}"
            self.assertEqual(sorted(receiver.seen), [("one", None, host), ("two", "receiver.internal", host)])

            attempts = await self.attempts(accepted, 5)
            errors = {attempt["endpoint"]: attempt.get("error", "") for attempt in attempts if attempt["endpoint"] not in ("one", "two")}
            for name in ("stranger", "elsewhere"):
                self.assertTrue(errors[name].startswith("tls: "), errors)
            self.assertEqual(len(receiver.seen), 2)
            # What is not the endpoint's own is not what another one's requests have.
            self.api.ok("PUT", "/endpoints/plain", {"url": sink.url("/plain")})
            self.subscribe("plain")
            await self.publish()
            await sink.wait(lambda: sink.delivered("/plain"), WITHIN)
            await receiver.wait(4)
        key = certificates.text("one.key").splitlines()[1]
        await asyncio.to_thread(self.hide, key, json.dumps(certificates.text("one.key"))[1:-1], certificates.text("one.pem").splitlines()[2])


class OAuth2(Authenticated):
    def oauth2(self, token_url, **more):
        return {"scheme": "oauth2", "token_url": token_url, "client_id": "certes", "client_secret": "canary-client-secret"} | more

    async def test_one_token_for_many_and_another_in_its_time_or_once_it_is_refused(self):
        granted, refused = [], set()
        life = {"seconds": 3600}

        def tokens(_, headers, body):
            self.assertEqual(lower(headers)["authorization"], "Basic Y2VydGVzOmNhbmFyeS1jbGllbnQtc2VjcmV0")
            self.assertEqual(body, b"grant_type=client_credentials&scope=deliver")
            granted.append(f"canary-token-{len(granted) + 1}")
            return 200, [], json.dumps({"access_token": granted[-1], "token_type": "Bearer", "expires_in": life["seconds"]}).encode()

        def receive(_, headers, __):
            scheme, _, token = lower(headers).get("authorization", "").partition(" ")
            return 204 if scheme == "Bearer" and token in granted and token not in refused else 401

        await self.begin()
        async with Sink(tokens) as server, Sink(receive) as sink:
            self.api.ok("PUT", "/endpoints/shop", {"url": sink.url("/shop"), "auth": self.oauth2(server.url("/token"), scope="deliver")})
            self.subscribe("shop")
            for _ in range(50):
                await self.publish()
            await sink.wait(lambda: len(sink.delivered()) == 50, WITHIN)
            self.assertEqual((len(granted), len(sink.receipts)), (1, 50))
            self.assertEqual(self.serve.metrics("gateway")['certes_dispatcher_token_requests_total{outcome="granted"}'], 1)
            # One that is revoked is renewed once, and no delivery has failed by it.
            refused.add(granted[0])
            life["seconds"] = 1
            for _ in range(20):
                await self.publish()
            await sink.wait(lambda: len(sink.delivered()) == 70, WITHIN)
            self.assertEqual({lower(receipt.headers)["certes-attempt"] for receipt in sink.receipts}, {"1"})
            self.assertIn(401, {receipt.status for receipt in sink.receipts})
            # One that ends is renewed without being refused.
            before, told = len(granted), len([r for r in sink.receipts if r.status == 401])
            while len(granted) == before:
                await self.publish()
                await sink.wait(lambda: len(sink.delivered()) == len({r.id for r in sink.receipts}), WITHIN)
            self.assertEqual(len([r for r in sink.receipts if r.status == 401]), told)
        await asyncio.to_thread(self.hide, "canary-client-secret", "Y2VydGVzOmNhbmFyeS1jbGllbnQtc2VjcmV0", "canary-token")

    async def test_without_a_token_the_attempt_has_failed_and_the_endpoint_hears_nothing(self):
        asked = []
        answers = {
            "/refuses": (401, [], b'{"error":"invalid_client","error_description":"canary-client-secret"}'),
            "/huge": (200, [], b'{"access_token":"t","more":"' + b"x" * 2_000_000 + b'"}'),
            "/wrong": (200, [], b"<html>hush</html>"),
            "/redirects": (307, [("Location", "/elsewhere")], b""),
            "/slow": None,
            "/elsewhere": (200, [], b'{"access_token":"t"}'),
        }

        def tokens(path, _, __):
            asked.append(path)
            return answers[path]

        expected = {
            "refuses": "auth: the token server answered 401 invalid_client",
            "huge": "auth: the token server answered what is longer than 16384 bytes, or broke off",
            "wrong": "auth: the token server answered no JSON object with an access_token",
            "redirects": "auth: the token server answered 307",
            "slow": "auth: the token server is not reached: timeout: ",
            "dead": "auth: the token server is not reached: connect: ",
        }
        await self.begin()
        port = refusing_port()
        async with Sink(tokens) as server, Sink() as sink:
            self.api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 1, "max_attempts": 1})
            for name in expected:
                url = f"http://127.0.0.1:{port}/token" if name == "dead" else server.url(f"/{name}")
                self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}"), "auth": self.oauth2(url), "backoff_policy": "once",
                                                          "timeout_seconds": 0.5 if name == "slow" else 15})
                self.subscribe(name)
            accepted = await self.publish()
            for attempt in await self.attempts(accepted, len(expected)):
                self.assertTrue(attempt["error"].startswith(expected[attempt["endpoint"]]), attempt)
            self.assertEqual(sink.receipts, [])
            self.assertEqual(sorted(asked), ["/huge", "/redirects", "/refuses", "/slow", "/wrong"])
        status, _, problem = self.api.call("PUT", "/endpoints/x", {"url": "http://127.0.0.1:9/", "auth": self.oauth2("http://10.1.2.3/token")})
        self.assertEqual((status, problem["pointer"]), (400, "/auth/token_url"))
        self.assertIn("dispatcher.allow_networks", problem["detail"])
        await asyncio.to_thread(self.hide, "canary-client-secret", "hush")


class Aws(Authenticated):
    async def test_botocore_finds_the_same_signature(self):
        python = await asyncio.to_thread(lambda: subprocess.run([ROOT / "tools/tests/sdk-python.sh", "aws"], capture_output=True, text=True,
                                                                timeout=500, check=True).stdout.strip())
        auth = {"scheme": "aws_sigv4", "service": "execute-api", "region": "eu-west-1", "access_key_id": "AKIDEXAMPLE",
                "secret_access_key": "canary/secret+key"}
        endpoints = {
            "plain": ("/", auth, {}), "query": ("/stage/hook?b=2&a=1&a=0&c&e=x%2Fy%20z", auth, {}), "path": ("/a%20b/./c//d/../e:1/", auth, {}),
            "temporary": ("/hook", auth | {"session_token": "canary-session-token"}, {}), "s3": ("/a%20b//c", auth | {"service": "s3"}, {}),
            "target": ("/", auth | {"service": "firehose"}, {"X-Amz-Target": "Firehose_20150804.PutRecord"}),
        }
        await self.begin()
        async with Sink() as sink:
            for name, (target, own, headers) in endpoints.items():
                self.api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(target), "auth": own, "headers": headers | {"X-Endpoint": name}})
                self.subscribe(name)
            await self.publish()
            await sink.wait(lambda: len(sink.receipts) == len(endpoints), WITHIN)
            lines, sent = [], {}
            for receipt in sink.receipts:
                headers = lower(receipt.headers)
                name = headers["x-endpoint"]
                target, own, _ = endpoints[name]
                self.assertEqual(receipt.path, target)
                scope = f"{headers['x-amz-date'][:8]}/eu-west-1/{own['service']}/aws4_request"
                self.assertTrue(headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, "), headers)
                sent[name] = headers["authorization"].split("Signature=")[1]
                lines.append(json.dumps({"url": sink.url(target), "headers": headers, "body": receipt.body.decode(), "service": own["service"],
                                         "region": "eu-west-1", "secret": own["secret_access_key"], "token": own.get("session_token")}))
            done = await asyncio.to_thread(lambda: subprocess.run([python, ROOT / "tests/system/sdk/aws_signer.py"], input="\n".join(lines),
                                                                  capture_output=True, text=True, timeout=60, check=True))
        self.assertEqual(sent, dict(zip(sent, done.stdout.split())))
        self.assertEqual(len(set(sent.values())), len(endpoints))
        await asyncio.to_thread(self.hide, "canary/secret+key", "canary-session-token")


if __name__ == "__main__":
    unittest.main()
