"""How gunicorn serves the app: every setting here can be overridden by an environment variable of its name."""

import os
from pathlib import Path

# Loaded once, before the workers are forked: a third less memory, and a bad setting ends the start with its sentence.
preload_app = True
# All addresses: in a container the network decides who gets here.
bind = f"{os.environ.get('BIND', '0.0.0.0')}:{os.environ.get('PORT', '5000')}"  # noqa: S104
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Threads keep a worker useful while it waits for MySQL; on SQLite, which never waits, one thread is faster.
threads = int(os.environ.get("WEB_THREADS", "4" if os.environ.get("DATABASE_URL", "").startswith("mysql") else "1"))
timeout = 30
graceful_timeout = 8  # a container is killed ten seconds after SIGTERM
keepalive = 75  # longer than the load balancer's 60, so that it never sends into a closing connection
backlog = 256
# Heartbeats on a read-only root: memory, not the disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unnamed file in it
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True
# The app writes a line of its own for every request.
accesslog = None
