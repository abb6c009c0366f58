/** logic-solver has no types of its own. Only its solver is used, see sat.ts. */
declare module "logic-solver" {
  const Logic: object;
  export default Logic;
}
