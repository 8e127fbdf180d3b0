"""Notes and tasks: what people write, find again and never lose."""

from functools import lru_cache

from flask import Flask, g

from app import clock, jobs
from app.accounts import deletion
from app.notes import (
    api,
    batch_views,
    commands,
    indexing,
    models,
    navigation,
    note_lists,
    service,
    tag_views,
    taking_along,
    views,
)

__all__ = ["init_app", "models", "taking_along"]


def init_app(app: Flask) -> None:
    note_lists.remembered_tags.set(app, lru_cache(maxsize=256)(note_lists.tags_at))
    indexing.remembered.set(app, lru_cache(maxsize=1)(indexing.is_pending_at))
    navigation.remembered.set(app, lru_cache(maxsize=navigation.MOST_REMEMBERED)(navigation.render))
    app.jinja_env.globals["navigation"] = navigation.navigation
    app.jinja_env.globals["tags_column"] = lambda: note_lists.tags(g.account.id)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(tag_views.blueprint)
    app.register_blueprint(batch_views.blueprint)
    app.register_blueprint(api.blueprint)
    app.cli.add_command(commands.group)
    deletion.before_deletion(app, service.delete_everything)
    jobs.register(app, "purge trash", lambda _job: service.purge_everybodys_trash(), every=clock.DAY)
