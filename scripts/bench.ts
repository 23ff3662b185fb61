/** `npm run bench`: see bench/options.ts, or `npm run bench -- --help`. */
import { Ground } from "./bench/ground.ts";
import { jobsText } from "./bench/jobs-table.ts";
import { memoryText } from "./bench/memory-table.ts";
import { HELP, type Options, readOptions, type SectionName } from "./bench/options.ts";
import { drawPlots } from "./bench/plots.ts";
import { updateReadme } from "./bench/readme.ts";
import { addResults, readResults, type Results } from "./bench/results.ts";
import { runJobs } from "./bench/run-jobs.ts";
import { runMemory } from "./bench/run-memory.ts";
import { runScaling } from "./bench/run-scaling.ts";
import { runStages } from "./bench/run-stages.ts";
import { benchS3 } from "./bench/s3.ts";
import { scalingText } from "./bench/scaling-table.ts";
import { stagesText } from "./bench/stages-table.ts";

/** Why a command line is refused is all that there is to say. */
process.on("uncaughtException", (error) => {
  console.error(`bench: ${error.message}`);
  process.exit(1);
});

const options = readOptions(process.argv.slice(2));
if (options.help) console.log(HELP);
else if (options.plots !== undefined) publish(options.plots, false);
else if (options.readme !== undefined) publish(options.readme, true);
else await measureAll(options);

async function measureAll({ sections, files, megabytes, big, json, ...rest }: Options): Promise<void> {
  const ground = new Ground({ files, megabytes, bigMegabytes: big });
  for (const section of sections) {
    const { results, text } = await run(section, ground, rest);
    if (text !== undefined) console.log(`\n${text}\n`);
    if (json !== undefined) addResults(json, results); // at once: a later section may fail
  }
  if (json !== undefined && rest.publish) publish(json, true);
}

async function run(
  section: SectionName,
  ground: Ground,
  { pairs, jobs: ids, many, huge }: Pick<Options, "pairs" | "jobs" | "many" | "huge">,
): Promise<{ readonly results: Results; readonly text?: string }> {
  switch (section) {
    case "jobs": {
      const jobs = await runJobs(ground, { pairs, ...(ids !== undefined && { ids }) });
      return { results: { jobs }, text: jobsText(jobs) };
    }
    case "stages": {
      const stages = await runStages(ground, pairs);
      return { results: { stages }, text: stagesText(stages) };
    }
    case "scaling": {
      const scaling = await runScaling(ground, pairs);
      return { results: { scaling }, text: scalingText(scaling) };
    }
    case "memory": {
      const memory = await runMemory(ground, { many, huge });
      return { results: { memory }, text: memoryText(memory) };
    }
    case "s3":
      await benchS3();
      return { results: {} };
  }
}

function publish(file: string, readme: boolean): void {
  const results = readResults(file);
  for (const path of drawPlots(results)) console.log(`drawn: ${path}`);
  if (readme) updateReadme(results);
}
