// Compare: two to six versions of one work against an intention: which came nearest, and where each feels what.
import { h, put, dropper, failed, each, field, keep, state } from "./parts.js";
import { card, felt, intention } from "./feel.js";

const MOST = 6;

export default () => {
  const items = [], asked = state();
  let stop = new AbortController(), timer = 0, note = "";
  const told = document.getElementById("busy");
  const list = h("div", { className: "cards" }), summary = h("p", { className: "what", role: "status" });
  const regions = h("input", { type: "checkbox", checked: asked.get("regions") !== "false" });
  const aim = intention(asked.get("intend") || "awe", () => { clearTimeout(timer); timer = setTimeout(again, 350); });
  aim.node.open = true;
  const draw = () => {
    const done = items.filter(item => item.answer && item.answer.intention);
    const by = [...done].sort((a, b) => b.answer.intention.match - a.answer.intention.match);
    for (const item of items) item.node.classList.toggle("picked", by.length > 1 && item === by[0]);
    put(summary);
    if (by.length > 1) {
      const [first, second] = by, ahead = first.answer.intention.match - second.answer.intention.match;
      summary.append(h("span", { className: "best" }, first.name), ` comes nearest, match ${first.answer.intention.match.toFixed(2)} of 1`
        + (ahead < .02 ? `; ${second.name} is as near: the difference of ${ahead.toFixed(3)} says nothing.` : `, ${ahead.toFixed(2)} ahead of ${second.name}.`));
    } else if (items.length === 1) summary.textContent = "Add a second version to compare.";
    if (note) summary.append(h("span", { className: "small" }, " " + note));
    put(list, ...items.map(item => item.node));
  };
  const remove = item => h("button", { type: "button", onclick: () => { items.splice(items.indexOf(item), 1); URL.revokeObjectURL(item.url); note = ""; draw(); } }, "Remove");
  const one = async (item, signal) => {
    try {
      await felt(item, { regions: regions.checked, intend: aim.text() }, signal);
      item.node = card(item, remove(item));
    } catch (error) {
      if (error.name === "AbortError") return;
      item.node = failed(item.name, error, remove(item));
    }
    draw();
  };
  const run = async some => {
    const signal = stop.signal;
    told.textContent = "feeling";
    await each(some, 3, item => one(item, signal), signal);
    if (!signal.aborted) told.textContent = "";
  };
  const again = () => {
    keep("compare", { intend: aim.text(), regions: regions.checked ? "" : "false" });
    stop.abort();
    stop = new AbortController();
    run([...items]);
  };
  const add = files => {
    const room = MOST - items.length;
    note = files.length > room ? `At most ${MOST} versions at a time; the others were left out.` : "";
    const fresh = files.slice(0, room).map(file => {
      const item = { file, name: file.name, url: URL.createObjectURL(file) };
      item.node = h("article", { className: "panel" }, h("h3", { className: "name" }, item.name), h("p", { className: "wait" }, "waiting"));
      items.push(item);
      return item;
    });
    draw();
    run(fresh);
  };
  const drop = dropper("Drop two to six versions", "Sketches, crops, gradings of one work", add);
  regions.onchange = again;
  return {
    paste: drop.paste,
    leave: () => { clearTimeout(timer); stop.abort(); told.textContent = ""; items.forEach(item => URL.revokeObjectURL(item.url)); },
    nodes: [h("h1", { className: "room" }, "Which version comes nearer?"),
      h("p", { className: "what" }, "Say what you mean to evoke; each version is held against it."),
      h("div", { className: "with" }, h("div", { className: "set" }, drop, aim.node, field("show which parts feel most", regions, true)),
        h("div", null, summary, list))],
  };
};
