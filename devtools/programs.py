"""The programs that tests and tools start, and what is said where one is missing."""

from __future__ import annotations

import os
import shutil


class MissingProgram(Exception):
    """This machine lacks something; the message names it and how to get it. Tests skip, or fail under NO_SKIPS=1."""


def find_program(name: str) -> str:
    """Return the path of a program, also where only root's PATH has it. Raises MissingProgram."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        raise MissingProgram(f"{name} is not installed; on Debian and Ubuntu: make system-packages")
    return path
