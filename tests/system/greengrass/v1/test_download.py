"""Bundles on their way from a real HTTP server."""

import base64
import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from system.greengrass.v1.cloud_group import Announcement, CloudUnreachable
from system.greengrass.v1.download import BundleRefused, Downloader, code_endpoint, through

WRITTEN = "arn:aws:lambda:us-east-1:000000000000:function:it:PROD"
LOCATION = "http://s3.cloud.invalid:4566/bucket/it?Signature=x"
DEPLOYMENT = Announcement(group="g", version="v", deployment="d", created="")


def bundle(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(f"{name}.py")
            entry.external_attr = (0o755 if name == "tool" else 0o644) << 16
            archive.writestr(entry, text)
    return content.getvalue()


@pytest.fixture
def server():
    """An S3 that gives `server.content`, and remembers what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            made.asked.append((self.headers["Host"], self.path))
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.content)))
            self.end_headers()
            self.wfile.write(made.content)

        def log_message(self, *_):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.status, made.content, made.asked = 200, b"", []
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


class Cloud:
    """A group with one function, whose code has this checksum."""

    def __init__(self, content):
        self.checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self.version = "3"

    def definitions(self, announcement):
        system = {"FunctionArn": "arn:aws:lambda:::function:GGStreamManager:1"}
        return {"functions": {"Functions": [system, {"FunctionArn": WRITTEN}]}}

    def client(self, service):
        assert service == "lambda"
        return self

    def get_function(self, **request):
        assert request["FunctionName"] == WRITTEN
        settings = {"Version": self.version, "Handler": "a.b", "Runtime": "python3.11"}
        return {
            "Configuration": {**settings, "CodeSha256": self.checksum},
            "Code": {"Location": LOCATION},
        }


@pytest.fixture
def downloader(server, tmp_path):
    def made(content, checked=None):
        server.content = content
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        group = Cloud(content if checked is None else checked)
        return Downloader(group=group, directory=tmp_path, code_endpoint=endpoint)

    return made


def test_code_comes_over_the_link_that_the_core_was_given(downloader, server, tmp_path):
    document = downloader(bundle(app="x = 1", tool="y")).bring(DEPLOYMENT)
    assert server.asked == [("s3.cloud.invalid:4566", "/bucket/it?Signature=x")]
    assert document["group"] == {"id": "g", "version": "v", "deployment": "d"}
    code = document["code"][WRITTEN]
    assert code["arn"] == WRITTEN.replace("PROD", "3")
    assert (code["handler"], code["runtime"]) == ("a.b", "python3.11")
    directory = tmp_path / code["directory"]
    assert (directory / "app.py").read_text() == "x = 1"
    assert (directory / "tool.py").stat().st_mode & 0o111
    assert not (directory / "app.py").stat().st_mode & 0o111


def test_what_is_here_already_is_not_fetched_again_and_what_is_not_named_goes(
    downloader, server, tmp_path
):
    first = downloader(bundle(app="1")).bring(DEPLOYMENT)
    assert downloader(bundle(app="1")).bring(DEPLOYMENT) == first
    assert len(server.asked) == 1
    later = downloader(bundle(app="2"))
    second = later.bring(DEPLOYMENT)
    old, new = (tmp_path / each["code"][WRITTEN]["directory"] for each in (first, second))
    assert old.is_dir()
    assert new.is_dir()
    later.forget_all_but(second)
    assert not old.exists()
    assert new.is_dir()


def test_a_bundle_with_another_checksum_is_refused(downloader, tmp_path):
    with pytest.raises(BundleRefused, match="checksum"):
        downloader(bundle(app="1"), checked=b"other").bring(DEPLOYMENT)
    assert not list(tmp_path.rglob("app.py"))


def test_a_bundle_that_is_no_archive_is_refused(downloader):
    with pytest.raises(BundleRefused, match="not a zip file"):
        downloader(b"nonsense").bring(DEPLOYMENT)


def test_an_answer_without_code_is_the_link_s_fault(downloader, server):
    server.status = 503
    with pytest.raises(CloudUnreachable, match="status 503"):
        downloader(b"").bring(DEPLOYMENT)


def test_nobody_there_is_the_link_s_fault(tmp_path, server):
    port = server.server_address[1]
    server.socket.close()
    lost = Downloader(
        group=Cloud(b""), directory=tmp_path, code_endpoint=f"http://127.0.0.1:{port}"
    )
    with pytest.raises(CloudUnreachable, match="did not arrive"):
        lost.bring(DEPLOYMENT)


def test_without_an_endpoint_a_location_stays_as_it_is():
    assert through(LOCATION, None) == (LOCATION, {})
    assert code_endpoint({}) is None
    assert code_endpoint({"AWS_ENDPOINT_URL": "a"}) == "a"
    assert code_endpoint({"AWS_ENDPOINT_URL": "a", "AWS_ENDPOINT_URL_S3": "b"}) == "b"
