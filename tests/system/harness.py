"""Real processes, real sockets: what the system tests are written in.

A Certes process is started with free ports and its own data directory (or Kafka prefix); a Sink receives deliveries,
verifies their signatures with an implementation of its own, and writes a ledger; a Producer posts events over
keep-alive connections and notes what was acknowledged. Nothing sleeps: every wait is for a condition, with a limit.
"""
import asyncio
import base64
import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import logging
import os
import pathlib
import secrets
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import uuid

import described

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CERTES_BINARY", str(ROOT / "build/dev/certes"))
ADMIN_KEY = "certes_" + base64.urlsafe_b64encode(b"an admin key of the system tests").decode().rstrip("=")
SECRETS_KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
PARTITIONS = 3


def brokers():
    """The shared broker that ctest's fixture started."""
    if value := os.environ.get("CERTES_TEST_BROKERS"):
        return value
    if path := os.environ.get("CERTES_TEST_BROKERS_FILE"):
        return pathlib.Path(path).read_text().strip().removeprefix("brokers=")
    raise unittest.SkipTest("neither CERTES_TEST_BROKERS nor CERTES_TEST_BROKERS_FILE is set")


class Process:
    """One `certes ROLE`."""

    def __init__(self, role, directory, *arguments, environment=None, dev=False, admin=True):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ports_file = self.directory / f"{role}-{uuid.uuid4().hex}.ports"
        self.log_path = self.directory / f"{role}.log"
        self.role = role
        self.arguments = [BINARY, role, "--data", str(self.directory / "data"), "--print-ports", str(self.ports_file), *arguments]
        if dev:
            self.arguments.append("--dev")
        base = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")}
        self.environment = base | {
            "CERTES_GATEWAY_LISTEN": "127.0.0.1:0",
            "CERTES_API_LISTEN": "127.0.0.1:0",
            "CERTES_DISPATCHER_LISTEN": "127.0.0.1:0",
            "CERTES_DISPATCHER_ALLOW_NETWORKS": "127.0.0.0/8",
            "CERTES_SECRETS_KEY": SECRETS_KEY,
        } | ({"CERTES_ADMIN_KEY": ADMIN_KEY} if admin else {}) | (environment or {})
        self.process = None
        self.ports = {}

    def start(self, ready_within=30):
        self.spawn()
        self.wait_ready(ready_within)
        return self

    def spawn(self):
        self.ports_file.unlink(missing_ok=True)
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.arguments, env=self.environment, stdout=subprocess.PIPE, stderr=log,
                                        cwd=self.directory)
        log.close()
        self.output = b""
        return self

    def wait_line(self, text, within=30):
        """Reads standard output until a line holds `text`."""
        deadline = time.monotonic() + within
        while text.encode() not in self.output:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], max(left, 0))[0]:
                raise AssertionError(f"{self.role}: no {text!r} within {within} s\n{self.output.decode()}\n{self.log()}")
            chunk = os.read(self.process.stdout.fileno(), 65536)
            if not chunk:
                raise AssertionError(f"{self.role} ended with {self.process.wait()}\n{self.output.decode()}\n{self.log()}")
            self.output += chunk

    def wait_ready(self, within=30):
        self.wait_line("ready\n", within)
        self.read_ports()

    def read_ports(self, within=10):
        """The listeners' addresses, of a process that need not be ready."""
        wait_for(lambda: self.ports_file.exists() and self.ports_file.read_text().strip(), within, "the ports file")
        self.ports = json.loads(self.ports_file.read_text())
        described.know(self.ports)
        return self.ports

    def log(self, tail=4000):
        return self.log_path.read_text(errors="replace")[-tail:] if self.log_path.exists() else ""

    def address(self, listener):
        host, _, port = self.ports[listener].rpartition(":")
        return host, int(port)

    def keep_ports(self):
        """The next start uses the same ports."""
        for listener in self.ports:
            self.environment[f"CERTES_{listener.upper()}_LISTEN"] = self.ports[listener]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, within=40):
        """SIGTERM; the exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.terminate()
        try:
            status = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.role} did not stop within {within} s\n{self.log()}") from None
        self.process.stdout.close()
        return status

    def rss_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def metrics(self, listener):
        status, _, body = request(self.address(listener), "GET", "/metrics")
        assert status == 200, status
        values = {}
        for line in body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values


def run_to_end(*arguments, environment=None, within=30, cwd=None):
    """Runs `certes …` until it ends: (status, stdout, stderr)."""
    base = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")}
    done = subprocess.run([BINARY, *arguments], env=base | (environment or {}), capture_output=True, timeout=within, cwd=cwd, text=True)
    return done.returncode, done.stdout, done.stderr


def request(address, method, target, body=None, headers=None, within=30):
    """One request over a connection of its own: (status, headers, body)."""
    connection = http.client.HTTPConnection(*address, timeout=within)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        got = connection.getresponse()
        answer = got.status, {k.lower(): v for k, v in got.getheaders()}, got.read()
    finally:
        connection.close()
    described.check(address, method, target, headers, body, *answer)
    return answer


def post_json(address, path, body, key=ADMIN_KEY):
    """What a gateway answers to a JSON document, or to its text: (status, document)."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    status, _, answer = request(address, "POST", path, text, headers)
    return status, json.loads(answer)


