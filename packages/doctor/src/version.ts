/** The release that a result was made by. A test holds it against package.json. */
export const VERSION = "0.1.0";
