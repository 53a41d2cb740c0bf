"""Pictures for tests, the kind a phone sends and the kind somebody writes to do harm."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageCms

#: Where the phone stood when it took the picture: degrees, minutes, seconds.
_LATITUDE = (45.0, 45.0, 50.4)
_LONGITUDE = (4.0, 50.0, 8.52)

#: Words that stand in a picture's metadata and must not be in what is kept.
SECRETS = (b"Secret Camera", b"secret comment", b"secret packet")


def plain(width: int = 640, height: int = 480, kind: str = "JPEG", mode: str = "RGB") -> bytes:
    """A picture that is red above and blue below."""
    return _saved(_two_halves(width, height).convert(mode), kind)


def of_a_phone(width: int = 640, height: int = 480, *, orientation: int = 6) -> bytes:
    """A JPEG as a phone takes it: with a position, a camera, a comment, a packet of XMP, a
    thumbnail behind its end, and lying on its side."""
    picture = _two_halves(width, height)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif[0x8825] = {1: "N", 2: _LATITUDE, 3: "E", 4: _LONGITUDE}
    content = _saved(
        picture, "JPEG", exif=exif, comment=b"secret comment", xmp=b"<x>secret packet</x>"
    )
    assert b"Exif" in content
    return content + b"<html><script>alert(1)</script></html>" + plain(64, 64)


def with_profile() -> bytes:
    """A picture whose colours are told by a profile (CIE Lab's, which nobody else has)."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return _saved(_two_halves(640, 480), "JPEG", icc_profile=profile)


def seen_through() -> bytes:
    """A PNG one sees through altogether."""
    return _saved(Image.new("RGBA", (200, 100), (0, 0, 0, 0)), "PNG")


def moving(kind: str) -> bytes:
    """Two frames."""
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    return _saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def of_two() -> bytes:
    """A JPEG with a second picture behind it, as phones write for depth (MPO)."""
    first, second = _two_halves(640, 480), Image.new("RGB", (320, 240), "green")
    return _saved(first, "MPO", save_all=True, append_images=[second])


def png_that_says(width: int, height: int, *, written: bool = False) -> bytes:
    """A small PNG that claims any size; ``written``: and holds as many zeros."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = b""
    if written:
        rows = zlib.compressobj(9)
        row = bytes(1 + (width + 7) // 8)
        pixels = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def jpeg_that_says(width: int, height: int) -> bytes:
    """A small JPEG that claims any size."""
    content = bytearray(plain(64, 64))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def webp_that_says(width: int, height: int) -> bytes:
    """A small WebP that claims any size."""
    flags = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<I", 10) + flags + (height - 1).to_bytes(3, "little")
    body += plain(64, 64, "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def of_many_scans(scans: int) -> bytes:
    """A progressive JPEG that goes over the same pixels again and again."""
    content = _saved(_two_halves(2000, 2000), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    scan = content[last:-2]
    return content[:last] + scan * scans + b"\xff\xd9"


def svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def pdf() -> bytes:
    """The smallest thing a reader opens."""
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def opened(content: bytes) -> Image.Image:
    """A picture of ours, decoded."""
    picture = Image.open(io.BytesIO(content), formats=("JPEG",))
    picture.load()
    return picture


def _two_halves(width: int, height: int) -> Image.Image:
    picture = Image.new("RGB", (width, height), (220, 20, 20))
    picture.paste((20, 20, 220), (0, height // 2, width, height))
    return picture


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
