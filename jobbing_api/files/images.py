"""Pictures from strangers made into pictures of ours; the only importer of Pillow.

Hides: which kinds are taken, how a file that was written to do harm is told before it is
decoded, and everything that is in a picture besides what it shows. Whatever comes in, one
plain JPEG in sRGB goes out: upright, and without position, camera, comment, thumbnail or
whatever lay behind its end. A picture is judged by its content; what it says it is, and its
name, are not looked at.
"""

from __future__ import annotations

import io
import re
import threading
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from jobbing_api import errors

Size = Literal["full", "medium", "small"]

#: The longest side of each size, in pixels.
LONG_SIDE: dict[Size, int] = {"full": 2048, "medium": 960, "small": 320}

#: Sizes that are made later, of ``full``.
THUMBNAILS: tuple[Size, ...] = ("medium", "small")

#: What Pillow calls the kinds we take. A phone that keeps a depth map or a brighter second
#: picture in a JPEG (MPO) means the first.
_KINDS = ("JPEG", "PNG", "WEBP")

#: A picture with a side below this shows nothing, and one that is so much longer than wide
#: is no picture.
_SHORTEST_SIDE = 32
_LONGEST_TO_SHORTEST = 16

#: Progressive JPEGs come in some ten scans; each of a thousand costs as much as a picture.
_MOST_SCANS = 100

_QUALITY = 85

#: One picture is decoded at a time, so that memory holds one however many are sent at once.
#: Whoever has waited so long for theirs is better told to come again.
_turn = threading.Lock()
_PATIENCE_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A JPEG of ours: its bytes and its sides in pixels."""

    content: bytes
    width: int
    height: int


def taken(content: bytes, *, most_pixels: int) -> Picture:
    """A stranger's picture as we keep it, its long side 2048 pixels at most.

    Raises NotAPicture for any other kind of file, and InvalidInput for a picture that moves,
    is damaged or cut off, has over ``most_pixels``, or is no more than a strip. Nothing is
    decoded before its size is known to be bearable. Raises Unavailable while too many others
    wait for their turn.
    """
    if not _turn.acquire(timeout=_PATIENCE_S):
        raise errors.Unavailable()
    try:
        return _taken(content, most_pixels)
    finally:
        _turn.release()


def _taken(content: bytes, most_pixels: int) -> Picture:
    try:
        with Image.open(io.BytesIO(content), formats=_KINDS) as picture:
            _refuse_unbearable(picture, content, most_pixels)
            made = _upright(picture)
            return _written(_in_srgb(made, picture.info.get("icc_profile")))
    except errors.DomainError:
        raise
    except UnidentifiedImageError:
        raise errors.NotAPicture from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _wrong("picture-too-many-pixels", most_pixels) from None
    except MemoryError:
        raise
    except Exception:
        # What a decoder raises for a file it cannot read is anything from EOFError to
        # zlib.error, and whatever it is, it is the file's doing.
        raise _wrong("picture-damaged", most_pixels) from None


def smaller(content: bytes, size: Size) -> Picture:
    """One of our own pictures with the long side of ``size``; never larger than it is."""
    with _turn, Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
        wanted = sides(*picture.size, size)
        return _written(picture.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3.0))


def sides(width: int, height: int, size: Size) -> tuple[int, int]:
    """Width and height in ``size`` of a picture of ours that is ``width`` x ``height``."""
    side = LONG_SIDE[size]
    longest = max(width, height)
    if longest <= side:
        return width, height
    return max(1, round(width * side / longest)), max(1, round(height * side / longest))


def _wrong(message: str, most_pixels: int) -> errors.InvalidInput:
    return errors.InvalidInput(fields={"body": [message]}, most_megapixels=most_pixels // 10**6)


def _refuse_unbearable(picture: Image.Image, content: bytes, most_pixels: int) -> None:
    short, long = sorted(picture.size)
    if short * long > most_pixels:
        raise _wrong("picture-too-many-pixels", most_pixels)
    if short < _SHORTEST_SIDE or long > short * _LONGEST_TO_SHORTEST:
        raise _wrong("picture-too-narrow", most_pixels)
    if picture.format in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
        raise _wrong("picture-moves", most_pixels)
    if picture.format in ("JPEG", "MPO") and _scans(content) > _MOST_SCANS:
        raise _wrong("picture-damaged", most_pixels)


#: A JPEG's next marker: 0xFF, and neither a stuffed zero nor a restart nor padding.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA


def _scans(content: bytes) -> int:
    """How many scans a JPEG has before its end, by its markers (ITU-T T.81, annex B)."""
    count, at = 0, 0
    while count <= _MOST_SCANS and (found := _MARKER.search(content, at)):
        marker, at = found[1][0], found.end()
        if marker == _END:
            break
        count += marker == _SCAN
        if marker not in (_START, 0x01):
            # A segment says how long it is; what it holds may look like markers.
            at += int.from_bytes(content[at : at + 2])
    return count


def _upright(picture: Image.Image) -> Image.Image:
    """The picture decoded, small enough, the right way up and on white where one sees
    through it, in the colours of its own profile."""
    side = LONG_SIDE["full"]
    # Of a large JPEG only every second, fourth or eighth pixel is worked out at all.
    picture.draft(None, (side, side))
    if picture.mode in ("P", "PA", "LA") or "transparency" in picture.info:
        made = picture.convert("RGBA")
    elif picture.mode.startswith("I"):
        made = _of_16_bits(picture)
    else:
        picture.load()
        made = picture
    made.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    try:
        made = ImageOps.exif_transpose(made)
    except Exception:
        # Which way is up cannot be read: then it is as it lies.
        made.info.clear()
    if made.mode == "RGBA":
        ground = Image.new("RGB", made.size, "white")
        ground.paste(made, mask=made.getchannel("A"))
        return ground
    return made


def _of_16_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits as grey of 8: conversion alone would cut off what is bright."""
    return picture.convert("I").point(lambda value: value / 256).convert("L")


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """Its colours as every screen understands them without being told."""
    if isinstance(profile, bytes) and profile:
        try:
            converted = ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            # A profile that cannot be read, or is one for other kinds of pictures, says
            # nothing.
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _written(picture: Image.Image) -> Picture:
    # Written from a picture that knows its pixels alone: a comment would be carried over.
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return Picture(content=out.getvalue(), width=bare.width, height=bare.height)
