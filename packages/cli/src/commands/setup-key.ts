import { DoppelError } from "@doppel/base";
import type { Command } from "../session.ts";

export const setupKey: Command = async ({ invocation }) => {
  throw new DoppelError("cli.unsupported", `${invocation.command} is being written`, { what: invocation.command });
};
