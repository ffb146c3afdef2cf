#!/usr/bin/env python3
"""Endpoints whose names must be looked up, with a name server of the test's own: in network and mount namespaces of its
own, where /etc/resolv.conf names it. Without the right to make them the tests are skipped."""
import asyncio
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import harness
from harness import Api, Producer, Sink, SinkConnection, event, wait_for

INSIDE = "CERTES_TEST_NAMESPACE"
UNSHARE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
SKIPPED = 77  # what ctest takes for that


def loopback_up():
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", IFF_UP, b""))


def use_name_server():
    with tempfile.NamedTemporaryFile("w", prefix="certes-resolv-", delete=False) as file:
        file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
    subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)


class NameServer:
    """Answers nothing, until told, but for names that begin with "good": then 127.0.0.1 for every name (and 127.0.0.2,
    where it begins with "two"), or that it does not exist, where it begins with "gone"."""

    def __init__(self):
        self.silent, self.asked = True, set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            query, sender = self.socket.recvfrom(4096)
            if not query:
                return
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            kind = struct.unpack(">H", query[at + 1:at + 3])[0]
            self.asked.add(".".join(labels))
            if self.silent and not labels[0].startswith("good"):
                continue
            gone = labels[0].startswith("gone")
            addresses = ["127.0.0.1", "127.0.0.2"] if labels[0].startswith("two") else ["127.0.0.1"]
            if kind != 1 or gone:
                addresses = []
            answer = query[:2] + struct.pack(">HHHHH", 0x8583 if gone else 0x8580, 1, len(addresses), 0, 0) + query[12:at + 5]
            for address in addresses:
                answer += struct.pack(">HHHIH4s", 0xC00C, 1, 1, 60, 4, socket.inet_aton(address))
            self.socket.sendto(answer, sender)

    def close(self):
        self.socket.sendto(b"", ("127.0.0.1", 53))
        self.thread.join()
        self.socket.close()


