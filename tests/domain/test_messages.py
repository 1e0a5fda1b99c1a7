import msgspec
import pytest

from gvtstudio.domain.job import ExportRequest, InspectRequest, Request, RestoreRequest
from gvtstudio.domain.messages import (
    Failed,
    Finished,
    Log,
    Progress,
    Score,
    Started,
    Stopped,
    decode_message,
    encode_message,
)
from gvtstudio.domain.region import Region

MESSAGES = [
    Started(12, "0.1.0"),
    Progress("Restoring", 3, 10, "voxels", 4.5),
    Log("Größe µm 图像", "warning"),
    Score(5, {"loss": -1.5}),
    Finished(("a.tif",), numbers={"seconds": 1.0}, refused={"b": "why"}),
    Failed("What.", "Do this.", 3, "trace"),
    Stopped(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_message_survives_its_line(message):
    line = encode_message(message)
    assert line.count(b"\n") == 1
    assert decode_message(line) == message


@pytest.mark.parametrize("line", [b"", b"Using bfloat16\n", b"{}\n", b'{"type":"x"}', b"\xff\xfe"])
def test_foreign_lines_are_no_messages(line: bytes):
    assert decode_message(line) is None


def test_requests_survive_their_file():
    requests: list[Request] = [
        InspectRequest(paths=("a", "b")),
        RestoreRequest(
            input="a", model="m", output_dir="o", region=Region.whole((1, 2, 3, 4, 5)).only(t=0)
        ),
        ExportRequest(source="a", destination="b"),
    ]
    for request in requests:
        assert msgspec.json.decode(msgspec.json.encode(request), type=Request) == request
