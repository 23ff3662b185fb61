import type { Payload, Runtime } from "@doppel/base";
import { type Manifest, manifestName, type NamePrefixes, type ObjectKey, type SetId, signaturesName } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { ArchiveDir } from "../cache/archive-dir.ts";
import { Copies } from "../cache/copies.ts";
import type { StoredSignatures } from "../cache/journal.ts";
import type { Sealer } from "../seal/sealer.ts";
import type { SealedObject } from "../seal/seal-writer.ts";
import type { Spool } from "../seal/spool.ts";
import type { Filelist, SealedSignatures } from "./metadata.ts";

const MANIFEST_PIECE = 1 << 18;

interface MetadataToStore {
  /** An interrupted run stored the signatures, and only the manifest is missing. */
  readonly signaturesStored: StoredSignatures | undefined;
  /** Told of the signatures before they are stored. */
  readonly onSignatures: (sealed: StoredSignatures) => Promise<void>;
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

/** A stored object that is no volume. */
export interface StoredMetadata {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Of the stored bytes; unknown for what an interrupted run of another version stored. */
  readonly sha256?: string;
}

interface LocalMetadata extends MetadataToStore {
  readonly localSignatures: Payload;
}

/**
 * Signatures; then `keep` gets both in plain; then the manifest: from that moment the set is a backup. A run that was killed between
 * the last two, with `keep` behind, left a chain that a machine without the secret key could never continue.
 */
export async function storeMetadata(
  given: MetadataToStore,
  keep: (local: LocalMetadata) => Promise<void>,
): Promise<{ readonly manifest: StoredMetadata; readonly signatures: StoredMetadata }> {
  const { set, sealer, prefixes, runtime } = given;
  const put = async (name: string, { body }: SealedObject<Spool>): Promise<void> => {
    await given.storage.put(name, body, runtime.signal);
    runtime.emit({ type: "object.stored", name, size: body.size });
  };
  const sealed = await given.signatures;
  await using remoteSignatures = sealed.remote;
  await using localSignatures = sealed.local;
  const signatures = {
    name: signaturesName(set, sealer.encoding, prefixes),
    ...(given.signaturesStored ?? sumOf(remoteSignatures)),
  };
  if (!given.signaturesStored) {
    await given.onSignatures(sumOf(remoteSignatures));
    await put(signatures.name, remoteSignatures);
    given.onSealed("signatures", remoteSignatures.pieces);
  }
  await keep({ ...given, localSignatures: localSignatures.body });

  const writer = await sealer.openManifest(MANIFEST_PIECE);
  for await (const chunk of given.filelist.manifest(given.manifest)) await writer.write(chunk);
  await using remoteManifest = await writer.finish();
  const manifest = { name: manifestName(set, sealer.encoding, prefixes), ...sumOf(remoteManifest) };
  await put(manifest.name, remoteManifest);
  given.onSealed("manifest", remoteManifest.pieces);

  return { manifest, signatures };
}

function sumOf({ size, sha256 }: SealedObject<Spool>): { readonly size: number; readonly sha256: string } {
  return { size, sha256 };
}

/** What stock keeps too, under the same names (spec 7.1). @throws archive-dir.unusable */
export async function keepLocally(
  archive: ArchiveDir,
  { set, prefixes, runtime, filelist, manifest, localSignatures }: LocalMetadata,
): Promise<void> {
  await new Copies(archive, runtime.random).write(signaturesName(set, "gzip", prefixes), localSignatures.open());
  await archive.write(manifestName(set, "plain", prefixes), filelist.manifest(manifest), runtime.random);
}
