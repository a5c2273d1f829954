"use strict";
// The program of the report. Parts: data, small tools, pieces of a picture, the list, order and
// choice, the collection, the detail view, export and print, start. The map is in map.js.
(() => {
// ---- Data: each picture is a JSON script element. They are read once and dropped. ----
const EMOTIONS = ["amusement", "awe", "contentment", "excitement", "anger", "disgust", "fear",
  "sadness", "something else"];
const POLARITY = ["positive", "negative", "other"];
const take = selector => Array.from(document.querySelectorAll(selector), node => {
  node.remove();
  return JSON.parse(node.textContent);
});
const meta = JSON.parse(document.getElementById("meta").textContent);
const failures = take("script.f");
const pics = take("script.e");
pics.forEach((p, index) => {
  p.index = index;
  p.name = p.path.split(/[\\/]/).filter(Boolean).pop() || p.path;
  p.search = (p.path + " " + (p.caption || "")).toLowerCase();
  p.side = p.polarity.indexOf(Math.max(...p.polarity));
});
const mean = (list, of) => list.reduce((sum, p) => sum + of(p), 0) / (list.length || 1);
const average = EMOTIONS.map((_, i) => mean(pics, p => p.emotions[i]));
// All bars share one scale, so that they compare across pictures; it ends at the next tenth
// above the largest share.
const top = Math.min(1, Math.max(.3, Math.ceil(pics.reduce((m, p) => Math.max(m, ...p.emotions), 0) * 10) / 10));

// ---- Small tools. Text from the data becomes text nodes and attributes, never markup. ----
const $ = id => document.getElementById(id);
const h = (tag, props, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key.startsWith("--")) node.style.setProperty(key, value);
    else if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter(child => child != null));
  return node;
};
// Names keep to their own direction, and what could turn or hide them is spelt out.
const UNSEEN = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const visible = text => text.replace(UNSEEN, c => `\\u{${c.codePointAt(0).toString(16)}}`);
const bdi = text => h("bdi", null, visible(text));
const share = x => x > 0 && x < .005 ? "<1\u00a0%" : Math.round(x * 100) + "\u00a0%";
const width = x => (x * 100).toFixed(2) + "%";
const on7 = x => Math.min(100, Math.max(0, (x - 1) / 6 * 100)).toFixed(2) + "%";
const many = (n, one) => n.toLocaleString("en") + " " + one + (n === 1 ? "" : "s");
const source = p => "data:image/jpeg;base64," + p.thumbnail;
const image = (p, props) => h("img", p.thumbnail
  ? { alt: "", decoding: "async", loading: "lazy", src: source(p), ...props } : { alt: "", ...props });
// The original, where it still lies beside the page; the thumbnail, at its own size, where it does not, or is
// of a kind that browsers do not show.
const original = p => {
  const small = { className: "big small-one", loading: "eager" };
  if (!p.link) return image(p, small);
  const node = h("img", { alt: "", decoding: "async", className: "big", src: p.link });
  node.onerror = () => node.replaceWith(image(p, small));
  return node;
};
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// ---- Pieces of a picture, used by cards, rows and the detail view. ----
// `ends` are the 80 % intervals of the shares, where they are known.
const bars = (shares, marks, ends) => {
  const most = shares.indexOf(Math.max(...shares));
  const between = i => ends ? { title: `${EMOTIONS[i]}: 80 % interval ${share(ends[i][0])} to ${share(ends[i][1])}` } : {};
  const line = i => h("s", { "--lo": width(ends[i][0] / top), "--hi": width(Math.min(1, ends[i][1] / top)) });
  return EMOTIONS.map((name, i) => h("li", { className: i === most ? "top" : "", "--c": `var(--e${i})`, ...between(i) },
    h("span", null, name),
    h("span", { className: "track", "--w": width(shares[i] / top), "--m": width(marks[i] / top) },
      h("i"), ends ? line(i) : null, marks === shares ? null : h("u")),
    h("span", { className: "value" }, share(shares[i]))));
};
const SIDES = [1, 2, 0]; // negative left, as on the axis of valence
const polarity = shares => [
  h("div", { className: "strip", "aria-hidden": "true" },
    ...SIDES.map(i => h("i", { "--w": shares[i], "--c": `var(--${POLARITY[i]})` }))),
  h("div", { className: "legend" }, ...SIDES.map(i => h("span", null, POLARITY[i] + " " + share(shares[i])))),
];
const axis = (name, value, [low, high]) => h("div", { className: "axis" },
  h("span", null, name),
  h("span", { className: "scale", "--lo": on7(low), "--hi": on7(high), "--at": on7(value),
    title: `${name} from 1 to 7, with its 80 % interval` }, h("i"), h("u")),
  h("span", null, h("b", null, value.toFixed(1)), h("small", null, low.toFixed(1) + "–" + high.toFixed(1))));
