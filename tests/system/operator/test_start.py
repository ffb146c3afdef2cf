"""Starting: what is refused, and how it is said; what starts again at once."""
import json
import os
import signal
import socket
import subprocess
import unittest

from harness import ADMIN_KEY, BINARY, Case, Process, SECRETS_KEY, brokers, event, refusing_port, request, run_to_end, wait_for

AUTH = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}


class Start(Case):
    def refused(self, *arguments, environment=None, says=()):
        base = {"CERTES_GATEWAY_LISTEN": "127.0.0.1:0", "CERTES_API_LISTEN": "127.0.0.1:0", "CERTES_DISPATCHER_LISTEN": "127.0.0.1:0"}
        status, out, err = run_to_end(*arguments, environment=base | (environment or {}), cwd=self.directory)
        self.assertNotEqual(status, 0, out + err)
        for word in says:
            self.assertIn(word, out + err)
        return out + err

    def test_a_port_in_use_is_named(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            said = self.refused("serve", "--data", str(self.directory / "d"), environment={"CERTES_GATEWAY_LISTEN": f"127.0.0.1:{port}"})
        self.assertIn(f"certes: gateway: 127.0.0.1:{port} is in use (by another process); choose another with gateway.listen\n", said)

    def test_an_unknown_key_is_refused_with_its_line(self):
        path = self.directory / "certes.toml"
        path.write_text("[gateway]\nlisten = \"127.0.0.1:0\"\nmax_body_byte = 3\n")
        self.refused("serve", "--config", str(path), says=["certes.toml:3", "max_body_byte", "max_body_bytes"])

    def test_separate_roles_on_the_embedded_log_are_refused_with_a_hint(self):
        self.refused("gateway", "--data", str(self.directory / "d"), environment={"CERTES_SECRETS_KEY": SECRETS_KEY}, says=["--brokers"])

    def test_separate_roles_without_a_sealing_key_say_how_to_make_one(self):
        self.refused("dispatcher", "--brokers", "127.0.0.1:1", says=["CERTES_SECRETS_KEY"])

    def test_a_sealing_key_that_is_none_is_refused(self):
        self.refused("serve", "--data", str(self.directory / "d"), environment={"CERTES_SECRETS_KEY": "c2hvcnQ="}, says=["32 bytes"])

    def test_a_wrong_sealing_key_is_noticed_at_start(self):
        serve = self.process("serve").start()
        self.assertEqual(serve.stop(), 0)
        other = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
        self.refused("serve", "--data", str(self.directory / "data"), environment={"CERTES_SECRETS_KEY": other}, says=["sealing key"])

    def test_a_policy_that_is_too_long_is_told_and_as_the_one_of_all_refused(self):
        api = "/api/v1/backoff-policies/"
        ten_days = json.dumps({"strategy": "schedule", "schedule_seconds": [86_400] * 10})
        serve = self.process("serve").start()
        status, _, body = request(serve.address("api"), "PUT", api + "long", ten_days, AUTH)
        self.assertEqual(status, 201, body)
        serve.stop()
        serve.environment["CERTES_EVENTS_MAX_WAIT_SECONDS"] = str(9 * 86_400)
        serve.start()
        why = "takes up to 10 days, and events.max_wait_seconds (9 days) less 1 day leaves it 8 days"
        wait_for(lambda: "default/long " + why in serve.log(), 30, "a line of it")
        status, _, body = request(serve.address("api"), "PUT", api + "another", ten_days, AUTH)
        self.assertEqual(status, 400)
        self.assertEqual(json.loads(body)["pointer"], "/schedule_seconds")
        serve.stop()
        self.assertEqual(serve.log().count("default/long " + why), 1)
        self.refused("serve", "--data", str(self.directory / "data"),
                     environment={"CERTES_SECRETS_KEY": SECRETS_KEY, "CERTES_EVENTS_MAX_WAIT_SECONDS": str(9 * 86_400), "CERTES_BACKOFF_POLICY": "long"},
                     says=['backoff.policy: the back-off policy "long" ' + why])

    def test_a_second_process_on_the_same_data_says_so_and_ends(self):
        self.process("serve").start()
        self.refused("serve", "--data", str(self.directory / "data"), environment={"CERTES_SECRETS_KEY": SECRETS_KEY}, says=["data"])

    def test_after_kill_9_it_starts_again_on_the_same_ports_and_file(self):
        serve = self.process("serve").start()
        serve.keep_ports()
        status, _, body = request(serve.address("gateway"), "POST", "/events", event("a.b", 1), AUTH)
        self.assertEqual(status, 202, body)
        serve.kill()
        serve.start(ready_within=30)
        self.assertEqual(request(serve.address("gateway"), "GET", "/health/ready")[0], 200)

    def test_sigterm_ends_with_0(self):
        serve = self.process("serve").start()
        self.assertEqual(serve.stop(), 0)

    def test_settings_change_while_it_runs(self):
        path = self.directory / "certes.toml"
        path.write_text("[gateway]\nmax_batch_events = 100\n")
        serve = self.process("serve", "--config", str(path)).start()

        def published():
            return request(serve.address("gateway"), "POST", "/events", event("a.b", 1), AUTH)
        self.assertEqual(published()[0], 202)
        path.write_text("[gateway]\nmax_batch_events = 99\nmaintenance = true\nmaintenance_retry_after_seconds = 7\n")
        serve.signal(signal.SIGHUP)
        wait_for(lambda: published()[0] == 503, 15, "maintenance")
        self.assertEqual(published()[1]["retry-after"], "7")
        wait_for(lambda: "gateway.max_batch_events is other now: it takes a restart" in serve.log(), 15, "the line")
        self.assertIn("SIGHUP: gateway.maintenance is true now (it was false)", serve.log())

        path.write_text("[gateway]\nmaintenence = false\n")
        serve.signal(signal.SIGHUP)
        wait_for(lambda: "certes.toml:2" in serve.log(), 15, "the place at fault")
        self.assertEqual(published()[0], 503)

        path.write_text("[gateway]\nmax_batch_events = 100\nmaintenance = true\n")
        host, port = serve.address("api")
        commands = {"CERTES_URL": f"http://{host}:{port}", "CERTES_KEY": ADMIN_KEY}
        status, out, _ = run_to_end("config", "set", "gateway.maintenance=false", "log.level=debug", environment=commands)
        self.assertEqual((status, out), (0, "log.level is debug now (it was info)\ngateway.maintenance is false now (it was true)\n"))
        self.assertEqual(published()[0], 202)
        status, out, _ = run_to_end("config", "list", "--changed", environment=commands)
        self.assertRegex(out, r"(?m)^gateway\.maintenance +false +PATCH /config by admin \(default false\) +yes ")
        self.assertRegex(out, r"(?m)^gateway\.max_batch_events +100 +\S*certes\.toml:2 \(default 1000\) +- ")
        status, out, error = run_to_end("config", "set", "gateway.listen=127.0.0.1:1", environment=commands)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("/gateway.listen", error)
        self.assertEqual(run_to_end("config", "set", "gateway.maintenance", environment=commands)[0], 2)
        status, out, _ = run_to_end("config", "reset", "gateway.maintenance", environment=commands)
        self.assertEqual((status, out), (0, "gateway.maintenance is true now (it was false)\n"))
        self.assertEqual(published()[0], 503)
        self.assertEqual(serve.stop(), 0)

    def test_the_admin_key_is_made_once_and_kept_private(self):
        serve = self.process("serve", admin=False).start()
        path = self.directory / "data" / "admin.key"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        key = path.read_text().strip()
        status, _, _ = request(serve.address("api"), "GET", "/api/v1/endpoints", headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(status, 200)
        self.assertEqual(request(serve.address("api"), "GET", "/api/v1/endpoints")[0], 401)
        self.assertEqual(serve.stop(), 0)
        serve.start()
        self.assertEqual(path.read_text().strip(), key)

    def test_the_admin_key_of_another_installation_stays(self):
        data = self.directory / "data"
        data.mkdir()
        (data / "admin.key").write_text("another's\n")
        serve = self.process("serve", admin=False).start()
        key = (data / "admin-2.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        self.assertEqual(request(serve.address("api"), "GET", "/api/v1/endpoints", headers=headers)[0], 200)
        self.assertEqual((data / "admin.key").read_text(), "another's\n")

    def unwritable(self, prepare):
        data = self.directory / "locked"
        data.mkdir()
        prepare(data)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CERTES_")} | {
            "CERTES_GATEWAY_LISTEN": "127.0.0.1:0", "CERTES_API_LISTEN": "127.0.0.1:0", "CERTES_DISPATCHER_LISTEN": "127.0.0.1:0"}
        os.chmod(self.directory, 0o755)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BINARY, "serve", "--data", str(data)],
                              env=environment, capture_output=True, text=True, timeout=30, cwd="/")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(data), done.stdout + done.stderr)

    def test_a_directory_that_cannot_be_written_is_named(self):
        if os.getuid() != 0:
            self.skipTest("needs root to become nobody")
        self.unwritable(lambda data: data.chmod(0o555))

    def test_a_file_that_is_no_database_is_named(self):
        data = self.directory / "data"
        data.mkdir()
        (data / "certes.db").write_bytes(b"this is no database" * 1000)
        self.refused("serve", "--data", str(data), environment={"CERTES_SECRETS_KEY": SECRETS_KEY}, says=["certes.db"])


