"""Commands, their results and conversations, from outside, on both engines."""
import http.server
import json
import os
import re
import shlex
import subprocess
import threading
import unittest

from harness import ADMIN_KEY, BINARY, Case, Installation, ROOT, free_port, request, verify, wait_for

WITHIN = 30
KEY = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}


class Received:
    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, {k.lower(): v for k, v in headers.items()}, body


class Service:
    """Keeps what it is sent. `behave(received)` gives (status, body); it may wait."""

    def __init__(self, case, behave=None):
        self.behave = behave or (lambda received: (200, b""))
        self.received = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                one = Received(self.path, self.headers, self.rfile.read(int(self.headers.get("Content-Length", "0"))))
                service.received.append(one)
                status, body = service.behave(one)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # a killed dispatcher lets its connections go

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        case.addCleanup(self.close)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def at(self, path):
        return [one for one in list(self.received) if one.path == path]

    def wait(self, path, count, within=WITHIN):
        wait_for(lambda: len(self.at(path)) >= count, within, f"{count} at {path}: {len(self.at(path))}")
        return self.at(path)


class OnBothEngines:
    environment = {"CERTES_COMMANDS_RESULT_SECONDS": "600"}

    def prepare(self, behave=None, **environment):
        self.service = Service(self, behave)
        self.installation = Installation(self, self.engine, self.environment | environment)
        api = self.installation.api
        api.ok("PUT", "/backoff-policies/quick", {"strategy": "constant", "base_seconds": 0.05, "max_attempts": 3, "jitter": "none"})
        for name in ("billing", "audit"):
            api.ok("PUT", f"/endpoints/{name}", {"url": f"{self.service.url}/{name}", "backoff_policy": "quick"})
        api.ok("PUT", "/subscriptions/billing", {"endpoint": "billing", "kind": "command", "pattern": "Billing.*"})
        api.ok("PUT", "/subscriptions/audit", {"endpoint": "audit", "kind": "result", "pattern": "#"})
        return api

    def gateway(self, method, path, body=None, headers=None):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        status, _, text = request(self.installation.ingest, method, path, data, KEY | (headers or {}))
        return status, json.loads(text) if text else None

    def give(self, name="Billing.Charge", data=None, **members):
        status, answer = self.gateway("POST", f"/commands/{name}", {"data": data, **members})
        self.assertEqual(status, 202, answer)
        return answer["id"]

    def state(self, identity):
        status, answer = self.gateway("GET", f"/commands/{identity}")
        return answer if status == 200 else {"status": status}

    def ends(self, identity, status, within=WITHIN):
        return wait_for(lambda: (s := self.state(identity))["status"] == status and s, within,
                        f"{identity} {status}: {self.state(identity)}")

    def test_the_answer_is_the_result_and_goes_to_all_who_want_it(self):
        self.prepare(lambda one: (200, b'{"paid":true}' if one.path == "/billing" else b""))
        identity = self.give(data={"n": 1}, reply_to=self.service.url + "/reply", conversation_id="conv-1", cause_id="evt_0")
        command, = self.service.wait("/billing", 1)
        self.assertEqual((command.headers["webhook-id"], command.headers["ce-type"], command.body), (identity, "Billing.Charge", b'{"n": 1}'))
        self.assertEqual((command.headers["ce-conversationid"], command.headers["ce-causeid"]), ("conv-1", "evt_0"))
        state = self.ends(identity, "succeeded")
        self.assertEqual((state["command"], state["result"]["data"], state["conversation_id"]), ("Billing.Charge", {"paid": True}, "conv-1"))
        secret = self.gateway("POST", "/commands/reply-secret")[1]["secret"]
        for path in ("/audit", "/reply"):
            result, = self.service.wait(path, 1)
            self.assertEqual(result.body, b'{"paid":true}')
            self.assertEqual(result.headers["webhook-id"], state["result"]["id"])
            self.assertEqual(result.headers["ce-type"], "Billing.Charge.result")
            self.assertEqual(result.headers["ce-commandstatus"], "succeeded")
            self.assertEqual((result.headers["ce-conversationid"], result.headers["ce-causeid"]), ("conv-1", identity))
        self.assertTrue(verify(secret, self.service.at("/reply")[0].headers, b'{"paid":true}'))

    def test_what_is_refused(self):
        api = self.prepare()
        for name, body, status, pointer in (("Shipping.Send", {"data": 1}, 404, None),
                                            ("Billing", {"data": 1}, 400, "command"),
                                            ("Billing.Charge%2FX", {"data": 1}, 400, "command"),
                                            ("Billing.Charge", {"data": 1, "reply_to": "http://10.0.0.1/x"}, 400, "/reply_to"),
                                            ("Billing.Charge", {"data": 1, "reply_to": "ftp://a.b/x"}, 400, "/reply_to"),
                                            ("Billing.Charge", {"date": 1}, 400, "/date")):
            got, answer = self.gateway("POST", f"/commands/{name}", body)
            self.assertEqual((got, answer.get("pointer")), (status, pointer), (name, answer))
        status, _, answer = api.call("PUT", "/subscriptions/second", {"endpoint": "audit", "kind": "command", "pattern": "*.Charge"})
        self.assertEqual((status, answer["pointer"]), (409, "/pattern"), answer)
        self.assertEqual(self.gateway("GET", "/commands/evt_01KAJ500000000000000000000")[0], 404)
        self.assertEqual(self.gateway("POST", "/commands/evt_01KAJ500000000000000000000/result", b"1")[0], 404)
        status, answer = self.gateway("POST", "/events", {"type": "a.b", "data": 1, "source": "urn:certes:default/results"})
        self.assertEqual((status, answer["pointer"]), (403, "/source"), "a result cannot be forged")
        self.assertEqual(request(self.installation.ingest, "POST", "/commands/Billing.Charge", b'{"data":1}')[0], 401)
        first = self.give(id="mine")
        status, answer = self.gateway("POST", "/commands/Billing.Charge", {"data": None, "id": "mine"})
        self.assertEqual((status, answer), (202, {"id": first, "status": "accepted", "duplicate": True}))
        self.assertEqual({one.path for one in self.service.received} - {"/billing", "/audit"}, set())

    def test_a_failure_is_a_result_and_a_dead_letter(self):
        self.prepare(lambda one: ({"Billing.Refuse": 422, "Billing.Fail": 500}.get(one.headers["ce-type"], 200), b'{"why":"so"}'))
        refused, failing = self.give("Billing.Refuse"), self.give("Billing.Fail")
        first, second = self.ends(refused, "failed"), self.ends(failing, "failed")
        self.assertEqual(first["result"]["data"], {"error": "422", "rule": "status 422", "attempts": 1, "status": 422, "answer": '{"why":"so"}'})
        self.assertEqual((second["result"]["data"]["attempts"], second["result"]["data"]["rule"]), (3, "max_attempts"))
        letters = wait_for(lambda: len(found := self.installation.dead_letters()) == 2 and found, WITHIN, "the dead letters")
        self.assertEqual({letter["endpoint"] for letter in letters}, {"billing"})
        self.assertEqual({one.headers["ce-commandstatus"] for one in self.service.wait("/audit", 2)}, {"failed"})

    def test_a_result_may_be_posted_later_or_not_at_all(self):
        self.prepare(lambda one: (202, b""), CERTES_COMMANDS_RESULT_SECONDS="6")
        done, failed, late = (self.give() for _ in range(3))
        self.service.wait("/billing", 3)
        status, first = self.gateway("POST", f"/commands/{done}/result", b"plain words", {"Content-Type": "text/plain"})
        self.assertEqual((status, first["status"]), (202, "accepted"))
        self.assertEqual(self.gateway("POST", f"/commands/{failed}/result?status=failed", {"no": 1})[0], 202)
        self.assertEqual(self.gateway("POST", f"/commands/{failed}/result?status=odd", {"no": 1})[0], 400)
        state = self.ends(done, "succeeded")
        self.assertEqual((state["result"]["text"], state["result"]["id"]), ("plain words", first["id"]))
        status, again = self.gateway("POST", f"/commands/{done}/result", b"other words")
        self.assertEqual((status, again), (202, {"id": first["id"], "status": "accepted", "duplicate": True}))
        self.assertEqual(self.ends(failed, "failed")["result"]["data"], {"no": 1})
        self.assertEqual(self.ends(late, "failed")["result"]["data"]["rule"], "no_result")
        self.assertEqual(self.gateway("POST", f"/commands/{late}/result", b"1")[0], 409)
        self.assertEqual({one.headers["ce-causeid"] for one in self.service.wait("/audit", 3)}, {done, failed, late})

    def test_kill_in_mid_command_gives_one_result_each(self):
        gate = threading.Event()

        def behave(one):
            if one.path == "/billing" and not gate.wait(WITHIN):
                return 500, b""
            return 200, b'{"paid":true}'

        self.prepare(behave)
        self.installation.dispatchers[0].keep_ports()
        given = [self.give(data=n, id=f"c-{n}") for n in range(60)]
        self.service.wait("/billing", 3)
        self.killed()
        gate.set()  # some answers go nowhere, some come while it is killed again
        self.service.wait("/audit", 5)
        self.killed()
        for identity in given:
            self.assertEqual(self.ends(identity, "succeeded", 60)["result"]["data"], {"paid": True})
        wait_for(lambda: {one.headers["ce-causeid"] for one in self.service.at("/audit")} >= set(given), 60, "all results")
        results = {}
        for one in self.service.at("/audit"):
            results.setdefault(one.headers["ce-causeid"], set()).add(one.headers["webhook-id"])
        self.assertEqual(set(results), set(given))
        self.assertEqual({len(ids) for ids in results.values()}, {1}, "one result of each command")

    def killed(self):
        dispatcher = self.installation.dispatchers[0]
        dispatcher.kill()
        dispatcher.start(60)

    def test_three_hops_have_one_conversation_and_their_causes(self):
        api = self.prepare(lambda one: (200, b"{}"))
        api.ok("PUT", "/endpoints/shop", {"url": self.service.url + "/shop"})
        api.ok("PUT", "/subscriptions/shop", {"endpoint": "shop", "pattern": "order.*"})
        curl = ["curl", "-sS", "--fail-with-body", "-H", f"Authorization: Bearer {ADMIN_KEY}", "-H", "Content-Type: application/json"]
        base = "http://{}:{}".format(*self.installation.ingest)

        def post(path, body):
            done = subprocess.run([*curl, "-d", json.dumps(body), base + path], capture_output=True, text=True, timeout=WITHIN)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return json.loads(done.stdout)["id"]

        first = post("/events", {"type": "order.created", "data": {}})
        event, = self.service.wait("/shop", 1)
        conversation = event.headers["ce-conversationid"]
        self.assertEqual((event.headers["webhook-id"], conversation), (first, first))
        command = post("/commands/Billing.Charge", {"data": {}, "conversation_id": conversation, "cause_id": event.headers["webhook-id"]})
        taken, = self.service.wait("/billing", 1)
        self.assertEqual((taken.headers["ce-conversationid"], taken.headers["ce-causeid"]), (first, first))
        result, = self.service.wait("/audit", 1)
        self.assertEqual((result.headers["ce-conversationid"], result.headers["ce-causeid"]), (first, command))
        post("/events", {"type": "order.paid", "data": {}, "conversation_id": conversation, "cause_id": result.headers["webhook-id"]})
        last = self.service.wait("/shop", 2)[1]
        self.assertEqual((last.headers["ce-conversationid"], last.headers["ce-causeid"]), (first, result.headers["webhook-id"]))


