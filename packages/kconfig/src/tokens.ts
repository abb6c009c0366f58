/** Tokens of the Kconfig language: what the lexer hands to the parser. Plain numbers, for speed. */

export const EOF = 0;
export const EOL = 1;
export const WORD = 2;
export const WORD_QUOTE = 3;
export const HELPTEXT = 4;
export const ASSIGN_VAL = 5;
export const OR = 6;
export const AND = 7;
export const EQUAL = 8;
export const UNEQUAL = 9;
export const LESS = 10;
export const LESS_EQUAL = 11;
export const GREATER = 12;
export const GREATER_EQUAL = 13;
export const NOT = 14;
export const OPEN_PAREN = 15;
export const CLOSE_PAREN = 16;
export const COLON_EQUAL = 17;
export const PLUS_EQUAL = 18;

export const BOOL = 20;
export const CHOICE = 21;
export const COMMENT = 22;
export const CONFIG = 23;
export const DEF_BOOL = 24;
export const DEF_TRISTATE = 25;
export const DEFAULT = 26;
export const DEPENDS = 27;
export const ENDCHOICE = 28;
export const ENDIF = 29;
export const ENDMENU = 30;
export const HELP = 31;
export const HEX = 32;
export const IF = 33;
export const IMPLY = 34;
export const INT = 35;
export const MAINMENU = 36;
export const MENU = 37;
export const MENUCONFIG = 38;
export const MODULES = 39;
export const ON = 40;
export const PROMPT = 41;
export const RANGE = 42;
export const SELECT = 43;
export const SOURCE = 44;
export const STRING = 45;
export const TRISTATE = 46;
export const VISIBLE = 47;
/** 6.1 only: a choice that may be left empty. In 6.12 `optional` is an ordinary word. */
export const OPTIONAL = 48;

/** Keywords of 6.12. */
export const KEYWORDS: ReadonlyMap<string, number> = new Map([
  ["bool", BOOL],
  ["choice", CHOICE],
  ["comment", COMMENT],
  ["config", CONFIG],
  ["def_bool", DEF_BOOL],
  ["def_tristate", DEF_TRISTATE],
  ["default", DEFAULT],
  ["depends", DEPENDS],
  ["endchoice", ENDCHOICE],
  ["endif", ENDIF],
  ["endmenu", ENDMENU],
  ["help", HELP],
  ["hex", HEX],
  ["if", IF],
  ["imply", IMPLY],
  ["int", INT],
  ["mainmenu", MAINMENU],
  ["menu", MENU],
  ["menuconfig", MENUCONFIG],
  ["modules", MODULES],
  ["on", ON],
  ["prompt", PROMPT],
  ["range", RANGE],
  ["select", SELECT],
  ["source", SOURCE],
  ["string", STRING],
  ["tristate", TRISTATE],
  ["visible", VISIBLE],
]);

/** Keywords of 6.1: those of 6.12 and `optional`. */
export const KEYWORDS_61: ReadonlyMap<string, number> = new Map([...KEYWORDS, ["optional", OPTIONAL]]);
