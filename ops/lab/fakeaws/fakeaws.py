"""Runs a command with a fake AWS behind AWS_ENDPOINT_URL: fakeaws.py COMMAND [ARGUMENT …]

The fake is moto's server in this process, with the gaps closed that the modules beside this file describe. It ends
with the command, so nothing of it can stay behind.
"""
import errno
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

sys.dont_write_bytecode = True
# Nothing of a real account reaches the fake or the command.
for name in [name for name in os.environ if name.startswith('AWS_')]:
    del os.environ[name]
# moto reads it when it is imported.
os.environ['MOTO_IAM_LOAD_MANAGED_POLICIES'] = 'true'

from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

import ecs  # noqa: E402
import gaps  # noqa: E402
import rpcv2  # noqa: E402

START_TIMEOUT = 120  # seconds, for its first answer on a busy machine
API_PORT = 8000


def start():
    """Starts the fake on a port of the kernel's choice, and returns its address once it has answered."""
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    ecs.install()
    gaps.install()
    server = make_server('127.0.0.1', 0, rpcv2.Bridge(DomainDispatcherApplication(create_backend_app)), threaded=True)
    os.environ['MOTO_PORT'] = str(server.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f'http://127.0.0.1:{server.port}'
    without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    without_proxy.open(endpoint + '/moto-api/', timeout=START_TIMEOUT).close()
    return endpoint


def address_of_tasks():
    """Returns an address of loopback that no other run uses: a test may serve there as a task of the API would."""
    while True:
        address = f'127.77.{random.randrange(250)}.{random.randrange(1, 250)}'
        with socket.socket() as probe:
            try:
                probe.bind((address, API_PORT))
                return address
            except OSError as refused:
                if refused.errno != errno.EADDRINUSE:
                    raise


def environment(endpoint):
    """Returns the command's environment."""
    return os.environ | {
        'AWS_ENDPOINT_URL': endpoint,
        'AWS_ACCESS_KEY_ID': 'test',
        'AWS_SECRET_ACCESS_KEY': 'test',
        'AWS_REGION': 'us-east-1',
        'AWS_DEFAULT_REGION': 'us-east-1',
        # The name of a bucket stands in the host's.
        'HTTP_PROXY': endpoint,
        'NO_PROXY': '127.0.0.1',
    }


def run(command, env):
    """Runs the command, and returns its exit code as a shell does. SIGTERM is handed on to it."""
    try:
        child = subprocess.Popen(command, env=env)
    except OSError as refused:
        print(f'{command[0]}: {refused.strerror}', file=sys.stderr)
        return 127
    # A terminal sends its SIGINT to the command as well, which decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == '__main__':
    os.environ['FAKE_PUBLIC_IP'] = address_of_tasks()
    sys.exit(run(sys.argv[1:], environment(start())))