class Embedded(OnBothEngines, Case):
    engine = "sqlite"


class OnKafka(OnBothEngines, Case):
    engine = "kafka"
    environment = OnBothEngines.environment | {"CERTES_KAFKA_SESSION_TIMEOUT_SECONDS": "6"}


class WalkThrough(Case):
    """What docs/commands.md tells to type is typed, with other ports and another place of the binary."""

    def test_it_does_what_it_says(self):
        serve = self.process("serve", dev=True).start()
        urls = {"CERTES_URL": f"http://{serve.ports['api']}", "CERTES_GATEWAY_URL": f"http://{serve.ports['gateway']}"}
        port = free_port()
        text = (ROOT / "docs/commands.md").read_text()
        blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        (self.directory / "billing.py").write_text(next(block for word, block in blocks if word == "python"))
        shown = next(block for word, block in blocks if word == "json").strip()
        lines = [line for word, block in blocks if word == "" for line in block.splitlines()]
        lines = [line.replace("8081", str(port)).replace("http://127.0.0.1:9600", urls["CERTES_GATEWAY_URL"]) for line in lines]
        lines = [re.sub(r"^certes ", shlex.quote(BINARY) + " ", line) for line in lines]
        base = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")} | urls
        service = subprocess.Popen(shlex.split(lines[0]), cwd=self.directory, env=base)
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)

        def shell(line):
            done = subprocess.run(["bash", "-c", line], cwd=self.directory, env=base, capture_output=True, text=True, timeout=90)
            self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}\n{done.stderr}")
            return done.stdout

        def listening():
            try:
                request(("127.0.0.1", port), "GET", "/")
                return True
            except OSError:
                return False

        wait_for(listening, WITHIN, "the service of the walk-through")
        for line in lines[1:3]:
            shell(line)
        self.assertEqual(shell(lines[3]).strip(), shown)
        identity = json.loads(shell(lines[4]))["id"]
        look = re.sub(r"\bID$", identity, lines[5])
        state = wait_for(lambda: (s := json.loads(shell(look)))["status"] == "succeeded" and s, WITHIN, "the result")
        self.assertEqual(state["result"]["data"], {"charged": 7, "conversation": identity})


if __name__ == "__main__":
    unittest.main()
