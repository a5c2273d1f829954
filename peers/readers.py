"""Reference outputs of the networks that read, for crates/words/src/encoder/tests.rs.

Needs: pip install torch transformers numpy (made with torch 2.2.2, transformers 4.46.3)
Run:   python peers/readers.py [MINILM] > crates/words/tests/fixtures/networks.json

Weights come from one closed formula on both sides. With MINILM, the folder of the package's model, the
pieces and the embedding of a few sentences are added to what is printed on standard error: the real
weights are not in this repository.
"""

import json
import sys

import torch
from closed import closed_form
from torch import nn
from transformers import BertConfig, BertModel

IDS = [[1, 5, 9, 3, 2], [1, 4, 4, 11, 2]]


def fill(net):
    state = {
        name: tensor
        if name.endswith(("position_ids", "num_batches_tracked"))
        else closed_form(name, tuple(tensor.shape))
        for name, tensor in net.state_dict().items()
    }
    net.load_state_dict(state)
    return net.eval()


def bert():
    config = BertConfig(
        vocab_size=12, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=8, hidden_act="gelu",
    )
    net = fill(BertModel(config, add_pooling_layer=False))
    with torch.no_grad():
        out = net(input_ids=torch.tensor(IDS)).last_hidden_state
    return out.mean(1).flatten().tolist()


class Reader(nn.Module):
    """ArtEmis's reader up to its last layer, by the names of our files."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(12, 6)
        self.lower = nn.Linear(6, 10)
        self.upper = nn.Linear(10, 10)
        self.lstm = nn.LSTM(10, 10, batch_first=True)
        self.last = nn.Linear(10, 7)
        self.norm = nn.BatchNorm1d(7)

    def forward(self, ids):
        x = self.upper(torch.relu(self.lower(self.words(ids))))
        x = self.lstm(x)[0].max(1).values
        return torch.relu(self.norm(self.last(x)))


def lstm():
    net = fill(Reader())
    with torch.no_grad():
        return net(torch.tensor(IDS)).flatten().tolist()


def real(folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    net = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    for text in ["The dark water looks cold, and lonely!", "I can't un-see the caf\u00e9's glow\u2014so warm"]:
        ids = tokenizer(text)["input_ids"]
        with torch.no_grad():
            out = net(input_ids=torch.tensor([ids])).last_hidden_state.mean(1)[0]
        pieces = tokenizer.convert_ids_to_tokens(ids)
        print(json.dumps({"text": text, "pieces": pieces, "first": out[:6].tolist()}), file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps({"about": "peers/readers.py; torch 2.2.2, transformers 4.46.3", "bert": bert(), "lstm": lstm()}))
    if len(sys.argv) > 1:
        real(sys.argv[1])
