import { describe, expect, it } from "vitest";
import type { Finding } from "../judge/finding.ts";
import type { FleetFinding, MonitorReport, ProfileReport } from "../report.ts";
import { type AlertState, NO_ALERTS } from "../state/alert-state.ts";
import { afterTelling, eventsFor, ledgerAfter, withoutSettled } from "./ledger.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 10, 23, hour));
const missed: Finding = { id: "missed", severity: "critical", text: "no backup" };
const profile = (name: string, findings: readonly Finding[] = [], failure?: string): ProfileReport => ({
  name,
  severity: "ok",
  findings,
  ...(failure !== undefined && { failure }),
});
const report = (
  hour: number,
  profiles: readonly ProfileReport[],
  fleet: readonly FleetFinding[] = [],
  isWhole = true,
): MonitorReport => ({
  time: at(hour),
  profiles,
  fleet,
  isWhole,
});

/** Tells a channel all there is; returns `kind id` of each. */
function told(state: AlertState, channel: string, hour: number): readonly [readonly string[], AlertState] {
  const events = eventsFor(state, channel, 24, at(hour));
  return [events.map(({ kind, key }) => `${kind} ${key}`), afterTelling(state, channel, events, at(hour))];
}

describe("the ledger of alerts", () => {
  it("does not say that strangers are gone when nobody could look for them", () => {
    const strangers: FleetFinding = { subject: "/b", id: "unconfigured", severity: "warning", text: "strangers" };
    const down: FleetFinding = { subject: "s3", id: "unavailable", severity: "unknown", text: "down" };
    let state = told(ledgerAfter(NO_ALERTS, report(0, [], [strangers])), "mail", 0)[1];
    let events: readonly string[];
    [events, state] = told(ledgerAfter(state, report(1, [], [down])), "mail", 1);
    expect(events).toEqual(["new fleet s3 unavailable"]);
    [events, state] = told(ledgerAfter(state, report(2, [], [])), "mail", 2);
    expect(events).toEqual(["resolved fleet /b unconfigured", "resolved fleet s3 unavailable"]);
  });

  it("tells each thing once, reminds after a day, and says when it is over", () => {
    let state = ledgerAfter(NO_ALERTS, report(0, [profile("a", [missed])]));
    let events: readonly string[];
    [events, state] = told(state, "mail", 0);
    expect(events).toEqual(["new profile a missed"]);
    state = ledgerAfter(state, report(1, [profile("a", [{ ...missed, text: "no backup for longer" }])]));
    [events, state] = told(state, "mail", 1);
    expect(events).toEqual([]);
    [events, state] = told(ledgerAfter(state, report(24, [profile("a", [missed])])), "mail", 24);
    expect(events).toEqual(["reminder profile a missed"]);
    [events, state] = told(ledgerAfter(state, report(25, [profile("a")])), "mail", 25);
    expect(events).toEqual(["resolved profile a missed"]);
    expect(withoutSettled(state, ["mail"]).alerts).toEqual({});
    [events, state] = told(ledgerAfter(withoutSettled(state, ["mail"]), report(26, [profile("a", [missed])])), "mail", 26);
    expect(events).toEqual(["new profile a missed"]);
    expect(state.alerts["profile a missed"]?.since).toEqual(at(26));
  });

  it("keeps what a channel could not deliver, each for itself", () => {
    let state = ledgerAfter(NO_ALERTS, report(0, [profile("a", [missed])]));
    [, state] = told(state, "mail", 0);
    state = withoutSettled(ledgerAfter(state, report(1, [profile("a")])), ["mail", "hook"]);
    expect(told(state, "hook", 1)[0]).toEqual([]); // it never heard of it
    expect(told(state, "mail", 1)[0]).toEqual(["resolved profile a missed"]);
    // Mail fails; it comes back: for mail nothing has ever changed.
    state = ledgerAfter(state, report(2, [profile("a", [missed])]));
    expect(told(state, "mail", 2)[0]).toEqual([]);
    expect(told(state, "hook", 2)[0]).toEqual(["new profile a missed"]);
  });

  it("tells again what has become graver, not what has become better", () => {
    let state = ledgerAfter(NO_ALERTS, report(0, [profile("a", [{ ...missed, severity: "warning" }])]));
    [, state] = told(state, "mail", 0);
    let events: readonly string[];
    [events, state] = told(ledgerAfter(state, report(1, [profile("a", [missed])])), "mail", 1);
    expect(events).toEqual(["worse profile a missed"]);
    [events, state] = told(ledgerAfter(state, report(2, [profile("a", [{ ...missed, severity: "warning" }])])), "mail", 2);
    expect(events).toEqual([]);
  });

  it("nothing is over because nobody could look, or because it was not looked at", () => {
    const fleet = [{ subject: "s3.example.org", id: "unavailable", severity: "unknown" as const, text: "no answer" }];
    let state = ledgerAfter(NO_ALERTS, report(0, [profile("a", [missed]), profile("b", [missed])]));
    [, state] = told(state, "mail", 0);
    state = ledgerAfter(state, report(1, [profile("a", [], "unreachable"), profile("b", [], "unreachable")], fleet));
    let events: readonly string[];
    [events, state] = told(state, "mail", 1);
    expect(events).toEqual(["new fleet s3.example.org unavailable"]);
    [events, state] = told(ledgerAfter(state, report(2, [profile("a")], [], false)), "mail", 2);
    expect(events).toEqual(["resolved profile a missed"]);
    [events, state] = told(ledgerAfter(state, report(3, [profile("a")])), "mail", 3); // b is no longer in the file
    expect(events).toEqual(["resolved fleet s3.example.org unavailable", "resolved profile b missed"].sort().reverse());
  });
});
