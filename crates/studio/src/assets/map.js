// The map of many pictures: each at its valence and arousal. A part of it is chosen by dragging, or by the four numbers.
import { h, EMOTIONS } from "./parts.js";

const SIDE = 600;
const whole = { v0: 1, v1: 7, a0: 1, a1: 7 };
const names = { v0: "pleasant from", v1: "pleasant to", a0: "stirring from", a1: "stirring to" };

const lies = ([v0, v1, a0, a1], valence, arousal) => valence >= v0 && valence <= v1 && arousal >= a0 && arousal <= a1;

// `start` is a part of it, as `query` gives it; `has` says whether a picture lies in the part that is chosen.
export default (title, start, changed) => {
  const at = { ...whole };
  const given = (start || "").split(",").map(Number);
  if (given.length === 4 && given.every(x => x >= 1 && x <= 7)) [at.v0, at.v1, at.a0, at.a1] = given;
  let points = [], from = null, before = null;
  // Who writes the numbers one by one may have them the wrong way round for a moment.
  const part = () => { const v = [at.v0, at.v1].sort((a, b) => a - b), a = [at.a0, at.a1].sort((p, q) => p - q); return [...v, ...a]; };
  const canvas = h("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": title + ": pleasant to the right, stirring upwards" });
  const inputs = Object.keys(whole).map(key => h("input", { type: "number", min: 1, max: 7, step: .1, value: at[key], oninput: e => {
    const value = +e.target.value;
    if (value >= 1 && value <= 7) { at[key] = value; draw(); changed(); }
  } }));
  const all = h("button", { type: "button", onclick: () => { reset(); changed(); } }, "All of it");
  const fill = () => { Object.keys(whole).forEach((key, n) => { inputs[n].value = at[key]; }); draw(); };
  const x = valence => (valence - 1) / 6 * SIDE, y = arousal => (7 - arousal) / 6 * SIDE;
  const draw = () => {
    const style = getComputedStyle(canvas), pen = canvas.getContext("2d"), color = name => style.getPropertyValue(name).trim() || "gray";
    const colors = EMOTIONS.map((_, n) => color(`--e${n}`));
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.strokeStyle = color("--line");
    pen.beginPath();
    for (let n = 1; n <= 7; n++) { pen.moveTo(x(n), 0); pen.lineTo(x(n), SIDE); pen.moveTo(0, y(n)); pen.lineTo(SIDE, y(n)); }
    pen.stroke();
    pen.fillStyle = color("--soft");
    pen.font = "18px sans-serif";
    for (const [text, left, top, align] of [["unpleasant", 6, SIDE / 2 - 6, "left"], ["pleasant", SIDE - 6, SIDE / 2 - 6, "right"], ["stirring", SIDE / 2, 20, "center"], ["calm", SIDE / 2, SIDE - 8, "center"]]) {
      pen.textAlign = align;
      pen.fillText(text, left, top);
    }
    const chosen = part(), [v0, v1, a0, a1] = chosen;
    const size = points.length > 2000 ? 3 : 6;
    for (const [valence, arousal, emotion] of points) {
      pen.globalAlpha = lies(chosen, valence, arousal) ? .85 : .15;
      pen.fillStyle = colors[emotion];
      pen.beginPath();
      pen.arc(x(valence), y(arousal), size, 0, 7);
      pen.fill();
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = color("--accent");
    pen.lineWidth = 3;
    if (query()) pen.strokeRect(x(v0), y(a1), x(v1) - x(v0), y(a0) - y(a1));
    pen.lineWidth = 1;
  };
  const query = () => Object.keys(whole).some(key => at[key] !== whole[key]) ? part().join() : "";
  const has = (valence, arousal) => lies(part(), valence, arousal);
  const place = e => {
    const box = canvas.getBoundingClientRect(), within = t => Math.round(Math.min(7, Math.max(1, t)) * 100) / 100;
    return [within(1 + 6 * (e.clientX - box.left) / box.width), within(7 - 6 * (e.clientY - box.top) / box.height)];
  };
  const span = e => {
    const to = place(e);
    [at.v0, at.v1] = [from[0], to[0]].sort((a, b) => a - b);
    [at.a0, at.a1] = [from[1], to[1]].sort((a, b) => a - b);
  };
  canvas.addEventListener("pointerdown", e => { canvas.setPointerCapture(e.pointerId); from = place(e); before = { ...at }; });
  canvas.addEventListener("pointermove", e => { if (from) { span(e); draw(); } });
  canvas.addEventListener("pointerup", e => {
    if (!from) return;
    span(e);
    from = null;
    // A tap is no part of anything.
    if (at.v1 - at.v0 < .05 || at.a1 - at.a0 < .05) Object.assign(at, whole);
    fill();
    changed();
  });
  canvas.addEventListener("pointercancel", () => { if (from) { from = null; Object.assign(at, before); draw(); } });
  const fields = Object.keys(whole).map((key, n) => h("label", null, names[key], inputs[n]));
  const node = h("details", { className: "plan", open: Boolean(query()), ontoggle: () => draw() }, h("summary", null, title), canvas, h("div", { className: "row-of" }, fields, all));
  const reset = () => { Object.assign(at, whole); fill(); };
  return { node, query, has, reset, show: list => { points = list; draw(); } };
};
