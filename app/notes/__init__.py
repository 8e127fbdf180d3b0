"""Notes and tasks: what people write, find again and never lose."""

from functools import lru_cache

from flask import Flask, g

from app import clock, jobs
from app.accounts import deletion
from app.files.views import find_notes
from app.notes import (
    api,
    batch_views,
    commands,
    file_mentions,
    forgetting,
    indexing,
    models,
    navigation,
    service,
    tag_names,
    tag_views,
    taking_along,
    trail,
    trail_views,
    views,
)

__all__ = ["init_app", "models", "taking_along", "trail_views"]


def init_app(app: Flask) -> None:
    tag_names.init_app(app)
    find_notes.set(app, file_mentions.find)
    indexing.remembered.set(app, lru_cache(maxsize=1)(indexing.is_pending_at))
    navigation.remembered.set(app, lru_cache(maxsize=navigation.MOST_REMEMBERED)(navigation.render))
    app.jinja_env.globals["navigation"] = navigation.navigation
    app.jinja_env.globals["tags_column"] = lambda: tag_names.column(g.account.id)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(tag_views.blueprint)
    app.register_blueprint(batch_views.blueprint)
    app.register_blueprint(api.blueprint)
    app.cli.add_command(commands.group)
    deletion.before_deletion(app, service.delete_everything)
    jobs.register(app, service.FOLLOW, service.follow_by_job)
    jobs.register(app, forgetting.KIND, forgetting.forget_by_job)
    jobs.register(app, trail.KIND, trail.forget_old, every=clock.DAY)
    jobs.register(app, "purge trash", lambda _job: service.purge_everybodys_trash(), every=clock.DAY)
