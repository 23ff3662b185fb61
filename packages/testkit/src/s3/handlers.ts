/** Every operation that the server knows. Others are 501. */
import { restoreObject } from "./archive.ts";
import {
  getBucketLocation,
  getBucketVersioning,
  getObjectLockConfiguration,
  headBucket,
  putBucketVersioning,
} from "./bucket-operations.ts";
import { completeMultipartUpload } from "./completion.ts";
import { deleteObject, deleteObjects } from "./deletion.ts";
import type { Handler } from "./exchange.ts";
import { listObjects, listObjectsV2, listObjectVersions } from "./listing.ts";
import { abortMultipartUpload, createMultipartUpload, uploadPart } from "./multipart.ts";
import { copyObject, getObject, headObject, putObject } from "./objects.ts";
import { listMultipartUploads, listParts } from "./upload-lists.ts";

export const HANDLERS: Readonly<Record<string, Handler>> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateMultipartUpload: createMultipartUpload,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  GetObject: getObject,
  GetObjectLockConfiguration: getObjectLockConfiguration,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListMultipartUploads: listMultipartUploads,
  ListObjectVersions: listObjectVersions,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListParts: listParts,
  PutBucketVersioning: putBucketVersioning,
  PutObject: putObject,
  RestoreObject: restoreObject,
  UploadPart: uploadPart,
};
