/**
 * Tabs as the ARIA practices describe them: one stop for the Tab key, arrows between them.
 */
import { useRef } from "react";

interface TabsProps<Name extends string> {
  readonly names: readonly Name[];
  readonly chosen: Name;
  readonly onChoose: (name: Name) => void;
  readonly label: string;
}

export function Tabs<Name extends string>({ names, chosen, onChoose, label }: TabsProps<Name>) {
  const list = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const index = (names.indexOf(chosen) + by + names.length) % names.length;
    onChoose(names[index]!);
    list.current?.querySelectorAll("button")[index]?.focus();
  };
  return (
    <div
      className="tabs"
      role="tablist"
      aria-label={label}
      ref={list}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight") move(1);
        if (event.key === "ArrowLeft") move(-1);
      }}
    >
      {names.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
