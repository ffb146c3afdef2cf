#!/usr/bin/env python3
"""Backups of the embedded log: made under load, ended, through a kill, restored elsewhere."""
import asyncio
import pathlib
import unittest

from harness import ADMIN_KEY, Api, Case, Installation, Sink, post_json, run_to_end, wait_for

WITHIN = 60
BATCH = 200


class Backups(Case):
    def publish(self, process, batches, bytes_each=2_000):
        ids = []
        for _ in range(batches):
            batch = [{"type": "order.paid", "data": {"text": "x" * bytes_each}} for _ in range(BATCH)]
            status, answer = post_json(process.address("gateway"), "/events", batch)
            self.assertEqual(status, 202, answer)
            ids += answer["accepted"]
        return ids

    def state(self, api, name):
        status, _, answer = api.call("GET", f"/backups/{name}")
        self.assertEqual(status, 200, answer)
        return answer

    async def test_what_was_accepted_before_a_backup_is_delivered_from_it(self):
        async with Sink() as sink:
            await asyncio.to_thread(self.back_up_and_restore, sink)

    def back_up_and_restore(self, sink):
        sink.behave = lambda path, headers, body: 500
        first = self.process("serve").start()
        api = Api(first.address("api"))
        api.ok("PUT", "/endpoints/billing", {"url": sink.url("/billing"), "headers": {"X-Token": "sealed"}})
        api.ok("PUT", "/subscriptions/billing", {"endpoint": "billing", "pattern": "order.#"})
        before = self.publish(first, 5)
        begun = api.ok("POST", "/backups", {"name": "first"})
        self.assertEqual(begun["state"], "running")
        meanwhile = self.publish(first, 5)
        wait_for(lambda: self.state(api, "first")["state"] != "running", WITHIN, "the backup")
        done = self.state(api, "first")
        self.assertEqual(done["state"], "done", done)
        self.assertGreater(done["records"], len(before))
        self.assertGreater(first.metrics("api")["certes_backup_last_success_timestamp_seconds"], 0)
        first.kill()

        second = self.process("serve")
        second.arguments[second.arguments.index("--data") + 1] = str(self.directory / "elsewhere")
        status, out, err = run_to_end("restore", done["file"], "--data", str(self.directory / "elsewhere"))
        self.assertEqual(status, 0, err)
        self.assertIn("holds the backup", out)
        self.assertIn("secrets.key", err)
        sink.behave = lambda path, headers, body: 200
        seen = len(sink.receipts)
        second.start()
        again = Api(second.address("api"))
        self.assertEqual(again.ok("GET", "/endpoints/billing")["headers"], {"X-Token": {"set": True}})
        again.ok("POST", "/endpoints/billing/retry", {})
        wait_for(lambda: set(before) <= {r.id for r in sink.receipts[seen:]}, WITHIN, "what was accepted before it")
        self.assertLessEqual({r.id for r in sink.receipts[seen:]}, set(before) | set(meanwhile))

    def test_one_that_is_ended_or_killed_leaves_no_backup(self):
        serve = self.process("serve", environment={"CERTES_BACKUP_BYTES_PER_SECOND": "1000000"}).start()
        self.publish(serve, 10)
        api = Api(serve.address("api"))
        api.ok("POST", "/backups", {"name": "slow"})
        wait_for(lambda: self.state(api, "slow")["bytes"] > 0, WITHIN, "its beginning")
        status, _, answer = api.call("POST", "/backups", {"name": "other"})
        self.assertEqual((status, answer["type"]), (409, "/problems/conflict"))
        self.assertEqual(api.call("DELETE", "/backups/slow")[0], 204)
        wait_for(lambda: self.state(api, "slow")["state"] == "failed", WITHIN, "its end")
        self.assertIn("ended", self.state(api, "slow")["error"])
        self.assertEqual(api.call("DELETE", "/backups/slow")[0], 204)
        self.assertEqual(api.ok("GET", "/backups")["items"], [])

        api.ok("POST", "/backups", {"name": "killed"})
        wait_for(lambda: self.state(api, "killed")["bytes"] > 0, WITHIN, "its beginning")
        serve.kill()
        serve.environment["CERTES_BACKUP_BYTES_PER_SECOND"] = "0"
        serve.start()
        api = Api(serve.address("api"))
        self.assertEqual(api.ok("GET", "/backups")["items"], [])
        api.ok("POST", "/backups", {"name": "killed"})
        wait_for(lambda: self.state(api, "killed")["state"] == "done", WITHIN, "the same name again")
        files = [path.name for path in (self.directory / "data" / "backups").iterdir()]
        self.assertEqual(files, ["killed.db"])

    def test_the_last_of_them_stay(self):
        serve = self.process("serve", environment={"CERTES_BACKUP_KEEP": "2"}).start()
        host, port = serve.address("api")
        environment = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}

        def run(*words, exits=0):
            status, out, err = run_to_end(*words, environment=environment, within=WITHIN)
            self.assertEqual(status, exits, (out, err))
            return out + err

        for name in ("a", "b", "c"):
            self.assertIn("done", run("backup", "--name", name))
        listed = run("backups", "list")
        self.assertEqual([line.split()[0] for line in listed.splitlines()[1:]], ["c", "b"])
        file = run("backups", "show", "c").split("file")[1].split()[0]
        self.assertTrue(pathlib.Path(file).is_absolute())
        self.assertIn("in use", run("restore", file, "--data", str(self.directory / "data"), exits=1))
        serve.stop()
        self.assertIn("--force", run("restore", file, "--data", str(self.directory / "data"), exits=1))
        self.assertIn("is kept", run("restore", file, "--data", str(self.directory / "data"), "--force"))
        serve.start()

    def test_other_tenants_and_other_scopes_see_none(self):
        serve = self.process("serve").start()
        api = Api(serve.address("api"))
        api.ok("PUT", "/tenants/acme", {})
        acme = Api(serve.address("api"), api.ok("POST", "/keys", {"id": "acme", "tenant": "acme", "scopes": ["*"]})["key"])
        self.assertEqual(acme.call("GET", "/backups")[0], 404)
        reader = Api(serve.address("api"), api.ok("POST", "/keys", {"id": "reader", "scopes": ["backup:read"]})["key"])
        self.assertEqual(reader.call("POST", "/backups", {})[0], 403)
        self.assertEqual(reader.call("GET", "/backups")[0], 200)


class OnKafka(Case):
    def test_backups_are_the_brokers(self):
        installation = Installation(self, "kafka")
        status, _, answer = installation.api.call("POST", "/backups", {})
        self.assertEqual((status, answer["type"]), (501, "/problems/no-backup"))


if __name__ == "__main__":
    unittest.main()
