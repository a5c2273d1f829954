"""Reference outputs of the generators of two articles for crates/paint.

Needs: pip install torch numpy
Run:   python peers/paint.py > crates/paint/tests/fixtures/generators.json
       python peers/paint.py --speed    seconds of one training step of CGAN-Emotion-Art, batch 64

Weights and inputs come from one closed formula on both sides (peers/closed.py). A case holds every n-th value of
the last map before tanh, channels last.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from closed import closed_form, uniform


def cgan_generator():
    """The table of facts: 103 numbers to 64 x 64 pixels, no biases."""
    sizes = [103, 512, 256, 128, 64, 3]
    layers = []
    for n, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        stride, padding = (1, 0) if n == 0 else (2, 1)
        layers.append(nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False))
        if n < 4:
            layers += [nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


def cgan_discriminator():
    """DCGAN's, with a plane for each sentiment."""
    sizes = [6, 64, 128, 256, 512]
    layers = []
    for n, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False))
        if n > 0:
            layers.append(nn.BatchNorm2d(outputs))
        layers.append(nn.LeakyReLU(0.2))
    layers.append(nn.Conv2d(512, 1, 4, bias=False))
    return nn.Sequential(*layers)


class ArtGan(nn.Module):
    """The generator of ArtGAN-AE, 128 x 128 pixels, its batch norms with statistics of the training."""

    STEPS = [(512, True), (256, True), (128, True), (64, True), (64, False), (32, True)]

    def __init__(self, classes):
        super().__init__()
        norm = lambda n: nn.BatchNorm2d(n, eps=1e-3)
        self.begin = nn.Linear(100 + classes, 8192, bias=False)
        # One mean and one variance for each of the 8192 numbers.
        self.begin_norm = nn.BatchNorm1d(8192, eps=1e-3)
        convs, norms, inputs = [], [], 512
        for outputs, _ in self.STEPS:
            convs.append(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))
            norms.append(norm(outputs))
            inputs = outputs
        self.convs, self.norms = nn.ModuleList(convs), nn.ModuleList(norms)
        self.last = nn.Conv2d(32, 3, 3, padding=1, bias=False)

    def forward(self, x):
        x = F.leaky_relu(self.begin_norm(self.begin(x)), 0.2)
        # The map is channels last: [4, 4, 512].
        x = x.reshape(-1, 4, 4, 512).permute(0, 3, 1, 2)
        for (_, doubled), conv, norm in zip(self.STEPS, self.convs, self.norms):
            if doubled:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = F.leaky_relu(norm(conv(x)), 0.2)
        return self.last(x)


def fill(net):
    state = {
        name: tensor if name.endswith("num_batches_tracked") else closed_form(name, tuple(tensor.shape))
        for name, tensor in net.state_dict().items()
    }
    net.load_state_dict(state)
    return net


def every(y, wanted=96):
    flat = y.detach().permute(0, 2, 3, 1).flatten()
    step = max(1, flat.numel() // wanted) | 1
    return {"step": step, "values": flat[::step].tolist()}


def numbers(count, width):
    return torch.from_numpy(uniform("input", count * width).astype(np.float32)).reshape(count, width)


def fixtures():
    generator = fill(cgan_generator())
    x = numbers(5, 103)[:, :, None, None]
    cases = {
        "cgan-running": every(generator.eval()(x)),
        "cgan-batch": every(generator.train()(x)),
        "artgan": every(fill(ArtGan(27)).eval()(numbers(3, 127))),
    }
    out = {"made_by": "peers/paint.py", "versions": {"torch": torch.__version__}, "cases": cases}
    json.dump(out, sys.stdout)


def speed():
    """Both networks, as in training: the discriminator on real and painted pictures, then the generator."""
    torch.manual_seed(0)
    generator, discriminator = cgan_generator(), cgan_discriminator()
    optimizers = [torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999)) for n in (generator, discriminator)]
    loss = nn.BCEWithLogitsLoss()
    planes = torch.zeros(64, 3, 64, 64)
    planes[:, 0] = 1

    def score(x):
        return discriminator(torch.cat([x, planes], 1)).flatten()

    def step():
        real = torch.randn(64, 3, 64, 64)
        fake = generator(torch.randn(64, 103, 1, 1)).tanh()
        seen = loss(score(real), torch.ones(64)) + loss(score(fake.detach()), torch.zeros(64))
        optimizers[1].zero_grad()
        seen.backward()
        optimizers[1].step()
        optimizers[0].zero_grad()
        loss(score(fake), torch.ones(64)).backward()
        optimizers[0].step()

    step()
    times = []
    for _ in range(8):
        begun = time.perf_counter()
        step()
        times.append(time.perf_counter() - begun)
    times.sort()
    print(f"{times[len(times) // 2]:.3f} s a step, torch {torch.__version__}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    speed() if "--speed" in sys.argv else fixtures()
