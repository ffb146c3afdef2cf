#!/usr/bin/env python3
"""What a hostile or careless client meets: TLS with certificates that change, framing that could be read in two ways,
limits, and endpoints that are Certes itself."""
import contextlib
import http.client
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest

import harness
from harness import ADMIN_KEY, Api, event, request, wait_for

BEARER = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_certificate(directory, name, days):
    """A certificate for 127.0.0.1, signed by itself: the files of certificate and key."""
    certificate, key = str(directory / f"{name}.pem"), str(directory / f"{name}.key")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
            "-days", str(days), "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1")
    return certificate, key


def exchange(address, data, within=10):
    """Sends bytes as they are; all that comes back until the server closes."""
    with socket.create_connection(address, timeout=within) as client:
        client.sendall(data)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
        return answer


class Tls(harness.Case):
    def start(self, **environment):
        directory = self.directory
        self.first = make_certificate(directory, "first", 30)
        self.second = make_certificate(directory, "second", 60)
        self.used = str(directory / "used.pem"), str(directory / "used.key")
        for source, target in zip(self.first, self.used):
            shutil.copy(source, target)
        settings = {f"CERTES_{role}_TLS_{kind}_FILE": path for role in ("GATEWAY", "API")
                    for kind, path in zip(("CERT", "KEY"), self.used)}
        return self.process("serve", environment=settings | environment).start()

    def connect(self, address, *authorities):
        context = ssl.create_default_context()
        for authority in authorities:
            context.load_verify_locations(authority)
        context.set_alpn_protocols(["h2", "http/1.1"])
        return self.closing(http.client.HTTPSConnection(*address, context=context, timeout=10))

    def closing(self, connection):
        self.addCleanup(connection.close)
        return connection

    def post(self, connection, body):
        connection.request("POST", "/events", body, BEARER)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def shown(self, address):
        """The certificate that a new connection is shown."""
        return ssl.get_server_certificate(address).strip()

    def replace(self, files):
        for source, target in zip(files, self.used):
            shutil.copy(source, target + ".new")
            pathlib.Path(target + ".new").replace(target)

    def test_both_listeners_speak_https(self):
        serve = self.start()
        self.assertIn(b"listening gateway https://127.0.0.1:", serve.output)
        self.assertIn(b"listening api https://127.0.0.1:", serve.output)
        self.assertIn(b"listening dispatcher http://127.0.0.1:", serve.output)
        gateway = self.connect(serve.address("gateway"), self.first[0])
        for _ in range(2):
            self.assertEqual(self.post(gateway, event("a.b", 1))[0], 202)
        self.assertEqual(gateway.sock.version(), "TLSv1.3")
        api = self.connect(serve.address("api"), self.first[0])
        api.request("GET", "/api/v1/endpoints", headers=BEARER)
        self.assertEqual(api.getresponse().status, 200)
        curl = subprocess.run(
            ["curl", "-sS", "--max-time", "10", "--tls-max", "1.2", "--cacert", self.first[0],
             f"https://127.0.0.1:{serve.address('gateway')[1]}/health/ready"], capture_output=True, text=True)
        self.assertEqual((curl.returncode, curl.stdout), (0, "ready\n"), curl.stderr)
        commands = {"CERTES_URL": f"https://{serve.ports['api']}", "CERTES_GATEWAY_URL": f"https://{serve.ports['gateway']}",
                    "CERTES_KEY": ADMIN_KEY}
        for words in (["endpoints", "list"], ["send", "a.b", "1"]):
            with self.subTest(words=words):
                status, _, said = harness.run_to_end(*words, environment=commands | {"CERTES_CA_FILE": self.first[0]})
                self.assertEqual(status, 0, said)
        self.assertNotEqual(harness.run_to_end("endpoints", "list", environment=commands)[0], 0)
        self.assertIn(b"tls-required", exchange(serve.address("gateway"), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        self.assertEqual(serve.stop(), 0)

    def test_a_certificate_changes_under_open_connections(self):
        serve = self.start()
        address = serve.address("gateway")
        kept = self.connect(address, self.first[0])
        self.assertEqual(self.post(kept, event("a.b", 1))[0], 202)
        metric = 'certes_tls_reloads_total{listener="gateway",outcome="%s"}'

        # The files are looked at once a second.
        self.replace(self.second)
        second = pathlib.Path(self.second[0]).read_text().strip()
        wait_for(lambda: self.shown(address) == second, 15, "the new certificate")
        self.assertEqual(self.post(kept, event("a.b", 2))[0], 202)
        self.assertEqual(self.post(self.connect(address, self.second[0]), event("a.b", 3))[0], 202)
        wait_for(lambda: serve.metrics("dispatcher").get(metric % "ok", 0) >= 1, 10, "the metric of the reload")
        expires = serve.metrics("dispatcher")['certes_tls_certificate_expires_timestamp_seconds{listener="gateway"}']
        self.assertGreater(expires, 0)

        # A bad one changes nothing, and is told.
        pathlib.Path(self.used[0]).write_text("nonsense")
        wait_for(lambda: serve.metrics("dispatcher").get(metric % "failed", 0) >= 1, 15, "the metric of the failure")
        self.assertIn("the certificate of gateway stays as it was", serve.log())
        self.assertIn("gateway.tls_cert_file", serve.log())
        self.assertEqual(self.shown(address), second)
        self.assertEqual(self.post(kept, event("a.b", 4))[0], 202)

        # SIGHUP reads them at once, changed or not.
        self.replace(self.first)
        serve.signal(signal.SIGHUP)
        first = pathlib.Path(self.first[0]).read_text().strip()
        wait_for(lambda: self.shown(address) == first, 15, "the first certificate again")
        self.assertEqual(self.post(kept, event("a.b", 5))[0], 202)
        self.assertEqual(serve.stop(), 0)

    def test_clients_show_a_certificate_where_they_must(self):
        authority = make_certificate(self.directory, "authority", 30)
        serve = self.start(CERTES_GATEWAY_TLS_CLIENT_CA_FILE=authority[0])
        self.assertEqual(self.post(self.with_certificate(serve, authority), event("a.b", 1))[0], 202)
        for client in (self.connect(serve.address("gateway"), self.first[0]), self.with_certificate(serve, self.second)):
            with self.assertRaises(OSError):
                self.post(client, event("a.b", 2))
        api = self.connect(serve.address("api"), self.first[0])  # has no such setting
        api.request("GET", "/api/v1/endpoints", headers=BEARER)
        self.assertEqual(api.getresponse().status, 200)
        self.assertEqual(serve.stop(), 0)

    def with_certificate(self, serve, files):
        context = ssl.create_default_context(cafile=self.first[0])
        context.load_cert_chain(*files)
        return self.closing(http.client.HTTPSConnection(*serve.address("gateway"), context=context, timeout=10))

    def test_bad_files_are_named_on_start(self):
        certificate, key = make_certificate(self.directory, "one", 30)
        for settings, named in [({"CERT": certificate}, "gateway.tls_key_file"),
                                ({"CERT": certificate, "KEY": certificate}, "gateway.tls_key_file"),
                                ({"CERT": str(self.directory / "nowhere"), "KEY": key}, "gateway.tls_cert_file")]:
            with self.subTest(settings=settings):
                environment = {f"CERTES_GATEWAY_TLS_{k}_FILE": v for k, v in settings.items()}
                status, _, said = harness.run_to_end("serve", "--data", str(self.directory / "data"), environment=environment | {
                    "CERTES_GATEWAY_LISTEN": "127.0.0.1:0", "CERTES_API_LISTEN": "127.0.0.1:0",
                    "CERTES_DISPATCHER_LISTEN": "127.0.0.1:0", "CERTES_SECRETS_KEY": harness.SECRETS_KEY})
                self.assertNotEqual(status, 0)
                self.assertIn(named, said)


class Hostile(harness.Case):
    def test_two_framings_are_refused_and_nothing_behind_is_taken(self):
        serve = self.process("serve").start()
        body = event("smuggled.event", 1)
        hidden = (f"POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ADMIN_KEY}\r\nContent-Type: application/json\r\n"
                  f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        head = f"POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
        for framing in ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                        "Content-Length: 0\r\nContent-Length: 4\r\n", "Transfer-Encoding: chunked, identity\r\n",
                        "Transfer-Encoding:\r\n chunked\r\n", "Content-Length: 0\n"):
            with self.subTest(framing=framing):
                answer = exchange(serve.address("gateway"), (head + framing + "\r\n0\r\n\r\n").encode() + hidden)
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
                self.assertIn(answer[9:12], (b"400", b"501"))
                self.assertIn(b"Connection: close\r\n", answer)
        self.assertEqual(serve.metrics("gateway").get("certes_gateway_events_accepted_total", 0), 0)
        refused = 'certes_http_refused_total{code="%s",listener="gateway"}'
        metrics = serve.metrics("gateway")
        self.assertEqual(metrics[refused % "400"] + metrics[refused % "501"], 6)

    def test_slow_and_many_clients_are_let_go(self):
        serve = self.process("serve", environment={
            "CERTES_GATEWAY_HEADER_TIMEOUT_SECONDS": "0.2", "CERTES_GATEWAY_BODY_TIMEOUT_SECONDS": "0.2",
            "CERTES_GATEWAY_MAX_CONNECTIONS_PER_PEER": "20"}).start()
        address = serve.address("gateway")
        self.assertIn(b"HTTP/1.1 408", exchange(address, b"POST /events HTTP/1.1\r\nHost: a\r\nX-Sl"))
        self.assertIn(b"HTTP/1.1 408", exchange(
            address, f"POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ADMIN_KEY}\r\nContent-Length: 9\r\n\r\n{{".encode()))
        flood = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n"
        self.assertIn(b"HTTP/1.1 431", exchange(address, flood))
        idle = [socket.create_connection(address, timeout=10) for _ in range(20)]
        wait_for(lambda: serve.metrics("dispatcher")['certes_http_connections{listener="gateway"}'] == 20, 10, "20 connections")
        self.assertIn(b"HTTP/1.1 429", exchange(address, b""))
        for client in idle:
            client.close()
        wait_for(lambda: serve.metrics("dispatcher")['certes_http_connections{listener="gateway"}'] == 0, 10, "no connections")
        self.assertEqual(request(address, "POST", "/events", event("a.b", 1), BEARER)[0], 202)
        metrics = serve.metrics("dispatcher")
        self.assertEqual(metrics['certes_http_timeouts_total{listener="gateway",waiting_for="header"}'], 1)
        self.assertEqual(metrics['certes_http_timeouts_total{listener="gateway",waiting_for="body"}'], 1)
        self.assertEqual(metrics['certes_http_connections_refused_total{limit="per_peer",listener="gateway"}'], 1)

    def test_many_silent_clients_hold_a_bounded_memory_and_others_are_served(self):
        limit = 8 << 20
        serve = self.process("serve", environment={"CERTES_GATEWAY_UNFINISHED_BYTES": str(limit), "CERTES_GATEWAY_LOOPS": "2"}).start()
        Api(serve.address("api")).ok("PUT", "/sources/open", {"verify": {"scheme": "none"}})
        address = serve.address("gateway")
        before = serve.rss_bytes()
        head = b"POST /events/open HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
        silent = []
        self.addCleanup(lambda: [client.close() for client in silent])
        for number in range(120):
            client = socket.create_connection(address, timeout=10)
            silent.append(client)
            client.sendall(head + b"x" * 900_000)
            if number % 10 == 0:
                self.assertEqual(request(address, "POST", "/events", event("a.b", number), BEARER)[0], 202)
        metrics = serve.metrics("dispatcher")
        self.assertLessEqual(metrics['certes_http_unfinished_bytes{listener="gateway"}'], limit * 9 / 8 + (1 << 20))
        self.assertEqual(metrics['certes_http_unfinished_bytes_max{listener="gateway"}'], limit)
        self.assertGreater(metrics['certes_http_connections_refused_total{limit="unfinished_bytes",listener="gateway"}'], 80)
        self.assertLess(serve.rss_bytes() - before, 48 << 20)
        answer = silent[0].recv(65536)
        self.assertIn(b"HTTP/1.1 503 ", answer)
        self.assertIn(b"\r\nRetry-After: 1\r\n", answer)
        self.assertIn(b"/problems/overloaded", answer)

    async def test_few_descriptors_are_shared_so_that_deliveries_have_theirs(self):
        async with harness.Sink() as sink:
            serve = self.process("serve")
            serve.arguments = ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh", *serve.arguments]
            serve.start()
            self.assertRegex(serve.log(), "only 256 open files are allowed.*in_flight_max [0-9]+ of 4096.*gateway.max_connections [0-9]+ of 10000")
            api = Api(serve.address("api"))
            api.ok("PUT", "/endpoints/e", {"url": sink.url("/e")})
            api.ok("PUT", "/subscriptions/s", {"pattern": "#", "endpoint": "e"})
            address = serve.address("gateway")
            kept = http.client.HTTPConnection(*address, timeout=10)
            self.addCleanup(kept.close)
            kept.request("GET", "/health/live")
            kept.getresponse().read()
            silent = [socket.create_connection(address, timeout=10) for _ in range(300)]
            self.addCleanup(lambda: [client.close() for client in silent])
            most = serve.metrics("dispatcher")['certes_http_connections_max{listener="gateway"}']
            self.assertLess(most, 128)
            for number in range(20):
                kept.request("POST", "/events", event("a.b", number), BEARER)
                answer = kept.getresponse()
                answer.read()
                self.assertEqual(answer.status, 202)
            await sink.wait(lambda: len(sink.delivered("/e")) == 20, 20)
            metrics = serve.metrics("dispatcher")
            self.assertGreater(metrics['certes_http_connections_refused_total{limit="connections",listener="gateway"}'], 200)
            self.assertEqual(sum(value for name, value in metrics.items() if name.startswith("certes_dispatcher_dead_letters")), 0)

    def test_certes_itself_is_no_endpoint(self):
        serve = self.process("serve").start()  # loopback is allowed
        api = Api(serve.address("api"))
        for listener in ("gateway", "api", "dispatcher"):
            status, _, answer = api.call("PUT", "/endpoints/self", {"url": f"http://{serve.ports[listener]}/events"})
            self.assertEqual(status, 400, answer)
            self.assertIn("a listener of Certes itself", answer["detail"])
        # By a name that is only resolved when it is dialled.
        port = serve.address("gateway")[1]
        api.ok("PUT", "/endpoints/self", {"url": f"http://localhost:{port}/events"})
        api.ok("PUT", "/subscriptions/all", {"endpoint": "self", "pattern": "#"})
        before = serve.metrics("dispatcher")['certes_http_connections_accepted_total{listener="gateway"}']
        self.assertEqual(request(serve.address("gateway"), "POST", "/events", event("a.b", 1), BEARER)[0], 202)
        wait_for(lambda: any(name.startswith("certes_dispatcher_attempts_total") and value > 0
                             for name, value in serve.metrics("dispatcher").items()), 15, "an attempt")
        after = serve.metrics("dispatcher")['certes_http_connections_accepted_total{listener="gateway"}']
        self.assertEqual(after - before, 1)  # ours


class Forwarder:
    """A proxy that looks at nothing: TCP from a port of its own to `address`."""

    def __init__(self, address):
        self.address = address
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.address)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.copy, args=pair, daemon=True).start()

    @staticmethod
    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()


