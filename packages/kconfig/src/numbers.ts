/** A growing row of 32-bit numbers, and reading it back. Used by the cache of parsed trees. */

export class NumberWriter {
  private data = new Int32Array(1 << 12);
  private length = 0;

  add(...values: number[]): void {
    for (const value of values) {
      if (this.length === this.data.length) {
        const larger = new Int32Array(2 * this.length);
        larger.set(this.data);
        this.data = larger;
      }
      this.data[this.length++] = value;
    }
  }

  /** The number of values, then the values. */
  list(values: readonly number[]): void {
    this.add(values.length);
    for (const value of values) this.add(value);
  }

  /** Own values, then those of the other. */
  concat(other: NumberWriter): Int32Array {
    const out = new Int32Array(this.length + other.length);
    out.set(this.data.subarray(0, this.length));
    out.set(other.data.subarray(0, other.length), this.length);
    return out;
  }
}

export class NumberReader {
  private at = 0;

  constructor(private readonly data: Int32Array) {}

  /** @throws RangeError at the end. */
  next(): number {
    if (this.at >= this.data.length) throw new RangeError("unexpected end of data");
    return this.data[this.at++]!;
  }
}
