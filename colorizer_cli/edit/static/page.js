// The page: what a person does → a new state → the photo coloured by it.

import { Card } from "./card.js";
import { History } from "./history.js";
import { listHints, listReferences } from "./lists.js";
import * as server from "./server.js";
import { Stage } from "./stage.js";
import { Zoom } from "./zoom.js";

const ASKED = 5; // places at a time
const TOGETHER = 1000; // ms: key presses that follow each other so soon are one step of the history
const part = (id) => document.getElementById(id);
const known = await server.start().catch((error) => {
  fail(error);
  throw error;
});
const longSide = Math.max(known.width, known.height);
const names = [...known.names]; // of the reference photos, by number

let latestId = 0;
const withId = (hint) => ({ ...hint, id: ++latestId });
const history = new History({
  hints: known.hints.map(withId),
  questions: [],
  vividness: known.vividness,
  references: known.references,
});
let current = null; // id of the hint or question whose card is open
let saves = known.saves; // that this page knows of
let saved = known.saved ? history.state : null; // the state that was saved last

const say = (text) => (part("status").textContent = text);

/** Shows what went wrong until something of the same `kind` goes well. */
function fail(error, kind = "other") {
  part("alert").textContent = error.message;
  part("alert").dataset.kind = kind;
  part("alert").hidden = false;
}

function succeed(kind) {
  if (part("alert").dataset.kind === kind) part("alert").hidden = true;
}

const stage = new Stage(part("stage"), known, {
  pan: (across, down) => part("space").scrollBy(-across, -down),
  place: (x, y) => (card.isOpen ? closeCard() : placeHint(x, y)),
  position: (id) => [find(id).x, find(id).y],
  drag: (id, x, y, done) => edit(id, { x, y }, "drag", done),
  step: (id, x, y) => edit(id, { x, y }, "step", false, TOGETHER),
  open: (id) => openCard(id),
  remove: (id) => remove(id),
  resize: (id, factor) => edit(id, { radius: card.radiusWithin(reach(find(id)) * factor) }, "resize", false, TOGETHER),
});
const card = new Card(part("card"), longSide, {
  colour: (color, done) => {
    if (!isQuestion(current)) edit(current, { color }, "colour", done);
    else if (done) settle(current, color);
  },
  radius: (radius, done) => edit(current, { radius }, "radius", done),
  remove: () => remove(current),
  skip: () => skip(current),
  close: () => closeCard(),
});
const zoomParts = { larger: part("zoom-in"), smaller: part("zoom-out"), shown: part("zoom") };
new Zoom(part("space"), stage.root, zoomParts, () => card.put());
const rendering = new server.Rendering(
  (bitmap) => {
    stage.draw(bitmap);
    succeed("rendering");
  },
  (error) => fail(error, "rendering"),
  (busy) => stage.root.setAttribute("aria-busy", String(busy)),
);

// ---- hints and questions

const find = (id) => [...history.state.hints, ...history.state.questions].find((one) => one.id === id);
const isQuestion = (id) => history.state.questions.some((one) => one.id === id);
const reach = (hint) => hint.radius ?? known.radius;

function placeHint(x, y) {
  const hint = withId({ x, y, color: stage.colourAt(x, y), radius: known.radius });
  history.change({ ...history.state, hints: [...history.state.hints, hint] });
  return openCard(hint.id);
}

/** Changes a hint or a question. Changes of one kind are one step of the history, until one is `done`. */
function edit(id, change, kind, done, limit) {
  if (!find(id)) return; // undone while it was being dragged
  const apply = (list) => list.map((one) => (one.id === id ? { ...one, ...change } : one));
  const { hints, questions } = history.state;
  history.change({ ...history.state, hints: apply(hints), questions: apply(questions) }, `${kind} ${id}`, limit);
  if (done) history.close();
  if (done && kind === "drag" && id === current) propose(id);
}

function remove(id) {
  const without = (list) => list.filter((one) => one.id !== id);
  const { hints, questions } = history.state;
  const all = [...hints, ...questions];
  const place = all.findIndex((one) => one.id === id);
  const neighbour = all[place + 1] ?? all[place - 1];
  if (id === current) closeCard(false);
  history.change({ ...history.state, hints: without(hints), questions: without(questions) });
  (neighbour ? stage.marker(neighbour.id) : part("add")).focus();
}

async function propose(id) {
  const { hints } = history.state;
  const others = { ...history.state, hints: hints.filter((one) => one.id !== id) };
  try {
    const proposals = await server.proposals(others, find(id));
    if (current === id && find(id)) card.propose(proposals, find(id).color);
  } catch (error) {
    fail(error);
  }
}

async function openCard(id) {
  current = id;
  const { hints, questions } = history.state;
  const asked = isQuestion(id);
  const title = asked ? `Colour of place ${find(id).number}` : `Hint ${hints.findIndex((one) => one.id === id) + 1}`;
  show();
  card.open(stage.marker(id), title, asked);
  if (asked) say(`${questions.length} ${questions.length > 1 ? "places" : "place"} left to answer. Skip what you do not know.`);
  card.show(find(id).color, reach(find(id)));
  await propose(id);
  if (current === id && !card.root.contains(document.activeElement)) card.focus();
}

function closeCard(focus = true) {
  const marker = current === null ? null : stage.marker(current);
  current = null;
  card.close();
  show();
  if (focus) marker?.focus({ preventScroll: true });
}

// ---- places that the model asks about