class Names(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = NameServer()
        self.addCleanup(self.server.close)

    def start(self, **environment):
        serve = self.process("serve", environment=environment).start()
        return serve, Api(serve.address("api"))

    @staticmethod
    def threads(process):
        status = pathlib.Path(f"/proc/{process.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("Threads:")))

    @staticmethod
    def sum_of(serve, name):
        return sum(value for series, value in serve.metrics("dispatcher").items() if series.startswith(name))

    async def test_a_silent_name_server_holds_up_nobody_and_costs_no_attempt(self):
        serve, api = self.start(CERTES_DISPATCHER_RESOLVING_MAX="4")
        before = self.threads(serve)
        async with Sink() as sink:
            endpoints = ["healthy", *(f"x{i}" for i in range(10))]
            for name in endpoints:
                host = "127.0.0.1" if name == "healthy" else f"{name}.test"
                api.ok("PUT", f"/endpoints/{name}", {"url": f"http://{host}:{sink.port}/{name}"})
                api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "#"})
            producer = Producer(serve.address("gateway"), connections=4)
            await producer.send([(i, event("a.b", i)) for i in range(200)])
            self.assertEqual(len(producer.accepted()), 200)
            await sink.wait(lambda: len(sink.delivered("/healthy")) == 200, 60, "the healthy endpoint's deliveries")
            self.assertEqual({receipt.path for receipt in sink.receipts}, {"/healthy"})
            await sink.wait(lambda: len(self.server.asked) == 10, 60, "ten names asked for, four at a time")
            await sink.wait(lambda: self.sum_of(serve, 'certes_dispatcher_given_back_total{reason="unresolved"}') > 0, 30)
            self.assertLessEqual(self.threads(serve), before + 4)
            self.assertEqual(self.sum_of(serve, "certes_dispatcher_attempts_total"), 200)  # the healthy one's

            self.server.silent = False
            await sink.wait(lambda: len(sink.delivered()) == 2200, 90, "the deliveries of names that are answered again")
            self.assertEqual({receipt.attempt for receipt in sink.receipts}, {1})
        self.assertEqual(serve.stop(), 0)

    async def test_a_tenant_that_goes_on_inventing_silent_names_holds_up_no_other(self):
        serve, api = self.start(CERTES_DISPATCHER_RESOLVING_MAX="8")
        api.ok("PUT", "/tenants/other", {})
        key = api.ok("POST", "/keys?tenant=other", {"scopes": ["*"]})["key"]
        other = Api(api.address, key)
        producer = Producer(serve.address("gateway"), connections=1)
        invented = 0

        async def invent(names):
            nonlocal invented
            for i in range(invented, invented + names):
                api.ok("PUT", f"/endpoints/a{i}", {"url": f"http://a{i}.silent.test/"})
                api.ok("PUT", f"/subscriptions/a{i}", {"endpoint": f"a{i}", "pattern": f"a.n{i}"})
            await producer.send([(i, event(f"a.n{i}", i)) for i in range(invented, invented + names)])
            invented += names

        async with Sink() as sink:
            await invent(200)
            await sink.wait(lambda: len(self.server.asked) >= 6, 60, "all threads but those that are kept")
            for i in range(8):  # each a name of its own, that nobody has asked for yet
                await invent(1)
                other.ok("PUT", f"/endpoints/good{i}", {"url": f"http://good{i}.test:{sink.port}/good{i}"})
                other.ok("PUT", f"/subscriptions/good{i}", {"endpoint": f"good{i}", "pattern": f"g.n{i}"})
                await Producer(serve.address("gateway"), key, connections=1).send([(i, event(f"g.n{i}", i))])
                await sink.wait(lambda path=f"/good{i}": len(sink.delivered(path)) == 1, 60, "another tenant's delivery")
                hanging = {name for name in self.server.asked if name.endswith(".silent.test")}
                self.assertLess(len(hanging), 200, "it came before those that were invented before it")
            self.assertEqual({receipt.attempt for receipt in sink.receipts}, {1})
        self.assertEqual(serve.stop(), 0)

    async def test_the_addresses_of_a_name_are_workers_and_one_that_dies_costs_no_attempt(self):
        self.server.silent = False
        serve, api = self.start()
        async with Sink() as one:
            other = Sink()
            server = await asyncio.get_running_loop().create_server(lambda: SinkConnection(other), "127.0.0.2", one.port)
            api.ok("PUT", "/endpoints/two", {"url": f"http://two.test:{one.port}/two", "concurrency": 1})
            api.ok("PUT", "/subscriptions/two", {"endpoint": "two", "pattern": "#"})
            producer = Producer(serve.address("gateway"), connections=1)
            await producer.send([(n, event("a.b", n)) for n in range(41)])
            await one.wait(lambda: len(one.receipts) + len(other.receipts) == 41, 60)
            # The first finds out what there is; then they take turns.
            self.assertLessEqual(abs(len(one.receipts) - len(other.receipts)), 1)
            one.behave = lambda path, headers, body: None
            both = len(one.receipts)
            while len(one.receipts) == both:  # it comes to the other, or hangs
                await producer.send([(0, event("a.b", 0))])
                await one.wait(lambda: len(one.receipts) + len(other.receipts) > 41, 30)
            hung = one.receipts[-1].id
            one.server.close()
            for connection in list(one.connections):
                connection.transport.abort()
            await other.wait(lambda: any(receipt.id == hung for receipt in other.receipts), 30, "it to come to the other")
            self.assertEqual({receipt.attempt for receipt in other.receipts}, {1})
            server.close()
        self.assertEqual(self.sum_of(serve, 'certes_dispatcher_attempts_total{outcome="retry"}'), 0)

    async def test_a_process_that_waits_for_names_ends(self):
        serve, api = self.start()
        api.ok("PUT", "/endpoints/x", {"url": "http://x.test/"})
        api.ok("PUT", "/subscriptions/x", {"endpoint": "x", "pattern": "#"})
        await Producer(serve.address("gateway"), connections=1).send([(1, event("a.b", 1))])
        wait_for(lambda: "x.test" in self.server.asked, 30, "the name to be asked for")
        self.assertEqual(serve.stop(within=15), 0)

    async def test_a_name_that_does_not_exist_is_the_endpoints_failure(self):
        self.server.silent = False
        serve, api = self.start()
        api.ok("PUT", "/endpoints/gone", {"url": "http://gone.test/"})
        api.ok("PUT", "/subscriptions/gone", {"endpoint": "gone", "pattern": "#"})
        await Producer(serve.address("gateway"), connections=1).send([(1, event("a.b", 1))])
        wait_for(lambda: self.sum_of(serve, 'certes_dispatcher_attempts_total{outcome="retry"}') >= 1, 30, "an attempt that failed")
        self.assertEqual(self.sum_of(serve, "certes_dispatcher_given_back_total"), 0)


def main():
    if INSIDE in os.environ:
        loopback_up()
        use_name_server()
        unittest.main()
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
        print("skipped: no right to make namespaces")
        sys.exit(SKIPPED)
    os.environ[INSIDE] = "1"
    os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, *sys.argv])


if __name__ == "__main__":
    main()
