// The photo with its markers: hints, and places that were asked about. Tells of what a person does to them.

const DRAG = 4; // px: less is a click
const STEP = 0.004; // of the long side: what an arrow key moves; with Shift five times as much

export class Stage {
  #elements = new Map(); // id → marker
  #size;

  /** on: pan(across, down), place(x, y), drag(id, x, y, done), step(id, x, y), position(id), open(id), remove(id), resize(id, factor) */
  constructor(root, size, on) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.markers = root.querySelector("#markers");
    this.#size = size;
    this.on = on;
    root.style.setProperty("--aspect", size.width / size.height);
    this.canvas.width = size.screen.width;
    this.canvas.height = size.screen.height;
    this.#pans();
  }

  /** A click places a hint. A drag by the mouse moves the photo, where it is larger than its space; touch does so anyway. */
  #pans() {
    let from = null;
    let moved = false;
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest(".marker")) return;
      from = [event.clientX, event.clientY];
      moved = false;
    });
    addEventListener("pointermove", (event) => {
      if (!from) return;
      const by = [event.clientX - from[0], event.clientY - from[1]];
      moved ||= Math.hypot(...by) >= DRAG;
      if (!moved || event.pointerType !== "mouse") return;
      this.on.pan(...by);
      from = [event.clientX, event.clientY];
    });
    const end = () => (from = null);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
    this.root.addEventListener("click", (event) => {
      if (!moved && !event.target.closest(".marker")) this.on.place(...this.#place(event));
      moved = false;
    });
  }

  draw(bitmap) {
    this.canvas.getContext("2d", { willReadFrequently: true }).drawImage(bitmap, 0, 0);
    bitmap.close();
  }

  /** The colour that the photo has now at a place of it, "#rrggbb". */
  colourAt(x, y) {
    const column = Math.min(this.canvas.width - 1, Math.floor((x / this.#size.width) * this.canvas.width));
    const row = Math.min(this.canvas.height - 1, Math.floor((y / this.#size.height) * this.canvas.height));
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    const pixel = context.getImageData(column, row, 1, 1).data;
    return "#" + [...pixel.slice(0, 3)].map((level) => level.toString(16).padStart(2, "0")).join("");
  }

  marker(id) {
    return this.#elements.get(id);
  }

  /** Shows these markers, and no others: [{id, x, y, radius, color, label, number}], in the order of the Tab key. */
  show(markers, current) {
    const gone = new Set(this.#elements.keys());
    for (const marker of markers) {
      gone.delete(marker.id);
      let element = this.#elements.get(marker.id);
      if (!element) this.#elements.set(marker.id, (element = this.#create(marker.id)));
      this.#update(element, marker, marker.id === current);
    }
    for (const id of gone) {
      this.#elements.get(id).remove();
      this.#elements.delete(id);
    }
    const order = markers.map((marker) => this.#elements.get(marker.id));
    if (order.some((element, i) => this.markers.children[i] !== element)) {
      const focused = document.activeElement; // moving an element takes its focus
      this.markers.append(...order);
      if (order.includes(focused)) focused.focus();
    }
  }

  #create(id) {
    const element = document.createElement("button");
    element.type = "button";
    element.append(document.createElement("span"), document.createElement("i"));
    element.firstChild.className = "reach";
    element.addEventListener("keydown", (event) => this.#key(event, id));
    this.#drags(element, id);
    return element;
  }

  #update(element, { x, y, radius, color, label, number }, isCurrent) {
    const { width, height } = this.#size;
    element.className = `marker${number ? " asked" : ""}${isCurrent ? " current" : ""}`;
    element.setAttribute("aria-label", label);
    element.title = label;
    element.style.left = `${(100 * x) / width}%`;
    element.style.top = `${(100 * y) / height}%`;
    element.style.setProperty("--color", color);
    element.style.setProperty("--reach", `${(200 * radius) / width}cqw`);
    element.lastChild.textContent = number ?? "";
  }

  #place(event) {
    const box = this.root.getBoundingClientRect();
    return this.#inside(
      ((event.clientX - box.left) / box.width) * this.#size.width,
      ((event.clientY - box.top) / box.height) * this.#size.height,
    );
  }

  #inside(x, y) {
    const within = (value, end) => Math.round(10 * Math.min(Math.max(value, 0), end)) / 10;
    return [within(x, this.#size.width), within(y, this.#size.height)];
  }

  #drags(element, id) {
    let from = null;
    let moved = false;
    element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      element.setPointerCapture(event.pointerId);
      from = [event.clientX, event.clientY];
      moved = false;
    });
    element.addEventListener("pointermove", (event) => {
      if (!from) return;
      moved ||= Math.hypot(event.clientX - from[0], event.clientY - from[1]) >= DRAG;
      if (moved) this.on.drag(id, ...this.#place(event), false);
    });
    const end = (event) => {
      if (from && moved) this.on.drag(id, ...this.#place(event), true);
      from = null;
    };
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", end);
    element.addEventListener("click", () => {
      if (!moved) this.on.open(id);
      moved = false;
    });
  }

  #key(event, id) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) {
      const [x, y] = this.on.position(id);
      const step = STEP * Math.max(this.#size.width, this.#size.height) * (event.shiftKey ? 5 : 1);
      const [across, down] = steps[event.key];
      this.on.step(id, ...this.#inside(x + across * step, y + down * step));
    } else if (event.key === "Delete" || event.key === "Backspace") event.repeat || this.on.remove(id);
    else if (event.key === "+" || event.key === "=") this.on.resize(id, 1.25);
    else if (event.key === "-") this.on.resize(id, 0.8);
    else return;
    event.preventDefault();
  }
}
