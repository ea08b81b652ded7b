"""The S3 sink against LocalStack's S3, and against answers that LocalStack never gives."""

import json
import os

import pytest

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.sinks.s3 import path_of
from system.stream_manager.sinks.service import Timeouts
from system.stream_manager.sinks.uploads import Upload, Uploads
from system.wire.definitions import MULTIPART_THRESHOLD_MIN, S3ExportTaskExecutorConfig

from .conftest import READ_S, batch, hang_up, silence

EXECUTOR = S3ExportTaskExecutorConfig(identifier="e")
MIB = 1024 * 1024


def task(path, bucket="readings", key="a/b.bin", **fields):
    values = {"inputUrl": f"file:{path}", "bucket": bucket, "key": key, **fields}
    return json.dumps(values).encode()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "reading.bin"
    path.write_bytes(b"0123456789" * 100)
    return path


# -- against LocalStack ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3(connect):
    return connect("s3")


@pytest.fixture
def bucket(s3, request):
    name = (
        request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")[:60].strip("-")
    )
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def cloud(sinks_at, localstack):
    return sinks_at(localstack.endpoint)


def content(s3, bucket, key):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def test_a_file_becomes_an_object_with_its_metadata(cloud, s3, bucket, file):
    result = cloud.send(batch(EXECUTOR, task(file, bucket, userMetadata={"Site": "7"})))
    assert result == Delivered(note=f"1000 bytes are in s3://{bucket}/a/b.bin", sent_bytes=1000)
    assert content(s3, bucket, "a/b.bin") == file.read_bytes()
    assert s3.head_object(Bucket=bucket, Key="a/b.bin")["Metadata"] == {"site": "7"}
    assert file.exists()


def test_a_placeholder_is_resolved_when_the_file_is_uploaded(cloud, s3, bucket, file):
    cloud.send(batch(EXECUTOR, task(file, bucket, key="!{timestamp:yyyy}/a")))
    (found,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    year, _, name = found["Key"].partition("/")
    assert year.startswith("20") and name == "a"


@pytest.mark.parametrize(("extra", "parts"), [(0, 0), (1, 2)])
def test_a_file_above_the_threshold_goes_in_parts(cloud, s3, bucket, tmp_path, extra, parts):
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(MULTIPART_THRESHOLD_MIN + extra))
    result = cloud.send(batch(EXECUTOR, task(path, bucket, key=f"k{extra}")))
    assert result.sent_bytes == MULTIPART_THRESHOLD_MIN + extra
    assert content(s3, bucket, f"k{extra}") == path.read_bytes()
    tag = s3.head_object(Bucket=bucket, Key=f"k{extra}")["ETag"].strip('"')
    assert tag.partition("-")[2] == (str(parts) if parts else "")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_a_bucket_that_is_not_there_ends_the_task(cloud, file):
    result = cloud.send(batch(EXECUTOR, task(file, "nobody-made-this")))
    ((index, reason),) = result.skipped
    assert index == 0 and "NoSuchBucket" in reason


def test_what_an_earlier_process_left_is_aborted(sinks_at, localstack, s3, bucket, file, tmp_path):
    left = s3.create_multipart_upload(Bucket=bucket, Key="old")["UploadId"]
    journal = tmp_path / "uploads.json"
    Uploads(journal).begin(Upload(bucket, "old", left))
    result = sinks_at(localstack.endpoint, uploads=journal).send(
        batch(EXECUTOR, task(file, bucket))
    )
    assert result.warnings == ()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert Uploads(journal).left() == []


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:/a/b", "/a/b"),
        ("file:///a/b", "/a/b"),
        ("file://localhost/a/b", "/a/b"),
        ("/a/b", "/a/b"),
        ("/a b%20", "/a b%20"),
        ("file:/a%20b", "/a b"),
    ],
)
def test_a_file_can_be_named_in_several_ways(url, path):
    assert str(path_of(url)) == path


@pytest.mark.parametrize("url", ["a/b", "http://host/a", "file://host/a", "file:", "s3://b/k"])
def test_what_names_no_file_of_this_device_ends_the_task(sinks, url):
    payload = json.dumps({"inputUrl": url, "bucket": "readings", "key": "k"}).encode()
    ((_, reason),) = sinks.send(batch(EXECUTOR, payload)).skipped
    assert "inputUrl" in reason


def test_a_file_that_cannot_be_read_ends_the_task(sinks, destination, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("none", "No such file"), ("pipe", "no file"), (".", "no file")):
        ((_, reason),) = sinks.send(batch(EXECUTOR, task(tmp_path / name))).skipped
        assert words in reason
    assert destination.bodies == []


