// Feel: pictures in, cards out; the intention is set beside, and each picture is held against it.
import { h, put, ask, withFile, bars, strip, axis, dropper, share, EMOTIONS, save, field, choice, keep, state, client } from "./parts.js";
import { shelf } from "./shelf.js";
import map from "./map.js";

const order = ["positive", "negative", "other"];

// Where the parts lie that feel most, numbered.
const boxes = page => (page.regions || []).slice(0, 3).map((region, n) => {
  const [x, y, w, t] = region.box.map(part => (100 * part).toFixed(2) + "%");
  return h("i", { className: "box", "--x": x, "--y": y, "--w": w, "--h": t, "--c": `var(--e${region.emotion})`, title: region.text }, h("b", null, String(n + 1)));
});

// One picture's card; `page` is what the report shows of it.
export const card = (item, tools) => {
  const { answer, page, url, name } = item;
  const polarity = Object.fromEntries(order.map((side, i) => [side, page.polarity[i]]));
  const [feeling, ...limits] = page.verdict.split("; ");
  const picture = h("span", { className: "stage" }, h("img", { src: url, alt: name, loading: "lazy" }), boxes(page));
  const big = () => zoom(item);
  return h("article", { className: "panel card" },
    h("button", { type: "button", className: "plain", onclick: big, "aria-label": "Enlarge " + name }, picture),
    h("h3", { className: "name" }, name),
    h("p", { className: "verdict" }, feeling, limits.length ? h("span", null, "; " + limits.join("; ")) : null),
    page.unusual ? h("p", { className: "unusual" }, page.unusual) : null,
    (page.regions || []).length ? h("p", { className: "small" }, page.regions.slice(0, 3).map((region, n) => `${n + 1} ${EMOTIONS[region.emotion]}`).join(" · ")) : null,
    page.said ? h("p", { className: "said" }, `“${page.said.text}” `, h("small", null, "written by a model")) : null,
    page.intention ? h("p", { className: "intention" }, page.intention.text) : null,
    bars(page.emotions, page.share_intervals), strip(polarity),
    axis("valence", page.valence, page.valence_interval), axis("arousal", page.arousal, page.arousal_interval),
    h("p", { className: "small" }, `${answer.width} × ${answer.height}, ${answer.model.name}`),
    tools ? h("div", { className: "tools-of" }, tools) : null);
};

// The picture itself, as large as the window or larger, with its parts.
const zoom = ({ url, name, page }) => {
  const close = h("button", { type: "button" }, "Close");
  const sheet = h("div", { className: "sheet-of" }, h("span", { className: "stage" }, h("img", { src: url, alt: name }), boxes(page)));
  const whole = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
    const large = whole.getAttribute("aria-pressed") === "false";
    whole.setAttribute("aria-pressed", large);
    sheet.classList.toggle("whole", large);
  } }, "Full size");
  const dialog = h("dialog", { "aria-label": name }, h("div", { className: "bar" }, h("span", null, name), whole, close), sheet,
    (page.regions || []).slice(0, 3).map((region, n) => h("p", { className: "small" }, `${n + 1} ${region.text}`)));
  close.onclick = () => dialog.close();
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
};

// Asks for one picture; what is brought once is not brought again.
export const felt = async (item, query, signal) => {
  item.answer = await withFile(item, signal, file => ask("feel", { query: { file, name: item.name, page: true, client, ...query }, signal }));
  item.page = item.answer.page;
  return item;
};

// The intention: one emotion, or a mixture by sliders.
export const intention = (start, changed) => {
  const known = new Map();
  for (const part of (start || "").split(",")) {
    const [name, value] = part.split("=");
    if (EMOTIONS.includes(name)) known.set(name, Math.round(100 * (value === undefined ? 1 : +value)));
  }
  const text = () => {
    const parts = sliders.filter(([, input]) => +input.value > 0).map(([name, input]) => `${name}=${input.value / 100}`);
    return parts.join(",");
  };
  const sliders = EMOTIONS.map(name => [name, h("input", { type: "range", min: 0, max: 100, step: 5, value: known.get(name) || 0, oninput: () => changed(text()) })]);
  const clear = h("button", { type: "button", onclick: () => { sliders.forEach(([, input]) => { input.value = 0; }); changed(""); } }, "No intention");
  const node = h("details", { className: "panel", open: known.size > 0 }, h("summary", null, "What do you mean to evoke?"),
    h("div", { className: "set" }, sliders.map(([name, input]) => h("label", null, h("span", null, name), input)), clear));
  return { node, text };
};

