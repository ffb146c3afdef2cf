#!/usr/bin/env python3
"""certes top: frames for programs and files, and a terminal that is taken over and given back."""
import asyncio
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import unittest

from harness import ADMIN_KEY, BINARY, Api, Case, Sink, brokers, post_json, run_to_end, wait_for

WITHIN = 60


class Terminal:
    """A command at a terminal of its own, and what it has written there."""

    def __init__(self, columns, rows, arguments, environment):
        self.leader, follower = pty.openpty()
        self.resize(columns, rows)
        self.modes = termios.tcgetattr(self.leader)
        self.process = subprocess.Popen([BINARY, *arguments], stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                                        env=environment | {"TERM": "xterm", "PATH": os.environ["PATH"]})
        os.close(follower)
        self.written = b""

    def resize(self, columns, rows):
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key):
        os.write(self.leader, key)

    def read(self):
        while select.select([self.leader], [], [], 0.05)[0]:
            try:
                part = os.read(self.leader, 65536)
            except OSError:
                return
            if not part:
                return
            self.written += part

    def wait_text(self, text):
        def there():
            self.read()
            return text in self.written
        try:
            wait_for(there, WITHIN, f"{text!r}")
        except AssertionError as error:
            raise AssertionError(self.written[-3000:]) from error
        self.written = self.written[self.written.rindex(text) + len(text):]

    def end(self):
        """Its exit status, once it has given the terminal back."""
        def ended():
            self.read()
            return self.process.poll() is not None
        wait_for(ended, WITHIN, "the command to end")
        self.read()
        assert b"\x1b[?1049l" in self.written and b"\x1b[?25h" in self.written, self.written[-500:]
        assert termios.tcgetattr(self.leader) == self.modes
        os.close(self.leader)
        return self.process.returncode


class Looks(Case):
    def prepare(self, sink, api):
        api.ok("PUT", "/backoff-policies/hour", {"strategy": "constant", "base_seconds": 3600, "jitter": "none", "max_attempts": 3})
        for name in ("works", "fails"):
            api.ok("PUT", f"/endpoints/{name}", {"url": sink.url(f"/{name}"), "backoff_policy": "hour"})
            api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": f"{name}.#"})

    def once(self, *arguments):
        status, out, error = run_to_end("top", "--once", "--interval", "0.2", *arguments, environment=self.environment)
        self.assertEqual((status, error), (0, ""))
        return out

    def frames(self, gateway, address):
        host, port = address
        self.environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        for kind in ("works", "fails"):
            for _ in range(3):
                status, answer = post_json(gateway, "/events", {"type": f"{kind}.now", "data": {}})
                self.assertEqual(status, 202, answer)

        def failing():
            frame = json.loads(self.once("--json"))
            return frame["failing"] == 1 and frame["classes"]["normal"]["waiting"] == 3 and frame
        frame = wait_for(failing, WITHIN, "three that failed")
        self.assertGreater(frame["seconds"], 0)
        self.assertEqual(frame["endpoints"][0]["endpoint"], "fails")
        self.assertEqual(frame["endpoints"][0]["error"], "503")
        self.assertEqual(frame["missing"], [])
        text = self.once("--columns", "60")
        self.assertNotIn("\x1b", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 60)
        self.assertRegex(text, r"(?m)^accepted +\S+/s duplicates")
        self.assertRegex(text, r"(?m)^normal +3 +\d+ +\d+ +3 +\S+")
        self.assertRegex(text, r"(?m)^fails +3 .* 503$")


def behave(path, *_):
    return 200 if path == "/works" else 503


class Embedded(Looks):
    async def test_frames_and_a_terminal(self):
        async with Sink(behave) as sink:
            serve = await asyncio.to_thread(self.process("serve").start)
            await asyncio.to_thread(self.look, serve, sink)

    def look(self, serve, sink):
        self.prepare(sink, Api(serve.address("api")))
        self.frames(serve.address("gateway"), serve.address("api"))
        self.at_a_terminal()
        self.no_colour()
        self.signals()
        self.refusals()

    def terminal(self, columns, rows, *arguments, **environment):
        return Terminal(columns, rows, ["top", "--interval", "0.2", *arguments], self.environment | environment)

    def at_a_terminal(self):
        top = self.terminal(60, 20)
        top.wait_text(b"\x1b[?1049h")
        top.wait_text(b"endpoint has something open")
        self.assertNotIn(b"STANDING", top.written)
        top.resize(200, 50)
        os.kill(top.process.pid, signal.SIGWINCH)
        top.wait_text(b"STANDING")
        top.press(b"8")
        top.wait_text("↓ENDPOINT".encode())
        top.press(b"?")
        top.wait_text(b"shows this, and hides it")
        top.press(b"p")
        top.wait_text(b"PAUSED")
        top.press(b"q")
        self.assertEqual(top.end(), 0)

    def no_colour(self):
        top = self.terminal(100, 30)
        top.wait_text(b"\x1b[31m")
        top.press(b"q")
        self.assertEqual(top.end(), 0)
        top = self.terminal(100, 30, NO_COLOR="1")
        top.wait_text(b"1 fails")
        top.read()
        top.press(b"q")
        self.assertEqual(top.end(), 0)
        self.assertNotIn(b"\x1b[31m", top.written)

    def signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            top = self.terminal(80, 24)
            top.wait_text(b"endpoint has something open")
            os.kill(top.process.pid, number)
            self.assertEqual(top.end(), 0)

    def refusals(self):
        top = self.terminal(80, 24, CERTES_KEY="certes_" + "x" * 43)
        self.assertEqual(top.end(), 5)
        status, _, error = run_to_end("top", "--once", environment=self.environment | {"CERTES_URL": "http://127.0.0.1:1"})
        self.assertEqual(status, 3, error)
        status, _, error = run_to_end("top", "--interval", "0", environment=self.environment)
        self.assertEqual(status, 2, error)


class OnKafka(Looks):
    async def test_frames_of_roles_in_processes_of_their_own(self):
        async with Sink(behave) as sink:
            await asyncio.to_thread(self.look, sink)

    def look(self, sink):
        environment = {"CERTES_KAFKA_PREFIX": self.prefix(), "CERTES_KAFKA_PARTITIONS": "6"}
        gateway, dispatcher = (self.process(role, "--brokers", brokers(), environment=environment).start()
                               for role in ("gateway", "dispatcher"))
        self.prepare(sink, Api(gateway.address("api")))
        self.frames(gateway.address("gateway"), gateway.address("api"))
        frame = json.loads(self.once("--json"))
        self.assertEqual((len(frame["processes"]), frame["partitions"]), (2, {"covered": 6, "all": 6}))
        dispatcher.kill()
        frame = wait_for(lambda: (f := json.loads(self.once("--json")))["missing"] and f, WITHIN, "the dispatcher that is gone")
        self.assertEqual((len(frame["processes"]), frame["partitions"]["covered"]), (1, 0))


if __name__ == "__main__":
    unittest.main(verbosity=2)
