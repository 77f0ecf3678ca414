// Larger than the window: the photo is then moved with the scroll bars, or by the keyboard from hint to hint.

const STEPS = [1, 1.5, 2, 3, 4, 6, 8];
const NOTCH = 40; // px that a wheel turns for a step; one notch of a mouse's wheel is more

export class Zoom {
  #step = 0;
  #turned = 0;

  /** `space` scrolls, `stage` grows in it; `changed` is called when it has. */
  constructor(space, stage, { larger, smaller, shown }, changed) {
    Object.assign(this, { space, stage, larger, smaller, shown, changed });
    larger.addEventListener("click", () => this.#go(1));
    smaller.addEventListener("click", () => this.#go(-1));
    space.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #wheel(event) {
    if (!event.ctrlKey) return; // a pinch on a touchpad comes as this, too, in many small events
    event.preventDefault();
    const turned = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : NOTCH);
    this.#turned = turned * this.#turned < 0 ? turned : this.#turned + turned;
    if (Math.abs(this.#turned) < NOTCH) return;
    const box = this.space.getBoundingClientRect();
    this.#go(this.#turned < 0 ? 1 : -1, event.clientX - box.left, event.clientY - box.top);
    this.#turned = 0;
  }

  /** What is at x, y of the space stays there. */
  #go(by, x = this.space.clientWidth / 2, y = this.space.clientHeight / 2) {
    const step = Math.min(Math.max(this.#step + by, 0), STEPS.length - 1);
    if (step === this.#step) return;
    const home = this.space.getBoundingClientRect();
    const before = this.stage.getBoundingClientRect();
    const across = (home.left + x - before.left) / before.width;
    const down = (home.top + y - before.top) / before.height;
    this.#step = step;
    this.stage.style.setProperty("--zoom", STEPS[step]);
    const after = this.stage.getBoundingClientRect();
    this.space.scrollBy(after.left + across * after.width - home.left - x, after.top + down * after.height - home.top - y);
    this.shown.value = `${STEPS[step]}×`;
    this.smaller.disabled = step === 0;
    this.larger.disabled = step === STEPS.length - 1;
    this.changed();
  }
}
