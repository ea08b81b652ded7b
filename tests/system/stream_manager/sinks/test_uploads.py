import pytest

from system.stream_manager.sinks.uploads import Upload, Uploads

A, B = Upload("b", "k", "1"), Upload("b", "k", "2")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "uploads.json"


def test_what_a_kill_left_is_to_be_aborted(path):
    uploads = Uploads(path)
    uploads.begin(A)
    uploads.begin(B)
    uploads.done(A)
    assert Uploads(path).left() == [B]


def test_what_is_under_way_is_not_to_be_aborted(path):
    uploads = Uploads(path)
    uploads.begin(A)
    assert uploads.left() == []
    uploads.leave(A)
    assert uploads.left() == [A]
    uploads.done(A)
    assert uploads.left() == []
    assert Uploads(path).left() == []


def test_without_a_file_it_is_known_as_long_as_the_process_lives():
    uploads = Uploads(None)
    uploads.begin(A)
    uploads.leave(A)
    assert uploads.left() == [A]


@pytest.mark.parametrize("content", [b"", b"{", b"{}7", b'[{"bucket": 1}]', b"[7]", b"\xff"])
def test_a_file_that_cannot_be_read_is_told_and_keeps_nothing_from_starting(path, content):
    path.write_bytes(content)
    lines = []
    assert Uploads(path, lines.append).left() == []
    assert len(lines) == 1
    Uploads(path).begin(A)


def test_a_disk_that_is_full_keeps_no_upload_from_being_made(tmp_path):
    uploads = Uploads(tmp_path / "no" / "folder" / "uploads.json")
    uploads.begin(A)
    uploads.leave(A)
    assert uploads.left() == [A]
