/**
 * The symbols that can be chosen: on, off, as Kconfig decided; a click asks for the other value.
 */
import type { AddressSubject, ConfigureStage } from "@shootdown/doctor/face";

interface SymbolSwitchesProps {
  readonly subject: AddressSubject;
  /** Absent while stage 1 has not answered; the switches keep their room. */
  readonly symbols: ConfigureStage | undefined;
  readonly onChange: (set: AddressSubject["set"]) => void;
}

export function SymbolSwitches({ subject, symbols, onChange }: SymbolSwitchesProps) {
  const names = symbols ? [...symbols.prompts].sort() : [];
  const toggle = (name: string, isOn: boolean) => {
    const { [name]: asked, ...others } = subject.set;
    // A second click takes the wish back instead of asking for what the file says anyway.
    onChange(asked !== undefined ? others : { ...subject.set, [name]: isOn ? "n" : "y" });
  };
  return (
    <fieldset className="symbol-switches">
      <legend>Symbols</legend>
      <div>
        {names.map((name) => {
          const isOn = symbols!.symbols[name] === "y";
          const asked = subject.set[name];
          return (
            <label key={name} className={asked === undefined ? undefined : "asked"}>
              <input type="checkbox" checked={isOn} onChange={() => toggle(name, isOn)} />
              <span>{name}</span>
              {asked !== undefined && <small>{(asked === "y") === isOn ? "set" : `asked ${asked}`}</small>}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