const palette = p => h("div", { className: "palette", title: "The five main colors", "aria-hidden": "true" },
  ...p.palette.map(([color, part]) => h("i", { "--w": part, "--c": color })));
const figures = p => h("p", { className: "figures" },
  ...["warmth", "saturation", "brightness", "contrast"].map(name => h("span", null, name + " " + p[name].toFixed(2))));
// The feeling stands out, what limits it stands back.
const verdict = p => {
  const [feeling, ...limits] = p.verdict.split("; ");
  return h("p", { className: "verdict" }, feeling, h("span", null, "; " + limits.join("; ")));
};
const unusual = p => p.unusual ? h("p", { className: "unusual" }, p.unusual) : null;
const intention = p => p.intention ? h("p", { className: "intention" }, p.intention.text) : null;
// A sentence by a model, and that it is one.
const said = p => p.said ? h("p", { className: "said" }, `\u201c${p.said.text}\u201d `, h("small", null, "written by a model")) : null;
// The same word by word: each shows where in the picture it looked.
const spoken = p => {
  if (!p.said) return null;
  const show = i => {
    const place = document.querySelector(".stage");
    place?.querySelector(".look")?.remove();
    if (!place || i === null) return;
    const cells = p.said.looked[i];
    const canvas = glow({ columns: Math.sqrt(cells.length), values: cells, emotion: p.dominant });
    canvas.className = "glow look";
    place.append(canvas);
  };
  const word = (text, i) => {
    const node = h("span", { tabIndex: 0 }, text + " ");
    node.onmouseenter = node.onfocus = () => show(i);
    node.onmouseleave = node.onblur = () => show(null);
    return node;
  };
  return h("div", null, said(p),
    h("p", { className: "small words" }, "Point at a word to see where it looked: ", ...p.said.words.map(word)));
};
const describe = p => {
  const [[v0, v1], [a0, a1]] = [p.valence_interval, p.arousal_interval].map(ends => ends.map(x => x.toFixed(1)));
  return [image(p, { loading: "eager" }), h("b", null, bdi(p.name)), p.verdict,
    h("span", null, `valence ${p.valence.toFixed(1)} (${v0}–${v1}), arousal ${p.arousal.toFixed(1)} (${a0}–${a1})`)];
};
const opener = p => h("button", { type: "button", className: "plain picture", "aria-label": "Details of " + visible(p.name) }, image(p));

const card = p => h("article", { className: "panel card", "data-index": p.index }, opener(p),
  h("h3", { className: "name", title: visible(p.path) }, bdi(p.name)),
  p.caption ? h("p", { className: "credit" }, bdi(p.caption)) : null,
  verdict(p), unusual(p), said(p), intention(p),
  h("ul", { className: "bars" }, ...bars(p.emotions, average, p.share_intervals)),
  h("div", null, ...polarity(p.polarity)),
  axis("valence", p.valence, p.valence_interval), axis("arousal", p.arousal, p.arousal_interval),
  palette(p), figures(p));
const row = p => h("article", { className: "row", "data-index": p.index }, opener(p),
  h("h3", { className: "name", title: visible(p.path) }, bdi(p.name)),
  verdict(p),
  h("div", { className: "strip", title: EMOTIONS.map((name, i) => name + " " + share(p.emotions[i])).join(", ") },
    ...p.emotions.map((x, i) => h("i", { "--w": x, "--c": `var(--e${i})` }))),
  h("span", null, h("small", null, "valence"), p.valence.toFixed(1)),
  h("span", null, h("small", null, "arousal"), p.arousal.toFixed(1)));

