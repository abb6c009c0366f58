/**
 * The address bar: what is shown as a link, and a link as what is shown.
 */
import {
  type Address,
  type AddressSubject,
  decodeAddress,
  encodeAddress,
  INPUT_ERRORS,
  InputError,
} from "@shootdown/doctor/face";
import { examine, getSession, openRun, REPORT_2, say, show, subscribe, VIEWS, type View } from "./session.js";
import { decidingLines } from "./take-file.js";

/** Milliseconds after the last change: browsers refuse an address that changes too often. */
const QUIET = 200;

/** The link to what is shown now. */
export function currentAddress(): string {
  const { view, subject, run, step } = getSession();
  const isRunView = view === "run" && run !== undefined;
  const address: Address = isRunView
    ? { view, subject: carriable(run.subject), schedule: run.schedule, step }
    : { view, subject: carriable(subject) };
  return encodeAddress(address);
}

/** A configuration of the reader's own travels with the lines that decide something. */
function carriable(subject: AddressSubject): AddressSubject {
  const { name, text } = subject.config;
  const symbols = getSession().examined?.stages.configure?.symbols;
  if (text === undefined || !symbols) return subject;
  return { ...subject, config: { name, text: decidingLines(text, new Set(Object.keys(symbols))) } };
}

let written = "";

function write(): void {
  const address = currentAddress();
  if (address === written || getSession().problem) return;
  written = address;
  history.replaceState(null, "", address);
}

/** Shows what an address says; the start page if it says nothing. */
async function read(): Promise<void> {
  if (location.hash === written && written !== "") return;
  try {
    // A link whose # was changed leads here too, with what was behind it before.
    const text = location.hash === "" ? location.search : location.hash;
    await follow(text === "" || text === "#/" ? { view: "doctor" } : decodeAddress(text));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { code, place, reason, next } = error;
    say({ code, about: INPUT_ERRORS[code], place, reason, next, sites: [] });
  }
}

async function follow({ view, subject = REPORT_2, schedule, step }: Address): Promise<void> {
  if (!VIEWS.includes(view as View)) {
    const next = `the views are ${VIEWS.join(", ")}`;
    throw new InputError("S1603", `#/${view}`, "there is no such view", next);
  }
  show(view as View);
  if (schedule !== undefined) await openRun(subject, { schedule }, step);
  // Where nothing of it is shown, the reader's machine has better things to do.
  else if (view !== "matrix" && view !== "allocator") await examine(subject);
}

/** Follows the address from now on, and lets it follow. */
export function startAddressBar(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(write, QUIET);
  });
  addEventListener("hashchange", () => void read());
  void read();
}
