"""Holds what the harness sends, and what it is answered, against the description of the API: whoever talks to a Master
API or a gateway through harness.request() has each request that was taken, and each answer, validated by it.

The document is asked of the first Master API that is there. A request that is refused may be wrong on purpose; its
answer may not.
"""
import functools
import http.client
import json
import re
import sys
import urllib.parse

validates = True  # else nothing is looked at: benches measure without
_listeners = {}  # of the processes that run: address -> (listener, address of their Master API)
_sampled = set()


def know(ports):
    """The listeners of a process that is ready, by name."""
    addresses = {name: _address(place) for name, place in ports.items()}
    for name, address in addresses.items():
        _listeners[address] = (name, addresses.get("api"))


def _address(place):
    host, _, port = place.rpartition(":")
    return host, int(port)


@functools.cache
def _jsonschema():
    try:
        import jsonschema
    except ImportError:  # Debian's python3-jsonschema, where another python3 comes first
        sys.path.append("/usr/lib/python3/dist-packages")
        import jsonschema
    return jsonschema


_document = None


def _described(api):
    global _document
    if _document is None:
        connection = http.client.HTTPConnection(*api, timeout=30)
        connection.request("GET", "/api/v1/openapi.json")
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 200, (answer.status, text)
        _document = Description(json.loads(text))
    return _document


def check(address, method, target, headers, body, status, answer_headers, answer):
    """AssertionError where the description says otherwise. What no known gateway or Master API was asked is passed over."""
    listener, api = _listeners.get(tuple(address), (None, None)) if validates else (None, None)
    if listener not in ("api", "gateway") or api is None:
        return
    _described(api).check(method, target, {k.lower(): v for k, v in (headers or {}).items()}, body, status, answer_headers, answer)


def sample(address, method, target, headers, body, status, answer_headers, answer):
    """The same, of the first with this status: for who sends thousands."""
    seen = (tuple(address), target, status)
    if seen not in _sampled:
        _sampled.add(seen)
        check(address, method, target, headers, body, status, answer_headers, answer)


def media_type(headers):
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(media):
    return media.endswith(("/json", "+json"))


class Description:
    MOST = 50  # items of a list that are looked at

    def __init__(self, document):
        self.document = document
        self.validators = {}
        self.paths = sorted(document["paths"], key=lambda path: path.count("{"))  # what names no parameter goes before
        self.matchers = [(re.compile(re.sub(r"\\{[^/]*\\}", "[^/]+", re.escape(path))), path) for path in self.paths]

    def operation(self, method, path):
        """(pattern, operation); None: there is none."""
        method = "get" if method == "HEAD" else method.lower()
        for matcher, pattern in self.matchers:
            if matcher.fullmatch(path) and method in self.document["paths"][pattern]:
                return pattern, self.document["paths"][pattern][method]
        return None

    def resolved(self, thing):
        while "$ref" in thing:
            found = self.document
            for step in thing["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            thing = found
        return thing

    def errors(self, schema, value):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            whole = {"allOf": [schema], "components": self.document["components"]}
            self.validators[key] = _jsonschema().Draft202012Validator(whole)
        return [f"{error.json_path}: {error.message[:500]}" for error in self.validators[key].iter_errors(value)]

    def check(self, method, target, headers, body, status, answer_headers, answer):
        path, _, query = target.partition("?")
        name = f"{method} {target[:200]}: {status}"
        found = self.operation(method, path)
        if found is None:
            assert status >= 400, f"{name}, and there is no such route in the description"
            return
        pattern, operation = found
        responses = operation["responses"]
        response = responses.get(str(status)) or responses.get(f"{status // 100}XX")
        assert response is not None, f"{name} is no status of {method} {pattern} in the description: {answer[:500]}"
        if method != "HEAD":
            response = self.resolved(response)
            wrong = self.wrong_content(response.get("content", {}), answer_headers, answer)
            wrong = wrong or self.wrong_problem(response, answer_headers, answer)
            assert not wrong, f"{name}, the answer of {pattern}: {wrong}: {answer[:1000]}"
        if status < 400:
            wrong = self.wrong_query(pattern, operation, query) or self.wrong_body(operation, headers, body)
            assert not wrong, f"{name} was taken, and the description of {pattern} says otherwise: {wrong}"

    def wrong_content(self, content, headers, body):
        """What is wrong with a body by the `content` of the description; None: nothing."""
        if not body:
            return None
        media = media_type(headers)
        if "*/*" in content:
            return None
        if media not in content:
            return f"{media or 'no media type'} is none of {list(content)}"
        if not is_json(media) or "schema" not in content[media]:
            return None
        value = json.loads(body)
        if isinstance(value, dict) and isinstance(value.get("items"), list):
            value = value | {"items": value["items"][:self.MOST]}
        return self.errors(content[media]["schema"], value[:self.MOST] if isinstance(value, list) else value) or None

    def wrong_problem(self, response, headers, body):
        if media_type(headers) != "application/problem+json" or not body:
            return None
        kind, known = json.loads(body)["type"], response["x-problem-types"]
        return None if kind in known else f"{kind} is none of {known}"

    def wrong_query(self, pattern, operation, query):
        """Of the Master API, which takes no parameter that it does not know."""
        known = {}
        for parameter in map(self.resolved, operation.get("parameters", [])):
            if parameter["in"] == "query":
                known[parameter["name"]] = self.resolved(parameter["schema"])
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
            if name not in known:
                if pattern.startswith("/api/"):
                    return f"there is no parameter {name}"
                continue
            whole = known[name].get("type") == "integer"
            if wrong := self.errors(known[name], int(value) if whole else value):
                return f"{name}: {wrong}"
        return None

    def wrong_body(self, operation, headers, body):
        expected = operation.get("requestBody")
        if expected is None or "ce-specversion" in headers:  # binary mode: any media type
            return None if expected or not body else "it has no body"
        if not body:
            return "it needs a body" if expected["required"] else None
        return self.wrong_content(expected["content"], headers, body)
