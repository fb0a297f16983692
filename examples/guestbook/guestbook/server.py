"""How gunicorn runs the app. Read by `gunicorn --config python:guestbook.server`; names are gunicorn's settings."""

import os
import sys
from pathlib import Path

from guestbook.database import parse
from guestbook.settings import THREADS, Settings, SettingsError, port

try:
    settings = Settings.from_environment(os.environ)
    for url in filter(None, (settings.database_url, settings.replica_url)):
        parse(url)
    bind = f"127.0.0.1:{port(os.environ)}"
except SettingsError as error:
    sys.exit(f"guestbook: {error}")

wsgi_app = "guestbook.app:create_app()"
worker_class = "gthread"
# One process: its pools bound what a machine asks of the database, and its counters are the machine's counters.
workers = 1
threads = THREADS
# Longer than any proxy in front keeps an idle connection: the proxy must be the one to close it, or it may send a
# request into a connection that is just being closed.
keepalive = 75
# On SIGTERM, requests under way may finish: longer than the database's write budget and its last try.
graceful_timeout = 20
# A worker whose main loop is silent this long is replaced; requests run in threads and do not count.
timeout = 30
# The worker's heartbeat is a file: keep it off disks, which can stall.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True

accesslog = "-"
errorlog = "-"
# The path as it was sent: gunicorn's %(U)s is decoded, and a %0A in it would write a line of its own.
access_log_format = (
    'event=request request_id=%({x-request-id}o)s method=%(m)s path="%({raw_uri}e)s" status=%(s)s '
    'bytes=%({content-length}o)s seconds=%(L)s served_by="%({x-served-by}o)s" agent="%(a)s"'
)
