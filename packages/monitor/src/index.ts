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
