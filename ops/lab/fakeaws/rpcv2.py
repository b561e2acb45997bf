"""The protocol rpc-v2-cbor in front of moto, which knows only JSON and forms.

Terraform's provider and new SDKs speak it with CloudWatch. A request becomes the same one in JSON; the answer
becomes CBOR, by the shapes of botocore, which tell a timestamp from a number.
"""
import io
import json
from datetime import datetime

from botocore.model import DenormalizedStructureBuilder
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from botocore.session import get_session

# The first part of the path names the service as the JSON protocol's header does.
SERVICES = {'GraniteServiceVersion20100801': 'cloudwatch'}

NOTHING = DenormalizedStructureBuilder().with_members({}).build_model()
ERROR = DenormalizedStructureBuilder().with_members({
    '__type': {'type': 'string'},
    'message': {'type': 'string'},
}).build_model()


class Encoder(RpcV2CBORSerializer):
    """Writes an answer, which botocore itself only reads."""

    def encode(self, value, shape):
        body = bytearray()
        self._serialize_data_item(body, value, shape)
        return bytes(body)


def decode(body):
    """Reads the parameters of a request."""
    if not body:
        return {}
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))


def as_seconds(value):
    """Writes a time as JSON has it: seconds since 1970."""
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f'{value!r} has no form in JSON')


def operation(path):
    """Splits /service/NAME/operation/OPERATION; None for other paths."""
    parts = path.strip('/').split('/')
    if len(parts) == 4 and parts[0] == 'service' and parts[2] == 'operation' and parts[1] in SERVICES:
        return parts[1], parts[3]
    return None


def output_shape(service, name):
    """Returns the shape of an operation's answer; operations without one answer with no members."""
    shape = get_session().get_service_model(SERVICES[service]).operation_model(name).output_shape
    return shape or NOTHING


class Bridge:
    """A WSGI application that translates for the one below it."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        asked = operation(environ.get('PATH_INFO', ''))
        if asked is None:
            return self.application(environ, start_response)
        status, headers, body = self.ask_in_json(environ, *asked)
        answer = json.loads(body or b'{}')
        if status.startswith('2'):
            shape = output_shape(*asked)
        else:
            shape = ERROR
            answer = {'__type': answer.get('__type', 'InternalFailure'), 'message': answer.get('message') or answer.get('Message', '')}
        encoded = Encoder().encode(answer, shape)
        kept = [(name, value) for name, value in headers if name.lower() not in ('content-type', 'content-length')]
        start_response(status, kept + [
            ('Content-Type', 'application/cbor'), ('Content-Length', str(len(encoded))), ('smithy-protocol', 'rpc-v2-cbor'),
        ])
        return [encoded]

    def ask_in_json(self, environ, service, name):
        """Asks the application below in JSON; returns its status, headers and body."""
        length = int(environ.get('CONTENT_LENGTH') or 0)
        body = json.dumps(decode(environ['wsgi.input'].read(length)), default=as_seconds).encode()
        environ = {key: value for key, value in environ.items() if key != 'HTTP_SMITHY_PROTOCOL'}
        environ.update({
            'PATH_INFO': '/',
            'CONTENT_TYPE': 'application/x-amz-json-1.0',
            'CONTENT_LENGTH': str(len(body)),
            'HTTP_X_AMZ_TARGET': f'{service}.{name}',
            'wsgi.input': io.BytesIO(body),
        })
        started = {}

        def start_response(status, headers, _exception=None):
            started.update(status=status, headers=headers)

        answer = b''.join(self.application(environ, start_response))
        return started['status'], started['headers'], answer
