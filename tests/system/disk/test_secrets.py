#!/usr/bin/env python3
"""What lies on the disk: sealed, its owner's alone, and kept whatever a release makes of it."""
import asyncio
import json
import os
import pathlib
import sqlite3
import stat
import struct
import time
import unittest

from harness import Api, Case, Process, Sink, post_json, wait_for

WITHIN = 30
HUSH = "Bearer hush-hush-0123456789"


def change(database, make):
    """Appends what `make` makes of the last record of an endpoint to the registry's topic."""
    with sqlite3.connect(database) as connection:
        table = next(name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'") if name.startswith("registry"))
        rows = connection.execute(f"SELECT id, record FROM {table} ORDER BY id").fetchall()
        values = []
        for _, record in rows:
            _, key, headers = struct.unpack_from("<qII", record)
            values.append(json.loads(record[16 + (0 if key == 0xffffffff else key) + headers:]))
        last = [value for value in values if value.get("kind") == "endpoints"][-1]
        value = json.dumps(make(last)).encode()
        record = struct.pack("<qII", int(time.time() * 1000), 0xffffffff, 0) + value
        connection.execute(f"INSERT INTO {table} VALUES(?, ?)", (rows[-1][0] + 1, record))
    connection.close()


def modes(directory):
    return {str(path.relative_to(directory)): stat.S_IMODE(path.stat().st_mode)
            for path in pathlib.Path(directory).rglob("*") if path.is_file()}


class OnDisk(Case):
    def serve(self, **options):
        return self.process("serve", **options)

    async def test_header_values_reach_the_endpoint_and_nobody_else(self):
        process = await asyncio.to_thread(lambda: self.serve().start())
        api = Api(process.address("api"))
        async with Sink() as sink:
            made = api.ok("PUT", "/endpoints/a", {"url": sink.url("/a"), "headers": {"Authorization": HUSH}})
            self.assertEqual(made["headers"], {"Authorization": {"set": True}})
            api.ok("PUT", "/subscriptions/s", {"endpoint": "a", "pattern": "#"})
            shown = api.ok("GET", "/endpoints/a")
            self.assertEqual(api.ok("PUT", "/endpoints/a", shown)["version"], shown["version"])
            status, _ = await asyncio.to_thread(post_json, process.address("gateway"), "/events", {"type": "a.b", "data": 1})
            self.assertEqual(status, 202)
            await sink.wait(lambda: sink.receipts, WITHIN)
            self.assertEqual({k.lower(): v for k, v in dict(sink.receipts[0].headers).items()}["authorization"], HUSH)
        for told in (shown, api.ok("GET", "/audit"), api.ok("GET", "/endpoints")):
            self.assertNotIn("hush", json.dumps(told))
        await asyncio.to_thread(process.stop)
        for path in (process.directory / "data").rglob("*"):
            if path.is_file():
                self.assertNotIn(HUSH.encode(), path.read_bytes(), path)
        self.assertNotIn("hush", process.log())

    def test_files_are_their_owners_alone(self):
        before = os.umask(0)
        try:
            process = self.serve(environment={"CERTES_SECRETS_KEY": ""}, admin=False)
            process.environment.pop("CERTES_SECRETS_KEY")
            data = process.directory / "data"
            data.mkdir(mode=0o777)
            process.start()
            wait_for(lambda: len(modes(data)) >= 5, WITHIN, "the files")
            self.assertEqual(set(modes(data).values()), {0o600}, modes(data))
            process.stop()
            for path in data.rglob("*"):
                path.chmod(0o666)
            process.start()
            wait_for(lambda: not {name for name, mode in modes(data).items() if mode != 0o600 and name != "admin.key"}, WITHIN,
                     "all to be their owner's alone, the history's index too, which a thread of its own opens")
            relay = self.process("relay", environment={"CERTES_RELAY_LISTEN": "127.0.0.1:0"})
            relay.environment = {k: v for k, v in relay.environment.items() if not k.startswith(("CERTES_GATEWAY", "CERTES_API"))}
            relay.start()
            spool = relay.directory / "data"
            self.assertEqual(set(modes(spool / "relay").values()), {0o600}, modes(spool))
        finally:
            os.umask(before)

    def test_a_stored_member_that_is_refused_today_takes_nothing_away(self):
        process = self.serve().start()
        api = Api(process.address("api"))
        api.ok("PUT", "/endpoints/a", {"url": "http://127.0.0.1:9/"})
        api.ok("PUT", "/subscriptions/s", {"endpoint": "a", "pattern": "x.y"})
        process.stop()

        def worse(record):
            record["change"] = "chg_by_another_release"
            record["op"] = "put"
            record.pop("based_on", None)
            record["body"] |= {"concurrency": -5, "colour": "red", "format": "structured"}
            return record
        change(process.directory / "data/certes.db", worse)
        for _ in range(2):
            process.start()
            api = Api(process.address("api"))
            shown = api.ok("GET", "/endpoints/a")
            self.assertEqual((shown["version"], shown["colour"], shown["format"], shown["not_understood"]), (2, "red", "structured", ["/concurrency"]))
            self.assertEqual(api.ok("GET", "/subscriptions/s")["endpoint"], "a")
            self.assertIn("default/endpoints/a holds what this version of Certes does not understand", process.log())
            self.assertEqual(process.metrics("gateway")["certes_registry_members_not_understood"], 1)
            process.stop()
        process.start()
        api = Api(process.address("api"))
        self.assertEqual(api.ok("PATCH", "/endpoints/a", {"timeout_seconds": 3})["colour"], "red")
        self.assertEqual(api.call("PATCH", "/endpoints/a", {"colour": "blue"})[2]["pointer"], "/colour")

    def test_data_of_a_pre_release_is_refused_with_a_sentence(self):
        for make, sentence in ((lambda record: record | {"v": 1}, "a record of a pre-release of Certes, of format 1"),
                               (lambda record: {k: v for k, v in record.items() if k != "v"}, "a pre-release of Certes, without a format"),
                               (lambda record: record | {"v": 4}, "upgrade it")):
            with self.subTest(sentence=sentence):
                process = Process("serve", self.directory / sentence.replace(" ", "_"))
                self.processes.append(process)
                process.start()
                Api(process.address("api")).ok("PUT", "/endpoints/a", {"url": "http://127.0.0.1:9/"})
                process.stop()
                change(process.directory / "data/certes.db", make)
                process.spawn()
                self.assertNotEqual(process.process.wait(WITHIN), 0)
                self.assertIn(sentence, process.log())
                process.process.stdout.close()
        process = self.serve().start()
        process.stop()
        with sqlite3.connect(process.directory / "data/certes.db") as connection:
            connection.execute("UPDATE settings SET value=1 WHERE name='schema'")
        process.spawn()
        self.assertNotEqual(process.process.wait(WITHIN), 0)
        self.assertIn("was written by a pre-release of Certes", process.log())
        process.process.stdout.close()


if __name__ == "__main__":
    unittest.main()
