/**
 * What tsc's types mean: values (integers with a width, bool, function) and shapes of shared state.
 */
import { BOOL, FN, I32, I64, type LockKind, U8, U16, U32, U64, type ValueType } from "@shootdown/ir";
import ts from "#typescript";

/** A scalar, a lock, or what is built of them. */
export type Shape =
  | { readonly kind: "scalar"; readonly type: ValueType; readonly init: number }
  | { readonly kind: "lock"; readonly lock: LockKind }
  /** `length` is unknown for a parameter. */
  | { readonly kind: "array"; readonly length?: number; readonly element: Shape }
  | { readonly kind: "struct"; readonly fields: ReadonlyMap<string, Shape> };

/** Types as values in the prelude. */
export const SCALAR_TYPES: ReadonlyMap<string, ValueType> = new Map<string, ValueType>([
  ["u8", U8],
  ["u16", U16],
  ["u32", U32],
  ["i32", I32],
  ["u64", U64],
  ["i64", I64],
  ["bool", BOOL],
]);

const MAX_DEPTH = 8;

/** The type of a value; undefined if the language has no such value. */
export function valueType(checker: ts.TypeChecker, tsType: ts.Type): ValueType | undefined {
  if (tsType.flags & ts.TypeFlags.Null) return FN;
  const type = checker.getNonNullableType(tsType);
  if (type.flags & ts.TypeFlags.BooleanLike) return BOOL;
  if (type.getCallSignatures().length > 0) return FN;
  if (!isNumber(type)) return undefined;
  const brand = checker.getPropertyOfType(type, "__int");
  if (!brand) return I32;
  const widths = literals(checker.getTypeOfSymbol(brand));
  if (widths.has("i64")) return I64;
  if (widths.has("u64")) return U64;
  if (widths.has("i32")) return I32;
  if (widths.has("u32")) return U32;
  if (widths.has("u16")) return U16;
  return U8;
}

function isNumber(type: ts.Type): boolean {
  if (type.flags & ts.TypeFlags.NumberLike) return true;
  if (type.isUnion()) return type.types.every(isNumber);
  if (type.isIntersection()) return type.types.some((t) => (t.flags & ts.TypeFlags.NumberLike) !== 0);
  return false;
}

function literals(type: ts.Type): Set<string> {
  const parts = type.isUnion() ? type.types : [type];
  return new Set(parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : [])));
}

/** The shape of a by-reference parameter, or of a value. */
export function shapeOf(checker: ts.TypeChecker, type: ts.Type, depth = 0): Shape | undefined {
  const value = valueType(checker, type);
  if (value) return { kind: "scalar", type: value, init: 0 };
  if (depth > MAX_DEPTH || !(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection | ts.TypeFlags.Union))) {
    return undefined;
  }
  const lock = checker.getPropertyOfType(type, "__lock");
  if (lock) {
    const kinds = literals(checker.getTypeOfSymbol(lock));
    return { kind: "lock", lock: kinds.has("mutex") ? "mutex" : "spinlock" };
  }
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  if (element) {
    const shape = shapeOf(checker, element, depth + 1);
    return shape && { kind: "array", element: shape };
  }
  if (type.isUnion()) return undefined;
  const fields = new Map<string, Shape>();
  for (const property of checker.getPropertiesOfType(type)) {
    const shape = shapeOf(checker, checker.getTypeOfSymbol(property), depth + 1);
    if (!shape) return undefined;
    fields.set(property.name, shape);
  }
  return fields.size > 0 ? { kind: "struct", fields } : undefined;
}
