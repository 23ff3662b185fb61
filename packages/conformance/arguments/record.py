"""What stock duplicity 0.8 derives from command lines, as JSON.

    /usr/bin/python3 record.py vectors.txt > ../../../fixtures/arguments/duplicity-0.8.22.json

Wants the Python that duplicity is installed for. Every line is processed by duplicity's own code in a process of its own, in a
folder made for it; then its settings are looked at. The clock stands still. An error is recorded with its exit code and its line.
"""
import json
import os
import shlex
import shutil
import sys
import tempfile
import time

NOW = 1795400000.0

#: Our name for a setting: where duplicity keeps it.
SETTINGS = {
    "force": "force", "dry-run": "dry_run", "encryption": "encryption", "compression": "compression", "volsize": "volsize",
    "gpg-options": "gpg_options", "gpg-binary": "gpg_binary", "use-agent": "use_agent", "name": "backup_name",
    "time": "restore_time", "full-if-older-than": "full_force_time", "remove-time": "remove_time", "keep": "keep_chains",
    "path-to-restore": "restore_dir", "num-retries": "num_retries", "backend-retry-delay": "backend_retry_delay",
    "numeric-owner": "numeric_owner", "no-restore-ownership": "do_not_restore_ownership", "copy-links": "copy_links",
    "null-separator": "null_separator", "rename": "rename", "ignore-errors": "ignore_errors", "compare-data": "compare_data",
    "print-statistics": "print_statistics", "progress": "progress", "progress-rate": "progress_rate",
    "allow-source-mismatch": "allow_source_mismatch", "file-prefix": "file_prefix", "file-prefix-archive": "file_prefix_archive",
    "file-prefix-manifest": "file_prefix_manifest", "file-prefix-signature": "file_prefix_signature", "tempdir": "temproot",
    "max-blocksize": "max_blocksize", "no-files-changed": "no_files_changed", "file-changed": "file_changed",
    "show-changes-in-set": "show_changes_in_set", "timeout": "timeout", "metadata-sync-mode": "metadata_sync_mode",
    "current-time": "current_time", "fail-on-volume": "fail_on_volume", "skip-volume": "skip_volume",
    "s3-endpoint-url": "s3_endpoint_url", "s3-region-name": "s3_region_name", "s3-use-ia": "s3_use_ia",
    "s3-use-glacier-ir": "s3_use_glacier_ir", "s3-use-server-side-encryption": "s3_use_sse", "s3-kms-key-id": "s3_kms_key_id",
    "s3-unencrypted-connection": "s3_unencrypted_connection", "s3-use-glacier": "s3_use_glacier",
}


def plain(value):
    """A value as JSON has it; bytes one char each."""
    if isinstance(value, bytes):
        return value.decode("latin1")
    if isinstance(value, dict):
        return [[plain(key), plain(other)] for key, other in value.items()]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def derived(args):
    """Processes a command line here, and tells what came of it."""
    from duplicity import commandline, config, dup_time, log

    log.setup()
    dup_time.setcurtime()
    action = commandline.ProcessCommandLine(args)
    found = {"action": action, "verbosity": log.getverbosity()}
    found["settings"] = {ours: plain(getattr(config, theirs)) for ours, theirs in SETTINGS.items()}
    profile = config.gpg_profile
    found["keys"] = {"to": plain(profile.recipients), "hidden": plain(profile.hidden_recipients), "sign": plain(profile.sign_key)}
    found["archive-dir"] = plain(config.archive_dir_path.name)
    found["url"] = plain(config.backend.backend.parsed_url.url_string)
    found["local"] = plain(config.local_path.name) if config.local_path else None
    found["rules"] = [[plain(option).lstrip("-"), plain(value)] for option, value in commandline.select_opts]
    return found


def make_world(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for name in ("src", "dir", "empty", "backup", "full"):
        os.mkdir(os.path.join(folder, name))
    for name in ("src/a", "src/b", "dir/x", "f"):
        open(os.path.join(folder, name), "w").close()
    with open(os.path.join(folder, "list"), "w") as file:
        file.write("- **\n")


def record(args, folder):
    """Runs `derived` in a child, in the folder made anew; it is called /W in what is recorded."""
    make_world(folder)
    at_home = [arg.replace("/W/", folder + "/") for arg in args]
    answer, answering = os.pipe()
    errors = os.path.join(folder, ".errors")
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        time.time = lambda: NOW
        null = os.open(os.devnull, os.O_RDWR)
        error_file = os.open(errors, os.O_WRONLY | os.O_CREAT)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.dup2(error_file, 2)
        sys.argv = ["duplicity", *at_home]
        code = 0
        try:
            os.write(answering, json.dumps(derived(at_home)).encode())
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException as error:
            from duplicity import errors as kinds

            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            code = 23 if isinstance(error, kinds.UserError) else 30  # as its main program ends then
        sys.stderr.flush()
        os._exit(code)
    os.close(answering)
    with os.fdopen(answer) as pipe:
        found = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open(errors, encoding="utf8", errors="replace") as file:
        lines = [line.strip() for line in file if line.strip()]
    if code == 0:
        row = json.loads(found)
        if folder in row["url"]:  # the name is a hash of it
            row["settings"]["name"] = row["archive-dir"] = "*"
        return json.loads(json.dumps(row).replace(folder, "/W"))
    line = next((line for line in lines if "error: " in line.lower()), lines[-1] if lines else "")
    return {"exit": code, "error": line.replace(folder, "/W")}


def main():
    folder = tempfile.mkdtemp(prefix="duplicity-arguments-")
    os.environ.update({"HOME": folder, "LISTS": "lists", "TZ": "UTC"})
    for name in ("UNSET", "XDG_CACHE_HOME", "PASSPHRASE", "SIGN_PASSPHRASE"):
        os.environ.pop(name, None)
    time.tzset()
    import duplicity  # which looks at the environment
    from duplicity import backend, gpg  # noqa: F401  loaded once, for all children

    with open(sys.argv[1], encoding="utf8") as file:
        lines = [line for line in file.read().split("\n") if not line.startswith("#")]
    vectors = [shlex.split(line) for line in lines if line.strip()]
    rows = [{"args": args, **record(args, folder)} for args in [[], *vectors]]
    defaults = record(["full", "src", "file://t"], folder)
    for row in rows:  # only what differs from a bare full backup
        if "settings" in row:
            row["settings"] = {k: v for k, v in row["settings"].items() if v != defaults["settings"][k]}
    shutil.rmtree(folder)
    head = {"program": f"duplicity {duplicity.__version__}", "now": NOW, "defaults": defaults["settings"]}
    print(json.dumps(head)[:-1] + ', "rows": [')
    print(",\n".join(json.dumps(row) for row in rows))
    print("]}")


main()
