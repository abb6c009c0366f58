/**
 * The terminal face: reads the command line, calls the doctor, prints, and sets the exit status:
 * 0 sound, 1 a finding, 2 usage or input error, 3 a bound was reached.
 */
import { writeFileSync } from "node:fs";
import { InputError, inputErrorText } from "@shootdown/doctor/errors";
import { VERSION } from "@shootdown/doctor/version";
import { Command, CommanderError } from "commander";

const EXAMPLES = `
Examples:
  shootdown doctor .config --cpu cortex-a9
  shootdown doctor .config --cpu arm11mpcore --patch report2-kmap-high-get
  shootdown check .config --cpu cortex-a9 --size NR_CPUS=3 --max-states 5000000
  shootdown list cpus

Exit status: 0 sound, 1 a finding, 2 usage or input error, 3 a bound was reached.`;

/** Commands that load nothing but themselves. */
const LIGHT = ["config", "lab", "percpu-trace"] as const;

async function program(args: readonly string[]): Promise<Command> {
  const command = new Command("shootdown")
    .description(
      "Takes a Linux kernel configuration and answers: what does it mean, does it link, does it boot, and is the kernel-mapping layer free of deadlock, stale translations and lost mappings under every schedule?",
    )
    .version(VERSION)
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  // The compiler behind the other commands takes most of a second to load: some do without it, and without each other.
  if (args[0] !== "--version" && args[0] !== "-V") {
    const one = LIGHT.find((name) => name === args[0]);
    if (one === undefined) (await import("./model-commands.js")).modelCommands(command);
    if (one === undefined || one === "percpu-trace") (await import("./percpu-commands.js")).percpuCommands(command);
    if (one === undefined || one === "config") (await import("./config-commands.js")).configCommands(command);
    if (one === undefined || one === "lab") (await import("./lab-command.js")).labCommand(command);
  }
  const quiet = (parent: Command) => {
    for (const sub of parent.commands) quiet(sub.exitOverride().configureOutput({ writeErr: () => {} }));
  };
  quiet(command);
  return command;
}

/** A reader that has seen enough (`| head`) closes the pipe; that is no defect. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
  throw error;
}

/** Runs a command line (without `node` and the script); returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  if (!process.stdout.listeners("error").includes(onOutputError)) process.stdout.on("error", onOutputError);
  try {
    const command = await program(args);
    if (args.length === 0) {
      process.stderr.write(command.helpInformation() + EXAMPLES.trimEnd() + "\n");
      return 2;
    }
    await command.parseAsync([...args], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof InputError) {
      process.stderr.write(`${inputErrorText(error)}\n`);
      return 2;
    }
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const reason = error.code === "commander.help" ? helpReason(args) : error.message.replace(/^error: /, "");
      const usage = new InputError("S1001", args.join(" "), reason, "shootdown --help, or shootdown COMMAND --help");
      process.stderr.write(`${inputErrorText(usage)}\n`);
      return 2;
    }
    return reportDefect(error, args);
  }
}

/** `help nope` and `config` without a subcommand make commander show help, and all it says is how it got there. */
function helpReason(args: readonly string[]): string {
  return args[0] === "help" ? "there is no such command" : "a subcommand is missing";
}

/** What must not happen: says so, keeps the details in a file, and shows no stack trace. */
function reportDefect(error: unknown, args: readonly string[]): number {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const file = "shootdown-defect.log";
  let kept = "";
  try {
    writeFileSync(file, `shootdown ${args.join(" ")}\n${text}\n`);
    kept = ` (details in ${file})`;
  } catch {}
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `S9000 a defect of shootdown: ${message}${kept}\n  next: report it with the command line and the file\n`,
  );
  return 2;
}
