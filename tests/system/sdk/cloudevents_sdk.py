"""A client that knows nothing of Certes: the CloudEvents SDK for Python makes events and publishes them in every mode,
or reads what Certes delivered. `send`: {"url","key","prefix"} in, [{"mode","status","answer","event"}] out; `read`: [{"headers","body"}] in, [event] out. Run by the environment that
tools/tests/sdk-python.sh made.
"""
import base64
import json
import sys
import urllib.request

from cloudevents.conversion import to_binary, to_dict, to_structured
from cloudevents.http import CloudEvent, from_http


def events(prefix, mode):
    def of(name, data, **more):
        return CloudEvent({"id": f"{prefix}-{mode}-{name}", "source": "/sdk/python", "type": f"sdk.python.{mode}", **more}, data)

    yield of("object", {"a": [1, 2.5, "ä", None, True]}, subject="an-object", time="2026-01-31T08:00:00+00:00",
             dataschema="https://example.com/schema", myext="extension", datacontenttype="application/json")
    yield of("text", "just text: ä€😀", datacontenttype="text/plain")
    yield of("bytes", b"\x00\xff\x80bytes", datacontenttype="application/octet-stream", partitionkey="k-1")


def post(url, key, headers, body):
    request = urllib.request.Request(url, body, {**headers, "authorization": f"Bearer {key}"}, method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return {"status": answer.status, "answer": json.load(answer)}


def plain(event):
    attributes = to_dict(event)
    data = attributes.pop("data", None)
    if isinstance(data, bytes):
        attributes["data_base64"] = base64.b64encode(data).decode()
    else:
        attributes["data"] = data
    return attributes


def send(url, key, prefix):
    results = []
    for mode, render in (("binary", to_binary), ("structured", to_structured)):
        for event in events(prefix, mode):
            headers, body = render(event, lambda data: data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()) \
                if mode == "binary" else render(event)
            results.append({"mode": mode, "event": plain(event), **post(url, key, headers, body)})
    batch = [json.loads(to_structured(event)[1]) for event in events(prefix, "batch")]
    headers = {"content-type": "application/cloudevents-batch+json"}
    results.append({"mode": "batch", "event": batch, **post(url, key, headers, json.dumps(batch).encode())})
    return results


def read(messages):
    return [plain(from_http(one["headers"], base64.b64decode(one["body"]))) for one in messages]


given = json.load(sys.stdin)
json.dump(send(**given) if sys.argv[1] == "send" else read(given), sys.stdout)
