"""What tests share between apps is shared only where it would be the same."""

from __future__ import annotations

import pytest
from compiled_once import Statements, Templates
from flask import Flask
from jinja2 import DictLoader, Environment
from sqlalchemy import Engine, create_engine
from werkzeug.routing import BaseConverter

ENGINES = {
    "sqlite": create_engine("sqlite://"),
    "mysql": create_engine("mysql+pymysql://127.0.0.1/notes"),
    "mariadb": create_engine("mysql+pymysql://127.0.0.1/notes"),
}
ENGINES["mariadb"].dialect.is_mariadb = True  # type: ignore[attr-defined]  # only MySQL's dialect has it


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_kind_of_database_finds_no_statement_of_another(engine: Engine) -> None:
    statements = Statements(10)
    statements[engine.dialect, "SELECT"] = "as this one says it"
    found = [name for name, other in ENGINES.items() if statements.get((other.dialect, "SELECT"))]
    assert [ENGINES[name] for name in found] == [engine]


def test_engines_of_one_kind_share_their_statements() -> None:
    statements = Statements(10)
    statements[create_engine("sqlite://").dialect, "SELECT"] = "compiled"
    assert statements.get((create_engine("sqlite://").dialect, "SELECT")) == "compiled"


def test_a_template_is_compiled_once_for_each_source() -> None:
    templates = Templates()

    def render(source: str) -> str:
        environment = Environment(loader=DictLoader({"page": source}), bytecode_cache=templates)
        return environment.get_template("page").render()

    assert [render("one"), render("two"), render("one")] == ["one", "two", "one"]
    assert len(templates.compiled) == 2


def test_an_address_matches_and_is_built_in_each_app_by_its_own_rules() -> None:
    class Doubling(BaseConverter):
        def to_python(self, value: str) -> str:
            return value * 2

    def app(**converters: type[BaseConverter]) -> Flask:
        app = Flask("app")
        app.url_map.converters.update(converters)
        app.add_url_rule("/things/<one:name>", "thing")
        return app

    first, second, third = app(one=BaseConverter), app(one=Doubling), app(one=BaseConverter)
    matched = [one.url_map.bind("localhost").match("/things/a") for one in (first, second, third)]
    assert matched == [("thing", {"name": "a"}), ("thing", {"name": "aa"}), ("thing", {"name": "a"})]
    built = [one.url_map.bind("localhost").build("thing", {"name": "b", "page": 2}) for one in (first, second, third)]
    assert built == ["/things/b?page=2"] * 3
