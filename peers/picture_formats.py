"""Reference pixels for the formats and profiles of crates/picture, from Pillow and LittleCMS.

Run:   python peers/picture_formats.py
Needs: Pillow with libtiff and LittleCMS (versions in the first line of formats.txt). No other package.
Makes: crates/picture/tests/fixtures/formats/, files of less than 4 kB, and formats.txt there.

Lines of formats.txt: NAME WIDTH HEIGHT PIXELS, as Pillow reads the file, over white, turned upright,
pixels as hexadecimal RGB. Files with a profile are converted to sRGB by LittleCMS, relative
colorimetric. The profiles are made here: gray with gamma 1.0, and inks with a table of 3 levels.
"""

import io
import struct
from pathlib import Path

import PIL
from PIL import Image, ImageCms, ImageOps, features

from picture_resize import OUT as FIXTURES
from picture_resize import alpha, flatten, small

OUT = FIXTURES / "formats"


def tag_s15(values):
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def icc(space, pcs, kind, tags):
    """A version 2 profile of these tags."""
    body, table, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags:
        data += b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, at, len(data))
        body += data
        at += len(data)
    head = struct.pack(">I4sI4s4s4s", at, b"\0\0\0\0", 0x02400000, kind, space, pcs)
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += tag_s15([0.9642, 1.0, 0.8249])
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def text(name):
    name = name.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + b"\0" * 79


WHITE = b"XYZ \0\0\0\0" + tag_s15([0.9642, 1.0, 0.8249])


def gray_profile():
    curve = b"curv\0\0\0\0" + struct.pack(">I", 0)
    return icc(b"GRAY", b"XYZ ", b"mntr", [(b"desc", text("gray")), (b"wtpt", WHITE), (b"kTRC", curve)])


def ink_profile(levels=3):
    """lut8: inks to Lab through a grid; paper L 95, each ink takes light and adds its hue."""
    ramp = bytes(range(256))
    grid = bytearray()
    steps = [i / (levels - 1) for i in range(levels)]
    for c in steps:
        for m in steps:
            for y in steps:
                for k in steps:
                    light = 95 * (1 - 0.45 * c) * (1 - 0.5 * m) * (1 - 0.1 * y) * (1 - 0.9 * k)
                    a = (-38 * c + 72 * m - 5 * y) * (1 - k)
                    b = (-48 * c - 4 * m + 88 * y) * (1 - k)
                    grid += bytes([round(light * 2.55), round(a) + 128, round(b) + 128])
    identity = tag_s15([1, 0, 0, 0, 1, 0, 0, 0, 1])
    table = b"mft1\0\0\0\0" + bytes([4, 3, levels, 0]) + identity + ramp * 4 + bytes(grid) + ramp * 3
    tags = [(b"desc", text("inks")), (b"wtpt", WHITE), (b"A2B0", table), (b"A2B1", table)]
    return icc(b"CMYK", b"Lab ", b"prtr", tags)


def save(name, image, **options):
    image.save(OUT / name, **options)


def make_files():
    picture = small()
    save("plain.gif", picture.quantize(32))
    save("interlaced.gif", picture.quantize(32), interlace=1)
    save("transparent.gif", picture.quantize(16), transparency=3)
    frames = [picture.quantize(16), Image.new("P", picture.size, 3)]
    save("animated.gif", frames[0], save_all=True, append_images=frames[1:], duration=50)
    save("rgb.bmp", picture)
    save("odd.bmp", picture.crop((0, 0, 7, 5)))
    save("gray.bmp", picture.convert("L"))
    save("palette.bmp", picture.quantize(16))
    save("bit.bmp", picture.convert("1"))
    save("alpha.bmp", alpha(picture))
    data = bytearray((OUT / "odd.bmp").read_bytes())
    # The same rows, counted from the top: the picture upside down.
    data[22:26] = struct.pack("<i", -5)
    (OUT / "top.bmp").write_bytes(data)
    for name, coding in (("raw", None), ("lzw", "tiff_lzw"), ("deflate", "tiff_adobe_deflate"), ("packbits", "packbits")):
        save(f"{name}.tif", picture, compression=coding)
    save("gray.tif", picture.convert("L"), compression="tiff_lzw")
    save("bit.tif", picture.convert("1"), compression="group4")
    save("bitraw.tif", picture.convert("1"))
    save("palette.tif", picture.quantize(16), compression="tiff_lzw")
    save("gray16.tif", Image.frombytes("I;16", (9, 7), bytes(range(126))))
    save("alpha.tif", alpha(picture), compression="tiff_lzw")
    save("grayalpha.tif", alpha(picture).convert("LA"), compression="tiff_lzw")
    save("cmyk.tif", picture.convert("CMYK"), compression="tiff_lzw")
    save("turned.tif", picture, compression="tiff_lzw", tiffinfo={274: 6})
    second = Image.new("RGB", (5, 5), (1, 2, 3))
    save("pages.tif", picture, compression="tiff_lzw", save_all=True, append_images=[second])
    save("bigtiff.tif", picture, big_tiff=True)
    gray, inks = gray_profile(), ink_profile()
    save("profile_gray.png", picture.convert("L"), icc_profile=gray)
    save("profile_gray.jpg", picture.convert("L"), quality=95, icc_profile=gray)
    save("profile_cmyk.jpg", picture.convert("CMYK"), quality=95, icc_profile=inks)
    save("profile_cmyk.tif", picture.convert("CMYK"), compression="tiff_lzw", icc_profile=inks)
    data = bytearray((OUT / "profile_cmyk.jpg").read_bytes())
    data[data.index(b"Adobe") + 11] = 2
    (OUT / "profile_ycck.jpg").write_bytes(data)


def shown(name):
    image = Image.open(OUT / name)
    if name == "gray16.tif":
        levels = struct.unpack("<63H", bytes(range(126)))
        return Image.frombytes("L", (9, 7), bytes(round(v / 257) for v in levels)).convert("RGB")
    profile = image.info.get("icc_profile")
    if profile:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), intent, "RGB")
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "P"):
        return flatten(image)
    return image.convert("RGB")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    make_files()
    cms = features.version("littlecms2")
    lines = [f"# Pillow {PIL.__version__}, LittleCMS {cms}, peers/picture_formats.py"]
    for path in sorted(OUT.glob("*.*")):
        if path.suffix != ".txt":
            image = shown(path.name)
            lines.append(f"{path.name} {image.width} {image.height} {image.tobytes().hex()}")
    (OUT / "formats.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
