import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.crawler.body_decoder import BodyCutError, BodyDecoder, BodyTooLargeError, body_decoder


def bare_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


ENCODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", bytes),
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("X-GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", bare_deflate),
]
BODIES = st.one_of(st.binary(max_size=300), st.integers(0, 5000).map(bytes))


def decode(decoder: BodyDecoder, encoded: bytes, step: int) -> bytes:
    for start in range(0, len(encoded), step):
        decoder.feed(encoded[start : start + step])
    decoder.finish()
    return b"".join(decoder.parts)


@given(BODIES, st.sampled_from(ENCODINGS), st.integers(1, 100))
def test_a_body_comes_out_whole_in_chunks_of_any_size(
    body: bytes, encoding: tuple[str, Callable[[bytes], bytes]], step: int
) -> None:
    name, encode = encoding
    assert decode(body_decoder(name, len(body)), encode(body), step) == body


@given(st.integers(1, 5000), st.sampled_from(ENCODINGS), st.integers(1, 100))
def test_a_body_one_byte_over_the_limit_is_too_large_and_never_held_further(
    size: int, encoding: tuple[str, Callable[[bytes], bytes]], step: int
) -> None:
    name, encode = encoding
    decoder = body_decoder(name, size - 1)
    with pytest.raises(BodyTooLargeError):
        decode(decoder, encode(bytes(size)), step)
    assert sum(map(len, decoder.parts)) == size


@given(st.binary(min_size=1, max_size=300), st.sampled_from([gzip.compress, zlib.compress, bare_deflate]))
def test_a_compressed_body_without_its_end_is_cut(body: bytes, encode: Callable[[bytes], bytes]) -> None:
    name = "gzip" if encode is gzip.compress else "deflate"
    with pytest.raises(BodyCutError):
        decode(body_decoder(name, 1000), encode(body)[:-1], 64)


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_no_bytes_at_all_are_an_empty_body(name: str) -> None:
    assert decode(body_decoder(name, 10), b"", 1) == b""
