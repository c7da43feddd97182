// Arrow keys in a table marked data-grid (the timeline): one Tab stop, then left and right within a row, up and down
// to the cell that covers the same time, Home and End to the edges.
const moves = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

/** Column where each cell of a row begins, colspans counted. */
export function startsOf(spans) {
  let at = 0;
  return spans.map((span) => {
    const start = at;
    at += span;
    return start;
  });
}

/** Index of the cell that covers `column`. */
export function covering(spans, column) {
  const starts = startsOf(spans);
  return starts.findIndex((start, i) => column >= start && column < start + spans[i]);
}

export function gridKeys(root) {
  for (const grid of root.querySelectorAll("[data-grid]")) rove(grid);
  root.addEventListener("htmx:after:swap", () => root.querySelectorAll("[data-grid]").forEach(rove));
  root.addEventListener("keydown", (event) => {
    const link = event.target.closest?.("[data-grid] td > a");
    if (!link || !moves.has(event.key)) return;
    const next = neighbour(link, event.key);
    event.preventDefault();
    if (!next) return;
    link.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

function rove(grid) {
  const links = [...grid.querySelectorAll("td > a")];
  if (links.some((link) => link.tabIndex === -1)) return;
  links.forEach((link, i) => { link.tabIndex = i ? -1 : 0; });
}

function neighbour(link, key) {
  const cell = link.parentElement;
  const row = cell.parentElement;
  const links = [...row.querySelectorAll("td > a")];
  if (key === "Home") return links[0];
  if (key === "End") return links.at(-1);
  if (key === "ArrowLeft" || key === "ArrowRight") return links[links.indexOf(link) + (key === "ArrowLeft" ? -1 : 1)];
  const spans = (r) => [...r.cells].map((c) => c.colSpan);
  const column = startsOf(spans(row))[cell.cellIndex];
  const step = key === "ArrowUp" ? "previousElementSibling" : "nextElementSibling";
  for (let other = row[step]; other; other = other[step]) {
    const found = other.cells[covering(spans(other), column)]?.querySelector(":scope > a");
    if (found && found.parentElement.tagName === "TD") return found;
  }
  return null;
}
