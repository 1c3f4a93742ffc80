"""The door of the tablet app's files: what is served, how it is named, and what is not."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from server import tablet_files
from tests.console import app_of
from tests.copies import Copies
from tests.source import REPOSITORY
from tests.world import World

WEB = REPOSITORY / "sync" / "tablet_web"


@pytest.fixture
def database_url(tmp_path: Path, copies: Copies) -> str:
    """One store is enough: no file of the app is in one."""
    return copies.sqlite(tmp_path)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app_of(world), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tablet.test") as made:
        yield made


def listed(worker: str, name: str) -> dict[str, str]:
    found = re.search(rf"^const {name} = (.*);$", worker, re.MULTILINE)
    assert found, name
    return json.loads(found[1])


async def test_the_worker_names_every_file_with_the_mark_under_which_it_is_served(
    client: httpx.AsyncClient,
) -> None:
    worker = (await client.get("/tablet/sw.js")).text
    names = listed(worker, "FILES") | listed(worker, "LATER")
    for name, mark in names.items():
        answer = await client.get("/tablet/" if name == "index.html" else f"/tablet/{name}")
        assert (answer.status_code, answer.headers["etag"]) == (200, f'"{mark}"'), name
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "vendor/zxing/zxing_reader.wasm" in listed(worker, "LATER")
    assert "sw.js" not in names, "it names the others and is asked for by the browser itself"
    on_disk = {p.relative_to(WEB).as_posix() for p in (WEB / "app").rglob("*.js")}
    assert on_disk <= set(names)


def test_another_byte_of_the_app_is_another_version() -> None:
    files = {name: each for name, each in tablet_files.files().items() if name != "sw.js"}
    now = tablet_files.files()["sw.js"].raw
    assert tablet_files._worker(files) == now
    other = replace(files["app/ui/html.js"], mark="0" * 16)
    assert tablet_files._worker({**files, "app/ui/html.js": other}).split()[3] != now.split()[3]


async def test_what_is_not_the_apps_own_is_not_served(client: httpx.AsyncClient) -> None:
    for path in (
        "package.json", "tests/house.test.js", "app/types.d.ts", "../pyproject.toml",
        "%2e%2e/pyproject.toml", "vendor.mjs", "node_modules/typescript/package.json", "app", "",
    ):  # fmt: skip
        answer = await client.get(f"/tablet/{path}")
        wanted = 200 if path == "" else 404
        assert answer.status_code == wanted, path


async def test_an_address_without_its_slash_leads_to_the_one_the_worker_owns(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/tablet")
    assert (answer.status_code, answer.headers["location"]) == (308, "/tablet/")


async def test_a_file_that_has_not_changed_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/tablet/data/catalogue.json", headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    again = await client.get(
        "/tablet/data/catalogue.json", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    plain = await client.get("/tablet/data/catalogue.json", headers={"accept-encoding": "identity"})
    assert plain.content == gzip.decompress(tablet_files.files()["data/catalogue.json"].squeezed)


def test_the_page_and_the_policy_need_nothing_inline() -> None:
    page = (WEB / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert " style=" not in page
    assert "<style" not in page
    assert "unsafe-inline" not in tablet_files.CSP
    for name in re.findall(r'(?:href|src)="/tablet/([^"]+)"', page):
        assert name in tablet_files.files(), name


def test_the_app_is_served_as_set_up_wrote_it_small_and_an_edited_module_as_it_stands() -> None:
    made = json.loads((WEB / "vendor" / "app.json").read_bytes())
    here = {
        path.relative_to(WEB).as_posix(): path.read_bytes() for path in (WEB / "app").rglob("*.js")
    }
    stale = [name for name, raw in here.items() if made.get(name) != sha256(raw).hexdigest()]
    assert stale == [], "edited since set-up: run .ci/web place (make test does)"
    served = {name: tablet_files.files()[name].raw for name in here}
    assert sum(map(len, served.values())) < 0.7 * sum(map(len, here.values()))
    name = "app/ui/html.js"
    assert tablet_files._small(name, here[name], made) == served[name]
    edited = here[name] + b"\n"
    assert tablet_files._small(name, edited, made) == edited


async def test_the_pack_is_every_file_of_the_version_as_it_is_served(
    client: httpx.AsyncClient,
) -> None:
    raw = (await client.get("/tablet/pack")).content
    at = 4 + int.from_bytes(raw[:4])
    head = json.loads(raw[4:at])
    assert head["headers"]["content-security-policy"] == tablet_files.CSP
    marks = listed((await client.get("/tablet/sw.js")).text, "FILES")
    for (name, mark), size in zip(marks.items(), head["sizes"], strict=True):
        found = tablet_files.files()[name]
        assert (raw[at : at + size], mark) == (found.raw, found.mark)
        assert head["types"][name.rpartition(".")[2]] == found.media
        at += size
    assert at == len(raw)


def test_the_first_load_is_below_three_hundred_kilobytes() -> None:
    assert tablet_files.first_load_bytes() <= 300_000


def test_the_lock_of_the_browser_packages_names_no_registry_and_holds_every_hash() -> None:
    text = (WEB / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in each for name, each in packages.items() if name)
    ours = json.loads((WEB / "package.json").read_text("utf-8"))
    pinned = {**ours["dependencies"], **ours["devDependencies"]}
    assert all(re.fullmatch(r"[0-9.]+", version) for version in pinned.values())
    assert len(ours["dependencies"]) <= 7, "few: what a browser package does must be worth it"
