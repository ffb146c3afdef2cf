#!/usr/bin/env python3
"""Writes docs/reference from what the code has: settings, metrics, resources, commands. reference.py CERTES [DIRECTORY].

Settings and commands are asked of the program, resources of a server's description of its API, metrics are read where they are
made in the sources: one process does not have all of them."""
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = [path for folder in ("common", "gateway", "api", "dispatcher", "client", "certes") for path in sorted((ROOT / folder).rglob("*.[ch]pp"))]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("CERTES_")}
MADE = "<!-- Made by ./dev docs: change what it is made from. -->\n"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(titles, rows):
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join(lines + ["| " + " | ".join(map(cell, row)) + " |" for row in rows]) + "\n"


# Settings

def settings(certes):
    told = json.loads(subprocess.check_output([certes, "config", "check", "--json"], env=CLEAN))
    out = MADE + ("# Settings\nAs `certes config check` prints them: a TOML file (`--config`), above it the environment, above that flags. A "
                  "name before the dot is the file's table. Times are seconds, and may be fractions. What each is for, and what to "
                  "do when it is met: [operating](../operating.md), and [limits](../security.md).\n")
    sections = {}
    for each in told:
        sections.setdefault(each["name"].partition(".")[0] if "." in each["name"] else "", []).append(each)
    for section, members in sections.items():
        out += f"\n## {section or 'Of the process'}\n"
        out += table(["setting", "default", "", "environment"],
                     [[f"`{m['name']}`", f"`{m['default']}`" if m["default"] else "", m["what"], f"`{m['variable']}`"] for m in members])
    return out


# Metrics

LITERALS = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'


def literal(text):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)).replace('\\"', '"')


def metrics():
    """Where one is made: metrics.counter(NAME, HELP, …), each a literal or a constant."""
    constants = {}
    texts = {path: path.read_text() for path in SOURCES}
    for text in texts.values():
        for name, value in re.findall(rf"\b(k[A-Z]\w*)(?:\[\])?\s*=\s*{LITERALS}", text):
            constants.setdefault(name, set()).add(literal(value))
    found, unknown = {}, set()
    for path, text in texts.items():
        own = {name: literal(value) for name, value in re.findall(rf"\b(k[A-Z]\w*)(?:\[\])?\s*=\s*{LITERALS}", text)}

        def words(token):
            if token.startswith('"'):
                return literal(token)
            token = token.rpartition("::")[2]
            others = constants.get(token, set())
            return own.get(token) or (next(iter(others)) if len(others) == 1 else None)

        # `std::string(kName)` is what some of them say.
        value = rf"(?:std::string\()?({LITERALS[1:-1]}|[\w:]*k[A-Z]\w*)\)?"
        for kind, name, what in re.findall(rf"\b(counter|gauge|histogram)\w*\(\s*{value}\s*,\s*{value}", text):
            name, what = words(name), words(what)
            if name and what and re.fullmatch(r"(certes|process)_\w+", name):
                found[name] = (kind, what)
        # Handed on to who makes it.
        for name, what in re.findall(rf'"(certes_\w+)"\s*,\s*{LITERALS}', text):
            found.setdefault(name, ("counter" if name.endswith("_total") else "gauge", literal(what)))
        unknown |= set(re.findall(r'"((?:certes|process)_[a-z0-9_]+)"', text))
    missing = sorted(unknown - set(found) - {"certes_logs"})
    out = MADE + ("# Metrics\nWhat `GET /metrics` has, by process and as far as there is something to tell. What they are asked for: "
                  "[operating](../operating.md); alerts and dashboards stand in `deploy`.\n\n")
    out += table(["metric", "kind", ""], [[f"`{name}`", *found[name]] for name in sorted(found)])
    return out, missing


# Resources

