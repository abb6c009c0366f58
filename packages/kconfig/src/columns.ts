/** Columns of 32-bit numbers, each with its length before it, and reading them back in the same order. Used by the cache of parsed trees. */

export class ColumnWriter {
  private readonly columns: Int32Array[] = [];

  add(values: readonly number[]): void {
    this.columns.push(Int32Array.from(values));
  }

  /** Two columns: how long each list is, and what all of them hold. */
  addLists(lists: readonly (readonly number[])[]): void {
    this.add(lists.map((list) => list.length));
    this.add(lists.flat());
  }

  addAll(other: ColumnWriter): void {
    this.columns.push(...other.columns);
  }

  concat(): Int32Array {
    const out = new Int32Array(this.columns.reduce((sum, column) => sum + 1 + column.length, 0));
    let at = 0;
    for (const column of this.columns) {
      out[at] = column.length;
      out.set(column, at + 1);
      at += 1 + column.length;
    }
    return out;
  }
}

export class ColumnReader {
  private at = 0;

  constructor(private readonly data: Int32Array) {}

  /** @throws RangeError if the data ends before the column does. */
  next(): Int32Array {
    const end = this.at + 1 + this.data[this.at]!;
    if (!(end > this.at && end <= this.data.length)) throw new RangeError("unexpected end of data");
    const column = this.data.subarray(this.at + 1, end);
    this.at = end;
    return column;
  }
}
