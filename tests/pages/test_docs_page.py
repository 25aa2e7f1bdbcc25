"""The readable page of the API in a real browser, without a network: it lists every operation, on a phone too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from tests.contract.surface import routes
from tests.pages.conftest import Browser
from tests.serving import serving

pytestmark = pytest.mark.timeout(240)
PHONE, DESK = (375, 812), (1280, 900)


@pytest.fixture
def overrides() -> dict[str, dict[str, bool]]:
    return {"service": {"public_docs": True}}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough for a page."""
    path = tmp_path / "books.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serving(app) as at:
        yield at


def test_the_page_lists_every_operation_and_breaks_no_rule_of_its_own(
    app: Flask, browser: Browser, address: str, tmp_path: Path
) -> None:
    page, said = browser.page(f"{address}/api/v1/docs", height=20_000)
    listed = re.findall(r'data-path="([^"]+)"', page)
    assert sorted(listed) == sorted("/api/v1" + re.sub("<([^>]+)>", r"{\1}", route.path) for route in routes(app))
    assert "居民文明行为激励服务" in page
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line or "rror" in line] == []
    for name, (width, height) in {"desk": DESK, "phone": PHONE}.items():
        file = browser.picture(f"{address}/api/v1/docs/", tmp_path / f"{name}.png", width=width, height=height)
        with Image.open(file) as picture:
            assert len(picture.convert("RGB").getcolors(maxcolors=2**24) or []) > 50, "an empty page"


def test_the_page_says_who_may_call_an_operation(browser: Browser, address: str) -> None:
    page, _ = browser.page(f"{address}/api/v1/docs/#/acts/review_act")
    assert "可办理：审核员、复审员。" in page
    assert "x-permission" in page


def test_the_page_needs_nobody_else(app: Flask) -> None:
    """Everything it loads comes from here, and its policy says so."""
    client = app.test_client()
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    for part in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        answer = client.get(f"/api/v1/docs/{part}")
        assert (answer.status_code, bool(answer.data)) == (200, True), part
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()
    assert client.get("/api/v1/docs/index.html.bak").status_code == 404
    assert client.get("/api/v1/docs/..%2f__init__.py").status_code == 404