def wait_for(condition, within, what):
    """Asks until the condition holds. select() with nothing to select is the pause between two questions."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        select.select([], [], [], 0.02)
    return value


class Api:
    """The Master API."""

    def __init__(self, address, key=ADMIN_KEY):
        self.address = address
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def call(self, method, path, body=None, headers=None):
        data = json.dumps(body) if body is not None else None
        status, response_headers, text = request(self.address, method, "/api/v1" + path, data, self.headers | (headers or {}))
        return status, response_headers, json.loads(text) if text else None

    def ok(self, method, path, body=None, headers=None):
        """What is answered where it is done. An index that a start has yet to open is waited for, as its Retry-After says."""
        def answered():
            status, _, answer = self.call(method, path, body, headers)
            opening = status == 503 and answer["type"] == "/problems/history-not-ready"
            return None if opening else (status, answer)
        status, answer = wait_for(answered, 60, "the index to be opened")
        assert status in (200, 201, 202, 204), f"{method} {path}: {status} {answer}"
        return answer

    def job(self, path, body, within=60):
        """What the job that this asks for has come to."""
        made = self.ok("POST", path, body)
        wait_for(lambda: self.ok("GET", f"/jobs/{made['id']}")["state"] != "running", within, f"the job {made['id']} to end")
        return self.ok("GET", f"/jobs/{made['id']}")

    def pages(self, path):
        after, join = None, "&" if "?" in path else "?"
        while True:
            page = self.ok("GET", path + f"{join}limit=1000" + (f"&after={after}" if after else ""))
            yield from page["items"]
            after = page.get("next")
            if not after:
                return

    def letters(self, query="", within=60):
        """All dead letters there are now: of an index, once it goes as far."""
        begun = datetime.datetime.now(datetime.timezone.utc)

        def goes_as_far():
            status, _, page = self.call("GET", "/dead-letters?limit=1")
            if status == 503:
                return False
            until = page.get("indexed_until", begun.isoformat())
            return until is not None and datetime.datetime.fromisoformat(until) >= begun
        wait_for(goes_as_far, within, "the index to go as far as now")
        return list(self.pages("/dead-letters" + query))


def verify(secret, headers, body):
    """Standard Webhooks 1.0.0, written from the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split(" "))


class Receipt:
    __slots__ = ("at", "attempt", "body", "headers", "id", "path", "status", "verified")

    def __init__(self, path, headers, body, status, verified):
        self.at = time.monotonic()
        self.path, self.headers, self.body, self.status, self.verified = path, headers, body, status, verified
        self.id = headers.get("webhook-id", "")
        self.attempt = int(headers.get("certes-attempt", "0"))


