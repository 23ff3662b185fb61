/** What a server's nightly backup is made from. Paths are absolute; nothing here is secret. */
export interface ServerPlan {
  /** As `SERVER_NAME` has it: the profile's name, and part of every file's. */
  readonly server: string;
  /** Without secrets. */
  readonly url: string;
  /** Folders (or files) that are backed up. */
  readonly folders: readonly string[];
  /** Those of them that are no files: each must have something in it in every backup. */
  readonly watched: readonly string[];
  /** Patterns that are left out of them: they come first, because the first rule that matches decides. */
  readonly excludes: readonly string[];
  /** 1: only full backups. Otherwise increments, and a full one after so many days. */
  readonly fullEveryDays: number;
  readonly timing: Timing;
  /** 40 hexadecimal digits. */
  readonly fingerprint: string;
  readonly publicKey: string;
  /** Whether there is a file with credentials. */
  readonly credentials: boolean;
  /** Further options of the profile, such as the region: names without dashes. */
  readonly options: readonly (readonly [name: string, value: string])[];
  /** The program and what stands before its command, such as Node and a script. */
  readonly program: readonly string[];
}

export type Timing =
  | {
      readonly scheduler: "systemd";
      readonly minuteOfDay: number;
      /** As systemd writes it: `1h`, `30m`. */
      readonly delay: string;
      /** IANA name, for who watches. */
      readonly timeZone: string;
      /** A unit that is started when a backup fails. */
      readonly onFailure?: string;
    }
  | { readonly scheduler: "cron" };

/** A file of the server. */
export interface ServerFile {
  /** Absolute, as the server sees it. */
  readonly path: string;
  readonly mode: number;
  readonly text: string;
  /** Its text is never shown. */
  readonly secret?: true;
  /** It is there already, and only something is added. */
  readonly adds?: true;
}

/** Where profiles, lists of targets, public keys and credentials are. */
export const CONFIG = "/etc/doppel";
/** What doppel remembers between runs; the same for the service and for root at a terminal. */
export const CACHE = "/var/cache/doppel";
/** What the service needs while it runs, where it cannot have a /tmp of its own. */
export const TEMP = "/var/cache/doppel-temp";
export const PROFILES = `${CONFIG}/profiles.yaml`;

/** What the service and the script run, after the program. */
export function backupCommand({ server, fullEveryDays }: Pick<ServerPlan, "server" | "fullEveryDays">): readonly string[] {
  return [fullEveryDays === 1 ? "full" : "backup", `@${server}`];
}

/** Names of the files in `CONFIG`. */
export function namesOf(server: string) {
  return {
    targets: `${server}.targets`,
    publicKey: `${server}.public.asc`,
    credentials: `${server}.credentials`,
  };
}
