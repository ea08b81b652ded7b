from system.greengrass.supervision.lines import LineSplitter


def test_lines_are_put_together_from_pieces():
    splitter = LineSplitter()
    assert splitter.feed(b"on") == []
    assert splitter.feed(b"e\ntwo\r\n\nth") == [b"one", b"two", b""]
    assert splitter.end() == [b"th"]
    assert splitter.end() == []


def test_a_line_without_end_is_cut():
    splitter = LineSplitter(limit_bytes=4)
    assert splitter.feed(b"123456789") == [b"1234", b"5678"]
    assert splitter.feed(b"abcdefgh\nx\n") == [b"9abc", b"defg", b"h", b"x"]
