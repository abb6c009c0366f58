/** The terminal face of shootdown. */
export { main } from "./main.js";
export { renderResult } from "./render.js";
