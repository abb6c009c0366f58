/**
 * The model tree as the stages read it: the kernel and the machine, by path, with patches laid over.
 *
 * Where the files come from is the face's business (a folder, a bundle); see `readModelTree` of the command line.
 */

/** `kernel/mm/highmem.ts`, `machine/cpus.json`, … to text. */
export type FileMap = ReadonlyMap<string, string>;

export class ModelTree {
  constructor(private readonly files: FileMap) {}

  read(path: string): string | undefined {
    return this.files.get(path);
  }

  /** Every path, sorted. */
  paths(): readonly string[] {
    return [...this.files.keys()].sort();
  }

  /** The kernel alone, by paths as Kconfig and Makefiles name them (`mm/Kconfig`). */
  get kernel() {
    const at = (path: string) => this.files.get(`kernel/${path}`);
    return { read: at, readFile: at };
  }

  /** The names of what lies in a folder and ends in `suffix`, without it, sorted. */
  namesIn(folder: string, suffix: string): readonly string[] {
    return this.paths()
      .filter((path) => path.startsWith(`${folder}/`) && path.endsWith(suffix))
      .map((path) => path.slice(folder.length + 1, -suffix.length))
      .filter((name) => !name.includes("/"));
  }

  with(changes: ReadonlyMap<string, string | undefined>): ModelTree {
    const files = new Map(this.files);
    for (const [path, text] of changes) {
      if (text === undefined) files.delete(path);
      else files.set(path, text);
    }
    return new ModelTree(files);
  }
}