class LoopTest(harness.Case):
    def test_an_event_that_begets_itself_ends(self):
        serve = self.process("serve").start()
        api = Api(serve.address("api"))
        proxy = Forwarder(serve.address("gateway"))
        self.addCleanup(proxy.close)
        api.ok("PUT", "/sources/loop", {"verify": {"scheme": "none"}})
        api.ok("PUT", "/endpoints/back", {"url": f"http://127.0.0.1:{proxy.port}/events/loop"})
        api.ok("PUT", "/subscriptions/all", {"endpoint": "back", "pattern": "#"})
        self.assertEqual(request(serve.address("gateway"), "POST", "/events", event("a.b", 1), BEARER)[0], 202)
        letters = wait_for(lambda: api.ok("GET", "/dead-letters")["items"], 30, "the end of the loop")
        self.assertEqual([letter["rule"] for letter in letters], ["loop_detected"])
        dispatcher, gateway = serve.metrics("dispatcher"), serve.metrics("gateway")
        self.assertEqual(dispatcher['certes_dispatcher_attempts_total{outcome="delivered"}'], 8)
        self.assertEqual(dispatcher['certes_dispatcher_attempts_total{outcome="dead_lettered"}'], 1)
        self.assertEqual(dispatcher['certes_dispatcher_dead_letters_total{reason="loop_detected"}'], 1)
        self.assertEqual(gateway['certes_gateway_rejected_total{reason="loop_detected",source="loop"}'], 1)
        self.assertEqual(serve.log().count("default/loop: refused"), 1)


if __name__ == "__main__":
    unittest.main()
