#!/usr/bin/env python3
"""Reads requests in JSON, one on a line, {url, headers, body, service, region, secret, token}, and prints the signature that
botocore makes of each, at the time and over the headers that it says itself.

Runs in the environment that tools/tests/sdk-python.sh made of aws.txt."""
import json
import sys

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signature(given):
    headers = given["headers"]
    signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    request = AWSRequest("POST", given["url"], {name: headers[name] for name in signed}, given["body"].encode())
    request.context["timestamp"] = headers["x-amz-date"]
    request.context["payload_signing_enabled"] = True
    make = S3SigV4Auth if given["service"] == "s3" else SigV4Auth
    auth = make(Credentials("AKID", given["secret"], given["token"]), given["service"], given["region"])
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


for line in sys.stdin:
    print(signature(json.loads(line)))
