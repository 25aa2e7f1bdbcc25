"""The supervisor with small children of all sorts: in order, started again, stopped in reverse, nothing left."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from backend.cli.servers.child import Child
from backend.cli.servers.supervisor import Supervisor
from points.errors import Refused
from tests.cli.processes import marked
from tests.waiting import until

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def sleeper(name: str, directory: Path, **more: object) -> Child:
    """A child that notes its start and its end in a common file."""
    notes = directory / "notes"
    program = f"""
import signal, sys, time
def note(word):
    with open({str(notes)!r}, "a") as notes: notes.write(word + "\\n")
def end(*_):
    note("{name} ends"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("{name} starts")
open({str(directory / name)!r}, "w").close()
time.sleep(60)
"""
    ready = (directory / name).exists
    return Child(name=name, argv=(sys.executable, "-c", program), ready=ready, **more)


def test_children_start_in_order_and_stop_in_reverse_order(tmp_path: Path) -> None:
    supervisor = Supervisor([sleeper(name, tmp_path) for name in ("ledger", "web", "worker")])
    supervisor.run(on_ready=supervisor.stop)
    assert (tmp_path / "notes").read_text().splitlines() == [
        "ledger starts",
        "web starts",
        "worker starts",
        "worker ends",
        "web ends",
        "ledger ends",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_and_gives_the_handlers_back(tmp_path: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    Supervisor([sleeper("web", tmp_path)]).run(on_ready=lambda: os.kill(os.getpid(), number))
    assert (tmp_path / "notes").read_text().endswith("web ends\n")
    assert signal.getsignal(number) is before


def test_a_child_that_dies_is_started_again_and_that_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pid = tmp_path / "pid"
    program = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    child = Child(
        name="web", argv=(sys.executable, "-c", program), ready=lambda: bool(pid.exists() and pid.read_text())
    )
    supervisor = Supervisor([child])
    seen: list[str] = []

    def kill_it() -> None:
        seen.append(pid.read_text())
        os.kill(int(seen[0]), signal.SIGKILL)
        until(lambda: pid.read_text() not in ("", seen[0]))
        seen.append(pid.read_text())
        supervisor.stop()

    with caplog.at_level(logging.INFO, "civic.supervisor"):
        supervisor.run(on_ready=kill_it)
    assert len(set(seen)) == 2
    assert "web ended (signal 9), starting it again in 0.1 s" in caplog.messages
    for one in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(int(one), 0)


def test_the_pauses_between_starts_are_bounded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    deaths = tmp_path / "deaths"
    program = f"import time; open({str(deaths)!r}, 'a').write('x'); time.sleep(0.05)"
    supervisor = Supervisor([Child(name="worker", argv=(sys.executable, "-c", program))])

    def wait_for_four() -> None:
        until(lambda: deaths.exists() and len(deaths.read_text()) >= 4)
        supervisor.stop()

    with caplog.at_level(logging.WARNING, "civic.supervisor"):
        supervisor.run(on_ready=wait_for_four)
    pauses = [message.rsplit(" ", 2)[1] for message in caplog.messages if "starting it again" in message]
    assert pauses[:3] == ["0.1", "0.2", "0.4"]


def test_a_child_that_never_gets_ready_is_refused_with_its_last_words_and_nothing_is_left(tmp_path: Path) -> None:
    first = sleeper("ledger", tmp_path)
    second = Child(
        name="web",
        argv=(sys.executable, "-c", "print('no such module: town'); raise SystemExit(3)"),
        ready=lambda: False,
        log=tmp_path / "web.log",
    )
    with pytest.raises(Refused) as refused:
        Supervisor([first, second]).run()
    assert refused.value.code == "server_did_not_start"
    assert "exit code 3; no such module: town" in refused.value.sentence("en")
    assert (tmp_path / "notes").read_text().splitlines() == ["ledger starts", "ledger ends"]


def test_a_child_that_hangs_at_the_start_is_refused_and_killed(tmp_path: Path) -> None:
    child = Child(
        name="web",
        argv=(sys.executable, "-c", STUBBORN),
        ready=lambda: False,
        ready_within_s=0.5,
        stop_within_s=0.1,
        log=tmp_path / "web.log",
    )
    with pytest.raises(Refused) as refused:
        Supervisor([child]).run()
    assert "not ready within" in refused.value.sentence("en")


def test_a_program_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    child = Child(name="web", argv=("/nowhere/gunicorn",), ready=lambda: False, log=tmp_path / "web.log")
    with pytest.raises(Refused) as refused:
        Supervisor([child]).run()
    assert "/nowhere/gunicorn cannot be run: No such file or directory" in refused.value.sentence("en")


def test_a_child_that_does_not_want_to_end_is_killed_with_its_own_children(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = f"import os; os.fork(); {STUBBORN}"
    child = Child(
        name="web",
        argv=(sys.executable, "-c", program),
        ready=lambda: log.exists() and log.read_text().count("up") == 2,
        log=log,
        stop_within_s=0.2,
        env={"CIVIC_TEST_MARK": str(tmp_path)},
    )
    supervisor = Supervisor([child])
    supervisor.run(on_ready=supervisor.stop)
    until(lambda: not marked(str(tmp_path)))


def test_a_fault_in_the_story_is_raised_after_a_clean_stop(tmp_path: Path) -> None:
    def break_off() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Supervisor([sleeper("web", tmp_path)]).run(on_ready=break_off)
    assert (tmp_path / "notes").read_text().endswith("web ends\n")


def test_what_must_come_before_a_child_is_done_once_when_those_above_are_ready(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    first = sleeper("ledger", tmp_path)

    def make_tables() -> None:
        with notes.open("a") as file:
            file.write("tables are made\n")

    second = sleeper("web", tmp_path, before=make_tables)
    supervisor = Supervisor([first, second])
    supervisor.run(on_ready=supervisor.stop)
    assert notes.read_text().splitlines()[:3] == ["ledger starts", "tables are made", "web starts"]


def test_the_end_can_be_asked_for_while_children_are_still_starting(tmp_path: Path) -> None:
    child = Child(name="web", argv=(sys.executable, "-c", "import time; time.sleep(60)"), ready=lambda: False)
    supervisor = Supervisor([child])
    threading.Timer(0.3, supervisor.stop).start()
    told: list[str] = []
    supervisor.run(on_ready=lambda: told.append("ready"))
    assert told == []
