"""Deliveries to endpoints that answer in every way there is, and what the operator does to them meanwhile."""
import asyncio
import base64
import datetime
import email.utils
import hashlib
import hmac
import json
import re
import socket
import struct
import threading
import time
import unittest

from harness import ADMIN_KEY, Api, Case, Sink, event, refusing_port, github_signature, request, verify, wait_for

AUTH = {"Authorization": f"Bearer {ADMIN_KEY}"}
JSON = AUTH | {"Content-Type": "application/json"}
QUICK = {"strategy": "constant", "base_seconds": 0.05, "jitter": "none", "max_attempts": 20}
WITHIN = 30


def matches(pattern, topic):
    """The rule of patterns, as a reference: * is one word, # any number."""
    if not pattern:
        return not topic
    if pattern[0] == "#":
        return any(matches(pattern[1:], topic[n:]) for n in range(len(topic) + 1))
    return bool(topic) and pattern[0] in ("*", topic[0]) and matches(pattern[1:], topic[1:])


class DeliveryCase(Case):
    def setUp(self):
        super().setUp()
        self.serve = self.process("serve").start()
        self.connect()
        self.api.ok("PUT", "/backoff-policies/quick", QUICK)

    def connect(self):
        self.api = Api(self.serve.address("api"))
        self.ingest = self.serve.address("gateway")

    def restart(self):
        """kill -9, and at once again on the same ports and data."""
        self.serve.keep_ports()
        self.serve.kill()
        self.serve.start()
        self.connect()

    def endpoint(self, name, url, pattern="#", sink=None, policy=None, priority="normal", **fields):
        """An endpoint and a subscription of its name; its signing secret."""
        if policy is not None:
            self.api.ok("PUT", f"/backoff-policies/of-{name}", policy)
        body = {"url": url, "backoff_policy": "quick" if policy is None else f"of-{name}"} | fields
        secret = self.api.ok("PUT", f"/endpoints/{name}", body)["secret"]
        self.api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": pattern, "priority": priority})
        if sink is not None:
            sink.secrets["/" + url.split("/", 3)[3]] = secret
        return secret

    def post(self, body, headers=JSON, path="/events"):
        status, _, answer = request(self.ingest, "POST", path, body, headers)
        self.assertEqual(status, 202, answer)
        return json.loads(answer)

    def send(self, event_type="a.b", data=None, **members):
        return self.post(event(event_type, data, **members))["id"]

    def send_many(self, count, event_type="a.b"):
        """One batch: all of it is on the log before the first is read."""
        return self.post(b"[" + b",".join(event(event_type, {"n": n}) for n in range(count)) + b"]")["accepted"]

    def letters(self, count, endpoint=None, within=WITHIN):
        """Waits until there are so many dead letters, and that nothing is on its way any more."""
        query = f"?endpoint={endpoint}" if endpoint else ""
        found = wait_for(lambda: (l := self.api.letters(query)) and len(l) >= count and l, within, f"{count} dead letters")
        self.assertEqual(len(found), count, found)
        return found

    async def letters_of(self, count, endpoint=None, within=WITHIN):
        """letters(), while a sink of this loop answers."""
        return await asyncio.to_thread(self.letters, count, endpoint, within)

    def metric(self, name, **labels):
        return sum(value for key, value in self.serve.metrics("dispatcher").items()
                   if (key == name or key.startswith(name + "{")) and all(f'{k}="{v}"' in key for k, v in labels.items()))

    def idle(self):
        return self.metric("certes_dispatcher_waiting") + self.metric("certes_dispatcher_in_flight") == 0

    def wait_steadily(self, condition, what):
        """Gauges show what was a second ago at most: the condition must hold for longer."""
        since = None

        def held():
            nonlocal since
            since = (since or time.monotonic()) if condition() else None
            return since is not None and time.monotonic() - since > 1.2
        wait_for(held, WITHIN, what)

    async def steadily(self, condition, what):
        await asyncio.to_thread(self.wait_steadily, condition, what)

    async def settled(self):
        await self.steadily(self.idle, "nothing that waits or is being sent")

    async def waiting(self, count):
        await asyncio.to_thread(wait_for, lambda: self.metric("certes_dispatcher_waiting") == count, WITHIN, f"{count} waiting deliveries")