class SinkConnection(asyncio.Protocol):
    def __init__(self, sink):
        self.sink, self.buffer = sink, b""

    def connection_made(self, transport):
        self.transport = transport
        self.sink.connections.add(self)

    def connection_lost(self, _error):
        self.sink.connections.discard(self)

    def data_received(self, data):
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            lines = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4:end + 4 + length]
            self.buffer = self.buffer[end + 4 + length:]
            self.sink.received(self, lines[0].split(" ")[1], headers, body)

    def answer(self, status, headers=(), body=b""):
        extra = "".join(f"{name}: {value}\r\n" for name, value in headers)
        if not self.transport.is_closing():
            self.transport.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body)


class Sink:
    """An HTTP server for deliveries. `behave(path, headers, body)` gives a status, or (status, headers), or (status,
    headers, body), or a number of seconds before a 200 as a float, or None for never answering."""

    def __init__(self, behave=None):
        self.behave = behave or (lambda path, headers, body: 200)
        self.secrets, self.receipts, self.connections = {}, [], set()
        self.changed = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.get_running_loop().create_server(lambda: SinkConnection(self), "127.0.0.1", 0, backlog=4096)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for connection in list(self.connections):
            connection.transport.abort()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def received(self, connection, path, headers, body):
        verified = verify(self.secrets[path], headers, body) if path in self.secrets else None
        decision = self.behave(path, headers, body)
        status, *extra = decision if isinstance(decision, tuple) else (decision,)
        if isinstance(status, float):
            asyncio.get_running_loop().call_later(status, connection.answer, 200)
            status = 200
        elif status is not None:
            connection.answer(status, *extra)
        self.receipts.append(Receipt(path, headers, body, status, verified))
        self.changed.set()

    def delivered(self, path=None):
        """{(path, event id): number of 2xx receipts}"""
        counts = {}
        for receipt in self.receipts:
            if receipt.status is not None and 200 <= receipt.status < 300 and path in (None, receipt.path):
                counts[receipt.path, receipt.id] = counts.get((receipt.path, receipt.id), 0) + 1
        return counts

    async def wait(self, condition, within, what="the deliveries"):
        deadline = time.monotonic() + within
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not within {within} s: {what}; {len(self.receipts)} receipts")
            self.changed.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.changed.wait(), min(left, 0.5))


