"""A server as it is run: below a path, as a process that is told to stop, by systemd, in a container."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Request, expect

from quaero.settings import WebSettings
from quaero.web import probe
from quaero.web.access import access_for
from tests.cli.calling import end_of, lines_until, running
from tests.docs.markdown import ROOT
from tests.web.serving import SECONDS, TOKEN, served_at

SERVICE = ROOT / "deploy" / "quaero.service"
CONTAINERFILE = ROOT / "deploy" / "Containerfile"


def test_below_the_path_of_a_proxy_every_address_stays_below_it(chromium: Browser, tmp_path: Path) -> None:
    """A proxy that strips nothing: what the browser asks for is what the server gets."""
    asked: list[Request] = []
    web = WebSettings(base_path="/tools/quaero")
    with served_at(f"sqlite:///{tmp_path}/web.db", web=web) as served:
        assert served.url.endswith("/tools/quaero")
        context = chromium.new_context()
        page = context.new_page()
        page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - the driver wants a function
        page.goto(served.entry)
        page.wait_for_url(f"{served.url}/")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        page.get_by_role("link", name="Definitions").first.click()
        page.wait_for_url(f"{served.url}/definitions")
        assert [each.url for each in asked if not each.url.startswith(f"{served.url}/")] == []
        assert [cookie["path"] for cookie in context.cookies()] == ["/tools/quaero"]
        links = page.eval_on_selector_all("[href], [src]", "all => all.map(each => each.href || each.src)")
        assert [link for link in links if not link.startswith((f"{served.url}/", "data:"))] == []
        context.close()
        with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as client:
            missing = client.get(f"{served.url}/api/variables/nobody")
            assert missing.json()["type"] == "/tools/quaero/help/errors/not_found"
            server = client.get(f"{served.url}/api/openapi.json").json()["servers"]
            assert server == [{"url": "/tools/quaero"}]


def test_a_server_that_is_told_to_stop_ends_its_streams_and_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUAERO_WEB_TOKEN", TOKEN)
    options = ("--port", "0", "--log-format", "json", "--log-level", "info", "--database", "sqlite:///web.db")
    with running("serve", *options) as server:
        found = re.search(r"http://\S+:(\d+)/", "\n".join(lines_until(server, "pages: ")))
        assert found is not None
        lines_until(server, "server started")
        monkeypatch.setenv("QUAERO_WEB_PORT", found[1])
        assert probe.main() == 0
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=found[0], headers=headers, timeout=SECONDS, trust_env=False) as client:
            assert client.put("/api/variables/x", json={"value": "secret-value"}).status_code == 200
            with client.stream("GET", "/api/events", headers={"Accept": "text/event-stream"}) as stream:
                lines = stream.iter_lines()
                assert next(lines)
                server.terminate()
                for _ in lines:
                    pass
        result = end_of(server)
        assert probe.main() == 1, "nobody is there any more"
    assert result.code == 0
    logged = [json.loads(line) for line in result.err.splitlines()]
    [change] = [line for line in logged if line.get("operation") == "set_variable"]
    assert change.items() >= {"method": "PUT", "status": 200, "shown": "token", "level": "info"}.items()
    assert change["request_id"]
    assert "secret-value" not in result.err
    assert TOKEN not in result.err


def test_a_server_for_all_addresses_is_known_by_the_names_of_this_machine(tmp_path: Path) -> None:
    access = access_for("0.0.0.0", 8085, ("quaero.example.org",), TOKEN, tmp_path / "token")  # noqa: S104
    for host in ("localhost:8085", "127.0.0.1:8085", "quaero.example.org", "quaero.example.org:8085"):
        assert access.allows_host(host)
    assert not access.allows_host("0.0.0.0:8085")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_the_unit_is_sound_and_confined(tmp_path: Path) -> None:
    unit = tmp_path / "quaero.service"
    unit.write_text(SERVICE.read_text("utf-8").replace("/opt/quaero/bin/quaero", "/bin/true"), "utf-8")
    looked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (looked.returncode, looked.stdout) == (0, ""), looked.stderr
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    judged = subprocess.run(words, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout


def test_the_unit_keeps_what_confines_it() -> None:
    lines = SERVICE.read_text("utf-8").splitlines()
    for wanted in (
        "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "CapabilityBoundingSet=",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "SystemCallFilter=@system-service", "User=quaero",
        "UMask=0077", "Restart=on-failure",
    ):  # fmt: skip
        assert wanted in lines


def test_the_image_is_built_by_the_rules() -> None:
    """Those that a linter of such files has, as far as they matter here."""
    text = CONTAINERFILE.read_text("utf-8")
    steps = re.findall(r"^([A-Z]+) ((?:.*\\\n)*.*)$", text, re.MULTILINE)
    froms = [rest for name, rest in steps if name == "FROM"]
    assert all(re.search(r":\d+\.\d+-[a-z]+-[a-z]+( AS \w+)?$", image) for image in froms), (
        "a fixed tag, never latest"
    )
    final = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert final.index("\nUSER ") < final.index("\nENTRYPOINT ")
    assert "ADD" not in [name for name, _ in steps]
    assert "sudo" not in text
    assert "--require-hashes" in text
    for name, rest in steps:
        if name in ("ENTRYPOINT", "CMD"):
            json.loads(rest)
    [check] = [rest for name, rest in steps if name == "HEALTHCHECK"]
    assert "quaero.web.probe" in check
    assert "TOKEN" not in text, "secrets come in when it is started"
    for copied in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        assert all((ROOT / source).exists() for source in copied.split()[:-1])
