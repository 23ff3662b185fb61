import type { Payload, Runtime } from "@doppel/base";
import { type Manifest, manifestName, type NamePrefixes, type ObjectKey, type SetId, signaturesName } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { ArchiveDir } from "../cache/archive-dir.ts";
import type { Sealer } from "../seal/sealer.ts";
import type { SealedObject } from "../seal/seal-writer.ts";
import type { Spool } from "../seal/spool.ts";
import type { Filelist, SealedSignatures } from "./metadata.ts";

const MANIFEST_PIECE = 1 << 18;

interface MetadataToStore {
  /** An interrupted run stored the signatures, and only the manifest is missing. */
  readonly signaturesStored: boolean;
  /** Told the size of the signatures before they are stored. */
  readonly onSignatures: (bytes: number) => Promise<void>;
  /** Told how each of both lies in its object. */
  readonly onSealed: (object: ObjectKey["object"], pieces: SealedObject<Spool>["pieces"]) => void;
  readonly set: SetId;
  readonly manifest: Manifest;
  /** Possibly still under way. */
  readonly signatures: Promise<SealedSignatures>;
  readonly filelist: Filelist;
  readonly sealer: Sealer;
  readonly prefixes: NamePrefixes;
  readonly storage: Storage;
  readonly runtime: Runtime;
}

interface LocalMetadata extends MetadataToStore {
  readonly localSignatures: Payload;
}

/** Signatures, then the manifest: from that moment the set is a backup. Then `keep` gets the same in plain. */
export async function storeMetadata(
  given: MetadataToStore,
  keep: (local: LocalMetadata) => Promise<void>,
): Promise<{ readonly manifest: string; readonly signatures: string; readonly bytes: number }> {
  const { set, sealer, prefixes, runtime } = given;
  const put = async (name: string, body: Payload): Promise<string> => {
    await given.storage.put(name, body, runtime.signal);
    runtime.emit({ type: "object.stored", name, size: body.size });
    return name;
  };
  const sealed = await given.signatures;
  await using remoteSignatures = sealed.remote;
  await using localSignatures = sealed.local;
  const signatures = signaturesName(set, sealer.encoding, prefixes);
  if (!given.signaturesStored) {
    await given.onSignatures(remoteSignatures.body.size);
    await put(signatures, remoteSignatures.body);
    given.onSealed("signatures", remoteSignatures.pieces);
  }

  const writer = await sealer.openManifest(MANIFEST_PIECE);
  for await (const chunk of given.filelist.manifest(given.manifest)) await writer.write(chunk);
  await using remoteManifest = await writer.finish();
  const manifest = await put(manifestName(set, sealer.encoding, prefixes), remoteManifest.body);
  given.onSealed("manifest", remoteManifest.pieces);

  await keep({ ...given, localSignatures: localSignatures.body });
  return { manifest, signatures, bytes: remoteSignatures.body.size + remoteManifest.body.size };
}

/** What stock keeps too, under the same names (spec 7.1). @throws archive-dir.unusable */
export async function keepLocally(
  archive: ArchiveDir,
  { set, prefixes, runtime, filelist, manifest, localSignatures }: LocalMetadata,
): Promise<void> {
  await archive.write(signaturesName(set, "gzip", prefixes), localSignatures.open(), runtime.random);
  await archive.write(manifestName(set, "plain", prefixes), filelist.manifest(manifest), runtime.random);
}
