"""What every page and API answer passes through: request id, access, cookies, headers, errors as answers, assets."""

from flask import Flask

from app.web import access, addresses, assets, cookies, error_responses, headers, request_id


def init_app(app: Flask) -> None:
    request_id.init_app(app)
    headers.init_app(app)
    error_responses.init_app(app)
    addresses.init_app(app)
    cookies.init_app(app)
    assets.init_app(app)
    access.init_app(app)
    app.jinja_env.globals["here"] = addresses.here
