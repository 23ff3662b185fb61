import type { MonitorReport } from "../report.ts";
import type { AlertEvent } from "./ledger.ts";

/** A way to reach people or their programs. Everything that it is given is without secrets. */
export interface Channel {
  /** Stays the same from run to run, and tells nothing of the address: it is remembered. */
  readonly id: string;
  /** For messages about the channel itself. */
  readonly label: string;
  /** Events that go out as one message; each such message is delivered, and remembered, by itself. */
  readonly messages: (events: readonly AlertEvent[]) => readonly (readonly AlertEvent[])[];
  /** @throws Error when it was not delivered */
  readonly tell: (events: readonly AlertEvent[], context: MessageContext) => Promise<void>;
  /** @throws Error when it was not delivered */
  readonly digest: (report: MonitorReport, context: MessageContext) => Promise<void>;
}

export interface MessageContext {
  readonly now: Date;
  /** Of times in texts. */
  readonly timeZone: string;
  readonly signal: AbortSignal;
}
