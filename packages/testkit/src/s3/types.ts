/** What is said about an S3 server in tests: credentials, requests seen, settings. */

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A server to test with, whichever: the one in this process, a real one, a proxy in front of either. */
export interface S3Site {
  readonly endpoint: string;
  readonly region: string;
  /** The main bucket. Shared with other tests where the server is: use a prefix of your own. */
  readonly bucket: string;
  /** Owns the buckets and may do everything. */
  readonly admin: S3Credentials;
  /** May do what a machine that is backed up may. */
  readonly append: S3Credentials;
  /** Makes a bucket that `append` may write to as well; its name. */
  makeBucket(options?: { readonly versioning?: boolean }): Promise<string>;
}

/** A request that was answered or broken off, in the order in which they came. */
export interface S3Request {
  readonly method: string;
  /** As sent, still encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark; "" when there is none. */
  readonly query: string;
  /** Lower case names; without `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** S3's name of it (PutObject), or "Unknown". */
  readonly operation: string;
  readonly bucket: string;
  /** Decoded; "" for requests about the bucket. */
  readonly key: string;
  /** Whose signature it claims to carry: "admin", "append", another access key id, or "" when unsigned. */
  readonly user: string;
  /** Of the answer; 0 while there is none, and for ever when it was broken off before. */
  readonly status: number;
  /** Body bytes received. */
  readonly bytes: number;
}

/** How a server differs from today's AWS. All false is AWS. */
export interface S3Quirks {
  /** CompleteMultipartUpload overwrites whatever If-None-Match says (RADOS Gateway). */
  readonly ignoresIfNoneMatchOnComplete: boolean;
  /** No write heeds If-None-Match (servers from before August 2024). */
  readonly ignoresIfNoneMatch: boolean;
  /** Takes checksum headers without looking, and answers with none (RADOS Gateway 16). */
  readonly ignoresChecksums: boolean;
  /** 400 to every x-amz-checksum-* and x-amz-sdk-checksum-algorithm. */
  readonly refusesChecksumHeaders: boolean;
  /** 411 to aws-chunked bodies (RADOS Gateway 16). */
  readonly refusesTrailers: boolean;
  /** A policy that refuses the append user what may overwrite: 403 unless a write carries If-None-Match. */
  readonly requiresIfNoneMatch: boolean;
  /** ETag "" in the answer to CompleteMultipartUpload (RADOS Gateway 16). */
  readonly emptyEtagOnComplete: boolean;
  /** Error messages are empty (RADOS Gateway). */
  readonly emptyErrorMessages: boolean;
  /** Any region is right, and GetBucketLocation says "default" (RADOS Gateway). */
  readonly anyRegion: boolean;
  /** A wrong region is 400 AuthorizationHeaderMalformed, as at an endpoint named by hand, not 301 PermanentRedirect. */
  readonly malformedOnWrongRegion: boolean;
  /** DeleteObjects without permission is 403 as a whole (RADOS Gateway), not 200 with an error for each key. */
  readonly refusesDeleteObjectsWhole: boolean;
}

export interface S3ServerOptions {
  readonly quirks?: Partial<S3Quirks>;
  /** Default "backups". */
  readonly bucket?: string;
  /** Default "us-east-1". */
  readonly region?: string;
  /** Whether overwriting and deleting keep what was there. Default false. */
  readonly versioning?: boolean;
  /** Default retention, governance mode; needs `versioning`. */
  readonly objectLockDays?: number;
  /** How far the server's clock is ahead of ours. */
  readonly clockOffsetMs?: number;
  /** What the append user may do. Default `APPEND_ONLY_ACTIONS`. */
  readonly appendActions?: readonly string[];
  /** A lifecycle rule: told by x-amz-expiration, and done by `S3TestServer.expire`. */
  readonly expireAfterDays?: number;
  /** False keeps sizes and checksums of what is put, and no bytes; reads give zeros. Default true. */
  readonly keepBytes?: boolean;
}

/** Objects that are computed, for listings too long to store. Keys in UTF-8 byte order. */
export interface SyntheticObjects {
  readonly count: number;
  keyAt(index: number): string;
  /** Default: a size of 0. */
  sizeAt?(index: number): number;
  /** Default: that many zero bytes. */
  bytesAt?(index: number): Uint8Array;
}
