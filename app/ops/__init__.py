"""What operators and machines see: probes, metrics and logs."""

from flask import Flask

from app.ops import commands, logs, metrics, probes, request_log


def init_app(app: Flask) -> None:
    logs.init_app(app)
    metrics.init_app(app)
    request_log.init_app(app)
    probes.init_app(app)
    app.cli.add_command(commands.version)
    app.cli.add_command(commands.config)
