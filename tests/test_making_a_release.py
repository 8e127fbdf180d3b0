"""`make release` writes one version everywhere, dates its changes and tags them; or it changes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from operations import release

CHANGES = "# Changes\n\n## 0.9.0 (not released yet)\n\n### To do\n\n- Nothing.\n\n## 0.8.0 (2026-01-01)\n\n- Old.\n"


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    done = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for name, around in release.PLACES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"before\n{around.format('0.9.0')}\nafter\n")
    (tmp_path / "CHANGELOG.md").write_text(CHANGES)
    git(tmp_path, "config", "user.name", "Test")
    git(tmp_path, "config", "user.email", "test@example.org")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    return tmp_path


def state(root: Path) -> str:
    return git(root, "log", "--oneline") + git(root, "status", "--porcelain") + git(root, "tag")


def test_the_version_stands_everywhere_and_its_changes_are_dated(repository: Path) -> None:
    assert release.release(repository, "0.9.0", "2026-12-01") == "v0.9.0"
    assert release.release(with_news(repository), "1.0.0", "2026-12-24") == "v1.0.0"
    for name, around in release.PLACES.items():
        assert (repository / name).read_text() == f"before\n{around.format('1.0.0')}\nafter\n"
    changes = (repository / "CHANGELOG.md").read_text()
    assert "## 1.0.0 (2026-12-24)\n" in changes
    assert "## 0.9.0 (2026-12-01)\n" in changes
    assert git(repository, "status", "--porcelain") == ""


def with_news(root: Path) -> Path:
    path = root / "CHANGELOG.md"
    path.write_text(path.read_text().replace("# Changes\n", "# Changes\n\n## 0.10.0 (not released yet)\n\n- New.\n"))
    git(root, "commit", "--quiet", "--all", "--message", "Say what is new")
    return root


def test_the_tag_tells_what_is_new_in_it_and_nothing_older(repository: Path) -> None:
    release.release(repository, "0.9.0", "2026-12-01")
    told = git(repository, "tag", "--list", "--format=%(contents)", "v0.9.0")
    assert told == "0.9.0\n\n### To do\n\n- Nothing."
    assert git(repository, "rev-parse", "v0.9.0^{commit}") == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "٣.0.0", "0.8.9"])
def test_what_is_no_version_or_an_older_one_is_refused(repository: Path, version: str) -> None:
    before = state(repository)
    with pytest.raises(release.Refused):
        release.release(repository, version, "2026-12-01")
    assert state(repository) == before


def test_a_version_is_made_once(repository: Path) -> None:
    release.release(repository, "0.9.0", "2026-12-01")
    with pytest.raises(release.Refused, match="never made twice"):
        release.release(repository, "0.9.0", "2026-12-02")


def test_nothing_is_released_from_an_untidy_tree_or_without_news(repository: Path) -> None:
    (repository / "notes.txt").write_text("not committed")
    with pytest.raises(release.Refused, match="not committed"):
        release.release(repository, "0.9.0", "2026-12-01")
    (repository / "notes.txt").unlink()
    (repository / "CHANGELOG.md").write_text("# Changes\n")
    git(repository, "commit", "--quiet", "--all", "--message", "Forget the news")
    before = state(repository)
    with pytest.raises(release.Refused, match="what is new"):
        release.release(repository, "0.9.0", "2026-12-01")
    assert state(repository) == before
