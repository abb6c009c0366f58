/** The matrix view. */
export function MatrixView() {
  return <main className="view">Matrix</main>;
}
