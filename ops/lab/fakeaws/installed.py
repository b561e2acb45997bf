"""Prints the packages of requirements.txt that Python lacks at that version, and fails; prints nothing if all exist."""
import importlib.metadata
import pathlib
import re
import sys


def differences(requirements):
    for line in requirements.splitlines():
        pin = re.fullmatch(r'([\w.-]+)(?:\[\w+\])?==(\S+)', line)
        if not pin:
            continue
        name, wanted = pin.groups()
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield f'no {name} {wanted}'
            continue
        if found != wanted:
            yield f'{name} {found} instead of {wanted}'


missing = list(differences(pathlib.Path(__file__).with_name('requirements.txt').read_text(encoding='utf-8')))
if missing:
    print(f"{sys.executable} has {', '.join(missing[:3])}" + (f' and {len(missing) - 3} more' if len(missing) > 3 else ''))
    sys.exit(1)
