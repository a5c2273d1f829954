"""State dictionaries as people keep them, for crates/weights/tests/checkpoints.rs.

Needs: pip install torch numpy
Run:   python peers/checkpoints.py crates/weights/tests/fixtures/checkpoints

In every file the tensor `a.weight` [2, 3] holds 0, 1/8, ... 5/8 and `a.bias` [2] holds -1.5 and 2.25, so that
their values are the same in every type of number; what else there is must not get in the way.
"""

import argparse
import collections
import os
import sys

import torch


def state(prefix="", dtype=torch.float32):
    return collections.OrderedDict(
        [
            (prefix + "a.weight", (torch.arange(6) / 8).reshape(2, 3).to(dtype)),
            (prefix + "a.bias", torch.tensor([-1.5, 2.25]).to(dtype)),
        ]
    )


def training():
    """What a loop keeps beside its network."""
    layer = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "best": torch.tensor(0.5),
        "names": ["x", "y"],
        "seen": {1, 2},
        "key": b"\x00\xff",
        "args": argparse.Namespace(rate=0.1, out="x"),
        "counts": collections.defaultdict(int, {"x": 1}),
        "optimizer": optimizer.state_dict(),
    }


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)

    def save(name, value, **how):
        torch.save(value, os.path.join(folder, name + ".pth"), **how)

    for key in ("state_dict", "model", "ema"):
        save("wrapped_" + key, {**training(), key: state()})
    save("wrapped_twice", {"model": {"state_dict": state("module."), "epoch": 1}})
    save("wrapped_old", {**training(), "model": state()}, _use_new_zipfile_serialization=False)
    save("averaged", {"ema": {"n_averaged": torch.tensor(7), **state("module.")}})
    save("compiled", state("_orig_mod.module."))
    for protocol in (3, 4, 5):
        save(f"protocol_{protocol}", {**training(), "state_dict": state()}, pickle_protocol=protocol)
    for name, dtype in (("double", torch.float64), ("bfloat", torch.bfloat16), ("half", torch.float16)):
        save(name, state(dtype=dtype))
    parameters = {name: torch.nn.Parameter(value) for name, value in state().items()}
    save("parameters", {**parameters, "steps": torch.tensor(7), "on": torch.tensor([True, False])})


main()