class StartOnKafka(Case):
    def test_kafka_away_on_start_it_is_up_but_not_ready_and_answers_503(self):
        gateway = self.process("gateway", "--brokers", f"127.0.0.1:{refusing_port()}").spawn()
        gateway.read_ports()
        self.assertEqual(request(gateway.address("gateway"), "GET", "/health/live")[0], 200)
        self.assertEqual(request(gateway.address("gateway"), "GET", "/health/ready")[0], 503)
        status, headers, body = request(gateway.address("gateway"), "POST", "/events", event("a.b", 1), AUTH)
        self.assertEqual(status, 503, body)
        self.assertIn("retry-after", headers)
        self.assertTrue(json.loads(body)["type"].endswith("not-accepted"))
        self.assertEqual(gateway.stop(), 0)

    def test_a_lost_sealing_key_is_not_made_anew(self):
        environment = {"CERTES_KAFKA_PREFIX": self.prefix()}
        first = self.process("serve", "--brokers", brokers(), environment=environment, dev=True)
        del first.environment["CERTES_SECRETS_KEY"]
        first.start()
        self.assertEqual(first.stop(), 0)
        key = self.directory / "data/secrets.key"
        kept = key.read_text()
        key.unlink()
        first.spawn()
        self.assertEqual(first.process.wait(30), 1)
        first.process.stdout.close()
        self.assertRegex(first.log(), r"secrets\.key is missing, and there is an installation at \S+ whose secrets .*: restore")
        self.assertFalse(key.exists(), "none is made")
        key.write_text(kept)
        first.start()

    def test_it_is_ready_within_30_seconds_with_topics_to_be_made(self):
        prefix = self.prefix()
        self.process("gateway", "--brokers", brokers(), environment={"CERTES_KAFKA_PREFIX": prefix}).start(ready_within=30)

    def test_tighter_topics_are_refused_with_what_to_change(self):
        prefix = self.prefix()
        config = self.directory / "tight.toml"
        config.write_text("[kafka.topic.events]\n\"max.message.bytes\" = \"100000\"\n")
        first = {"CERTES_KAFKA_PREFIX": prefix, "CERTES_KAFKA_PARTITIONS": "3", "CERTES_GATEWAY_LISTEN": "127.0.0.1:0",
                 "CERTES_API_LISTEN": "127.0.0.1:0", "CERTES_SECRETS_KEY": SECRETS_KEY}
        gateway = self.process("gateway", "--brokers", brokers(), environment=first | {"CERTES_GATEWAY_MAX_BODY_BYTES": "65536"}).start()
        self.assertEqual(gateway.stop(), 0)
        status, out, err = run_to_end("gateway", "--brokers", brokers(), environment=first, cwd=self.directory)
        self.assertNotEqual(status, 0)
        self.assertIn("max.message.bytes", out + err)
        self.assertIn(prefix + "events", out + err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
