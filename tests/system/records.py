"""What stands on the log, read without Certes: how each delivery ended, as it is recorded."""
import collections
import json
import sqlite3
import struct
import subprocess


def headers_of(blob):
    """Of a record as it lies in the embedded log (common/log/sqlite/record_format.hpp)."""
    _, key, size = struct.unpack_from("<qII", blob)
    at = 16 + (0 if key == 0xFFFFFFFF else key)
    end, headers = at + size, {}
    while at < end:
        name, value = struct.unpack_from("<HI", blob, at)
        at += 6
        headers[blob[at:at + name].decode()] = blob[at + name:at + name + value].decode("utf-8", "replace")
        at += name + value
    return headers


def embedded_records(directory, topic):
    """(partition, headers) of each record of a topic with one partition."""
    with sqlite3.connect(directory / "data" / "certes.db") as file:
        for (blob,) in file.execute(f"SELECT record FROM {topic.replace('-', '_')}_0 ORDER BY id"):
            yield 0, headers_of(blob)


def kafka_records(brokers, topic):
    """(partition, headers) of each record, in the order of its partition."""
    read = ["kcat", "-b", brokers, "-C", "-q", "-e", "-J", "-t", topic, "-o", "beginning"]
    with subprocess.Popen(read, stdout=subprocess.PIPE) as kcat:
        for line in kcat.stdout:
            record = json.loads(line)
            names = record.get("headers", [])
            yield record["partition"], dict(zip(names[::2], names[1::2]))
    assert kcat.returncode == 0, kcat.returncode


def that_count(records):
    """What a dispatcher wrote that had lost its partition is void: it stands behind a higher term (common/log/terms.hpp)."""
    highest = collections.Counter()
    for partition, headers in records:
        term = int(headers.get("certes-term", highest[partition]))
        if term >= highest[partition]:
            highest[partition] = term
            yield headers


def recorded_ends(attempts, dead_letters):
    """{(endpoint, event): [(how, rule), …]}, of the records of both topics."""
    ends = collections.defaultdict(list)
    for headers in that_count(attempts):
        if (outcome := headers.get("certes-outcome")) in ("delivered", "cancelled"):
            ends[headers["certes-endpoint"], headers["certes-id"]].append((outcome, headers.get("certes-rule", "")))
    for headers in that_count(dead_letters):
        if "certes-delivery" in headers:
            ends[headers["certes-endpoint"], headers["certes-id"]].append(("dead_lettered", headers["certes-rule"]))
    return ends
