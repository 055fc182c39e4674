"""A page's folder is made whole or not at all, and replaces nothing but a page."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from uadispatch.errors import ConfigError
from uadispatch.views.folders import new_folder

OWN = re.compile(r"index\.html|pages/\d+\.html")


def make(place: Path, text: str = "new") -> None:
    with new_folder(place, "dry-run", OWN) as folder:
        (folder / "index.html").write_text(text)
        (folder / "pages").mkdir()
        (folder / "pages/1.html").write_text(text)


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_it_is_made_with_what_is_above_it_for_this_user_alone(tmp_path: Path) -> None:
    make(tmp_path / "a/b")
    assert files(tmp_path / "a/b") == [".uadispatch-page", "index.html", "pages/1.html"]
    for folder in (tmp_path / "a", tmp_path / "a/b"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_empty_folder_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir(mode=0o755)
    make(tmp_path / "page")
    assert stat.S_IMODE((tmp_path / "page").stat().st_mode) == 0o755


def test_an_older_page_is_replaced_and_nothing_of_it_stays(tmp_path: Path) -> None:
    make(tmp_path / "page", "old")
    (tmp_path / "page/pages/2.html").write_text("old")
    make(tmp_path / "page")
    assert files(tmp_path) == ["page/.uadispatch-page", "page/index.html", "page/pages/1.html"]
    assert (tmp_path / "page/index.html").read_text() == "new"


def test_what_fails_leaves_the_older_page_and_no_half_of_another(tmp_path: Path) -> None:
    make(tmp_path / "page", "old")

    def half() -> None:
        with new_folder(tmp_path / "page", "dry-run", OWN) as folder:
            (folder / "index.html").write_text("half")
            raise OSError(28, os.strerror(28))

    with pytest.raises(ConfigError, match="No space left"):
        half()
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert (tmp_path / "page/index.html").read_text() == "old"


@pytest.mark.parametrize("name", ["notes.txt", "pages/notes.html", "sub/index.html", ".hidden"])
def test_a_file_of_a_person_is_never_removed(tmp_path: Path, name: str) -> None:
    make(tmp_path / "page", "old")
    (tmp_path / "page" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "page" / name).write_text("mine")
    with pytest.raises(ConfigError, match=re.escape(name)):
        make(tmp_path / "page")
    assert (tmp_path / "page" / name).read_text() == "mine"
    assert (tmp_path / "page/index.html").read_text() == "old"


@pytest.mark.parametrize("kind", [None, "rehearsal"])
def test_a_folder_that_is_no_such_page_is_left_alone(tmp_path: Path, kind: str | None) -> None:
    (tmp_path / "index.html").write_text("my homepage")
    if kind is not None:
        (tmp_path / ".uadispatch-page").write_text(kind)
    with pytest.raises(ConfigError, match="name an empty one or a new one"):
        make(tmp_path)
    assert (tmp_path / "index.html").read_text() == "my homepage"


def test_a_folder_of_others_is_not_gone_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a whole home, or a disk of others with folders that cannot be read."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/mine.txt").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    looked = []
    scandir = os.scandir

    def told(folder: str) -> object:
        looked.append(Path(folder).name)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", told)
    with pytest.raises(ConfigError, match="name an empty one or a new one"):
        make(tmp_path)
    assert "letters" not in looked


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("mine")
    with pytest.raises(ConfigError, match="name a folder"):
        make(tmp_path / "page")
    with pytest.raises(ConfigError, match="cannot be written"):
        make(tmp_path / "page/below")


def test_a_link_leads_to_the_folder_and_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    make(tmp_path / "link")
    make(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/index.html").read_text() == "new"


def test_the_folder_in_which_somebody_works_stays_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page").mkdir()
    monkeypatch.chdir(tmp_path / "page")
    for text in ("old", "new"):
        make(Path(), text)
        assert Path.cwd().is_dir(), "else no shell there finds anything any more"
        assert files(Path()) == [".uadispatch-page", "index.html", "pages/1.html"]
        assert Path("index.html").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


@pytest.mark.parametrize("stand", [False, True])
def test_a_page_that_cannot_be_put_there_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stand: bool
) -> None:
    make(tmp_path / "page", "old")
    if stand:
        monkeypatch.chdir(tmp_path / "page")
    rename = Path.rename
    moved: list[Path] = []

    def full(path: Path, there: Path) -> Path:
        if len(moved) == (5 if stand else 1):  # what is new comes after all of the older
            moved.append(path)
            raise OSError(28, os.strerror(28))
        moved.append(path)
        return rename(path, there)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ConfigError, match="No space left"):
        make(tmp_path / "page")
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert files(tmp_path / "page") == [".uadispatch-page", "index.html", "pages/1.html"]
    assert (tmp_path / "page/index.html").read_text() == "old"


def test_files_behind_a_link_in_it_are_nobody_s_page(tmp_path: Path) -> None:
    make(tmp_path / "page", "old")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/1.html").write_text("mine")
    (tmp_path / "page/further").symlink_to(tmp_path / "mine")
    with pytest.raises(ConfigError, match="further"):
        make(tmp_path / "page")
    assert (tmp_path / "mine/1.html").read_text() == "mine"
