#!/usr/bin/env python3
"""What `cmake --install` brings: the program, its pages, and a systemd unit that is valid and starts that program.

    installed_test.py CMAKE BUILD_FOLDER
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def output_of(*command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ran.returncode, ran.stdout


def check(prefix):
    unit = prefix / "lib/systemd/system/binferry-follow@.service"
    text = unit.read_text()
    yield "@CMAKE" not in text, "a variable of the build is left in it"
    start = re.search(r"^ExecStart=(\S+) (.*)$", text, re.MULTILINE)
    program = prefix / "bin/binferry"
    yield start.group(1) == str(program), f"it starts {start.group(1)}, not {program}"
    for page in re.findall(r"^Documentation=file:(.*)$", text, re.MULTILINE):
        yield Path(page).is_file(), f"{page} is not there"
    _, help_text = output_of(program, "follow", "--help")
    for option in re.findall(r"--[a-z-]+", start.group(2) + " ".join(re.findall(r"OPTIONS=(\S+)", text))):
        yield option in help_text, f"follow has no {option}"
    if shutil.which("systemd-analyze"):
        code, said = output_of("systemd-analyze", "verify", "--man=no", unit)
        # A key that systemd does not know is a warning to it.
        yield code == 0 and not re.search(r"binferry-follow", said), f"systemd-analyze says: {said}"


def main():
    cmake, build = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder).resolve() / "usr"
        code, said = output_of(cmake, "--install", build, "--prefix", str(prefix))
        if code != 0:
            sys.exit(said)
        wrong = [what for is_right, what in check(prefix) if not is_right]
    for what in wrong:
        print(f"binferry-follow@.service: {what}")
    sys.exit(1 if wrong else 0)


main()
