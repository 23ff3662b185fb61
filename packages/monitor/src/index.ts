export { deliver, type DeliverDeps } from "./alerts/deliver.ts";
export { check, type CheckDeps } from "./check/check.ts";
export { recipientsOf } from "./check/recipients.ts";
export { appendProfile } from "./config/append.ts";
export { type CredentialsFile, readCredentials } from "./config/credentials.ts";
export { type KeyPath, parseProfilesDocument, type ProfilesDocument } from "./config/document.ts";
export { loadProfiles, profilesPath, readProfiles } from "./config/load.ts";
export { readPrivate, readTrusted } from "./config/trusted-file.ts";
export { dateIn, instantIn, isTimeZone, type LocalTime, localTimeIn } from "./config/zone.ts";
export type {
  AlertSettings,
  CredentialsSource,
  DrillPlan,
  Expectations,
  MailSettings,
  MonitorSettings,
  Profile,
  Profiles,
  Schedule,
} from "./config/types.ts";
export { ageText, attentionText, sizeText } from "./judge/case.ts";
export type { Finding, Severity } from "./judge/finding.ts";
export { nagios } from "./output/nagios.ts";
export { prometheus } from "./output/prometheus.ts";
export type { FleetFinding, MonitorReport, ProfileReport, Summary } from "./report.ts";
export { type Due, lastDue } from "./schedule/due.ts";
export { timeIn } from "./schedule/zone.ts";
export { type MetricsServer, parseAddress, serveMetrics } from "./serve/metrics-server.ts";
export { type DrillRun, readDrills, recordDrill } from "./state/drills.ts";
export { writeWhole } from "./state/files.ts";
export { MonitorState } from "./state/store.ts";
