"""What a browser calls itself, in two words that people know."""

from __future__ import annotations

# Each also names those below it: Edge and Opera say Chrome, Chrome says Safari, Android says Linux.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "CrOS": "ChromeOS", "Windows": "Windows",
    "Mac OS X": "macOS", "Linux": "Linux",
}  # fmt: skip


def device(user_agent: str) -> str:
    """Return words such as "Firefox on Windows"; what is unknown is returned as it is."""
    browser, system = (_first(user_agent, names) for names in (BROWSERS, SYSTEMS))
    if browser and system:
        return f"{browser} on {system}"
    return user_agent or "A program without a name"


def _first(user_agent: str, names: dict[str, str]) -> str | None:
    return next((name for sign, name in names.items() if sign in user_agent), None)
