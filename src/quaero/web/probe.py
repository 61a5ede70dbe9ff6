"""Asks the server of this machine whether it does its work: `python -m quaero.web.probe`, for a container's health."""

import http.client
import os
import sys
from pathlib import Path

from quaero.settings import find_config_file, load

SECONDS = 4.0


def main() -> int:
    """0: ready; 1: not, or nobody is there."""
    web = load(None, find_config_file(Path.cwd()), os.environ, Path.cwd()).web
    name = web.hosts[0] if web.hosts else "localhost"
    host = f"{name}:{web.port}"
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=SECONDS)
    try:
        connection.request("GET", f"{web.base_path}/api/ready", headers={"Host": host})
        status = connection.getresponse().status
    except OSError as error:
        sys.stderr.write(f"the server does not answer: {error}\n")
        return 1
    finally:
        connection.close()
    return 0 if status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
