"""How gunicorn serves the app. What an operator may change is in config.py; the rest by options of gunicorn."""

import atexit
import fcntl
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from gunicorn import glogging

from config import ConfigError, fingerprint, server_settings

try:
    settings = server_settings(os.environ)
except ConfigError as error:
    sys.exit(f"crudapp: {error}")

# Loaded once, before the workers are forked: a third less memory, and a bad setting ends the start with its sentence.
preload_app = True
bind = settings.bind
workers = settings.workers
threads = settings.threads
timeout = 30
graceful_timeout = 6  # a container is killed ten seconds after SIGTERM, and the process itself takes a while to end
keepalive = 75  # longer than the load balancer's 60, so that it never sends into a closing connection
backlog = 256
# Heartbeats on a read-only root: memory, not the disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unnamed file in it
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
control_socket_disable = True
# The app writes a line of its own for every request.
accesslog = None


class Logger(glogging.Logger):
    """Gunicorn's own with two settings that a `logconfig_dict` makes it ignore: --log-level and --access-logfile."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for name in ("", "gunicorn.error"):
            logging.getLogger(name).setLevel(cfg.loglevel.upper())

    def access(self, *arguments: Any) -> None:
        if self.cfg.accesslog:
            super().access(*arguments)


logger_class = Logger
logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "app.ops.logs.JsonFormatter"}},
    "filters": {"without_query": {"()": "app.ops.logs.WithoutQueryString"}},
    "handlers": {
        "stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"},
        "gunicorn": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://sys.stdout",
            "filters": ["without_query"],
        },
    },
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["gunicorn"], "propagate": False},
        "alembic": {"level": "WARNING"},  # tells at INFO that it was imported
        "botocore": {"level": "WARNING"},  # at INFO it tells where it found credentials
    },
}


def lock(folder: Path) -> bool:
    """Lock the folder until all processes of this server have ended; return False if it is another's."""
    try:
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def make_counts(folder: Path) -> Path:
    """Return a new folder in which the workers count together, and remove those of servers that were killed.

    Each is locked as long as a process of its server lives. It has its name only then, so that no other server that
    starts at this moment takes it for one that is left over.
    """
    for old in folder.glob("notes-counts-*"):
        if lock(old):
            shutil.rmtree(old, ignore_errors=True)
    unnamed = Path(tempfile.mkdtemp(prefix="notes-new-counts-", dir=folder))
    lock(unnamed)
    made = unnamed.rename(unnamed.with_name(unnamed.name.replace("-new", "", 1)))
    first = os.getpid()  # not its workers
    atexit.register(lambda: shutil.rmtree(made, ignore_errors=True) if os.getpid() == first else None)
    return made


# app/ops/metrics.py must find the name when it is imported.
counts = str(make_counts(Path(worker_tmp_dir or tempfile.gettempdir())))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts


def has_terminal() -> bool:
    """Return whether somebody may close the terminal in which this process runs."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


# The kernel sends SIGHUP when the terminal is closed; `nohup` has it ignored.
ENDS_WITH_TERMINAL = signal.getsignal(signal.SIGHUP) is signal.SIG_DFL and has_terminal()

# A worker that has not set its handlers yet has those of the first process, which would only write a signal down. So it
# ends at once, and what arrives while it is being made waits until it can.
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def on_starting(server: Any) -> None:
    """Refuse a number of workers that the shares of connections do not know; let no worker miss a signal."""
    if server.cfg.workers != workers:
        sys.exit("crudapp: Set WEB_CONCURRENCY, not gunicorn's --workers.")

    def block() -> None:
        if os.getpid() == server.pid:
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)

    def unblock() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)

    def end_at_once() -> None:
        if os.getppid() == server.pid:
            for ending in ENDINGS:
                signal.signal(ending, lambda *_: os._exit(0))
        unblock()

    os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=end_at_once)


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker a number below `workers`, that of a worker that died if there is one."""
    taken = {other.number for other in server.WORKERS.values()}
    worker.number = min(set(range(workers)) - taken, default=worker.age % workers)


