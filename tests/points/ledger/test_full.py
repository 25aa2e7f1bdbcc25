"""A server out of memory: a posting is refused whole, questions are answered, and it goes on when there is room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from points.clock import SystemClock
from points.errors import Refused
from points.ids import new_id
from points.ledger import Ledger, Receipt, Stream, connect
from points.ledger import transfer as t
from points.ledger.verify import verify
from tests.points.ledger.conftest import DISTRICT
from tests.servers import Valkey


def _many(count: int) -> list[t.Command]:
    now = SystemClock().now()
    until = now + timedelta(days=9)
    return [t.Earn(new_id(now), f"r{i % 50}", "civic", 3, now, until, memo="x" * 200) for i in range(count)]


def test_a_full_server_refuses_postings_whole_and_goes_on_when_there_is_room(
    private_valkey: Callable[..., Valkey],
) -> None:
    server = private_valkey("--maxmemory-policy", "noeviction")
    admin, client = server.client(), connect(server.socket)
    ledger = Ledger(client, DISTRICT, SystemClock())
    ledger.post(t.TopUp(new_id(SystemClock().now()), "civic", 10**6))
    admin.config_set("maxmemory", admin.info("memory")["used_memory"] + 1_000_000)

    answered: list[Receipt] = []
    refused: Refused | None = None
    waiting = _many(10_000)
    while refused is None:
        try:
            answered.append(ledger.post(waiting[len(answered)]))
        except Refused as no:
            refused = no
    assert (refused.code, refused.kind.retry) == ("ledger_full", True)
    assert len(answered) > 100
    for command in waiting[len(answered) : len(answered) + 20]:
        try:
            answered.append(ledger.post(command))
        except Refused as no:
            assert no.code == "ledger_full"  # noqa: PT017 - some fit, some do not, none is half there
    assert ledger.balance("r1").available > 0
    entries = Stream(client, DISTRICT).read(0, 100_000)
    assert len(entries) == len(answered) + 1
    assert verify(entries, ledger).difference is None

    admin.config_set("maxmemory", 0)
    assert ledger.post(_many(1)[0]).number == len(entries) + 1
    admin.close()
    client.close()
