import { DoppelError } from "@doppel/base";
import type { Command } from "../session.ts";

export const setupServer: Command = async ({ invocation }) => {
  throw new DoppelError("cli.unsupported", `${invocation.command} is being written`, { what: invocation.command });
};
