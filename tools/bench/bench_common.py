"""What the parts of ./dev bench share: installations of Certes, the limit program of ingest, load, and CPU time."""
import asyncio
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/bench"
LIMITS = BUILD / "bench/limits"
sys.path.insert(0, str(ROOT / "tests/system"))
os.environ.setdefault("CERTES_BINARY", str(BUILD / "certes"))
import harness  # noqa: E402

harness.described.validates = False

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of(engine, directory, brokers, settings=None):
    """Not started: `serve`, or a gateway and a dispatcher."""
    environment = {"CERTES_KAFKA_PREFIX": f"bench-{os.getpid()}-{free_port()}."} | (settings or {})
    roles = ["serve"] if engine == "sqlite" else ["gateway", "dispatcher"]
    arguments = [] if engine == "sqlite" else ["--brokers", brokers]
    return [harness.Process(role, directory, *arguments, environment=environment, dev=False) for role in roles]


@contextlib.contextmanager
def installation(engine, directory, brokers, settings=None):
    """Yields the process that takes events in, and the Master API."""
    processes = processes_of(engine, directory, brokers, settings)
    try:
        for process in processes:
            process.start()
        api = next(process for process in processes if "api" in process.ports)
        yield processes[0], harness.Api(api.address("api"))
    finally:
        for process in processes:
            process.stop()


class Receiver:
    """A harness.Sink on a thread of its own."""

    def __init__(self, behave):
        self.sink = harness.Sink(behave)

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.sink.__aenter__(), self.loop).result()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.sink.__aexit__(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    @property
    def receipts(self):
        return self.sink.receipts

    def url(self, name):
        return self.sink.url("/" + name)


class RawServer:
    """The limit of ingest: answers 202 to whatever looks like a request."""

    def __enter__(self):
        self.process = subprocess.Popen([LIMITS / "raw_epoll_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def cpu_seconds(pid):
    """(user, system) of a process, to 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def plain_event(size):
    """An event of `size` bytes."""
    shell = len('{"type":"bench.created","data":""}')
    return b'{"type":"bench.created","data":"%s"}' % (b"x" * max(0, size - shell))


def write_request(path, target, body, headers):
    lines = [f"POST {target} HTTP/1.1", "Host: bench", "Content-Type: application/json",
             *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}", "", ""]
    path.write_bytes("\r\n".join(lines).encode() + body)
    return path


def bearer():
    return {"Authorization": f"Bearer {harness.ADMIN_KEY}"}


def run_json(*arguments):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments[0]}: {done.stderr}")
    return json.loads(done.stdout)


def load(address, pid, request, connections, seconds):
    """Closed loop; adds the CPU microseconds that the server took for a request."""
    before = cpu_seconds(pid)
    found = run_json(LIMITS / "http_load", address, request, connections, seconds)
    after = cpu_seconds(pid)
    if found["other"]:
        raise SystemExit(f"{found['other']} answers were not 2xx")
    requests = found["requests_per_second"] * seconds
    found["user_us"], found["system_us"] = ((b - a) / requests * 1e6 for a, b in zip(before, after))
    return found


def open_load(address, request, connections, rate, seconds):
    return run_json(LIMITS / "open_load", address, request, connections, rate, seconds)
