#!/usr/bin/env python3
"""Makes docs/sketch.png: 24 pictures, each with 32, 16, 8 and 4 strokes.

usage: sketch_sheet.py AFFETTI MET OUTPUT    (needs Pillow; MET is the folder of Met pictures, MET/ID.jpg)

The twelve pictures of gallery/ on the left, twelve more of the Metropolitan Museum (public domain) by
their object numbers on the right.
"""
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

RIGHT = "436840 435802 436528 827660 438814 437658 436622 459052 435908 436947 459092 39936".split()
LEVELS = [32, 16, 8, 4]
CELL = 118
PICTURE = 110


def fitted(path):
    """The picture in the middle of a white cell."""
    picture = Image.open(path).convert("RGB")
    picture.thumbnail((PICTURE, PICTURE), Image.LANCZOS)
    cell = Image.new("RGB", (CELL, CELL), "white")
    cell.paste(picture, ((CELL - picture.width) // 2, (CELL - picture.height) // 2))
    return cell


def row(affetti, path):
    """The picture and its drawings."""
    with tempfile.TemporaryDirectory() as folder:
        levels = ",".join(map(str, LEVELS))
        command = [affetti, "sketch", path, "--sweep", levels, "--seed", "0", "--out", folder]
        subprocess.run([*map(str, command), "--formats", "png", "--quiet"], check=True)
        drawn = {int(p.stem.rsplit("-", 1)[1]): fitted(p) for p in pathlib.Path(folder).glob("*.png")}
    return [fitted(path)] + [drawn[level] for level in LEVELS]


def main():
    affetti, met, output = sys.argv[1:]
    gallery = pathlib.Path(__file__).parent.parent / "gallery"
    left = sorted(gallery.glob("*.jpg"))
    right = [pathlib.Path(met) / f"{number}.jpg" for number in RIGHT]
    columns = 1 + len(LEVELS)
    sheet = Image.new("RGB", (2 * columns * CELL + 20, len(left) * CELL), "white")
    for y, pair in enumerate(zip(left, right)):
        for side, path in enumerate(pair):
            for x, cell in enumerate(row(affetti, path)):
                sheet.paste(cell, (side * (columns * CELL + 20) + x * CELL, y * CELL))
    sheet.quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(output, optimize=True)


main()
