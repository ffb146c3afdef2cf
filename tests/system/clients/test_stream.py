"""What happens, shown to those who watch: GET /stream on both engines, and certes events tail."""
import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import unittest

from harness import ADMIN_KEY, BINARY, Case, Installation, event, post_json, request, wait_for
from test_bus import Service

WITHIN = 30
KEY = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}


def head_of(target, headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET {target} HTTP/1.1\r\nHost: certes\r\nAccept: text/event-stream\r\n{lines}\r\n".encode()


def unchunked(body):
    """The data of whole chunks, and whether the last one was there."""
    data = b""
    while (end := body.find(b"\r\n")) >= 0:
        size = int(body[:end], 16)
        if len(body) < end + 2 + size + 2:
            break
        if size == 0:
            return data, True
        data += body[end + 2:end + 2 + size]
        body = body[end + 2 + size + 2:]
    return data, False


class Watch:
    """A client of GET /stream, read on a thread of its own. `events`: (name, id, data) as a browser would be told."""

    def __init__(self, case, address, query="", last_id=None, key=ADMIN_KEY, read=True, receive_buffer=None, path="/stream"):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(WITHIN)
        self.socket.connect(address)
        headers = {"Authorization": f"Bearer {key}"} | ({"Last-Event-ID": last_id} if last_id else {})
        self.socket.sendall(head_of(path + (f"?{query}" if query else ""), headers))
        self.raw, self.ended, self.last_id = b"", False, last_id
        case.addCleanup(self.close)
        while b"\r\n\r\n" not in self.raw:
            got = self.socket.recv(65536)
            assert got, self.raw
            self.raw += got
        head, _, self.raw = self.raw.partition(b"\r\n\r\n")
        self.head = head.decode("latin-1")
        self.status = int(self.head.split(" ")[1])
        if read:
            self.read_on()

    def read_on(self):
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while got := self.socket.recv(1 << 20):
                self.raw += got
        except OSError:
            pass
        self.ended = True

    @property
    def events(self):
        found, last = [], self.last_id
        text, self.complete = unchunked(self.raw)
        for block in text.decode().split("\n\n")[:-1]:
            name, data = "message", []
            for line in block.split("\n"):
                field, _, value = line.partition(": ")
                if field == "id":
                    last = value
                elif field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
            if data:
                found.append((name, last, json.loads("\n".join(data))))
        return found

    def ids(self):
        return [data["certesid"] for _, _, data in self.events if "certesid" in data]

    def wait(self, count, within=WITHIN):
        wait_for(lambda: len(self.events) >= count, within, f"{count} events: {len(self.events)}")
        return self.events

    def close(self):
        self.socket.close()


def endless_answer(case, head, block):
    """The address of a server whose answer to one request is `head`, then `block` over and over, if it is not empty."""
    listener = socket.create_server(("127.0.0.1", 0))
    case.addCleanup(listener.close)

    def serve():
        connection, _ = listener.accept()
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(head)
                while block:
                    connection.sendall(block)
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()


class StreamCase:
    environment = {}

    def start(self, gateways=1, **environment):
        self.installation = Installation(self, self.engine, self.environment | environment, gateways=gateways)
        self.ingest = self.installation.ingest

    def post(self, event_type, data=None, address=None, headers=None, **members):
        status, _, body = request(address or self.ingest, "POST", "/events", event(event_type, data, **members), KEY | (headers or {}))
        self.assertIn(status, (200, 202), body)
        return json.loads(body)["id"]

    def watch(self, query="", **options):
        return Watch(self, options.pop("address", self.ingest), query, **options)

    def metric(self, name, gateway=0):
        return self.installation.gateways[gateway].metrics("gateway").get(name, 0.0)


class OnBothEngines(StreamCase):
    def test_a_pattern_chooses_and_an_id_resumes(self):
        self.start()
        self.post("order.before")
        orders = self.watch("kind=event&pattern=order.%23")
        self.assertEqual(orders.status, 200)
        self.assertIn("content-type: text/event-stream", orders.head.lower())
        self.post("payment.made", 1)
        first = self.post("order.created", {"total": 42}, subject="o-1", conversation_id="c-1")
        (name, last, data), = orders.wait(1)
        self.assertEqual(name, "event")
        self.assertEqual((data["certesid"], data["type"], data["data"], data["subject"], data["conversationid"]),
                         (first, "order.created", {"total": 42}, "o-1", "c-1"))
        orders.close()
        missed = {self.post("order.paid", number) for number in range(30)}
        again = self.watch("kind=event&pattern=order.%23", last_id=last)
        live = {self.post("order.sent", number) for number in range(5)}
        wait_for(lambda: set(again.ids()) == missed | live, WITHIN, "what was missed, and what is new")
        self.assertEqual(len(again.ids()), 35, "each is shown once")

    def test_what_is_asked_wrongly_is_refused(self):
        self.start()
        for query, last_id, word in (("kind=events", None, b"kind"), ("pattern=a..b", None, b"pattern"), ("", "17", b"Last-Event-ID")):
            headers = KEY | ({"Last-Event-ID": last_id} if last_id else {})
            status, _, body = request(self.ingest, "GET", f"/stream?{query}", headers=headers)
            self.assertEqual(status, 400, body)
            self.assertIn(word, body)
        self.assertEqual(request(self.ingest, "GET", "/stream")[0], 401)

    def test_a_tenant_sees_its_own_until_its_key_is_taken_away(self):
        self.start(CERTES_GATEWAY_STREAM_HEARTBEAT_SECONDS="0.2")
        api = self.installation.api
        api.ok("PUT", "/tenants/acme", {})
        key = api.ok("POST", "/keys", {"id": "eyes", "tenant": "acme", "scopes": ["stream:read", "events:write"]})["key"]
        writer = api.ok("POST", "/keys", {"id": "hands", "scopes": ["events:write"]})["key"]
        self.assertEqual(request(self.ingest, "GET", "/stream", headers={"Authorization": f"Bearer {writer}"})[0], 403)
        theirs, ours = self.watch(key=key), self.watch()
        mine = self.post("secret.of.default")
        status, secret = post_json(self.ingest, "/events", event("secret.of.acme", 1), key)
        self.assertEqual(status, 202)
        theirs.wait(1)
        ours.wait(1)
        self.assertEqual((theirs.ids(), ours.ids()), ([secret["id"]], [mine]))
        visitor = self.watch(path="/t/acme/stream")
        self.assertEqual(request(self.ingest, "GET", "/t/default/stream", headers={"Authorization": f"Bearer {key}"})[0], 403)
        also = post_json(self.ingest, "/events", event("more", 1), key)[1]["id"]
        visitor.wait(1)
        self.assertEqual(visitor.ids(), [also], "the installation's own keys may look into each tenant")
        api.ok("DELETE", "/keys/eyes?tenant=acme")
        wait_for(lambda: theirs.ended, WITHIN, "the end of the stream")
        self.assertEqual(theirs.events[-1][0], "ended")
        self.assertFalse(ours.ended)

    def test_one_that_does_not_read_is_dropped_with_a_notice(self):
        self.start(CERTES_GATEWAY_STREAM_BUFFER_BYTES="262144")
        slow, quick = self.watch(read=False, receive_buffer=4096), self.watch()
        sent = 0
        text = "x" * 50_000
        while self.metric("certes_gateway_stream_dropped_total") == 0:
            self.assertLess(sent, 400, "it was never dropped")
            for _ in range(10):
                self.post("large", text)
            sent += 10
            quick.wait(sent)
        slow.read_on()
        wait_for(lambda: slow.ended, WITHIN, "the end of the stream")
        name, last, data = slow.events[-1]
        self.assertEqual(name, "dropped")
        self.assertTrue(slow.complete)
        self.assertLess(len(slow.events) - 1, sent)
        resumed = self.watch(last_id=last)
        wait_for(lambda: len(resumed.ids()) == sent - (len(slow.events) - 1), WITHIN, "the rest, from the id of the last one read")
        self.assertEqual(len(quick.ids()), sent)


    def test_who_waits_is_told_what_became_of_the_event(self):
        self.start()
        api = self.installation.api
        api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 0.05, "max_attempts": 2, "jitter": "none"})
        api.ok("PUT", "/backoff-policies/later", {"strategy": "constant", "base_seconds": 600, "jitter": "none"})
        status = {"/good": 200, "/bad": 503, "/later": 503}
        service = Service(self, lambda received: (status[received.path], b"said " + received.path.encode()))
        for name, policy in (("good", "once"), ("bad", "once"), ("later", "later")):
            api.ok("PUT", f"/endpoints/{name}", {"url": f"{service.url}/{name}", "backoff_policy": policy})
        for name, pattern in (("good", "a.#"), ("good2", "both"), ("good3", "raw.#"), ("later", "later")):
            api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name.rstrip("23"), "pattern": pattern})
        api.ok("PUT", "/subscriptions/bad", {"endpoint": "bad", "pattern": "both"})
        api.ok("PUT", "/sources/raw", {"verify": {"scheme": "none"}, "type_from": "const:a.raw"})

        def wait(event_type, seconds=30, headers=None, path="/events", body=None):
            status, answered, text = request(self.ingest, "POST", path, body or event(event_type, 1),
                                             KEY | {"Prefer": f"wait={seconds}"} | (headers or {}), within=60)
            answer = json.loads(text)
            self.assertTrue(answer["id"].startswith("evt_"), answer)
            return status, answered.get("preference-applied"), answer["status"], {one["endpoint"]: one for one in answer.get("deliveries", ())}

        self.assertEqual(wait("nobody.listens"), (200, "wait=30", "unmatched", {}))
        good = {"endpoint": "good", "state": "delivered", "attempts": 1, "status": 200, "body": "said /good"}
        self.assertEqual(wait("a.b"), (200, "wait=30", "delivered", {"good": good}))
        code, applied, what, deliveries = wait("both", 60)
        self.assertEqual((code, applied, what, deliveries["good"]), (200, "wait=30", "failed", good))
        bad = deliveries["bad"]
        self.assertEqual((bad["state"], bad["attempts"], bad["status"], bad["body"]), ("dead_lettered", 2, 503, "said /bad"))
        code, applied, what, deliveries = wait("later", 20)
        self.assertEqual((code, applied, what, deliveries["later"]["state"]), (202, "wait=20", "accepted", "retry"))
        self.assertIn("retry_at", deliveries["later"])
        self.assertEqual(wait("", path="/events/raw", body=b"{}")[:3], (200, "wait=30", "delivered"))
        repeat = event("a.b", 1, id="same")
        self.assertEqual(wait("", body=repeat)[2], "delivered")
        status, headers, text = request(self.ingest, "POST", "/events", repeat, KEY | {"Prefer": "wait=30"})
        self.assertEqual((status, json.loads(text).get("duplicate"), headers.get("preference-applied")), (202, True, None))

    def test_who_waits_in_vain_gets_a_202(self):
        self.start(CERTES_GATEWAY_MAX_WAITERS="1")
        hold = threading.Event()
        self.addCleanup(hold.set)
        service = Service(self, lambda received: (hold.wait(WITHIN) and 200 or 500, b""))
        self.installation.api.ok("PUT", "/endpoints/slow", {"url": f"{service.url}/slow", "timeout_seconds": 25})
        self.installation.api.ok("PUT", "/subscriptions/slow", {"endpoint": "slow", "pattern": "slow"})
        status, headers, text = request(self.ingest, "POST", "/events", event("slow", 1), KEY | {"Prefer": "wait=1"})
        self.assertEqual((status, headers["preference-applied"], json.loads(text)["status"]), (202, "wait=1", "accepted"))
        answers = []
        first = threading.Thread(target=lambda: answers.append(
            request(self.ingest, "POST", "/events", event("slow", 2), KEY | {"Prefer": "wait=30"}, within=60)))
        first.start()
        wait_for(lambda: self.metric("certes_gateway_waiters") == 1, WITHIN, "one who waits")
        status, headers, _ = request(self.ingest, "POST", "/events", event("slow", 3), KEY | {"Prefer": "wait=30"})
        self.assertEqual((status, headers.get("preference-applied")), (202, None), "there is room for one")
        self.installation.gateways[0].signal(signal.SIGTERM)
        first.join(WITHIN)
        self.assertEqual((answers[0][0], json.loads(answers[0][2])["status"]), (202, "accepted"), "a gateway that leaves keeps nobody waiting")


    def log(self, key, body, address=None, content_type="text/plain"):
        status, _, answer = request(address or self.ingest, "POST", f"/logs/{key}", body, KEY | {"Content-Type": content_type})
        self.assertEqual(status, 202, answer)

    def log_until_shown(self, watch, key, address=None):
        """The first lines may come before the gateways know that somebody watches."""
        wait_for(lambda: (self.log(key, b"are you there?", address), watch.events)[1], WITHIN, "a first line")

    def test_log_lines_are_shown_while_somebody_watches(self):
        self.start(gateways=2 if self.engine == "kafka" else 1)
        other = self.installation.gateways[-1].address("gateway")
        self.log("billing.worker", b"nobody sees this")
        self.assertEqual(self.metric('certes_gateway_log_lines_total{outcome="carried"}'), 0)
        billing, events = self.watch("kind=log&pattern=billing.%23"), self.watch()
        self.log_until_shown(billing, "billing.worker", other)
        before = len(billing.events)
        self.log("mail.worker", b"not of billing", other)
        self.log("billing.worker", b"charged 42\nand more", other)
        self.log("billing.worker", b'{"level": "warn"}', other, "application/json")
        self.log("billing.worker", b"\xff\x00", other, "application/octet-stream")
        wait_for(lambda: len([1 for _, _, data in billing.events if "data_base64" in data]) == 1, WITHIN, "the last line")
        lines = [data for _, _, data in billing.events if data.get("data") != "are you there?"]
        self.assertEqual([one.get("data", one.get("data_base64")) for one in lines], ["charged 42\nand more", {"level": "warn"}, "/wA="])
        self.assertEqual({(name, data["type"]) for name, _, data in billing.events}, {("log", "billing.worker")})
        self.assertGreaterEqual(before, 1)
        self.assertEqual(events.events, [], "log lines are shown to those who ask for them")
        for key, headers, status in (("a..b", KEY, 400), ("a", {}, 401)):
            self.assertEqual(request(self.ingest, "POST", f"/logs/{key}", b"x", headers)[0], status)


