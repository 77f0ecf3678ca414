// Requests to the server that this page came from. All addresses are relative: the secret part of the path stays in.

const AGAIN = "colorize edit has been started again: open the address that it has printed.";

async function answer(response) {
  if (response.ok) return response;
  let message = response.status === 403 ? AGAIN : `The server answered ${response.status}.`;
  let details = {};
  try {
    details = await response.json();
    message = details.error;
  } catch {
    // no JSON: the status has to do
  }
  throw Object.assign(new Error(message), { details });
}

async function ask(name, options) {
  let response;
  try {
    response = await fetch(name, options);
  } catch {
    throw new Error("colorize edit is not running any more; start it again.");
  }
  return answer(response);
}

const send = (name, body) => ask(name, { method: "POST", body });

/** What the server is to colour by: hints without what only the page knows of them. */
export function wishes(state) {
  const hints = state.hints.map(({ x, y, color, radius, comment }) => ({ x, y, color, radius, comment }));
  return { hints, vividness: state.vividness, references: state.references };
}

export const start = async () => (await ask("state")).json();

export const proposals = async (state, place) =>
  (await (await send("proposals", JSON.stringify({ ...wishes(state), x: place.x, y: place.y }))).json()).proposals;

export const questions = async (state, count) =>
  (await (await send("questions", JSON.stringify({ ...wishes(state), count }))).json()).questions;

export async function addReference(file) {
  let content;
  try {
    content = await file.arrayBuffer();
  } catch {
    throw new Error(`${file.name} cannot be read.`);
  }
  return (await send(`references?name=${encodeURIComponent(file.name)}`, content)).json();
}

/** `saves`: how many savings this page knows of. */
export const save = async (state, saves) =>
  (await send("save", JSON.stringify({ ...wishes(state), saves }))).json();

/** What is on the page while it is left: a reload goes on with it. */
export const leave = (state) => navigator.sendBeacon("wishes", JSON.stringify(wishes(state)));

/** Colours the photo one state at a time; of those that come meanwhile only the latest is asked for. */
export class Rendering {
  #next = null;
  #running = false;

  constructor(draw, fail, busy) {
    Object.assign(this, { draw, fail, busy });
  }

  async request(state) {
    this.#next = JSON.stringify(wishes(state));
    this.busy(true);
    if (this.#running) return;
    this.#running = true;
    while (this.#next !== null) {
      const body = this.#next;
      this.#next = null;
      try {
        this.draw(await createImageBitmap(await (await send("render", body)).blob()));
      } catch (error) {
        this.fail(error);
      }
    }
    this.#running = false;
    this.busy(false);
  }
}