// ---- The list. It is cut into chunks, of which more come as one scrolls; only those near the window hold
// elements, so that thousands of pictures cost no more than a few dozen. Many pictures begin as a compact list. ----
const CHUNK = 60; // divisible by 1 to 6 columns: no ragged rows inside the list
const PRINTED = 240;
const MANY = 150, MANY_ON_PHONES = 40;
let printing = false;
let shown = [], rows = pics.length > (matchMedia("(max-width: 760px)").matches ? MANY_ON_PHONES : MANY);
const fillChunk = chunk => {
  if (chunk.firstChild) return;
  chunk.append(...shown.slice(chunk.first, chunk.first + CHUNK).map(rows ? row : card));
  chunk.style.minHeight = "";
};
const emptyChunk = chunk => {
  if (printing || !chunk.firstChild || chunk.contains(document.activeElement)) return;
  chunk.style.minHeight = chunk.offsetHeight + "px";
  chunk.replaceChildren();
};
const near = new IntersectionObserver(changes => {
  for (const { target, isIntersecting } of changes) (isIntersecting ? fillChunk : emptyChunk)(target);
}, { rootMargin: "1200px 0px" });
const drawList = () => {
  near.disconnect();
  const list = $("list");
  list.className = rows ? "list rows" : "list";
  list.replaceChildren();
  if (!shown.length) list.append(h("p", { className: "empty" }, pics.length ? "No picture fits this choice." : ""));
  moreList();
};
// One chunk more at the end.
const moreList = () => {
  const list = $("list"), first = list.querySelectorAll(".chunk").length * CHUNK;
  if (first < shown.length) {
    const chunk = Object.assign(h("div", { className: "chunk" }), { first });
    list.append(chunk);
    fillChunk(chunk);
    near.observe(chunk);
  }
  const left = Math.max(0, shown.length - first - CHUNK);
  $("more").hidden = !left;
  $("more").textContent = `Show more (${left.toLocaleString("en")} left)`;
};
const ending = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && moreList(), { rootMargin: "300px 0px" });
// Empty chunks are as tall as they will be, judged by one that is filled.
const reserve = () => {
  const chunks = Array.from($("list").querySelectorAll(".chunk"));
  const size = chunk => Math.min(CHUNK, shown.length - chunk.first);
  const real = chunks.find(chunk => chunk.firstChild);
  if (!real) return;
  for (const chunk of chunks) {
    if (!chunk.firstChild) chunk.style.minHeight = real.offsetHeight / size(real) * size(chunk) + "px";
  }
};
addEventListener("resize", () => shown.length && reserve());
$("more").onclick = moreList;
ending.observe($("more"));
const goTo = p => {
  let at = shown.indexOf(p);
  if (at < 0) { clearFilters(); at = shown.indexOf(p); }
  while ($("list").children.length <= Math.floor(at / CHUNK)) moreList();
  const chunk = $("list").children[Math.floor(at / CHUNK)];
  fillChunk(chunk);
  const node = chunk.children[at % CHUNK];
  node.scrollIntoView({ block: "center" });
  node.querySelector(".picture").focus({ preventScroll: true });
  if (!calm.matches) { node.classList.remove("flash"); void node.offsetWidth; node.classList.add("flash"); }
};

// ---- Order and choice. Each key says its two directions in words. ----
const KEYS = [
  ["strongest feeling", p => p.emotions[p.dominant], "strong first", "strong last"],
  ["kind of feeling", p => p.dominant * -2 + p.emotions[p.dominant], "amusement first", "amusement last"],
  ["order of reading", p => -p.index, "first to last", "last to first"],
  ["name", null, "A to Z", "Z to A"],
  ["valence", p => p.valence, "pleasant first", "unpleasant first"],
  ["arousal", p => p.arousal, "stirring first", "calm first"],
  ["disagreement", p => p.entropy, "disputed first", "agreed first"],
  ["warmth of color", p => p.warmth, "warm first", "cool first"],
  ...(pics.some(p => p.intention) ? [["nearness to the intention", p => p.intention ? p.intention.match : -1,
    "nearest first", "farthest first"]] : []),
  ...EMOTIONS.map((name, i) => [name, p => p.emotions[i], "most first", "least first"]),
];
const GENERAL = KEYS.length - EMOTIONS.length;
const intended = pics.filter(p => p.intention);
// Who asks for an intention wants to see who meets it.
const choice = { key: intended.length ? GENERAL - 1 : 0, turned: false, text: "", emotions: new Set(), sides: new Set() };
const byName = new Intl.Collator("en", { numeric: true }).compare;
const apply = () => {
  const words = choice.text.toLowerCase().split(/\s+/).filter(Boolean);
  const by = KEYS[choice.key][1];
  const sign = choice.turned ? -1 : 1;
  shown = pics.filter(p => (!choice.emotions.size || choice.emotions.has(p.dominant))
    && (!choice.sides.size || choice.sides.has(p.side)) && words.every(word => p.search.includes(word)));
  shown.sort((a, b) => sign * (by ? by(b) - by(a) : byName(a.name, b.name)) || a.index - b.index);
  $("turn").textContent = (choice.turned ? "↑ " : "↓ ") + KEYS[choice.key][choice.turned ? 3 : 2];
  tellCount();
  for (const button of document.querySelectorAll(".chips button")) {
    button.setAttribute("aria-pressed", button.set.has(button.member));
  }
  drawList();
  drawSummary();
  map.draw();
};
const tellCount = () => {
  $("count").textContent = shown.length === pics.length
    ? many(pics.length, "picture") : `${shown.length.toLocaleString("en")} of ${many(pics.length, "picture")}`;
};
const clearFilters = () => {
  choice.text = $("find").value = "";
  choice.emotions.clear();
  choice.sides.clear();
  apply();
};
const chips = (box, names, color, of, set) => box.append(...names.map((name, member) => {
  const count = pics.filter(p => of(p) === member).length;
  const chip = h("button", { type: "button", disabled: !count, "--c": `var(--${color(member)})` },
    h("i"), name, h("b", null, count.toLocaleString("en")));
  chip.onclick = () => { if (!set.delete(member)) set.add(member); apply(); };
  return Object.assign(chip, { set, member });
}));

