"""Bad input and rough clients against a running `serve`: each gets a precise answer, and memory stays small."""
import hashlib
import json
import socket
import unittest

from harness import ADMIN_KEY, Case, event, github_signature, request, wait_for

AUTH = {"Authorization": f"Bearer {ADMIN_KEY}"}
JSON = AUTH | {"Content-Type": "application/json"}
LIMIT_RSS = 300 << 20


class Ingress(Case):
    def setUp(self):
        super().setUp()
        self.serve = self.process("serve").start()
        self.address = self.serve.address("gateway")

    def answer(self, body, headers=JSON, path="/events", method="POST"):
        status, response_headers, text = request(self.address, method, path, body, headers)
        return status, response_headers, json.loads(text) if text else None

    def refused(self, expected, body, headers=JSON, path="/events", pointer=None, says=None):
        status, response_headers, problem = self.answer(body, headers, path)
        self.assertEqual(status, expected, problem)
        self.assertEqual(response_headers["content-type"], "application/problem+json")
        self.assertIn("type", problem)
        self.assertIn("detail", problem)
        if pointer is not None:
            self.assertEqual(problem.get("pointer"), pointer, problem)
        if says:
            self.assertIn(says, json.dumps(problem))
        return response_headers, problem

    def raw(self, data, within=30):
        """Sends bytes as they are; what came back until the server closed."""
        with socket.create_connection(self.address, timeout=within) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer

    def test_what_is_no_event_is_refused_with_the_place_at_fault(self):
        self.refused(400, b"{not json")
        self.refused(400, b'{"type":"a.b","data":')
        self.refused(400, b'{"type":"a.b","data":tru}')
        self.refused(400, b'{"type":"a.b","data":"\xff\xfe"}')
        self.refused(400, b'{"data":1}', pointer="/type")
        self.refused(400, b'{"type":"a..b","data":1}', pointer="/type")
        self.refused(400, b'{"type":"a.b","data":1,"typo":2}', pointer="/typo")
        self.refused(400, b'[{"type":"a.b","data":1},{"type":"a.b","typo":2,"data":1}]', pointer="/1/typo")
        self.refused(400, event("a.b", 1, id="x" * 1024), pointer="/id")
        self.refused(413, b"[" + b",".join([event("a.b", 1)] * 1001) + b"]")
        self.refused(413, b'{"type":"a.b","data":"' + b"x" * (10 << 20) + b'"}')
        headers, problem = self.refused(415, b"a=b", AUTH | {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertIn("application/json", json.dumps(problem))
        self.refused(403, event("certes.delivery.dead_lettered", 1))

    def test_who_may_not_publish_is_told_so(self):
        self.refused(401, event("a.b", 1), {"Content-Type": "application/json"})
        self.refused(401, event("a.b", 1), JSON | {"Authorization": "Bearer certes_" + "x" * 43})
        status, _, _ = self.answer(None, AUTH, "/events", "GET")
        self.assertEqual(status, 405)
        self.refused(404, b"{}", AUTH, "/events/nobody")
        self.refused(404, b"{}", AUTH, "/nowhere")

    def test_a_forged_webhook_is_refused_and_a_signed_one_is_taken(self):
        from harness import Api
        api = Api(self.serve.address("api"))
        api.ok("PUT", "/sources/gh", {"verify": {"scheme": "github", "secret": "It's a Secret to Everybody"}})
        body = b'{"action":"opened"}'
        headers = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": "d-1", "Content-Type": "application/json"}
        self.refused(401, body, headers | {"X-Hub-Signature-256": "sha256=" + "0" * 64}, "/events/gh")
        self.refused(401, body, headers, "/events/gh")
        signed = headers | {"X-Hub-Signature-256": github_signature("It's a Secret to Everybody", body)}
        status, _, first = self.answer(body, signed, "/events/gh")
        self.assertEqual(status, 202, first)
        status, _, again = self.answer(body, signed, "/events/gh")
        self.assertEqual((status, again["id"], again["duplicate"]), (202, first["id"], True))

    def test_the_same_source_and_id_is_a_duplicate_also_after_a_restart(self):
        _, _, first = self.answer(event("a.b", 1, id="one", source="urn:x"))
        _, _, again = self.answer(event("a.b", 1, id="one", source="urn:x"))
        self.assertEqual((again["id"], again["duplicate"]), (first["id"], True))
        self.assertNotIn("duplicate", self.answer(event("a.b", 1, id="one", source="urn:y"))[2])
        self.serve.kill()
        self.serve.start()
        self.address = self.serve.address("gateway")
        _, _, later = self.answer(event("a.b", 1, id="one", source="urn:x"))
        self.assertEqual((later["id"], later["duplicate"]), (first["id"], True))

    def test_cloud_events_structured_and_binary_are_taken(self):
        body = json.dumps({"specversion": "1.0", "id": "1", "source": "urn:x", "type": "a.b", "data": {"n": 1}}).encode()
        self.assertEqual(self.answer(body, AUTH | {"Content-Type": "application/cloudevents+json; charset=utf-8"})[0], 202)
        binary = AUTH | {"ce-specversion": "1.0", "ce-id": "2", "ce-source": "urn:x", "ce-type": "a.b", "Content-Type": "image/png"}
        self.assertEqual(self.answer(b"\x00\x01", binary)[0], 202)
        del binary["ce-type"]
        self.refused(400, b"\x00\x01", binary, says="ce-type")

    def test_resources_that_could_not_work_are_refused_with_the_field_at_fault(self):
        from harness import Api
        api = Api(self.serve.address("api"))
        for path, body, pointer in [
            ("/endpoints/e", {"url": "http://user:secret@example.com/"}, "/url"),
            ("/endpoints/e", {"url": "http://10.1.2.3/"}, "/url"),
            ("/endpoints/e", {"url": "http://[::ffff:169.254.169.254]/"}, "/url"),
            ("/endpoints/e", {"url": "ftp://example.com/"}, "/url"),
            ("/endpoints/e", {"url": "https://example.com/", "ordering": "keys"}, "/ordering"),
            ("/endpoints/e", {"url": "https://example.com/", "concurency": 3}, "/concurency"),
            ("/subscriptions/s", {"endpoint": "e", "pattern": "a..b"}, "/pattern"),
            ("/subscriptions/s", {"endpoint": "e", "pattern": "a.b", "priority": "urgent"}, "/priority"),
            ("/backoff-policies/b", {"strategy": "hopeful"}, "/strategy"),
        ]:
            with self.subTest(body=body):
                status, _, problem = api.call("PUT", path, body)
                self.assertEqual(status, 400, problem)
                self.assertEqual(problem["pointer"], pointer, problem)

    def test_framing_that_could_be_read_two_ways_is_refused_and_the_connection_closed(self):
        ok = b"Host: x\r\nAuthorization: Bearer " + ADMIN_KEY.encode() + b"\r\nContent-Type: application/json\r\n"
        body = event("a.b", 1)
        length = str(len(body)).encode()
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        for name, head, payload, status in [
            ("TE with CL", ok + b"Content-Length: " + length + b"\r\nTransfer-Encoding: chunked\r\n", chunked, 400),
            ("two lengths", ok + b"Content-Length: " + length + b"\r\nContent-Length: " + length + b"\r\n", body, 400),
            ("signed length", ok + b"Content-Length: +" + length + b"\r\n", body, 400),
            ("a length that overflows", ok + b"Content-Length: 99999999999999999999999\r\n", body, 400),
            ("obs-fold", ok + b"X-A: 1\r\n 2\r\nContent-Length: " + length + b"\r\n", body, 400),
            ("space before the colon", ok + b"X-A : 1\r\nContent-Length: " + length + b"\r\n", body, 400),
            ("gzip coding", ok + b"Transfer-Encoding: gzip\r\n", body, 501),
            ("no Host", ok.replace(b"Host: x\r\n", b"") + b"Content-Length: " + length + b"\r\n", body, 400),
            ("a header of 1 MB", ok + b"X-A: " + b"a" * (1 << 20) + b"\r\nContent-Length: " + length + b"\r\n", body, 431),
            ("a length above the limit", ok + b"Content-Length: 11000000\r\n", b"", 413),
        ]:
            with self.subTest(name):
                try:
                    answer = self.raw(b"POST /events HTTP/1.1\r\n" + head + b"\r\n" + payload)
                except ConnectionResetError:
                    self.assertEqual(status, 431, "only a refused flood may be cut off before its answer is read")
                    continue
                except BrokenPipeError:
                    self.assertEqual(status, 431)
                    continue
                self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % status), answer[:200])
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
        for name, data in [("bare LF", b"POST /events HTTP/1.1\nHost: x\n\n"),
                           ("TE on 1.0", b"POST /events HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked)]:
            with self.subTest(name):
                self.assertTrue(self.raw(data).startswith(b"HTTP/1.1 400 "))
        good = self.raw(b"POST /events HTTP/1.1\r\n" + ok + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked)
        self.assertTrue(good.startswith(b"HTTP/1.1 202 "), good[:200])

    def test_a_body_that_trickles_is_given_up(self):
        self.serve.stop()
        self.serve = self.process("serve", environment={"CERTES_GATEWAY_BODY_TIMEOUT_SECONDS": "1"}).start()
        self.address = self.serve.address("gateway")
        with socket.create_connection(self.address, timeout=30) as connection:
            key = f"Authorization: {AUTH['Authorization']}\r\n".encode()  # without one, the header alone is answered
            connection.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\n" + key + b"Content-Length: 100\r\n\r\n{")
            answer = connection.recv(65536)
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer[:200])

    def test_thousands_of_connections_leave_it_serving_and_small(self):
        connections = []
        try:
            for _ in range(5000):
                connection = socket.create_connection(self.address, timeout=30)
                connections.append(connection)
            for connection in connections[:3000]:
                connection.close()
            self.assertEqual(self.answer(event("a.b", 1))[0], 202)
            self.refused(413, b'{"type":"a.b","data":"' + b"x" * (10 << 20) + b'"}')
            self.assertLess(self.serve.rss_bytes(), LIMIT_RSS)
        finally:
            for connection in connections:
                connection.close()


if __name__ == "__main__":
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    unittest.main(verbosity=2)