class Requests(DeliveryCase):
    async def test_an_endpoint_gets_the_event_with_all_that_is_known_of_it(self):
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        payload = b'{"a" : 1.0,  "a":2, "\\u00e9":"\xc3\xa9", "n":12345678901234567890123}'
        body = (b'{"type":"order.created","id":"o-1","source":"urn:shop","subject":"caf\xc3\xa9 100%","time":"2024-02-29T12:00:00Z",'
                b'"partition_key":"k 1","conversation_id":"c-1","cause_id":"evt_0","data":' + payload + b"}")
        async with Sink() as sink:
            self.endpoint("one", sink.url("/one?x=1"), sink=sink, headers={"X-Team": "billing"})
            answer = self.post(body, JSON | {"traceparent": trace})
            await sink.wait(lambda: sink.receipts, WITHIN)
            got = sink.receipts[0]
            self.assertEqual(got.path, "/one?x=1")
            self.assertEqual(got.body, payload, "the payload goes through byte for byte")
            self.assertTrue(got.verified)
            self.assertEqual(got.id, answer["id"])
            self.assertRegex(got.id, r"^evt_[0-9A-HJKMNP-TV-Z]{26}$")
            expected = {"content-type": "application/json", "ce-id": "o-1", "ce-source": "urn:shop", "ce-type": "order.created",
                        "ce-specversion": "1.0", "ce-subject": "caf%C3%A9%20100%25", "ce-time": "2024-02-29T12:00:00Z",
                        "ce-partitionkey": "k%201", "ce-conversationid": "c-1", "ce-causeid": "evt_0", "certes-attempt": "1",
                        "x-team": "billing", "content-length": str(len(payload)), "host": f"127.0.0.1:{sink.port}"}
            self.assertEqual({name: got.headers.get(name) for name in expected}, expected)
            self.assertRegex(got.headers["certes-delivery"], r"^dlv_[0-9a-f]{32}$")
            self.assertRegex(got.headers["traceparent"], r"^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$")
            self.assertNotIn("00f067aa0ba902b7", got.headers["traceparent"], "the attempt is a span of its own")
            self.assertNotIn("authorization", got.headers, "the producer's key is nobody's business")
            self.assertNotIn("expect", got.headers)

    async def test_without_a_trace_one_begins_and_a_bad_one_is_not_carried_on(self):
        async with Sink() as sink:
            self.endpoint("one", sink.url("/one"))
            for given in (None, "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "junk"):
                self.post(event("a.b", 1), JSON | ({"traceparent": given} if given else {}))
            await sink.wait(lambda: len(sink.receipts) == 4, WITHIN)
            traces = [r.headers["traceparent"] for r in sink.receipts]
            for trace in traces:
                self.assertRegex(trace, r"^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$")
                self.assertNotIn("0" * 32, trace)
                self.assertNotIn("4bf92f3577b34da6a3ce929d0e0e4736", trace)
            self.assertEqual(len({t.split("-")[1] for t in traces}), 4)

    async def test_a_binary_cloud_event_keeps_its_bytes_its_type_and_its_extensions(self):
        payload = bytes(range(256)) * 4
        async with Sink() as sink:
            self.endpoint("one", sink.url("/one"), sink=sink)
            self.post(payload, AUTH | {"ce-specversion": "1.0", "ce-id": "p-1", "ce-source": "urn:x", "ce-type": "img.made",
                                       "ce-myext": "7", "Content-Type": "image/png"})
            await sink.wait(lambda: sink.receipts, WITHIN)
            got = sink.receipts[0]
            self.assertEqual((got.body, got.headers["content-type"], got.headers["ce-myext"]), (payload, "image/png", "7"))
            self.assertTrue(got.verified)

    async def test_a_webhook_of_github_arrives_as_github_sent_it(self):
        secret = "It's a Secret to Everybody"
        body = b'{"action":"opened",\n  "issue" : {"number":1347, "title":"caf\xc3\xa9" } }\n'
        async with Sink() as sink:
            self.api.ok("PUT", "/sources/github", {"verify": {"scheme": "github", "secret": secret}})
            self.endpoint("one", sink.url("/one"), "github.issues.*", sink=sink)
            sent = {"Content-Type": "application/json", "X-GitHub-Event": "issues", "X-GitHub-Delivery": "72d3162e-cc78-11e3",
                    "X-Hub-Signature-256": github_signature(secret, body), "X-Other": "not named"}
            answer = self.post(body, sent, "/events/github?x=1&name=caf%C3%A9")
            await sink.wait(lambda: sink.receipts, WITHIN)
            got = sink.receipts[0]
            self.assertEqual(got.body, body)
            self.assertTrue(got.verified)
            self.assertEqual(got.id, answer["id"])
            self.assertEqual(got.headers["x-hub-signature-256"], github_signature(secret, got.body))
            self.assertEqual(got.headers["x-github-event"], "issues")
            self.assertEqual(got.headers["x-github-delivery"], "72d3162e-cc78-11e3")
            self.assertEqual(got.headers["certes-query"], "x=1&name=caf%C3%A9")
            self.assertEqual((got.headers["ce-type"], got.headers["ce-id"]), ("github.issues.opened", "72d3162e-cc78-11e3"))
            self.assertEqual(got.headers["content-type"], "application/json")
            self.assertNotIn("x-other", got.headers)
            again = self.post(body, sent, "/events/github?x=1&name=caf%C3%A9")
            self.assertEqual((again["id"], again["duplicate"]), (answer["id"], True))
            self.send("github.issues.closed")  # what comes after the repeat shows that the repeat came to nothing
            await sink.wait(lambda: len(sink.receipts) >= 2, WITHIN)
            self.assertEqual([r.headers["ce-type"] for r in sink.receipts], ["github.issues.opened", "github.issues.closed"])

    async def test_rotated_secrets_sign_side_by_side_until_the_overlap_ends(self):
        async with Sink() as sink:
            old = self.endpoint("one", sink.url("/one"))
            new = self.api.ok("POST", "/endpoints/one/rotate-secret")["secret"]
            self.assertNotEqual(old, new)
            self.send()
            await sink.wait(lambda: len(sink.receipts) == 1, WITHIN)
            got = sink.receipts[0]
            self.assertEqual(len(got.headers["webhook-signature"].split(" ")), 2)
            self.assertTrue(verify(old, got.headers, got.body))
            self.assertTrue(verify(new, got.headers, got.body))
            newest = self.api.ok("POST", "/endpoints/one/rotate-secret", {"grace_seconds": 0})["secret"]
            self.send()
            await sink.wait(lambda: len(sink.receipts) == 2, WITHIN)
            got = sink.receipts[1]
            self.assertEqual([verify(s, got.headers, got.body) for s in (old, new, newest)], [False, False, True])
            self.assertNotIn(newest, json.dumps(self.api.ok("GET", "/endpoints/one")), "secrets are shown once")


    async def test_a_test_event_goes_once_and_its_answer_is_shown(self):
        async with Sink(lambda path, headers, body: 200 if path == "/one" else 500) as sink:
            secret = self.endpoint("one", sink.url("/one"), pattern="nothing")
            self.endpoint("bad", sink.url("/bad"), pattern="nothing")
            good = await asyncio.to_thread(self.api.ok, "POST", "/endpoints/one/test")
            self.assertEqual((good["outcome"], good["attempt"]["status"]), ("delivered", 200))
            self.assertIn("timings_ms", good["attempt"])
            got = sink.receipts[0]
            self.assertTrue(verify(secret, got.headers, got.body))
            self.assertEqual((got.headers["ce-type"], json.loads(got.body)["endpoint"]), ("certes.endpoint.test", "one"))
            bad = await asyncio.to_thread(self.api.ok, "POST", "/endpoints/bad/test", {"data": {"n": 1}})
            self.assertEqual((bad["outcome"], bad["attempt"]["status"], bad["attempt"]["attempt"]), ("failed", 500, 1))
            self.assertEqual(json.loads(sink.receipts[1].body), {"n": 1})
            stats = await asyncio.to_thread(self.api.ok, "GET", "/endpoints/bad/stats")
            self.assertEqual(stats["waiting"]["total"], 0, "it is not tried again")
            self.assertEqual(await asyncio.to_thread(self.api.letters), [])
            self.assertEqual(len(sink.receipts), 2)


class Answers(DeliveryCase):
    async def test_each_attempt_is_signed_anew_with_the_same_id_and_body(self):
        def behave(path, headers, body):
            return 200 if headers["certes-attempt"] == "3" else 500

        async with Sink(behave) as sink:
            # Timestamps are whole seconds: attempts more than one apart cannot share one.
            self.endpoint("one", sink.url("/one"), sink=sink, policy=QUICK | {"base_seconds": 1.1})
            event_id = self.send(data={"x": 1})
            await sink.wait(lambda: len(sink.receipts) == 3, WITHIN)
            self.assertEqual([r.attempt for r in sink.receipts], [1, 2, 3])
            self.assertEqual([r.status for r in sink.receipts], [500, 500, 200])
            self.assertEqual({r.id for r in sink.receipts}, {event_id})
            self.assertEqual({r.body for r in sink.receipts}, {b'{"x":1}'})
            self.assertEqual(len({r.headers["certes-delivery"] for r in sink.receipts}), 1)
            self.assertTrue(all(r.verified for r in sink.receipts))
            for name in ("webhook-timestamp", "webhook-signature", "traceparent"):
                self.assertEqual(len({r.headers[name] for r in sink.receipts}), 3, name)
            await self.settled()
            self.assertEqual(len(sink.receipts), 3)
            self.assertEqual(self.api.letters(), [])

    async def test_retry_after_is_never_shortened(self):
        arrived, due = {}, {}

        def behave(path, headers, body):
            arrived.setdefault(path, []).append(time.time())
            if headers["certes-attempt"] != "1":
                return 200
            if path == "/seconds":
                due[path] = arrived[path][0] + 1
                return 503, [("Retry-After", "1")]
            due[path] = int(time.time()) + 3
            return 429, [("Retry-After", email.utils.formatdate(due[path], usegmt=True))]

        async with Sink(behave) as sink:
            for name in ("seconds", "date"):
                self.endpoint(name, sink.url("/" + name))
            self.send()
            await sink.wait(lambda: len(sink.receipts) == 4, WITHIN)
            for path, times in arrived.items():
                self.assertEqual(len(times), 2)
                self.assertGreaterEqual(times[1], due[path], f"{path}: earlier than asked")

    async def test_a_retry_after_that_is_junk_or_past_leaves_it_to_the_policy_and_a_huge_one_ends_it(self):
        headers_of = {"/junk": "soon", "/negative": "-5", "/past": "Wed, 21 Oct 2015 07:28:00 GMT", "/empty": "",
                      "/huge": "99999999999999999999999", "/late": "Fri, 31 Dec 2999 23:59:59 GMT"}

        def behave(path, headers, body):
            return 200 if headers["certes-attempt"] == "2" else (503, [("Retry-After", headers_of[path])])

        async with Sink(behave) as sink:
            for path in headers_of:
                self.endpoint(path[1:], sink.url(path))
            self.send()
            letters = await self.letters_of(2)
            self.assertEqual({(l["endpoint"], l["rule"]) for l in letters}, {("huge", "retry_after"), ("late", "retry_after")})
            await sink.wait(lambda: len(sink.delivered()) == 4, WITHIN)
            self.assertEqual({path for path, _ in sink.delivered()}, {"/junk", "/negative", "/past", "/empty"})

    async def test_410_disables_the_endpoint_and_dead_letters_what_waits(self):
        gone = True

        async with Sink(lambda *_: 410 if gone else 200) as sink:
            self.endpoint("one", sink.url("/one"), concurrency=1)
            self.api.ok("POST", "/endpoints/one/pause")
            self.send_many(5)
            await self.waiting(5)
            self.api.ok("POST", "/endpoints/one/resume")
            letters = await self.letters_of(5)
            self.assertEqual(sorted(l["rule"] for l in letters), ["endpoint_disabled"] * 4 + ["gone"])
            self.assertEqual([l["attempts"] for l in letters if l["rule"] == "gone"], [1])
            self.assertEqual(len(sink.receipts), 1, "nothing is sent after a 410")
            shown = self.api.ok("GET", "/endpoints/one")
            self.assertEqual(shown["state"], "disabled")
            self.assertEqual(shown["disabled_reason"], "gone")
            self.assertEqual(shown["disabled_by"], "certes")
            later = self.send()
            letters = await self.letters_of(6)
            self.assertEqual([l["rule"] for l in letters if l["event"] == later], ["endpoint_disabled"], "nobody has asked for nothing")
            gone = False
            self.api.ok("POST", "/endpoints/one/resume")
            shown = self.api.ok("GET", "/endpoints/one")
            self.assertEqual((shown["state"], shown.get("disabled_reason")), ("active", None))
            event_id = self.send()
            await sink.wait(lambda: sink.delivered(), WITHIN)
            self.assertEqual(sink.delivered(), {("/one", event_id): 1})

    async def test_what_the_endpoint_cannot_take_now_is_tried_again_by_the_policy_a_loop_is_not(self):
        def behave(path, headers, body):
            return 200 if path == "/400" and headers["certes-attempt"] == "3" else int(path[1:])

        async with Sink(behave) as sink:
            for status in (400, 413, 415, 422, 508):
                self.endpoint(f"e{status}", sink.url(f"/{status}"), policy=QUICK | {"max_attempts": 3})
            event_id = self.send(data={"big": [1, 2]})
            letters = await self.letters_of(4)
            await self.settled()
            expected = {f"e{s}": ("max_attempts", str(s), 3, event_id) for s in (413, 415, 422)}
            expected["e508"] = ("loop_detected", "508", 1, event_id)
            self.assertEqual({l["endpoint"]: (l["rule"], l["error"], l["attempts"], l["event"]) for l in letters}, expected)
            self.assertEqual(sink.delivered(), {("/400", event_id): 1})

    async def test_a_2xx_is_a_delivery_whatever_becomes_of_its_body(self):
        async def answer(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            await reader.readexactly(length)
            path = head.split()[1].decode()
            seen.append(path)
            if path == "/endless":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000)
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
            try:
                await writer.drain()
                if path == "/slow":
                    await reader.read()
            except ConnectionError:
                pass
            writer.close()

        seen = []
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            for name in ("cut", "slow", "endless"):
                self.endpoint(name, f"http://127.0.0.1:{port}/{name}", timeout_seconds=0.5)
            self.send()
            await self.settled()
        self.assertEqual(sorted(seen), ["/cut", "/endless", "/slow"])
        self.assertEqual(self.api.letters(), [])

    async def test_retry_on_and_dead_letter_on_decide_before_the_defaults(self):
        def behave(path, headers, body):
            return 200 if headers["certes-attempt"] == "3" else int(path[1:])

        async with Sink(behave) as sink:
            self.endpoint("again", sink.url("/400"), retry_on=[400])
            self.endpoint("gone", sink.url("/410"), retry_on=[410])
            self.endpoint("ended", sink.url("/503"), dead_letter_on=[503])
            self.send()
            letters = await self.letters_of(1)
            self.assertEqual([(l["endpoint"], l["rule"], l["attempts"]) for l in letters], [("ended", "dead_letter_on 503", 1)])
            await sink.wait(lambda: len(sink.delivered()) == 2, WITHIN)
            self.assertEqual({path for path, _ in sink.delivered()}, {"/400", "/410"})
            self.assertEqual(self.api.ok("GET", "/endpoints/gone")["state"], "active")

    async def test_redirects_are_failures_and_never_followed(self):
        statuses = (301, 302, 303, 307, 308)

        async with Sink(lambda path, *_: 200) as trap:
            async with Sink(lambda path, *_: (int(path[1:]), [("Location", trap.url("/trap"))])) as sink:
                for status in statuses:
                    self.endpoint(f"e{status}", sink.url(f"/{status}"), policy=QUICK | {"max_attempts": 2})
                self.send()
                letters = await self.letters_of(len(statuses))
                self.assertEqual({(l["endpoint"], l["error"], l["rule"], l["attempts"]) for l in letters},
                                 {(f"e{s}", str(s), "max_attempts", 2) for s in statuses})
                self.assertEqual(len(sink.receipts), 2 * len(statuses))
                self.assertEqual((trap.receipts, trap.connections), ([], set()))

    async def test_attempts_and_time_are_bounded_by_the_policy(self):
        async with Sink(lambda *_: 500) as sink:
            self.endpoint("attempts", sink.url("/attempts"), policy=QUICK | {"max_attempts": 3})
            self.endpoint("seconds", sink.url("/seconds"), policy={"strategy": "constant", "base_seconds": 0.2, "jitter": "none", "max_seconds": 0.5})
            self.endpoint("schedule", sink.url("/schedule"), policy={"strategy": "schedule", "schedule_seconds": [0.05, 0.1], "jitter": "none"})
            self.send()
            letters = {l["endpoint"]: l for l in await self.letters_of(3)}
            await self.settled()
            self.assertEqual({name: l["rule"] for name, l in letters.items()},
                             {"attempts": "max_attempts", "seconds": "max_seconds", "schedule": "schedule"})
            self.assertEqual((letters["attempts"]["attempts"], letters["schedule"]["attempts"]), (3, 3))
            self.assertLessEqual(letters["seconds"]["attempts"], 3)
            for name, letter in letters.items():
                self.assertEqual(letter["error"], "500")
                got = [r.attempt for r in sink.receipts if r.path == "/" + name]
                self.assertEqual(got, list(range(1, letter["attempts"] + 1)), name)


class FaultyServer(threading.Thread):
    """Answers by the path: in ways that no HTTP library would."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.seen, self.sent, self.lock = {}, {}, threading.Lock()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            connection.settimeout(60)
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (chunk := connection.recv(65536)):
                        return
                    head += chunk
                path = head.split(b" ")[1].decode()
                with self.lock:
                    self.seen[path] = self.seen.get(path, 0) + 1
                getattr(self, "on" + path.replace("/", "_").replace("-", "_"))(connection)
            except OSError:
                pass

    def on_reset(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def on_nothing(self, connection):
        connection.shutdown(socket.SHUT_RDWR)

    def on_half(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def on_half_head(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")

    def on_no_http(self, connection):
        connection.sendall(b"220 mail.example.com ESMTP\r\n")

    def on_hang(self, connection):
        connection.recv(1)

    def on_trickle(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not connection.recv(1, socket.MSG_DONTWAIT) if self.readable(connection) else True:
            connection.sendall(b".")

    @staticmethod
    def readable(connection):
        import select
        return bool(select.select([connection], [], [], 0.05)[0])

    def endless(self, connection, status, block=b"10000\r\n" + b"x" * 65536 + b"\r\n"):
        connection.sendall(f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(1 << 30 >> 16):  # 1 GiB, if nobody ends it
            connection.sendall(block)
            with self.lock:
                self.sent[status] = self.sent.get(status, 0) + len(block)

    def on_endless_500(self, connection):
        self.endless(connection, 500)

    def on_endless_200(self, connection):
        self.endless(connection, 200)

    def on_endless_line(self, connection):
        self.endless(connection, 202, b"5;" + b"x" * 65536)

    def on_endless_header(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for n in range(1 << 16):
            connection.sendall(b"X-%d: " % n + b"x" * 8192 + b"\r\n")


class Faults(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.server = FaultyServer()
        self.server.start()

    def tearDown(self):
        self.server.listener.close()
        super().tearDown()

    def test_every_kind_of_failure_is_named_in_the_dead_letter(self):
        kinds = {"reset": "reset", "nothing": "reset", "half-head": "reset", "no-http": "reset", "hang": "timeout", "endless-500": "500", "endless-header": "too_large"}
        policy = QUICK | {"max_attempts": 2}
        for name in kinds:
            self.endpoint(name, self.server.url("/" + name), policy=policy, timeout_seconds=0.5 if kinds[name] == "timeout" else 20)
        self.endpoint("refused", f"http://127.0.0.1:{refusing_port()}/", policy=policy)
        self.endpoint("nowhere", "http://nowhere.invalid/", policy=policy)
        # The status counts, whatever becomes of the body.
        well = ("half", "trickle", "endless-200", "endless-line")
        for name in well:
            self.endpoint(name, self.server.url("/" + name), timeout_seconds=0.5 if name == "trickle" else 20)
        before = self.serve.rss_bytes()
        self.send(data={"x": 1})
        letters = {l["endpoint"]: l for l in self.letters(len(kinds) + 2)}
        self.wait_steadily(self.idle, "the rest")
        for name, kind in (kinds | {"refused": "connect", "nowhere": "dns"}).items():
            with self.subTest(name):
                self.assertRegex(letters[name]["error"], rf"^{kind}(:|$)")
                self.assertEqual((letters[name]["attempts"], letters[name]["rule"]), (2, "max_attempts"))
                if name in kinds:
                    self.assertEqual(self.server.seen["/" + name], 2)
        for name in well:
            with self.subTest(name):
                self.assertEqual(self.server.seen["/" + name], 1)
                self.assertEqual(self.metric("certes_endpoint_deliveries_total", endpoint=name, outcome="delivered"), 1)
        for status, sent in self.server.sent.items():
            self.assertLess(sent, 64 << 20, f"{status}: an endless answer is cut off")
        self.assertLess(self.serve.rss_bytes() - before, 32 << 20, "what is answered is not kept")

    def test_an_address_that_is_refused_is_named_with_its_range_and_setting(self):
        self.serve.stop()
        self.serve = self.process("serve", environment={"CERTES_DISPATCHER_ALLOW_NETWORKS": ""}).start()
        self.connect()
        # A name is looked at when it is dialled, not before.
        self.endpoint("loop", f"http://localhost:{self.server.port}/nothing", policy=QUICK | {"max_attempts": 1})
        self.send()
        letter = self.letters(1)[0]
        self.assertRegex(letter["error"], r"^refused_address: ")
        self.assertIn("dispatcher.allow_networks", letter["error"])
        self.assertEqual(self.server.seen, {})


class Control(DeliveryCase):
    async def test_paused_deliveries_wait_and_resume_releases_them(self):
        failing = True

        async with Sink(lambda *_: 500 if failing else 200) as sink:
            self.endpoint("one", sink.url("/one"), "a.#", sink=sink, policy=QUICK | {"max_attempts": 1_000})
            self.endpoint("other", sink.url("/other"), "other")
            first = self.send()
            await sink.wait(lambda: len(sink.receipts) >= 2, WITHIN)
            self.api.ok("POST", "/endpoints/one/pause")
            self.assertEqual(self.api.ok("GET", "/endpoints/one")["state"], "paused")
            await self.steadily(lambda: self.metric("certes_dispatcher_in_flight") == 0, "nothing in flight")
            failing = False
            held = self.send_many(3)
            await self.waiting(4)
            before = len(sink.receipts)
            self.send("other")
            await sink.wait(lambda: any(r.path == "/other" for r in sink.receipts), WITHIN)
            self.assertEqual([r.path for r in sink.receipts[before:]], ["/other"])
            self.api.ok("POST", "/endpoints/one/resume")
            await sink.wait(lambda: len(sink.delivered("/one")) == 4, WITHIN)
            self.assertEqual(sink.delivered("/one"), {("/one", one): 1 for one in [first, *held]})
            attempts = [r.attempt for r in sink.receipts if r.id == first]
            self.assertEqual(attempts, list(range(1, len(attempts) + 1)), "a pause uses up no attempts")

    async def test_disabling_dead_letters_what_waits_and_new_events_do_not_match(self):
        async with Sink() as sink:
            self.endpoint("one", sink.url("/one"))
            self.api.ok("POST", "/endpoints/one/pause")
            waiting = self.send_many(3)
            await self.waiting(3)
            self.api.ok("PATCH", "/endpoints/one", {"state": "disabled"})
            letters = await self.letters_of(3)
            self.assertEqual({(l["event"], l["rule"], l["attempts"]) for l in letters}, {(one, "endpoint_disabled", 0) for one in waiting})
            self.send()
            await asyncio.to_thread(wait_for, lambda: self.metric("certes_dispatcher_unmatched_total") == 1, WITHIN, "an unmatched event")
            self.assertEqual(sink.receipts, [])
            self.api.ok("PATCH", "/endpoints/one", {"state": "active"})
            event_id = self.send()
            await sink.wait(lambda: sink.receipts, WITHIN)
            self.assertEqual([r.id for r in sink.receipts], [event_id])

    async def test_deleting_cancels_what_waits_and_leaves_no_dead_letter(self):
        async with Sink(lambda *_: 500) as sink:
            self.endpoint("one", sink.url("/one"), policy=QUICK | {"base_seconds": 3600, "cap_seconds": 7200})
            self.send()
            await asyncio.to_thread(wait_for, lambda: self.metric("certes_dispatcher_waiting", where="retry") == 1, WITHIN, "a retry")
            self.api.ok("POST", "/endpoints/one/pause")
            self.send_many(3)
            await self.waiting(4)
            status, _, problem = self.api.call("DELETE", "/endpoints/one")
            self.assertEqual(status, 409, problem)
            self.assertIn("cascade", problem["detail"])
            self.api.ok("DELETE", "/endpoints/one?cascade=true")
            self.assertEqual(self.api.call("GET", "/subscriptions/one")[0], 404)
            await asyncio.to_thread(wait_for, lambda: self.metric("certes_dispatcher_deliveries_total", outcome="cancelled") == 4, WITHIN, "4 cancelled")
            await self.settled()
            self.assertEqual(len(sink.receipts), 1)
            self.assertEqual(self.api.letters(), [])
            # The same id again is another endpoint: what was cancelled stays so, after a restart too.
            self.restart()
            self.endpoint("one", sink.url("/again"))
            event_id = self.send()
            await sink.wait(lambda: len(sink.receipts) == 2, WITHIN)
            self.assertEqual((sink.receipts[1].path, sink.receipts[1].id), ("/again", event_id))

    async def test_an_endpoint_with_two_matching_subscriptions_gets_an_event_once_at_the_highest_priority(self):
        async with Sink() as sink:
            self.endpoint("one", sink.url("/one"), "#", priority="bulk")
            self.api.ok("PUT", "/subscriptions/second", {"endpoint": "one", "pattern": "a.*", "priority": "critical"})
            self.api.ok("PUT", "/subscriptions/third", {"endpoint": "one", "pattern": "a.b", "priority": "normal"})
            both, one = self.send("a.b"), self.send("z")
            await sink.wait(lambda: len(sink.receipts) >= 2, WITHIN)
            await self.settled()
            self.assertEqual(sink.delivered(), {("/one", both): 1, ("/one", one): 1})
            self.assertEqual({p: self.metric("certes_dispatcher_deliveries_total", priority=p, outcome="delivered")
                              for p in ("critical", "high", "normal", "low", "bulk")},
                             {"critical": 1, "high": 0, "normal": 0, "low": 0, "bulk": 1})

    async def test_patterns_choose_what_their_words_say(self):
        patterns = ["#", "a", "a.*", "a.#", "*.b", "#.b", "a.*.c", "a.#.c", "*", "*.*", "#.#", "a.b.c", "#.*.c"]
        types = ["a", "b", "a.b", "a.c", "b.a", "a.b.c", "a.c", "a.b.b.c", "x.y.z", "A.b", "ab"]
        async with Sink() as sink:
            for n, pattern in enumerate(patterns):
                self.endpoint(f"e{n}", sink.url(f"/{n}"), pattern)
            ids = {self.send(t, {"n": n}): t for n, t in enumerate(types)}
            expected = {(f"/{n}", one): 1 for n, pattern in enumerate(patterns) for one, t in ids.items()
                        if matches(pattern.split("."), t.split("."))}
            await sink.wait(lambda: len(sink.receipts) >= len(expected), WITHIN)
            await self.settled()
            self.assertEqual(sink.delivered(), expected)

    async def test_no_more_requests_at_a_time_than_the_endpoint_allows(self):
        open_now, most = {}, {}

        def behave(path, headers, body):
            open_now[path] = open_now.get(path, 0) + 1
            most[path] = max(most.get(path, 0), open_now[path])

            def done():
                open_now[path] -= 1
            asyncio.get_running_loop().call_later(0.02, done)
            return 0.02

        async with Sink(behave) as sink:
            for name, concurrency in (("one", 1), ("three", 3), ("ten", 10)):
                # Critical: an eighth is kept for such.
                self.endpoint(name, sink.url("/" + name), priority="critical", concurrency=concurrency)
            self.send_many(60)
            await sink.wait(lambda: len(sink.receipts) == 180, WITHIN)
            self.assertEqual(most, {"/one": 1, "/three": 3, "/ten": 10})

    async def test_no_more_requests_a_second_than_the_endpoint_allows(self):
        rate, count = 40, 80
        async with Sink() as sink:
            self.endpoint("one", sink.url("/one"), rate_per_second=rate)
            self.send_many(count)
            await sink.wait(lambda: len(sink.receipts) == count, WITHIN)
            times = [r.at for r in sink.receipts]
            # A tenth of a second's worth at once, and half a second of grace for a busy machine.
            self.assertLessEqual(count, rate * (times[-1] - times[0] + 0.1 + 0.5) + 1)


class Durable(DeliveryCase):
    async def test_waiting_retries_survive_a_kill_with_their_attempts_and_their_time(self):
        arrived = {}

        def behave(path, headers, body):
            arrived.setdefault(path, []).append(time.time())
            attempt = headers["certes-attempt"]
            if path == "/asked":
                return (503, [("Retry-After", "8")]) if attempt == "1" else 200
            return 500 if attempt in ("1", "2") else 200

        async with Sink(behave) as sink:
            self.endpoint("asked", sink.url("/asked"), sink=sink)
            self.endpoint("policy", sink.url("/policy"), sink=sink,
                          policy={"strategy": "schedule", "schedule_seconds": [0.05, 8, 8], "jitter": "none"})
            event_id = self.send(data={"kept": True})
            await self.steadily(lambda: self.metric("certes_dispatcher_waiting", where="retry") == 2
                                and self.metric("certes_dispatcher_attempts_total", outcome="retry") == 3, "two retries that wait")
            await asyncio.to_thread(self.restart)
            self.assertEqual(len(sink.receipts), 3, "nothing is sent again because of the restart")
            await sink.wait(lambda: len(sink.receipts) == 5, WITHIN)
            await self.settled()
            self.assertEqual([r.attempt for r in sink.receipts if r.path == "/asked"], [1, 2])
            self.assertEqual([r.attempt for r in sink.receipts if r.path == "/policy"], [1, 2, 3])
            for path, times in arrived.items():
                self.assertGreaterEqual(times[-1] - times[-2], 8, f"{path}: earlier than due")
            self.assertEqual({(r.id, r.body, r.verified) for r in sink.receipts}, {(event_id, b'{"kept":true}', True)})

    async def test_a_dead_letter_is_shown_with_its_payload_and_replayed_to_its_endpoint_alone(self):
        failing = True

        def behave(path, headers, body):
            return 508 if failing and path == "/one" else 200

        async with Sink(behave) as sink:
            self.endpoint("one", sink.url("/one"), sink=sink)
            self.endpoint("other", sink.url("/other"), sink=sink)
            payload = b'{"n" : [1, 2.50]}'
            event_id = self.post(b'{"type":"a.b","id":"mine","source":"urn:x","subject":"s","data":' + payload + b"}")["id"]
            letter = (await self.letters_of(1))[0]
            await sink.wait(lambda: len(sink.receipts) == 2, WITHIN)
            self.assertEqual((letter["endpoint"], letter["event"], letter["type"], letter["source"], letter["source_id"], letter["bytes"]),
                             ("one", event_id, "a.b", "urn:x", "mine", len(payload)))
            self.assertNotIn("data", letter)
            shown = self.api.ok("GET", f"/dead-letters/{letter['id']}")
            self.assertEqual((shown["data"], shown["content_type"], shown["id"]), ({"n": [1, 2.5]}, "application/json", letter["id"]))
            self.assertEqual(self.api.call("GET", "/dead-letters/nobody")[0], 404)
            self.assertEqual(self.api.call("POST", "/dead-letters/nobody/replay")[0], 404)
            failing = False
            first = next(r for r in sink.receipts if r.path == "/one")
            self.api.ok("POST", f"/dead-letters/{letter['id']}/replay")
            await sink.wait(lambda: len(sink.receipts) == 3, WITHIN)
            again = sink.receipts[2]
            self.assertEqual((again.path, again.body, again.id, again.attempt, again.verified), ("/one", payload, event_id, 1, True))
            self.assertEqual({n: again.headers[n] for n in again.headers if n.startswith("ce-")},
                             {n: first.headers[n] for n in first.headers if n.startswith("ce-")})
            self.assertNotEqual(again.headers["certes-delivery"], first.headers["certes-delivery"])
            # The same replay is sent once, after a restart too; one that is asked for again is another delivery, and the
            # event itself stays a duplicate.
            await self.settled()
            await asyncio.to_thread(self.restart)
            self.assertTrue(self.api.ok("POST", f"/dead-letters/{letter['id']}/replay")["duplicate"])
            self.api.ok("POST", f"/dead-letters/{letter['id']}/replay", {"again": True})
            await sink.wait(lambda: len(sink.receipts) == 4, WITHIN)
            self.assertTrue(self.post(event("a.b", 1, id="mine", source="urn:x"))["duplicate"])
            await self.settled()
            self.assertEqual([r.path for r in sink.receipts].count("/one"), 3)
            self.assertEqual([r.path for r in sink.receipts].count("/other"), 1)

    async def test_a_replay_that_fails_is_a_dead_letter_again(self):
        async with Sink(lambda *_: 508) as sink:
            self.endpoint("one", sink.url("/one"))
            self.send()
            letter = (await self.letters_of(1))[0]
            replay = self.api.ok("POST", f"/dead-letters/{letter['id']}/replay")
            letters = await self.letters_of(2)
            self.assertEqual([l["event"] for l in letters], [letter["event"]] * 2)
            self.assertEqual({l.get("replay") for l in letters}, {None, replay["id"]})
            self.assertNotEqual(letters[1]["id"], letters[0]["id"])

    async def test_replaying_by_filter_takes_what_it_names_and_pages_through_it(self):
        failing = True

        async with Sink(lambda *_: 508 if failing else 200) as sink:
            self.endpoint("one", sink.url("/one"))
            self.endpoint("two", sink.url("/two"), "two")
            ids = self.send_many(25)
            self.send("two")
            await self.letters_of(27)  # "#" of the first takes the other's too
            pages, after = [], None
            while True:
                page = self.api.ok("GET", "/dead-letters?endpoint=one&limit=10" + (f"&after={after}" if after else ""))
                pages.append(len(page["items"]))
                if not (after := page["next"]):
                    break
            self.assertEqual(pages, [10, 10, 6])
            failing = False
            job = await asyncio.to_thread(self.api.job, "/dead-letters/replay", {"endpoint": "two"})
            self.assertEqual((job["state"], job["done"]), ("done", 1))
            await sink.wait(lambda: sink.delivered("/two"), WITHIN)
            self.assertEqual(sink.delivered("/one"), {})
            job = await asyncio.to_thread(self.api.job, "/dead-letters/replay", {"endpoint": "one"})
            self.assertEqual((job["state"], job["done"]), ("done", 26))
            await sink.wait(lambda: len(sink.delivered("/one")) == 26, WITHIN)
            await self.settled()
            self.assertEqual(set(sink.delivered("/one").values()), {1})
            self.assertLessEqual({("/one", one) for one in ids}, set(sink.delivered("/one")))

    async def test_the_metrics_equal_the_ledger(self):
        def behave(path, headers, body):
            n = json.loads(body)["n"]
            if path == "/flaky" and n % 3 == 0 and headers["certes-attempt"] == "1":
                return 503
            return 508 if path == "/picky" and n % 5 == 0 else 200

        async with Sink(behave) as sink:
            for name, priority in (("sound", "critical"), ("flaky", "normal"), ("picky", "low")):
                self.endpoint(name, sink.url("/" + name), "a.b", priority=priority)
            self.endpoint("dead", f"http://127.0.0.1:{refusing_port()}/", "a.b", policy=QUICK | {"max_attempts": 2}, priority="bulk",
                          breaker=None)
            self.endpoint("deleted", sink.url("/deleted"), "a.b", priority="high")
            self.api.ok("POST", "/endpoints/deleted/pause")
            count = 60
            self.send_many(count)
            self.send("nobody.asked")
            letters = await self.letters_of(count // 5 + count)
            await sink.wait(lambda: len(sink.delivered()) == 2 * count + count - count // 5, WITHIN)
            await self.waiting(count)
            self.api.ok("DELETE", "/endpoints/deleted?cascade=true")
            await self.settled()
            ends = "certes_dispatcher_deliveries_total"
            delivered = {path: len(sink.delivered(path)) for path in ("/sound", "/flaky", "/picky")}
            for name, priority in (("sound", "critical"), ("flaky", "normal"), ("picky", "low"), ("dead", "bulk"), ("deleted", "high")):
                dead = sum(l["endpoint"] == name for l in letters)
                expected = {"delivered": delivered.get("/" + name, 0), "dead_lettered": dead, "cancelled": count if name == "deleted" else 0}
                self.assertEqual(sum(expected.values()), count)
                for outcome, number in expected.items():
                    self.assertEqual(self.metric(ends, priority=priority, outcome=outcome), number, (name, outcome))
                    self.assertEqual(self.metric("certes_endpoint_deliveries_total", endpoint=name, outcome=outcome), number, (name, outcome))
            failed = sum(r.status == 503 for r in sink.receipts)
            attempts = "certes_dispatcher_attempts_total"
            self.assertEqual(failed, count // 3)
            self.assertEqual(self.metric(attempts, outcome="retry"), failed + count)
            self.assertEqual(self.metric(attempts, outcome="delivered"), sum(delivered.values()))
            self.assertEqual(self.metric(attempts, outcome="dead_lettered"), len(letters))
            self.assertEqual(self.metric(attempts), len(sink.receipts) + 2 * count, "attempts are requests: what was cancelled unsent is none")
            reasons = {r: sum(l["rule"].startswith(r) for l in letters) for r in ("status", "max_attempts")}
            self.assertEqual({r: self.metric("certes_dispatcher_dead_letters_total", reason=r) for r in reasons}, reasons)
            self.assertEqual(self.metric("certes_dispatcher_unmatched_total"), 1)
            gateway = self.serve.metrics("gateway")
            self.assertEqual(gateway['certes_gateway_events_accepted_total{kind="event"}'], count + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
