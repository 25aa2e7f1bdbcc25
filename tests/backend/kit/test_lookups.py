"""What the cache server holds is read in one journey, also after it closed a connection."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import redis

from backend.kit.lookups import Lookups


@pytest.fixture
def client(fresh_cache: redis.Redis) -> redis.Redis:
    path = fresh_cache.connection_pool.connection_kwargs["path"]
    return redis.Redis(unix_socket_path=path, decode_responses=True, protocol=3)


def test_texts_come_in_the_order_of_their_names(client: redis.Redis) -> None:
    client.mset({"one": "一", "two": "二"})
    lookups = Lookups(client)
    assert lookups.texts("two", "none", "one") == ["二", None, "一"]
    assert lookups.texts("one") == ["一"]


def test_all_that_is_asked_at_once_is_one_command_on_one_connection(client: redis.Redis) -> None:
    lookups = Lookups(client)
    lookups.texts("one")
    client.config_resetstat()
    for _ in range(3):
        lookups.texts("one", "two", "three")
    told = client.info("commandstats")
    assert {name: told[name]["calls"] for name in told if "mget" in name or "hello" in name} == {"cmdstat_mget": 3}


def test_a_connection_that_the_server_closed_is_opened_again(client: redis.Redis) -> None:
    client.set("one", "一")
    lookups = Lookups(client)
    assert lookups.texts("one") == ["一"]
    for _ in range(3):
        client.client_kill_filter(_type="normal", skipme=True)
        assert lookups.texts("one") == ["一"]


def test_a_refusal_of_the_server_is_raised_and_the_next_question_is_answered(client: redis.Redis) -> None:
    lookups = Lookups(client)
    client.set("one", "一")
    with pytest.raises(redis.ResponseError):
        lookups.texts()
    assert lookups.texts("one") == ["一"]


def test_a_forked_process_has_connections_of_its_own(client: redis.Redis) -> None:
    client.set("one", "一")
    lookups = Lookups(client)
    lookups.texts("one")
    assert lookups._open
    lookups._pid = os.getpid() + 1  # as in a child
    [before] = lookups._open
    lookups.texts("one")
    [after] = lookups._open
    assert after is not before


def test_many_at_once_take_no_connection_from_the_client(client: redis.Redis) -> None:
    path = client.connection_pool.connection_kwargs["path"]
    few = redis.Redis.from_url(f"unix://{path}", max_connections=1, decode_responses=True, protocol=3)
    few.set("one", "一")
    lookups, start = Lookups(few), Barrier(16)

    def ask(_: int) -> list[str | None]:
        start.wait(10)
        return [lookups.texts("one")[0] for _ in range(20)]

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(ask, range(16))) == [["一"] * 20] * 16
    few.close()
