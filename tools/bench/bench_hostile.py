"""Hostile documents: how long a valid client waits at most while somebody else posts what costs most to check.

The hostile client has a key, too, and a type whose schema it wrote itself. Each row is one kind of document; the valid
client posts small events of a type with a schema of its own, one after the other, all the while. Beside it: the same
client alone on the same installation.
"""
import http.client
import json
import threading
import time

import bench_common as common

VALID = json.dumps({"type": "bench.valid", "data": {"text": "x" * 600}})


def nested(front, inner, behind, times):
    return front * times + inner + behind * times


def rows():
    """(what, schema, data as JSON)"""
    both = {"anyOf": [{"properties": {"a": {"$ref": "#"}}, "required": ["b"]}, {"properties": {"a": {"$ref": "#"}}, "required": ["c"]}]}
    numbers = "[" + ",".join(str(n) for n in range(130_000)) + "]"
    names = "{" + ",".join(f'"member{n}":{n}' for n in range(50_000)) + "}"
    return [
        ("choices that multiply", both, nested('{"a":', "0", "}", 200)),
        ("130,000 unique items", {"uniqueItems": True, "items": {"enum": list(range(2_000))}, "contains": {"const": -1}}, numbers),
        ("50,000 names", {"propertyNames": {"pattern": "^(m|e|b|r)*[0-9]{1,9}x$"}, "additionalProperties": {"multipleOf": 0.01}}, names),
        ("an expression of many states", {"pattern": "(a|b)*c(a|b){14}$"}, '"' + "ab" * 150_000 + '"'),
        ("a batch of 1,000", both, nested('{"a":', "0", "}", 7)),
    ]


def post(connection, body):
    began = time.perf_counter()
    connection.request("POST", "/events", body, {"Content-Type": "application/json", **common.bearer()})
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.perf_counter() - began


def valid_client(address, seconds):
    """The longest wait, and how many were taken."""
    connection = http.client.HTTPConnection(address)
    longest, count, until = 0.0, 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        status, took = post(connection, VALID)
        if status != 202:
            raise SystemExit(f"the valid client was answered {status}")
        longest, count = max(longest, took), count + 1
    return longest, count


def beside(address, body, seconds):
    stop, codes = threading.Event(), {}

    def hostile():
        connection = http.client.HTTPConnection(address)
        while not stop.is_set():
            status, _ = post(connection, body)
            codes[status] = codes.get(status, 0) + 1

    thread = threading.Thread(target=hostile)
    thread.start()
    try:
        return *valid_client(address, seconds), codes
    finally:
        stop.set()
        thread.join()


def hostile(directory, seconds):
    directory.mkdir(parents=True)
    with common.installation("sqlite", directory / "installation", "") as (process, api):
        address = process.ports["gateway"]
        api.ok("PUT", "/event-types/bench.valid", {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}})
        longest, count = valid_client(address, seconds)
        print(f"hostile  {'nobody else':30}: the valid client waits at most {longest * 1e3:.1f} ms ({count} events)", flush=True)
        for number, (what, schema, data) in enumerate(rows()):
            api.ok("PUT", f"/event-types/bench.hostile{number}", {"schema": schema})
            one = f'{{"type":"bench.hostile{number}","data":{data}}}'
            body = "[" + ",".join([one] * 1_000) + "]" if what.startswith("a batch") else one
            longest, count, codes = beside(address, body, seconds)
            answers = ", ".join(f"{count} times {status}" for status, count in sorted(codes.items()))
            print(f"hostile  {what:30}: the valid client waits at most {longest * 1e3:.1f} ms ({count} events); the other is answered {answers}", flush=True)
