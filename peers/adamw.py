"""Values after steps of torch.optim.AdamW and SGD with momentum, for crates/train/tests/optimizer.rs.

Needs: pip install torch
Run: python peers/adamw.py > crates/train/tests/fixtures/optimizer.json
"""

import json

import torch


def gradient(step, index):
    """The same closed formula as in the test."""
    return ((step * 7 + index * 5) % 11) / 5.0 - 1.0


def run(make):
    weight = torch.nn.Parameter(torch.tensor([[0.5, -0.25], [1.0, 2.0]]))
    bias = torch.nn.Parameter(torch.tensor([0.1, -0.3]))
    optimizer = make([{"params": [weight]}, {"params": [bias], "weight_decay": 0.0}])
    for step in range(5):
        weight.grad = torch.tensor([gradient(step, i) for i in range(4)]).reshape(2, 2)
        bias.grad = torch.tensor([gradient(step, i) for i in range(4, 6)])
        optimizer.step()
    return weight.flatten().tolist() + bias.tolist()


print(
    json.dumps(
        {
            "versions": {"torch": torch.__version__.split("+")[0]},
            "adam": run(lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1)),
            "momentum": run(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
        },
        indent=1,
    )
)