// ---- The collection as a whole: means of what is shown, and the pictures at its edges. ----
const best = (list, of) => list.reduce((a, b) => of(b) > of(a) ? b : a);
const link = (p, text, ...content) => {
  const title = visible(text);
  const button = h("button", { type: "button", className: "plain", title, "aria-label": title }, image(p), ...content);
  button.onclick = () => open(p);
  return button;
};
const drawSummary = () => {
  const few = shown.length < pics.length;
  $("mean-title").textContent = few ? "What the pictures shown evoke together" : "What they evoke together";
  if (!shown.length) {
    for (const id of ["mean", "mean-polarity", "edges"]) $(id).replaceChildren();
    return;
  }
  const shares = EMOTIONS.map((_, i) => mean(shown, p => p.emotions[i]));
  const lines = bars(shares, few ? average : shares);
  lines.forEach((line, i) => {
    const p = best(shown, q => q.emotions[i]);
    line.append(link(p, `Most ${EMOTIONS[i]} (${share(p.emotions[i])}): ${p.name}`));
  });
  $("mean").replaceChildren(...lines);
  $("mean-polarity").replaceChildren(...polarity([0, 1, 2].map(i => mean(shown, p => p.polarity[i]))));
  $("edges").parentNode.classList.toggle("few", shown.length < 3);
  $("edges").replaceChildren(...[
    ["most pleasant", p => p.valence], ["most unpleasant", p => -p.valence],
    ["most stirring", p => p.arousal], ["calmest", p => -p.arousal],
    ["most agreed on", p => -p.entropy], ["most disputed", p => p.entropy],
  ].map(([word, of]) => {
    const p = best(shown, of);
    return link(p, `${word}: ${p.name}`, h("span", null, word));
  }));
};
const lead = () => {
  const [first, second] = average.map((x, i) => [x, i]).sort((a, b) => b[0] - a[0]);
  const sides = [0, 1].map(i => share(mean(pics, p => p.polarity[i])));
  return `${many(pics.length, "picture")}. ${pics.length > 1 ? "Together they evoke" : "It evokes"} most of all `
    + `${EMOTIONS[first[1]]} (${share(first[0])}), then ${EMOTIONS[second[1]]} (${share(second[0])}); of all answers, `
    + `${sides[0]} would be positive and ${sides[1]} negative.` + winner();
};
const winner = () => {
  if (intended.length < 2) return "";
  const p = best(intended, q => q.intention.match);
  return ` Nearest to the intention comes ${visible(p.name)}, match ${p.intention.match.toFixed(2)} of 1.`;
};

const map = makeMap({ pics, EMOTIONS, source, describe, goTo, shown: () => shown });

