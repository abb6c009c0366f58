/**
 * From an address that the lab made to what is examined. Whatever it carries came from somewhere else: only texts, never
 * names of files.
 */
import { type AddressSubject, decodeAddress, InputError, type NamedText, type Subject } from "@shootdown/doctor";
import { readExample, readModelTree, readPatch } from "./files.js";

/** What an address examines, and its schedule. Throws `InputError` if it has none. */
export function readAddress(text: string): { readonly subject: Subject; readonly schedule: string } {
  const { subject, schedule } = decodeAddress(text);
  if (!subject || schedule === undefined) {
    const next = "open it in the lab, go to a run, and copy the link from there";
    throw new InputError("S1603", shortened(text), "the address names no run", next);
  }
  return { subject: subjectOf(subject), schedule };
}

function subjectOf({ config, cpu, set, at, patches, scenario, sizes }: AddressSubject): Subject {
  const tree = readModelTree();
  return {
    tree,
    config: config.text === undefined ? shippedExample(config.name) : { name: config.name, text: config.text },
    cpu,
    sets: new Map(Object.entries(set)),
    at,
    patches: patches.map(({ name, text }) => (text === undefined ? readPatch(tree, plainName(name)) : { name, text })),
    scenario: plainName(scenario),
    sizes: new Map(Object.entries(sizes)),
  };
}

function shippedExample(name: string): NamedText {
  return readExample(plainName(name));
}

/** A name, and not a path that leads out of where such names live. */
function plainName(name: string): string {
  if (/^[\w+-][\w.+-]*$/.test(name)) return name;
  const next = "copy the whole address again from the page that made it";
  throw new InputError("S1603", shortened(name), "this is no name of anything that ships", next);
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
