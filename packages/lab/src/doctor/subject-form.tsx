/**
 * What is examined, as a form: every change is examined at once.
 */
import type { AddressSubject, ConfigureStage } from "@shootdown/doctor/face";
import type { Catalogue } from "../engine/protocol.js";
import { examine } from "../session/session.js";
import { SymbolSwitches } from "./symbol-switches.js";

interface SubjectFormProps {
  readonly subject: AddressSubject;
  /** Absent while the engine starts. */
  readonly catalogue: Catalogue | undefined;
  readonly symbols: ConfigureStage | undefined;
}

export function SubjectForm({ subject, catalogue, symbols }: SubjectFormProps) {
  const change = (part: Partial<AddressSubject>) => void examine({ ...subject, ...part });
  const cpus = catalogue?.cpus.map(({ name }) => name) ?? [];
  const scenarios = catalogue?.scenarios.map(({ name }) => name) ?? [];
  const configs = catalogue?.examples ?? [];
  const cpu = catalogue?.cpus.find(({ name }) => name === subject.cpu);
  return (
    <form className="subject-form" aria-label="What is examined" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="Configuration"
        value={subject.config.text === undefined ? subject.config.name : `${subject.config.name} (yours)`}
        options={configs}
        onChange={(name) => change({ config: { name }, set: {} })}
      />
      <Choice label="CPU" value={subject.cpu} options={cpus} onChange={(name) => change({ cpu: name })} />
      <p className="hint">{cpu?.about ?? " "}</p>
      <Choice
        label="Scenario"
        value={subject.scenario}
        options={scenarios}
        onChange={(scenario) => change({ scenario, sizes: {} })}
      />
      <p className="hint">{catalogue?.scenarios.find(({ name }) => name === subject.scenario)?.about ?? " "}</p>
      <Choice
        label="Code as of"
        value={subject.at ?? TODAY}
        options={[TODAY, ...new Set(catalogue?.history.flatMap(({ since, at }) => [since, at]) ?? []), "v2.6.35"]}
        onChange={(at) => change({ at: at === TODAY ? undefined : at })}
      />
      <Patches subject={subject} catalogue={catalogue} onChange={(patches) => change({ patches })} />
      <SymbolSwitches subject={subject} symbols={symbols} onChange={(set) => change({ set })} />
    </form>
  );
}

const TODAY = "today";

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}

/** A select that also shows a value which is not among its options. */
function Choice({ label, value, options, onChange }: ChoiceProps) {
  const all = [...new Set(options.includes(value) ? options : [value, ...options])];
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {all.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

interface PatchesProps {
  readonly subject: AddressSubject;
  readonly catalogue: Catalogue | undefined;
  readonly onChange: (patches: AddressSubject["patches"]) => void;
}

function Patches({ subject, catalogue, onChange }: PatchesProps) {
  const free = catalogue?.patches.filter(({ name }) => !subject.patches.some((patch) => patch.name === name)) ?? [];
  const aboutOf = (name: string) => catalogue?.patches.find((patch) => patch.name === name)?.about;
  return (
    <div className="field patches">
      <label htmlFor="add-patch">Patches</label>
      <ul>
        {subject.patches.map((patch) => (
          <li key={patch.name} title={aboutOf(patch.name)}>
            <span>{patch.name}</span>
            <button
              type="button"
              aria-label={`Remove the patch ${patch.name}`}
              onClick={() => onChange(subject.patches.filter((other) => other !== patch))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <select
        id="add-patch"
        value=""
        onChange={(event) => onChange([...subject.patches, { name: event.target.value }])}
      >
        <option value="">add a patch …</option>
        {free.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  );
}
