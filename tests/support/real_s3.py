"""A real S3 server: moto (PyPI), run with its check of signatures. It is installed once for each build directory. If it is not
available, tests that need it are skipped."""

import fcntl
import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import http
from .free_ports import free_ports
from .process import Process
from .wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / os.environ.get("BUILD_DIR", "build/dev") / "test-tools" / "moto"
PACKAGE = "moto[server]==5.2.5"
DOWNLOAD_SECONDS = 300
# Requests that need no signature: the ones with which the test makes its user and the bucket.
SETUP_REQUESTS = 4
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'


@functools.cache
def _find():
    """None, or the reason why there is none."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER.parent / "moto.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if not (FOLDER / "moto").exists():
                subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--disable-pip-version-check",
                                "--target", FOLDER, PACKAGE], check=True, capture_output=True, timeout=DOWNLOAD_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", None) or b""
            return (output.decode(errors="replace").strip().splitlines() or [str(error)])[-1]
    return None


class RealS3(Process):
    """With a bucket, and one user who may do everything in it. client() is boto3's."""

    def __init__(self, folder, bucket, region):
        reason = _find()
        if reason:
            pytest.skip(f"no real S3 server ({PACKAGE} from PyPI): {reason}")
        [self.port] = free_ports(1)
        self.url, self.region = f"http://127.0.0.1:{self.port}", region
        path = {**os.environ, "PYTHONPATH": str(FOLDER), "INITIAL_NO_AUTH_ACTION_COUNT": str(SETUP_REQUESTS)}
        super().__init__("moto", [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(self.port)],
                         folder / "moto.log", path)
        self._wait()
        sys.path.append(str(FOLDER))
        import boto3
        self.boto3 = boto3
        first = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": region, "endpoint_url": self.url}
        iam = boto3.client("iam", **first)
        iam.create_user(UserName="archiver")
        iam.put_user_policy(UserName="archiver", PolicyName="all", PolicyDocument=POLICY)
        key = iam.create_access_key(UserName="archiver")["AccessKey"]
        boto3.client("s3", **first).create_bucket(Bucket=bucket)
        self.login = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def _wait(self):
        def answers():
            assert self.running(), self.log()
            try:
                return http.get(f"{self.url}/moto-api/").status
            except OSError:
                return False
        wait_until(answers, self.log, 60)

    def client(self):
        return self.boto3.client("s3", endpoint_url=self.url, region_name=self.region, aws_access_key_id=self.login["AWS_ACCESS_KEY_ID"],
                                 aws_secret_access_key=self.login["AWS_SECRET_ACCESS_KEY"])
