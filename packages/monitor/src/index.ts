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
