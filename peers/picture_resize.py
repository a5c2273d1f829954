"""Reference numbers for crates/picture, from Pillow, colorsys and the CIE formulas.

Run:   python peers/picture_resize.py
Needs: Pillow with WebP (the checked-in files come from the version in the first line of
       reference.txt). No other package.
Makes: crates/picture/tests/fixtures/reference.txt and a dozen files of less than 2 kB.

Lines of reference.txt, space separated, pixels as hexadecimal RGB:
    resize FILTER WIDTH HEIGHT PIXELS           the picture of `source` resized
    region FILTER X Y W H WIDTH HEIGHT PIXELS   the same, from a box of it
    file NAME WIDTH HEIGHT PIXELS               what Pillow reads in the file NAME
    lab R G B L A B                             CIELAB of an sRGB color, D65
    hsv R G B H S V                             degrees, 0..1, 0..1
"""

import colorsys
import io
from pathlib import Path

import PIL
from PIL import Image

OUT = Path(__file__).resolve().parent.parent / "crates/picture/tests/fixtures"
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos3": Image.Resampling.LANCZOS,
}


def source():
    """61 x 47: ramps, a checkerboard and a quadratic texture, by a formula the test repeats."""
    image = Image.new("RGB", (61, 47))
    for y in range(47):
        for x in range(61):
            board = 190 if (x // 5 + y // 7) % 2 else 60
            image.putpixel((x, y), (40 + 2 * x + y, board, 30 + (x * x + 3 * x * y + y * y) % 180))
    return image


def small(width=24, height=18):
    """Four smooth corners: red, green, blue, grey."""
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            u, v = x / (width - 1), y / (height - 1)
            image.putpixel(
                (x, y),
                tuple(
                    round((1 - u) * (1 - v) * p + u * (1 - v) * q + (1 - u) * v * r + u * v * s)
                    for p, q, r, s in zip((220, 40, 30), (40, 200, 60), (30, 50, 210), (128, 120, 140))
                ),
            )
    return image


def alpha(image):
    image = image.copy()
    mask = Image.new("L", image.size)
    for y in range(image.height):
        for x in range(image.width):
            mask.putpixel((x, y), min(255, 12 * x))
    image.putalpha(mask)
    return image


def flatten(image):
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def lab(rgb):
    """IEC 61966-2-1 decoding, Lindbloom's matrix, CIE 15 with the matrix's own white."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    matrix = (
        (0.4124564, 0.3575761, 0.1804375),
        (0.2126729, 0.7151522, 0.0721750),
        (0.0193339, 0.1191920, 0.9503041),
    )
    ratios = [sum(m * c for m, c in zip(row, linear)) / sum(row) for row in matrix]
    f = [t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in ratios]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def save(name, image, **options):
    (OUT / name).write_bytes(encode(image, **options))


def encode(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def make_files():
    picture = small()
    cmyk = picture.convert("CMYK")
    save("cmyk.jpg", cmyk, format="JPEG", quality=95)
    # The same samples announced as YCCK: Pillow writes "transform 0" in the Adobe segment,
    # a 2 there makes luminance and chrominance of the first three components.
    data = bytearray((OUT / "cmyk.jpg").read_bytes())
    data[data.index(b"Adobe") + 11] = 2
    (OUT / "ycck.jpg").write_bytes(data)
    save("baseline420.jpg", picture, format="JPEG", quality=90, subsampling="4:2:0")
    save("baseline422.jpg", picture, format="JPEG", quality=90, subsampling="4:2:2")
    save("progressive444.jpg", picture, format="JPEG", quality=90, subsampling="4:4:4", progressive=True)
    save("progressive420.jpg", picture, format="JPEG", quality=90, subsampling="4:2:0", progressive=True)
    save("rgb.jpg", picture, format="JPEG", quality=90, keep_rgb=True)
    save("gray.jpg", picture.convert("L"), format="JPEG", quality=90)
    save("restart.jpg", picture, format="JPEG", quality=90, restart_marker_blocks=1)
    save("lossy.webp", picture, format="WEBP", quality=95)
    save("lossy_alpha.webp", alpha(picture), format="WEBP", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    save("turned.webp", picture, format="WEBP", lossless=True, exif=exif)
    frames = [alpha(picture), Image.new("RGBA", picture.size, (9, 9, 9, 255))]
    save("animated.webp", frames[0], format="WEBP", save_all=True, append_images=frames[1:], lossless=True)
    save("animated.png", frames[0], format="PNG", save_all=True, append_images=frames[1:])
    save("palette.png", picture.quantize(16), format="PNG", transparency=3)
    save("gray16.png", Image.frombytes("I;16", (9, 7), bytes(range(126))), format="PNG")


def shown(name):
    image = Image.open(OUT / name)
    image.seek(0)
    if name == "turned.webp":
        return image.convert("RGB").transpose(Image.Transpose.ROTATE_270)
    if name == "gray16.png":
        # Rounded to eight bits; Pillow's own conversion from "I;16" clips instead.
        levels = [int.from_bytes(bytes(range(126))[i : i + 2], "little") for i in range(0, 126, 2)]
        return Image.frombytes("L", (9, 7), bytes(round(v / 257) for v in levels)).convert("RGB")
    if image.mode in ("RGBA", "P"):
        return flatten(image)
    return image.convert("RGB")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    make_files()
    lines = [f"# Pillow {PIL.__version__}, peers/picture_resize.py"]
    picture = source()
    for name, kind in FILTERS.items():
        for size in ((16, 12), (7, 47)):
            lines.append(f"resize {name} {size[0]} {size[1]} {picture.resize(size, kind).tobytes().hex()}")
        if name != "nearest":
            for x, y, w, h, width, height in ((11, 5, 40, 31, 15, 13), (20, 8, 9, 7, 21, 17)):
                resized = picture.resize((width, height), kind, box=(x, y, x + w, y + h))
                lines.append(f"region {name} {x} {y} {w} {h} {width} {height} {resized.tobytes().hex()}")
    for path in sorted(OUT.glob("*.*")):
        if path.suffix != ".txt":
            image = shown(path.name)
            lines.append(f"file {path.name} {image.width} {image.height} {image.tobytes().hex()}")
    for rgb in ((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (1, 2, 3), (119, 119, 119),
                (200, 150, 40), (12, 200, 180), (90, 20, 140), (250, 128, 114), (10, 10, 11)):
        numbers = " ".join(map(str, rgb))
        lines.append(f"lab {numbers} " + " ".join(f"{v:.6f}" for v in lab(rgb)))
        h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in rgb))
        lines.append(f"hsv {numbers} {360 * h:.6f} {s:.6f} {v:.6f}")
    (OUT / "reference.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
