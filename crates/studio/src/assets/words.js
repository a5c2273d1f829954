// Say and read: sentences about a picture, and the emotion of a sentence.
import { h, put, ask, withFile, bars, strip, nine, dropper, failed, field, choice, keep, state, client, EMOTIONS } from "./parts.js";

const read = () => {
  const asked = state();
  const text = h("textarea", { rows: 3, maxLength: 4000, placeholder: "the dark water looks cold and lonely", value: asked.get("text") || "" });
  const out = h("div", { "aria-live": "polite" });
  let timer = 0, stop = null;
  const go = async () => {
    if (stop) stop.abort();
    const said = text.value.trim();
    if (!said) { put(out); return; }
    stop = new AbortController();
    try {
      const { emotions, polarity, dominant, words, known } = await ask("read", { query: { explain: true, client }, body: said, signal: stop.signal });
      const most = Math.max(.2, ...(words || []).map(word => word.weight));
      put(out, 
        h("p", { className: "sentence" }, (words || []).map(({ word, weight }) => weight > .05
          ? [h("mark", { "--c": `var(--e${EMOTIONS.indexOf(dominant)})`, "--s": Math.min(1, weight / most), title: `${dominant} is ${Math.exp(weight).toFixed(1)} times as large with this word` }, word), " "]
          : word + " ")),
        bars(nine(emotions)), strip(polarity),
        known < .6 ? h("p", { className: "small" }, "Most words are none that the reader knows: it learned from English sentences about paintings.") : null);
    } catch (error) {
      if (error.name !== "AbortError") put(out, failed("", error));
    }
  };
  text.oninput = () => { clearTimeout(timer); timer = setTimeout(go, 250); keep("words", { text: text.value }); };
  if (text.value) go();
  return h("section", { className: "panel" }, h("h2", null, "What does this sentence feel?"), h("label", null, h("span", { className: "small" }, "A sentence about a picture, in English"), text), out);
};

const say = () => {
  let item = null, stop = null;
  const out = h("div", { "aria-live": "polite" });
  const emotion = choice([["", "what most viewers would feel"], ["all", "each of the nine"], ...EMOTIONS.map(name => [name, name])], "");
  const count = choice([["1", "one"], ["3", "three"], ["5", "five"]], "1");
  const go = async () => {
    if (!item) return;
    if (stop) stop.abort();
    stop = new AbortController();
    const view = h("div", { className: "stage" }, h("img", { src: item.url, alt: item.name }));
    put(out, view, h("p", { className: "wait" }, "looking"));
    try {
      const signal = stop.signal;
      const { sentences } = await withFile(item, signal, file => ask("say", { query: { file, emotion: emotion.value, n: count.value, name: item.name, client }, signal }));
      const canvas = h("canvas", { className: "glow look", "aria-hidden": "true" });
      const look = cells => {
        canvas.remove();
        if (!cells) return;
        const side = Math.sqrt(cells.length), most = Math.max(...cells);
        canvas.width = canvas.height = side;
        const data = canvas.getContext("2d").createImageData(side, side);
        cells.forEach((value, i) => data.data.set([255, 140, 0, 190 * value / most], 4 * i));
        canvas.getContext("2d").putImageData(data, 0, 0);
        view.append(canvas);
      };
      const word = ({ word, cells }) => h("span", { tabIndex: 0, onmouseenter: () => look(cells), onmouseleave: () => look(null), onfocus: () => look(cells), onblur: () => look(null) }, word + " ");
      put(out, view, ...sentences.map(line => h("div", null,
        h("p", { className: "said" }, `“${line.utterance}” `, h("small", null, `${line.emotion}; written by a model`)),
        h("p", { className: "small words" }, line.attention.map(word)))),
      h("p", { className: "small" }, sentences[0] && sentences[0].tags.length ? "It seems to show: " + sentences[0].tags.join(", ") + ". " : "", "Point at a word to see where it looked."));
    } catch (error) {
      if (error.name !== "AbortError") put(out, failed(item.name, error));
    }
  };
  const drop = dropper("Drop a picture", "to hear what viewers might say of it", ([file]) => {
    if (item) URL.revokeObjectURL(item.url);
    item = { file, name: file.name, url: URL.createObjectURL(file) };
    go();
  }, false);
  emotion.onchange = count.onchange = go;
  return { node: h("section", { className: "panel" }, h("h2", null, "What might viewers say?"), h("p", { className: "small" }, "Sentences in English, by a model."), drop,
    h("div", { className: "set" }, field("Feeling", emotion), field("Sentences", count)), out), drop, leave: () => { if (stop) stop.abort(); if (item) URL.revokeObjectURL(item.url); } };
};

export default () => {
  const said = say();
  return {
    paste: said.drop.paste,
    leave: said.leave,
    nodes: [h("h1", { className: "room" }, "Words"), h("p", { className: "what" }, "The emotion of a sentence, word by word; and sentences about a picture, by a model that learned from what people wrote."),
      h("div", { className: "twin" }, read(), said.node)],
  };
};
