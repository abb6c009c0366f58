/**
 * The editor: CodeMirror in a shadow root, where its styles are constructed style sheets, which the page's policy allows
 * (style elements it does not).
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { ErrorSite } from "@shootdown/doctor/face";

export interface EditorEvents {
  /** The text was changed by the reader. */
  onChange(text: string): void;
  /** Ctrl+Enter. */
  onCheck(): void;
}

/** Colours are the page's: custom properties reach into the shadow root. */
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--lock)" },
  { tag: tags.comment, color: "var(--ink-3)", fontStyle: "italic" },
  { tag: [tags.string, tags.number, tags.bool, tags.null], color: "var(--well)" },
  { tag: [tags.typeName, tags.className], color: "var(--write)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--paper)", color: "var(--ink)", fontSize: "var(--small)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--ink-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--accent-soft)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--irq-soft)",
  },
  ".cm-matchingBracket": { outline: "1px solid var(--line-strong)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--ink)" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line-strong)" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", maxWidth: "40rem" },
});

export class Editor {
  private readonly view: EditorView;
  private isLoading = false;

  constructor(
    host: HTMLElement,
    private readonly events: EditorEvents,
  ) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    root.replaceChildren();
    this.view = new EditorView({ parent: root, root });
  }

  /** Shows a file. */
  open(path: string, text: string): void {
    this.isLoading = true;
    this.view.setState(EditorState.create({ doc: text, extensions: this.extensions(path) }));
    this.isLoading = false;
  }

  /** Marks places of the shown file, and brings the first into view. */
  mark(sites: readonly ErrorSite[]): void {
    const { doc } = this.view.state;
    const diagnostics = sites.map((site): Diagnostic => {
      const line = doc.line(Math.max(1, Math.min(site.line, doc.lines)));
      const from = Math.min(line.to, line.from + Math.max(0, (site.column ?? 1) - 1));
      const word = /^\w+/.exec(doc.sliceString(from, line.to))?.[0].length ?? 1;
      return { from, to: Math.min(line.to, from + word), severity: "error", message: site.message };
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
    if (diagnostics[0]) this.goTo(diagnostics[0].from);
  }

  /** A line from 1. */
  goToLine(line: number): void {
    const { doc } = this.view.state;
    this.goTo(doc.line(Math.max(1, Math.min(line, doc.lines))).from);
    this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }

  private goTo(position: number): void {
    this.view.dispatch({
      selection: { anchor: position },
      effects: EditorView.scrollIntoView(position, { y: "center" }),
    });
  }

  private extensions(path: string): Extension {
    return [
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      indentOnInput(),
      indentUnit.of(path.endsWith(".ts") ? "  " : "\t"),
      bracketMatching(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      search({ top: true }),
      syntaxHighlighting(colours),
      look,
      path.endsWith(".ts") ? javascript({ typescript: true }) : [],
      EditorView.contentAttributes.of({ "aria-label": `Text of ${path}`, tabindex: "0" }),
      keymap.of([
        {
          key: "Mod-Enter",
          run: () => {
            this.events.onCheck();
            return true;
          },
        },
        // Tab goes on to the next control, as everywhere in the page; Ctrl+] indents.
        ...defaultKeymap,
        ...historyKeymap,
        ...searchKeymap,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !this.isLoading) this.events.onChange(update.state.doc.toString());
      }),
    ];
  }
}
