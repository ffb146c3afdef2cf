#!/usr/bin/env python3
"""Alerts and dashboards: a real Prometheus scrapes real processes, evaluates every alert and answers every panel."""
import asyncio
import json
import os
import re
import subprocess
import unittest
import urllib.parse

from harness import ADMIN_KEY, ROOT, Api, Case, Installation, Process, Sink, free_port, post_json, request, wait_for

WITHIN = 60
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
CONFIGURATION = ROOT / "deploy/prometheus/prometheus.yml"
DASHBOARDS = ROOT / "deploy/grafana/dashboards"
CASES = ROOT / "tests/prometheus/alerts_test.yml"
SOURCES = ("common", "gateway", "api", "dispatcher", "client", "certes")

# Of these a process says nothing before the first of what they count, and the tests here do not bring it about.
RARE = {"certes_log_trouble", "certes_log_dropped_payloads_total", "certes_endpoints_failing"}
# What a gateway that shares its log with others reads back.
KAFKA_ALONE = {"certes_gateway_read_back_seconds", "certes_gateway_followed_records_total"}
# Panels of what the embedded log alone can say.
EMBEDDED_ALONE = {"capacity: Bytes of records, by topic"}


def run(*arguments, cwd=None):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=WITHIN, cwd=cwd)
    return done.returncode, done.stdout + done.stderr


