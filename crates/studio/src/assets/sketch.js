// Sketch: a photograph in a few strokes, redrawn as the settings move.
import { h, put, ask, withFile, dropper, failed, field, choice, range, keep, state, client, EMOTIONS, save } from "./parts.js";

const FORMATS = [["svg", "SVG"], ["png", "PNG"], ["pdf", "PDF"], ["dxf", "DXF"], ["gif", "GIF"]];

export default () => {
  const asked = state();
  let item = null, stop = null, timer = 0, url = "";
  const told = document.getElementById("busy");
  const out = h("div", { className: "twin", "aria-live": "polite" });
  const [strokes, strokesField] = range("Strokes", 1, 64, +asked.get("strokes") || 16);
  const [width, widthField] = range("Width", .5, 8, +asked.get("width") || 3, .5);
  const box = name => h("input", { type: "checkbox", checked: asked.get(name) === "true" });
  const object = h("input", { type: "checkbox", checked: asked.get("mask") === "object" });
  const [color, ink, meaning] = ["color", "ink", "meaning"].map(box);
  const emotion = choice([["", "none"], ...EMOTIONS.slice(0, 8).map(name => [name, name])], asked.get("emotion") || "");
  const quality = choice([["draft", "quick"], ["normal", "normal"], ["best", "best, takes a while"]], asked.get("quality") || "normal");
  const seed = h("input", { type: "number", min: 0, max: 4294967295, value: asked.get("seed") || 0 });
  const query = () => ({
    strokes: strokes.value, width: width.value, mask: object.checked ? "object" : "none", color: color.checked, ink: ink.checked,
    meaning: meaning.checked, emotion: emotion.value, quality: quality.value, seed: seed.value || 0,
  });
  const remember = () => {
    const q = query();
    keep("sketch", { ...q, mask: q.mask === "none" ? "" : q.mask, quality: q.quality === "normal" ? "" : q.quality, seed: +q.seed || "" });
  };
  const paper = h("div", { className: "paper" }), notes = h("p", { className: "small" });
  const downloads = h("div", { className: "tools-of" }, FORMATS.map(([format, name]) => h("button", { type: "button", disabled: true, onclick: async event => {
    const button = event.target;
    button.disabled = true;
    try {
      const blob = await withFile(item, undefined, file => ask("sketch", { query: { ...query(), file, format }, as: "blob" }));
      save(blob, item.name.replace(/\.\w+$/, "") + `-${strokes.value}.${format}`);
    } catch (error) { notes.textContent = error.message; }
    button.disabled = false;
  } }, name)));
  const go = async () => {
    remember();
    if (!item) return;
    if (stop) stop.abort();
    stop = new AbortController();
    told.textContent = "drawing";
    try {
      const signal = stop.signal;
      const line = await withFile(item, signal, file => ask("sketch", { query: { ...query(), file, name: item.name, client }, signal }));
      if (url) URL.revokeObjectURL(url);
      // As a picture, a drawing can do nothing.
      url = URL.createObjectURL(new Blob([line.svg], { type: "image/svg+xml" }));
      put(paper, h("img", { src: url, alt: `${line.strokes} strokes of ${item.name}` }));
      notes.textContent = `${line.strokes} strokes in ${line.seconds.toFixed(2)} s` + (line.strokes < +strokes.value ? `; the picture has no more edges than that.` : "")
        + (line.share !== undefined ? ` Share of ${emotion.value} ${line.share_before.toFixed(2)} → ${line.share.toFixed(2)}.` : "");
      for (const button of downloads.children) button.disabled = false;
      told.textContent = "";
    } catch (error) {
      if (error.name === "AbortError") return;
      told.textContent = "";
      put(paper, failed(item.name, error));
    }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(go, 120); };
  for (const control of [strokes, width, object, color, ink, meaning, emotion, quality, seed]) control.addEventListener("input", soon);
  const drop = dropper("Drop a photograph", "or a painting", ([file]) => {
    if (item) URL.revokeObjectURL(item.url);
    item = { file, name: file.name, url: URL.createObjectURL(file) };
    put(out, h("img", { src: item.url, alt: item.name }), h("div", null, paper, notes, downloads));
    put(paper, h("p", { className: "wait" }, "drawing"));
    go();
  }, false);
  return {
    paste: drop.paste,
    leave: () => { clearTimeout(timer); if (stop) stop.abort(); told.textContent = ""; if (item) URL.revokeObjectURL(item.url); if (url) URL.revokeObjectURL(url); },
    nodes: [h("h1", { className: "room" }, "A few strokes"), h("p", { className: "what" }, "Move the slider: fewer strokes are more abstract."),
      h("div", { className: "with" }, h("div", { className: "set" }, drop, strokesField, widthField, field("the object alone", object, true), field("colors of the picture", color, true),
        field("ink: strong edges thicker", ink, true), field("a network says which edges matter", meaning, true), field("Pulled toward", emotion), field("Work", quality), field("Seed", seed)), out)],
  };
};
