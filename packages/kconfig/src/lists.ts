/** Lists that are mostly empty or have one item, as those of symbols and entries. Used where a tree is built; arrays to everybody else. */

/** What a list is that has nothing in it yet. */
export const NONE: readonly never[] = Object.freeze([]);

/**
 * The list with one more item; use the result, not the list. Most lists of a tree have no or one item, and an array that grows by
 * push() reserves seventeen places.
 */
export function appended<T>(list: readonly T[], item: T): readonly T[] {
  switch (list.length) {
    case 0:
      return [item];
    case 1:
      return [list[0]!, item];
    case 2:
      return [list[0]!, list[1]!, item];
    default:
      (list as T[]).push(item);
      return list;
  }
}
