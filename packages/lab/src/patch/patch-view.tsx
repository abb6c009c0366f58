/**
 * The model tree in an editor: change kernel TypeScript or Kconfig, check what was typed on the kernel that is chosen, take
 * the patch along.
 */
import { count } from "@shootdown/doctor/face";
import { useEffect, useMemo, useRef, useState } from "react";
import { SearchStatus } from "../doctor/search-status.js";
import { FailureNotice } from "../parts/notice.js";
import { type Sources, useSources } from "../parts/sources.js";
import { SubjectLine } from "../parts/subject-line.js";
import { Verdict } from "../parts/verdict.js";
import { type Examined, examine, show, useSession } from "../session/session.js";
import { Editor } from "./editor.js";
import { dropCount, dropEdits, edit, editedPatch, PATCH_NAME, patchText, useEdits } from "./edits.js";
import { FileList } from "./file-list.js";
import { saveText } from "./save-text.js";

/** Where most readers begin. */
const FIRST_FILE = "mm/highmem.ts";

export function PatchView() {
  const { subject, examined } = useSession();
  const edits = useEdits();
  const [path, setPath] = useState(FIRST_FILE);
  // What is edited is a patch on everything else that is chosen.
  const base = useMemo(
    () => ({ ...subject, patches: subject.patches.filter(({ name }) => name !== PATCH_NAME) }),
    [subject],
  );
  const sources = useSources(base);
  const check = () => {
    const patch = editedPatch();
    void examine(patch ? { ...base, patches: [...base.patches, patch] } : base);
  };
  const ofEdits = examined?.subject.patches.some(({ name }) => name === PATCH_NAME) ? examined : undefined;
  const failure = ofEdits?.failure;
  const sites = failure?.sites ?? [];
  const text = patchText(edits);
  return (
    <main className="view patch-view">
      <div className="run-head">
        <div>
          <h1>Change the model tree</h1>
          <p className="run-facts">
            Checked on <SubjectLine subject={base} />
          </p>
        </div>
        <div className="head-actions">
          <button type="button" className="primary" onClick={check} title="Ctrl+Enter in the editor">
            Check
          </button>
          <button type="button" disabled={text === undefined} onClick={() => saveText(PATCH_NAME, text!)}>
            Save as {PATCH_NAME}
          </button>
          <button type="button" disabled={edits.size === 0} onClick={dropEdits}>
            Drop changes
          </button>
        </div>
      </div>
      <div className="patch-body">
        <FileList sources={sources} edits={edits} chosen={path} sites={sites} onChoose={setPath} />
        <div className="patch-main">
          {sources ? (
            <EditorBox path={path} sources={sources} edits={edits} sites={sites} onCheck={check} />
          ) : (
            <div className="editor-box" aria-busy="true" />
          )}
        </div>
        <aside className="patch-answer" aria-label="Answer">
          {failure && <FailureNotice failure={failure} />}
          {ofEdits && !failure && <Answer examined={ofEdits} />}
          {!ofEdits && (
            <p className="empty">
              Change something, then check it (<kbd>Ctrl</kbd>+<kbd>Enter</kbd>): all four stages, and every schedule of
              the scenario. <kbd>Ctrl</kbd>+<kbd>]</kbd> indents.
            </p>
          )}
          <h3>The patch</h3>
          {text === undefined ? (
            <p className="empty">Nothing is changed.</p>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by the keyboard
            <pre className="diff" tabIndex={0} role="region" aria-label="The patch">
              {text
                .trimEnd()
                .split("\n")
                .map((line, index) => (
                  <span key={index} className={lineKind(line)}>
                    {line}
                    {"\n"}
                  </span>
                ))}
            </pre>
          )}
        </aside>
      </div>
    </main>
  );
}

function lineKind(line: string): string | undefined {
  if (/^(---|\+\+\+|@@)/.test(line)) return "head";
  return line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : undefined;
}

function Answer({ examined }: { examined: Examined }) {
  const { result } = examined;
  const check = result?.stages.check;
  return (
    <div className="patch-result">
      <SearchStatus examined={examined} />
      {result && (
        <>
          <ul className="stage-list">
            {(["configure", "link", "boot", "check"] as const).map((stage) => (
              <li key={stage}>
                <span>{stage}</span> <Verdict verdict={result.stages[stage].verdict} />
              </li>
            ))}
          </ul>
          {check?.violation && (
            <p>
              {check.violation.message}, {count(check.trace?.length ?? 0)} steps
            </p>
          )}
          <p className="actions">
            {check?.violation && (
              <button type="button" onClick={() => show("run")}>
                Open the run
              </button>
            )}
            <button type="button" onClick={() => show("doctor")}>
              All evidence
            </button>
          </p>
        </>
      )}
    </div>
  );
}

interface EditorBoxProps {
  readonly path: string;
  readonly sources: Sources;
  readonly edits: ReturnType<typeof useEdits>;
  readonly sites: readonly {
    readonly file: string;
    readonly line: number;
    readonly column?: number;
    readonly message: string;
  }[];
  readonly onCheck: () => void;
}

function EditorBox({ path, sources, edits, sites, onCheck }: EditorBoxProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const original = sources(path) ?? "";
  const latest = useRef({ path, original, onCheck });
  latest.current = { path, original, onCheck };
  useEffect(() => {
    editor.current = new Editor(host.current!, {
      onChange: (text) => edit(latest.current.path, latest.current.original, text),
      onCheck: () => latest.current.onCheck(),
    });
    return () => editor.current?.destroy();
  }, []);
  const dropped = dropCount();
  // biome-ignore lint/correctness/useExhaustiveDependencies: typing must not load the text again; dropping it must
  useEffect(() => {
    editor.current?.open(path, edits.get(path)?.after ?? original);
  }, [path, original, dropped]);
  useEffect(() => {
    editor.current?.mark(sites.filter((site) => site.file === path));
  }, [sites, path]);
  return <div className="editor-box" ref={host} />;
}
