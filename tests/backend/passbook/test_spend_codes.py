"""The code on the screen: nobody can make one, change one, or carry one to another district."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from flask import Flask

from backend.kit.clock import fresh_id, now
from backend.passbook import codes
from points.clock import FixedClock
from points.errors import Refused
from tests.app import DISTRICT, OTHER_DISTRICT


def _refusal(district: str, text: str) -> str:
    with pytest.raises(Refused) as refused:
        codes.read(district, text)
    return refused.value.code


def test_a_code_reads_as_it_was_issued(app: Flask) -> None:
    redemption = fresh_id()
    code = codes.issue(DISTRICT, redemption, now())
    assert codes.read(DISTRICT, code.text) == code
    assert (code.redemption, code.expires_at) == (redemption, now() + timedelta(seconds=60))
    assert (len(code.text), len(code.nonce)) == (codes.LENGTH, 32)


def test_every_bit_of_a_code_is_signed(app: Flask) -> None:
    raw = base64.urlsafe_b64decode(codes.issue(DISTRICT, fresh_id(), now()).text)
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        refusal = _refusal(DISTRICT, base64.urlsafe_b64encode(changed).decode())
        assert refusal in ("code_unknown", "code_malformed"), bit


def test_a_code_is_good_until_its_last_moment_and_not_longer(app: Flask, clock: FixedClock) -> None:
    code = codes.issue(DISTRICT, fresh_id(), now())
    clock.advance(milliseconds=59_999)
    assert codes.read(DISTRICT, code.text) == code
    clock.advance(milliseconds=1)
    assert _refusal(DISTRICT, code.text) == "code_expired"


def test_a_code_is_good_in_its_district_alone(app: Flask) -> None:
    code = codes.issue(DISTRICT, fresh_id(), now())
    assert _refusal(OTHER_DISTRICT, code.text) == "code_unknown"


def test_codes_of_other_moments_and_redemptions_share_no_nonce(app: Flask) -> None:
    redemption = fresh_id()
    moments = [now() + timedelta(milliseconds=ms) for ms in range(50)]
    nonces = {codes.issue(DISTRICT, redemption, at).nonce for at in moments}
    nonces |= {codes.issue(DISTRICT, fresh_id(), now()).nonce for _ in range(50)}
    assert len(nonces) == 100
    assert codes.issue(DISTRICT, redemption, moments[0]) == codes.issue(DISTRICT, redemption, moments[0])


def test_what_is_no_code_is_malformed(app: Flask) -> None:
    code = codes.issue(DISTRICT, fresh_id(), now()).text
    for text in ("", " ", "A", "=" * 72, "A" * 72, code[:-1], code + "A", code[:-1] + "\n", code[:-1] + "+", "é" * 72):
        assert _refusal(DISTRICT, text) == "code_malformed", text
