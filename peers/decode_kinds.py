"""Small files of the kinds that readers get wrong, with their right pixels, for crates/picture.

Run:   python peers/decode_kinds.py
Needs: what decode_variants.py needs, beside this file.
Makes: crates/picture/tests/fixtures/kinds/, and kinds.txt there, whose first line names the versions.

A choice of what decode_variants.py makes, from pieces of 17 x 11 pixels. Lines of kinds.txt: NAME
ALLOWED WIDTH HEIGHT PIXELS, where ALLOWED is the mean difference of samples that the codec explains
and PIXELS are hexadecimal RGB; for files that are refused by name, ALLOWED is "refused" and the line
ends.
"""

import subprocess
from pathlib import Path

import numpy as np
import PIL
import pyvips
import tifffile
from PIL import Image

import decode_variants as variants

OUT = Path(__file__).parent.parent / "crates/picture/tests/fixtures/kinds"
SIDES = 17, 11
LINES = []


def source(mode="RGB"):
    return piece().resize(SIDES, Image.LANCZOS).convert(mode)


piece = variants.source


class Choice:
    """Keeps every so-manieth variant."""

    def __init__(self, step, refused=False):
        self.step, self.refused, self.count = step, refused, 0

    def __call__(self, what, data, right, allowed=0.0):
        self.count += 1
        if self.count % self.step:
            return
        name = f"{len(LINES):02}_{what}"
        (OUT / name).write_bytes(data)
        if self.refused:
            LINES.append(f"{name} refused")
            return
        right = right.convert("RGB")
        pixels = np.asarray(right).tobytes().hex()
        LINES.append(f"{name} {allowed} {right.width} {right.height} {pixels}")


def take(step, make, *arguments, refused=False):
    variants.add = Choice(step, refused)
    make(*arguments)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    variants.OUT, variants.source = OUT, source
    take(9, variants.jpegs, 160)
    take(1, variants.odd_jpegs, 3)
    take(7, variants.pngs, 70)
    take(1, variants.gifs, 8)
    take(4, variants.bmps, 66)
    take(11, variants.tiffs, 50, variants.laid_out)
    take(1, variants.tiffs, 6, variants.in_jpeg)
    take(1, variants.tiffs, 13, variants.odd_tiff)
    take(1, variants.tiffs, 4, variants.refused, refused=True)
    # Large enough for cuts at many places of its scans, the last of which is no refinement.
    scans = variants.PROGRESSIVE[0]
    (OUT / "progressive.jpg").write_bytes(variants.cjpeg(piece().resize((64, 48)), scans=scans))
    for work in ("scans.txt", "in.tif", "out.tif"):
        (OUT / work).unlink(missing_ok=True)
    turbo = subprocess.run(["cjpeg", "-version"], capture_output=True, text=True, check=True).stderr.split("\n")[0]
    vips = ".".join(str(pyvips.version(i)) for i in range(3))
    head = f"# peers/decode_kinds.py: Pillow {PIL.__version__}, {turbo}, libvips {vips}, tifffile {tifffile.__version__}"
    (OUT / "kinds.txt").write_text("\n".join([head, *LINES]) + "\n")


if __name__ == "__main__":
    main()
