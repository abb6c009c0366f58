/**
 * The parts of a link stage that the view names.
 */
import type { LinkStage } from "@shootdown/doctor/face";

export type Reference = LinkStage["undefined"][number];
export type LiveStep = Reference["steps"][number];
export type LinkCondition = Reference["referencedIf"][number];
export type Dropped = LinkStage["dropped"][number];
