/**
 * What is examined, in one line.
 */
import type { AddressSubject } from "@shootdown/doctor/face";

export function SubjectLine({ subject }: { subject: AddressSubject }) {
  return <span className="subject-line">{subjectText(subject)}</span>;
}

export function subjectText({ config, cpu, set, at, patches, scenario, sizes }: AddressSubject): string {
  const changes = [
    ...Object.entries(set).map(([symbol, value]) => `${symbol}=${value}`),
    ...(at === undefined ? [] : [`code of ${at}`]),
    ...patches.map(({ name }) => `+ ${name}`),
    ...Object.entries(sizes).map(([name, value]) => `${name}=${value}`),
  ];
  return [`${config.name.replace(/\.config$/, "")} on ${cpu}`, ...changes, scenario].join(" · ");
}
