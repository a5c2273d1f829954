"""Reference outputs, attention and input gradients of CLIP's image towers, for crates/nets/tests/clip.rs.

Needs: pip install torch numpy open_clip_torch timm transformers
Run:   python peers/clip.py crates/nets/tests/fixtures/script.pt > crates/nets/tests/fixtures/clip.json

Models are built without pretrained weights: weights and inputs come from the closed formula of
networks.py. A case holds every n-th value of each output; `gradient` is that of the sum of
output * closed(name of the output) over the outputs named in `loss`, with respect to the input.
Cases with `tensors` list what the other program calls its tensors. The file is a TorchScript archive
with half-precision layers, its code compressed.
"""

import json
import sys
import warnings

import numpy as np
import open_clip
import timm
import torch
import transformers
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import QuickGELU, VisionTransformer

from networks import closed_form, closed_input, every, fill, last, uniform

warnings.filterwarnings("ignore")
SIDE = 224


def damped(net):
    """Filled, and what blocks add made small: else values grow from block to block until the attention
    at the end picks one token, and no 32 bits hold its gradient."""
    state = fill(net).state_dict()
    for name, tensor in state.items():
        if name.startswith("layer") and name.endswith("bn3.weight"):
            tensor *= 0.3
    return net


def weighted(name, y):
    factors = torch.from_numpy(uniform(name, y.numel()).astype(np.float32))
    return (y * factors.reshape(y.shape)).sum()


def resnet(net, shape):
    taps = {}
    net.avgpool.register_forward_hook(lambda m, i, o: taps.__setitem__("tap0", o))
    for n in range(1, 5):
        layer = getattr(net, f"layer{n}")
        layer.register_forward_hook(lambda m, i, o, n=n: taps.__setitem__(f"tap{n}", o))
    x = closed_input("input", shape).requires_grad_()
    embedding = net(x)
    outputs = {name: last(tap) for name, tap in taps.items()} | {"output": embedding}
    loss = ["tap2", "tap3", "output"]
    sum(weighted(name, outputs[name]) for name in loss).backward()
    found = {"shape": shape, "loss": loss, "gradient": every(last(x.grad))}
    return found | {name: every(y) for name, y in outputs.items()}


def vit(net, shape):
    rows = []
    for block in net.transformer.resblocks:
        plain = block.attn.forward

        def attend(q, k, v, plain=plain, **_):
            y, weights = plain(q, k, v, need_weights=True, average_attn_weights=False)
            rows.append(weights[:, :, 0])
            return y, weights

        block.attn.forward = attend
    with torch.no_grad():
        y = net(closed_input("input", shape))
    attention = {f"attention{n}": every(row, 128) for n, row in enumerate(rows)}
    return {"shape": shape, "output": every(y)} | attention


def tower(gate):
    return VisionTransformer(
        image_size=SIDE, patch_size=32, width=768, layers=4, heads=12, mlp_ratio=4.0,
        output_dim=512, act_layer=gate)


def named(net, shape, run):
    tensors = {n: list(t.shape) for n, t in net.state_dict().items()}
    with torch.no_grad():
        y = run(fill(net), closed_input("input", shape))
    return {"shape": shape, "tensors": tensors, "output": every(y)}


class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 2, 2, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(2)
        self.layer1 = torch.nn.Sequential(torch.nn.Linear(3, 2))

    def forward(self, x):
        # Long enough to be compressed.
        y = self.bn1(self.conv1(x))
        y = torch.cat([y, y * 2, y * 3], 1).permute(0, 2, 3, 1)[..., :3].contiguous()
        return self.layer1(y).permute(0, 3, 1, 2)


class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Inner()
        self.register_buffer("input_resolution", torch.tensor(224))
        self.logit_scale = torch.nn.Parameter(torch.tensor(4.5))

    def forward(self, x):
        return self.visual(x)


def script(path):
    net = fill(Outer())
    net.input_resolution.fill_(224)
    with torch.no_grad():
        traced = torch.jit.trace(net, torch.zeros(1, 3, 8, 8), check_trace=False)
    for _, module in traced.named_modules():
        if module.original_name in ("Conv2d", "Linear"):
            module.half()
    torch.jit.save(traced, path)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    cases = {}
    rn50 = ModifiedResNet([3, 4, 6, 3], 1024, heads=32, image_size=SIDE, width=64)
    cases["rn50"] = resnet(damped(rn50), [1, SIDE, SIDE, 3])
    rn101 = ModifiedResNet([3, 4, 23, 3], 512, heads=32, image_size=SIDE, width=64)
    cases["rn101"] = resnet(damped(rn101), [1, SIDE, SIDE, 3])
    small = ModifiedResNet([2, 1, 1, 1], 24, heads=4, image_size=64, width=8)
    cases["small"] = resnet(damped(small), [3, 64, 64, 3])
    # Four of the twelve blocks: all are alike.
    cases["vit-quick"] = vit(fill(tower(QuickGELU)), [2, SIDE, SIDE, 3])
    cases["vit-exact"] = vit(fill(tower(torch.nn.GELU)), [2, SIDE, SIDE, 3])

    text = CLIPTextCfg(context_length=4, vocab_size=8, width=64, heads=1, layers=1)
    vision = CLIPVisionCfg(layers=[1, 2, 1, 1], width=8, image_size=64)
    whole = CLIP(24, vision, text, quick_gelu=True)
    cases["open_clip-resnet"] = named(
        whole, [2, 64, 64, 3], lambda net, x: net.encode_image(x))
    vision = CLIPVisionCfg(layers=2, width=128, head_width=64, patch_size=16, image_size=64)
    whole = CLIP(24, vision, text, quick_gelu=True)
    cases["open_clip-vit"] = named(
        whole, [2, 64, 64, 3], lambda net, x: net.encode_image(x))
    config = transformers.CLIPVisionConfig(
        hidden_size=128, intermediate_size=512, projection_dim=24, num_hidden_layers=2,
        num_attention_heads=2, image_size=64, patch_size=16, hidden_act="quick_gelu")
    theirs = transformers.CLIPVisionModelWithProjection(config)
    cases["transformers-vit"] = named(
        theirs, [2, 64, 64, 3], lambda net, x: net(pixel_values=x).image_embeds)
    theirs = timm.create_model("resnet50_clip", pretrained=False)
    cases["timm-resnet"] = named(theirs, [1, SIDE, SIDE, 3], lambda net, x: net(x))

    script(sys.argv[1])
    versions = {m.__name__: m.__version__ for m in (torch, open_clip, timm, transformers)}
    out = {"made_by": "peers/clip.py", "versions": versions, "cases": cases}
    json.dump(out, sys.stdout)


main()
