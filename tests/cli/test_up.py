"""Starting the whole, stopping it, killing it, and starting it where it cannot be started."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
import redis

from backend.cli.servers import folder, ports, valkey
from points.errors import Refused
from tests.cli.processes import Up, answers, ledger, marked, told
from tests.waiting import until


def test_a_stop_leaves_no_process_no_socket_and_keeps_the_ledger(up: Up, tmp_path: Path) -> None:
    process = up(tmp_path / "town")
    place = told(process)
    with ledger(place) as client:
        client.set("points", 30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    until(lambda: not marked(str(tmp_path)))  # what was killed takes a moment to be gone
    assert not Path(place["ledger"]).exists()
    assert not Path(place["cache"]).exists()
    with ledger(told(up(tmp_path / "town"))) as client:
        assert client.get("points") == "30"


def test_a_killed_supervisor_leaves_no_orphan_and_one_command_restores_all(up: Up, tmp_path: Path) -> None:
    process = up(tmp_path / "town")
    place = told(process)
    with ledger(place) as client:
        client.set("points", 30)
    assert len(marked(str(tmp_path))) == 5  # itself, two servers, the web server and its child
    process.kill()
    again = told(up(tmp_path / "town", int(place["port"])))
    assert again == place
    with ledger(again) as client:
        assert client.get("points") == "30"
    process.wait()
    assert len(marked(str(tmp_path))) == 5


def test_what_a_killed_supervisor_could_not_end_is_ended_by_the_next_start(up: Up, tmp_path: Path) -> None:
    # the web server is killed together with the supervisor and cannot pass that on to its own child
    process = up(tmp_path / "town", orphan_signal=signal.SIGKILL)
    place = told(process)
    process.kill()
    process.wait()
    until(lambda: len(marked(str(tmp_path))) == 1)
    (orphan,) = marked(str(tmp_path))
    told(up(tmp_path / "town", int(place["port"])))
    assert orphan not in marked(str(tmp_path))


def test_a_killed_ledger_server_is_back_with_all_it_answered(up: Up, tmp_path: Path) -> None:
    place = told(up(tmp_path / "town"))
    with ledger(place) as client:
        client.set("points", 30)
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
        until(lambda: answers(client))
        assert client.get("points") == "30"


def test_a_second_one_on_the_same_data_directory_is_refused(up: Up, tmp_path: Path) -> None:
    first = up(tmp_path / "town")
    told(first)
    second = up(tmp_path / "town")
    _, error = second.communicate(timeout=60)
    assert second.returncode == 2
    assert error.startswith("data_dir_in_use")
    assert f"process {first.pid}" in error
    assert "Traceback" not in error


def test_a_port_in_use_is_refused_before_anything_is_started(up: Up, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = up(tmp_path / "town", taken.getsockname()[1])
        _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert error.startswith("port_in_use")
    assert "Traceback" not in error
    assert not (tmp_path / "town" / "ledger").exists()


def test_a_data_directory_that_is_a_file_is_refused(up: Up, tmp_path: Path) -> None:
    (tmp_path / "town").write_text("a file")
    process = up(tmp_path / "town")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert error.startswith("data_dir_not_writable")
    assert "Traceback" not in error


@pytest.mark.parametrize("path", ["/proc/town", "/dev/null/town", "/sys"])
def test_a_data_directory_on_a_place_that_takes_no_files_is_refused(path: str) -> None:
    with pytest.raises(Refused) as refused:
        folder.prepare(Path(path))
    assert refused.value.code == "data_dir_not_writable"


def test_a_data_directory_of_someone_else_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        (tmp_path / "ledger").mkdir()
        os.chown(tmp_path / "ledger", 65534, -1)
        place = tmp_path / "ledger"
    else:
        place = Path("/usr")
    with pytest.raises(Refused) as refused:
        folder.private(place)
    assert refused.value.code == "data_dir_not_writable"


def test_a_link_in_place_of_a_private_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused) as refused:
        folder.private(tmp_path / "run")
    assert refused.value.code == "data_dir_not_writable"


def test_a_broken_ledger_file_is_refused_with_where_it_is_and_what_to_do(up: Up, tmp_path: Path) -> None:
    process = up(tmp_path / "town")
    with ledger(told(process)) as client:
        for number in range(50):
            client.set(f"points:{number}", number)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    (file,) = (tmp_path / "town" / "ledger" / "appendonlydir").glob("*.incr.aof")
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"garbage" + content[100:])
    process = up(tmp_path / "town")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    refusal = error.splitlines()[-1]
    assert refusal.startswith("ledger_file_broken")
    assert "Traceback" not in error


def test_a_data_directory_with_a_long_and_odd_name_works(up: Up, tmp_path: Path) -> None:
    town = tmp_path / ("历城区 100% " + "x" * 90)
    place = told(up(town))
    assert len(place["ledger"].encode()) <= valkey.SOCKET_PATH_MAX
    assert Path(place["ledger"]).parent.stat().st_mode & 0o777 == 0o700
    with redis.from_url(valkey.ledger_server(town).url) as client:
        assert client.ping()


def test_the_address_of_a_server_survives_odd_characters(tmp_path: Path) -> None:
    server = valkey.ledger_server(Path("/srv/历城 100%?#"))
    with redis.from_url(server.url) as client:
        assert client.connection_pool.connection_kwargs["path"] == "/srv/历城 100%?#/run/ledger.sock"


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        ports.listen("127.0.0.1", 70000)
    assert refused.value.code == "port_not_allowed"


def test_a_machine_without_a_new_enough_server_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "_candidates", lambda: iter([Path("/bin/true"), Path("/nowhere")]))
    valkey.find_server.cache_clear()
    try:
        with pytest.raises(Refused) as refused:
            valkey.find_server()
        assert refused.value.code == "redis_server_missing"
    finally:
        valkey.find_server.cache_clear()


def test_a_cluttered_runtime_directory_of_someone_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    server = valkey.ledger_server(tmp_path / ("x" * 100))
    server.socket.parent.symlink_to("/tmp")
    with pytest.raises(Refused) as refused:
        folder.private(server.socket.parent)
    assert refused.value.code == "data_dir_not_writable"