class Producer:
    """Posts over `connections` keep-alive connections; `outcomes[key]` is ("accepted", evt id), ("refused", status) or
    ("unknown", reason). A connection that breaks makes its request unknown and is opened anew. After a 503 its
    Retry-After is heeded, as producers do: who floods a gateway that is starting keeps it from its log. While `ready` is
    cleared nothing is begun, as a load balancer sends nothing to who is not."""

    def __init__(self, address, key=ADMIN_KEY, connections=32):
        self.address, self.key, self.width = address, key, connections
        self.outcomes = {}
        self.retry_after = {}  # of the last answer, by connection
        self.ready = asyncio.Event()
        self.ready.set()

    async def _connect(self, limit=30):
        deadline = time.monotonic() + limit
        while True:
            try:
                return await asyncio.open_connection(*self.address)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)

    async def post(self, reader, writer, body, path="/events", headers=()):
        extra = "".join(f"{name}: {value}\r\n" for name, value in headers)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: certes\r\nAuthorization: Bearer {self.key}\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(body)}\r\n{extra}\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        length = next(int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:"))
        after = next((line.split(":")[1] for line in head if line.lower().startswith("retry-after:")), "0")
        self.retry_after[writer] = int(after)
        status, answer = int(head[0].split(" ")[1]), await reader.readexactly(length)
        named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        described.sample(self.address, "POST", path, {"content-type": "application/json", **dict(headers)}, body, status, named, answer)
        return status, json.loads(answer or b"null")

    async def _work(self, items):
        reader = writer = None
        for key, body in items:
            while True:
                await self.ready.wait()
                if writer is None:
                    reader, writer = await self._connect()
                try:
                    status, answer = await asyncio.wait_for(self.post(reader, writer, body), 30)
                except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                    writer.close()
                    self.retry_after.pop(writer, None)
                    writer = None
                    self.outcomes[key] = ("unknown", repr(error))
                    break
                if status == 202:
                    self.outcomes[key] = ("accepted", answer["id"])
                elif status == 503 and answer["type"].endswith("outcome-unknown"):
                    self.outcomes[key] = ("unknown", status)
                else:
                    self.outcomes[key] = ("refused", status)
                if status == 503:
                    await asyncio.sleep(self.retry_after[writer])
                break
        if writer is not None:
            writer.close()

    async def send(self, items):
        """items: (key, body bytes)."""
        shared = iter(items)
        await asyncio.gather(*(self._work(shared) for _ in range(self.width)))

    def accepted(self):
        return {outcome[1]: key for key, outcome in self.outcomes.items() if outcome[0] == "accepted"}


def event(event_type, data, **members):
    return json.dumps({"type": event_type, "data": data, **members}, separators=(",", ":")).encode()


def github_signature(secret, body):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Case(unittest.IsolatedAsyncioTestCase):
    """A test with a directory of its own, and an end for every process it started."""

    def setUp(self):
        # Checking a ledger of thousands takes longer than asyncio's debug mode finds polite.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="certes-test-"))
        self.processes = []

    def tearDown(self):
        failed = any(error for _, error in getattr(self._outcome, "errors", []) or []) if hasattr(self._outcome, "errors") else False
        for process in self.processes:
            if process.process is not None and process.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    process.signal(signal.SIGCONT)
                process.kill()
        if failed or os.environ.get("CERTES_TEST_KEEP"):
            print(f"kept: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def process(self, role, *arguments, **options):
        process = Process(role, self.directory, *arguments, **options)
        self.processes.append(process)
        return process

    def prefix(self):
        return f"t-{secrets.token_hex(6)}."


class Installation:
    """Gateway, API and dispatcher on one engine: `serve` on the embedded log, roles apart on Kafka."""

    def __init__(self, case, engine, environment=None, gateways=1, dispatchers=1, brokers_list=None):
        self.case, self.engine = case, engine
        environment = dict(environment or {})
        if engine == "sqlite":
            self.serve = case.process("serve", environment=environment).start()
            self.gateways = self.dispatchers = [self.serve]
        else:
            environment |= {"CERTES_KAFKA_PREFIX": case.prefix(), "CERTES_KAFKA_PARTITIONS": str(PARTITIONS)}
            arguments = ["--brokers", brokers_list or brokers()]
            self.gateways = [case.process("gateway", *arguments, environment=environment) for _ in range(gateways)]
            self.dispatchers = [case.process("dispatcher", *arguments, environment=environment) for _ in range(dispatchers)]
            for process in self.gateways[:1]:
                process.start()
            for process in self.gateways[1:] + self.dispatchers:
                process.start()
            self.serve = None
        self.api = Api(self.gateways[0].address("api"))
        self.ingest = self.gateways[0].address("gateway")

    def dead_letters(self):
        return self.api.letters()

    def metric(self, name):
        """Sum over the dispatchers of every series of that name."""
        total = 0.0
        for process in self.dispatchers:
            total += sum(v for k, v in process.metrics("dispatcher").items() if k == name or k.startswith(name + "{"))
        return total


def stand_still(pid):
    """SIGSTOP, and back once all its threads have stopped: on a busy machine one may yet answer somebody."""
    os.kill(pid, signal.SIGSTOP)

    def stopped():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # one that has just ended
            states = [path.read_text().rpartition(")")[2].split()[0] for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
            return set(states) == {"T"}

    wait_for(stopped, 30, "every thread to stand still")


_refusing = []


def refusing_port():
    """One that nobody listens on, and nobody gets while the test runs."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    _refusing.append(holder)
    return holder.getsockname()[1]


def free_port():
    """For a process that is to be started there: others may be quicker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
