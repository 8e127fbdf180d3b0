"""What operators and machines see: probes and logs. The one package that may look into every other."""

from flask import Flask

from app.ops import logs, probes


def init_app(app: Flask) -> None:
    logs.init_app(app)
    app.register_blueprint(probes.blueprint)
