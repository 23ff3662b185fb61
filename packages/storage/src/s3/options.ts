/** A storage class that doppel puts objects into. */
export type S3StorageClass =
  | "STANDARD"
  | "STANDARD_IA"
  | "ONEZONE_IA"
  | "REDUCED_REDUNDANCY"
  | "INTELLIGENT_TIERING"
  | "GLACIER_IR"
  | "GLACIER"
  | "DEEP_ARCHIVE";

/** What may be said about an S3 target besides its URL (cli spec 11.2). Plain data; never holds credentials from a command line. */
export interface S3Options {
  /** URL of a server other than AWS; its presence makes the first part of the target's URL the bucket. `--s3-endpoint-url` */
  readonly endpoint?: string;
  /** Default: that of a regional host in the URL, the environment, the profile; then us-east-1, corrected if AWS says so. */
  readonly region?: string;
  /** What `A` is in `s3://A/...`; "auto" decides by the rule of cli spec 11.1. Default "auto". */
  readonly addressing?: "auto" | "bucket" | "host";
  /** Whether the bucket is part of the path rather than of the host name. Default: yes for endpoints other than AWS. */
  readonly pathStyle?: boolean;
  /** http where the URL or the endpoint says nothing else. `--s3-unencrypted-connection` */
  readonly unencrypted?: boolean;
  /** Class of new objects. Archive classes hold volumes only: what tells about them stays in STANDARD, to be read at once. */
  readonly storageClass?: S3StorageClass;
  /** Of new objects, by the server; the bucket's own unless given. */
  readonly encryption?: S3Encryption;
  /** Who is given full control of new objects, in the words of `x-amz-grant-full-control`. `--s3-kms-grant` */
  readonly grantFullControl?: string;
  /** Bytes of a part, and the size up to which an object is sent in one request. Grows with the object. Default 16 MiB, at least 5, at most `bufferBytes`. */
  readonly partBytes?: number;
  /** Requests with a body that are under way at once. Default 4. */
  readonly parallelParts?: number;
  /** Bytes of bodies in memory, over all objects that are being stored. Default 64 MiB; one part may always be there. */
  readonly bufferBytes?: number;
  /** Whether new objects carry checksums: "auto" stops when the server refuses them. Default "auto". */
  readonly checksums?: "auto" | "off";
  /** A request on whose connection no byte moves for so long is given up and tried again. Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** How often a request is sent before it has failed, and the longest wait between; without them that depends on the failure. */
  readonly tries?: number;
  /** See `tries`. */
  readonly maxDelayMs?: number;
  /** The bucket as it was then, by its versions. Nothing can be changed in the past. */
  readonly asOf?: Date;
  /** For programs and tests; without it the AWS default chain is asked. */
  readonly credentials?: S3Credentials;
  /** Of the shared AWS configuration: before `AWS_PROFILE`, and before keys in the environment. */
  readonly profile?: string;
}

/** Encryption by the server. */
export type S3Encryption = { readonly kind: "AES256" } | { readonly kind: "aws:kms"; readonly keyId: string };

/** What requests are signed with. */
export interface S3Credentials {
  /** Which key; it is no secret. */
  readonly accessKeyId: string;
  /** A secret. */
  readonly secretAccessKey: string;
  /** Of temporary credentials. A secret. */
  readonly sessionToken?: string;
}
