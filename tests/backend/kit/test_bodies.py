"""A body is read whole or refused, whether or not its length was told before."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask

from backend.kit.clock import fresh_id
from tests.backend.kit.probe import Probe
from tests.cast import Cast
from tests.serving import serving

LIMIT = 1_000_000
CHUNK = 50_000


def _ask(
    address: str, token: str, content: bytes, path: str = "/api/v1/probe", sort: str = "application/json"
) -> tuple[int, str]:
    """Send a body in chunks, without its length; the status and the code."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request(
        "POST",
        path,
        (content[at : at + CHUNK] for at in range(0, len(content), CHUNK)),
        {"Authorization": f"Bearer {token}", "Content-Type": sort, "Idempotency-Key": fresh_id()},
        encode_chunked=True,
    )
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said.get("code", "")


@pytest.fixture
def address(app: Flask, probe: Probe) -> Iterator[str]:
    with serving(app) as at:
        yield at


def _of_length(length: int) -> bytes:
    """A good body, filled up with blanks."""
    text = b'{"text": "a"}'
    return text + b" " * (length - len(text))


def test_a_body_without_a_length_is_refused_as_too_large_like_any_other(address: str, cast: Cast) -> None:
    token = cast.resident().token
    assert _ask(address, token, _of_length(LIMIT + 1)) == (413, "body_too_large")
    assert _ask(address, token, b'{"text": "' + b"a" * (2 * LIMIT)) == (413, "body_too_large")


def test_a_body_without_a_length_is_taken_up_to_the_limit(address: str, cast: Cast) -> None:
    token = cast.resident().token
    assert _ask(address, token, _of_length(LIMIT))[0] == 201
    assert _ask(address, token, _of_length(20))[0] == 201


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the framework leaves its spool open
def test_a_form_without_a_length_is_not_cut_short_either(address: str, cast: Cast) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    token = cast.resident().token
    sort = "multipart/form-data; boundary=x"
    assert _ask(address, token, form + b"a" * 11_000_000, "/api/v1/photos", sort) == (413, "body_too_large")
