"""A file comes whole or not at all, and where it stood."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from qwq_magic.regular_file import replacing


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write(
    path: Path, text: str, *, failure: BaseException | None = None, is_private: bool = False
) -> None:
    with replacing(path, is_private=is_private) as new:
        new.write_text(text)
        if failure is not None:
            raise failure


@pytest.mark.parametrize("failure", [OSError(), KeyboardInterrupt()], ids=repr)
def test_what_fails_halfway_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, failure: BaseException
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    with pytest.raises(type(failure)):
        write(path, "half", failure=failure)

    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == [(path, "old")]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    path, link = tmp_path / "folder" / "file", tmp_path / "link"
    link.symlink_to(path)

    for text in ("first", "second"):
        write(link, text)

        assert (link.is_symlink(), path.read_text()) == (True, text)
        assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_who_could_read_the_old_file_can_read_the_new_one(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)

    write(path, "new")

    assert mode_of(path) == mode


def test_a_new_file_is_as_open_as_any_and_a_private_one_is_its_owners(tmp_path: Path) -> None:
    (tmp_path / "any").touch()

    write(tmp_path / "new", "new")
    write(tmp_path / "private", "new", is_private=True)

    assert mode_of(tmp_path / "new") == mode_of(tmp_path / "any")
    assert mode_of(tmp_path / "private") == 0o600


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o444)

    with pytest.raises(PermissionError, match="Read-only file"):
        write(path, "new")

    assert path.read_text() == "old"