async function ask() {
  closeCard(false);
  part("ask").disabled = true;
  try {
    const found = await server.questions(history.state, ASKED);
    const questions = found.map(({ x, y, color, radius }, i) => withId({ x, y, color, radius, number: i + 1 }));
    history.change({ ...history.state, questions });
    if (questions.length) await openCard(questions[0].id);
    else say("Nothing is left to ask: the model is sure enough of all of it.");
  } catch (error) {
    fail(error);
  } finally {
    part("ask").disabled = false;
  }
}

/** A question becomes a hint, and the next one is opened. */
function settle(id, color) {
  const { number, ...hint } = find(id);
  const { hints, questions } = history.state;
  nextQuestion({ hints: [...hints, { ...hint, color }], questions: questions.filter((one) => one.id !== id) });
}

function skip(id) {
  nextQuestion({ questions: history.state.questions.filter((one) => one.id !== id) });
}

function nextQuestion(change) {
  closeCard(false);
  history.change({ ...history.state, ...change });
  const [next] = history.state.questions;
  if (next) openCard(next.id);
  else {
    say("All places are answered. Ask again for the next ones, or save.");
    part("ask").focus();
  }
}

// ---- showing

function label(hint, i) {
  const place = `at ${Math.round(hint.x)}, ${Math.round(hint.y)}`;
  if (hint.number) return `Asked place ${hint.number}, ${place}`;
  return `Hint ${i + 1}, ${hint.color}, ${place}, radius ${Math.round(reach(hint))} pixels`;
}

function show() {
  const { hints, questions, vividness, references } = history.state;
  const all = [...hints, ...questions];
  if (current !== null && !all.some((one) => one.id === current)) {
    current = null;
    card.close();
  }
  stage.show(
    all.map((hint, i) => ({ ...hint, radius: reach(hint), label: label(hint, i) })),
    current,
  );
  if (current !== null) card.show(find(current).color, reach(find(current)));
  part("save").classList.toggle("changed", !isSaved());
  part("undo").disabled = !history.canUndo;
  part("redo").disabled = !history.canRedo;
  part("vividness").value = vividness;
  part("vividness-value").value = vividness.toFixed(2);
  listHints(part("hints"), hints, current, openCard);
  listReferences(part("references"), references, names, (number) => {
    history.change({ ...history.state, references: references.filter((one) => one !== number) });
    part("load").focus();
  });
}

// ---- palette, saving, keys

async function load(files) {
  const failures = [];
  for (const file of files) {
    say(`Loading ${file.name} …`);
    try {
      const { number, name } = await server.addReference(file);
      names[number] = name;
      history.change({ ...history.state, references: [...history.state.references, number] });
      say(`The palette of ${name} is used.`);
    } catch (error) {
      say("");
      failures.push(error.message);
    }
  }
  if (failures.length) fail(new Error(failures.join(" ")), "loading");
  else succeed("loading");
}

async function save() {
  if (part("save").disabled) return;
  part("save").disabled = true;
  say("Saving at full resolution …");
  const { state } = history;
  try {
    const answer = await server.save(state, saves);
    [saves, saved] = [answer.saves, state];
    succeed("saving");
    const more = isSaved() ? "" : " What you changed meanwhile is not in it.";
    say(`Saved ${answer.result} and ${answer.hints}.${more}`);
  } catch (error) {
    saves = error.details?.saves ?? saves;
    say("Not saved.");
    fail(error, "saving");
  } finally {
    part("save").disabled = false;
    part("save").classList.toggle("changed", !isSaved());
  }
}

/** Whether all that is wished for has been saved. Questions that are open are no changes. */
function isSaved() {
  if (saved === null) return false;
  return JSON.stringify(server.wishes(history.state)) === JSON.stringify(server.wishes(saved));
}

history.addEventListener("change", () => {
  show();
  rendering.request(history.state);
});
part("undo").addEventListener("click", () => history.undo());
part("redo").addEventListener("click", () => history.redo());
part("save").addEventListener("click", save);
part("ask").addEventListener("click", ask);
part("add").addEventListener("click", addInTheMiddle);
part("load").addEventListener("click", () => part("file").click());
part("file").addEventListener("change", async (event) => {
  await load([...event.target.files]);
  event.target.value = "";
});
part("vividness").addEventListener("input", (event) => {
  history.change({ ...history.state, vividness: Number(event.target.value) }, "vividness");
});
part("vividness").addEventListener("change", () => history.close());
part("compare").addEventListener("input", (event) => {
  stage.root.style.setProperty("--cut", `${event.target.value}%`);
  stage.root.classList.toggle("whole", event.target.value === "0");
});
addEventListener("pagehide", () => server.leave(history.state));
addEventListener("beforeunload", (event) => {
  if (!isSaved()) event.preventDefault();
});
addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const command = event.ctrlKey || event.metaKey;
  if (command && key === "z") event.shiftKey ? history.redo() : history.undo();
  else if (command && key === "y") history.redo();
  else if (command && key === "s") save();
  else if (key === "escape" && card.isOpen) closeCard();
  else if (key === "n" && !command && !event.altKey && event.target.type !== "text") event.repeat || addInTheMiddle();
  else return;
  event.preventDefault();
});

/** For those who have no pointer: arrow keys move it from there. */
function addInTheMiddle() {
  closeCard(false);
  const hint = withId({ x: known.width / 2, y: known.height / 2, radius: known.radius });
  hint.color = stage.colourAt(hint.x, hint.y);
  history.change({ ...history.state, hints: [...history.state.hints, hint] });
  say("Arrow keys move the hint; Enter opens its colours.");
  stage.marker(hint.id).focus();
}

document.title = `${known.name} · edit colours`;
part("name").textContent = known.name;
part("name").title = known.name;
part("original").src = "original.jpg";
stage.root.classList.add("whole");
if (known.remarks.length) say(known.remarks.join(" "));
show();
rendering.request(history.state);
