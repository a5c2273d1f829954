"""A small state dictionary in PyTorch's present format, for crates/weights/tests/torch_archive.rs.

Needs: pip install torch numpy
Run:   python peers/torch_archive.py crates/weights/tests/fixtures/archive.pth

The tensors are closed formulas: `a.weight` [2, 3, 2, 2] holds i / 8 for its i-th element, `a.bias`
[2] holds -1.5 and 2.25, `turned` [3, 2] is the transpose of [[0, 1, 2], [3, 4, 5]] and shares no
memory, `tail` is the last two of ten numbers and keeps all ten, `steps` is the integer 7.
"""

import sys

import torch


def main():
    state = {
        "a.weight": torch.arange(24, dtype=torch.float32).reshape(2, 3, 2, 2) / 8,
        "a.bias": torch.tensor([-1.5, 2.25]),
        "turned": torch.arange(6, dtype=torch.float32).reshape(2, 3).t(),
        "tail": torch.arange(10, dtype=torch.float32)[8:],
        "steps": torch.tensor(7),
    }
    torch.save(state, sys.argv[1])


main()
