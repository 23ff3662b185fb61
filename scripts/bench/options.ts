import { parseArgs } from "node:util";

const SECTIONS = ["jobs", "stages", "scaling", "memory", "s3"] as const;
export type SectionName = (typeof SECTIONS)[number];

export const HELP = `npm run bench -- [OPTIONS]: doppel beside the programs that do the same, and its parts alone

What is measured
  --only LIST          sections, with commas between (default: jobs); all is each of them
                         jobs     whole commands, doppel and stock duplicity, gpg, rdiff, restic, borg in turn
                         stages   the parts of backup and restore alone: what limits
                         scaling  full backups and compression on 1, 2, 4, 8 cores
                         memory   peak RSS with a million files, and with one huge file
                         s3       S3 on loopback (prints only)
  --jobs LIST          these jobs only: full, full-1, full-plain, tar-gpg (only so), restore, restore-one, list, status,
                       startup, startup-duplicity, increment, increment-big, rdiff; {restic,borg}-{backup,restore,restore-one}
  --pairs N            runs of each side of a job; rounds of stages and scaling (default: 5)

On what (made once below .bench, the same bytes for the same options)
  --files N            files of the tree (default: 50000)
  --megabytes N        and their size together (default: 1000)
  --big N              MB of the one big file (default: 700)
  --many N             files of the tree for memory (default: 1000000)
  --huge N             GB of the file for memory (default: 20)

What comes of it: Markdown on standard output, and
  --json FILE          all raw figures; what is in it and not measured now stays
  --publish            with --json: afterwards what --readme does
  --plots FILE         measure nothing: draw scripts/bench/plots/*.svg from the figures in FILE
  --readme FILE        measure nothing: draw the plots, and put figures into the section on speed of README.md
  --help               this
`;

export interface Options {
  readonly sections: readonly SectionName[];
  readonly jobs?: readonly string[];
  readonly pairs: number;
  readonly files: number;
  readonly megabytes: number;
  readonly big: number;
  readonly many: number;
  readonly huge: number;
  readonly json?: string;
  readonly publish: boolean;
  readonly plots?: string;
  readonly readme?: string;
  readonly help: boolean;
}

/** @throws Error that says what is wrong with an argument */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      jobs: { type: "string" },
      pairs: { type: "string", default: "5" },
      files: { type: "string", default: "50000" },
      megabytes: { type: "string", default: "1000" },
      big: { type: "string", default: "700" },
      many: { type: "string", default: "1000000" },
      huge: { type: "string", default: "20" },
      json: { type: "string" },
      publish: { type: "boolean", default: false },
      plots: { type: "string" },
      readme: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { jobs, json, plots, readme, publish, help } = values;
  if (publish && json === undefined) throw new Error("--publish needs --json FILE: that is what is published");
  return {
    sections: sectionsOf(values.only),
    ...(jobs !== undefined && { jobs: jobs.split(",") }),
    pairs: whole("pairs", values.pairs),
    files: whole("files", values.files),
    megabytes: whole("megabytes", values.megabytes),
    big: whole("big", values.big),
    many: whole("many", values.many),
    huge: whole("huge", values.huge),
    ...(json !== undefined && { json }),
    publish,
    ...(plots !== undefined && { plots }),
    ...(readme !== undefined && { readme }),
    help,
  };
}

function sectionsOf(only: string | undefined): readonly SectionName[] {
  if (only === undefined) return ["jobs"];
  if (only === "all") return SECTIONS;
  return only.split(",").map((name) => {
    const section = SECTIONS.find((known) => known === name);
    if (section === undefined) throw new Error(`--only: there is no section ${name}; there are ${SECTIONS.join(", ")}, and all`);
    return section;
  });
}

function whole(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${option} ${text}: a whole number above 0 is wanted`);
  return Number(text);
}
