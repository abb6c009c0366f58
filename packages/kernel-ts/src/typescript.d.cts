/** The types of `typescript.cjs`. */
import ts = require("typescript");
export = ts;
