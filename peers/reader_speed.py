"""Seconds per epoch of ArtEmis's recurrent reader in PyTorch, on the same sentences and batches as ours.

    python peers/reader_speed.py PREPARED [BATCH]

PREPARED is a folder of `affetti data prepare DATA/artemis.csv --shortest 1 --within 100 --out PREPARED`.
Batches hold sentences of one length, as ours; "padded" is the authors' way, all rows as long as 32. Needs
torch (made with 2.2.2).
"""

import csv
import json
import random
import sys
import time
from collections import defaultdict

import torch
from torch import nn

folder = sys.argv[1]
size = int(sys.argv[2]) if len(sys.argv) > 2 else 128
words = len(json.load(open(f"{folder}/vocabulary.json")))
rows = []
for row in csv.DictReader(open(f"{folder}/preprocessed.csv", newline="")):
    if row["split"] == "train":
        ids = [int(n) for n in row["tokens_encoded"].split()][1 : 1 + int(row["tokens_len"])]
        rows.append((ids, int(row["emotion_label"])))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(words, 50)
        self.words.weight.requires_grad = False
        self.lower = nn.Sequential(nn.Dropout(0.25), nn.Linear(50, 256), nn.ReLU(), nn.Dropout(0.25), nn.Linear(256, 256))
        self.lstm = nn.LSTM(256, 256, batch_first=True)
        self.head = nn.Sequential(nn.Linear(256, 100), nn.BatchNorm1d(100), nn.ReLU(), nn.Dropout(0.25), nn.Linear(100, 9))

    def forward(self, ids):
        return self.head(self.lstm(self.lower(self.words(ids)))[0].max(1).values)


def batches(padded):
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    if padded:
        cut = [[(rows[n][0][:32] + [0] * 32)[:32] for n in order[i : i + size]] for i in range(0, len(order), size)]
        labels = [[rows[n][1] for n in order[i : i + size]] for i in range(0, len(order), size)]
        return [(torch.tensor(a), torch.tensor(b)) for a, b in zip(cut, labels) if len(b) > 1]
    by_length, out = defaultdict(list), []
    for n in order:
        by_length[len(rows[n][0])].append(n)
    for length, group in by_length.items():
        if length == 0:
            continue
        for i in range(0, len(group), size):
            part = group[i : i + size]
            if len(part) > 1:
                out.append((torch.tensor([rows[n][0] for n in part]), torch.tensor([rows[n][1] for n in part])))
    return out


torch.manual_seed(1)
torch.set_num_threads(2)
for padded in (False, True):
    net = Reader().train()
    optimizer = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), 5e-4)
    todo = batches(padded)
    times = []
    for _ in range(2):
        begun = time.perf_counter()
        for ids, labels in todo:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(ids), labels).backward()
            optimizer.step()
        times.append(time.perf_counter() - begun)
    print(f"{'padded' if padded else 'one length'}: {len(rows)} sentences, batch {size}, {len(todo)} steps, {min(times):.2f} s per epoch")
