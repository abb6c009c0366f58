/**
 * Text as C sees it: character classes, byte order, 64-bit numbers, and bytes that are not UTF-8.
 *
 * conf works on bytes; this package works on JavaScript strings. Valid UTF-8 becomes ordinary text. A byte that is not valid
 * UTF-8 becomes the lone surrogate U+DC00 + byte, and back again on the way out, so that what goes in comes out unchanged.
 */

// Global in Node and in browsers alike; declared here so that neither's type library is needed.
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** isspace() of the C locale. */
export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

/** A letter, a digit, `_` or `-`: what a symbol name or keyword consists of. */
export function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || isDigit(code) || code === 95 || code === 45 // _ -
  );
}

/** A C string ends at its first NUL. */
export function cString(text: string): string {
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

/** Bytes to text; reversible by {@link encodeBytes}. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeBroken(bytes);
  }
}

/** Text to bytes; a lone surrogate U+DC80…U+DCFF becomes the byte it stands for. */
export function encodeBytes(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text)) return new TextEncoder().encode(text);
  const out: number[] = [];
  const encoder = new TextEncoder();
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) out.push(code - 0xdc00);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

function decodeBroken(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    try {
      out += decoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      out += String.fromCharCode(0xdc00 + lead);
      at++;
    }
  }
  return out;
}

/** strcmp(): order of bytes, which for well-formed text is the order of code points. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    // Surrogates sort above the rest of the basic plane in UTF-8, below it in UTF-16.
    return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(code: number): number {
  return code >= 0xd800 && code <= 0xdfff ? code + 0x10000 : code;
}

/** The FNV hash by which conf orders its symbols. Bytes above 127 count as negative, as C's `char` does on x86. */
export function symbolHash(name: string): number {
  let hash = 2166136261;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code > 127) return hashBytes(encodeBytes(name));
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return hash >>> 0;
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ ((byte << 24) >> 24), 0x01000193);
  return hash >>> 0;
}

/** What strtoll() or strtoull() makes of a text. */
export interface ParsedNumber {
  readonly value: bigint;
  /** Index of the first character that is not part of the number; 0 if there is no number at all. */
  readonly end: number;
  readonly overflow: boolean;
}

const MAX_SIGNED = (1n << 63n) - 1n;
const MIN_SIGNED = -(1n << 63n);
const MAX_UNSIGNED = (1n << 64n) - 1n;

/** strtoll(text, &end, base), saturating. Base 0 takes `0x` as 16 and a leading `0` as 8. */
export function parseSigned(text: string, base: number): ParsedNumber {
  const { magnitude, negative, end } = parseDigits(text, base);
  const value = negative ? -magnitude : magnitude;
  if (value > MAX_SIGNED) return { value: MAX_SIGNED, end, overflow: true };
  if (value < MIN_SIGNED) return { value: MIN_SIGNED, end, overflow: true };
  return { value, end, overflow: false };
}

/** strtoull(text, &end, base): a minus sign wraps around. */
export function parseUnsigned(text: string, base: number): ParsedNumber {
  const { magnitude, negative, end } = parseDigits(text, base);
  if (magnitude > MAX_UNSIGNED) return { value: MAX_UNSIGNED, end, overflow: true };
  return { value: BigInt.asUintN(64, negative ? -magnitude : magnitude), end, overflow: false };
}

function parseDigits(text: string, wantedBase: number): { magnitude: bigint; negative: boolean; end: number } {
  let at = 0;
  let base = wantedBase;
  while (isSpace(text.charCodeAt(at))) at++;
  const sign = text[at];
  if (sign === "-" || sign === "+") at++;
  const prefixed =
    text[at] === "0" && (text[at + 1] === "x" || text[at + 1] === "X") && isHexDigit(text.charCodeAt(at + 2));
  if (prefixed && (base === 0 || base === 16)) {
    at += 2;
    base = 16;
  } else if (base === 0) base = text[at] === "0" ? 8 : 10;
  const start = at;
  while (digitValue(text.charCodeAt(at)) < base) at++;
  if (at === start) return { magnitude: 0n, negative: false, end: 0 };
  return { magnitude: digits(text.slice(start, at), base), negative: sign === "-", end: at };
}

function digitValue(code: number): number {
  if (isDigit(code)) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return 99;
}

function digits(text: string, base: number): bigint {
  // Longer than any 64-bit number: the caller saturates, so the exact value does not matter.
  const significant = text.replace(/^0+/, "");
  if (significant.length > 24) return 1n << 80n;
  if (base === 16) return BigInt("0x" + text);
  if (base === 8) return BigInt("0o" + text);
  return BigInt(text);
}
