// Requests to the server that this page came from. All addresses are relative: the secret part of the path stays in.

async function answer(response) {
  if (response.ok) return response;
  let message = `The server answered ${response.status}.`;
  try {
    message = (await response.json()).error;
  } catch {
    // no JSON: the status has to do
  }
  throw new Error(message);
}

async function send(name, body) {
  try {
    return await answer(await fetch(name, { method: "POST", body }));
  } catch (error) {
    if (error instanceof TypeError) throw new Error("colorize edit is not running any more; start it again.");
    throw error;
  }
}

/** What the server is to colour by: hints without what only the page knows of them. */
export function wishes(state) {
  const hints = state.hints.map(({ x, y, color, radius, comment }) => ({ x, y, color, radius, comment }));
  return { hints, vividness: state.vividness, references: state.references };
}

export const start = async () => (await answer(await fetch("state"))).json();

export const proposals = async (state, place) =>
  (await (await send("proposals", JSON.stringify({ ...wishes(state), x: place.x, y: place.y }))).json()).proposals;

export const questions = async (state, count) =>
  (await (await send("questions", JSON.stringify({ ...wishes(state), count }))).json()).questions;

export const addReference = async (file) =>
  (await send(`references?name=${encodeURIComponent(file.name)}`, file)).json();

export const save = async (state) => (await send("save", JSON.stringify(wishes(state)))).json();

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
