// Compare: two to six versions of one work against an intention: which came nearest, and where each feels what.
import { h, put, dropper, field, keep, state } from "./parts.js";
import { intention } from "./feel.js";
import { shelf } from "./shelf.js";

const MOST = 6;

export default () => {
  const asked = state();
  let note = "";
  const list = h("div", { className: "cards" }), summary = h("p", { className: "what", role: "status" });
  const regions = h("input", { type: "checkbox", checked: asked.get("regions") !== "false" });
  const aim = intention(asked.get("intend") || "awe", () => pictures.soon());
  aim.node.open = true;
  const draw = removed => {
    if (removed) note = "";
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
  const pictures = shelf({
    query: () => ({ regions: regions.checked, intend: aim.text() }),
    draw,
    remember: () => keep("compare", { intend: aim.text(), regions: regions.checked ? "" : "false" }),
  }), { items, again } = pictures;
  const add = files => {
    const room = MOST - items.length;
    note = files.length > room ? `At most ${MOST} versions at a time; the others were left out.` : "";
    pictures.add(files.slice(0, room));
  };
  const drop = dropper("Drop two to six versions", "Sketches, crops, gradings of one work", add);
  regions.onchange = again;
  return {
    paste: drop.paste,
    leave: pictures.leave,
    nodes: [h("h1", { className: "room" }, "Which version comes nearer?"),
      h("p", { className: "what" }, "Say what you mean to evoke; each version is held against it."),
      h("div", { className: "with" }, h("div", { className: "set" }, drop, aim.node, field("show which parts feel most", regions, true)),
        h("div", null, summary, list))],
  };
};
