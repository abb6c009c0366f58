/** What was used last stays, what was used longest ago goes. */
import { expect, test } from "vitest";
import { Recent } from "./recent.js";

test("keeps so many, by last use", () => {
  const recent = new Recent<number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  expect(recent.get("a")).toBe(1);
  recent.set("c", 3);
  expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual([1, undefined, 3]);
  recent.set("a", 4);
  expect(recent.get("a")).toBe(4);
});
