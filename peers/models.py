"""The peers' networks that torchvision does not have; imported by networks.py and torch_speed.py."""

import torch
from torch import nn


class Named(nn.Sequential):
    """A sequence whose tensors are called main.0.weight and so on, as in PyTorch's tutorial."""

    def __init__(self, *layers):
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def dcgan(base=64):
    def up(i, o, s, p, last=False):
        layers = [nn.ConvTranspose2d(i, o, 4, s, p, bias=False)]
        return layers + ([nn.Tanh()] if last else [nn.BatchNorm2d(o), nn.ReLU(True)])

    def down(i, o, s, p, norm=True, last=False):
        layers = [nn.Conv2d(i, o, 4, s, p, bias=False)]
        if last:
            return layers
        return layers + ([nn.BatchNorm2d(o)] if norm else []) + [nn.LeakyReLU(0.2, True)]

    generator = Named(
        *up(100, 8 * base, 1, 0), *up(8 * base, 4 * base, 2, 1),
        *up(4 * base, 2 * base, 2, 1), *up(2 * base, base, 2, 1),
        *up(base, 3, 2, 1, last=True))
    discriminator = Named(
        *down(3, base, 2, 1, norm=False), *down(base, 2 * base, 2, 1),
        *down(2 * base, 4 * base, 2, 1), *down(4 * base, 8 * base, 2, 1),
        *down(8 * base, 1, 1, 0, last=True))
    return generator, discriminator


class Block(nn.Module):
    """One block of CLIP's transformer: attention and MLP, each after a layer norm."""

    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width),
                                  "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        y = self.mlp["c_fc"](self.ln_2(x))
        return x + self.mlp["c_proj"](y * torch.sigmoid(1.702 * y))


class ClipTower(nn.Module):
    """CLIP's image tower (Radford et al. 2021), ViT-B/32 by default, with OpenAI's names."""

    def __init__(self, side=224, patch=32, width=768, heads=12, layers=12, outputs=512):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        tokens = (side // patch) ** 2 + 1
        self.positional_embedding = nn.Parameter(torch.zeros(tokens, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = nn.ModuleDict({
            "resblocks": nn.Sequential(*(Block(width, heads) for _ in range(layers)))})
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.zeros(width, outputs))

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(x.shape[0], 1, -1)
        x = torch.cat([first, x], 1) + self.positional_embedding
        x = self.transformer["resblocks"](self.ln_pre(x))
        return self.ln_post(x[:, 0]) @ self.proj
