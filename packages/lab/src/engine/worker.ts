/**
 * The engine's worker: the same code that the terminal runs.
 */
import { methods } from "./methods.js";
import { serve } from "./serve.js";

serve(methods);
