"""Time as tests want it: processes that are a month ahead, or live through twenty minutes in some seconds."""
import os
import select
import struct
import subprocess
import time
import unittest

from harness import ROOT, wait_for

DAY = 86_400


class Clock:
    """What the processes that have its `environment` are told of the time (clock/clock.cpp), in seconds ahead of ours."""

    def __init__(self, path):
        if "TEST_CLOCK" not in os.environ:
            raise unittest.SkipTest("TEST_CLOCK does not say where the library of tests/system/clock is")
        self.environment = {"LD_PRELOAD": os.environ["TEST_CLOCK"], "TEST_CLOCK_FILE": str(path)}
        self.wall = self.steady = 0
        path.write_bytes(bytes(16))
        self.path = path

    def now(self):
        """The wall clock as it is told."""
        return time.time() + self.wall

    def set(self, wall):
        """Where the wall clock stands; the steady one knows nothing of that."""
        self.wall = wall
        self._write()

    def go_on(self, seconds):
        self.wall += seconds
        self.steady += seconds
        self._write()

    def _write(self):
        with self.path.open("r+b", buffering=0) as file:
            file.write(struct.pack("=qq", self.wall * 10**9, self.steady * 10**9))

    def go_on_until(self, condition, within, what, step=3):
        """In steps that no session notices; select() with nothing to select leaves the processes the time to live through each.
        The longer it takes, the more: limits of theirs go by the same clock, and a busy machine needs its time for an answer."""
        began = time.monotonic()
        while not condition():
            passed = time.monotonic() - began
            if passed > within:
                raise AssertionError(f"not within {within} s, in which {self.steady} s went by: {what}")
            self.go_on(step)
            select.select([], [], [], 0.02 + passed / 1_000)


class Broker:
    """One of a test's own, which may be ended and started with another time."""

    def __init__(self, case, clock):
        self.directory, self.clock = case.directory / "kafka", clock
        self.start()
        case.addCleanup(self.stop)

    def run(self, command):
        run = [ROOT / "deploy/kafka/kafka.sh", command, "--dir", self.directory]
        subprocess.run(run, check=True, capture_output=True, timeout=120, env=os.environ | self.clock.environment)

    def start(self):
        self.run("start")
        self.brokers = (self.directory / "brokers").read_text().strip()

    def stop(self):
        self.run("stop")

    def sleep_until(self, wall):
        """It was away, and is back at that time, with what must be gone by then gone soon."""
        self.stop()
        self.clock.set(wall)
        with (self.directory / "server.properties").open("a") as settings:
            settings.write("log.retention.check.interval.ms=500\nlog.initial.task.delay.ms=500\noffsets.retention.check.interval.ms=500\n")
        self.start()

    def offsets(self, topic, partitions, which):
        """By partition: where a topic begins (-2) or ends (-1)."""
        asked = ["kcat", "-b", self.brokers, "-Q", *(a for p in range(partitions) for a in ("-t", f"{topic}:{p}:{which}"))]
        # Just after a start it knows none of its topics.
        done = wait_for(lambda: (run := subprocess.run(asked, capture_output=True, text=True, timeout=30)).returncode == 0 and run, 30, topic)
        return [int(line.split()[-1]) for line in sorted(done.stdout.splitlines())]