// ---- The detail view. ----
const dialog = $("detail");
let current = null;
// Hellinger distance of the predicted distributions, without its constant.
const apart = (p, q) => p.emotions.reduce((sum, x, i) => sum + (Math.sqrt(x) - Math.sqrt(q.emotions[i])) ** 2, 0);
const alike = p => pics.filter(q => q !== p).map(q => [apart(p, q), q]).sort((a, b) => a[0] - b[0]).slice(0, 5);
const ends = (low, high) => h("div", { className: "ends", "aria-hidden": "true" }, h("span", null, "1 " + low), h("span", null, high + " 7"));
// Where the feeling sits: boxes and a glow over the picture while it is pointed at.
const glow = ({ columns, values, emotion }) => {
  const rows = values.length / columns;
  const canvas = h("canvas", { width: columns, height: rows, className: "glow", "aria-hidden": "true",
    "--c": `var(--e${emotion})` });
  const data = canvas.getContext("2d").createImageData(columns, rows);
  values.forEach((value, i) => data.data.set([255, 140, 0, value * .8], 4 * i));
  canvas.getContext("2d").putImageData(data, 0, 0);
  return canvas;
};
const stage = p => {
  const big = original(p);
  if (!p.regions && !p.heat) return p.said ? [h("div", { className: "stage", "--r": p.width / p.height }, big)] : [big];
  const boxes = (p.regions || []).map((r, i) => h("i", { className: "region", title: r.text,
    "--x": width(r.box[0]), "--y": width(r.box[1]), "--w": width(r.box[2]), "--h": width(r.box[3]),
    "--c": `var(--e${r.emotion})` }, i < 3 ? h("b", null, EMOTIONS[r.emotion]) : null));
  const words = [p.regions ? "the parts that feel most" : null,
    p.heat ? `a glow where hiding the picture takes most ${EMOTIONS[p.heat.emotion]} away` : null];
  return [h("div", { className: "stage", tabIndex: 0, "--r": p.width / p.height }, big, p.heat ? glow(p.heat) : null, ...boxes.reverse()),
    h("p", { className: "small" }, `Point at the picture to see ${words.filter(Boolean).join(" and ")}.`)];
};
// A picture with all that is known about it.
const whole = p => {
  const others = alike(p);
  return [
    h("div", null, ...stage(p),
      h("h2", { id: "detail-name" }, bdi(p.name)),
      p.caption ? h("p", { className: "credit" }, bdi(p.caption)) : null,
      h("p", { className: "credit" }, p.link ? h("a", { href: p.link, target: "_blank", rel: "noopener" }, bdi(p.path)) : bdi(p.path),
        ` (${p.width} × ${p.height})`),
      h("div", { className: "late" }, h("h3", null, "Colors"), palette(p),
        h("p", { className: "swatches" }, ...p.palette.map(([color, part]) =>
          h("span", null, h("i", { "--c": color }), `${color} ${share(part)}`))), figures(p))),
    h("div", null, verdict(p), unusual(p), spoken(p), intention(p),
      h("ul", { className: "bars" }, ...bars(p.emotions, pics.length > 1 ? average : p.emotions, p.share_intervals)),
      pics.length > 1 ? h("p", { className: "small" }, "The upright marks are the means of the collection. "
        + `The bars end at ${share(top)}.`) : null,
      h("div", null, ...polarity(p.polarity)),
      axis("valence", p.valence, p.valence_interval), ends("unpleasant", "pleasant"),
      axis("arousal", p.arousal, p.arousal_interval), ends("calm", "stirring"),
      h("p", { className: "small" }, `Disagreement: ${p.entropy.toFixed(2)} of at most ${Math.log(9).toFixed(2)} nats.`),
      others.length ? h("h3", null, "Felt most alike in this collection") : null,
      h("div", { className: "edges" }, ...others.map(([, q]) => link(q, q.name, h("span", null, EMOTIONS[q.dominant]))))),
  ];
};
const step = by => {
  const at = shown.indexOf(current);
  if (shown.length && at >= 0) open(shown[(at + by + shown.length) % shown.length]);
};
const button = (text, label, act) => {
  const node = h("button", { type: "button", "aria-label": label, title: label }, text);
  node.onclick = act;
  return node;
};
const place = h("span", { className: "small" });
const sheet = h("div", { className: "sheet" });
dialog.append(h("div", { className: "bar" }, place, button("←", "Previous picture", () => step(-1)),
  button("→", "Next picture", () => step(1)), button("Close", "Close", () => dialog.close())), sheet);
function open(p) {
  current = p;
  const at = shown.indexOf(p);
  place.textContent = at < 0 ? "" : `${at + 1} of ${shown.length.toLocaleString("en")}`;
  sheet.replaceChildren(...whole(p));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}
dialog.addEventListener("click", event => event.target === dialog && dialog.close());
addEventListener("keydown", event => {
  if (!dialog.open) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});

