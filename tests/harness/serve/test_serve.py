"""`gradparity serve` over real sockets: what it shows, that it follows the store, whom it refuses."""

import http.client
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from gradparity.harness.serve import reports as served
from gradparity.harness.serve.reports import Reports
from gradparity.results.records.errors import StoreError
from gradparity.results.store.store import open_store
from tests import PATIENCE_S, ROOT
from tests.harness.terminal.inside import gradparity
from tests.results import synthetic

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("jinja2")

TOKEN = "3f9c1e7a5b2d8640"
CELLS = synthetic.cells(rounds=6)[:12]
OLD = synthetic.run(id="20261120-000000-aaaa", started="2026-11-20T00:00:00+00:00")
NEW = synthetic.run(
    id="20261121-000000-bbbb",
    started="2026-11-21T00:00:00+00:00",
    status="running",
    finished=None,
    command="gradparity run '<script>alert(1)</script>'",
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def where(request, tmp_path):
    """A store with a run, and one that has just begun; on the server, as a role that may only read."""
    if request.param == "sqlite":
        place = reader = str(tmp_path / "r.db")
    else:
        place = request.getfixturevalue("team_store")
        server = request.getfixturevalue("postgres_server")
        database = place.rpartition("/")[2]
        server.role(f"guest_{database}")
        reader = server.url(database, f"guest_{database}")
    with open_store(place) as store:
        store.put(OLD, CELLS)
        if request.param != "sqlite":
            server.admin(
                f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest_{database}",
                database=database,
            )
        store.begin(NEW)
        yield store, reader
    if request.param != "sqlite":
        server.admin(f"DROP OWNED BY guest_{database}", database=database)
        server.admin(f"DROP ROLE guest_{database}")


@contextmanager
def serving(store, *more):
    command = [sys.executable, "-m", "gradparity", "serve", "--port", "0", "--store", store, *more]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stderr.readline()
        try:
            yield int(re.search(r"http://[\d.]+:(\d+)/", line).group(1))
        finally:
            process.terminate()


def ask(port, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, None, {"Host": f"127.0.0.1:{port}", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


def test_what_is_shown_follows_the_store(where):
    store, reader = where
    with serving(reader) as port:
        status, runs, headers = ask(port)
        assert status == 200
        assert runs.index(NEW.id) < runs.index(OLD.id)
        assert "<script>alert" not in runs
        policy = headers["content-security-policy"]
        nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy).group(1)
        assert set(re.findall(r'nonce="(.*?)"', runs)) == {nonce}
        assert "default-src 'none'" in policy
        status, report, _ = ask(port, f"/run/{OLD.id}")
        assert (status, report.count("<tr><td>")) == (200, len(CELLS))
        waiting = ask(port, f"/run/{NEW.id}")[1]
        assert "Nothing of it is finished yet" in waiting
        before = ask(port, f"/state/run/{NEW.id}")[1], ask(port, f"/state/run/{OLD.id}")[1]
        store.add(NEW.id, *CELLS[:4])
        until = time.monotonic() + PATIENCE_S  # both are looked for again after a while
        while ask(port, f"/state/run/{NEW.id}")[1] == before[0] and time.monotonic() < until:
            time.sleep(0.1)
        after = ask(port, f"/state/run/{NEW.id}")[1], ask(port, f"/state/run/{OLD.id}")[1]
        assert before[0] != after[0]
        assert before[1] == after[1]
        grown = ask(port, f"/run/{NEW.id}")[1]
        assert grown.count("<tr><td>") == 4
        assert ask(port, "/run/nosuch")[0] == 404
        for refused in ({"Host": "example.org"}, {"Origin": "http://example.org"}):
            assert ask(port, **refused)[0] == 403
        for method in ("POST", "PUT", "DELETE"):
            assert ask(port, method=method)[0] == 405
        assert ask(port, "/run/../../etc/passwd")[0] == 404
        assert ask(port)[0] == 200
    assert [run.id for run in store.runs()] == [NEW.id, OLD.id]


def test_another_address_asks_for_the_token(tmp_path):
    path = str(tmp_path / "r.db")
    with open_store(path) as store:
        store.put(OLD, CELLS)
    with serving(path, "--host", "0.0.0.0", "--token", TOKEN) as port:
        for wrong in ("/", "/?token=", f"/?token={TOKEN[:-1]}", f"/state/?token={TOKEN}x"):
            status, told, _ = ask(port, wrong)
            assert (status, OLD.id in told) == (403, False)
        assert ask(port, Cookie="gradparity-token=x; ;;=")[0] == 403
        status, told, headers = ask(port, f"/?token={TOKEN}", Host="team.example")
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        status, told, _ = ask(port, Cookie=cookie.partition(";")[0], Host="team.example")
        assert status == 200
        assert OLD.id in told
        assert TOKEN not in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--host", "0.0.0.0"], "seen from other machines; give a --token"),
        (["--host", "0.0.0.0", "--token", "short"], "16 or more letters and digits"),
        (["--host", "nosuch.invalid", "--token", TOKEN], "cannot listen on 'nosuch.invalid'"),
        (["--host", "192.0.2.1", "--token", TOKEN], "cannot listen on '192.0.2.1'"),
        (["--store", "no.db"], "there is no store at no.db"),
        (["--store", "postgresql://me@127.0.0.1:1/x"], "cannot reach"),
    ],
)
def test_bad_input(tmp_path, words, told):
    open_store(tmp_path / ".gradparity" / "results.db").close()
    ended = gradparity("serve", *words, cwd=tmp_path)
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


class Clock:
    """`time` that passes when it is told to, so that no neighbour decides what is still shown."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    thread_time = monotonic


def test_a_report_is_made_once_for_many_and_not_again_at_once(tmp_path, monkeypatch):
    made, clock = [], Clock()

    def report(store, run):
        made.append(run)
        clock.now += 1.0
        return "page"

    monkeypatch.setattr(served, "_report", report)
    monkeypatch.setattr(served, "time", clock)
    with open_store(tmp_path / "r.db") as store:
        store.begin(NEW)
        reports = Reports(str(tmp_path / "r.db"))
        first = reports.report(NEW.id)
        store.add(NEW.id, CELLS[0])
        clock.now += 3.9  # it took a second, and so is shown for four
        assert reports.report(NEW.id) is first
        assert reports.state(NEW.id) == first.state
        assert made == [NEW.id]
        clock.now += 0.2
        assert reports.state(NEW.id) != first.state
        second = reports.report(NEW.id)
        assert made == [NEW.id] * 2
        clock.now += 4.1
        assert reports.report(NEW.id) is second, "nothing is new in the store"
        with pytest.raises(StoreError, match="has no run"):
            reports.report("x")


@pytest.mark.browser
def test_the_page_is_loaded_anew_when_more_is_stored(tmp_path, watched):
    path = str(tmp_path / "r.db")
    with open_store(path) as store:
        store.put(OLD, CELLS)
        store.begin(NEW)
        with serving(path) as port:
            seen = watched(f"http://127.0.0.1:{port}")
            seen.page.goto(f"http://127.0.0.1:{port}/")
            seen.page.click(f"text={NEW.id}")
            seen.page.wait_for_selector("text=Nothing of it is finished yet")
            store.add(NEW.id, *CELLS[:4])
            seen.page.wait_for_selector("table.sortable", state="attached")
            assert seen.page.locator("table.sortable tbody tr").count() == 4
            assert seen.violations() == []
            seen.page.goto(f"http://127.0.0.1:{port}/")
            assert seen.violations() == []
            seen.page.goto("about:blank")  # before the server ends, as the page would ask it
