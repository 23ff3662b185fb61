/**
 * The declarations of a package: one dist/index.d.ts, with comments, of what can be reached from its index; and, beside that, the same
 * without comments and sorted, as it is kept in the repository. TypeScript declares, API Extractor puts together.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  ExtractorMessageCategory,
} from "@microsoft/api-extractor";
import { folderOf, PUBLISHED, type PublicPackage, ROOT } from "./public.ts";

const DECLARED = join(ROOT, "dist/declarations");

/** Declares all packages, file by file. @throws Error with what TypeScript says */
export async function declare(): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.declarations.json"], {
      cwd: ROOT,
    });
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error), { cause: error });
  }
}

/** What is said of the API of a package, for a person to review: its place after a build, and its place in the repository. */
export function apiReport(name: PublicPackage): { readonly made: string; readonly kept: string } {
  return { made: join(PUBLISHED, "api", `${name}.api.md`), kept: join(folderOf(name), `${name}.api.md`) };
}

/** Puts one dist/index.d.ts together; the packages that this one builds upon have theirs. Returns what is wrong, a line each. */
export function rollUp(name: PublicPackage): readonly string[] {
  const problems: string[] = [];
  Extractor.invoke(configOf(name, folderOf(name)), {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true; // so that it prints nothing by itself
      const isAboutFiles = message.category === ExtractorMessageCategory.Console;
      if (message.logLevel === ExtractorLogLevel.Error || (message.logLevel === ExtractorLogLevel.Warning && !isAboutFiles))
        problems.push(lineOf(name, message));
    },
  });
  nameNodeTypes(join(folderOf(name), "dist/index.d.ts"));
  return problems;
}

/** What only Node's declarations declare, in each of our targets. */
const OF_NODE = /\b(?:Buffer|AbortSignal|AsyncDisposable|Disposable)\b|\bSymbol\.(?:asyncD|d)ispose\b|from 'node:/;

/** TypeScript takes no declarations of Node's from its version 6 on unless somebody names them: whoever uses ours shall not have to. */
function nameNodeTypes(path: string): void {
  const text = readFileSync(path, "utf8");
  if (OF_NODE.test(text)) writeFileSync(path, `/// <reference types="node" />\n\n${text}`);
}

function configOf(name: PublicPackage, folder: string): ExtractorConfig {
  const index = join(DECLARED, name, "src/index.d.ts");
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: index,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2022",
            lib: ["es2023", "esnext.disposable", "esnext.asynciterable"],
            module: "nodenext",
            moduleResolution: "nodenext",
            types: ["node"],
            strict: true,
            skipLibCheck: true,
          },
          files: [index],
        },
      },
      dtsRollup: { enabled: true, untrimmedFilePath: join(folder, "dist/index.d.ts") },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: join(PUBLISHED, "api"),
        reportTempFolder: join(PUBLISHED, "api/temp"),
      },
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          "ae-forgotten-export": { logLevel: ExtractorLogLevel.Error },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

function lineOf(name: PublicPackage, { messageId, text, sourceFilePath, sourceFileLine }: ExtractorMessage): string {
  const where = sourceFilePath === undefined ? name : `${relative(DECLARED, sourceFilePath)}:${sourceFileLine ?? 0}`;
  return `${where}: ${text} (${messageId})`;
}