const csv = items => {
  const head = ["path", "width", "height", ...EMOTIONS, ...order, "valence", "arousal", "dominant", "match"];
  const quoted = x => { const t = String(x ?? "").replace(/^[=+\-@\t\r]/, "'$&"); return /[",\r\n]/.test(t) ? `"${t.replace(/"/g, '""')}"` : t; };
  const rows = items.filter(item => item.answer).map(({ answer: a }) => [quoted(a.path), a.width, a.height, ...EMOTIONS.map(n => a.emotions[n]),
    ...order.map(n => a.polarity[n]), a.valence, a.arousal, a.dominant, a.intention ? a.intention.match : ""]);
  return [head, ...rows].map(row => row.join(",")).join("\n") + "\n";
};

const SORTS = [["order", "as they came"], ["match", "nearest to the intention"], ["valence", "most pleasant first"], ["arousal", "most stirring first"],
  ...EMOTIONS.map(name => [name, "most " + name])];

export default () => {
  const asked = state();
  const list = h("div", { className: "cards" }), summary = h("p", { className: "what", role: "status" });
  const regions = h("input", { type: "checkbox", checked: asked.get("regions") === "true" });
  const say = h("input", { type: "checkbox", checked: asked.get("say") === "true" });
  const sort = choice(SORTS, asked.get("sort") || "order");
  const aim = intention(asked.get("intend"), () => pictures.soon());
  const query = () => ({ regions: regions.checked, say: say.checked, intend: aim.text() });
  const plan = map("Map of these pictures", asked.get("within"), () => { remember(); draw(); });
  const remember = () => keep("feel", { ...query(), sort: sort.value === "order" ? "" : sort.value, within: plan.query() });
  const lies = ({ answer }) => !answer || !plan.query() || plan.has(answer.valence, answer.arousal);
  const value = item => {
    if (!item.answer) return -1;
    const key = sort.value, a = item.answer;
    return key === "order" ? -item.n : key === "match" ? (a.intention ? a.intention.match : 0) : key in a.emotions ? a.emotions[key] : a[key];
  };
  const draw = () => {
    const order = [...items].sort((a, b) => value(b) - value(a));
    put(list, ...order.filter(lies).map(item => item.node));
    const all = items.filter(item => item.answer), done = all.filter(lies);
    plan.show(all.map(({ answer: a }) => [a.valence, a.arousal, EMOTIONS.indexOf(a.dominant)]));
    plan.node.hidden = all.length < 2 && !plan.query();
    export_.disabled = !done.length;
    if (all.length && !done.length) { summary.textContent = "No picture lies in this part of the map."; return; }
    if (!done.length) { summary.textContent = ""; return; }
    const mean = EMOTIONS.map(name => done.reduce((sum, item) => sum + item.answer.emotions[name], 0) / done.length);
    const [first, second] = mean.map((x, i) => [x, EMOTIONS[i]]).sort((a, b) => b[0] - a[0]);
    summary.textContent = `${done.length} picture${done.length > 1 ? "s" : ""}: most of all ${first[1]} (${share(first[0])}), then ${second[1]} (${share(second[0])}).`;
  };
  plan.node.hidden = true;
  const pictures = shelf({ query, draw, remember }), { items, again } = pictures;
  const drop = dropper("Drop pictures here, or choose them", "JPEG, PNG, WebP, GIF, BMP, TIFF; folders too. They stay on this machine.", pictures.add);
  const export_ = h("button", { type: "button", disabled: true, onclick: () => save(new Blob([csv(items.filter(lies))], { type: "text/csv" }), "affetti.csv") }, "Export CSV");
  regions.onchange = say.onchange = again;
  sort.onchange = () => { remember(); draw(); };
  return {
    paste: drop.paste,
    leave: pictures.leave,
    nodes: [h("h1", { className: "room" }, "What does it evoke?"),
      h("p", { className: "what" }, "Nine emotions that groups of viewers tend to name, how pleasant, how stirring, and how unsure that is."),
      h("div", { className: "with" },
        h("div", { className: "set" }, drop, field("Order", sort), field("show which parts feel most", regions, true),
          field("a sentence for each", say, true), aim.node, h("div", { className: "row-of" }, export_)),
        h("div", null, summary, plan.node, list))],
  };
};
