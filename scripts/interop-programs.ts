/** The programs that interop tests, demo and benchmark drive, and how they get on a machine. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface InteropProgram {
  /** Looked up in PATH; or a module of Python, behind `python:`, that Debian's Python must be able to import. */
  readonly program: string;
  /** Debian's package that has it, installed without recommended packages. */
  readonly debianPackage: string;
  /** What is not done without it, for the line that says so. */
  readonly usedFor: string;
}

const REAL_S3 = "a real S3 server";

const INTEROP_PROGRAMS: readonly InteropProgram[] = [
  { program: "duplicity", debianPackage: "duplicity", usedFor: "reading our backups with stock duplicity, and the reverse" },
  { program: "python:boto3", debianPackage: "python3-boto3", usedFor: "stock duplicity at an S3 server" },
  { program: "aws", debianPackage: "awscli", usedFor: "old versions of objects without doppel, as the documentation says" },
  { program: "gpg", debianPackage: "gnupg", usedFor: "encrypted backups against GnuPG, and its keyrings" },
  { program: "rdiff", debianPackage: "rdiff", usedFor: "signatures, deltas and patches against librsync" },
  { program: "sq", debianPackage: "sq", usedFor: "OpenPGP messages against Sequoia" },
  { program: "sqlite3", debianPackage: "sqlite3", usedFor: "the example that backs up a database" },
  { program: "tar", debianPackage: "tar", usedFor: "restoring volumes with plain tools" },
  { program: "time", debianPackage: "time", usedFor: "peak memory in the benchmark" },
  { program: "promtool", debianPackage: "prometheus", usedFor: "the monitor's metrics against Prometheus" },
  { program: "systemd-analyze", debianPackage: "systemd", usedFor: "units against systemd's own checks" },
  { program: "zbarimg", debianPackage: "zbar-tools", usedFor: "the squares of a printed key" },
  { program: "zsh", debianPackage: "zsh", usedFor: "completion at its prompt" },
  { program: "fish", debianPackage: "fish", usedFor: "completion at its prompt" },
  { program: "ceph", debianPackage: "ceph-common", usedFor: REAL_S3 },
  { program: "ceph-mon", debianPackage: "ceph-mon", usedFor: REAL_S3 },
  { program: "ceph-osd", debianPackage: "ceph-osd", usedFor: REAL_S3 },
  { program: "radosgw", debianPackage: "radosgw", usedFor: REAL_S3 },
];

/** Programs of the table that PATH does not have: those used for `purpose`, or all. S3_ENDPOINT stands for a server of one's own. */
function missingPrograms(purpose: string | undefined): readonly InteropProgram[] {
  const wanted = ({ usedFor }: InteropProgram): boolean =>
    purpose === undefined ? usedFor !== REAL_S3 || process.env["S3_ENDPOINT"] === undefined : usedFor === purpose;
  return INTEROP_PROGRAMS.filter((one) => wanted(one) && !isThere(one.program));
}

/**
 * Installs what is missing with apt-get when we are root on Debian or a system derived from it; otherwise changes nothing.
 * Quiet apart from one line, unless apt-get fails: then its output is shown.
 * @param purpose  only what is used for this
 * @returns what is still missing
 */
export function installMissingPrograms(purpose?: typeof REAL_S3): readonly InteropProgram[] {
  const missing = missingPrograms(purpose);
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return missing;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  console.error(`doppel: installing for the interop tests: ${packages.join(" ")} (apt-get) ...`);
  aptGet("update");
  // One by one only when all together fail: a package that this release does not have must not cost the others.
  if (!aptGet("install", ...packages) && packages.length > 1) for (const name of packages) aptGet("install", name);
  return missingPrograms(purpose);
}

function aptGet(command: "update" | "install", ...packages: readonly string[]): boolean {
  const options = ["-y", "-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120", "--no-install-recommends"];
  const run = spawnSync("apt-get", [...options, command, ...packages], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
  if (run.status === 0) return true;
  const reason = run.error?.message ?? `exit code ${run.status}, see above`;
  console.error(`${run.stdout ?? ""}${run.stderr ?? ""}doppel: apt-get ${[command, ...packages].join(" ")} failed: ${reason}`);
  return false;
}

function isThere(program: string): boolean {
  const [kind, module] = program.split(":");
  if (kind !== "python" || module === undefined) return isInPath(program);
  return spawnSync("/usr/bin/python3", ["-c", `import ${module}`], { stdio: "ignore" }).status === 0;
}

function isInPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
