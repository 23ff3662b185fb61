import { EVERY, WITH_PROGRESS, WRITE } from "./command-groups.ts";
import { flag, oneOf, optional, path, verbosity, wholeNumber, withDefault } from "./option.ts";

/** What is told, and where. */
export const OUTPUT_OPTIONS = {
  verbosity: withDefault(verbosity, "3", {
    metavar: "N",
    aliases: ["v"],
    group: "Output",
    help: "0 errors, 2 warnings, 3 notices, 5 every file, 9 everything; or error, warning, notice, info, debug",
    commands: EVERY,
    to: "Renderer",
  }),
  "log-format": withDefault(oneOf("text", "json"), "text", {
    generation: "doppel",
    metavar: "FORMAT",
    group: "Output",
    help: "text, or json: one object per line on standard output",
    commands: EVERY,
    to: "Renderer",
  }),
  json: flag({
    generation: "doppel",
    group: "Output",
    help: "the same as --log-format json",
    commands: EVERY,
    to: "Renderer",
  }),
  "log-fd": optional(wholeNumber(1), {
    metavar: "N",
    group: "Output",
    help: "also write every message to this file descriptor, numbered, for programs",
    commands: EVERY,
    to: "Renderer",
  }),
  "log-file": optional(path, {
    expand: true,
    metavar: "FILE",
    group: "Output",
    help: "append the same to FILE",
    commands: EVERY,
    to: "Renderer",
  }),
  "log-timestamp": flag({
    group: "Output",
    help: "begin every message with its time and level",
    commands: EVERY,
    to: "Renderer",
  }),
  "progress-rate": withDefault(wholeNumber(1), "3", {
    metavar: "SECONDS",
    group: "Output",
    help: "time between two lines of progress",
    commands: WITH_PROGRESS,
    to: "Renderer",
  }),
  progress: flag({
    group: "Output",
    help: "show progress even where it goes to a file",
    commands: WITH_PROGRESS,
    to: "Renderer",
  }),
  "no-progress": flag({
    generation: "doppel",
    group: "Output",
    help: "no progress, not even on a terminal",
    commands: WITH_PROGRESS,
    to: "Renderer",
  }),
  "no-print-statistics": flag({
    group: "Output",
    help: "no block of statistics at the end",
    commands: WRITE,
    to: "Renderer",
  }),
} as const;
