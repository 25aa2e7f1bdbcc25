"""Whether the ledger's server is set so that it can keep what the level of acknowledgement promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from backend.journal.replica_settings import of_replicas
from backend.settings import Redis
from points.errors import Category, kind
from points.ledger import connect
from points.ledger.cluster import Client, Cluster, address_of, replicas_of, servers_of

LEDGER_SERVER_UNSAFE = kind(
    "ledger_server_unsafe",
    Category.CONFLICT,
    zh="账本服务器的设置保证不了级别 {level}：{zh}",
    en="The ledger's server cannot keep level {level} as it is set: {en}",
)
OLDEST = (6, 2)
SENTINEL = "__sentinel__:hello"
_WANTED = {
    "appendonly": ("yes", "只追加文件未开启", "the append-only file is off"),
    "appendfsync": ("always", "答复之前不落盘", "an answer does not wait for the disk"),
    "no-appendfsync-on-rewrite": ("no", "重写期间不落盘", "while the file is rewritten, nothing is flushed"),
    "maxmemory-policy": ("noeviction", "内存满时会丢弃账目", "when memory is full, parts of the ledger are evicted"),
}


@dataclass(frozen=True)
class Shortcoming:
    """One thing that is not as it must be, in both languages, with what to change."""

    zh: str
    en: str


_NO_FAILOVER = "cluster-replica-no-failover"
_PROMOTED = Shortcoming(
    "集群会自动切换主库，请在各节点 CONFIG SET cluster-replica-no-failover yes，或把级别改为 replica 或 journal",
    "the cluster promotes replicas by itself: CONFIG SET cluster-replica-no-failover yes on its nodes, or set the "
    "level to replica or journal",
)


def refuse_unsafe_at(url: str, wanted: Redis, districts: Sequence[str]) -> None:
    """The same for an address; raises ValueError when it is none, redis.RedisError when nobody answers there."""
    client = connect(url)
    try:
        refuse_unsafe(client, wanted, districts)
    finally:
        client.close()


def refuse_unsafe(client: Client, wanted: Redis, districts: Sequence[str] = ("",)) -> None:
    """Raise Refused `ledger_server_unsafe`, naming everything that is to be changed."""
    found = of_all(client, wanted, districts)
    if found:
        zh, en = "；".join(each.zh for each in found), "; ".join(each.en for each in found)
        raise LEDGER_SERVER_UNSAFE(level=wanted.level, zh=zh, en=en)


def of_all(client: Client, wanted: Redis, districts: Sequence[str]) -> list[Shortcoming]:
    """What breaks the level's promise on any server that holds one of the districts, or may be promoted for it."""
    if not isinstance(client, Cluster):
        return shortcomings(client, wanted)
    found = []
    for server in servers_of(client, districts):
        found += [_at(server, each) for each in shortcomings(server, wanted)]
    for server in replicas_of(client, districts) if wanted.level == "disk" else []:
        if _settings(server).get(_NO_FAILOVER) != "yes":
            found.append(_at(server, _PROMOTED))
    return found


def _at(server: redis.Redis, each: Shortcoming) -> Shortcoming:
    return _told_of(address_of(server), each)


def _told_of(address: str, each: Shortcoming) -> Shortcoming:
    return Shortcoming(f"{address} {each.zh}", f"{address}: {each.en}")


def shortcomings(client: redis.Redis, wanted: Redis) -> list[Shortcoming]:
    """Everything about the server that breaks the level's promise; empty when it can keep it."""
    about: dict[str, Any] = dict(client.info("server")) | dict(client.info("replication"))
    found = _version(about) + _role(about)
    try:
        settings = _settings(client)
    except redis.ResponseError as error:
        names = ", ".join(f"{name} {value}" for name, (value, _, _) in _WANTED.items())
        return [
            *found,
            Shortcoming(f"读不到设置（{error}），请确认 {names}", f"unreadable ({error}); it needs {names}"),
        ]
    found += _unlike_wanted(settings)
    if wanted.level == "disk":
        found += _promotion(client, about, settings)
    if wanted.level == "replica":
        found += _replicas(about, wanted.replicas)
        for address, own in of_replicas(client, about, _settings).items():
            if own is not None:
                found += [_told_of(address, each) for each in _unlike_wanted(own)]
    return found


def _unlike_wanted(settings: Mapping[str, str]) -> list[Shortcoming]:
    found = []
    for name, (value, zh, en) in _WANTED.items():
        if settings.get(name) != value:
            change = f"CONFIG SET {name} {value}"
            found.append(Shortcoming(f"{zh}，请 {change}", f"{en}: {change}"))
    return found


def unseen_replicas(client: Client, wanted: Redis, districts: Sequence[str]) -> list[str]:
    """Addresses of replicas that answers wait for and whose settings cannot be read from here."""
    if wanted.level != "replica":
        return []
    servers = servers_of(client, districts)
    looked = [of_replicas(server, dict(server.info("replication")), _settings) for server in servers]
    return [address for found in looked for address, own in found.items() if own is None]


def _settings(client: redis.Redis) -> dict[str, str]:
    names = (*_WANTED, "cluster-enabled", _NO_FAILOVER)
    read: dict[Any, Any] = {}
    for name in names:
        read |= dict(client.config_get(name))
    return {_text(name): _text(value) for name, value in read.items()}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _version(about: dict[str, Any]) -> list[Shortcoming]:
    told = _text(about.get("redis_version", "0.0"))
    if tuple(int(part) for part in told.split(".")[:2]) >= OLDEST:
        return []
    return [Shortcoming(f"版本 {told} 过旧，需 6.2 或更新", f"version {told} is too old, 6.2 or later is needed")]


def _role(about: dict[str, Any]) -> list[Shortcoming]:
    if _text(about.get("role", "master")) == "master":
        return []
    return [Shortcoming("它是从库，请改用主库地址", "it is a replica: give the address of its primary")]


def _promotion(client: redis.Redis, about: dict[str, Any], settings: dict[str, str]) -> list[Shortcoming]:
    """A replica that is promoted by itself may lack what was answered from the disk of the one before it."""
    found = []
    watching = dict(client.pubsub_numsub(SENTINEL))
    if any(int(count) for count in watching.values()):
        found.append(
            Shortcoming(
                "有 Sentinel 会自动切换主库，请停用，或把级别改为 replica",
                "a Sentinel promotes replicas by itself: stop it, or set the level to replica",
            )
        )
    replicated = int(about.get("connected_slaves", 0)) > 0
    if settings.get("cluster-enabled") == "yes" and replicated and settings.get(_NO_FAILOVER) != "yes":
        found.append(_PROMOTED)
    return found


def _replicas(about: dict[str, Any], wanted: int) -> list[Shortcoming]:
    there = int(about.get("connected_slaves", 0))
    if there >= wanted:
        return []
    return [
        Shortcoming(f"需要 {wanted} 个从库，现有 {there} 个", f"{wanted} replicas are needed, {there} are connected")
    ]


def memory_share(server: redis.Redis) -> float:
    """How much of its memory limit a server uses, 1 being all of it; 0 where it has no limit."""
    found: Any = server.info("memory")
    limit = int(found["maxmemory"])
    return int(found["used_memory"]) / limit if limit else 0.0