class Embedded(OnBothEngines, Case):
    engine = "sqlite"

    def test_who_waits_for_a_command_is_told_when_it_was_carried_out(self):
        self.start()
        service = Service(self, lambda received: (200, b'{"done":true}'))
        self.installation.api.ok("PUT", "/endpoints/billing", {"url": service.url + "/billing"})
        self.installation.api.ok("PUT", "/subscriptions/billing", {"endpoint": "billing", "kind": "command", "pattern": "Billing.*"})
        status, headers, body = request(self.ingest, "POST", "/commands/Billing.Charge", b'{"data":{}}', KEY | {"Prefer": "wait=30"}, within=60)
        answer = json.loads(body)
        self.assertEqual((status, headers.get("preference-applied"), answer["status"]), (200, "wait=30", "delivered"))
        self.assertEqual(answer["deliveries"][0]["body"], '{"done":true}')

    def test_a_conversation_of_three_hops_shows_its_causes(self):
        next_of = {"/order.placed": "invoice.written", "/invoice.written": "parcel.sent"}
        self.start()

        def hop(received):
            sent = subprocess.run(
                ["curl", "-sS", "-f", "-X", "POST", f"http://{self.ingest[0]}:{self.ingest[1]}/events", "-H", f"Authorization: Bearer {ADMIN_KEY}",
                 "-H", "Content-Type: application/json", "-d",
                 json.dumps({"type": next_of[received.path], "data": {}, "conversation_id": received.headers["ce-conversationid"],
                             "cause_id": received.headers["webhook-id"]})], capture_output=True)
            return (200 if sent.returncode == 0 else 500), b""

        service = Service(self, hop)
        for number, path in enumerate(next_of):
            self.installation.api.ok("PUT", f"/endpoints/e{number}", {"url": service.url + path})
            self.installation.api.ok("PUT", f"/subscriptions/s{number}", {"endpoint": f"e{number}", "pattern": path[1:]})
        watch = self.watch()
        first = self.post("order.placed")
        hops = [data for _, _, data in watch.wait(3)]
        self.assertEqual([one["type"] for one in hops], ["order.placed", "invoice.written", "parcel.sent"])
        self.assertEqual({one["conversationid"] for one in hops}, {first}, "one conversation, named after what began it")
        self.assertEqual([one.get("causeid") for one in hops], [None, hops[0]["certesid"], hops[1]["certesid"]])

    def test_commands_and_their_results_are_shown_by_kind(self):
        self.start()
        service = Service(self, lambda received: (200, b'{"done":true}'))
        self.installation.api.ok("PUT", "/endpoints/billing", {"url": service.url + "/billing"})
        self.installation.api.ok("PUT", "/subscriptions/billing", {"endpoint": "billing", "kind": "command", "pattern": "Billing.*"})
        commands, results, all_of_it = self.watch("kind=command"), self.watch("kind=result"), self.watch("kind=command,result")
        status, _, body = request(self.ingest, "POST", "/commands/Billing.Charge", b'{"data":{}}', KEY)
        self.assertEqual(status, 202, body)
        name, _, command = commands.wait(1)[0]
        self.assertEqual((name, command["type"], command["certesid"]), ("command", "Billing.Charge", json.loads(body)["id"]))
        name, _, result = results.wait(1)[0]
        self.assertEqual((name, result["causeid"], result["data"]), ("result", command["certesid"], {"done": True}))
        all_of_it.wait(2)
        self.assertEqual((len(commands.events), len(results.events)), (1, 1))

    def test_the_stream_goes_on_where_it_was_when_the_gateway_comes_back(self):
        self.start()
        serve = self.installation.serve
        watch = self.watch()
        self.post("a.1")
        last = watch.wait(1)[0][1]
        serve.keep_ports()
        self.assertEqual(serve.stop(), 0)
        wait_for(lambda: watch.ended, WITHIN, "the end of the stream")
        serve.start()
        second = self.post("a.2")
        again = self.watch(last_id=last)
        again.wait(1)
        self.assertEqual(again.ids(), [second])


