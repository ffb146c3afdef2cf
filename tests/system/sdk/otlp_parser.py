#!/usr/bin/env python3
"""Reads requests of OTLP over HTTP in JSON, one on a line, as opentelemetry-proto has them, and prints their spans.

Runs in the environment that tools/tests/sdk-python.sh made of traces.txt. What it does not know is an error."""
import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def with_base64(value):
    """Ids are hexadecimal in OTLP, and base64 in the JSON of protocol buffers."""
    if isinstance(value, list):
        return [with_base64(one) for one in value]
    if not isinstance(value, dict):
        return value
    ids = {"traceId", "spanId", "parentSpanId"}
    return {name: base64.b64encode(bytes.fromhex(one)).decode() if name in ids else with_base64(one) for name, one in value.items()}


def attributes(of):
    return {one.key: one.value.string_value if one.value.HasField("string_value") else one.value.int_value for one in of}


for line in sys.stdin:
    request = json_format.ParseDict(with_base64(json.loads(line)), ExportTraceServiceRequest())
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                print(json.dumps({"trace": span.trace_id.hex(), "id": span.span_id.hex(), "parent": span.parent_span_id.hex(),
                                  "name": span.name, "kind": span.kind, "start": span.start_time_unix_nano,
                                  "end": span.end_time_unix_nano, "status": span.status.code, "error": span.status.message,
                                  "attributes": attributes(span.attributes), "resource": attributes(resource.resource.attributes)}))
