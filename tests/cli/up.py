"""A small `up` to be run as a program and killed: real children, supervised, with what happens told on stdout."""

from __future__ import annotations

import json
import logging
import signal
import sys
from pathlib import Path

from backend.cli.servers import folder, ports, valkey
from backend.cli.servers.child import Child
from backend.cli.servers.supervisor import Supervisor
from points.errors import Refused

# a web server with two processes of its own, as gunicorn has them; it ends its child only when asked to end
WEB = """
import http.server, os, signal, socket, sys
if os.fork() == 0:
    signal.pause()
signal.signal(signal.SIGTERM, lambda *_: (os.killpg(0, signal.SIGKILL)))
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(str(os.getpid()).encode())
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
"""


def up(data_dir: str, port: int, orphan_signal: signal.Signals) -> None:
    """Two servers and a web child, until the end is asked for."""
    path = folder.prepare(Path(data_dir))
    with folder.claimed(path) as claim, ports.listening("127.0.0.1", port) as web:
        bound = web.getsockname()[1]
        ledger, cache = valkey.ledger_server(path), valkey.cache_server(path)
        children = [
            ledger.child(),
            cache.child(),
            Child(
                name="web",
                argv=(sys.executable, "-c", WEB, str(web.fileno())),
                pass_fds=(web.fileno(),),
                ready=lambda: ports.answers("127.0.0.1", bound),
                orphan_signal=orphan_signal,
            ),
        ]
        told = {"port": bound, "ledger": str(ledger.socket), "cache": str(cache.socket)}
        Supervisor(children, claim=claim).run(lambda: print(json.dumps(told), flush=True))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        up(sys.argv[1], int(sys.argv[2]), signal.Signals(int(sys.argv[3])))
    except Refused as refused:
        print(refused.code, refused.sentence("en"), file=sys.stderr)
        sys.exit(2)
