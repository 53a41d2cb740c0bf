"""Strangers' pictures: what comes out is ours, and nothing is decoded that should not be."""

from __future__ import annotations

import random
import threading
import time
import tracemalloc
from collections.abc import Callable

import pytest
from PIL import Image

from jobbing_api import errors
from jobbing_api.files import images
from tests import pictures

MOST = 40_000_000


def take(content: bytes) -> images.Picture:
    return images.taken(content, most_pixels=MOST)


def refused(content: bytes) -> list[str]:
    with pytest.raises(errors.InvalidInput) as raised:
        take(content)
    return raised.value.fields["body"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_kind_comes_out_as_a_jpeg(kind: str) -> None:
    made = take(pictures.plain(640, 480, kind))
    shown = pictures.opened(made.content)
    assert (made.width, made.height) == shown.size == (640, 480)
    assert (shown.format, shown.mode) == ("JPEG", "RGB")


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
def test_each_mode_of_a_png_is_read(mode: str) -> None:
    shown = pictures.opened(take(pictures.plain(640, 480, "PNG", mode)).content)
    assert shown.mode == "RGB"


def test_a_jpeg_for_printers_is_read() -> None:
    shown = pictures.opened(take(pictures.plain(640, 480, "JPEG", "CMYK")).content)
    red = shown.getpixel((320, 10))
    assert isinstance(red, tuple)
    assert red[0] > 150 > red[2]


def test_nothing_is_kept_but_what_it_shows() -> None:
    content = pictures.of_a_phone()
    made = take(content)
    for secret in (*pictures.SECRETS, b"Exif", b"<html", b"xmp"):
        assert secret not in made.content
    for secret in pictures.SECRETS:
        assert secret in content
    shown = pictures.opened(made.content)
    assert not shown.getexif()
    assert set(shown.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
    } | {"progression"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_the_right_way_up(orientation: int) -> None:
    made = take(pictures.of_a_phone(640, 480, orientation=orientation))
    assert (made.width, made.height) == ((640, 480) if orientation < 5 else (480, 640))
    shown = pictures.opened(made.content)
    # Where the red half lies once the camera's note is followed.
    red = {1: (320, 60), 2: (320, 60), 3: (320, 420), 4: (320, 420)} | {
        5: (60, 320),
        6: (420, 320),
        7: (420, 320),
        8: (60, 320),
    }
    pixel = shown.getpixel(red[orientation])
    assert isinstance(pixel, tuple)
    assert pixel[0] > 150 > pixel[2]


def test_a_large_one_becomes_smaller_and_a_small_one_stays() -> None:
    made = take(pictures.plain(5000, 3000))
    assert (made.width, made.height) == (2048, 1229)
    assert take(pictures.plain(100, 80)).width == 100


def test_what_one_sees_through_is_white() -> None:
    shown = pictures.opened(take(pictures.seen_through()).content)
    assert shown.getpixel((50, 50)) == (255, 255, 255)


def test_colours_are_told_in_srgb_without_a_profile() -> None:
    content = pictures.with_profile()
    assert b"ICC_PROFILE" in content
    made = take(content)
    assert b"ICC_PROFILE" not in made.content


def test_a_profile_that_is_none_says_nothing() -> None:
    content = pictures.with_profile()
    start = content.index(b"ICC_PROFILE")
    broken = content[: start + 20] + bytes(60) + content[start + 80 :]
    assert take(broken).width == 640


def test_the_second_picture_of_a_phone_is_left_out() -> None:
    made = take(pictures.of_two())
    assert (made.width, made.height) == (640, 480)
    assert made.content.count(b"\xff\xd8\xff") == 1


def test_thumbnails_are_smaller_and_have_the_sides_that_were_told() -> None:
    made = take(pictures.plain(5000, 3000))
    for size in images.THUMBNAILS:
        smaller = images.smaller(made.content, size)
        assert (smaller.width, smaller.height) == images.sides(made.width, made.height, size)
        assert max(smaller.width, smaller.height) == images.LONG_SIDE[size]
        assert pictures.opened(smaller.content).size == (smaller.width, smaller.height)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 1000,
        b"<html><script>alert(1)</script></html>",
        pictures.svg(),
        b"GIF89a" + bytes(50),
        b"II*\0" + bytes(100),
        b"\0\0\0\x20ftypheic" + bytes(100),
        b"\0\0\0\x20ftypavif" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        random.Random(1).randbytes(5000),
    ],
    ids=["nothing", "zeros", "html", "svg", "gif", "tiff", "heic", "avif", "eps", "noise"],
)
def test_other_kinds_of_files_are_no_pictures(content: bytes) -> None:
    with pytest.raises(errors.NotAPicture):
        take(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_one_that_is_cut_off_is_damaged(kind: str) -> None:
    content = pictures.plain(640, 480, kind)
    assert refused(content[: len(content) * 2 // 3]) == ["picture-damaged"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_whatever_is_wrong_with_one_is_a_refusal_or_a_picture(kind: str) -> None:
    """Bytes flipped at random: no error but ours, whatever a decoder makes of them."""
    dice = random.Random(7)
    whole = pictures.of_a_phone(200, 160) if kind == "JPEG" else pictures.plain(200, 160, kind)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        try:
            take(bytes(content[: dice.randint(len(content) // 2, len(content))]))
        except (errors.InvalidInput, errors.NotAPicture):
            continue


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_one_that_moves_is_refused(kind: str) -> None:
    assert refused(pictures.moving(kind)) == ["picture-moves"]


@pytest.mark.parametrize(("width", "height"), [(1, 30_000), (30_000, 1), (31, 31), (8000, 400)])
def test_a_strip_is_refused(width: int, height: int) -> None:
    assert refused(pictures.plain(width, height, "PNG")) == ["picture-too-narrow"]


_BOMBS: dict[str, Callable[[], bytes]] = {
    "png": lambda: pictures.png_that_says(50_000, 50_000),
    "png of 48 megapixels": lambda: pictures.png_that_says(8000, 6000),
    "png of zeros": lambda: pictures.png_that_says(30_000, 20_000, written=True),
    "jpeg": lambda: pictures.jpeg_that_says(65_000, 65_000),
    "jpeg of 48 megapixels": lambda: pictures.jpeg_that_says(8000, 6000),
    "webp": lambda: pictures.webp_that_says(16_000, 16_000),
}


@pytest.mark.parametrize("name", _BOMBS)
def test_a_bomb_is_refused_before_it_is_decoded(name: str) -> None:
    content = _BOMBS[name]()
    assert len(content) < 200_000
    tracemalloc.start()
    began = time.process_time()
    try:
        assert refused(content) == ["picture-too-many-pixels"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 0.5
    assert peak < 5_000_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_how_many_pixels_there_may_be_is_a_setting(kind: str) -> None:
    content = pictures.plain(1100, 1000, kind)
    with pytest.raises(errors.InvalidInput) as raised:
        images.taken(content, most_pixels=1_000_000)
    assert raised.value.fields == {"body": ["picture-too-many-pixels"]}
    assert raised.value.details == {"most_megapixels": 1}
    assert images.taken(content, most_pixels=1_100_000).width == 1100


def test_one_of_a_thousand_scans_is_refused_at_once() -> None:
    content = pictures.of_many_scans(1500)
    began = time.process_time()
    assert refused(content) == ["picture-damaged"]
    assert time.process_time() - began < 0.5
    assert take(pictures.of_many_scans(3)).width == 2000


def test_what_looks_like_scans_inside_a_segment_is_none() -> None:
    content = pictures.plain(640, 480)
    comment = b"\xff\xda\xff\xda" * 1000
    packed = b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment
    assert take(content[:2] + packed + content[2:]).width == 640


def test_pictures_take_turns() -> None:
    whole = pictures.plain(2000, 1500)
    made: list[images.Picture] = []
    threads = [threading.Thread(target=lambda: made.append(take(whole))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({picture.content for picture in made}) == 1
    assert len(made) == 4


def test_whoever_waits_too_long_for_their_turn_is_told_to_come_again() -> None:
    content = pictures.plain()
    with images._turn:
        began_s = time.monotonic()
        with pytest.raises(errors.Unavailable):
            take(content)
        assert 9 < time.monotonic() - began_s < 15
    assert take(content).width == 640


def test_what_a_large_picture_costs_in_memory_is_bounded() -> None:
    """Forty megapixels in a PNG of black: the dearest that is let in."""
    picture = Image.new("RGBA", (8000, 5000))
    assert picture.size == (8000, 5000)
    assert take(pictures.png_that_says(8000, 5000, written=True)).width == 2048
