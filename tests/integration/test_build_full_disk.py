"""A disk that fills up during a build: a failed generation that says so, no files left, and the next one works."""

import resource
import subprocess
from contextlib import contextmanager

import pytest

from search.build import build as builds
from search.build.build import build
from search.errors import BuildFailed
from search.models import Generation
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db
ROWS = 1200


@pytest.fixture
def small_disk(tmp_path, settings):
    """A disk of its own whose size can be set, in kilobytes. Needs root."""
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    settings.SIGHTLINE_INDEX_DIR.mkdir()

    def size(kilobytes: int, how: str = "remount") -> None:
        options = f"size={kilobytes}k,{how}".removesuffix(",mount")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(settings.SIGHTLINE_INDEX_DIR)]
        subprocess.run(command, check=True, capture_output=True)

    try:
        size(1000, "mount")
    except (subprocess.CalledProcessError, FileNotFoundError, PermissionError):
        pytest.skip("no disk of its own can be mounted here")
    yield size
    subprocess.run(["umount", "-l", str(settings.SIGHTLINE_INDEX_DIR)], check=True)  # an error's frames map files


def check_failed(folder) -> None:
    row = Generation.objects.get()
    assert row.state == "failed"
    assert "full" in row.error
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kilobytes", [100, 250, 450])
@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_a_full_disk_fails_the_build_and_no_more(small_disk, monkeypatch, settings, kilobytes, kind):
    monkeypatch.setattr("search.build.shard.choose_kind", lambda rows: kind)
    add_vectors(make_bundle(), clustered(ROWS))
    small_disk(kilobytes)
    with monkeypatch.context() as patched, pytest.raises(BuildFailed, match="disk of the index was full"):
        patched.setattr(builds, "check_room", lambda order: None)
        build("made-1.0")
    check_failed(settings.SIGHTLINE_INDEX_DIR)
    small_disk(50_000)
    assert build("made-1.0").state == "ready"


@contextmanager
def largest_file(size: int):
    """A limit that any user may set; Python then sees an error instead of the signal."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_so_does_a_limit_on_files(tmp_path, settings):
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    add_vectors(make_bundle(), clustered(ROWS))
    with largest_file(60_000), pytest.raises(BuildFailed, match="full"):
        build("made-1.0")
    check_failed(settings.SIGHTLINE_INDEX_DIR)
    assert build("made-1.0").state == "ready"
