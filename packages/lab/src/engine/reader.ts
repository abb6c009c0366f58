/**
 * The reader's worker: sources to show, without the engine, so that they are there at once and no search is in their way.
 */
import { sourcesOf } from "./bundled.js";
import { serve } from "./serve.js";

serve<"sources">({ sources: ({ subject }) => sourcesOf(subject) });
