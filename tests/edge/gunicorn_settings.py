"""What gunicorn.conf.py says, without what it sets in the environment for the workers."""

from __future__ import annotations

import os
import runpy
from typing import Any
from unittest.mock import patch

from devtools.processes import ROOT


def gunicorn_settings() -> dict[str, Any]:
    with patch.dict(os.environ):
        return runpy.run_path(str(ROOT / "gunicorn.conf.py"))