// ---- Export and print. ----
// The columns of `--out FILE.csv`, and its cells.
const CELLS = {
  path: p => p.path, width: p => p.width, height: p => p.height,
  ...Object.fromEntries(EMOTIONS.map((name, i) => [name, p => p.emotions[i]])),
  ...Object.fromEntries(POLARITY.map((name, i) => [name, p => p.polarity[i]])),
  valence: p => p.valence, valence_low: p => p.valence_interval[0], valence_high: p => p.valence_interval[1],
  arousal: p => p.arousal, arousal_low: p => p.arousal_interval[0], arousal_high: p => p.arousal_interval[1],
  dominant: p => EMOTIONS[p.dominant], entropy: p => p.entropy,
  match: p => p.intention?.match ?? "", percentile: p => p.intention?.percentile ?? "", instead: p => p.intention?.instead ?? "", utterance: p => p.said?.text ?? "",
  error: () => "",
};
const csv = () => {
  // A spreadsheet would run a text that begins like a formula; the apostrophe keeps it a text.
  const cell = x => typeof x === "number" ? x : quoted(String(x).replace(/^[=+\-@\t\r]/, "'$&"));
  const quoted = text => /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  const lines = shown.map(p => meta.columns.map(column => cell(CELLS[column](p))));
  // What could not be read is no part of a choice.
  const lost = shown.length < pics.length ? [] : failures;
  const told = { path: f => f.path, error: f => f.message };
  const bad = lost.map(f => meta.columns.map(column => cell(told[column] ? told[column](f) : "")));
  return [meta.columns, ...lines, ...bad].map(line => line.join(",")).join("\n") + "\n";
};
const save = event => {
  const mark = event.shiftKey ? "\ufeff" : "";
  const url = URL.createObjectURL(new Blob([mark + csv()], { type: "text/csv" }));
  const name = meta.title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 80);
  h("a", { href: url, download: (name || "affetti") + ".csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  printing = true;
  while ($("list").querySelectorAll(".chunk").length * CHUNK < Math.min(PRINTED, shown.length)) moreList();
  for (const chunk of $("list").querySelectorAll(".chunk")) {
    chunk.style.minHeight = "";
    if (chunk.first < PRINTED) fillChunk(chunk); else chunk.replaceChildren();
  }
  for (const img of $("list").querySelectorAll("img")) img.loading = "eager";
  if (shown.length > PRINTED) $("count").textContent += `; the first ${PRINTED} are printed`;
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  printing = false;
  tellCount();
  map.draw();
  // Those that are far from the window are emptied again.
  near.disconnect();
  for (const chunk of $("list").querySelectorAll(".chunk")) near.observe(chunk);
});

// ---- Start. ----
$("main").hidden = !pics.length;
$("lead").textContent = pics.length ? lead() : "";
$("foot").textContent = `Affetti ${meta.version}. Model ${meta.model}, SHA-256 ${meta.model_sha256}.`;
if (failures.length) {
  $("failures").hidden = false;
  $("failures").firstChild.textContent = many(failures.length, pics.length ? "more picture" : "picture") + " could not be read";
  $("failures").open = failures.length <= 3;
  $("failures").lastChild.append(...failures.map(f => h("li", null, h("b", null, bdi(f.path)), " ", bdi(f.message))));
}
const option = ([name], value) => h("option", { value }, name);
$("sort").append(...KEYS.slice(0, GENERAL).map(option), h("optgroup", { label: "One feeling" },
  ...KEYS.slice(GENERAL).map((key, i) => option(key, i + GENERAL))));
chips($("by-emotion"), EMOTIONS, i => "e" + i, p => p.dominant, choice.emotions);
chips($("by-polarity"), POLARITY, i => POLARITY[i], p => p.side, choice.sides);
$("sort").onchange = event => { choice.key = +event.target.value; choice.turned = false; apply(); };
$("sort").value = choice.key;
$("look").setAttribute("aria-pressed", rows);
$("turn").onclick = () => { choice.turned = !choice.turned; apply(); };
$("look").onclick = () => { rows = !rows; $("look").setAttribute("aria-pressed", rows); drawList(); };
let typing = 0;
$("find").oninput = event => {
  clearTimeout(typing);
  typing = setTimeout(() => { choice.text = event.target.value; apply(); }, 120);
};
$("csv").onclick = save;
$("list").onclick = event => {
  const node = event.target.closest("[data-index]");
  if (node && !getSelection().toString()) open(pics[node.dataset.index]);
};
if (pics.length === 1) {
  // One picture is no collection: it is shown whole, and nothing else.
  $("main").className = "single";
  $("main").prepend(h("section", { className: "panel sheet" }, ...whole(pics[0])));
} else if (pics.length) apply();
})();
