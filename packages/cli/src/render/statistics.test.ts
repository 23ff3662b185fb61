import { afterEach, expect, it, vi } from "vitest";
import { statisticsBlock } from "./statistics.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

// The example of the command-line contract, section 4.3, as stock duplicity printed it.
const GOLDEN = `--------------[ Backup Statistics ]--------------
StartTime 1795313498.47 (Sun Nov 22 02:11:38 2026)
EndTime 1795313501.35 (Sun Nov 22 02:11:41 2026)
ElapsedTime 2.88 (2.88 seconds)
SourceFiles 10
SourceFileSize 3012303 (2.87 MB)
NewFiles 10
NewFileSize 3012303 (2.87 MB)
DeletedFiles 0
ChangedFiles 0
ChangedFileSize 0 (0 bytes)
ChangedDeltaSize 0 (0 bytes)
DeltaEntries 10
RawDeltaSize 3000010 (2.86 MB)
TotalDestinationSizeChange 3012692 (2.87 MB)
Errors 0
-------------------------------------------------

`;

it("is duplicity's block, byte for byte", () => {
  vi.stubEnv("TZ", "UTC");
  const block = statisticsBlock({
    startTime: new Date(1_795_313_498_470),
    endTime: new Date(1_795_313_501_350),
    sourceFiles: 10,
    sourceFileSize: 3_012_303,
    newFiles: 10,
    newFileSize: 3_012_303,
    deletedFiles: 0,
    changedFiles: 0,
    changedFileSize: 0,
    changedDeltaSize: 0,
    deltaEntries: 10,
    rawDeltaSize: 3_000_010,
    totalDestinationSizeChange: 3_012_692,
    errors: 0,
  });
  expect(block).toBe(GOLDEN);
});