def described(certes):
    with tempfile.TemporaryDirectory() as directory:
        ports = pathlib.Path(directory, "ports")
        listen = {f"CERTES_{role}_LISTEN": "127.0.0.1:0" for role in ("GATEWAY", "API", "DISPATCHER")}
        with open(pathlib.Path(directory, "log"), "wb") as log:
            process = subprocess.Popen([certes, "serve", "--data", directory + "/data", "--print-ports", str(ports)],
                                       env=CLEAN | listen, stdout=subprocess.PIPE, stderr=log)
            try:
                out = b""
                while b"ready\n" not in out:
                    if not select.select([process.stdout], [], [], 60)[0] or not (more := os.read(process.stdout.fileno(), 65536)):
                        raise SystemExit("the server does not start:\n" + pathlib.Path(log.name).read_text())
                    out += more
                address = json.loads(ports.read_text())["api"]
                with urllib.request.urlopen(f"http://{address}/api/v1/openapi.json") as answer:
                    return json.load(answer)
            finally:
                process.terminate()
                process.wait()
                process.stdout.close()


class Schemas:
    def __init__(self, document):
        self.document = document

    def of(self, schema):
        while "$ref" in schema:
            at = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                at = at[step]
            schema = at | {k: v for k, v in schema.items() if k != "$ref"}
        return schema

    def kind(self, schema):
        schema = self.of(schema)
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return ", ".join(json.dumps(value) if not isinstance(value, str) else value for value in schema["enum"])
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return " or ".join(dict.fromkeys(self.kind(one) for one in schema[word]))
        kind = schema.get("type", "any")
        kind = " or ".join(kind) if isinstance(kind, list) else kind
        if kind == "array" and "items" in schema:
            kind = "array of " + self.kind(schema["items"])
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            kind += f", {low:g} to {high:g}"
        elif low is not None:
            kind += f", from {low:g}"
        if "maxLength" in schema:
            kind += f", at most {schema['maxLength']} characters"
        return kind

    def rows(self, schema, before=""):
        schema = self.of(schema)
        required = set(schema.get("required", ()))
        for name, member in schema.get("properties", {}).items():
            member = self.of(member)
            default = f"`{json.dumps(member['default'])}`" if member.get("default") is not None else ""
            yield [f"`{before}{name}`" + (" (required)" if name in required else ""), self.kind(member), default, member.get("description", "")]
            yield from self.rows(member, before + name + ".")


COMMON = ("id", "tenant", "version", "created_at", "created_by", "updated_at", "updated_by", "owner", "not_understood", "unusable")


def resources(document):
    schemas = Schemas(document)
    common = None
    out = MADE + ("# Resources\nWhat `POST` and `PUT` take for each kind, by the description of the API (`GET /api/v1/openapi.json`, which has "
                  "the answers and all other routes too). What is common to them: [the Master API](../api.md).\n")
    for path, operations in document["paths"].items():
        create = operations.get("post", {})
        body = create.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if not body or "put" not in document["paths"].get(path + "/{id}", {}):
            continue
        kind = path.removeprefix("/api/v1/")
        about = schemas.of(body)
        own = list(schemas.rows(body))
        if common is None:
            common = [row for row in own if row[0].strip("`") in COMMON]
            out += "\n## All\n" + table(["member", "type", "default", ""], common)
        out += f"\n## {kind}\n"
        if about.get("description"):
            out += about["description"] + "\n\n"
        out += table(["member", "type", "default", ""], [row for row in own if row not in common])
    return out


def commands(certes):
    text = subprocess.check_output([certes, "manual", "--markdown"], env=CLEAN, text=True)
    return MADE + ("# Commands\nAs `certes help` and the manual page have them, from the same tree. Exit statuses and the environment: "
                   "`certes manual`.\n\n") + text.rstrip("\n") + "\n"


def main(certes, directory):
    metric_page, missing = metrics()
    if missing:
        raise SystemExit("metrics whose words were not found in the sources: " + ", ".join(missing))
    pages = {"settings": settings(certes), "metrics": metric_page, "resources": resources(described(certes)), "commands": commands(certes)}
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (directory / f"{name}.md").write_text(text)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "docs/reference"))
