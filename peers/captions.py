"""What the reference packages say of captions: BLEU, ROUGE-L, CIDEr-D and METEOR.

    python peers/captions.py fixture OUT.json
    python peers/captions.py measure REFERENCES.csv CANDIDATES.csv

`fixture` makes sentences of a small vocabulary (nobody's text) and writes them with their scores.
`measure` prints scores and seconds for two tables with the columns picture and caption, whose words are
joined by spaces. Needs pycocoevalcap 1.2 and nltk 3.10; METEOR is NLTK's without WordNet.
"""

import csv
import json
import random
import sys
import time
from collections import defaultdict

from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import single_meteor_score
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

WORDS = (
    "a a a the the the of and in is are sea seas sky skies storm stormy calm calming calmly calmed dark darker"
    " darkness bright brightly brightness color colors colorful woman women crying cries cried dying lying hope"
    " hopeful hopefully hopelessness peace peaceful peacefully relax relaxing relaxation relational happy happily"
    " happiness generously rationalize agreed agreement feeling feelings feels falling hopping filing tree trees"
    " i me my looks like reminds being playing plays sensibility triplicate formality decisiveness digitizer"
).split()


class NoWordNet:
    """Knows no synonym."""

    @staticmethod
    def synsets(_word):
        return []


def sentence(draw):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 18)))


def scores(references, candidates):
    """Everything by picture; both are dictionaries of lists of strings."""
    out, seconds = {}, {}

    def timed(name, work):
        begun = time.perf_counter()
        found = work()
        seconds[name] = time.perf_counter() - begun
        return found

    bleu = timed("bleu", lambda: Bleu(4).compute_score(references, candidates, verbose=0))
    out["bleu"] = bleu[0]
    out["rouge"] = timed("rouge", lambda: list(map(float, Rouge().compute_score(references, candidates)[1])))
    out["cider_d"] = timed("cider", lambda: list(map(float, Cider().compute_score(references, candidates)[1])))

    def meteor():
        stemmer = PorterStemmer()
        return [
            max(
                single_meteor_score(r.split(), candidates[key][0].split(), stemmer=stemmer, wordnet=NoWordNet)
                for r in references[key]
            )
            for key in candidates
        ]

    out["meteor"] = timed("meteor", meteor)
    return out, seconds


def fixture(path):
    draw = random.Random(2021)
    references, candidates = {}, {}
    for n in range(200):
        references[n] = [sentence(draw) for _ in range(draw.randint(1, 5))]
        # Every fourth caption is near to a reference.
        if n % 4 == 0:
            words = draw.choice(references[n]).split()
            words[draw.randrange(len(words))] = draw.choice(WORDS)
            candidates[n] = [" ".join(words)]
        else:
            candidates[n] = [sentence(draw)]
    expected, _ = scores(references, candidates)
    stems = {word: PorterStemmer().stem(word) for word in sorted(set(WORDS))}
    about = "peers/captions.py fixture; pycocoevalcap 1.2, nltk 3.10"
    all = {
        "about": about,
        "captions": [candidates[n][0] for n in candidates],
        "references": [references[n] for n in references],
        "expected": expected,
        "stems": stems,
    }
    with open(path, "w") as file:
        json.dump(all, file)


def read(path):
    table = defaultdict(list)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            table[row["picture"]].append(row["caption"])
    return table


def measure(references, candidates):
    candidates = read(candidates)
    references = {key: rows for key, rows in read(references).items() if key in candidates}
    found, seconds = scores(references, {key: candidates[key] for key in references})
    for n, value in enumerate(found.pop("bleu")):
        print(f"BLEU-{n + 1} {value:.8f}")
    for name, values in found.items():
        print(f"{name} {sum(values) / len(values):.8f}")
    print({name: round(value, 3) for name, value in seconds.items()})


if __name__ == "__main__":
    {"fixture": fixture, "measure": measure}[sys.argv[1]](*sys.argv[2:])
