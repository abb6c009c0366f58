/** The link view. */
export function LinkView() {
  return <main className="view">Link</main>;
}
