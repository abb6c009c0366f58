/**
 * Instead of a blank page: what a view that cannot be drawn says, and the way out. A result document that was made up can bring
 * that about; anything else is a defect.
 */
import { Component, type ReactNode } from "react";
import { FailureNotice } from "./notice.js";

interface BoundaryProps {
  readonly children: ReactNode;
  readonly onStartOver: () => void;
}

export class Boundary extends Component<BoundaryProps, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const failure = {
      code: "S9000",
      about: "a defect of shootdown, or a document that shootdown did not make",
      place: "this view",
      reason: error instanceof Error ? error.message : String(error),
      next: "go to the start page; report it with what was opened here",
      sites: [],
    };
    return (
      <main className="view">
        <h1>This could not be shown</h1>
        <FailureNotice failure={failure} />
        <p className="actions">
          <button type="button" className="primary" onClick={this.props.onStartOver}>
            Start page
          </button>
        </p>
      </main>
    );
  }
}
