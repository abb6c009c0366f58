/** The patch view. */
export function PatchView() {
  return <main className="view">Patch</main>;
}
