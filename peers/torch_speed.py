"""Networks and layers: PyTorch against our kernels, in turn, several rounds, one command.

Needs: pip install torch torchvision efficientnet-lite-pytorch==0.1.0
Run:   python peers/torch_speed.py [--rounds 5] [--threads 2] [--only PART] [--layers | --all]
Both:  python peers/torch_speed.py --all --rounds 3 --iterations 5 > benchmarks/TODAY.md

Each round runs a network once through ours (a fresh process of `cargo bench --bench networks`) and
once through PyTorch (a fresh process of this script), so that a busy moment of the machine hits
both. Prints the median over the rounds, the median of the rounds' ratios (PyTorch / ours: above 1
we are faster), and the peak resident memory of both. With --layers the same for each layer shape,
with GFLOP/s and our share of the machine's peak; with --all both,
below a line that says which machine and which versions. A round of layers runs all of ours, then
all of PyTorch's.

The peak is measured in each round before the layers: a 48 x 256 x 32 matrix product whose operands
stay in the first-level cache, on all threads at once (`peak` in crates/kernels/benches/layers.rs), the
median of the rounds. Beside it stands PyTorch's own 2048 x 2048 x 2048 product.

On a busy machine, --layers --cpu --threads 1 compares what both take of a core.

PyTorch runs as its users would: channels-first default layout, two threads, no_grad for forward
passes, frozen weights for input gradients, SGD for training steps (`set_to_none`). Its
`channels_last` layout and torch.compile are measured with --channels-last.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKS = [
    "lite0-forward-1", "lite0-forward-4", "lite0-input-4", "lite0-train-16", "vgg16-forward-1",
    "vgg16-infer-1", "resnet50-forward-4", "resnet50-infer-4", "resnet34-infer-4",
    "resnet50-input-4", "resnet50-train-4", "dcgan-train-64", "vit-forward-4", "vit-input-4",
]

# Beginnings of the names of layer shapes.
GROUPS = ["vgg16", "resnet50", "dcgan64", "lite0"]


# What a time is read from.
clock = time.perf_counter


def median_ms(run, iterations, warm=2):
    for _ in range(warm):
        run()
    times = []
    for _ in range(iterations):
        start = clock()
        run()
        times.append((clock() - start) * 1e3)
    return statistics.median(times)


def torch_work(name, torch, layout):
    functional = torch.nn.functional
    network, task, batch = name.rsplit("-", 2)
    batch = int(batch)
    torch.manual_seed(0)
    from models import ClipTower, dcgan
    if network == "dcgan":
        generator, discriminator = (n.to(memory_format=layout) for n in dcgan())
        real = torch.randn(batch, 3, 64, 64).tanh().to(memory_format=layout)
        noise = torch.randn(batch, 100, 1, 1)
        descend_g = torch.optim.SGD(generator.parameters(), 1e-3)
        descend_d = torch.optim.SGD(discriminator.parameters(), 1e-3)

        def run():
            descend_d.zero_grad()
            fake = generator(noise)
            loss = (functional.softplus(-discriminator(real)).mean()
                    + functional.softplus(discriminator(fake.detach())).mean())
            loss.backward()
            descend_d.step()
            discriminator.requires_grad_(False)
            descend_g.zero_grad()
            functional.softplus(-discriminator(fake)).mean().backward()
            descend_g.step()
            discriminator.requires_grad_(True)
            return loss.item()
        return run
    import torchvision
    if network == "lite0":
        from efficientnet_lite_pytorch import EfficientNet
        net = EfficientNet.from_name("efficientnet-lite0")
    elif network == "vgg16":
        net = torchvision.models.vgg16(weights=None).features
    elif network == "vit":
        net = ClipTower()
        for tensor in net.parameters():
            torch.nn.init.normal_(tensor, 0.0, 0.02)
    else:
        net = getattr(torchvision.models, network)(weights=None)
    net = net.to(memory_format=layout)
    if task != "train" and network == "lite0":
        net = features_of_lite(net)
    elif task != "train" and network.startswith("resnet"):
        net.fc = torch.nn.Identity()
    x = torch.randn(batch, 3, 224, 224).to(memory_format=layout)
    if task in ("forward", "infer"):
        # "infer" is the same work in our network without a tensor framework.
        net.eval()

        def run():
            with torch.no_grad():
                return net(x).sum().item()
    elif task == "input":
        net.eval().requires_grad_(False)

        def run():
            picture = x.detach().requires_grad_()
            net(picture).sum().backward()
            return picture.grad.sum().item()
    else:
        net.train()
        descend = torch.optim.SGD(net.parameters(), 1e-3)
        target = torch.arange(batch)

        def run():
            descend.zero_grad()
            loss = functional.cross_entropy(net(x), target)
            loss.backward()
            descend.step()
            return loss.item()
    return run


def features_of_lite(net):
    import torch

    class Features(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net.extract_features(x).mean((2, 3))
    return Features()


def torch_layer(line, torch):
    """The same layer as one JSON line of our layer benchmark, in milliseconds.

    A transposed line describes the convolution whose adjoint the layer is: its `inputs` and `side`
    are the layer's output.
    """
    functional = torch.nn.functional
    backward = torch.ops.aten.convolution_backward
    batch, side, stride = line["batch"], line["side"], line["stride"]
    depthwise = line["kind"] == "depthwise"
    transposed = line["kind"] == "transposed"
    groups = line["inputs"] if depthwise else 1
    top, left, bottom, right = line["padding"]
    x = torch.randn(batch, line["inputs"], side, side)
    w = torch.randn(line["outputs"], line["inputs"] // groups, *[line["kernel"]] * 2) * 0.01
    border = [top, left]
    if (top, left) != (bottom, right):
        # PyTorch has no lopsided border; the padding is not timed.
        x, border = functional.pad(x, (left, right, top, bottom)), [0, 0]
    with torch.no_grad():
        y = functional.conv2d(x, w, None, stride, border, 1, groups)
        if transposed:
            x, y = y, x
        if line["direction"] == "forward":
            def run():
                if transposed:
                    return functional.conv_transpose2d(x, w, None, stride, border)
                return functional.conv2d(x, w, None, stride, border, 1, groups)
        else:
            which = [line["direction"] == "input", line["direction"] == "weight", False]

            def run():
                return backward(y, x, w, None, [stride] * 2, border, [1, 1], transposed, [0, 0],
                                groups, which)
        return median_ms(run, 5, warm=1)


def peak_mib():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def peer(args):
    """The child process that PyTorch runs in."""
    global clock
    import torch
    if args.cpu:
        clock = time.process_time
    torch.set_num_threads(args.threads)
    if args.peer == "layers":
        for text in sys.stdin:
            line = json.loads(text)
            print(json.dumps({**line, "torch_ms": torch_layer(line, torch)}), flush=True)
        return
    if args.peer == "peak":
        a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
        print(json.dumps({"gflops": 2 * 2048**3 / median_ms(lambda: a @ b, 7) / 1e6}))
        return
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    before = peak_mib()
    run = torch_work(args.peer, torch, layout)
    ms = median_ms(run, args.iterations)
    print(json.dumps({"ms": ms, "peak_mib": peak_mib(), "import_mib": before}))


def bench_binary(name):
    """Builds a benchmark and gives the path of its binary. The layers need no burn."""
    layers = ["-p", "affetti-kernels"]
    package = ["-p", "affetti-nets", "--features", "train"] if name == "networks" else layers
    command = ["cargo", "bench", *package, "--bench", name, "--no-run"]
    build = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = re.search(r"Executable .*\((.*)\)", build.stderr)
    if build.returncode or not found:
        sys.exit(f"{' '.join(command)}: {build.stderr[-2000:]}")
    return str(ROOT / found.group(1))


def child(command, threads, stdin=None):
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    output = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True)
    if output.returncode:
        sys.exit(f"{command}: {output.stderr[-2000:]}")
    return [json.loads(line) for line in output.stdout.splitlines() if line.startswith("{")]


def machine():
    """One line about what the figures were measured on."""
    from importlib.metadata import version
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().split("\n")
                  if line.startswith("model name")), "unknown CPU")
    load = os.getloadavg()[0]
    print(f"{model}, {os.cpu_count()} cores, load {load:.1f} before the first run; PyTorch "
          f"{version('torch')}.\n", flush=True)


def networks(args, this):
    binary = bench_binary("networks")
    print("| work | PyTorch ms | ours ms | ratio | PyTorch MiB (its import) | ours MiB |")
    print("|---|---|---|---|---|---|", flush=True)
    middle = statistics.median
    for name in (name for name in WORKS if args.only in name):
        row = []
        for _ in range(args.rounds):
            [ours] = child([binary, name, str(args.iterations)], args.threads)
            [theirs] = child([*this, "--peer", name], args.threads)
            row.append((theirs, ours))
        theirs, ours = middle(t["ms"] for t, _ in row), middle(o["ms"] for _, o in row)
        ratio = middle(t["ms"] / o["ms"] for t, o in row)
        peaks = middle(t["peak_mib"] for t, _ in row), middle(o["peak_mib"] for _, o in row)
        imported = middle(t["import_mib"] for t, _ in row)
        print(f"| {name} | {theirs:.1f} | {ours:.1f} | {ratio:.2f} | "
              f"{peaks[0]:.0f} ({imported:.0f}) | {peaks[1]:.0f} |", flush=True)


def layers(args, this):
    binary = bench_binary("layers")
    rounds, peaks = [], []
    for number in range(args.rounds):
        print(f"layers: round {number + 1} of {args.rounds}", file=sys.stderr, flush=True)
        timed = []
        # Group by group, so that both sides of a ratio are measured within seconds.
        for group in [args.only] if args.only else GROUPS:
            lines = child([binary, group, *(["cpu"] if args.cpu else [])], args.threads)
            peaks += [line["gflops"] for line in lines if line["layer"] == "peak"]
            lines = [line for line in lines if line["layer"] != "peak"]
            if not lines:
                sys.exit(f"no layer has {group!r} in its name")
            text = "\n".join(json.dumps(line) for line in lines)
            timed += child([*this, "--peer", "layers"], args.threads, text)
        rounds.append(timed)
    [torch_peak] = child([*this, "--peer", "peak"], args.threads)
    middle = statistics.median
    peak = middle(peaks)
    print(f"Peak of our register tile in the first-level cache {peak:.0f} GFLOP/s; "
          f"PyTorch's matrix product of 2048: {torch_peak['gflops']:.0f} GFLOP/s.\n")
    print("| layer | batch | direction | PyTorch ms | ours ms | ratio | PyTorch GFLOP/s "
          "| our GFLOP/s | of the peak |")
    print("|---|---|---|---|---|---|---|---|---|")
    ratios = {}
    for lines in zip(*rounds):
        theirs, ours = middle(l["torch_ms"] for l in lines), middle(l["ms"] for l in lines)
        ratio = middle(l["torch_ms"] / l["ms"] for l in lines)
        rate = middle(l["gflops"] for l in lines)
        first = lines[0]
        ratios.setdefault((first["kind"], first["direction"]), []).append(ratio)
        print(f"| {first['layer']} | {first['batch']} | {first['direction']} | {theirs:.3f} | "
              f"{ours:.3f} | {ratio:.2f} | {rate * ours / theirs:.0f} | {rate:.0f} | "
              f"{rate / peak:.0%} |")
    print("\n| kind | direction | layers | least ratio | median ratio | slower than PyTorch |")
    print("|---|---|---|---|---|---|")
    for (kind, direction), all_of in ratios.items():
        print(f"| {kind} | {direction} | {len(all_of)} | {min(all_of):.2f} | "
              f"{middle(all_of):.2f} | {sum(r < 1 for r in all_of)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--only", default="", help="works or layers whose name contains this")
    parser.add_argument("--layers", action="store_true", help="layer shapes instead of networks")
    parser.add_argument("--all", action="store_true", help="networks, then layer shapes")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--cpu", action="store_true", help="layers by CPU time instead of wall time")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return peer(args)
    if args.cpu and not args.layers:
        parser.error("--cpu goes with --layers: networks are measured by wall time only")
    this = [sys.executable, __file__, "--threads", str(args.threads),
            "--iterations", str(args.iterations)]
    this += ["--channels-last"] if args.channels_last else []
    this += ["--cpu"] if args.cpu else []
    if args.all:
        machine()
    if not args.layers:
        networks(args, this)
    if args.all:
        print()
    if args.layers or args.all:
        layers(args, this)


if __name__ == "__main__":
    main()