def metrics_in(text):
    """Names as they are registered: a histogram's series without their endings."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bcertes_\w+", text)}


def dashboards():
    return {path.stem: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}


def filled(expression, dashboard):
    """As Grafana sends it: All of every list."""
    values = {"__rate_interval": "30s"}
    for variable in dashboard["templating"]["list"]:
        values[variable["name"]] = variable.get("allValue", "")
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], expression)


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


class Rules(unittest.TestCase):
    def test_prometheus_takes_the_rules_and_the_configuration(self):
        for kind, path in (("rules", ALERTS), ("config", CONFIGURATION)):
            status, said = run("promtool", "check", kind, str(path))
            self.assertEqual(status, 0, said)

    def test_each_alert_fires_when_it_must_and_not_before(self):
        status, said = run("promtool", "test", "rules", CASES.name, cwd=CASES.parent)
        self.assertEqual(status, 0, said)

    def test_no_alert_is_without_a_case_of_either_kind(self):
        cases = CASES.read_text()
        names = re.findall(r"- alert: (\w+)", ALERTS.read_text())
        self.assertEqual(len(names), len(set(names)))
        for name in names:
            self.assertRegex(cases, rf'alertname="{name}".*exp_samples: \[\]', name)
            self.assertRegex(cases, rf'alertname="{name}".*exp_samples: \[\{{', name)

    def test_the_documents_name_the_alerts_and_dashboards_that_there_are(self):
        page = (ROOT / "docs/operating.md").read_text()
        section = page.partition("\n## Alerts and dashboards\n")[2].partition("\n## ")[0]
        self.assertEqual(set(re.findall(r"`(Certes\w+)`", section)), set(re.findall(r"- alert: (\w+)", ALERTS.read_text())))
        rows = [line.split(" | ") for line in section.splitlines() if line.startswith("|")]
        for at, severity in ((1, "page"), (2, "ticket")):
            listed = set(re.findall(r"`(Certes\w+)`", " ".join(row[at] for row in rows if len(row) > 2)))
            told = re.findall(r"- alert: (\w+)(?:(?!- alert).)*?severity: (\w+)", ALERTS.read_text(), re.DOTALL)
            self.assertEqual(listed, {name for name, of in told if of == severity})
        for name in dashboards():
            self.assertIn(f"`{name}`", section)

    def test_dashboards_explain_themselves_and_do_not_collide(self):
        self.assertEqual(set(dashboards()), {"capacity", "endpoint", "kafka", "overview"})
        for key in ("uid", "title"):
            self.assertEqual(len({one[key] for one in dashboards().values()}), len(dashboards()), key)
        for name, dashboard in dashboards().items():
            self.assertEqual(len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]), name)
            taken = set()
            for panel in dashboard["panels"]:
                at, title = panel["gridPos"], f"{name}: {panel['title']}"
                places = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
                self.assertFalse(places & taken or at["x"] + at["w"] > 24, f"{title} has no place of its own")
                taken |= places
            for panel in panels(dashboard):
                title = f"{name}: {panel['title']}"
                self.assertTrue(panel["description"] and panel["fieldConfig"]["defaults"]["unit"], title)
                for of in (panel, *panel["targets"]):
                    self.assertEqual(of["datasource"], {"type": "prometheus", "uid": "${datasource}"}, title)


class Prometheus:
    """A Prometheus of the test's own, with what deploy/prometheus says but for where the processes are, and how often
    they are asked."""

    def __init__(self, case, targets):
        self.directory = case.directory / "prometheus"
        self.directory.mkdir()
        lists = iter(targets)
        text = CONFIGURATION.read_text()
        text = re.sub(r"scrape_interval: \w+", "scrape_interval: 1s\n  evaluation_interval: 1s", text)
        text = re.sub(r"rule_files: .*", f"rule_files: [{json.dumps(str(ALERTS))}]", text)
        text = re.sub(r"targets: .*", lambda _: "targets: " + json.dumps([f"{h}:{p}" for h, p in next(lists)]), text)
        (self.directory / "prometheus.yml").write_text(text)
        case.processes.append(self)
        self.process = None
        self.start()

    def start(self):
        # It does not say which port 0 has become, and others may be quicker to take one that was free.
        for _ in range(5):
            self.address = ("127.0.0.1", free_port())
            with open(self.directory / "log", "ab") as log:
                self.process = subprocess.Popen(
                    ["prometheus", "--config.file", "prometheus.yml", "--storage.tsdb.path", "data",
                     "--web.listen-address", f"{self.address[0]}:{self.address[1]}", "--log.level", "warn"],
                    cwd=self.directory, stdout=log, stderr=log, env=os.environ | {"GOMAXPROCS": "1"})
            wait_for(lambda: self.process.poll() is not None or self.is_ready(), WITHIN, "Prometheus to be ready")
            if self.process.poll() is None:
                return
        raise AssertionError((self.directory / "log").read_text())

    def is_ready(self):
        try:
            return request(self.address, "GET", "/-/ready")[0] == 200
        except OSError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, path, **parameters):
        status, _, body = request(self.address, "GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        answer = json.loads(body)
        assert (status, answer["status"]) == (200, "success"), f"{parameters}: {answer}"
        return answer["data"]

    def query(self, expression):
        """The values: none where there is no data."""
        values = [float(sample["value"][1]) for sample in self.ask("query", query=expression)["result"]]
        return [value for value in values if value == value]

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def names(self):
        return metrics_in(" ".join(self.ask("label/__name__/values")))


def described(process, listener):
    """What a process has HELP and TYPE of."""
    _, _, body = request(process.address(listener), "GET", "/metrics")
    text = body.decode()
    helped = set(re.findall(r"^# HELP (\w+) \S", text, re.MULTILINE))
    return helped & set(re.findall(r"^# TYPE (\w+) \w+$", text, re.MULTILINE))


def in_the_code(name):
    return any(f'"{name}"' in path.read_text() for folder in SOURCES for path in (ROOT / folder).rglob("*.[ch]pp"))


class Watched(Case):
    """What both installations are looked at for."""

    def prepare(self, api, sink):
        api.ok("PUT", "/backoff-policies/once", {"strategy": "constant", "base_seconds": 1, "max_attempts": 1})
        for name, more in (("works", {}), ("fails", {}), ("ends", {"backoff_policy": "once"})):
            api.ok("PUT", f"/endpoints/{name}", {"url": sink.url("/" + name)} | more)
            api.ok("PUT", f"/subscriptions/{name}", {"endpoint": name, "pattern": "order.#"})

    def send(self, address):
        status, answer = post_json(address, "/events", {"type": "order.created", "data": {}})
        self.assertEqual(status, 202, answer)
        self.assertEqual(post_json(address, "/events", {"type": "not a type", "data": {}})[0], 400)

    def empty_panels(self, prometheus, shown):
        """Those of which nothing has data but limits that are drawn, while every query must be answered."""
        empty = []
        for name, dashboard in dashboards().items():
            for panel in panels(dashboard):
                expressions = [filled(target["expr"], dashboard) for target in panel["targets"]]
                values = {expression: prometheus.query(expression) for expression in expressions}
                if name in shown and not any(found for expression, found in values.items() if metrics_in(expression)):
                    empty.append(f"{name}: {panel['title']}")
        return empty

    def look_at_panels(self, prometheus, shown, address, without=frozenset()):
        empty = []

        def full():
            self.send(address)
            empty[:] = set(self.empty_panels(prometheus, shown)) - without
            return not empty

        try:
            wait_for(full, WITHIN, "data in every panel")
        except AssertionError as error:
            raise AssertionError(f"{error} {empty}") from None

    def look_at_variables(self, prometheus):
        for name, dashboard in dashboards().items():
            for variable in dashboard["templating"]["list"]:
                if variable["type"] == "query":
                    series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"]).groups()
                    values = prometheus.ask(f"label/{label}/values", **{"match[]": filled(series, dashboard)})
                    self.assertTrue(values, f"{name}: {variable['definition']}")

    def look_at_alerts(self, prometheus):
        # Evaluated on what the processes really say, each with all that a person needs who is woken by it.
        rules = wait_for(lambda: (all_ := prometheus.rules()) and all(r["health"] != "unknown" for r in all_) and all_,
                         WITHIN, "every rule to be evaluated")
        self.assertEqual([rule["name"] for rule in rules], re.findall(r"- alert: (\w+)", ALERTS.read_text()))
        for rule in rules:
            with self.subTest(rule["name"]):
                self.assertEqual(rule["health"], "ok", rule.get("lastError"))
                self.assertGreater(rule["duration"], 0)
                self.assertIn(rule["labels"].get("severity"), ("page", "ticket"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description", "runbook"})
                self.assertTrue((ROOT / rule["annotations"]["runbook"].partition("#")[0]).exists())
                kept = set(re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", rule["query"]))))
                if rule["query"].startswith("up{"):
                    kept |= {"instance", "job"}
                told = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
                self.assertLessEqual(told, kept, "a label that its expression does not keep")

    def look_at_names(self, prometheus, known, absent):
        used = metrics_in(" ".join(rule["query"] for rule in prometheus.rules()))
        for dashboard in dashboards().values():
            used |= metrics_in(" ".join(t["expr"] for panel in panels(dashboard) for t in panel["targets"]))
        missing = used - prometheus.names() - known
        self.assertLessEqual(missing, absent, "alerts or dashboards use what no process exports")
        self.assertLessEqual(absent, used, "is not used any more")
        for name in absent:
            self.assertTrue(in_the_code(name), f"nothing exports {name}")


class Embedded(Watched):
    async def test_every_alert_and_every_panel_has_what_it_asks_for(self):
        async with Sink(lambda path, *_: 200 if path == "/works" else 500) as sink:
            await asyncio.to_thread(self.look, sink)

    def look(self, sink):
        serve = self.process("serve").start()
        relay = self.relay(serve)
        encrypted = self.encrypted()
        prometheus = Prometheus(self, [[serve.address("gateway")], [encrypted.address("api"), relay.address("relay")]])
        self.prepare(Api(serve.address("api")), sink)
        self.look_at_panels(prometheus, {"capacity", "endpoint", "overview"}, serve.address("gateway"))
        self.look_at_variables(prometheus)
        self.look_at_alerts(prometheus)
        known = described(serve, "gateway") | described(encrypted, "api") | described(relay, "relay")
        self.look_at_names(prometheus, known, RARE | KAFKA_ALONE)
        wait_for(lambda: len(prometheus.query('up{job="certes"} == 1')) == 3, WITHIN, "all three to be scraped")
        # One endpoint that fails, and events that are none: for neither of them anybody is woken.
        wait_for(lambda: not prometheus.query('ALERTS{severity="page"}'), WITHIN, "no page, not even one that is pending")

    def relay(self, serve):
        host, port = serve.address("gateway")
        key = self.directory / "relay.key"
        key.write_text(ADMIN_KEY)
        relay = Process("relay", self.directory / "relay", "--gateway-url", f"http://{host}:{port}", "--key-file", str(key),
                        environment={"CERTES_RELAY_LISTEN": "127.0.0.1:0"}, admin=False)
        self.processes.append(relay)
        return relay.start()

    def encrypted(self):
        """Another installation, with a certificate, and a new one that is none."""
        made, certificate = self.directory / "key.pem", self.directory / "certificate.pem"
        status, said = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                           "30", "-subj", "/CN=localhost", "-keyout", str(made), "-out", str(certificate))
        self.assertEqual(status, 0, said)
        process = Process("serve", self.directory / "encrypted", environment={
            "CERTES_GATEWAY_TLS_CERT_FILE": str(certificate), "CERTES_GATEWAY_TLS_KEY_FILE": str(made)})
        self.processes.append(process)
        process.start()
        certificate.write_text("none")
        wait_for(lambda: any(name.startswith("certes_tls_reloads_total") for name in process.metrics("api")), WITHIN,
                 "the certificate to be looked at")
        return process


class OnKafka(Watched):
    async def test_the_dashboard_of_kafka_has_what_it_asks_for(self):
        async with Sink(lambda path, *_: 200 if path == "/works" else 500) as sink:
            await asyncio.to_thread(self.look, sink)

    def look(self, sink):
        roles = Installation(self, "kafka")
        gateway, dispatcher = roles.gateways[0], roles.dispatchers[0]
        prometheus = Prometheus(self, [[gateway.address("gateway")], [dispatcher.address("dispatcher")]])
        self.prepare(roles.api, sink)
        self.look_at_panels(prometheus, set(dashboards()), roles.ingest, EMBEDDED_ALONE)
        self.look_at_variables(prometheus)
        self.look_at_alerts(prometheus)
        self.assertLessEqual(KAFKA_ALONE, prometheus.names())


if __name__ == "__main__":
    unittest.main()
