"""Where gunicorn enters the application (`crudapp:app`); the `flask` command finds `app.create_app` by itself."""

import sys

from app import create_app
from config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.exit(f"crudapp: {error}")
