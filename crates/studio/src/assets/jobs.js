// Jobs: what waits, what runs, what came of it; mine and everybody's.
import { h, put, ask, client, share } from "./parts.js";

const time = ms => ms ? new Date(ms).toLocaleTimeString() : "";
const over = job => ["done", "failed", "cancelled"].includes(job.state);

const said = job => {
  if (job.state === "queued") return `place ${job.position}` + (job.seconds_left ? `, about ${Math.ceil(job.seconds_left)} s` : "");
  if (job.state === "running") return (job.total > 1 ? `${job.done} of ${job.total}` : "in work") + (job.seconds_left ? `, ${Math.ceil(job.seconds_left)} s left` : "");
  if (job.state === "failed") return job.error.message;
  return job.state === "done" ? `in ${((job.ended - job.begun) / 1000).toFixed(1)} s` : "";
};

const result = job => {
  const answer = job.answer || {};
  if (answer.pictures) return h("div", { className: "painted" }, answer.pictures.slice(0, 12).map(p => h("a", { href: p.file.url + "?save=" + p.file.name, download: p.file.name }, h("img", { src: p.file.url, alt: `seed ${p.seed}`, loading: "lazy" }))));
  if (answer.url) return h("a", { href: answer.url + "?save=" + answer.name, download: answer.name }, answer.name);
  if (answer.dominant) return `${answer.dominant} ${share(answer.emotions[answer.dominant])}`;
  if (answer.sentences) return answer.sentences.map(line => line.utterance).join(" ");
  return "";
};

export default () => {
  const known = new Map(), body = h("tbody"), empty = h("p", { className: "empty" }, "No job yet: what is painted becomes one, and whatever is asked with wait=false.");
  const mine = h("input", { type: "checkbox", checked: false });
  const act = (name, path, method) => h("button", { type: "button", onclick: () => ask(path, { method }).then(load).catch(() => load()) }, name);
  const row = job => h("tr", null, h("td", null, String(job.number)), h("td", null, job.order.verb, job.client === client ? h("small", null, " (mine)") : null),
    h("td", null, job.order.words || job.name || ""), h("td", null, time(job.asked)),
    h("td", { className: "state" }, job.state), h("td", null, said(job), result(job)),
    h("td", null, h("div", { className: "row-of" }, over(job) ? act("Forget", "jobs/" + job.id, "DELETE") : act("Stop", "jobs/" + job.id, "DELETE"),
      ["failed", "cancelled"].includes(job.state) ? act("Try again", `jobs/${job.id}/retry`, "POST") : null)));
  const draw = () => {
    const all = [...known.values()].filter(job => !mine.checked || job.client === client).sort((a, b) => b.number - a.number);
    put(body, ...all.map(row));
    empty.hidden = all.length > 0;
  };
  const load = async () => {
    try {
      const { jobs } = await ask("jobs", { method: "GET" });
      known.clear();
      for (const job of jobs) known.set(job.id, job);
      draw();
    } catch (error) { empty.hidden = false; empty.textContent = error.message; }
  };
  const source = new EventSource("/api/v1/events");
  source.addEventListener("job", event => {
    const job = JSON.parse(event.data);
    if (job.number) known.set(job.id, job); else known.delete(job.id);
    draw();
  });
  // After a lost connection the list is read anew: what happened in between was told to nobody.
  source.addEventListener("open", load);
  mine.onchange = draw;
  load();
  return {
    leave: () => source.close(),
    nodes: [h("h1", { className: "room" }, "Jobs"), h("p", { className: "what" }, "They go on when this page is closed, and when the program is started anew."),
      h("label", { className: "row-of" }, mine, "only those of this browser"),
      h("div", null, h("table", null, h("thead", null, h("tr", null, ["", "verb", "what", "asked", "state", "", ""].map(name => h("th", { scope: "col" }, name)))), body), empty)],
  };
};
