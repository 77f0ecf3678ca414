// States of the page, each a plain object that is never changed, and the way back and forth between them.

export class History extends EventTarget {
  #past = [];
  #future = [];
  #kind = null;
  #time = 0;

  constructor(state) {
    super();
    this.state = state;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** A new state. Changes of one `kind` that follow each other within `limit` ms are one step, up to a `close`. */
  change(state, kind = null, limit = Infinity) {
    const together = kind !== null && kind === this.#kind && performance.now() - this.#time < limit;
    if (!together) this.#past.push(this.state);
    this.#kind = kind;
    this.#time = performance.now();
    this.#future = [];
    this.#become(state);
  }

  /** The next change is a step of its own, whatever its kind. */
  close() {
    this.#kind = null;
  }

  undo() {
    this.#step(this.#past, this.#future);
  }

  redo() {
    this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    if (!from.length) return;
    to.push(this.state);
    this.#kind = null;
    this.#become(from.pop());
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
