/**
 * What was found out lately, by all that decides it: so that a question that comes again is not answered anew. Links are kept so
 * (`link.ts`), and by the doctor searches.
 */
export class Recent<T> {
  private readonly kept = new Map<string, T>();

  /** `most` are kept; what was used longest ago goes first. */
  constructor(private readonly most: number) {}

  get(key: string): T | undefined {
    const known = this.kept.get(key);
    if (known !== undefined) this.set(key, known);
    return known;
  }

  set(key: string, found: T): void {
    this.kept.delete(key);
    this.kept.set(key, found);
    const [oldest] = this.kept.keys();
    if (this.kept.size > this.most && oldest !== undefined) this.kept.delete(oldest);
  }
}