class Commands(StreamCase, Case):
    """The command that watches."""
    engine = "sqlite"

    def tail(self, *words):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")}
        environment |= {"CERTES_KEY": ADMIN_KEY, "CERTES_GATEWAY_URL": f"http://{self.ingest[0]}:{self.ingest[1]}"}
        process = subprocess.Popen([BINARY, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        return process

    def watchers(self, count):
        wait_for(lambda: self.metric("certes_gateway_stream_watchers") == count, WITHIN, f"{count} watchers")

    def test_a_command_whose_output_nobody_reads_any_more_ends(self):
        self.start()
        tail = self.tail("events", "tail", "--json")
        self.watchers(1)
        tail.stdout.close()
        self.post("order.created")
        self.assertEqual(tail.wait(WITHIN), -signal.SIGPIPE)
        tail.stdout = None

    def test_events_tail_prints_what_comes_and_goes_on_after_a_restart(self):
        self.start()
        plain = self.tail("events", "tail", "--pattern", "order.#", "--count", "2")
        json_lines = self.tail("events", "tail", "--kind", "event", "--json")
        self.watchers(2)
        self.post("payment.made")
        first = self.post("order.created", {"total": 42})
        serve = self.installation.serve
        serve.keep_ports()
        self.assertEqual(serve.stop(), 0)
        serve.start()
        second = self.post("order.paid", "thanks", cause_id=first)
        out, err = plain.communicate(timeout=WITHIN)
        self.assertEqual((plain.returncode, err), (0, ""))
        self.assertRegex(out, rf'^\S+  order\.created  {first}\n  {{"total":42}}\n\S+  order\.paid  {second}  caused by {first}\n  thanks\n$')
        lines = [json.loads(json_lines.stdout.readline())["certesid"] for _ in range(3)]
        self.assertEqual(lines[1:], [first, second])
        json_lines.send_signal(signal.SIGINT)
        self.assertEqual(json_lines.wait(WITHIN), 0)

    def test_logs_tail_prints_lines(self):
        self.start()
        tail = self.tail("logs", "tail", "--pattern", "billing.*", "--count", "1")
        self.watchers(1)
        status, _, _ = request(self.ingest, "POST", "/logs/billing.worker", b"charged 42", {"Authorization": f"Bearer {ADMIN_KEY}"})
        self.assertEqual(status, 202)
        out, err = tail.communicate(timeout=WITHIN)
        self.assertEqual((tail.returncode, err), (0, ""))
        self.assertRegex(out, r"^\S+  billing\.worker\n  charged 42\n$")

    def test_what_is_no_stream_or_without_end_is_an_error(self):
        stream = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\n"
        for head, block, says in ((stream + b"data: ", b"x" * 65536, "a line above 16 MiB"),
                                  (stream + b"data: ", b"x" * 65530 + b"\ndata:", "an event above 16 MiB"),
                                  (stream + b"id: ", b"x" * 65536, "a line above 16 MiB"),
                                  (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<p>", "answers 200 with text/html"),
                                  (b"HTTP/1.1 204 Nothing\r\n\r\n", b"", "answers 204 without a content type")):
            with self.subTest(says, head=head):
                self.ingest = endless_answer(self, head, block)
                refused = self.tail("events", "tail")
                out, err = refused.communicate(timeout=WITHIN)
                self.assertEqual((refused.returncode, out), (1, ""), err)
                self.assertIn(says, err)

    def test_what_cannot_be_watched_is_said_at_once(self):
        self.start()
        for words, status, says in ((("--kind", "news"), 1, "kind is event"), (("--after", "17"), 1, "Last-Event-ID"), (("--key", "certes_no"), 5, "key")):
            refused = self.tail("events", "tail", *words)
            out, err = refused.communicate(timeout=WITHIN)
            self.assertEqual((refused.returncode, out), (status, ""), err)
            self.assertIn(says, err)


class OnKafka(OnBothEngines, Case):
    engine = "kafka"

    def test_an_id_of_one_gateway_is_good_at_the_other(self):
        self.start(gateways=2)
        other = self.installation.gateways[1].address("gateway")
        here = self.watch()
        self.post("a.1")
        last = here.wait(1)[0][1]
        missed = {self.post("a.2", number, address=other) for number in range(10)}
        there = self.watch(address=other, last_id=last)
        wait_for(lambda: set(there.ids()) == missed, WITHIN, "what was missed")


class Thousand(StreamCase, Case):
    engine = "sqlite"

    async def test_a_thousand_watchers_are_served_in_bounded_memory(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8_192)), hard))
        self.start(CERTES_GATEWAY_STREAM_WATCHERS="1000", CERTES_GATEWAY_STREAM_BUFFER_BYTES="65536")
        serve, sent = self.installation.serve, 20

        connections = []
        for _ in range(1_000):
            reader, writer = await asyncio.open_connection(*self.ingest, limit=1 << 20)
            writer.write(head_of("/stream?pattern=many.%23", {"Authorization": f"Bearer {ADMIN_KEY}"}))
            self.assertIn(b" 200 ", await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WITHIN))
            connections.append((reader, writer))
        status, headers, _ = await asyncio.to_thread(request, self.ingest, "GET", "/stream", headers=KEY)
        self.assertEqual((status, "retry-after" in headers), (503, True), "there are as many as may be")
        before = serve.rss_bytes()
        for number in range(sent):
            await asyncio.to_thread(self.post, "many.one", "x" * 8_000, id=str(number))

        async def count(reader):
            for _ in range(sent):
                await reader.readuntil(b"many.one")

        await asyncio.wait_for(asyncio.gather(*(count(reader) for reader, _ in connections)), WITHIN)
        grown = serve.rss_bytes() - before
        for _, writer in connections:
            writer.transport.abort()
        await asyncio.sleep(0)
        self.assertLess(grown, 150 << 20)
        wait_for(lambda: self.metric("certes_gateway_stream_watchers") == 0, WITHIN, "all have left")
        self.assertEqual(self.metric("certes_gateway_stream_shown_total"), 1_000 * sent)
        self.assertEqual(self.metric("certes_gateway_stream_dropped_total"), 0)

    def test_watchers_that_do_not_read_hold_an_event_once(self):
        self.start()
        quick, serve = self.watch(), self.installation.serve
        stuck = [self.watch(read=False, receive_buffer=4096) for _ in range(200)]
        before = serve.rss_bytes()
        large = self.post("large", "x" * 900_000)
        quick.wait(1)
        self.assertEqual(quick.ids(), [large])
        self.assertLess(serve.rss_bytes() - before, 60 << 20)
        self.assertEqual(self.metric("certes_gateway_stream_watchers"), len(stuck) + 1)
        self.assertLess(self.metric("certes_gateway_stream_unread_bytes"), 8 << 20)


if __name__ == "__main__":
    unittest.main()