def post_fork(_server: Any, worker: Any) -> None:
    """Make the worker an app of its own, with its share of the instance's connections."""
    if worker.app.app_uri != "crudapp:app":
        return
    from app import create_app  # noqa: PLC0415 - not before the folder of counts has its name
    from app.ops import metrics  # noqa: PLC0415 - as above

    share = settings.connections // workers + (worker.number < settings.connections % workers)
    os.environ["DATABASE_POOL_SIZE"] = str(max(1, share))
    metrics.THREADS.set(threads)
    worker.app.callable = create_app()


class Jobs(threading.Thread):
    """Keeps `flask jobs run` running, a process of its own, which ends by itself when this one is gone."""

    COMMAND = (sys.executable, "-m", "flask", "--app", "crudapp", "jobs", "run")
    SECONDS_BEFORE_ANOTHER = 5.0  # such as one that the system has killed for its memory

    def __init__(self) -> None:
        super().__init__(name="jobs", daemon=True)
        self.is_over = threading.Event()
        self.process = self._open()

    def _open(self) -> subprocess.Popen[bytes]:
        # Ctrl+C in this terminal is for the server, which ends it: while it still imports, it would print a traceback.
        return subprocess.Popen(self.COMMAND, start_new_session=True)  # noqa: S603 - ours

    def run(self) -> None:
        self.process.wait()
        _forget(self.process.pid)
        while not self.is_over.wait(self.SECONDS_BEFORE_ANOTHER):
            self.process = self._open()
            self.process.wait()
            _forget(self.process.pid)

    def begin_to_stop(self) -> None:
        """Ask the process to end; the job it is doing is finished first, or done again by another if it is killed."""
        self.is_over.set()
        self.process.terminate()

    def stop(self) -> None:
        """End the process, and wait for that."""
        while self.is_alive():
            self.begin_to_stop()  # again, should it be one that has just begun
            self.join(0.5)


def stop_both_at_once(server: Any) -> None:
    """Let a signal that ends the server end the jobs as well, not after the last request."""

    def end(number: int, frame: Any) -> None:
        server.jobs.begin_to_stop()
        server.signal(number, frame)

    for ending in ENDINGS:
        signal.signal(ending, end)


def hang_up(server: Any) -> None:
    """End the server with its terminal; without one say what SIGHUP cannot do."""
    if ENDS_WITH_TERMINAL:
        os.kill(server.pid, signal.SIGTERM)
        return
    server.log.warning(
        "SIGHUP reloads nothing: settings and code are read once, when the server starts. Restart it to have new ones."
    )


def defer_accept(server: Any) -> None:
    """Let the kernel keep a connection until something has arrived on it.

    Browsers open connections before they need them. Each would hold a thread until the browser gives it up, and a
    process on SQLite has one: the next page waited a minute.
    """
    # Linux alone has it, in seconds; browsers close what they did not use within ten.
    option = getattr(socket, "TCP_DEFER_ACCEPT", None)
    for listener in server.LISTENERS if option else ():
        listener.sock.setsockopt(socket.IPPROTO_TCP, option, 120)


def when_ready(server: Any) -> None:
    """Remove the metrics of the first process, which serves no requests; print the app's address if ANNOUNCE is set."""
    _forget(os.getpid())
    defer_accept(server)
    if server.app.app_uri == "crudapp:app":
        _log_start(server.app.callable.config)
    if settings.runs_jobs:
        server.jobs = Jobs()
        server.jobs.start()
        stop_both_at_once(server)
    signal.signal(signal.SIGHUP, lambda *_: hang_up(server))
    if settings.announce:
        print(f"{settings.announce}: http://{bind}   (Ctrl+C ends it)", flush=True)


def _log_start(config: dict[str, Any]) -> None:
    key, former = config["SECRET_KEY"], config["SECRET_KEY_FALLBACKS"]
    fields = {"build": config["BUILD"], "workers": workers, "threads": threads, "connections": settings.connections}
    fields |= {"secret_key": fingerprint(key), "former_keys": [fingerprint(one) for one in former]}
    logging.getLogger("app").info("serving", extra={"fields": fields})


def child_exit(_server: Any, worker: Any) -> None:
    _forget(worker.pid)


def on_exit(server: Any) -> None:
    if jobs := getattr(server, "jobs", None):
        jobs.stop()


def _forget(pid: int) -> None:
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - as above

    mark_process_dead(pid)
