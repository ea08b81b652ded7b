"""S3: each message is a task that names a local file, and the file becomes an object.

A file of at most the threshold is one PutObject, a larger one goes in parts. A task whose upload was broken off begins
again from the first part; what it left in S3 is aborted.

A refusal that would come again ends the task; what the link, the service's health or credentials cause is tried again.
"""

import math
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError, ParamValidationError

from system.clock import Clock
from system.stream_manager.export.batch import Delivered, Failed, SinkResult
from system.stream_manager.sinks.failures import failed, refusal
from system.stream_manager.sinks.placeholders import BadPlaceholder, resolve
from system.stream_manager.sinks.results import in_turn
from system.stream_manager.sinks.service import Service
from system.stream_manager.sinks.uploads import Upload, Uploads
from system.wire.definitions import MULTIPART_THRESHOLD_MIN, S3ExportTaskExecutorConfig
from system.wire.fields import InvalidFields
from system.wire.messages import Message
from system.wire.tasks import S3Task, read_task

PARTS_MAX = 10_000

# Refusals that a later attempt may not meet: the clock, the credentials, the load, another upload to the same key.
PASSING = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "OperationAborted",
        "ConditionalRequestConflict",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "SlowDown",
        "Throttling",
        "TokenRefreshRequired",
        # The upload was aborted behind our back, by a rule of the bucket perhaps: the next attempt begins another.
        "NoSuchUpload",
    }
)


class S3Sink:
    """Runs tasks.

    Args:
        service: S3.
        clock: resolves placeholders.
        part_bytes_min: least size of a part.
        uploads: remembers what has to be aborted.
    """

    def __init__(
        self,
        service: Service,
        clock: Clock,
        *,
        part_bytes_min: int = MULTIPART_THRESHOLD_MIN,
        uploads: Uploads,
    ) -> None:
        self._service = service
        self._clock = clock
        self._part_bytes_min = part_bytes_min
        self._uploads = uploads

    def send(self, config: S3ExportTaskExecutorConfig, messages: Sequence[Message]) -> SinkResult:
        """Run one task after the other."""
        parts = [(message,) for message in messages]
        return in_turn(parts, lambda part: self._run(config, part[0]))

    def _run(self, config: S3ExportTaskExecutorConfig, message: Message) -> SinkResult:
        warnings = self._abort_left()
        try:
            result = self._delivered(config, message)
        except (InvalidFields, BadPlaceholder, _Unreadable) as error:
            result = _never(str(error))
        except (ClientError, ParamValidationError) as error:
            result = _refused(error)
        except Exception as error:
            # A second upload of the same object does no harm, so there is no doubt.
            result = replace(failed(error), doubtful=False)
        if isinstance(result, Delivered):
            # Nothing may follow for a long time.
            warnings += self._abort_left()
        return replace(result, warnings=warnings)

    def _delivered(self, config: S3ExportTaskExecutorConfig, message: Message) -> SinkResult:
        task = read_task(message.payload)
        where = Upload(task.bucket, resolve(task.key, self._clock.wall_ms()), "")
        size = self._upload(config, task, where)
        note = f"{size} bytes are in s3://{where.bucket}/{where.key}"
        return Delivered(note=note, sent_bytes=size)

    def _upload(self, config: S3ExportTaskExecutorConfig, task: S3Task, where: Upload) -> int:
        """Upload the file.

        Returns:
            Its size in bytes.
        """
        threshold = config.size_threshold_for_multipart_upload_bytes or MULTIPART_THRESHOLD_MIN
        with _opened(task.input_url) as file:
            size = _size(file)
            if size > max(threshold, self._part_bytes_min):
                self._put_parts(task, where, file, size)
            else:
                self._service.call(
                    "put_object",
                    Bucket=where.bucket,
                    Key=where.key,
                    Metadata=task.user_metadata,
                    Body=file,
                )
        return size

    def _put_parts(self, task: S3Task, where: Upload, file: BinaryIO, size: int) -> None:
        place = {"Bucket": where.bucket, "Key": where.key}
        answer = self._service.call("create_multipart_upload", **place, Metadata=task.user_metadata)
        upload = Upload(where.bucket, where.key, answer["UploadId"])
        self._uploads.begin(upload)
        try:
            parts = self._parts(
                upload, file, max(self._part_bytes_min, math.ceil(size / PARTS_MAX))
            )
            self._service.call(
                "complete_multipart_upload",
                **place,
                UploadId=upload.id,
                MultipartUpload={"Parts": parts},
            )
        except Exception:
            self._uploads.leave(upload)
            raise
        self._uploads.done(upload)

    def _parts(self, upload: Upload, file: BinaryIO, part_bytes: int) -> list[dict[str, object]]:
        parts: list[dict[str, object]] = []
        while part := _read(file, part_bytes):
            number = len(parts) + 1
            answer = self._service.call(
                "upload_part",
                Bucket=upload.bucket,
                Key=upload.key,
                UploadId=upload.id,
                PartNumber=number,
                Body=part,
            )
            parts.append({"ETag": answer["ETag"], "PartNumber": number})
        return parts

    def _abort_left(self) -> tuple[str, ...]:
        """Abort what was broken off; why some of it stays."""
        return tuple(filter(None, map(self._abort, self._uploads.left())))

    def _abort(self, upload: Upload) -> str:
        """Abort one upload.

        Returns:
            Why it stays in S3 for good; empty if it does not, or if another attempt follows.
        """
        try:
            self._service.call(
                "abort_multipart_upload",
                Bucket=upload.bucket,
                Key=upload.key,
                UploadId=upload.id,
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code != "NoSuchUpload" and (code in PASSING or _is_the_services_fault(error)):
                return ""
            self._uploads.done(upload)
            what = f"the parts of s3://{upload.bucket}/{upload.key} (upload {upload.id}) stay"
            return "" if code == "NoSuchUpload" else f"{what}: {refusal(error)}"
        except Exception:
            return ""
        self._uploads.done(upload)
        return ""

    def close(self) -> None:
        """Close its connections."""
        self._service.close()


class _Unreadable(Exception):
    """The file of a task cannot be read."""


def path_of(input_url: str) -> Path:
    """The file that a task names: `/a/b`, `file:/a/b` or `file:///a/b`.

    Raises:
        ValueError: it names none of this device.
    """
    if input_url.startswith("/"):
        return Path(input_url)
    parts = urlsplit(input_url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        raise ValueError(f"inputUrl has to be file:/… or an absolute path, not {input_url[:200]!r}")
    return Path(unquote(parts.path))


def _opened(input_url: str) -> BinaryIO:
    try:
        path = path_of(input_url)
        # Opening a pipe would wait for whoever writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _Unreadable(f"{path} is no file")
        return path.open("rb")
    except OSError as error:
        raise _Unreadable(f"{input_url} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise _Unreadable(str(error)) from None


def _size(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise _Unreadable(f"{file.name} cannot be read: {error.strerror}") from None


def _never(reason: str) -> SinkResult:
    return Delivered(skipped=((0, reason),))


def _is_the_services_fault(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status >= 500 or status == 429


def _refused(error: ClientError | ParamValidationError) -> SinkResult:
    if not isinstance(error, ClientError):
        return _never(str(error))
    if error.response.get("Error", {}).get("Code") in PASSING or _is_the_services_fault(error):
        return Failed(reason=refusal(error))
    return _never(refusal(error))
