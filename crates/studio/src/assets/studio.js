// Which room is shown.
import { h } from "./parts.js";
import feel from "./feel.js";
import compare from "./compare.js";
import words from "./words.js";
import sketch from "./sketch.js";
import paint from "./paint.js";
import collections from "./collections.js";
import jobs from "./jobs.js";

const ROOMS = [
  ["feel", "Feel", feel], ["compare", "Compare", compare], ["words", "Say and read", words],
  ["sketch", "Sketch", sketch], ["paint", "Paint", paint], ["collections", "Collections", collections], ["jobs", "Jobs", jobs],
];
const page = document.getElementById("page"), rooms = document.getElementById("rooms");
rooms.append(...ROOMS.map(([id, name]) => h("a", { href: "#" + id }, name)));

let paste = null, leave = null;
const show = focus => {
  const id = location.hash.slice(1).split("?")[0] || "feel";
  const room = ROOMS.find(one => one[0] === id) || ROOMS[0];
  if (leave) leave();
  const made = room[2]();
  paste = made.paste;
  leave = made.leave;
  page.replaceChildren(...made.nodes);
  document.title = `${room[1]} – Affetti`;
  ROOMS.forEach(([, , ], n) => {
    if (ROOMS[n] === room) rooms.children[n].setAttribute("aria-current", "page");
    else rooms.children[n].removeAttribute("aria-current");
  });
  if (focus) page.focus({ preventScroll: true });
};
// Rooms write their own address without this event: it comes from who goes somewhere.
addEventListener("hashchange", () => show(true));
document.querySelector(".skip").addEventListener("click", event => { event.preventDefault(); page.focus(); });
addEventListener("paste", event => paste && paste(event));
// What is dropped beside the field must not take the place of the page.
for (const name of ["dragover", "drop"]) addEventListener(name, event => event.preventDefault());
show(false);

fetch("/api/v1/about").then(answer => answer.json()).then(about => {
  document.getElementById("foot").append(` Affetti ${about.version}, ${about.model.name} (${about.model.sha256.slice(0, 12)}).`);
}).catch(() => {});
