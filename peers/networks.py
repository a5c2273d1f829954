"""Reference outputs and input gradients of the networks for crates/nets/tests/networks.rs.

Needs: pip install torch torchvision numpy
Run:   python peers/networks.py > crates/nets/tests/fixtures/networks.json

Weights and inputs come from one closed formula on both sides, so no file is needed. A case holds
every n-th output and, where there is a gradient, every n-th value of the gradient of
sum(output * closed("output")) with respect to the input.
"""

import json
import math
import sys

import numpy as np
import torch
import torchvision

from closed import closed_form, uniform
from models import ClipTower, dcgan


def closed_input(name, shape):
    """Channels-last in the formula, channels-first for PyTorch."""
    value = torch.from_numpy(uniform(name, int(np.prod(shape))).astype(np.float32))
    return value.reshape(shape).permute(0, 3, 1, 2).contiguous()


def fill(net):
    state = {
        name: tensor if name.endswith("num_batches_tracked")
        else closed_form(name, tuple(tensor.shape))
        for name, tensor in net.state_dict().items()
    }
    net.load_state_dict(state)
    return net.eval()


def every(tensor, wanted=64):
    """At most `wanted` values at an odd step, which no channel count divides."""
    flat = tensor.detach().flatten()
    step = max(1, flat.numel() // wanted) | 1
    return {"step": step, "values": flat[::step].tolist()}


def last(y):
    return y.permute(0, 2, 3, 1) if y.dim() == 4 else y


def case(net, shape, gradient=True):
    x = closed_input("input", shape).requires_grad_(gradient)
    y = last(net(x))
    found = {"shape": shape, "output": every(y)}
    if gradient:
        weights = torch.from_numpy(uniform("output", y.numel()).astype(np.float32))
        (y * weights.reshape(y.shape)).sum().backward()
        found["gradient"] = every(last(x.grad))
    return found


def main():
    torch.set_num_threads(1)
    models = torchvision.models
    generator, discriminator = dcgan()
    cases = {}
    for name, make in [("resnet-34", models.resnet34), ("resnet-50", models.resnet50)]:
        net = fill(make(weights=None))
        net.fc = torch.nn.Identity()
        cases[name] = case(net, [2, 64, 96, 3])
    cases["vgg16"] = case(fill(models.vgg16(weights=None)).features, [1, 64, 96, 3])
    cases["dcgan-generator"] = case(fill(generator), [3, 1, 1, 100], gradient=False)
    cases["dcgan-discriminator"] = case(fill(discriminator), [3, 64, 64, 3], gradient=False)
    # With the statistics of the batch, as in training.
    cases["dcgan-generator-train"] = case(generator.train(), [3, 1, 1, 100])
    cases["dcgan-discriminator-train"] = case(discriminator.train(), [3, 64, 64, 3])
    # Four of the twelve blocks: all are alike.
    cases["vit"] = case(fill(ClipTower(layers=4)), [2, 224, 224, 3])
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    out = {"made_by": "peers/networks.py", "versions": versions, "cases": cases}
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
