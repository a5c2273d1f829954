"""Reference logits of U2NetP's network for crates/nets/tests/u2net.rs.

Needs: pip install torch numpy; with u2netp.onnx also onnx and onnxruntime (see u2netp_maps.py)
Run:   python peers/u2net.py [u2netp.onnx] > crates/nets/tests/fixtures/u2net.json

The network is written here anew from the article's description, with weights from the closed
formula of networks.py, but that maps are enlarged step by step, as in ours. With the published file,
its own output on a picture of two ramps comes besides: that one enlarges in one step.
"""

import json
import sys
from importlib.metadata import version

import numpy as np
import torch
import torch.nn.functional as F

from networks import closed_form, closed_input, every

MID, OUT, SIDE = 16, 64, 64
HEIGHTS = [7, 6, 5, 4]


class Network:
    """The layers, named and counted in the order in which they run."""

    def __init__(self):
        self.count = 0

    def conv(self, x, outputs, dilation=1):
        name = f"steps.{self.count}"
        self.count += 1
        weight = closed_form(f"{name}.weight", (outputs, x.shape[1], 3, 3))
        bias = closed_form(f"{name}.bias", (outputs,))
        return F.relu(F.conv2d(x, weight, bias, padding=dilation, dilation=dilation))

    def deep(self, x, height):
        outer = self.conv(x, OUT)
        way = [self.conv(outer, MID)]
        for _ in range(height - 2):
            way.append(self.conv(F.max_pool2d(way[-1], 2, 2), MID))
        x = self.conv(way[-1], MID, 2)
        for n, beside in enumerate(reversed(way)):
            x = double(x) if n else x
            x = self.conv(torch.cat([x, beside], 1), OUT if n == len(way) - 1 else MID)
        return x + outer

    def flat(self, x):
        outer = self.conv(x, OUT)
        one = self.conv(outer, MID)
        two = self.conv(one, MID, 2)
        four = self.conv(two, MID, 4)
        x = self.conv(four, MID, 8)
        x = self.conv(torch.cat([x, four], 1), MID, 4)
        x = self.conv(torch.cat([x, two], 1), MID, 2)
        return self.conv(torch.cat([x, one], 1), OUT) + outer

    def forward(self, x):
        down = []
        for height in HEIGHTS:
            down.append(self.deep(x, height))
            x = F.max_pool2d(down[-1], 2, 2)
        down.append(self.flat(x))
        x = self.flat(F.max_pool2d(down[-1], 2, 2))
        logits = side(5, x)
        for level in reversed(range(5)):
            x = torch.cat([double(x), down[level]], 1)
            x = self.flat(x) if level == 4 else self.deep(x, HEIGHTS[level])
            logits = side(level, x) + double(logits)
        return logits


def double(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def side(level, x):
    weight = closed_form(f"sides.{level}.weight", (1, OUT, 3, 3))
    return F.conv2d(x, weight, closed_form(f"sides.{level}.bias", (1,)), padding=1)


def published(path):
    """Chances of U2NetP itself: the picture is smooth, so that no filter matters."""
    import onnxruntime

    y, x = np.meshgrid(np.arange(320), np.arange(320), indexing="ij")
    inside = (x - 150) ** 2 + (y - 170) ** 2 < 90**2
    pixels = np.stack([x * 255 // 319, y * 255 // 319, np.where(inside, 255, 40)], 2)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    pixels = ((pixels / 255 - mean) / deviation).astype(np.float32)
    session = onnxruntime.InferenceSession(path)
    out = session.run(None, {"input.1": pixels.transpose(2, 0, 1)[None]})[0][0, 0]
    return {"onnxruntime": version("onnxruntime"), **every(torch.from_numpy(out), 512)}


def main():
    torch.set_grad_enabled(False)
    shape = (1, SIDE, SIDE, 3)
    logits = Network().forward(closed_input("picture", shape))
    case = {"shape": shape, "output": every(logits.permute(0, 2, 3, 1))}
    found = {"torch": torch.__version__, "cases": {"u2net": case}}
    if len(sys.argv) > 1:
        found["published"] = published(sys.argv[1])
    json.dump(found, sys.stdout, indent=1)


main()
