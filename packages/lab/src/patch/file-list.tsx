/**
 * The files of the model tree: those that were edited and those with errors are marked by a sign.
 */

import { Fragment } from "react";
import type { Sources } from "../parts/sources.js";
import { loadableFiles } from "../parts/sources.js";
import type { Edits } from "./edits.js";

interface FileListProps {
  readonly sources: Sources | undefined;
  readonly edits: Edits;
  readonly chosen: string;
  readonly sites: readonly { readonly file: string }[];
  readonly onChoose: (path: string) => void;
}

export function FileList({ sources, edits, chosen, sites, onChoose }: FileListProps) {
  const paths = sources ? loadableFiles(sources) : [chosen];
  const markOf = (path: string) =>
    [edits.has(path) ? "changed" : "", sites.some(({ file }) => file === path) ? "error" : ""]
      .filter(Boolean)
      .join(", ");
  return (
    <nav className="file-list" aria-label="Files of the model tree">
      <select value={chosen} onChange={(event) => onChoose(event.target.value)} aria-label="File">
        {paths.map((path) => (
          <option key={path} value={path}>
            {path}
            {markOf(path) === "" ? "" : ` (${markOf(path)})`}
          </option>
        ))}
      </select>
      <ul>
        {paths.map((path) => {
          const mark = markOf(path);
          return (
            <li key={path}>
              <button type="button" aria-current={path === chosen ? "true" : undefined} onClick={() => onChoose(path)}>
                <span>
                  {path.split("/").map((part, index) => (
                    <Fragment key={index}>
                      {index > 0 && (
                        <>
                          /<wbr />
                        </>
                      )}
                      {part}
                    </Fragment>
                  ))}
                </span>
                {mark !== "" && <small className={mark.includes("error") ? "error" : undefined}>{mark}</small>}
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
