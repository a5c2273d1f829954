// A shelf of pictures that are felt, and felt again when what is asked changes: that of Feel and that of Compare.
import { h, failed, each } from "./parts.js";
import { card, felt } from "./feel.js";

const TOGETHER = 4, PAUSE = 350;

// `query` says what is asked of each picture, `draw` shows what is there, `remember` keeps what was asked.
export const shelf = ({ query, draw, remember }) => {
  const items = [], told = document.getElementById("busy");
  let stop = new AbortController(), timer = 0;
  const remove = item => h("button", { type: "button", onclick: () => { items.splice(items.indexOf(item), 1); URL.revokeObjectURL(item.url); draw(true); } }, "Remove");
  const one = async (item, signal) => {
    try {
      await felt(item, query(), signal);
      item.node = card(item, remove(item));
    } catch (error) {
      if (error.name === "AbortError") return;
      item.node = failed(item.name, error, remove(item));
    }
    draw();
  };
  const run = async some => {
    const signal = stop.signal;
    let left = some.length;
    await each(some, TOGETHER, async item => {
      told.textContent = `${left} picture${left > 1 ? "s" : ""} to feel`;
      await one(item, signal);
      left--;
    }, signal);
    if (!signal.aborted) told.textContent = "";
  };
  const again = () => {
    remember();
    stop.abort();
    stop = new AbortController();
    run([...items]);
  };
  return {
    items,
    again,
    soon: () => { clearTimeout(timer); timer = setTimeout(again, PAUSE); },
    add: files => {
      const fresh = files.map(file => {
        const item = { n: items.length, file, name: file.webkitRelativePath || file.name, url: URL.createObjectURL(file) };
        item.node = h("article", { className: "panel" }, h("h3", { className: "name" }, item.name), h("p", { className: "wait" }, "waiting"));
        items.push(item);
        return item;
      });
      draw();
      run(fresh);
    },
    leave: () => { clearTimeout(timer); stop.abort(); told.textContent = ""; items.forEach(item => URL.revokeObjectURL(item.url)); },
  };
};
