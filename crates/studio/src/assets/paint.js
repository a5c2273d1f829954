// Paint: new pictures for a genre or style and a feeling, by word or on the pad; and the brush for any picture.
import { h, put, ask, withFile, dropper, failed, field, choice, range, pad, keep, state, client, follow, save } from "./parts.js";

const plain = name => name.replace(/_/g, " ");

export default () => {
  const asked = state();
  let running = null, quit = null, item = null, url = "", brushing = null;
  const told = document.getElementById("busy");
  const out = h("div", { "aria-live": "polite" }), progress = h("div");
  const subject = h("select"), style = h("select", null, h("option", { value: "" }, "any style"));
  const how = choice([["word", "by a word"], ["pad", "on the pad"], ["any", "as paintings have it"]], asked.get("how") || "word");
  const feeling = h("select");
  const at = { valence: +asked.get("valence") || 4, arousal: +asked.get("arousal") || 4 };
  const board = pad(at, changed => { Object.assign(at, changed); where.textContent = `valence ${at.valence.toFixed(2)}, arousal ${at.arousal.toFixed(2)}`; });
  const where = h("p", { className: "small" }, `valence ${at.valence.toFixed(2)}, arousal ${at.arousal.toFixed(2)}`);
  const [count, countField] = range("Pictures", 1, 48, +asked.get("count") || 12);
  const [truncation, truncationField] = range("Boldness", 0, 1.5, asked.get("truncation") || .8, .1);
  const seed = h("input", { type: "number", min: 0, value: asked.get("seed") || 0 });
  const oil = h("input", { type: "checkbox", checked: asked.get("oil") === "true" });
  const form = choice([["", "pictures"], ["turn", "one that turns into the next"], ["to", "one that turns to another feeling"]], asked.get("as") || "");
  const toward = h("select"), byTo = field("Other feeling", toward), inOil = field("painted over in oil, 1,024 pixels", oil, true);
  const go = h("button", { type: "button", className: "go", disabled: true }, "Paint"), cancel = h("button", { type: "button", hidden: true }, "Stop");
  const byWord = field("Feeling", feeling), byPad = h("div", null, board, where);
  const mode = () => {
    byWord.hidden = how.value !== "word";
    byPad.hidden = how.value !== "pad";
    byTo.hidden = form.value !== "to";
    countField.hidden = form.value === "to";
    inOil.hidden = form.value !== "";
    count.max = form.value === "turn" ? 24 : 48;
    count.min = form.value === "turn" ? 2 : 1;
    count.dispatchEvent(new Event("input"));
  };
  how.onchange = form.onchange = mode;
  mode();
  const query = () => ({
    words: [subject.value, style.value].filter(Boolean).map(plain).join(" "), seed: seed.value || 0, truncation: truncation.value,
    ...(form.value === "to" ? { to: toward.value } : form.value === "turn" ? { turn: true, count: count.value } : { count: count.value, oil: oil.checked }),
    ...(how.value === "word" ? { emotion: feeling.value } : how.value === "pad" ? at : {}),
  });
  // What moves can be stopped, and stands still from the beginning for who has asked their system for that.
  const moving = ({ url, name }) => {
    const alt = "pictures that turn into one another", img = h("img", { src: url, alt }), still = h("canvas", { hidden: true, role: "img", "aria-label": alt });
    const stop = h("button", { type: "button", onclick: () => set(!img.hidden) });
    const set = stopped => {
      if (stopped && img.naturalWidth) {
        Object.assign(still, { width: img.naturalWidth, height: img.naturalHeight });
        still.getContext("2d").drawImage(img, 0, 0);
      }
      img.hidden = stopped;
      still.hidden = !stopped;
      stop.textContent = stopped ? "Let it move" : "Stand still";
    };
    set(false);
    img.addEventListener("load", () => { if (matchMedia("(prefers-reduced-motion: reduce)").matches) set(true); }, { once: true });
    return h("figure", { className: "moving" }, img, still,
      h("figcaption", { className: "tools-of" }, stop, h("a", { className: "button", href: url + "?save=" + name, download: name }, "Save GIF")));
  };
  const show = answer => {
    const notes = answer.notes && answer.notes.length ? h("p", { className: "small" }, answer.notes.join("; ")) : null;
    if (answer.moving) {
      put(out, moving(answer.moving), notes);
      return;
    }
    put(out, h("div", { className: "painted" }, answer.pictures.map(picture => {
      const felt = h("span");
      const feel = h("button", { type: "button", onclick: async () => {
        feel.disabled = true;
        try {
          const sha256 = picture.file.url.split("/").pop();
          const { dominant, valence, arousal } = await ask("feel", { query: { file: sha256 } });
          felt.textContent = `Evokes ${dominant}, valence ${valence.toFixed(1)}, arousal ${arousal.toFixed(1)}. `;
        } catch (error) { felt.textContent = error.message; }
      } }, "What does it evoke?");
      return h("figure", null, h("img", { src: picture.file.url, alt: `painted, seed ${picture.seed}`, loading: "lazy" }),
        h("figcaption", null, [picture.genre, picture.style].filter(Boolean).map(plain).join(", ") + `, seed ${picture.seed}. `, felt,
          h("span", { className: "tools-of" }, feel, h("a", { className: "button", href: picture.file.url + "?save=" + picture.file.name, download: picture.file.name }, "Save"))));
    })), notes);
  };
  const ended = () => { go.disabled = false; cancel.hidden = true; told.textContent = ""; running = null; put(progress); };
  go.onclick = async () => {
    keep("paint", { ...query(), words: "", subject: subject.value, style: style.value, how: how.value, as: form.value, turn: "" });
    go.disabled = true;
    put(out);
    try {
      const job = await ask("paint", { query: { ...query(), wait: false, client } });
      running = job.id;
      cancel.hidden = false;
      const bar = h("progress", { max: +count.value }), words = h("p", { className: "small" });
      put(progress, bar, words);
      quit = follow(job.id, told => {
        if (told.state === "queued") words.textContent = `place ${told.position} in the line`;
        if (told.state === "running") {
          bar.value = told.done || 0;
          words.textContent = `${told.done || 0} of ${told.total || count.value} painted` + (told.seconds_left ? `, ${Math.ceil(told.seconds_left)} s left` : "");
        }
        if (told.state === "done") { ended(); show(told.answer); }
        if (told.state === "failed") { ended(); put(out, failed("", told.error)); }
        if (told.state === "cancelled") { ended(); put(out, h("p", { className: "small" }, "stopped")); }
      });
    } catch (error) { ended(); put(out, failed("", error)); }
  };
  cancel.onclick = () => running && ask("jobs/" + running, { method: "DELETE" }).catch(() => {});
  const none = h("p", { className: "small" });
  ask("repertoire", { method: "GET" }).then(offer => {
    const options = (names, chosen) => names.map(name => h("option", { value: name, selected: name === chosen }, plain(name)));
    subject.append(h("option", { value: "" }, "any subject"), ...options([...offer.genres, ...offer.artists], asked.get("subject")));
    style.append(...options(offer.styles.filter(name => name !== "other"), asked.get("style")));
    feeling.append(...options(offer.feelings, asked.get("emotion") || "positive"));
    toward.append(...options(offer.feelings, asked.get("to") || "negative"));
    go.disabled = false;
  }).catch(error => { none.textContent = error.message; });

  const brushed = h("div", { className: "twin" });
  const [size, sizeField] = range("Pixels of the longer side", 256, 2048, 1024, 128);
  const brush = async () => {
    if (!item) return;
    if (brushing) brushing.abort();
    brushing = new AbortController();
    const signal = brushing.signal, of = item;
    put(brushed, h("img", { src: item.url, alt: item.name }), h("p", { className: "wait" }, "painting"));
    const painted = format => withFile(of, format ? undefined : signal, file => ask("brush", { query: { file, size: size.value, seed: seed.value || 0, format }, as: "blob", signal: format ? undefined : signal }));
    try {
      const blob = await painted();
      if (url) URL.revokeObjectURL(url);
      url = URL.createObjectURL(blob);
      put(brushed, h("img", { src: item.url, alt: item.name }), h("div", null, h("img", { src: url, alt: item.name + " in oil", className: "big" }),
        h("div", { className: "tools-of" }, h("button", { type: "button", onclick: () => save(blob, "in-oil.png") }, "Save PNG"),
          h("button", { type: "button", onclick: async () => {
            try { save(await painted("svg"), "in-oil.svg"); } catch (error) { brushed.append(failed(of.name, error)); }
          } }, "Save SVG"))));
    } catch (error) { if (error.name !== "AbortError") put(brushed, failed(of.name, error)); }
  };
  const drop = dropper("Drop a picture of yours", "to have it painted over in oil", ([file]) => {
    if (item) URL.revokeObjectURL(item.url);
    item = { file, name: file.name, url: URL.createObjectURL(file) };
    brush();
  }, false);
  size.addEventListener("change", brush);
  return {
    paste: drop.paste,
    leave: () => { if (quit) quit(); if (brushing) brushing.abort(); told.textContent = ""; if (item) URL.revokeObjectURL(item.url); if (url) URL.revokeObjectURL(url); },
    nodes: [h("h1", { className: "room" }, "New pictures"), h("p", { className: "what" }, "For a subject and a feeling, by a small network that learned from paintings. Whoever appears in them is nobody."),
      h("div", { className: "with" }, h("div", { className: "set" }, field("Subject", subject), field("Style", style), field("Feeling is chosen", how), byWord, byPad, field("Make", form), byTo, countField, truncationField, field("Seed", seed),
        inOil, h("div", { className: "row-of" }, go, cancel), none), h("div", null, progress, out)),
      h("h1", { className: "room" }, "In oil"), h("div", { className: "with" }, h("div", { className: "set" }, drop, sizeField), brushed)],
  };
};
