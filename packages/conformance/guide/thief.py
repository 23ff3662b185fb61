"""Somebody who has broken into a backed-up server: AWS's own library, the server's credentials, and no mercy.

Arguments: bucket, prefix, an object of a neighbour. Prints, as JSON, what became of each attempt: "succeeded", or how it was refused.
The names are those of doppel doctor's checks, where it has one.
"""
import json
import sys

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

bucket, prefix, neighbour = sys.argv[1:]
s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
results = {}


def attempt(name, action):
    """What succeeded in one way has succeeded."""
    try:
        action()
        results[name] = "succeeded"
    except ClientError as error:
        results.setdefault(name, error.response["Error"]["Code"] or "refused")


def upload(key):
    name = dict(Bucket=bucket, Key=key)
    upload_id = s3.create_multipart_upload(**name)["UploadId"]
    part = s3.upload_part(**name, UploadId=upload_id, PartNumber=1, Body=b"your files are mine")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    try:
        s3.complete_multipart_upload(**name, UploadId=upload_id, MultipartUpload=parts)
    except ClientError:
        s3.abort_multipart_upload(**name, UploadId=upload_id)
        raise


def delete_all():
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    for error in answer.get("Errors", [])[:1]:
        raise ClientError({"Error": error}, "DeleteObjects")


def delete_version(key):
    versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    s3.delete_object(Bucket=bucket, Key=key, VersionId=versions[-1]["VersionId"])


open_to_all = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}],
})
one_day = {"Rules": [{"ID": "gone", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1},
                      "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]}

# What is known of a backup before it is harmed: the thief sees that it is no use to him.
results["reads"] = s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read().hex()

for key in keys:
    attempt("delete", lambda: s3.delete_object(Bucket=bucket, Key=key))
    attempt("delete-a-version", lambda: delete_version(key))
    attempt("delete-a-version", lambda: s3.delete_object(Bucket=bucket, Key=key, VersionId="null"))
attempt("delete", delete_all)
attempt("change-the-lifecycle", lambda: s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=one_day))
attempt("remove the lifecycle", lambda: s3.delete_bucket_lifecycle(Bucket=bucket))
attempt("change-the-policy", lambda: s3.put_bucket_policy(Bucket=bucket, Policy=open_to_all))
attempt("remove the policy", lambda: s3.delete_bucket_policy(Bucket=bucket))
attempt("change-versioning", lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}))
attempt("open the bucket to all", lambda: s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write"))
attempt("open an object to all", lambda: s3.put_object_acl(Bucket=bucket, Key=keys[0], ACL="public-read-write"))
attempt("list-a-neighbour", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=neighbour))
attempt("list-a-neighbour", lambda: s3.list_objects_v2(Bucket=bucket))
attempt("read-a-neighbour", lambda: s3.get_object(Bucket=bucket, Key=neighbour))
for key in keys:
    attempt("overwrite", lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"your files are mine"))
    attempt("overwrite-in-parts", lambda: upload(key))
    attempt("overwrite", lambda: s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": keys[0]},
                                                 MetadataDirective="REPLACE"))
# The last one: Ceph's gateway leaves a connection unusable on which it has refused a body.
attempt("write over a neighbour", lambda: s3.put_object(Bucket=bucket, Key=neighbour, Body=b"your files are mine"))
print(json.dumps(results))