@pytest.mark.parametrize("payload", [b"no task", task("/a", key="!{timestamp:Q}")])
def test_what_is_no_task_ends_it(sinks, payload):
    ((index, reason),) = sinks.send(batch(EXECUTOR, payload)).skipped
    assert index == 0 and reason


# -- refusals and links ----------------------------------------------------------------------------


def refusal(code, status):
    text = f"<Error><Code>{code}</Code><Message>no</Message></Error>"

    def act(request, _):
        request.send_response(status)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text.encode())

    return act


@pytest.mark.parametrize(
    ("code", "status"), [("AccessDenied", 403), ("NoSuchBucket", 404), ("EntityTooLarge", 400)]
)
def test_a_refusal_that_would_come_again_ends_the_task(sinks, destination, file, code, status):
    destination.script = [refusal(code, status)]
    ((_, reason),) = sinks.send(batch(EXECUTOR, task(file))).skipped
    assert code in reason


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("TooManyRequests", 429),
        ("RequestTimeout", 400),
        ("ExpiredToken", 400),
        ("RequestTimeTooSkewed", 403),
    ],
)
def test_a_refusal_that_may_pass_is_tried_again(sinks, destination, file, code, status):
    destination.script = [refusal(code, status)]
    result = sinks.send(batch(EXECUTOR, task(file)))
    assert isinstance(result, Failed) and code in result.reason
    assert not result.transport


@pytest.mark.parametrize("act", [hang_up, silence])
def test_a_link_that_fails_is_the_links_fault_and_no_doubt(impatient, destination, file, act):
    destination.script = [act]
    result = impatient.send(batch(EXECUTOR, task(file)))
    assert isinstance(result, Failed) and result.transport and not result.doubtful


def created(upload_id):
    text = f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId>"
    text += "</InitiateMultipartUploadResult>"

    def act(request, _):
        request.send_response(200)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text.encode())

    return act


def stored(request, _):
    request.send_response(200)
    request.send_header("Content-Length", "0")
    request.end_headers()


def aborted(request, _):
    request.send_response(204)
    request.end_headers()


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(6 * MIB))
    return path


def test_an_upload_that_breaks_is_aborted_before_the_next_attempt(sinks, destination, large, file):
    destination.script = [created("u1"), refusal("SlowDown", 503)]
    assert isinstance(sinks.send(batch(EXECUTOR, task(large))), Failed)
    destination.script = [aborted, stored]
    result = sinks.send(batch(EXECUTOR, task(file)))
    assert isinstance(result, Delivered) and result.warnings == ()
    assert "uploadId=u1" in destination.paths[-2]


def test_an_upload_that_is_refused_is_aborted_at_once(sinks, destination, large):
    destination.script = [created("u1"), refusal("AccessDenied", 403), aborted]
    result = sinks.send(batch(EXECUTOR, task(large)))
    assert len(result.skipped) == 1 and result.warnings == ()
    assert "uploadId=u1" in destination.paths[-1]


def test_parts_that_stay_for_good_are_a_warning_once(sinks, destination, large, file):
    destination.script = [created("u1")] + [refusal("AccessDenied", 403)] * 2
    (warning,) = sinks.send(batch(EXECUTOR, task(large))).warnings
    assert "u1" in warning and "AccessDenied" in warning
    destination.script = [stored]
    assert sinks.send(batch(EXECUTOR, task(file))).warnings == ()


def test_what_is_gone_already_is_no_warning(sinks, destination, large):
    destination.script = [created("u1"), refusal("AccessDenied", 403), refusal("NoSuchUpload", 404)]
    assert sinks.send(batch(EXECUTOR, task(large))).warnings == ()


def test_the_parts_of_a_very_large_file_are_at_most_ten_thousand(sinks, destination, tmp_path):
    path = tmp_path / "sparse.bin"
    with path.open("wb") as file:
        file.truncate(70_000 * MIB)
    destination.script = [created("u1"), refusal("AccessDenied", 403), aborted]
    sinks.send(batch(EXECUTOR, task(path)))
    assert len(destination.bodies[1]) == 7 * MIB


@pytest.mark.parametrize("size", [4 * MIB, 6 * MIB], ids=["as a whole", "in parts"])
def test_a_link_that_takes_nothing_any_more_ends_the_attempt(sinks_at, destination, tmp_path, size):
    path = tmp_path / "file"
    path.write_bytes(bytes(size))

    def stuck(request, body):
        silence(request, body)

    stuck.before_the_body = True
    destination.script = [created("u1"), stuck] if size > 5 * MIB else [stuck]
    soon = Timeouts(connect_s=READ_S, send_s=READ_S, read_s=READ_S)
    result = sinks_at(destination.url, timeouts=soon).send(batch(EXECUTOR, task(path)))
    assert isinstance(result, Failed) and result.transport
