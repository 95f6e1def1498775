"""The live page's server, over real sockets: what it answers, and whom it refuses."""

import http.client
import json
import re
import socket
import subprocess
import sys

import pytest

from tests import PATIENCE_S

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


@pytest.fixture(scope="module")
def port():
    command = [sys.executable, "-m", "gradparity", "play", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()
        yield int(re.search(r"http://127\.0\.0\.1:(\d+)/", line).group(1))
        process.terminate()


def ask(port, method="POST", path="/api/slope", body="{}", **headers):
    headers = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", **headers}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


def answered(connection):
    """The status of the next answer on this socket, read to its end: head and body may come in pieces."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def test_a_frame(port):
    status, text, _ = ask(port, body=json.dumps({"p": 60.0}))
    assert status == 200
    assert json.loads(text)["sentence"].startswith("At 60.00, 1 more earns about 320.00")


def test_the_page_allows_no_other_origin(port):
    status, text, headers = ask(port, "GET", "/", None)
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert not re.search(r"(?:src|href)=[\"']https?:", text)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"body": "{"}, 400),
        ({"body": "[1]"}, 400),
        ({"body": "[" * 5000}, 400),
        ({"body": '{"p": NaN}'}, 422),
        ({"body": '{"p": 1e999}'}, 422),
        ({"body": '{"nosuch": 1}'}, 422),
        ({"body": "{" + " " * 20_000 + "}"}, 413),
        ({"path": "/api/nosuch"}, 422),
        ({"path": "/api/../../etc/passwd"}, 404),
        ({"method": "PUT"}, 405),
        ({"method": "GET", "body": None}, 405),
        ({"Content-Type": "text/plain"}, 415),
        ({"Host": "example.org"}, 403),
        ({"Origin": "http://example.org"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_what_is_refused_and_the_server_goes_on(port, request_, status):
    assert ask(port, **request_)[0] == status
    assert ask(port)[0] == 200


def test_a_body_that_does_not_come_is_not_waited_for(port):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as slow:
        head = f"POST /api/slope HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
        slow.sendall(head.encode())
        assert ask(port)[0] == 200  # others are answered meanwhile
        assert answered(slow) == 408


def test_heads_that_do_not_come_are_not_waited_for_and_keep_nobody_out(port):
    """More half heads than there may be connections: each is told 408, and then the page answers again."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) for _ in range(70)]
    try:
        for one in slow[1:]:  # the first one says nothing at all
            one.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert {answered(one) for one in slow} == {408}
        assert ask(port)[0] == 200
    finally:
        for one in slow:
            one.close()


def test_a_further_request_of_a_connection_has_its_own_time(port):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as kept:
        whole = f"GET /nosuch HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        kept.sendall(whole)
        assert answered(kept) == 404
        kept.sendall(whole[:20])
        assert answered(kept) == 408


def test_a_port_in_use_gives_way_to_the_next(port):
    from gradparity.harness.play.server import bound

    with bound(0) as taken:
        used = taken.getsockname()[1]
        with bound(used) as other:
            assert other.getsockname()[1] > used
