/**
 * The CPU catalogue: what the kernel would read from the registers of a CPU.
 */
import { z } from "zod";
import { InputError } from "../errors.js";
import type { ModelTree } from "../model/model-tree.js";
import { suggest } from "../nearest.js";

/** Kinds of data cache, in the order of the numbers that `CPU.DCACHE` has in kernel TypeScript. */
export const DCACHE_KINDS = ["VIVT", "VIPT_ALIASING", "VIPT_NONALIASING", "PIPT"] as const;

const register = z.string().regex(/^0x[0-9a-f]{8}$/);

const cpuSchema = z.strictObject({
  name: z.string(),
  /** Architecture version. */
  arch: z.number().int(),
  MIDR: register,
  ID_MMFR3: register,
  dcache: z.enum(DCACHE_KINDS),
  /** Comes in coherent clusters. */
  smp: z.boolean(),
  mmu: z.boolean(),
  erratum798181: z.boolean().default(false),
  about: z.string(),
  /** Where the values are from. */
  source: z.string(),
});

export type Cpu = z.infer<typeof cpuSchema>;

const CATALOGUE = "machine/cpus.json";

export function readCatalogue(tree: ModelTree): readonly Cpu[] {
  const text = tree.read(CATALOGUE);
  if (text === undefined)
    throw new InputError("S1101", CATALOGUE, "the model tree has no CPU catalogue", "restore the file");
  const parsed = z.object({ cpus: z.array(cpuSchema) }).safeParse(JSON.parse(text));
  if (!parsed.success) throw new InputError("S1101", CATALOGUE, z.prettifyError(parsed.error), "correct the catalogue");
  return parsed.data.cpus;
}

export function findCpu(tree: ModelTree, name: string): Cpu {
  const cpus = readCatalogue(tree);
  const cpu = cpus.find((candidate) => candidate.name === name);
  if (cpu) return cpu;
  const names = cpus.map((candidate) => candidate.name);
  throw new InputError("S1301", `--cpu ${name}`, "the catalogue has no CPU of that name", suggest(name, names));
}

/** The registers as kernel TypeScript reads them (`CPU.ID_MMFR3`). */
export function registersOf(cpu: Cpu): ReadonlyMap<string, number> {
  return new Map([
    ["MIDR", Number(cpu.MIDR)],
    ["ID_MMFR3", Number(cpu.ID_MMFR3)],
    ["ARCH", cpu.arch],
    ["DCACHE", DCACHE_KINDS.indexOf(cpu.dcache)],
    ["ERRATUM_798181", Number(cpu.erratum798181)],
    ["HAS_MMU", Number(cpu.mmu)],
    ["IS_SMP", Number(cpu.smp)],
  ]);
}
