"use strict";
// The map of valence and arousal. All that rests is on one canvas, what moves on another. Given
// are the pictures and what page.js knows to do with them; `draw` redraws after a change.
const makeMap = ({ pics, EMOTIONS, source, describe, goTo, shown }) => {
  const [plot, base, paper, over, tip, look, zoom, help] = ["plot", "map-base", "map-paper", "map-top", "tip", "map-look", "map-zoom", "map-help"]
    .map(id => document.getElementById(id));
  const CROWD = 150; // more pictures than this begin as dots
  const EDGE = { left: 46, right: 12, top: 12, bottom: 40 };
  const mean = (list, of) => list.reduce((sum, s) => sum + of(s), 0) / list.length;
  const thumbs = new Map();
  let pictures = pics.length <= CROWD, whole = false, hover = null, spots = [], W = 0, H = 0, range, soon = 0;
  const crowded = () => pictures && shown().length > CROWD;
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const extent = (of, part) => {
    if (whole || !pics.length) return [1, 7];
    const low = pics.reduce((m, p) => Math.min(m, of(p)), 7), high = pics.reduce((m, p) => Math.max(m, of(p)), 1);
    const pad = Math.max((high - low) * part, (1 - (high - low)) / 2, .05);
    return [Math.max(1, low - pad), Math.min(7, high + pad)];
  };
  const X = v => EDGE.left + (v - range.v[0]) / (range.v[1] - range.v[0]) * (W - EDGE.left - EDGE.right);
  const Y = a => H - EDGE.bottom - (a - range.a[0]) / (range.a[1] - range.a[0]) * (H - EDGE.top - EDGE.bottom);
  const pen = canvas => {
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(W * scale);
    canvas.height = Math.round(H * scale);
    const g = canvas.getContext("2d");
    g.scale(scale, scale);
    g.font = "12px " + css("--sans");
    return g;
  };
  const thumb = p => {
    if (!thumbs.has(p)) {
      const img = new Image();
      img.onload = () => { clearTimeout(soon); soon = setTimeout(draw, 30); };
      img.src = source(p);
      thumbs.set(p, img);
    }
    return thumbs.get(p);
  };
  // Gives each shown picture a place. Small pictures push each other aside where there is room,
  // outermost first; one that finds no room of its own becomes a dot.
  const place = () => {
    const seen = new Set(shown());
    spots = pics.map(p => ({ p, x: X(p.valence), y: Y(p.arousal), on: seen.has(p) }));
    if (!pictures) return;
    const on = spots.filter(s => s.on);
    const size = (on.length <= 30 ? 62 : on.length <= 80 ? 48 : 38) * (W < 520 ? .68 : 1);
    for (const s of on) {
      const r = Math.min(2, Math.max(.5, s.p.width / s.p.height)) ** .5;
      Object.assign(s, { w: size * r, h: size / r, bx: s.x, by: s.y });
    }
    for (let round = 0; on.length <= 120 && round < 90; round++) {
      for (const a of on) {
        for (const b of on) {
          if (a === b) continue;
          const dx = b.bx - a.bx || .1, dy = b.by - a.by || .1;
          const ox = (a.w + b.w) / 2 + 5 - Math.abs(dx), oy = (a.h + b.h) / 2 + 5 - Math.abs(dy);
          if (ox <= 0 || oy <= 0) continue;
          if (ox < oy) { a.bx -= Math.sign(dx) * ox * .25; b.bx += Math.sign(dx) * ox * .25; }
          else { a.by -= Math.sign(dy) * oy * .25; b.by += Math.sign(dy) * oy * .25; }
        }
      }
      for (const s of on) {
        s.bx = Math.min(W - EDGE.right - s.w / 2, Math.max(EDGE.left + s.w / 2, s.bx + (s.x - s.bx) * .03));
        s.by = Math.min(H - EDGE.bottom - s.h / 2, Math.max(EDGE.top + s.h / 2, s.by + (s.y - s.by) * .03));
      }
    }
    const cx = mean(on, s => s.x), cy = mean(on, s => s.y), kept = [];
    on.sort((a, b) => Math.hypot(b.x - cx, b.y - cy) - Math.hypot(a.x - cx, a.y - cy));
    for (const s of on) {
      s.box = !!s.p.thumbnail && Math.hypot(s.bx - s.x, s.by - s.y) < size * 1.6 && kept.every(k =>
        Math.abs(k.bx - s.bx) > (k.w + s.w) / 2 || Math.abs(k.by - s.by) > (k.h + s.h) / 2);
      if (s.box) kept.push(s);
    }
  };
  const grid = g => {
    const [x0, x1, y0, y1] = [EDGE.left, W - EDGE.right, H - EDGE.bottom, EDGE.top];
    g.strokeStyle = css("--line");
    g.fillStyle = css("--soft");
    g.textAlign = "center";
    for (const [[low, high], vertical] of [[range.v, true], [range.a, false]]) {
      const step = high - low > 3 ? 1 : high - low > 1.2 ? .5 : .2;
      for (let t = Math.ceil(low / step - 1e-6) * step; t <= high + 1e-6; t += step) {
        g.lineWidth = Math.abs(t - 4) < 1e-6 ? 2 : 1; // the middle of the scale
        g.beginPath();
        if (vertical) { g.moveTo(X(t), y0); g.lineTo(X(t), y1); } else { g.moveTo(x0, Y(t)); g.lineTo(x1, Y(t)); }
        g.stroke();
        const text = t.toFixed(step < 1 ? 1 : 0);
        if (vertical) g.fillText(text, X(t), y0 + 16); else g.fillText(text, x0 - 16, Y(t) + 4);
      }
    }
    g.textAlign = "left"; g.fillText("← unpleasant", x0, H - 5);
    g.textAlign = "right"; g.fillText("pleasant →", x1, H - 5);
    g.textAlign = "center"; g.fillText("valence", (x0 + x1) / 2, H - 5);
    g.save();
    g.rotate(-Math.PI / 2);
    g.textAlign = "left"; g.fillText("← calm", -y0, 12);
    g.textAlign = "right"; g.fillText("stirring →", -y1, 12);
    g.textAlign = "center"; g.fillText("arousal", -(y0 + y1) / 2, 12);
    g.restore();
  };
  const dot = (g, s, colors, radius) => {
    g.beginPath();
    g.arc(s.x, s.y, radius, 0, 7);
    g.fillStyle = colors[s.p.dominant];
    g.fill();
    if (radius >= 3.5) g.stroke();
  };
  const draw = () => {
    W = plot.clientWidth; H = plot.clientHeight;
    if (!W || !H) return;
    range = { v: extent(p => p.valence, .09), a: extent(p => p.arousal, .1) };
    place();
    paint(base);
    // For the printer, in light colors, ahead of time: what is drawn while it is asked to print may come
    // too late.
    const root = document.documentElement.classList;
    const printing = root.contains("printing");
    root.add("printing");
    paint(paper);
    root.toggle("printing", printing);
    point(hover && spots[hover.p.index]);
    look.textContent = pictures ? "Show dots" : "Show pictures";
    zoom.textContent = whole ? "Zoom in" : "Whole scale";
    help.textContent = (pictures ? "Each frame" : "Each dot") + " has the color of the strongest feeling."
      + (crowded() ? " Pictures that find no room are dots; choose fewer below to see more." : "") + " Point at one for its "
      + "80 % intervals; click to go to its card. With the keyboard: arrow keys, then Enter."
      + (whole ? "" : " The map is zoomed to the pictures; both scales run from 1 to 7.");
  };
  const paint = canvas => {
    const g = pen(canvas), colors = EMOTIONS.map((_, i) => css("--e" + i)), panel = css("--panel");
    const radius = shown().length <= 300 ? 4.5 : shown().length <= 1200 ? 3.5 : 2.4;
    grid(g);
    g.lineWidth = 1;
    g.globalAlpha = .13;
    for (const s of spots) if (!s.on) dot(g, s, colors, 2.4);
    g.globalAlpha = 1;
    // Under a crowd of pictures the rest are small dots; above a few, they would be overlooked there.
    const dots = () => {
      g.strokeStyle = panel;
      g.globalAlpha = radius < 3 ? .75 : 1;
      for (const s of spots) if (s.on && (!s.box || Math.hypot(s.bx - s.x, s.by - s.y) > Math.min(s.w, s.h) / 2)) dot(g, s, colors, radius);
      g.globalAlpha = 1;
    };
    if (crowded()) dots();
    g.strokeStyle = css("--soft");
    for (const s of spots) if (s.box) { g.beginPath(); g.moveTo(s.x, s.y); g.lineTo(s.bx, s.by); g.stroke(); }
    for (const s of spots) {
      if (!s.box) continue;
      const img = thumb(s.p), left = s.bx - s.w / 2, up = s.by - s.h / 2;
      g.fillStyle = colors[s.p.dominant];
      g.fillRect(left - 2, up - 2, s.w + 4, s.h + 4);
      if (img.complete && img.naturalWidth) {
        // The middle of very long pictures: here they are a sign, the whole is on the card.
        const fit = Math.min(img.naturalWidth / s.w, img.naturalHeight / s.h), w = s.w * fit, k = s.h * fit;
        g.drawImage(img, (img.naturalWidth - w) / 2, (img.naturalHeight - k) / 2, w, k, left, up, s.w, s.h);
      }
    }
    if (!crowded()) dots();
  };
  // Marks one spot: its intervals as a cross, and the picture beside it.
  const point = s => {
    hover = s && s.on ? s : null;
    const g = pen(over);
    plot.classList.toggle("hit", !!hover);
    tip.hidden = !hover;
    if (!hover) return;
    const { p, x, y } = hover, [v0, v1] = p.valence_interval, [a0, a1] = p.arousal_interval;
    g.save();
    g.beginPath(); g.rect(EDGE.left, EDGE.top, W - EDGE.left - EDGE.right, H - EDGE.top - EDGE.bottom); g.clip();
    for (const [color, line] of [[css("--panel"), 6], [css("--ink"), 2]]) {
      g.strokeStyle = color; g.lineWidth = line;
      g.beginPath();
      g.moveTo(X(v0), y); g.lineTo(X(v1), y); g.moveTo(x, Y(a0)); g.lineTo(x, Y(a1));
      for (const v of [v0, v1]) { g.moveTo(X(v), y - 6); g.lineTo(X(v), y + 6); }
      for (const a of [a0, a1]) { g.moveTo(x - 6, Y(a)); g.lineTo(x + 6, Y(a)); }
      g.stroke();
    }
    g.restore();
    g.strokeStyle = css("--panel"); g.lineWidth = 2;
    dot(g, hover, EMOTIONS.map((_, i) => css("--e" + i)), 6.5);
    tip.replaceChildren(...describe(p));
    const high = tip.offsetHeight, wide = tip.offsetWidth;
    tip.style.left = Math.max(0, x + wide + 34 < W ? x + 22 : Math.max(0, x - wide - 22)) + "px";
    tip.style.top = Math.max(0, Math.min(H - high, y < H / 2 ? y + 16 : y - high - 16)) + "px";
  };
  const at = event => {
    const box = plot.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const inside = spots.find(s => s.box && Math.abs(s.bx - x) <= s.w / 2 && Math.abs(s.by - y) <= s.h / 2);
    if (inside && crowded()) return inside;
    let hit = null, reach = inside ? 7 : 16;
    for (const s of spots) {
      const far = Math.hypot(s.x - x, s.y - y);
      if (s.on && far < reach) { hit = s; reach = far; }
    }
    return hit || inside || null;
  };
  plot.addEventListener("pointermove", event => {
    const s = at(event);
    if (event.pointerType !== "touch" && s !== hover) point(s);
  });
  plot.addEventListener("pointerleave", event => event.pointerType !== "touch" && point(null));
  plot.addEventListener("blur", () => point(null));
  plot.addEventListener("click", event => {
    const s = at(event);
    // A finger cannot hover: its first touch shows, its second goes.
    if (s && (event.pointerType !== "touch" || s === hover)) goTo(s.p); else point(s);
  });
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  plot.addEventListener("keydown", event => {
    if (event.key === "Enter" && hover) return goTo(hover.p);
    if (event.key === "Escape") return point(null);
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    const from = hover || { x: W / 2, y: H / 2 };
    let next = null, least = Infinity;
    for (const s of spots) {
      const dx = s.x - from.x, dy = s.y - from.y, along = dx * way[0] + dy * way[1];
      const cost = Math.hypot(dx, dy) + 2 * Math.abs(dx * way[1] + dy * way[0]);
      if (s.on && s !== hover && (!hover || along > 0) && cost < least) { next = s; least = cost; }
    }
    if (next) point(next);
  });
  look.onclick = () => { pictures = !pictures; draw(); };
  zoom.onclick = () => { whole = !whole; draw(); };
  new ResizeObserver(draw).observe(plot);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return { draw };
};
