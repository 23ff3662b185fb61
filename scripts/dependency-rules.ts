/** The rules that check-dependencies.ts applies to what others wrote and we build with. Pure: parsed files in, violations out. */

/** What a lockfile says of one package. */
export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

/** A package.json of ours. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Packages that would run a program of theirs when they are installed, and why they need not. .npmrc lets none of them. */
const INSTALL_SCRIPTS: Readonly<Record<string, string>> = {
  esbuild: "only puts its program in the place of the script that starts it",
};

/** Licences of what is in the program, which ask for no more than their texts; those go with it (exe-licences.ts). */
const LICENCES: readonly string[] = ["0BSD", "Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "MIT-0"];
/** Others, and how what they ask for is done. */
const OTHER_LICENCES: Readonly<Record<string, string>> = {
  openpgp: "LGPL-3.0+: in the package it lies beside the program, unchanged; with doppel.mjs comes how to exchange it",
};

/** So many packages of others may be in the program. More is a decision: change it here, and say why in the commit. */
const MOST_PACKAGES = 60;

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
/** Run by npm around an installation; the programs that people start by `npm run` are none of these. */
const LIFECYCLE =
  /^(?:pre|post)?(?:install|prepare|uninstall)$|^(?:pre|post)(?:pack|publish)$|^(?:prepublish|prepublishOnly|dependencies)$/;

/** @param manifests  by their paths; `npmrc`: its text */
export function dependencyViolations(
  manifests: Readonly<Record<string, Manifest>>,
  packages: Readonly<Record<string, LockedPackage>>,
  npmrc: string,
): readonly string[] {
  return [
    ...Object.entries(manifests).flatMap(([path, manifest]) => ofManifest(path, manifest)),
    ...Object.entries(packages).flatMap(([path, locked]) => (path.includes("node_modules/") ? ofLocked(path, locked) : [])),
    ...ofProgram(packages),
    ...(/^ignore-scripts=true$/m.test(npmrc) ? [] : [".npmrc: without ignore-scripts=true npm runs programs of packages"]),
  ];
}

/** The packages of others that are in the program, by their paths in node_modules. */
export function inProgram(packages: Readonly<Record<string, LockedPackage>>): readonly string[] {
  return Object.keys(packages).filter((path) => path.includes("node_modules/") && !packages[path]!.dev && !packages[path]!.link);
}

function ofManifest(path: string, manifest: Manifest): readonly string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, scripts = {} } = manifest;
  const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies });
  return [
    ...wanted
      .filter(([, version]) => !EXACT.test(version))
      .map(([name, version]) => `${path}: ${name} ${version} is not an exact version`),
    ...Object.keys(scripts)
      .filter((name) => LIFECYCLE.test(name))
      .map((name) => `${path}: the script ${name} would run unasked`),
  ];
}

function ofLocked(
  path: string,
  { version = "", integrity, resolved, optional, dev, link, hasInstallScript }: LockedPackage,
): readonly string[] {
  if (link) return [];
  const name = nameOf(path);
  return [
    ...(EXACT.test(version) ? [] : [`${path}: ${version} is not an exact version`]),
    // Builds for other platforms, which a registry may not have had, are for development only.
    ...(integrity?.startsWith("sha512-") || (optional && dev) ? [] : [`${path}: nothing says what is in it (integrity)`]),
    ...(resolved === undefined ? [] : [`${path}: the lockfile names an address to load it from`]),
    ...(hasInstallScript && !(name in INSTALL_SCRIPTS) ? [`${path}: runs a program when it is installed`] : []),
  ];
}

function ofProgram(packages: Readonly<Record<string, LockedPackage>>): readonly string[] {
  const paths = inProgram(packages);
  const unknown = paths.filter((path) => !(nameOf(path) in OTHER_LICENCES) && !LICENCES.includes(packages[path]!.license ?? ""));
  return [
    ...unknown.map((path) => `${path}: nobody has looked at its licence, ${packages[path]!.license}`),
    ...(paths.length > MOST_PACKAGES
      ? [`${paths.length} packages of others are in the program, and ${MOST_PACKAGES} were agreed upon`]
      : []),
  ];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}
