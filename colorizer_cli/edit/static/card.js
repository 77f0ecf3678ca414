// The card beside a marker: plausible colours, a free one, the radius.

const GAP = 14; // px between marker and card
const SMALLEST = 0.002; // of the long side; the radius slider runs in even ratios from here …
const LARGEST = 0.15; // … to here

export class Card {
  #marker = null;

  /** on: colour(value, done), radius(value, done), remove(), skip(), close() */
  constructor(root, longSide, on) {
    this.root = root;
    this.longSide = longSide;
    const part = (name) => root.querySelector(`#${name}`);
    Object.assign(this, { title: part("card-title"), swatches: part("swatches"), none: part("no-swatches") });
    Object.assign(this, { free: part("free"), slider: part("radius"), shown: part("radius-value") });
    Object.assign(this, { skip: part("skip"), remove: part("delete"), on });
    part("card-close").addEventListener("click", on.close);
    this.remove.addEventListener("click", on.remove);
    this.skip.addEventListener("click", on.skip);
    this.free.addEventListener("input", () => on.colour(this.free.value, false));
    this.free.addEventListener("change", () => on.colour(this.free.value, true));
    this.slider.addEventListener("input", () => on.radius(this.#radius(), false));
    this.slider.addEventListener("change", () => on.radius(this.#radius(), true));
    addEventListener("resize", () => this.put());
    addEventListener("scroll", () => this.put(), { capture: true, passive: true });
  }

  get isOpen() {
    return !this.root.hidden;
  }

  open(marker, title, isQuestion) {
    this.#marker = marker;
    this.title.textContent = title;
    this.skip.hidden = !isQuestion;
    this.remove.hidden = isQuestion;
    this.none.hidden = true;
    const waiting = document.createElement("div");
    waiting.className = "waiting";
    this.swatches.replaceChildren(waiting);
    this.root.hidden = false;
    document.body.classList.add("choosing");
    this.put();
    this.#uncover();
  }

  close() {
    this.root.hidden = true;
    this.#marker = null;
    document.body.classList.remove("choosing");
  }

  /** The hint's own colour and radius, in pixels of the photo. */
  show(color, radius) {
    this.free.value = color;
    const range = Math.log(LARGEST / SMALLEST);
    this.slider.value = Math.round((100 * Math.log(radius / this.longSide / SMALLEST)) / range);
    this.shown.value = `${Math.round(radius)} px`;
    for (const swatch of this.swatches.querySelectorAll("button")) {
      swatch.setAttribute("aria-pressed", String(swatch.dataset.color === color));
    }
    this.put();
  }

  /** [{color, share}], the likeliest first. */
  propose(proposals, color) {
    this.none.hidden = proposals.length > 0;
    this.swatches.replaceChildren(
      ...proposals.map(({ color: value, share }) => {
        const swatch = document.createElement("button");
        swatch.type = "button";
        swatch.dataset.color = value;
        swatch.style.setProperty("--color", value);
        swatch.setAttribute("aria-label", `${value}, ${Math.round(100 * share)} per cent likely`);
        swatch.title = `${value} (${Math.round(100 * share)} %)`;
        swatch.setAttribute("aria-pressed", String(value === color));
        swatch.addEventListener("click", () => this.on.colour(value, true));
        return swatch;
      }),
    );
    this.put();
  }

  focus() {
    (this.swatches.querySelector("button") ?? this.free).focus({ preventScroll: true });
  }

  /** The nearest radius that the slider has room for. */
  radiusWithin(radius) {
    const within = Math.min(Math.max(radius, SMALLEST * this.longSide), LARGEST * this.longSide);
    return Math.round(100 * within) / 100;
  }

  #radius() {
    return this.radiusWithin(this.longSide * SMALLEST * (LARGEST / SMALLEST) ** (this.slider.value / 100));
  }

  /** At the bottom of a small window the card may lie over the marker: then the page is scrolled. */
  #uncover() {
    const { top, bottom } = this.#marker.getBoundingClientRect();
    const covers = this.root.offsetWidth >= document.documentElement.clientWidth;
    if (covers && bottom > innerHeight - this.root.offsetHeight) scrollBy(0, top - innerHeight / 4);
  }

  /** Beside the marker, inside the window (on a small one the style sheet puts it at the bottom). */
  put() {
    if (!this.#marker?.isConnected) return;
    const mark = this.#marker.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const right = mark.right + GAP + width <= innerWidth ? mark.right + GAP : mark.left - GAP - width;
    this.root.style.left = `${Math.max(8, Math.min(right, innerWidth - width - 8))}px`;
    this.root.style.top = `${Math.max(8, Math.min(mark.top - 20, innerHeight - height - 8))}px`;
  }
}
