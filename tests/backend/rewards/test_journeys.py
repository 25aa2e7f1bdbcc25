"""How often a redemption asks its servers: once who asks, once the ledger; more would be felt by everybody."""

from __future__ import annotations

import redis
from flask import Flask

from backend.passbook import redeeming
from backend.wiring import parts
from tests.app import DISTRICT
from tests.backend.rewards.people import Market, redeem


def asked(server: redis.Redis) -> dict[str, int]:
    """The commands that clients sent since the statistics were emptied; those of the ledger's script are in it too."""
    told = server.info("commandstats")
    return {name.removeprefix("cmdstat_"): told[name]["calls"] for name in told}


def test_a_redemption_asks_the_cache_once_and_the_ledger_once(
    app: Flask, market: Market, fresh_redis: redis.Redis, fresh_cache: redis.Redis
) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant(), price=1, stock=50)
    redeeming.keep(DISTRICT)
    assert redeem(resident, reward).status_code == 201  # from now on all connections are there
    for server in (fresh_redis, fresh_cache):
        server.config_resetstat()
    assert [redeem(resident, reward).status_code for _ in range(5)] == [201] * 5
    own = {"info", "config|resetstat", "ping"}
    assert {name: calls for name, calls in asked(fresh_cache).items() if name not in own} == {"mget": 5}
    assert asked(fresh_redis)["evalsha"] == 5
    assert {"get", "exists", "hget"}.isdisjoint(asked(fresh_redis))


def test_a_pack_whose_word_the_cache_lost_is_read_from_the_books(app: Flask, market: Market) -> None:
    resident, reward = market.resident(100), market.reward(market.merchant(), price=1, stock=50)
    parts().cache.delete(*redeeming.names())
    assert redeem(resident, reward).status_code == 201
    assert parts().cache.get(redeeming.names()[0]) is not None
