"""500 variants of picture files with the right pixels of each, to hold crates/picture against.

Run:   python peers/decode_variants.py FOLDER
       cargo run --release -p affetti-picture --example variants -- FOLDER
Needs: Pillow, numpy, pyvips, tifffile and imagecodecs from PyPI; cjpeg (libjpeg-turbo-progs),
       tiffcp (libtiff-tools) and libvips from the system.
Makes: FOLDER/NNN_what.ext, FOLDER/NNN.png (plain RGB, upright), and FOLDER/variants.csv with the mean
       difference that the codec explains. The same files for the same versions: one seed.

The right pixels are known from how a file was written, or, where the codec loses, are those that
libjpeg-turbo or libwebp gives through Pillow for the file before anything was done to it. Pillow and
libvips are then asked to read every variant; how often they agree with the right pixels is printed,
and where both agree with each other but not with the reference, the name is printed.
"""

import io
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pyvips
import tifffile
from PIL import Image, ImageOps

GALLERY = Path(__file__).parent.parent / "gallery"
RANDOM = random.Random(16)
OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("variants")
ROWS = []
TURN = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # EXIF to what undoes it in Pillow's names


def source(mode="RGB"):
    """A piece of a painting, 40 to 150 pixels a side."""
    path = RANDOM.choice(sorted(GALLERY.glob("*.jpg")))
    picture = Image.open(path).convert("RGB")
    w, h = (RANDOM.randint(40, min(150, side // 2)) for side in picture.size)
    x, y = RANDOM.randint(0, picture.width - w * 2), RANDOM.randint(0, picture.height - h * 2)
    return picture.crop((x, y, x + w * 2, y + h * 2)).resize((w, h), Image.LANCZOS).convert(mode)


def upright(picture, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    picture = picture.copy()
    picture.info["exif"] = exif.tobytes()
    picture.getexif()[274] = orientation
    return ImageOps.exif_transpose(picture)


def add(what, data, right, allowed=0.0):
    """A variant, with its right pixels as a picture of Pillow."""
    number = f"{len(ROWS):03}"
    name = f"{number}_{what}"
    (OUT / name).write_bytes(data)
    right.convert("RGB").save(OUT / f"{number}.png")
    ROWS.append((name, f"{number}.png", allowed))


def pillow(data):
    return Image.open(io.BytesIO(data))


def over_white(picture):
    """As the program blends: rounded to the nearest, over white."""
    pixels = np.asarray(picture.convert("RGBA")).astype(np.uint32)
    alpha = pixels[..., 3:]
    rgb = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return Image.fromarray(rgb.astype(np.uint8))


def tool(command, data):
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


# EXIF


def exif(orientation, order, kind):
    """An EXIF block; `kind` 3 is SHORT, 4 LONG, 1 BYTE."""
    o = order
    value = {1: struct.pack(o + "B3x", orientation), 3: struct.pack(o + "HH", orientation, 0), 4: struct.pack(o + "I", orientation)}
    head = (b"II" if o == "<" else b"MM") + struct.pack(o + "HI", 42, 8)
    return head + struct.pack(o + "HHHI", 1, 274, kind, 1) + value[kind] + b"\0\0\0\0"


def with_exif(jpeg, orientation):
    block = exif(orientation, RANDOM.choice("<>"), RANDOM.choice([1, 3, 4]))
    blocks = [block] + ([exif(1, "<", 3)] if RANDOM.random() < 0.4 else [])
    if RANDOM.random() < 0.3:
        blocks.insert(0, b"II*\0\x08\0\0\0" + struct.pack("<HHHI4xI", 1, 271, 2, 4, 0)[:18])
    segments = b"".join(b"\xFF\xE1" + struct.pack(">H", len(b) + 8) + b"Exif\0\0" + b for b in blocks)
    return jpeg[:2] + segments + jpeg[2:]


# JPEG

SAMPLINGS = ["1x1,1x1,1x1", "2x1,1x1,1x1", "1x2,1x1,1x1", "2x2,1x1,1x1", "4x1,1x1,1x1", "1x4,1x1,1x1", "3x1,1x1,1x1",
             "3x2,1x1,1x1", "4x2,1x1,1x1", "2x2,2x1,2x1", "2x2,1x2,1x2", "2x2,2x1,1x2", "1x1,2x2,2x2", "1x1,2x1,2x1",
             "2x1,1x2,1x2", "3x1,2x1,1x1", "2x2,2x2,2x2", "2x2,1x1,2x2", "4x4,2x2,2x2", "2x2,2x1,1x1"]
USUAL = set(SAMPLINGS[:4])
SCANS = ["0;1;2;", "0 1;2;", "0;1 2;", "1;0;2;", "2;1;0;", "0 2;1;"]
PROGRESSIVE = ["0:0-0,0,0;1:0-0,0,0;2:0-0,0,0;0:1-63,0,0;1:1-63,0,0;2:1-63,0,0;",
               "0,1,2:0-0,0,1;0:1-5,0,2;2:1-63,0,1;1:1-63,0,1;0:6-63,0,2;0:1-63,2,1;0,1,2:0-0,1,0;2:1-63,1,0;1:1-63,1,0;0:1-63,1,0;",
               "0,1:0-0,0,0;2:0-0,0,0;0:1-63,0,0;1:1-63,0,0;2:1-63,0,0;"]


def cjpeg(picture, *options, scans=None):
    ppm = io.BytesIO()
    picture.save(ppm, "PPM")
    command = ["cjpeg", "-quality", str(RANDOM.choice([75, 90, 95])), *options]
    if scans:
        (OUT / "scans.txt").write_text(scans)
        command += ["-scans", str(OUT / "scans.txt")]
    return tool(command, ppm.getvalue())


def segments(jpeg):
    """Start and end of each segment before the first scan, with its marker."""
    at = 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        yield jpeg[at + 1], at, end
        at = end


def without(jpeg, marker):
    for found, start, end in reversed(list(segments(jpeg))):
        if found == marker:
            jpeg = jpeg[:start] + jpeg[end:]
    return jpeg


def jpegs(count):
    for i in range(count):
        sampling = SAMPLINGS[i % len(SAMPLINGS)]
        options, scans, what = ["-sample", sampling], None, "baseline"
        way = i // len(SAMPLINGS) % 8
        if way in (1, 2, 3):
            scans, what = RANDOM.choice(SCANS), "scans"
        elif way in (4, 5):
            scans, what = RANDOM.choice(PROGRESSIVE), "progressive"
        elif way == 6:
            options, what = options + ["-progressive"], "progressive"
        if RANDOM.random() < 0.4:
            options += ["-restart", RANDOM.choice(["1", "3", "5B", "1B"])]
            what += "_restart"
        try:
            jpeg = cjpeg(source(), *options, scans=scans)
        except subprocess.CalledProcessError:
            # More than ten blocks a unit.
            jpeg = cjpeg(source(), "-sample", "2x1,1x1,1x1", *options[2:], scans=scans)
            sampling = "2x1,1x1,1x1"
        right = pillow(jpeg).convert("RGB")
        if way == 7 and RANDOM.random() < 0.7:
            jpeg, what = without(jpeg, 0xC4), "no_tables"
        turn = RANDOM.randint(1, 8)
        if RANDOM.random() < 0.4:
            jpeg, right, what = with_exif(jpeg, turn), upright(right, turn), what + f"_o{turn}"
        if RANDOM.random() < 0.2:
            jpeg, what = jpeg[:-2], what + "_no_end"
        # libjpeg repeats samples where they are not twice as many; we go over evenly.
        rare = sampling not in USUAL
        add(f"{what}_{sampling.replace(',', '_')}.jpg", jpeg, right, 4.0 if rare else 1.5)


def adobe(jpeg, transform):
    return jpeg[:2] + b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0" + bytes([transform]) + jpeg[2:]


def odd_jpegs(count):
    for i in range(count):
        picture = source()
        way = i % 8
        if way == 0:
            jpeg = adobe(cjpeg(picture), 0)
            add("jfif_adobe0.jpg", jpeg, pillow(without(jpeg, 0xEE)), 1.5)
        elif way == 1:
            jpeg = cjpeg(picture, "-rgb")
            add("rgb.jpg", jpeg, pillow(jpeg), 1.5)
        elif way == 2:
            jpeg = cjpeg(picture, "-grayscale", "-sample", RANDOM.choice(["1x1", "2x2", "2x1"]))
            add("gray.jpg", jpeg, pillow(jpeg), 1.5)
        elif way == 3:
            jpeg = cjpeg(picture, "-arithmetic")
            add("arithmetic.jpg", jpeg, picture, 6.0)
        elif way == 4:
            jpeg = without(cjpeg(picture), 0xE0)
            add("no_jfif.jpg", jpeg, pillow(jpeg), 1.5)
        elif way == 5:
            # Colors named by Adobe alone.
            jpeg = adobe(without(cjpeg(picture), 0xE0), 1)
            add("adobe1.jpg", jpeg, pillow(jpeg), 1.5)
        elif way == 6:
            data = io.BytesIO()
            picture.convert("CMYK").save(data, "JPEG", quality=92)
            inks = ImageOps.invert(picture.convert("CMYK").convert("RGB"))
            add("cmyk.jpg", data.getvalue(), ImageOps.invert(inks), 3.0)
        else:
            jpeg = cjpeg(picture, "-sample", "1x1,1x1,1x1")
            add("after_end.jpg", jpeg + jpeg[: len(jpeg) // 2], pillow(jpeg), 1.5)


# PNG


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_profile(kind, block):
    digits = (b"Exif\0\0" + block).hex()
    lines = "\n".join(digits[i:i + 72] for i in range(0, len(digits), 72))
    text = f"\nexif\n{len(block) + 6:8}\n{lines}\n".encode()
    name = RANDOM.choice([b"Raw profile type exif\0", b"Raw profile type APP1\0"])
    return chunk(kind, name + (b"\0" + zlib.compress(text) if kind == b"zTXt" else text))


def pngs(count):
    modes = ["RGB", "L", "P", "1", "RGBA", "LA", "16", "RGB16", "interlaced", "transparent"]
    for i in range(count):
        mode = modes[i % len(modes)]
        data = io.BytesIO()
        if mode in ("RGBA", "LA"):
            picture = source(mode[:-1])
            ramp = Image.linear_gradient("L").resize(picture.size)
            picture.putalpha(ramp)
            picture.save(data, "PNG")
            data, right = data.getvalue(), over_white(picture)
        elif mode in ("16", "RGB16", "interlaced"):
            picture = source("L" if mode == "16" else "RGB")
            pixels = np.asarray(picture)
            wide = pixels if mode == "interlaced" else pixels.astype(np.uint16) * 257
            image = pyvips.Image.new_from_array(np.atleast_3d(wide))
            kind = {"16": "grey16", "RGB16": "rgb16", "interlaced": "srgb"}[mode]
            image = image.copy(interpretation=kind)
            data, right = image.write_to_buffer(".png", interlace=mode == "interlaced"), picture
        elif mode == "transparent":
            picture = source().quantize(32)
            picture.save(data, "PNG", transparency=5)
            data = data.getvalue()
            right = over_white(pillow(data))
        else:
            picture = source().quantize(RANDOM.choice([2, 4, 16, 200])) if mode == "P" else source(mode)
            picture.save(data, "PNG")
            data, right = data.getvalue(), picture.convert("RGB")
        what, turn = mode.lower(), RANDOM.randint(1, 8)
        if RANDOM.random() < 0.6:
            block = exif(turn, RANDOM.choice("<>"), RANDOM.choice([1, 3, 4]))
            way = RANDOM.choice([b"eXIf", b"zTXt", b"tEXt"])
            extra = chunk(way, block) if way == b"eXIf" else raw_profile(way, block)
            at = RANDOM.choice([33, len(data) - 12])
            data, right = data[:at] + extra + data[at:], upright(right.convert("RGB"), turn)
            what += f"_{way.decode().lower()}_o{turn}"
        if RANDOM.random() < 0.25:
            data, what = data[:-RANDOM.choice([12, 12, 4, 9])], what + "_no_end"
        add(f"{what}.png", data, right)


# WebP


def webps(count):
    for i in range(count):
        data, turn = io.BytesIO(), RANDOM.randint(1, 8)
        picture = source()
        lossless = i % 2 == 0
        block = b"Exif\0\0" * (i % 3 == 0) + exif(turn, RANDOM.choice("<>"), RANDOM.choice([1, 3, 4]))
        if i % 4 >= 2:
            picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        picture.save(data, "WEBP", lossless=lossless, quality=90, exif=block, exact=True)
        right = over_white(pillow(data.getvalue()))
        add(f"{'lossless' if lossless else 'lossy'}_o{turn}.webp", data.getvalue(), upright(right, turn), 0.0 if lossless else 1.0)


# GIF


def gifs(count):
    for i in range(count):
        picture = source().quantize(RANDOM.choice([4, 16, 64, 256]))
        data = io.BytesIO()
        picture.save(data, "GIF", interlace=i % 2)
        gif, right, what = data.getvalue(), picture.convert("RGB"), "plain"
        table = 3 << (gif[10] % 8 + 1) if gif[10] & 128 else 0
        at = gif.index(b",", 13 + table)
        place = struct.unpack("<4H", gif[at + 1:at + 9])
        way = i % 8
        if way == 1:
            gif, what = gif[:6] + b"\0\0\0\0" + gif[10:], "screen0"
        elif way == 2:
            gif, what = gif[:at] + b"\0" * RANDOM.randint(1, 4) + gif[at:], "zeros"
        elif way == 3:
            w, h = picture.width - RANDOM.randint(1, picture.width // 3), picture.height - RANDOM.randint(0, picture.height // 3)
            gif, what = gif[:6] + struct.pack("<2H", w, h) + gif[10:], "over_edge"
        elif way == 4:
            x, y = RANDOM.randint(0, 9), RANDOM.randint(0, 9)
            w, h = place[2] + x + RANDOM.randint(0, 9), place[3] + y
            gif = gif[:6] + struct.pack("<2H", w, h) + gif[10:at + 1] + struct.pack("<2H", x, y) + gif[at + 5:]
            canvas = Image.new("RGB", (w, h), "white")
            canvas.paste(right, (x, y))
            right, what = canvas, "inside"
        elif way == 5:
            gif = gif[:at + 1] + struct.pack("<2H", *picture.size) + gif[at + 5:]
            what = "outside"
        elif way == 6:
            # The table belongs to the frame.
            flags = bytes([gif[at + 9] & 0x40 | 0x80 | gif[10] & 7])
            gif = gif[:10] + bytes([gif[10] & 0x70]) + gif[11:13] + gif[13 + table:at + 9] + flags + gif[13:13 + table] + gif[at + 10:]
            what = "own_colors"
        elif way == 7:
            gif, what = gif[:-1], "no_end"
        add(f"{what}.gif", gif, right)


# BMP: a writer by hand


def spread(values, bits):
    most = (1 << bits) - 1
    return (values.astype(np.uint32) * 255 + most // 2) // most


def bmp_rows(pixels, bits):
    """Indices or words to padded rows."""
    rows = []
    for row in pixels:
        if bits < 8:
            digits = "".join(f"{v:0{bits}b}" for v in row)
            digits += "0" * (-len(digits) % 8)
            line = int(digits, 2).to_bytes(len(digits) // 8, "big")
        else:
            line = b"".join(int(v).to_bytes(bits // 8, "little") for v in row)
        rows.append(line + b"\0" * (-len(line) % 4))
    return rows


def runs(row, bits):
    """Run lengths of a row, now and then literal."""
    out, at = b"", 0
    while at < len(row):
        end = at + 1
        while end < len(row) and row[end] == row[at] and end - at < 255:
            end += 1
        count, value = end - at, int(row[at])
        literal = row[at:at + 7]
        if count == 1 and len(literal) == 7:
            body = bytes(map(int, literal)) if bits == 8 else bytes(
                int(a) << 4 | int(b) for a, b in zip(literal[::2], list(literal[1::2]) + [0]))
            out, at = out + bytes([0, 7]) + body + b"\0" * (len(body) % 2), at + 7
        else:
            out, at = out + bytes([count, value if bits == 8 else value << 4 | value]), end
    return out + b"\0\0"


def bmps(count):
    kinds = [(1, 0), (2, 0), (4, 0), (8, 0), (24, 0), (32, 0), (16, 0), (16, 3), (32, 3), (8, 1), (4, 2)]
    for i in range(count):
        bits, coding = kinds[i % len(kinds)]
        picture, palette, masks = source(), b"", [0, 0, 0, 0]
        length = RANDOM.choice([40, 40, 52, 56, 108, 124])
        if coding == 0 and bits in (1, 4, 8, 24):
            length = RANDOM.choice([12, 16, 40, 64, 108, 124])
        what = f"{bits}_{coding}_{length}"
        entry = 3 if length == 12 else 4
        colors = 0
        if bits <= 8:
            quantized = picture.quantize(1 << bits, dither=Image.NONE)
            pixels = np.asarray(quantized)
            table = quantized.getpalette()
            table += [0] * (3 * (1 << bits) - len(table))
            colors = RANDOM.choice([0, 1 << bits])
            entries = [bytes(table[3 * n:3 * n + 3][::-1]) + b"\0" * (entry - 3) for n in range(1 << bits)]
            if RANDOM.random() < 0.3 and length >= 40:
                # More colors than the bits can name.
                entries += [b"\1\2\3\0"] * 20
                colors, what = len(entries), what + "_many"
            palette, right = b"".join(entries), quantized.convert("RGB")
        elif bits == 16:
            parts = [5, 6, 5] if coding == 3 and RANDOM.random() < 0.6 else [5, 5, 5]
            rgb = np.asarray(picture).astype(np.uint32)
            levels = [rgb[..., c] >> (8 - parts[c]) for c in range(3)]
            shifts = [parts[1] + parts[2], parts[2], 0]
            pixels = sum(level << shift for level, shift in zip(levels, shifts))
            masks = [((1 << part) - 1) << shift for part, shift in zip(parts, shifts)] + [0]
            right = Image.fromarray(np.stack([spread(l, p) for l, p in zip(levels, parts)], -1).astype(np.uint8))
        else:
            rgb = np.asarray(picture).astype(np.uint32)
            order = RANDOM.choice([[16, 8, 0], [0, 8, 16]]) if coding == 3 else [16, 8, 0]
            pixels = sum(rgb[..., c] << order[c] for c in range(3))
            masks = [0xFF << shift for shift in order] + [0]
            right = picture
            if coding == 3 and length >= 56:
                masks[3] = 0xFF << 24
                if RANDOM.random() < 0.5:
                    ramp = np.asarray(Image.linear_gradient("L").resize(picture.size)).astype(np.uint32)
                    pixels, what = pixels | ramp << 24, what + "_alpha"
                    picture.putalpha(Image.fromarray(ramp.astype(np.uint8)))
                    right = over_white(picture)
                else:
                    what += "_alpha0"
        top = coding in (0, 3) and length >= 40 and length != 64 and RANDOM.random() < 0.4
        stored = pixels if top else pixels[::-1]
        if coding in (1, 2):
            body = b"".join(runs(row, bits) for row in stored) + b"\0\1"
        else:
            body = b"".join(bmp_rows(stored, bits))
            row = (right.width * bits + 7) // 8
            if RANDOM.random() < 0.3 and row % 4:
                body, what = body[:-(-row % 4)], what + "_no_padding"
        planes = RANDOM.choice([1, 1, 0])
        w, h = right.width, -right.height if top else right.height
        if length == 12:
            head = struct.pack("<I4H", 12, w, h, planes, bits)
        else:
            head = struct.pack("<IiiHHIIiiII", length, w, h, planes, bits, coding, len(body), 2835, 2835, colors, 0)[:length]
            behind = struct.pack("<4I", *masks) if coding == 3 else b""
            head = (head + behind).ljust(length, b"\0") if length >= 52 else head + behind[:12]
        start = 14 + len(head) + len(palette)
        reserved = RANDOM.choice([0, 0, 0x01020304])
        file = struct.pack("<2sIII", b"BM", start + len(body), reserved, start) + head + palette + body
        add(f"{what}{'_top' if top else ''}.bmp", file, right)


# TIFF


def entry_at(tiff, tag):
    """Offset of an entry in the first directory of a little-endian TIFF."""
    at = struct.unpack("<I", tiff[4:8])[0]
    for i in range(struct.unpack("<H", tiff[at:at + 2])[0]):
        place = at + 2 + 12 * i
        if struct.unpack("<H", tiff[place:place + 2])[0] == tag:
            return place
    return None


def numpy_tiff(pixels, **options):
    data = io.BytesIO()
    tifffile.imwrite(data, pixels, **options)
    return data.getvalue()


def tiffcp(tiff, *options):
    one, two = OUT / "in.tif", OUT / "out.tif"
    one.write_bytes(tiff)
    subprocess.run(["tiffcp", *options, str(one), str(two)], check=True, capture_output=True)
    return two.read_bytes()


def pillow_tiff(picture, **options):
    data = io.BytesIO()
    picture.save(data, "TIFF", **options)
    return data.getvalue()


def laid_out(i):
    """Depths, orders, planes, tiles, predictors."""
    deep, gray = RANDOM.random() < 0.35, RANDOM.random() < 0.3
    picture = source("L" if gray else "RGB")
    pixels = np.asarray(picture)
    pixels = pixels.astype(np.uint16) * 257 if deep else pixels
    options = {"photometric": "minisblack" if gray else "rgb", "byteorder": RANDOM.choice("<>"), "bigtiff": RANDOM.random() < 0.2}
    coding = RANDOM.choice([None, "lzw", "zlib", "packbits", "adobe_deflate"])
    options["compression"] = coding
    if coding in ("lzw", "zlib", "adobe_deflate") and RANDOM.random() < 0.5:
        options["predictor"] = 2
    if RANDOM.random() < 0.5:
        options["tile"] = RANDOM.choice([(16, 16), (32, 64), (64, 16)])
    else:
        options["rowsperstrip"] = RANDOM.choice([1, 7, 16, 999])
    if not gray and RANDOM.random() < 0.4:
        pixels, options["planarconfig"] = np.moveaxis(pixels, -1, 0), "separate"
    turn = RANDOM.randint(1, 8)
    if RANDOM.random() < 0.4:
        kind = RANDOM.choice([1, 3, 4])
        options["extratags"] = [(274, kind, 1, turn, True)]
        picture = upright(picture.convert("RGB"), turn)
    names = {"<": "little", ">": "big", "True": "bigtiff", "False": "classic"}
    values = [value for value in options.values() if not isinstance(value, list)]
    words = ["x".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]
    what = "_".join(names.get(word, word) for word in words)
    return f"{16 if deep else 8}_{what}", numpy_tiff(pixels, **options), picture, 0.0


def refused(i):
    """What may be refused, but only by name."""
    picture = source()
    pixels = np.asarray(picture)
    way = i % 8
    if way == 0:
        return "zstd", numpy_tiff(pixels, photometric="rgb", compression="zstd"), picture, 0.0
    if way == 1:
        return "webp", numpy_tiff(pixels, photometric="rgb", compression="webp", compressionargs={"lossless": True}), picture, 0.0
    if way == 2:
        return "float", numpy_tiff(pixels.astype(np.float32) / 255, photometric="rgb"), picture, 0.6
    if way == 3:
        return "float_pred3", numpy_tiff(pixels.astype(np.float32) / 255, photometric="rgb", compression="zlib", predictor=3), picture, 0.6
    if way == 4:
        gray = source("L")
        return "gray12", twelve(np.asarray(gray).astype(np.uint32) * 4095 // 255), gray, 0.6
    if way == 5:
        bit = source("1")
        return "fax3", pillow_tiff(bit, compression="group3"), bit, 0.0
    if way == 6:
        lab = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb").colourspace("lab")
        return "lab", lab.write_to_buffer(".tif"), picture, 4.0
    return "lzma", numpy_tiff(pixels, photometric="rgb", compression="lzma"), picture, 0.0


def twelve(values):
    """A gray TIFF of twelve bits, by hand."""
    h, w = values.shape
    body = b""
    for row in values:
        digits = "".join(f"{v:012b}" for v in row)
        digits += "0" * (-len(digits) % 8)
        body += int(digits, 2).to_bytes(len(digits) // 8, "big")
    tags = [(256, 3, w), (257, 3, h), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 3, h), (279, 4, len(body))]
    body += b"\0" * (len(body) % 2)
    head = b"II*\0" + struct.pack("<I", 8 + len(body))
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return head + body + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"


def in_jpeg(i):
    way = i % 6
    picture = source()
    if way == 0:
        tiff = pillow_tiff(picture, compression="jpeg", quality=90)
        return "jpeg_pillow", tiff, pillow(tiff), 1.5
    if way == 1:
        tiff = tiffcp(numpy_tiff(np.asarray(picture), photometric="rgb"), "-r", "32", "-c", "jpeg:90")
        return "jpeg_ycc_strips", tiff, pillow(tiff), 1.5
    if way == 2:
        tiff = tiffcp(numpy_tiff(np.asarray(picture), photometric="rgb"), "-c", "jpeg:r:90", "-t", "-w", "32", "-l", "48")
        return "jpeg_tiles", tiff, pillow(tiff), 1.5
    if way == 3:
        image = pyvips.Image.new_from_array(np.asarray(picture)).copy(interpretation="srgb")
        tiff = image.write_to_buffer(".tif", compression="jpeg", Q=90, tile=True, tile_width=64, tile_height=64)
        return "jpeg_vips", tiff, pillow(tiff), 1.5
    if way == 4:
        tiff = tiffcp(numpy_tiff(np.asarray(picture.convert("L"))), "-r", "32", "-c", "jpeg:90")
        return "jpeg_gray", tiff, pillow(tiff), 1.5
    planes = np.moveaxis(np.asarray(picture), -1, 0)
    tiff = numpy_tiff(planes, photometric="rgb", planarconfig="separate", compression="jpeg")
    return "jpeg_planes", tiff, picture, 6.0


def odd_tiff(i):
    way = i % 13
    picture = source()
    pixels = np.asarray(picture)
    plain = numpy_tiff(pixels, photometric="rgb", rowsperstrip=16, metadata=None)
    if way == 0:
        palette = picture.quantize(200)
        tiff = bytearray(pillow_tiff(palette))
        at = entry_at(tiff, 320)
        count, place = struct.unpack("<II", tiff[at + 4:at + 12])
        table = struct.unpack(f"<{count}H", tiff[place:place + 2 * count])
        tiff[place:place + 2 * count] = struct.pack(f"<{count}H", *[v >> 8 for v in table])
        return "map8", bytes(tiff), palette, 0.0
    if way == 1:
        coding = RANDOM.choice(["none", "lzw", "packbits", "g4"])
        bit = source("1")
        return f"fill2_{coding}", tiffcp(pillow_tiff(bit), "-f", "lsb2msb", "-c", coding), bit, 0.0
    if way == 2:
        tiff = tiffcp(plain, "-f", "lsb2msb", "-c", RANDOM.choice(["none", "lzw", "zip"]))
        return "fill2_rgb", tiff, picture, 0.0
    if way == 3:
        at = struct.unpack("<I", plain[4:8])[0]
        end = at + 2 + 12 * struct.unpack("<H", plain[at:at + 2])[0]
        return "loop", plain[:end] + struct.pack("<I", at) + plain[end + 4:], picture, 0.0
    if way == 4:
        coding = RANDOM.choice([None, "lzw", "packbits"])
        tiff = bytearray(numpy_tiff(pixels, photometric="rgb", rowsperstrip=RANDOM.choice([16, 999]), compression=coding, metadata=None))
        at = entry_at(tiff, 279)
        tiff[at:at + 2] = struct.pack("<H", 65_000)
        return "no_counts", bytes(tiff), picture, 0.0
    if way in (5, 6):
        small = np.asarray(picture.resize((picture.width // 4, picture.height // 4)))
        data = io.BytesIO()
        with tifffile.TiffWriter(data) as writer:
            if way == 5:
                writer.write(small, photometric="rgb", subfiletype=1)
                writer.write(pixels, photometric="rgb", subfiletype=0)
            else:
                writer.write(small, photometric="rgb", subfiletype=1, subifds=1)
                writer.write(pixels, photometric="rgb", subfiletype=0)
        return ("preview" if way == 5 else "preview_above"), data.getvalue(), picture, 0.0
    if way == 7:
        data = io.BytesIO()
        pages = [picture, source(), source()]
        pages[0].save(data, "TIFF", save_all=True, append_images=pages[1:])
        return "pages", data.getvalue(), picture, 0.0
    if way == 8:
        gray = source("L")
        return "white_is_0", numpy_tiff(255 - np.asarray(gray), photometric="miniswhite"), gray, 0.0
    if way == 9:
        bit = source("1")
        return "g4", pillow_tiff(bit, compression="group4"), bit, 0.0
    if way == 10:
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        return "alpha", pillow_tiff(picture, compression="tiff_lzw"), over_white(picture), 0.0
    if way == 11:
        bits = RANDOM.choice([1, 2, 4])
        palette = picture.quantize(1 << bits, dither=Image.NONE)
        data = np.asarray(palette)
        table = np.array(palette.getpalette() + [0] * 768)[: 3 << bits].reshape(-1, 3).T * 257
        return f"palette{bits}", small_palette(data, bits, table), palette, 0.0
    inks = picture.convert("CMYK")
    return "cmyk", pillow_tiff(inks, compression=RANDOM.choice(["tiff_lzw", "raw", "packbits"])), inks.convert("RGB"), 0.5


def small_palette(values, bits, table):
    h, w = values.shape
    body = b""
    for row in values:
        digits = "".join(f"{v:0{bits}b}" for v in row)
        digits += "0" * (-len(digits) % 8)
        body += int(digits, 2).to_bytes(len(digits) // 8, "big")
    body += b"\0" * (len(body) % 2)
    colors = table.astype("<u2").tobytes()
    tags = [(256, 3, 1, w), (257, 3, 1, h), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 3), (273, 4, 1, 8), (277, 3, 1, 1),
            (278, 3, 1, h), (279, 4, 1, len(body)), (320, 3, len(colors) // 2, 8 + len(body))]
    head = b"II*\0" + struct.pack("<I", 8 + len(body) + len(colors))
    if len(colors) <= 4:
        raise ValueError("a map that fits its entry")
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return head + body + colors + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"


def tiffs(count, make):
    for i in range(count):
        what, tiff, right, allowed = make(i)
        add(f"{what}.tif", tiff, right, allowed)


# Second opinions


def by_vips(path):
    image = pyvips.Image.new_from_file(str(path)).autorot()
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=255)
    return image.cast("uchar").numpy()[..., :3]


def by_pillow(path):
    picture = ImageOps.exif_transpose(Image.open(path))
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = over_white(picture)
    return np.asarray(picture.convert("RGB"))


def opinions():
    agree = {"Pillow": 0, "libvips": 0}
    for name, reference, allowed in ROWS:
        right = np.asarray(Image.open(OUT / reference)).astype(int)
        found = {}
        for who, reader in (("Pillow", by_pillow), ("libvips", by_vips)):
            try:
                found[who] = reader(OUT / name).astype(int)
            except Exception:  # whatever they say, they do not read it
                continue
            same = found[who].shape == right.shape and abs(found[who] - right).mean() <= max(allowed, 1.0)
            agree[who] += same
        both = list(found.values())
        if len(both) == 2 and both[0].shape == both[1].shape and abs(both[0] - both[1]).mean() <= 1.0:
            if both[0].shape != right.shape or abs(both[0] - right).mean() > max(allowed, 1.0):
                print(f"{name}: Pillow and libvips agree on other pixels")
    print(f"{len(ROWS)} variants; Pillow agrees on {agree['Pillow']}, libvips on {agree['libvips']}")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    jpegs(160)
    odd_jpegs(32)
    pngs(70)
    webps(24)
    gifs(48)
    bmps(66)
    tiffs(50, laid_out)
    tiffs(8, refused)
    tiffs(12, in_jpeg)
    tiffs(30, odd_tiff)
    lines = [f"{name},{reference},{allowed}" for name, reference, allowed in ROWS]
    (OUT / "variants.csv").write_text("\n".join(["file,reference,allowed", *lines]) + "\n")
    opinions()


if __name__ == "__main__":
    main()
