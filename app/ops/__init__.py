"""What operators and machines see: probes, figures and logs. The one package that may look into every other."""

from flask import Flask

from app.ops import logs, metrics, probes, watching


def init_app(app: Flask) -> None:
    logs.init_app(app)
    app.extensions["stores"] = {}  # what each store is called and how to ask whether it answers
    metrics.init_app()
    watching.init_app(app)
    app.register_blueprint(probes.blueprint)
