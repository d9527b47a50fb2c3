"""What is let in: rows S13 to S22 of the catalogue of bad input."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dashboard_studies import served

from autocnn.cli import main
from autocnn.dashboard import server
from autocnn.dashboard.address import STUDY_OPTIONS, Address, BadOption
from autocnn.dashboard.app import make_app
from autocnn.dashboard.guard import BODY, CALLBACK, Guard
from autocnn.dashboard.library import Library
from autocnn.errors import SpaceError
from autocnn.store import Store, open_store

HOST = "127.0.0.1:8050"
STUDY = "0" * 32


@pytest.fixture(scope="module")
def app(studies: Store) -> Any:
    made = make_app(Library(open_store(str(studies.location.url), read_only=True)))
    Guard(server.hosts("127.0.0.1", 8050, ())).stand_before(made)
    return made


@pytest.fixture
def client(app: Any) -> Iterator[Any]:
    with app.server.test_client() as found:
        yield found


def status(client: Any, path: str, method: str = "GET", **headers: str) -> int:
    host = {"Host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    found: int = client.open(path, method=method, headers=host).status_code
    return found


@pytest.mark.parametrize("before", ["/", f"/study/{STUDY}/", "/assets/", "/artifact/",
                                    "/_dash-component-suites/dash/"])  # fmt: skip
@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "%252e%252e/etc/passwd", "..\\etc\\passwd",
     "/etc/passwd", "etc/passwd%00.js", "%5c..%5cetc", "autocnn.db"],
)  # fmt: skip
def test_s13_no_path_leads_to_a_file(client: Any, before: str, path: str) -> None:
    assert status(client, before + path) == 404


@pytest.mark.parametrize(
    ("host", "expected"),
    [(HOST, 200), ("localhost:8050", 200), ("[::1]:8050", 200), ("evil.com", 421),
     ("evil.com:8050", 421), ("127.0.0.1", 421), ("[::2]:8050", 421), ("127.0.0.1:8050.x", 421)],
)  # fmt: skip
def test_s15_other_hosts_are_refused(client: Any, host: str, expected: int) -> None:
    assert status(client, "/", Host=host) == expected


def test_s16_pages_of_others_cannot_ask(client: Any) -> None:
    assert status(client, CALLBACK, "POST", Origin="http://evil") == 403
    assert status(client, CALLBACK, "POST", Sec_Fetch_Site="cross-site") == 403
    assert status(client, CALLBACK, "OPTIONS", Origin="http://evil") == 405
    answer = client.get("/", headers={"Host": HOST, "Origin": "http://evil"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_methods(client: Any, method: str) -> None:
    assert status(client, "/", method) == 405
    assert status(client, "/", "HEAD") == 200


def test_a_callback_is_one_of_ours_and_changes_nothing(client: Any, studies: Store) -> None:
    file = studies.location.file
    assert file is not None
    before = file.read_bytes()
    for body in ("", "[]", "{", '{"output": "x"}', '{"output": "..", "inputs": 3}',
                 '{"output": [], "inputs": [], "changedPropIds": []}',
                 '{"output": "a.b", "inputs": 3, "changedPropIds": []}',
                 '{"output": "a.b", "inputs": [], "state": null, "changedPropIds": []}',
                 '{"output": "a.b", "inputs": [], "changedPropIds": []}'):  # fmt: skip
        answer = client.post(CALLBACK, data=body, content_type="application/json",
                             headers={"Host": HOST})  # fmt: skip
        assert answer.status_code == 400
    large = client.post(CALLBACK, data=b"x" * (BODY + 1), headers={"Host": HOST})
    assert large.status_code in (400, 413)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "query",
    ["page=-1", "page=1e9", "page=0", "sort=drop table", "state=x' OR 1=1", "pick=abc", "view=",
     "unknown=1", "state=failed&state=failed", "%ff=1", "find=%00", "find=" + "x" * 101, "on=a'b",
     "page", "&" * 30],
)  # fmt: skip
def test_s18_odd_options_are_refused(client: Any, query: str) -> None:
    assert status(client, f"/study/{STUDY}?{query}") == 422


def test_s18_a_text_to_find_is_no_expression() -> None:
    address = Address.read(f"/study/{STUDY}", "find=(a%2B)%2B%24")
    assert address.options == {"find": "(a+)+$"}
    assert Address.read(*str(address).split("?")) == address
    with pytest.raises(BadOption):
        Address.read("/", "find=a")
    assert set(STUDY_OPTIONS) == {"view", "on", "state", "sort", "page", "find", "pick"}


def ask(address: str, request: bytes) -> bytes:
    host, _, port = address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        try:
            connection.sendall(request)
            return connection.recv(65_536)
        except ConnectionError:
            return b""


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"", b"400"), (b"X: " + b"a" * 100_000, b"431"), (b"X: y\r\n" * 3000 + b"Z: z", b"431"),
     (b"Host: evil\r\nHost: 127.0.0.1", b"4")],
)  # fmt: skip
def test_s17_odd_headers_are_refused(address: str, head: bytes, expected: bytes) -> None:
    request = b"GET / HTTP/1.1\r\n" + (head + b"\r\n" if head else b"") + b"\r\n"
    answer = ask(address, request)
    # One whose request is too long may be cut off while it still sends.
    assert answer[9:].startswith(expected) or (expected == b"431" and not answer)


def test_s21_others_need_a_token_and_ports_must_be_free(
    studies: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = str(studies.location.url)
    assert main(["dashboard", "--store", url, "--host", "0.0.0.0"]) == 2
    assert "--token TEXT lets in only those who know it [S21]" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["dashboard", "--store", url, "--port", port]) == 2
        assert f"127.0.0.1:{port} cannot be used" in capsys.readouterr().err
    assert main(["dashboard", "--store", f"sqlite:///{tmp_path}/none.db"]) == 4
    with pytest.raises(SpaceError):
        server.check_host("192.168.1.1", "")
    server.check_host("192.168.1.1", "secret")


def test_a_token_lets_in_those_who_know_it(studies: Store) -> None:
    made = make_app(Library(open_store(str(studies.location.url), read_only=True)))
    Guard([HOST], "secret").stand_before(made)
    with made.server.test_client() as client:
        for path in ("/", "/_dash-layout", "/autocnn.css", "/?token=wrong"):
            assert status(client, path) == 403
        entered = client.get("/?token=secret", headers={"Host": HOST})
        assert entered.headers["Location"] == "/"
        assert "HttpOnly" in entered.headers["Set-Cookie"]
        assert "SameSite=Lax" in entered.headers["Set-Cookie"]
    with made.server.test_client() as client:
        assert status(client, "/", Authorization="Bearer secret") == 200


def test_s22_silent_clients_are_dropped(studies: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 4)
    monkeypatch.setattr(server, "SILENCE", 1)
    with served(studies) as address:
        host, _, port = address.removeprefix("http://").rpartition(":")
        silent = [socket.create_connection((host, int(port))) for _ in range(6)]
        request = f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        assert ask(address, request).startswith(b"HTTP/1.1 200")
        for connection in silent:
            connection.close()
