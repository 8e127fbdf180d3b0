"""A program of its own: reads a picture from standard input and writes a smaller one, within limits that are enforced.

It decodes what a stranger may have made, so it is run by itself, with nothing but these two files.
"""

import resource
import sys

EDGE = 1280  # pixels of the longer side
MOST_PIXELS = 50_000_000
MEMORY = 768 * 1024 * 1024  # bytes of address space; 50 megapixels in four colours are 200 MB, and are copied once
CPU = 5  # seconds
LARGEST = 2 * 1024 * 1024  # bytes of what is written
NONE = 3  # the exit status where the picture has to do as it is
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")  # not AVIF, which is small as it is, and whose decoder is 5 MB


def main() -> int:
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_FSIZE, LARGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    from PIL import Image, ImageOps  # noqa: PLC0415  # within the limits

    with Image.open(sys.stdin.buffer, formats=FORMATS) as picture:  # reads the header alone
        moves = getattr(picture, "n_frames", 1) > 1
        if moves or picture.width * picture.height > MOST_PIXELS or max(picture.size) <= EDGE:
            return NONE
        picture.draft("RGB", (EDGE, EDGE))  # a JPEG is decoded no larger than needed
        picture.thumbnail((EDGE, EDGE))
        upright = ImageOps.exif_transpose(picture)
        profile = picture.info.get("icc_profile")
        upright.convert("RGBA" if upright.has_transparency_data else "RGB").save(
            sys.stdout.buffer, "WEBP", quality=80, icc_profile=profile, exif=b"", xmp=b""
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
