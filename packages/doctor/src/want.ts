/**
 * How a symbol of a real Linux tree gets a value. An entry of its own, because it brings a SAT solver along, which takes a third of a
 * second to load.
 */
export { parseWish, type Wish, want } from "@shootdown/kconfig/want";
