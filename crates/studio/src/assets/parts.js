// What all rooms of the studio share: nodes, requests, and how a feeling is drawn.
export const EMOTIONS = ["amusement", "awe", "contentment", "excitement", "anger", "disgust", "fear", "sadness", "something else"];
export const SIDES = ["negative", "other", "positive"];

const parts = content => content.flat(Infinity).filter(part => part !== null && part !== undefined && part !== false);

// A node with properties (custom ones of CSS begin with two dashes) and content; nothing becomes markup.
export const h = (tag, props, ...content) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("--")) node.style.setProperty(key, value);
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && key !== "list") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...parts(content));
  return node;
};
// Has a node hold this instead.
export const put = (node, ...content) => node.replaceChildren(...parts(content));

// A word of this browser's own, by which it knows its jobs again.
export const client = (() => {
  try {
    const kept = localStorage.getItem("affetti-client");
    if (kept) return kept;
    const made = Array.from(crypto.getRandomValues(new Uint8Array(6)), byte => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem("affetti-client", made);
    return made;
  } catch { return ""; }
})();

export class Problem extends Error {
  constructor(message, status) { super(message); this.status = status; }
}

// Who is told to come back later does so, a few times.
const TRIES = 8;
const pause = seconds => new Promise(done => setTimeout(done, 1000 * seconds));

export const ask = async (path, { query, body, method = "POST", signal, as = "json" } = {}) => {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query || {})) {
    if (value !== undefined && value !== null && value !== "") words.set(key, value);
  }
  const address = "/api/v1/" + path + (words.size ? "?" + words : "");
  for (let turn = 1; ; turn++) {
    let response;
    try {
      response = await fetch(address, { method, body, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem("the studio does not answer; is it still running?");
    }
    if (response.status === 429 && turn < TRIES) {
      await pause(+response.headers.get("Retry-After") || 1);
      continue;
    }
    if (!response.ok) {
      let told = response.statusText;
      try { told = (await response.json()).error.message; } catch { /* no words */ }
      throw new Problem(told, response.status);
    }
    if (response.status === 204) return null;
    return as === "blob" ? response.blob() : response.json();
  }
};

// Brings a picture and uses its name; what is brought once is not brought again, unless it had to go meanwhile.
export const withFile = async (item, signal, use) => {
  for (let turn = 0; ; turn++) {
    if (!item.sha256) item.sha256 = (await ask("files", { body: item.file, signal })).sha256;
    try { return await use(item.sha256); } catch (error) {
      if (error.status !== 404 || turn) throw error;
      item.sha256 = null;
    }
  }
};

export const share = x => x > 0 && x < .005 ? "<1 %" : Math.round(x * 100) + " %";
const width = x => (100 * x).toFixed(2) + "%";
const on7 = x => width((x - 1) / 6);

// Bars of the nine emotions, with 80 % intervals where they are known.
export const bars = (shares, ends) => {
  const most = Math.max(...shares), top = Math.max(.3, most, ...(ends || []).map(e => e[1] * .9));
  return h("ul", { className: "bars" }, EMOTIONS.map((name, i) => h("li", {
    className: shares[i] === most ? "top" : "", "--c": `var(--e${i})`,
    title: ends ? `${name}: 80 % interval ${share(ends[i][0])} to ${share(ends[i][1])}` : undefined,
  }, h("span", null, name),
  h("span", { className: "track", "--w": width(shares[i] / top) }, h("i"),
    ends ? h("s", { "--lo": width(ends[i][0] / top), "--hi": width(Math.min(1, ends[i][1] / top)) }) : null),
  h("span", { className: "value" }, share(shares[i])))));
};
export const nine = named => EMOTIONS.map(name => named[name]);
export const strip = polarity => h("div", null,
  h("div", { className: "strip", "aria-hidden": "true" }, SIDES.map(side => h("i", { "--w": polarity[side], "--c": `var(--${side})` }))),
  h("div", { className: "legend" }, SIDES.map(side => h("span", null, side + " " + share(polarity[side])))));
export const axis = (name, value, [low, high]) => h("div", { className: "axis" },
  h("span", null, name),
  h("span", { className: "scale", "--lo": on7(low), "--hi": on7(high), "--at": on7(value), title: `${name} from 1 to 7, with its 80 % interval` }, h("i"), h("u")),
  h("span", null, h("b", null, value.toFixed(1)), h("small", null, low.toFixed(1) + "–" + high.toFixed(1))));

// Where pictures are dropped, chosen or pasted.
export const dropper = (title, hint, take, multiple = true) => {
  const input = h("input", { type: "file", multiple, accept: "image/*,.tif,.tiff,.bmp" });
  const box = h("label", { className: "drop" }, input, h("b", null, title), h("span", { className: "small" }, hint));
  const some = files => { const list = Array.from(files || []); if (list.length) take(multiple ? list : list.slice(0, 1)); };
  input.onchange = () => { some(input.files); input.value = ""; };
  for (const event of ["dragover", "dragenter"]) box.addEventListener(event, e => { e.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", async e => {
    e.preventDefault();
    box.classList.remove("over");
    some(await dropped(e.dataTransfer));
  });
  box.paste = e => some(e.clipboardData && e.clipboardData.files);
  return box;
};

// Files of what was dropped, those in folders too.
const MOST = 10000;
const dropped = async data => {
  const entries = Array.from(data.items || []).map(item => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
  if (!entries.some(entry => entry.isDirectory)) return data.files;
  const files = [];
  const walk = async entry => {
    if (files.length >= MOST) return;
    if (entry.isFile) {
      const file = await new Promise(done => entry.file(done, () => done(null)));
      if (file && /^image\//.test(file.type)) files.push(file);
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise(done => reader.readEntries(done, () => done([])));
      if (!some.length) break;
      for (const one of some) await walk(one);
    }
  };
  for (const entry of entries) await walk(entry);
  return files;
};

// A field with its label.
export const field = (label, control, line) => h("label", line ? { className: "line" } : null, line ? [control, label] : [h("span", null, label), control]);
export const choice = (values, chosen) => h("select", null, values.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
export const range = (label, low, high, value, step = 1) => {
  const told = h("b", null, String(value));
  const input = h("input", { type: "range", min: low, max: high, step, value, oninput: () => { told.textContent = input.value; } });
  return [input, h("label", null, h("span", null, label + " ", told), input)];
};

// A pad of valence and arousal; arrow keys move it by a quarter.
export const pad = (value, changed) => {
  const at = { ...value };
  const spot = h("i");
  const node = h("div", {
    className: "pad", tabIndex: 0, role: "slider", "aria-label": "valence and arousal",
    "aria-valuemin": 1, "aria-valuemax": 7,
  }, spot, h("span", { className: "n" }, "stirring"), h("span", { className: "s" }, "calm"), h("span", { className: "w" }, "unpleasant"), h("span", { className: "e" }, "pleasant"));
  const show = () => {
    spot.style.setProperty("--x", on7(at.valence));
    spot.style.setProperty("--y", width(1 - (at.arousal - 1) / 6));
    node.setAttribute("aria-valuenow", at.valence.toFixed(2));
    node.setAttribute("aria-valuetext", `valence ${at.valence.toFixed(1)}, arousal ${at.arousal.toFixed(1)}`);
  };
  const set = (valence, arousal) => {
    const within = x => Math.min(7, Math.max(1, Math.round(x * 4) / 4));
    Object.assign(at, { valence: within(valence), arousal: within(arousal) });
    show();
    changed({ ...at });
  };
  const from = e => {
    const box = node.getBoundingClientRect();
    set(1 + 6 * (e.clientX - box.left) / box.width, 7 - 6 * (e.clientY - box.top) / box.height);
  };
  node.addEventListener("pointerdown", e => { node.setPointerCapture(e.pointerId); from(e); });
  node.addEventListener("pointermove", e => { if (node.hasPointerCapture(e.pointerId)) from(e); });
  node.addEventListener("keydown", e => {
    const step = { ArrowLeft: [-.25, 0], ArrowRight: [.25, 0], ArrowUp: [0, .25], ArrowDown: [0, -.25] }[e.key];
    if (!step) return;
    e.preventDefault();
    set(at.valence + step[0], at.arousal + step[1]);
  });
  show();
  return node;
};

export const failed = (name, error, tools) => h("article", { className: "panel failed" }, name ? h("h3", { className: "name" }, name) : null, h("p", null, error.message),
  tools ? h("div", { className: "tools-of" }, tools) : null);
export const save = (blob, name) => {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

// Several things at a time, in order; `stop` ends it.
export const each = async (list, together, work, stop) => {
  let next = 0;
  const run = async () => { while (next < list.length && !(stop && stop.aborted)) { const n = next++; await work(list[n], n); } };
  await Promise.all(Array.from({ length: Math.min(together, list.length) }, run));
};

// The state of a room stands in the address, so that it can be sent to somebody.
export const state = () => new URLSearchParams(location.hash.split("?")[1] || "");
export const keep = (room, values) => {
  // Who has left the room has another address.
  if ((location.hash.slice(1).split("?")[0] || "feel") !== room) return;
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== "" && value !== null && value !== undefined && value !== false) words.set(key, value);
  history.replaceState(null, "", "#" + room + (words.size ? "?" + words : ""));
};

// Follows a job; gives back how to stop listening.
export const follow = (id, tell) => {
  const source = new EventSource(`/api/v1/jobs/${id}/events`);
  source.addEventListener("job", event => {
    const job = JSON.parse(event.data);
    tell(job);
    if (["done", "failed", "cancelled"].includes(job.state)) source.close();
  });
  return () => source.close();
};
