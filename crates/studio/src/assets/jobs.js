// Jobs: what waits, what runs, what came of it; mine and everybody's.
import { h, put, ask, client, share } from "./parts.js";

const time = ms => ms ? new Date(ms).toLocaleTimeString() : "";
const over = job => ["done", "failed", "cancelled"].includes(job.state);

const said = job => {
  if (job.state === "queued") return `place ${job.position}` + (job.seconds_left ? `, about ${Math.ceil(job.seconds_left)} s` : "");
  if (job.state === "running") return (job.total > 1 || job.done ? `${job.done}${job.total ? " of " + job.total : ""}` : "in work") + (job.seconds_left ? `, ${Math.ceil(job.seconds_left)} s left` : "");
  if (job.state === "failed") return job.error.message;
  return job.state === "done" ? `in ${((job.ended - job.begun) / 1000).toFixed(1)} s` : "";
};

const thumbs = pictures => h("div", { className: "painted" }, pictures.map(p => h("a", { href: p.file.url + "?save=" + p.file.name, download: p.file.name }, h("img", { src: p.file.url, alt: `seed ${p.seed}`, loading: "lazy" }))));
const result = job => {
  const answer = job.answer || {};
  if (answer.pictures && Array.isArray(answer.pictures)) {
    const box = h("div", null, thumbs(answer.pictures)), all = job.order.count;
    if (all > answer.pictures.length) {
      box.append(h("button", { type: "button", onclick: async () => put(box, thumbs((await ask("jobs/" + job.id, { method: "GET" })).answer.pictures)) }, `Show all ${all}`));
    }
    return box;
  }
  if (answer.url) return h("a", { href: answer.url + "?save=" + answer.name, download: answer.name }, answer.name);
  if (answer.dominant) return `${answer.dominant} ${share(answer.emotions[answer.dominant])}`;
  if (answer.sentences) return answer.sentences.map(line => line.utterance).join(" ");
  if (answer.moving) return h("a", { href: answer.moving.url + "?save=" + answer.moving.name, download: answer.moving.name }, answer.moving.name);
  if (answer.sidecars !== undefined) return `${answer.copied} copied, ${answer.there} there already, ${answer.sidecars} sidecars, ${answer.failed} failed`;
  if (answer.collection) return `${answer.pictures} pictures: ${answer.felt} felt, ${answer.unchanged} unchanged, ${answer.failed} could not be read`;
  return "";
};

export default () => {
  const rows = new Map(), body = h("tbody"), empty = h("p", { className: "empty" }, "No job yet: what is painted becomes one, and whatever is asked with wait=false.");
  const mine = h("input", { type: "checkbox", checked: false }), trouble = h("p", { className: "small", role: "alert" });
  const act = (name, path, method) => h("button", { type: "button", onclick: () => {
    trouble.textContent = "";
    ask(path, { method }).catch(error => { trouble.textContent = error.message; }).then(load);
  } }, name);
  // A row stays where it is while its job goes on: what is pointed at does not move away.
  const row = job => {
    const known = rows.get(job.id) || { state: h("td", { className: "state" }), text: h("span"), result: h("div"), acts: h("div", { className: "row-of" }) };
    if (!known.node) {
      known.node = h("tr", null, h("td", null, String(job.number)), h("td", null, job.order.verb, job.client === client ? h("small", null, " (mine)") : null),
        h("td", null, job.order.words || job.name || ""), h("td", null, time(job.asked)), known.state, h("td", null, known.text, known.result), h("td", null, known.acts));
      rows.set(job.id, known);
    }
    known.text.textContent = said(job);
    if (known.job?.state !== job.state) {
      known.state.textContent = job.state;
      put(known.result, result(job));
      put(known.acts, over(job) ? act("Forget", `jobs/${job.id}?forget=true`, "DELETE") : act("Stop", "jobs/" + job.id, "DELETE"),
        ["failed", "cancelled"].includes(job.state) ? act("Try again", `jobs/${job.id}/retry`, "POST") : null);
    }
    known.job = job;
    return known;
  };
  const draw = () => {
    const shown = [...rows.values()].filter(known => !mine.checked || known.job.client === client).sort((a, b) => b.job.number - a.job.number);
    shown.forEach((known, n) => { if (body.children[n] !== known.node) body.insertBefore(known.node, body.children[n] || null); });
    while (body.children.length > shown.length) body.lastChild.remove();
    empty.hidden = shown.length > 0;
  };
  const load = async () => {
    try {
      const { jobs } = await ask("jobs", { method: "GET" });
      const there = new Set(jobs.map(job => job.id));
      for (const id of rows.keys()) if (!there.has(id)) rows.delete(id);
      jobs.forEach(row);
      draw();
    } catch (error) { empty.hidden = false; empty.textContent = error.message; }
  };
  let source = null;
  const listen = () => {
    source = new EventSource("/api/v1/events");
    source.addEventListener("job", event => {
      const job = JSON.parse(event.data);
      if (job.number) row(job); else rows.delete(job.id);
      draw();
    });
    source.addEventListener("reload", load);
    // After a lost connection the list is read anew: what happened in between was told to nobody.
    source.addEventListener("open", load);
  };
  // A tab that nobody looks at keeps no connection: browsers have few for a host.
  const look = () => { if (source) source.close(); source = null; if (!document.hidden) listen(); };
  document.addEventListener("visibilitychange", look);
  mine.onchange = draw;
  look();
  if (document.hidden) load();
  return {
    leave: () => { document.removeEventListener("visibilitychange", look); if (source) source.close(); },
    nodes: [h("h1", { className: "room" }, "Jobs"), h("p", { className: "what" }, "They go on when this page is closed, and when the program is started anew."),
      h("label", { className: "row-of" }, mine, "only those of this browser"), trouble,
      h("div", null, h("table", null, h("thead", null, h("tr", null, ["", "verb", "what", "asked", "state", "", ""].map(name => h("th", { scope: "col" }, name)))), body), empty)],
  };
};
