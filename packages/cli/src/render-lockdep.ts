/**
 * What lockdep would see, as text: a line for each report, or with --lockdep each report whole, as the kernel prints it.
 */
import { type Lockdep, shownFrame, where } from "@shootdown/doctor";
import { pc } from "./colours.js";

const INDENT = " ".repeat(11);

export function renderLockdep(lockdep: Lockdep, isWhole: boolean): string[] {
  const { reports, enabled, cannotSee } = lockdep;
  const verdict = reports.length === 0 ? "no report" : `${reports.length} report${reports.length === 1 ? "" : "s"}`;
  const colour = reports.length === 0 ? pc.green : pc.red;
  const note = enabled ? "CONFIG_PROVE_LOCKING=y" : "CONFIG_PROVE_LOCKING is off: the kernel itself would say nothing";
  const lines = [`${pc.bold("lockdep".padEnd(10))} ${colour(verdict.padEnd(13))} ${note}`];
  for (const report of reports) {
    const locks = [report.class, report.other].filter((name) => name !== undefined);
    const places = [...new Set(report.sites.map((site) => where(shownFrame(site.at))))];
    const about = locks.length === 0 ? "interrupts are off" : locks.join(", ");
    lines.push(`${INDENT}${report.title}: ${about}  ${pc.dim(places.join(", "))}`);
    const when = report.step === undefined ? "only in other runs" : `at step ${report.step} of this run`;
    if (report.warnsOfFinding) lines.push(`${INDENT}  ${when}; it warns of the finding`);
    else if (report.step !== undefined) lines.push(`${INDENT}  ${when}; it is not about the finding`);
  }
  if (lockdep.lockReports === 0 && reports.length > 0) lines.push(`${INDENT}${lockdep.summary}`);
  if (cannotSee !== undefined) lines.push(`${INDENT}does not see the finding: ${cannotSee}`);
  if (isWhole) for (const report of reports) lines.push("", report.text);
  return lines;
}
