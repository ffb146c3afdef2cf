"""Ingest, row by row: Certes beside the raw epoll server, which gets the same requests over as many connections.

A row is a kind of request and a number of connections. Pairs of short closed-loop runs are taken in turn; the pair with
the median ratio is shown. CPU is the server's own, for an event: it holds on a busy machine, where rates do not.
"""
import hashlib
import hmac
import json

import bench_common as common

SECRET = "the secret of the bench"
SCHEMA = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
# connections, bytes, events in a request, signed, with a schema
ROWS = {
    "sqlite": [(1, 1024, 1, True, False), (64, 1024, 1, True, False), (1000, 1024, 1, True, False),
               (64, 1024, 1, False, False), (64, 1024, 1, True, True), (64, 256, 1, False, False), (64, 16384, 1, True, False),
               (16, 262144, 1, True, False), (64, 256, 50, False, False)],
    "kafka": [(1, 1024, 1, True, False), (64, 1024, 1, True, False), (64, 640, 1, False, False), (1000, 1024, 1, True, False),
              (1000, 640, 1, False, False), (64, 16384, 1, True, False), (64, 256, 50, False, False)],
}
HEADER = (f"{'engine':7} {'conn':>5} {'bytes':>7} {'what':18} {'events/s':>9} {'raw':>8} {'ratio':>5}  {'p50':>7} {'p99':>8}"
          f" {'p99 half':>9}  {'user':>6} {'system':>6} {'raw':>6}   (us; CPU an event)")


def what(events, signed, schema):
    parts = [f"batch of {events}" if events > 1 else "", "HMAC" if signed else "key", "schema" if schema else ""]
    return ", ".join(part for part in parts if part)


def request_for(directory, size, events, signed, schema):
    """Writes the request; signed ones go to a source, whose webhooks are the data itself."""
    path = directory / "request"
    if signed or schema:
        shell = len('{"text":""}')
        body = b'{"text":"%s"}' % (b"x" * max(1, size - shell))
    else:
        body = common.plain_event(size)
    if signed:
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return common.write_request(path, "/events/bench", body, {"X-Signature": digest})
    if schema:
        body = b'{"type":"bench.hook","data":%s}' % body
    if events > 1:
        body = b"[" + b",".join([body] * events) + b"]"
    return common.write_request(path, "/events", body, common.bearer())


def declare(api, signed, schema):
    if signed:
        api.ok("PUT", "/sources/bench", {"verify": {"scheme": "generic", "secret": SECRET, "header": "X-Signature"},
                                         "type_from": "const:hook"})
    if schema:
        api.ok("PUT", "/event-types/bench.hook", {"schema": SCHEMA})


def measure(engine, row, directory, brokers, pairs, seconds):
    connections, size, events, signed, schema = row
    directory.mkdir(parents=True)
    with common.installation(engine, directory / "installation", brokers) as (process, api), common.RawServer() as raw:
        declare(api, signed, schema)
        request = request_for(directory, size, events, signed, schema)
        own = process.ports["gateway"], process.process.pid
        common.load(*own, request, connections, 1)  # warm
        found = [(common.load(raw.address, raw.pid, request, connections, seconds), common.load(*own, request, connections, seconds))
                 for _ in range(pairs)]
        found.sort(key=lambda pair: pair[1]["requests_per_second"] / pair[0]["requests_per_second"])
        limit, certes = found[pairs // 2]
        best = max(pair[1]["requests_per_second"] for pair in found)
        half = common.open_load(own[0], request, connections, best / 2, seconds)
    ratio = certes["requests_per_second"] / limit["requests_per_second"]
    print(f"{engine:7} {connections:5} {size:7} {what(events, signed, schema):18} {certes['requests_per_second'] * events:9.0f}"
          f" {limit['requests_per_second'] * events:8.0f} {ratio:5.2f}  {certes['p50_us']:7} {certes['p99_us']:8} {half['p99_us']:9}"
          f"  {certes['user_us'] / events:6.1f} {certes['system_us'] / events:6.1f}"
          f" {(limit['user_us'] + limit['system_us']) / events:6.1f}", flush=True)


def ingest(engine, directory, brokers, options):
    rows = ROWS[engine]
    if options.connections or options.bytes or options.batch or options.signed or options.schema:  # one cell
        rows = [(options.connections or 64, options.bytes or 1024, options.batch or 1, options.signed, options.schema)]
    print(HEADER, flush=True)
    for number, row in enumerate(rows):
        measure(engine, row, directory / f"row-{number}", brokers, options.pairs, options.seconds)


def overload(directory, seconds):
    """An open loop at three times the best rate: what is still accepted, what is refused early, and the memory for it.

    First as the settings are: nothing is refused, as each connection has one request at a time and all may wait. Then with
    fewer that may wait than there are connections, so that the rest is refused at once.
    """
    directory.mkdir(parents=True)
    request = common.write_request(directory / "request", "/events", common.plain_event(1024), common.bearer())
    for connections, settings in ((2000, {}), (2000, {"CERTES_GATEWAY_MAX_WAITING": "1000"})):
        with common.installation("sqlite", directory / f"installation-{len(settings)}", "", settings) as (process, _):
            own = process.ports["gateway"], process.process.pid
            common.load(*own, request, 64, 1)
            best = max(common.load(*own, request, clients, 3)["requests_per_second"] for clients in (64, 1000))
            before = process.rss_bytes()
            found = common.open_load(own[0], request, connections, 3 * best, seconds)
            after = process.rss_bytes()
        offered = found["offered_per_second"]
        print(f"overload sqlite, {connections} connections{', 1000 may wait' if settings else ''}: best {best:.0f}/s; offered {offered:.0f}/s"
              f" for {seconds} s: accepted {found['accepted_per_second']:.0f}/s ({found['accepted_per_second'] / best:.2f} of the best),"
              f" refused early {found['refused_per_second'] / offered:.2f}, held back by the connections"
              f" {found['held_back_per_second'] / offered:.2f}; p99 {found['p99_us']} us;"
              f" resident {before >> 20} MiB, then {after >> 20} MiB", flush=True)
