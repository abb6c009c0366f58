/**
 * The page: what is always there (name, views, theme) around the view that is chosen.
 */
import { lazy, Suspense, useEffect, useRef } from "react";
import { DoctorView } from "./doctor/doctor-view.js";
import { Boundary } from "./parts/boundary.js";
import { FailureNotice } from "./parts/notice.js";
import { loadSources } from "./parts/sources.js";
import { ArrowHeads } from "./run/arrow-heads.js";
import { RunView } from "./run/run-view.js";
import { keepForOffline } from "./session/offline.js";
import { PageDrop } from "./session/page-drop.js";
import { examine, REPORT_2, say, show, useSession, VIEWS, type View } from "./session/session.js";
import { applyTheme, useIsDark } from "./session/theme.js";

const matrix = () => import("./matrix/matrix-view.js").then((module) => ({ default: module.MatrixView }));
const patch = () => import("./patch/patch-view.js").then((module) => ({ default: module.PatchView }));
const link = () => import("./link/link-view.js").then((module) => ({ default: module.LinkView }));
const allocator = () => import("./allocator/allocator-view.js").then((module) => ({ default: module.AllocatorView }));
const MatrixView = lazy(matrix);
const PatchView = lazy(patch);
const LinkView = lazy(link);
const AllocatorView = lazy(allocator);

/** Loads what is not needed yet, so that the page works on without a network. Says when it is done. */
export async function loadTheRest(): Promise<void> {
  await Promise.all([matrix(), patch(), link(), allocator(), loadSources(REPORT_2)]);
  if (await keepForOffline()) document.documentElement.dataset.ready = "offline";
}

const NAMES: Readonly<Record<View, string>> = {
  doctor: "Doctor",
  run: "Run",
  matrix: "Matrix",
  patch: "Patch",
  link: "Link",
  allocator: "Allocator",
};

export function App() {
  const { view, problem } = useSession();
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.title = `${NAMES[view]} · shootdown lab`;
  }, [view]);
  return (
    <>
      <ArrowHeads />
      <PageDrop />
      <button type="button" className="skip" onClick={() => body.current?.focus()}>
        Skip to the content
      </button>
      <header className="top">
        <span className="name">
          <img src="./icon.svg" alt="" width="22" height="22" /> shootdown <em>lab</em>
        </span>
        <nav aria-label="Views">
          {VIEWS.map((name) => (
            <button
              key={name}
              type="button"
              aria-current={name === view && !problem ? "page" : undefined}
              onClick={() => show(name)}
            >
              {NAMES[name]}
            </button>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <div id="content" ref={body} tabIndex={-1}>
        {problem ? (
          <main className="view">
            <h1>This could not be used</h1>
            <FailureNotice failure={problem} />
            <p className="actions">
              <button type="button" className="primary" onClick={() => startOver()}>
                Start page
              </button>
              <button type="button" onClick={() => say(undefined)}>
                Go on without it
              </button>
            </p>
          </main>
        ) : (
          <Boundary key={view} onStartOver={startOver}>
            <Suspense fallback={<main className="view" aria-busy="true" />}>
              <Body view={view} />
            </Suspense>
          </Boundary>
        )}
      </div>
    </>
  );
}

function Body({ view }: { view: View }) {
  switch (view) {
    case "doctor":
      return <DoctorView />;
    case "run":
      return <RunView />;
    case "matrix":
      return <MatrixView />;
    case "patch":
      return <PatchView />;
    case "link":
      return <LinkView />;
    case "allocator":
      return <AllocatorView />;
  }
}

function startOver(): void {
  show("doctor");
  void examine(REPORT_2);
}

function ThemeButton() {
  const dark = useIsDark();
  return (
    <button
      type="button"
      className="theme"
      aria-label={dark ? "Use light colours" : "Use dark colours"}
      title={dark ? "Light" : "Dark"}
      onClick={() => applyTheme(dark ? "light" : "dark")}
    >
      <span aria-hidden="true">{dark ? "☀" : "☾"}</span>
    </button>
  );
}
