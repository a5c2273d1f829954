// Collections: folders of this machine, searched by feeling, by words, by picture.
import { h, put, ask, dropper, failed, field, choice, pad, keep, state, client, follow, share, save, EMOTIONS } from "./parts.js";
import map from "./map.js";

const source = (id, size, key) => `/api/v1/collections/${id}/${size}/${key}`;

export default () => {
  const asked = state();
  let stop = null, timer = 0, near = "", found = [], of = "", chosen = new Set();
  const quit = new Set();
  const told = document.getElementById("busy");
  const folders = h("select"), list = h("div", { className: "painted", "aria-live": "polite" }), summary = h("p", { className: "what", role: "status" });
  const text = h("input", { type: "search", placeholder: "a lonely sea at night", value: asked.get("text") || "" });
  const like = choice([["", "any"], ...EMOTIONS.map(name => [name, name])], asked.get("like") || "");
  const not = choice([["", "nothing"], ...EMOTIONS.map(name => [name, name])], asked.get("not") || "");
  const by = h("input", { type: "checkbox", checked: asked.has("valence") });
  const at = { valence: +asked.get("valence") || 5, arousal: +asked.get("arousal") || 3 };
  const board = pad(at, changed => { Object.assign(at, changed); by.checked = true; soon(); });
  const top = choice([["24", "24"], ["60", "60"], ["200", "200"]], asked.get("top") || "60");
  const index = h("button", { type: "button", disabled: true }, "Read the folder");
  const plan = map("Map of the collection", asked.get("within"), () => { near = ""; soon(); });
  const query = () => ({ text: text.value, like: like.value, not: not.value, top: top.value, file: near, within: plan.query(), ...(by.checked ? at : {}) });
  const zoom = n => {
    const close = h("button", { type: "button" }, "Close"), img = h("img", { className: "big" }), name = h("span");
    const show = by => {
      n = (n + by + found.length) % found.length;
      img.src = source(folders.value, "large", found[n].picture);
      img.alt = name.textContent = found[n].path;
    };
    const step = (sign, label, by) => h("button", { type: "button", "aria-label": label, onclick: () => show(by) }, sign);
    const dialog = h("dialog", { "aria-label": "Picture", onkeydown: e => { if (e.key === "ArrowLeft") show(-1); if (e.key === "ArrowRight") show(1); } },
      h("div", { className: "bar" }, name, step("←", "Previous picture", -1), step("→", "Next picture", 1), close), img);
    close.onclick = () => dialog.close();
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    show(0);
    dialog.showModal();
  };
  const picked = () => found.filter(p => chosen.has(p.picture));
  const tell = () => {
    const some = picked().length ? `${picked().length} chosen` : "these";
    csv.disabled = !found.length;
    copy.disabled = !found.length || copying.busy;
    csv.textContent = picked().length ? `Export ${some} as CSV` : "Export CSV";
    copy.textContent = `Copy ${some} into folders by feeling`;
  };
  const figure = (p, n) => h("figure", null,
    h("button", { type: "button", className: "plain", "aria-label": "Enlarge " + p.path, onclick: () => zoom(n) }, h("img", { src: source(folders.value, "small", p.picture), alt: p.path, loading: "lazy" })),
    h("figcaption", null, h("label", null, h("input", { type: "checkbox", "aria-label": "Choose " + p.path, checked: chosen.has(p.picture), onchange: e => {
      if (e.target.checked) chosen.add(p.picture); else chosen.delete(p.picture);
      tell();
    } }), " ", p.path), h("br"), `${p.dominant} ${share(p.emotions[p.dominant])}, valence ${p.valence.toFixed(1)}, arousal ${p.arousal.toFixed(1)}`));
  const go = async () => {
    keep("collections", { in: folders.value, ...query(), file: "", top: top.value === "60" ? "" : top.value });
    if (!folders.value) return;
    if (stop) stop.abort();
    stop = new AbortController();
    told.textContent = "looking";
    try {
      const answer = await ask(`collections/${folders.value}/pictures`, { query: query(), method: "GET", signal: stop.signal });
      found = answer.pictures;
      of = folders.value;
      put(list, found.map(figure));
      summary.textContent = found.length ? `${found.length} pictures, best first.` : plan.query() ? "No picture lies in this part of the map." : "No picture is in this collection yet.";
      told.textContent = "";
    } catch (error) {
      if (error.name === "AbortError") return;
      told.textContent = "";
      found = [];
      put(list, failed("", error));
    }
    tell();
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(go, 200); };
  const csv = h("button", { type: "button", disabled: true, onclick: () => {
    const quoted = x => { const t = String(x).replace(/^[=+\-@\t\r]/, "'$&"); return /[",\r\n]/.test(t) ? `"${t.replace(/"/g, '""')}"` : t; };
    const some = picked().length ? picked() : found;
    const lines = [["path", ...EMOTIONS, "valence", "arousal", "dominant"], ...some.map(p => [quoted(p.path), ...EMOTIONS.map(name => p.emotions[name]), p.valence, p.arousal, p.dominant])];
    save(new Blob([lines.map(line => line.join(",")).join("\n") + "\n"], { type: "text/csv" }), "collection.csv");
  } }, "Export CSV");
  // A long work with a bar of its own: `asking` makes the job, `told` says what came of it, `after` comes in any case.
  const work = (asking, words, told, after) => {
    const node = h("div", { role: "status" }), own = { busy: false, node };
    const end = content => { own.busy = false; put(node, content); after(); };
    own.go = async () => {
      own.busy = true;
      after();
      try {
        const job = await asking(), line = h("p", { className: "small", "aria-hidden": "true" });
        put(node, h("progress", { "aria-label": words }), line);
        const stop = follow(job.id, job => {
          line.textContent = job.state === "queued" ? `place ${job.position} in the line` : `${job.done || 0} ${words}`;
          if (!["done", "failed", "cancelled"].includes(job.state)) return;
          quit.delete(stop);
          end(job.answer ? h("p", { className: "small" }, told(job.answer)) : job.error ? failed("", job.error) : h("p", { className: "small" }, "stopped"));
        });
        quit.add(stop);
      } catch (error) { end(failed("", error)); }
    };
    return own;
  };
  const sidecars = h("input", { type: "checkbox", checked: true });
  const copy = h("button", { type: "button", disabled: true }, "Copy into folders by feeling");
  const copying = work(() => ask("export", {
    query: { collection: of, sidecars: sidecars.checked, client }, body: (picked().length ? picked() : found).map(p => p.picture).join("\n"),
  }), "pictures looked at", a => `${a.copied} copied into the folder ${a.folder}, ${a.there} there already, ${a.sidecars} sidecars, ${a.failed} failed` + (a.failures.length ? `; ${a.failures[0].path}: ${a.failures[0].error.message}` : ""), () => tell());
  copy.onclick = copying.go;
  const copies = h("div", { hidden: true }, h("div", { className: "row-of" }, copy), field("with XMP sidecars", sidecars, true), copying.node);
  ask("about", { method: "GET" }).then(about => { copies.hidden = !about.exports; }).catch(() => {});
  const drop = dropper("Drop a picture", "to find those that feel most like it", async ([file]) => {
    try { near = (await ask("files", { body: file })).sha256; text.value = ""; like.value = not.value = ""; by.checked = false; plan.reset(); go(); } catch (error) { put(list, failed(file.name, error)); }
  }, false);
  const reading = work(() => ask("index", { query: { collection: folders.value, client } }), "pictures felt",
    a => `${a.pictures} pictures: ${a.felt} felt, ${a.unchanged} unchanged, ${a.gone} gone, ${a.failed} could not be read.`,
    // What was felt before it was stopped is kept.
    () => { index.disabled = reading.busy; if (!reading.busy) { go(); chart(); } });
  index.onclick = reading.go;
  const chart = () => {
    const id = folders.value, show = points => { if (id === folders.value) plan.show(points); };
    ask(`collections/${id}/map`, { method: "GET" }).then(answer => show(answer.points)).catch(() => show([]));
  };
  for (const control of [text, like, not, by, top, folders]) control.addEventListener("input", () => { near = ""; if (control === folders) { chosen.clear(); found = []; put(list); tell(); chart(); } soon(); });
  ask("collections", { method: "GET" }).then(({ collections }) => {
    if (!collections.length) {
      put(list, h("p", { className: "empty" }, "Name folders when the studio is opened: affetti serve photos/"));
      return;
    }
    index.disabled = false;
    folders.append(...collections.map(one => h("option", { value: one.id, selected: one.id === asked.get("in") }, one.name + (one.pictures === null ? "" : ` (${one.pictures})`))));
    const read = collections.find(one => one.id === folders.value).pictures !== null;
    if (read) { go(); chart(); } else summary.textContent = "This folder was not read yet.";
  }).catch(error => put(list, failed("", error)));
  return {
    paste: drop.paste,
    leave: () => { clearTimeout(timer); if (stop) stop.abort(); quit.forEach(end => end()); told.textContent = ""; },
    nodes: [h("h1", { className: "room" }, "Collections"), h("p", { className: "what" }, "Pictures of a folder by what they evoke, by what is to be seen, or like another one."),
      h("div", { className: "with" }, h("div", { className: "set" }, field("Folder", folders), h("div", { className: "row-of" }, index), reading.node, field("Words", text), field("Much of", like), field("Without", not),
        field("near a place on the pad", by, true), board, field("Pictures", top), drop, h("div", { className: "row-of" }, csv), copies), h("div", null, plan.node, summary, list))],
  };
};
